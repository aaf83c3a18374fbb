"""What is added to a copy: colours and comments on cells to be mended, and our own columns."""

from collections.abc import Iterable
from copy import copy
from typing import Any, Final

from batchcreate.copies.compacting import Sheet
from batchcreate.copies.plan import Headings, Line, Mark
from batchcreate.text import display_width

AUTHOR: Final = "batchcreate"
"""Of our comments, so that those of an earlier copy are found."""

COMMENTS_MAX: Final = 5_000
"""In a workbook; the status of a row tells the same, and programs grow slow with more."""

BAD: Final = "FFFFC7CE"
OWN: Final = "FFDDEBF7"
DARK: Final = "FF1F3864"
STATUS_WIDTH: Final = 90
COMMENT_WIDTH: Final = 320

_CHARS_PER_LINE: Final = 46
_LINE_HEIGHT: Final = 18
_ROW_HEIGHT: Final = 15.0
_LINES_MIN, _LINES_MAX = 3, 24
_LOST: Final = "#N/A"


class Marker:
    """
    Writes what is to be said about rows into the sheets of one workbook.

    Args:
        headings: of our own columns.

    """

    def __init__(self, headings: Headings) -> None:
        from openpyxl.styles import Alignment, Font, PatternFill

        self._headings = headings
        self._bad = PatternFill("solid", fgColor=BAD)
        self._own = PatternFill("solid", fgColor=OWN)
        self._dark = Font(bold=True, color=DARK)
        self._none = PatternFill()
        self._wrapped = Alignment(vertical="top", wrap_text=True)
        self._comments = 0

    def mark(self, sheet: Sheet, header_number: int, rows: Iterable[tuple[int, Line]]) -> None:
        """
        Say in *sheet* what is to be mended.

        Args:
            sheet: with its rows where they are to be.
            header_number: the row of the headings.
            rows: what is to be said, and in which row.

        """
        rows = list(rows)
        self._forget_earlier(sheet)
        status, origin = self._columns(sheet, header_number)
        for number, line in rows:
            for mark in line.marks:
                self._mark_cell(sheet.cell(number, mark.index + 1), mark)
            cell = sheet.cell(number, status)
            _set_text(cell, line.status)
            cell.alignment = self._wrapped
            _make_room(sheet, number, line.status)
            cell.fill = self._bad if line.is_refused else self._none
            _set_text(sheet.cell(number, origin), line.origin)

    def _columns(self, sheet: Sheet, header_number: int) -> tuple[int, int]:
        """Return the columns of status and origin: where they were, or after all others."""
        found: dict[bool, int] = {}
        last = 0
        for (row, column), cell in sheet._cells.items():  # noqa: SLF001 # the only way without making cells
            if cell.value is None:
                continue
            last = max(last, column)
            if row == header_number and self._headings.is_own(cell.value):
                found[self._headings.is_origin(cell.value)] = column
        for is_origin in (False, True):
            if is_origin not in found:
                last += 1
                found[is_origin] = last
        _part_merged(sheet, header_number, found.values())
        _show_own(sheet, found[False], found[True])
        beside = sheet.cell(header_number, max(1, found[False] - 1))
        for is_origin, column in found.items():
            heading = sheet.cell(header_number, column)
            heading._style = copy(beside._style)  # noqa: SLF001 # all of its look at once
            heading.fill = self._own
            heading.font = self._dark
            _set_text(heading, self._headings.origin if is_origin else self._headings.status)
        self._comment(sheet.cell(header_number, found[False]), self._headings.explained)
        return found[False], found[True]

    def _mark_cell(self, cell: Any, mark: Mark) -> None:  # noqa: ANN401 # openpyxl has no types
        cell.fill = self._bad
        # What is typed now is to stay as it is typed; dates and truth values would turn into numbers.
        if not (cell.is_date or isinstance(cell.value, bool)):
            cell.number_format = "@"
        if mark.is_lost and cell.value is None:
            cell.value = _LOST
        if self._comments < COMMENTS_MAX:
            self._comment(cell, mark.comment)

    def _comment(self, cell: Any, text: str) -> None:  # noqa: ANN401 # openpyxl has no types
        from openpyxl.comments import Comment

        if cell.comment is not None:
            text = f"{text}\n\n{cell.comment.text}"
        cell.comment = Comment(text, AUTHOR, height=comment_height(text), width=COMMENT_WIDTH)
        self._comments += 1

    def _forget_earlier(self, sheet: Sheet) -> None:
        """Remove what an earlier copy said about cells that are mended by now."""
        for cell in sheet._cells.values():  # noqa: SLF001 # the only way without making cells
            if cell.comment is None:
                continue
            if cell.comment.author == AUTHOR:
                cell.comment = None
                if cell.fill.fgColor.rgb == BAD:
                    cell.fill = self._none
            else:
                cell.comment.width, cell.comment.height = (
                    COMMENT_WIDTH,
                    comment_height(cell.comment.text),
                )


def _set_text(cell: Any, text: str) -> None:  # noqa: ANN401 # openpyxl has no types
    cell.value = text
    # Whatever it begins with, it is no formula.
    cell.data_type = "s"


def comment_height(text: str) -> int:
    """Return how high a comment of `COMMENT_WIDTH` has to be for *text*, in pixels."""
    return _LINE_HEIGHT * min(max(_lines(text, _CHARS_PER_LINE) + 1, _LINES_MIN), _LINES_MAX)


def row_height(status: str) -> float:
    """Return how high a row has to be for its *status*, in points."""
    return _ROW_HEIGHT * min(_lines(status, STATUS_WIDTH), _LINES_MAX)


def _make_room(sheet: Sheet, number: int, status: str) -> None:
    dimension = sheet.row_dimensions[number]
    dimension.height = max(dimension.height or 0.0, row_height(status))


def _lines(text: str, width: int) -> int:
    return sum(1 + display_width(line) // width for line in text.split("\n"))


def _part_merged(sheet: Sheet, header_number: int, columns: Iterable[int]) -> None:
    """Take apart what reaches from the table into our own *columns*, where nothing can be written."""
    for merged in list(sheet.merged_cells.ranges):
        is_beside = merged.max_row >= header_number
        if is_beside and any(merged.min_col <= column <= merged.max_col for column in columns):
            sheet.unmerge_cells(merged.coord)


def _show_own(sheet: Sheet, status: int, origin: int) -> None:
    """Give our columns their widths, although the analyst's may span them in one go."""
    from openpyxl.utils import get_column_letter

    for column in (status, origin):
        _free(sheet, column)
    sheet.column_dimensions[get_column_letter(status)].width = STATUS_WIDTH
    sheet.column_dimensions[get_column_letter(origin)].hidden = True


def _free(sheet: Sheet, column: int) -> None:
    """Divide what is said about several columns at once, so that *column* stands alone."""
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
                part._style = copy(dimension._style)  # noqa: SLF001 # all of its look at once
                dimensions[part.index] = part
