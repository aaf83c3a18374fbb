"""Report files of a results folder, written from the values of a journal."""

from batchcreate.report.csv_tables import write_deletions, write_issues, write_results
from batchcreate.report.page import PageModel, ResultFile, RunChart, write_page
from batchcreate.report.results_workbook import Overview, write_workbook
from batchcreate.report.summary import document, write_summary

__all__ = [
    "Overview",
    "PageModel",
    "ResultFile",
    "RunChart",
    "document",
    "write_deletions",
    "write_issues",
    "write_page",
    "write_results",
    "write_summary",
    "write_workbook",
]
