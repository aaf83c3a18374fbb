"""Copy of a workbook with some of its rows; formats, comments and other sheets are kept."""

import warnings
from typing import Any, BinaryIO

from batchcreate.to_fix.annotations import Annotator, CopyPlan, Sheet, SheetPlan
from batchcreate.to_fix.moved_rows import (
    KeptRows,
    last_row,
    move_rows,
    refers_to_other_workbook,
)


def copy_rows(source: BinaryIO, target: BinaryIO, plan: CopyPlan) -> None:
    """
    Write a copy of the workbook *source* with the rows of *plan* to *target*.

    Formulas are replaced by their results, because the rows that they refer to are omitted.
    Sheets that are not in the plan are kept for references, but hidden, so that they are not read.
    """
    from openpyxl import load_workbook

    with warnings.catch_warnings():
        # openpyxl warns about features that it omits; the analyst has the original file.
        warnings.simplefilter("ignore")
        book = load_workbook(source, data_only=True, keep_links=False, rich_text=True)
        annotator = Annotator(plan.headings)
        for sheet in plan.sheets:
            _copy_sheet(book[sheet.name], sheet, annotator)
        _hide_others(book, [sheet.name for sheet in plan.sheets])
        _remove_external_names(book)
        book.save(target)


def _copy_sheet(sheet: Sheet, plan: SheetPlan, annotator: Annotator) -> None:
    numbers = [row.number for row in plan.rows]
    kept = KeptRows(plan.header_row, numbers, last=max(last_row(sheet), numbers[-1]))
    annotated = {(row.number, cell.index + 1) for row in plan.rows for cell in row.cells}
    move_rows(sheet, kept, annotated=annotated)
    rows = enumerate(plan.rows, start=plan.header_row + 1)
    annotator.annotate(sheet, plan.header_row, rows)
    _scroll_to_top(sheet, plan.header_row)


def _scroll_to_top(sheet: Sheet, header_row: int) -> None:
    """Show the first row when the sheet is opened; the visible row may be omitted."""
    first = f"A{header_row + 1}"
    for view in sheet.views.sheetView:
        view.topLeftCell = None
        if view.pane is not None and view.pane.topLeftCell:
            row = int(view.pane.ySplit or 0) + 1
            column = "".join(filter(str.isalpha, view.pane.topLeftCell))
            view.pane.topLeftCell = f"{column}{row}"
        for selection in view.selection:
            selection.activeCell = selection.sqref = first


def _hide_others(book: Any, names: list[str]) -> None:  # noqa: ANN401 # openpyxl has no types
    """Hide all sheets except *names*, and make the first of them the active one."""
    for sheet in book:
        is_visible = sheet.title in names
        sheet.sheet_state = "visible" if is_visible else "hidden"
        for view in sheet.views.sheetView:
            view.tabSelected = sheet.title == names[0]
    for sheet in book.chartsheets:
        sheet.sheet_state = "hidden"
    book.active = book.sheetnames.index(names[0])


def _remove_external_names(book: Any) -> None:  # noqa: ANN401 # openpyxl has no types
    """Remove defined names that refer to other workbooks."""
    for names in (book.defined_names, *(sheet.defined_names for sheet in book)):
        external = [
            name for name, defined in names.items() if refers_to_other_workbook(defined.value)
        ]
        for name in external:
            del names[name]
