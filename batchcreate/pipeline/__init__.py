"""Each command's story on one screen."""

from batchcreate.pipeline.check import Findings, check, keep_issues
from batchcreate.pipeline.create import Ending, Observer, results_folder, run
from batchcreate.pipeline.intake import Input, Plan
from batchcreate.pipeline.reporting import report

__all__ = [
    "Ending",
    "Findings",
    "Input",
    "Observer",
    "Plan",
    "check",
    "keep_issues",
    "report",
    "results_folder",
    "run",
]
