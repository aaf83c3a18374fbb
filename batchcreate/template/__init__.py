"""Blank spreadsheet for analysts, built from the rules; returns bytes and writes no files."""

from batchcreate.template.columns import template_csv
from batchcreate.template.template_workbook import template_workbook

__all__ = ["template_csv", "template_workbook"]
