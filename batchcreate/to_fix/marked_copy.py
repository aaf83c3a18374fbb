"""Copy of a workbook whose cells with issues are marked; its rows keep their addresses."""

import tempfile
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO, Final

from batchcreate.to_fix.added_column import AddedColumnWriter, add_comment, set_text
from batchcreate.to_fix.copy_process import open_files, run_copy
from batchcreate.to_fix.formula_results import Results, read_results, write_with_results
from batchcreate.to_fix.marks import (
    AUTHOR,
    COLORS,
    COMMENT_WIDTH,
    COMMENTS_MAX,
    NO_VALUE,
    CellMark,
    CopyPlan,
    Mark,
    SheetMarks,
    comment_height,
)
from batchcreate.workbooks import stamps

_GENERAL: Final = "General"
_TEXT: Final = "@"
_FORMULA: Final = "f"

Sheet = Any
Cell = Any
Book = Any
"""A worksheet, a cell and a workbook of openpyxl, which has no types."""


def copy_with_marks(
    source: BinaryIO, target: BinaryIO, plan: CopyPlan, *, wait_s: float | None = None
) -> bool:
    """
    Copy the workbook *source* to the file *target* with the marks of *plan*.

    Return True if the copy was written. For other formats and unusual workbooks it is not; then
    the content of *target* is undefined.

    Args:
        source: the workbook.
        target: an empty file.
        plan: the marks.
        wait_s: maximum elapsed time, by default long enough for the limit of the processor time.

    """
    return run_copy(__name__, source, target, plan.to_json(), wait_s=wait_s)


def main(arguments: Sequence[str]) -> None:
    """
    Copy a workbook as described by the plan on standard input.

    Args:
        arguments: see `open_files`.

    """
    with open_files(arguments) as (source, target, content):
        write_marked_copy(source, target, CopyPlan.from_json(content))


def write_marked_copy(source: BinaryIO, target: BinaryIO, plan: CopyPlan) -> None:
    """
    Write a copy of the workbook *source* with the marks of *plan* to *target*.

    Formulas are kept with their saved results.
    """
    from openpyxl import load_workbook

    with warnings.catch_warnings():
        # openpyxl warns about features that it omits; the analyst has the original file.
        warnings.simplefilter("ignore")
        book = load_workbook(source, rich_text=True)
        results = _results(source, book)
        marker = _SheetMarker()
        for sheet in plan.sheets:
            marked = book[sheet.name] if sheet.name else book.worksheets[0]
            marker.mark(marked, sheet)
            if plan.added is not None:
                AddedColumnWriter(marked, sheet, plan.added).write()
        if plan.added is not None:
            _activate(book, plan.sheets[0].name)
        if plan.stamp:
            _set_stamp(book, plan.stamp)
        if not results:
            book.save(target)
            return
        with tempfile.TemporaryFile() as saved:
            book.save(saved)
            write_with_results(saved, target, results)


def _results(source: BinaryIO, book: Book) -> Mapping[str, Results]:
    """Return the results of formulas by the names of the parts that openpyxl will write."""
    is_of_formula = (cell.data_type == _FORMULA for sheet in book for cell in _cells(sheet))
    if not any(is_of_formula):
        return {}
    by_sheet = read_results(source)
    return {
        f"xl/worksheets/sheet{number}.xml": by_sheet[sheet.title]
        for number, sheet in enumerate(book.worksheets, start=1)
    }


def _activate(book: Book, name: str) -> None:
    """Show the sheet *name* when the workbook is opened, unless it is hidden."""
    sheet = book[name] if name else book.worksheets[0]
    if sheet.sheet_state == "visible":
        for each in book.worksheets:
            each.sheet_view.tabSelected = each is sheet
        book.active = sheet


def _set_stamp(book: Book, stamp: str) -> None:
    from openpyxl.packaging.custom import StringProperty

    if stamps.NAME in book.custom_doc_props.names:
        del book.custom_doc_props[stamps.NAME]
    book.custom_doc_props.append(StringProperty(name=stamps.NAME, value=stamp))


