"""Workbooks and their copies with some of the rows."""

import io
from collections.abc import Sequence
from typing import Any

import openpyxl

from batchcreate.to_fix.annotations import (
    AddedHeadings,
    CellAnnotation,
    CopyPlan,
    RowAnnotation,
    SheetPlan,
)
from batchcreate.to_fix.workbook_copy import copy_rows

STATUS, ORIGIN = "batchcreate status", "batchcreate origin"
HEADINGS = AddedHeadings(
    status=STATUS, origin=ORIGIN, comment="what to do", statuses=(STATUS,), origins=(ORIGIN,)
)
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


def annotated(number: int, *cells: CellAnnotation, **more: Any) -> RowAnnotation:
    """A row to fix."""
    return RowAnnotation(
        number=number, status=f"fix row {number}", origin=f"o{number}", cells=cells, **more
    )


def copied(made: Any, *rows: RowAnnotation, header_row: int = 1) -> Any:
    """The copy of *made* with *rows*."""
    return openpyxl.load_workbook(io.BytesIO(copied_bytes(made, *rows, header_row=header_row)))


def copied_bytes(made: Any, *rows: RowAnnotation, header_row: int = 1) -> bytes:
    source, target = io.BytesIO(), io.BytesIO()
    made.save(source)
    plan = SheetPlan(name="May", header_row=header_row, rows=rows)
    copy_rows(
        source, target, CopyPlan.from_json(CopyPlan(headings=HEADINGS, sheets=[plan]).to_json())
    )
    return target.getvalue()


def values(sheet: Any) -> list[Sequence[object]]:
    return [tuple(cell.value for cell in row) for row in sheet.iter_rows()]
