"""Copy of a workbook whose cells with issues are marked; its rows keep their addresses."""

import json
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, BinaryIO, Final, Self

from batchcreate.to_fix.annotations import (
    COMMENTS_MAX,
    FIXED_COLOR,
    ISSUE_COLOR,
    NO_VALUE,
    WARNING_COLOR,
    Cell,
    Sheet,
    add_comment,
    remove_annotations,
    set_text,
)
from batchcreate.to_fix.copy_process import open_files, run_copy

_GENERAL: Final = "General"
_TEXT: Final = "@"


class Mark(StrEnum):
    """State of a cell with an issue; the suggestion is the value of a fixed cell."""

    FIXED = "fixed"
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class CellMark:
    """
    A marked cell.

    Attributes:
        index: zero-based position of its column.
        mark: see `Mark`.
        comment: the previous value of a fixed cell, or the issues of the cell.
        value: the new value of a fixed cell.
        has_formula: the cell contains a formula without a result, or with the result 0.

    """

    index: int
    mark: Mark
    comment: str
    value: str = ""
    has_formula: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RowMarks:
    """
    The marked cells of a row.

    Attributes:
        number: number of the row.
        cells: the marked cells, each of them once.
        has_wrong_cells: the cells of the row are not in the right columns.

    """

    number: int
    cells: Sequence[CellMark]
    has_wrong_cells: bool = False


COLORS: Final = {
    Mark.FIXED: FIXED_COLOR,
    Mark.ERROR: ISSUE_COLOR,
    Mark.WARNING: WARNING_COLOR,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkPlan:
    """
    The marks of a workbook.

    Attributes:
        sheets: the marked rows of each sheet, in order.

    """

    sheets: Mapping[str, Sequence[RowMarks]]

    def to_json(self) -> bytes:
        """Return the plan as sent to the child process."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_json(cls, content: bytes) -> Self:
        """Return the plan in *content*."""
        sheets = json.loads(content)["sheets"]
        return cls(sheets={name: [*map(_row_marks, rows)] for name, rows in sheets.items()})


def copy_with_marks(source: BinaryIO, target: BinaryIO, plan: MarkPlan) -> bool:
    """
    Copy the workbook *source* to the file *target* with the marks of *plan*.

    Return True if the copy was written. For other formats and unusual workbooks it is not; then
    the content of *target* is undefined.
    """
    return run_copy(__name__, source, target, plan.to_json())


def main(arguments: Sequence[str]) -> None:
    """
    Copy a workbook as described by the plan on standard input.

    Args:
        arguments: see `open_files`.

    """
    with open_files(arguments) as (source, target, content):
        write_marked_copy(source, target, MarkPlan.from_json(content))


def write_marked_copy(source: BinaryIO, target: BinaryIO, plan: MarkPlan) -> None:
    """
    Write a copy of the workbook *source* with the marks of *plan* to *target*.

    Formulas are replaced by their results, since openpyxl cannot write both. A marked formula
    without a result, or with the result 0, stays, so that its issue does.
    """
    from openpyxl import load_workbook

    with warnings.catch_warnings():
        # openpyxl warns about features that it omits; the analyst has the original file.
        warnings.simplefilter("ignore")
        book = load_workbook(source, data_only=True, rich_text=True)
        _restore_formulas(book, source, plan)
        marker = _SheetMarker()
        for name, rows in plan.sheets.items():
            marker.mark(book[name], rows)
        book.save(target)


def _restore_formulas(book: Any, source: BinaryIO, plan: MarkPlan) -> None:  # noqa: ANN401 # openpyxl has no types
    """Write the marked formulas to *book*."""
    from openpyxl import load_workbook

    positions = [
        (name, row.number, mark.index + 1)
        for name, rows in plan.sheets.items()
        for row in rows
        for mark in row.cells
        if mark.has_formula
    ]
    formulas = load_workbook(source) if positions else {}
    for name, number, column in positions:
        book[name].cell(number, column).value = formulas[name].cell(number, column).value


class _SheetMarker:
    """Marks the cells of the sheets of one workbook."""

    def __init__(self) -> None:
        from openpyxl.styles import PatternFill

        self._fills = {mark: PatternFill("solid", fgColor=color) for mark, color in COLORS.items()}
        self._comments = 0

    def mark(self, sheet: Sheet, rows: Sequence[RowMarks]) -> None:
        """Mark the cells of *rows* in *sheet*, and remove the marks of issues that it has."""
        remove_annotations(sheet)
        marks = {(row.number, each.index + 1): each for row in rows for each in row.cells}
        emptied = _unmerge_fixed(sheet, marks)
        for position, mark in marks.items():
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


def _visible_cell(sheet: Sheet, row: int, column: int) -> Cell:
    """Return the cell at *row* and *column*, or the one that covers it."""
    cell = sheet.cell(row, column)
    for merged in sheet.merged_cells.ranges:
        if cell.coordinate in merged:
            return sheet.cell(merged.min_row, merged.min_col)
    return cell


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


def _row_marks(row: dict[str, Any]) -> RowMarks:
    cells = [CellMark(**{**cell, "mark": Mark(cell["mark"])}) for cell in row["cells"]]
    return RowMarks(**{**row, "cells": cells})
