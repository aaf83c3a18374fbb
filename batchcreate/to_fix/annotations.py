"""Annotations of a copied workbook: colours, comments, and the two columns that are added."""

import json
from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

from batchcreate.text import display_width

Sheet = Any
Cell = Any
"""A worksheet and a cell of openpyxl, which has no types."""

AUTHOR: Final = "batchcreate"
"""Author of the comments, by which comments of an earlier copy are recognized."""

COMMENTS_MAX: Final = 5_000
"""Per workbook; programs become slow with more, and the status contains the same text."""

ISSUE_COLOR: Final = "FFFFC7CE"
WARNING_COLOR: Final = "FFFFEB9C"
FIXED_COLOR: Final = "FFC6EFCE"
ADDED_COLOR: Final = "FFDDEBF7"
HEADING_COLOR: Final = "FF1F3864"
STATUS_WIDTH: Final = 90
COMMENT_WIDTH: Final = 320

NO_VALUE: Final = "#N/A"
"""Written to a cell whose value is missing from the file; the validator does not accept it."""

_CHARS_PER_LINE: Final = 46
_LINE_HEIGHT: Final = 18
_ROW_HEIGHT: Final = 15.0
_LINES_MIN, _LINES_MAX = 3, 24


@dataclass(frozen=True, slots=True, kw_only=True)
class CellAnnotation:
    """
    A cell to fix.

    Attributes:
        index: zero-based position of its column.
        comment: its issues and suggestions.
        has_no_value: the file contains no value for the cell, but it must not come back empty: its
            formula has no saved result, or it was covered by a merged cell.

    """

    index: int
    comment: str
    has_no_value: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RowAnnotation:
    """
    A row to fix.

    Attributes:
        number: number of the row in the file that it is copied from.
        status: what happened to it, and what to do.
        origin: identifies the row when it comes back.
        cells: its cells to fix, each of them once.
        is_failed: the server refused the row, so that the status is coloured instead of a cell.

    """

    number: int
    status: str
    origin: str
    cells: Sequence[CellAnnotation] = ()
    is_failed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedHeadings:
    """
    Headings of the two columns that batchcreate adds.

    Attributes:
        status: heading of the status column.
        origin: heading of the origin column.
        comment: comment of the status heading.
        statuses: headings of the status column in all languages.
        origins: headings of the origin column in all languages.

    """

    status: str
    origin: str
    comment: str
    statuses: Sequence[str]
    origins: Sequence[str]

    def is_added(self, heading: object) -> bool:
        """Return True if *heading* is that of an added column."""
        known = (*self.statuses, *self.origins)
        return isinstance(heading, str) and _fold(heading) in map(_fold, known)

    def is_origin(self, heading: object) -> bool:
        """Return True if *heading* is that of the origin column."""
        return isinstance(heading, str) and _fold(heading) in map(_fold, self.origins)


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetPlan:
    """
    Rows of a sheet to copy.

    Attributes:
        name: name of the sheet.
        header_row: number of the header row; it and the rows above it are copied.
        rows: rows below the header row, in order.

    """

    name: str
    header_row: int
    rows: Sequence[RowAnnotation]


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyPlan:
    """
    Content of a copy.

    Attributes:
        headings: of the added columns.
        sheets: sheets with rows to copy; other sheets stay in the workbook, but are hidden.

    """

    headings: AddedHeadings
    sheets: Sequence[SheetPlan]

    def to_json(self) -> bytes:
        """Return the plan as sent to the child process."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_json(cls, content: bytes) -> Self:
        """Return the plan in *content*."""
        plan = json.loads(content)
        sheets = [
            SheetPlan(
                name=sheet["name"],
                header_row=sheet["header_row"],
                rows=[
                    RowAnnotation(
                        **row | {"cells": [CellAnnotation(**cell) for cell in row["cells"]]}
                    )
                    for row in sheet["rows"]
                ],
            )
            for sheet in plan["sheets"]
        ]
        return cls(headings=AddedHeadings(**plan["headings"]), sheets=sheets)


class Annotator:
    """
    Annotates the sheets of one workbook.

    Args:
        headings: of the added columns.

    """

    def __init__(self, headings: AddedHeadings) -> None:
        from openpyxl.styles import Alignment, Font, PatternFill

        self._headings = headings
        self._issue_fill = PatternFill("solid", fgColor=ISSUE_COLOR)
        self._added_fill = PatternFill("solid", fgColor=ADDED_COLOR)
        self._no_fill = PatternFill()
        self._heading_font = Font(bold=True, color=HEADING_COLOR)
        self._wrapped = Alignment(vertical="top", wrap_text=True)
        self._comments = 0

    def annotate(
        self, sheet: Sheet, header_row: int, rows: Iterable[tuple[int, RowAnnotation]]
    ) -> None:
        """
        Add the annotations of *rows* to *sheet*.

        Args:
            sheet: with its rows at their final positions.
            header_row: number of the header row.
            rows: annotations, each with the number of its row in *sheet*.

        """
        rows = list(rows)
        remove_annotations(sheet)
        status_column, origin_column = self._add_columns(sheet, header_row)
        for number, row in rows:
            for annotation in row.cells:
                self._annotate_cell(sheet.cell(number, annotation.index + 1), annotation)
            cell = sheet.cell(number, status_column)
            set_text(cell, row.status)
            cell.alignment = self._wrapped
            _raise_height(sheet, number, row.status)
            cell.fill = self._issue_fill if row.is_failed else self._no_fill
            set_text(sheet.cell(number, origin_column), row.origin)

    def _add_columns(self, sheet: Sheet, header_row: int) -> tuple[int, int]:
        """Return the columns of status and origin: those of an earlier copy, or new ones."""
        columns: dict[bool, int] = {}
        last = 0
        for (row, column), cell in existing_cells(sheet).items():
            if cell.value is None:
                continue
            last = max(last, column)
            if row == header_row and self._headings.is_added(cell.value):
                columns[self._headings.is_origin(cell.value)] = column
        for is_origin in (False, True):
            if is_origin not in columns:
                last += 1
                columns[is_origin] = last
        _unmerge_columns(sheet, header_row, columns.values())
        _format_columns(sheet, columns[False], columns[True])
        neighbour = sheet.cell(header_row, max(1, columns[False] - 1))
        for is_origin, column in columns.items():
            heading = sheet.cell(header_row, column)
            heading._style = copy(neighbour._style)  # noqa: SLF001 # the whole style at once
            heading.fill = self._added_fill
            heading.font = self._heading_font
            set_text(heading, self._headings.origin if is_origin else self._headings.status)
        self._add_comment(sheet.cell(header_row, columns[False]), self._headings.comment)
        return columns[False], columns[True]

    def _annotate_cell(self, cell: Cell, annotation: CellAnnotation) -> None:
        cell.fill = self._issue_fill
        # Text format keeps what the analyst enters; a date or boolean would become a number.
        if not (cell.is_date or isinstance(cell.value, bool)):
            cell.number_format = "@"
        if annotation.has_no_value and cell.value is None:
            cell.value = NO_VALUE
        if self._comments < COMMENTS_MAX:
            self._add_comment(cell, annotation.comment)

    def _add_comment(self, cell: Cell, text: str) -> None:
        add_comment(cell, text)
        self._comments += 1


def add_comment(cell: Cell, text: str) -> None:
    """Add *text* to *cell* as a comment, above the comment that the cell may have."""
    from openpyxl.comments import Comment

    if cell.comment is not None:
        text = f"{text}\n\n{cell.comment.text}"
    cell.comment = Comment(text, AUTHOR, height=comment_height(text), width=COMMENT_WIDTH)


def remove_annotations(sheet: Sheet) -> None:
    """
    Remove the annotations of issues in an earlier copy, and enlarge the comments of analysts.

    The marks of fixed cells stay: they contain the original values.
    """
    from openpyxl.styles import PatternFill

    for cell in existing_cells(sheet).values():
        if cell.comment is None:
            continue
        color = cell.fill.fgColor.rgb
        if cell.comment.author != AUTHOR:
            cell.comment.width = COMMENT_WIDTH
            cell.comment.height = comment_height(cell.comment.text)
        elif color != FIXED_COLOR:
            cell.comment = None
            if color in {ISSUE_COLOR, WARNING_COLOR}:
                cell.fill = PatternFill()


def existing_cells(sheet: Sheet) -> dict[tuple[int, int], Cell]:
    """Return the cells of *sheet* by row and column, without creating further cells."""
    cells: dict[tuple[int, int], Cell] = sheet._cells  # noqa: SLF001 # no public way
    return cells


def comment_height(text: str) -> int:
    """Return the height that a comment of `COMMENT_WIDTH` needs for *text*, in pixels."""
    lines = _count_lines(text, _CHARS_PER_LINE) + 1
    return _LINE_HEIGHT * min(max(lines, _LINES_MIN), _LINES_MAX)


def row_height(status: str) -> float:
    """Return the height that a row needs for its *status*, in points."""
    return _ROW_HEIGHT * min(_count_lines(status, STATUS_WIDTH), _LINES_MAX)


def _fold(heading: str) -> str:
    return "".join(heading.split()).casefold()


def set_text(cell: Cell, text: str) -> None:
    """Write *text* to *cell* as text."""
    cell.value = text
    # A leading equals sign does not make it a formula.
    cell.data_type = "s"


def _raise_height(sheet: Sheet, number: int, status: str) -> None:
    dimension = sheet.row_dimensions[number]
    dimension.height = max(dimension.height or 0.0, row_height(status))


def _count_lines(text: str, width: int) -> int:
    return sum(1 + display_width(line) // width for line in text.split("\n"))


def _unmerge_columns(sheet: Sheet, header_row: int, columns: Iterable[int]) -> None:
    """Unmerge cells that extend from the table into *columns*, which could not be written."""
    for merged in list(sheet.merged_cells.ranges):
        is_in_table = merged.max_row >= header_row
        if is_in_table and any(merged.min_col <= column <= merged.max_col for column in columns):
            sheet.unmerge_cells(merged.coord)


def _format_columns(sheet: Sheet, status: int, origin: int) -> None:
    """Set the width of column *status*, and hide column *origin*."""
    from openpyxl.utils import get_column_letter

    for column in (status, origin):
        _separate_column(sheet, column)
    sheet.column_dimensions[get_column_letter(status)].width = STATUS_WIDTH
    sheet.column_dimensions[get_column_letter(origin)].hidden = True


def _separate_column(sheet: Sheet, column: int) -> None:
    """Split column dimensions so that none of them covers *column*."""
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.dimensions import ColumnDimension

    dimensions = sheet.column_dimensions
    for dimension in list(dimensions.values()):
        dimension.reindex()
        first, last = dimension.min, dimension.max
        if not first <= column <= last:
            continue
        del dimensions[dimension.index]
        for begin, end in ((first, column - 1), (column + 1, last)):
            if begin <= end:
                part = ColumnDimension(
                    sheet,
                    index=get_column_letter(begin),
                    min=begin,
                    max=end,
                    width=dimension.width,
                    hidden=dimension.hidden,
                    outlineLevel=dimension.outlineLevel,
                    collapsed=dimension.collapsed,
                )
                part._style = copy(dimension._style)  # noqa: SLF001 # the whole style at once
                dimensions[part.index] = part
