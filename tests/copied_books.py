"""Workbooks to copy."""

from typing import Any

import openpyxl

NAMES = ("task_name", "operation_types", "Owner")


def make_book(rows: int = 6) -> Any:
    """A workbook with a header row and *rows* rows below it."""
    made = openpyxl.Workbook()
    sheet = made.active
    sheet.title = "May"
    sheet.append(NAMES)
    for number in range(2, rows + 2):
        sheet.append([f"crm-{number}", "INSERT", f"analyst {number}"])
    return made