class _SheetMarker:
    """Marks the cells of the sheets of one workbook."""

    def __init__(self) -> None:
        from openpyxl.styles import PatternFill

        self._fills = {mark: PatternFill("solid", fgColor=color) for mark, color in COLORS.items()}
        self._comments = 0

    def mark(self, sheet: Sheet, plan: SheetMarks) -> None:
        """Mark the cells of *plan* in *sheet*, and remove the marks of issues that it has."""
        _remove_marks(sheet)
        marks = {(row.number, each.index + 1): each for row in plan.rows for each in row.cells}
        emptied = _unmerge_fixed(sheet, marks)
        for position, mark in marks.items():
            _keep_covered(sheet, position, mark)
            cell = _visible_cell(sheet, *position)
            if mark.mark is Mark.FIXED:
                set_text(cell, mark.value)
                cell.number_format = _TEXT
            elif position in emptied:
                cell.value = NO_VALUE
            elif cell.number_format == _GENERAL and not isinstance(cell.value, bool):
                # What the analyst enters stays as typed.
                cell.number_format = _TEXT
            self._mark_cell(cell, mark)

    def _mark_cell(self, cell: Cell, mark: CellMark) -> None:
        cell.fill = self._fills[mark.mark]
        if self._comments < COMMENTS_MAX:
            self._comments += 1
            add_comment(cell, mark.comment)


def _remove_marks(sheet: Sheet) -> None:
    """
    Remove the marks of issues in an earlier copy, and enlarge the comments of analysts.

    The marks of fixed cells stay: they contain the original values.
    """
    from openpyxl.styles import PatternFill

    for cell in _cells(sheet):
        if cell.comment is None:
            continue
        color = cell.fill.fgColor.rgb
        if cell.comment.author != AUTHOR:
            cell.comment.width = COMMENT_WIDTH
            cell.comment.height = comment_height(cell.comment.text)
        elif color != COLORS[Mark.FIXED]:
            cell.comment = None
            if color in COLORS.values():
                cell.fill = PatternFill()


def _cells(sheet: Sheet) -> Sequence[Cell]:
    """Return the cells of *sheet* without creating further cells."""
    return list(sheet._cells.values())  # noqa: SLF001 # no public way


def _visible_cell(sheet: Sheet, row: int, column: int) -> Cell:
    """Return the cell at *row* and *column*, or the one that covers it."""
    for merged in sheet.merged_cells.ranges:
        if merged.min_row <= row <= merged.max_row and merged.min_col <= column <= merged.max_col:
            return sheet.cell(merged.min_row, merged.min_col)
    return sheet.cell(row, column)


def _keep_covered(sheet: Sheet, position: tuple[int, int], mark: CellMark) -> None:
    """Write the text of a covered cell, which openpyxl removes, so that its issue stays."""
    from openpyxl.cell import Cell as NewCell

    if mark.mark is not Mark.FIXED and mark.value:
        covered = NewCell(sheet, *position)
        set_text(covered, mark.value)
        sheet._cells[position] = covered  # noqa: SLF001 # merged cells have no public setter


def _unmerge_fixed(
    sheet: Sheet, marks: Mapping[tuple[int, int], CellMark]
) -> set[tuple[int, int]]:
    """
    Unmerge the cells that are fixed; return the other marked cells that were merged with them.

    These have no value in the file, but their issue must not disappear.
    """
    emptied: set[tuple[int, int]] = set()
    for merged in list(sheet.merged_cells.ranges):
        covered = [
            (row, column)
            for row, column in marks
            if merged.min_row <= row <= merged.max_row
            and merged.min_col <= column <= merged.max_col
            and (row, column) != (merged.min_row, merged.min_col)
        ]
        if any(marks[position].mark is Mark.FIXED for position in covered):
            sheet.unmerge_cells(merged.coord)
            emptied.update(covered)
    return emptied
