"""Writes the files of a results folder from the journal's answers."""

from batchcreate.report.files import replacing, replacing_bytes
from batchcreate.report.overview import Overview
from batchcreate.report.page import write_page
from batchcreate.report.story import Course, Handout, Story
from batchcreate.report.summary import Facts, document, write_summary
from batchcreate.report.tables import write_deletions, write_issues, write_results
from batchcreate.report.workbook import write_workbook

__all__ = [
    "Course",
    "Facts",
    "Handout",
    "Overview",
    "Story",
    "document",
    "replacing",
    "replacing_bytes",
    "write_deletions",
    "write_issues",
    "write_page",
    "write_results",
    "write_summary",
    "write_workbook",
]
