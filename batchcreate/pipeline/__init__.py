"""Each command's story on one screen."""

from batchcreate.pipeline.check import Findings, check, keep_findings
from batchcreate.pipeline.create import results_folder, retry, run
from batchcreate.pipeline.doctor import Finding, doctor
from batchcreate.pipeline.intake import Input, language_of, load_options
from batchcreate.pipeline.reporting import report
from batchcreate.pipeline.templating import template
from batchcreate.pipeline.undo import Search, Undone, undo
from batchcreate.pipeline.values import Ending, Notices, Observer, Outlook, Plan, Reports, Sheet

__all__ = [
    "Ending",
    "Finding",
    "Findings",
    "Input",
    "Notices",
    "Observer",
    "Outlook",
    "Plan",
    "Reports",
    "Search",
    "Sheet",
    "Undone",
    "check",
    "doctor",
    "keep_findings",
    "language_of",
    "load_options",
    "report",
    "results_folder",
    "retry",
    "run",
    "template",
    "undo",
]
