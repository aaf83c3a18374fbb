"""The copy itself: the analyst's workbook with the rows of a plan, and nothing else changed."""

import warnings
from typing import Any, BinaryIO

from batchcreate.copies.compacting import Sheet, compact, last_row
from batchcreate.copies.kept import Kept
from batchcreate.copies.marking import Marker
from batchcreate.copies.plan import Plan, SheetPlan
from batchcreate.copies.ranges import move_ranges, needs_other_file


def copy_rows(source: BinaryIO, target: BinaryIO, plan: Plan) -> None:
    """
    Write a copy of the workbook *source* to *target* that holds the rows of *plan*.

    Formulas are replaced by their results: other rows that they refer to are gone. Sheets
    that are not in the plan stay for what refers to them, hidden so that nobody reads them.
    """
    from openpyxl import load_workbook

    with warnings.catch_warnings():
        # Of what openpyxl leaves out, the reader of the copy is told elsewhere.
        warnings.simplefilter("ignore")
        book = load_workbook(source, data_only=True, keep_links=False, rich_text=True)
        marker = Marker(plan.headings)
        for sheet in plan.sheets:
            _take_rows(book[sheet.name], sheet, marker)
        _show_only(book, [sheet.name for sheet in plan.sheets])
        _cut_links(book)
        book.save(target)


def _take_rows(sheet: Sheet, plan: SheetPlan, marker: Marker) -> None:
    numbers = [line.number for line in plan.lines]
    kept = Kept(plan.header_number, numbers, last=max(last_row(sheet), numbers[-1]))
    marked = {(line.number, mark.index + 1) for line in plan.lines for mark in line.marks}
    compact(sheet, kept, marked=marked)
    move_ranges(sheet, kept)
    marker.mark(sheet, plan.header_number, enumerate(plan.lines, start=plan.header_number + 1))
    _show_top(sheet, plan.header_number)


def _show_top(sheet: Sheet, header_number: int) -> None:
    """Let the sheet open at its first row: the one that was in view may be gone."""
    first = f"A{header_number + 1}"
    for view in sheet.views.sheetView:
        view.topLeftCell = None
        if view.pane is not None and view.pane.topLeftCell:
            row = int(view.pane.ySplit or 0) + 1
            column = "".join(filter(str.isalpha, view.pane.topLeftCell))
            view.pane.topLeftCell = f"{column}{row}"
        for selection in view.selection:
            selection.activeCell = selection.sqref = first


def _show_only(book: Any, names: list[str]) -> None:  # noqa: ANN401 # openpyxl has no types
    for sheet in book:
        is_shown = sheet.title in names
        sheet.sheet_state = "visible" if is_shown else "hidden"
        for view in sheet.views.sheetView:
            view.tabSelected = sheet.title == names[0]
    for sheet in book.chartsheets:
        sheet.sheet_state = "hidden"
    book.active = book.sheetnames.index(names[0])


def _cut_links(book: Any) -> None:  # noqa: ANN401 # openpyxl has no types
    """Leave out names that stand for cells of other workbooks."""
    for names in (book.defined_names, *(sheet.defined_names for sheet in book)):
        for name in [name for name, defined in names.items() if needs_other_file(defined.value)]:
            del names[name]
