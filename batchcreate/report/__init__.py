"""Writes the files of a results folder from the journal's answers."""

from batchcreate.report.files import replacing, replacing_bytes
from batchcreate.report.page import write_page
from batchcreate.report.story import Course, Handout, Story
from batchcreate.report.summary import Facts, document, write_summary
from batchcreate.report.tables import write_deletions, write_issues, write_results

__all__ = [
    "Course",
    "Facts",
    "Handout",
    "Story",
    "document",
    "replacing",
    "replacing_bytes",
    "write_deletions",
    "write_issues",
    "write_page",
    "write_results",
    "write_summary",
]
