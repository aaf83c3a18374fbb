"""The analysts' spreadsheet, made from the rules table; pure: bytes come out."""

from batchcreate.template.delimited import delimited
from batchcreate.template.workbook import workbook

__all__ = ["delimited", "workbook"]
