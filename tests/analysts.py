"""Analysts' files with mistakes in them, and what an analyst does with a to-fix file."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import Font, PatternFill
from openpyxl.worksheet.datavalidation import DataValidation

SUGGESTION = "Suggestion: "
HEADINGS = ("Task Name", "Owner", "Operation Types", "任务标签", "Task Type", "Budget")
ORDERS: Sequence[Sequence[object]] = (
    ("orders-1", "Ann", "INSERT", "crm-core", "REALTIME", 10.5),
    ("orders 2", "Ann", "INSERT,UPDATE", "crm-core", "REALTIME", 20),
    ("_orders-3", "Bob", "INSERT,INSERT", "crm-core", "TIMING", 30),
    ("orders-4", "=not a formula", "insert|delete", "", "", None),
    ("оrders-5", "Cem", "INSRT", "crm core", "REALTIME", 50),  # noqa: RUF001 # that is the mistake
)
STOCK: Sequence[Sequence[object]] = (
    ("stock-1", "Dora", "UPDATE", "erp-core", "REALTIME", 1),
    ("stock/2", "Dora", "UPDATE", "erp-core", "real time", 2),
)
BAD = 4
"""So many of the rows break a rule; each has a suggestion for every mistake."""

ROWS = len(ORDERS) + len(STOCK)
BLUE = "FF0000FF"


def write_workbook(path: Path) -> None:
    """Write two sheets with issues, in a layout typical of analysts, and a hidden list."""
    book = openpyxl.Workbook()
    for sheet, rows, above in ((book.active, ORDERS, 3), (book.create_sheet(), STOCK, 0)):
        sheet.title = "Orders" if rows is ORDERS else "Stock & more"
        if above:
            sheet["A1"] = "Tasks of May"
            sheet.merge_cells("A1:D1")
        for number, row in enumerate([HEADINGS, *rows], start=above + 1):
            for column, value in enumerate(row, start=1):
                cell = sheet.cell(number, column, value)
                if isinstance(value, str):
                    cell.data_type = "s"
        first, last = above + 2, above + 100
        for number in range(first, above + 2 + len(rows)):
            sheet.cell(number, 6).number_format = "0.00 €"
            sheet.cell(number, 2).font = Font(color=BLUE)
        choice = DataValidation(type="list", formula1="Lists!$A$1:$A$3")
        choice.add(f"E{first}:E{last}")
        long = DataValidation(type="custom", formula1=f"LEN(A{first})<=100")
        long.add(f"A{first}:A{last}")
        sheet.add_data_validation(choice)
        sheet.add_data_validation(long)
        sheet.conditional_formatting.add(
            f"A{first}:F{last}",
            FormulaRule(formula=[f"$F{first}>40"], fill=PatternFill("gray125")),
        )
        sheet.column_dimensions["A"].width = 33
        sheet.freeze_panes = f"A{first}"
    lists = book.create_sheet("Lists")
    lists["A1"] = "REALTIME"
    lists.sheet_state = "hidden"
    book.save(path)


def write_text(path: Path) -> None:
    """Write one table with the same issues, with semicolons and a title above it."""
    with path.open("w", encoding="gb18030", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(["Tasks of May"])
        writer.writerow(HEADINGS)
        writer.writerows(ORDERS)
        writer.writerows(STOCK)


def fix(path: Path) -> None:
    """Enter every suggestion of a to-fix file."""
    book = openpyxl.load_workbook(path)
    for cell, suggestion in suggestions(book):
        cell.value = suggestion
    book.save(path)


def suggestions(book: Any) -> Iterator[tuple[Any, str]]:
    """Yield the cells with suggestions, and the suggestions."""
    for sheet in book:
        for cell in [cell for row in sheet.iter_rows() for cell in row if cell.comment]:
            for line in cell.comment.text.splitlines():
                if line.startswith(SUGGESTION):
                    yield cell, line.removeprefix(SUGGESTION)
