"""Added column of a copied workbook: what to do for each row, and a filter of the rows to fix."""

from copy import copy
from typing import Any

from batchcreate.to_fix.marks import (
    ADDED_COLOR,
    ADDED_WIDTH,
    AUTHOR,
    COLORS,
    COMMENT_WIDTH,
    HEADING_COLOR,
    AddedColumn,
    Mark,
    RowMarks,
    SheetMarks,
    comment_height,
    row_height,
)

Sheet = Any
Cell = Any
"""A worksheet and a cell of openpyxl, which has no types."""


class AddedColumnWriter:
    """
    Writes the added column of one sheet, and hides the rows without anything to do.

    Args:
        sheet: sheet whose cells are marked.
        plan: texts of the rows.
        added: the column.

    """

    def __init__(self, sheet: Sheet, plan: SheetMarks, added: AddedColumn) -> None:
        self._sheet = sheet
        self._plan = plan
        self._added = added
        self._filled = {
            position: cell
            for position, cell in sheet._cells.items()  # noqa: SLF001 # creates no further cells
            if cell.value is not None
        }
        self._last_row = max([row for row, _ in self._filled] + [plan.header_row + 1])
        self._column = self._find_column()

    def write(self) -> None:
        """Write heading and texts, and set the filter."""
        self._write_heading()
        marks = {row.number: row for row in self._plan.rows}
        blank = self._blank_rows()
        for number in range(self._plan.header_row + 1, self._last_row + 1):
            row = marks.get(number)
            old = self._filled.get((number, self._column))
            text = self._added.text_of(
                row,
                before=str(old.value) if old is not None else "",
                is_blank=number in blank,
                is_hidden=self._is_hidden(number),
            )
            if text:
                is_done = row is None or row.is_done
                self._write_text(number, text, row, is_done=is_done)
                if is_done or self._is_hidden(number):
                    self._sheet.row_dimensions[number].hidden = is_done
            elif old is not None:
                old.value = None
        self._set_filter()

    def _find_column(self) -> int:
        """Return the column of an earlier copy, or the first one to the right of all values."""
        header_row, last = self._plan.header_row, 0
        for (row, column), cell in self._filled.items():
            if row == header_row and self._added.is_added(cell.value):
                return int(column)
            last = max(last, column)
        in_table = [
            merged.max_col
            for merged in self._sheet.merged_cells.ranges
            if merged.max_row >= header_row and merged.min_col <= last
        ]
        return int(max([last, *in_table])) + 1

    def _blank_rows(self) -> set[int]:
        """Return the rows without values of the analyst."""
        filled = {row for row, column in self._filled if column != self._column}
        return set(range(self._plan.header_row + 1, self._last_row + 1)) - filled

    def _is_hidden(self, number: int) -> bool:
        dimension = self._sheet.row_dimensions.get(number)
        return bool(dimension is not None and dimension.hidden)

    def _write_heading(self) -> None:
        from openpyxl.styles import Font, PatternFill

        separate_column(self._sheet, self._column)
        letters = self._letters(self._column)
        self._sheet.column_dimensions[letters].width = ADDED_WIDTH
        heading = self._sheet.cell(self._plan.header_row, self._column)
        neighbour = self._sheet.cell(self._plan.header_row, max(1, self._column - 1))
        heading._style = copy(neighbour._style)  # noqa: SLF001 # the whole style at once
        heading.fill = PatternFill("solid", fgColor=ADDED_COLOR)
        heading.font = Font(bold=True, color=HEADING_COLOR) + copy(neighbour.font)
        heading.value = self._added.heading
        add_comment(heading, self._added.comment)

    def _write_text(self, number: int, text: str, row: RowMarks | None, *, is_done: bool) -> None:
        from openpyxl.styles import Alignment, PatternFill

        cell = self._sheet.cell(number, self._column)
        set_text(cell, text)
        cell.fill = PatternFill()
        if is_done:
            return
        cell.alignment = Alignment(vertical="top", wrap_text=True)
        if row is not None and not row.cells:
            cell.fill = PatternFill("solid", fgColor=COLORS[Mark.ERROR])
        dimension = self._sheet.row_dimensions[number]
        dimension.height = max(dimension.height or 0.0, row_height(text))

    def _set_filter(self) -> None:
        """
        Set the filter of the sheet, from the first column of the table or of an existing filter.

        A filter must not overlap a table, which has its own one; then it has only this column.
        """
        from openpyxl.worksheet.cell_range import CellRange
        from openpyxl.worksheet.filters import CustomFilter, CustomFilters, FilterColumn

        header_row, sheet = self._plan.header_row, self._sheet
        headings = [column for row, column in self._filled if row == header_row]
        first = min(headings, default=self._column)
        if sheet.auto_filter.ref:
            current = CellRange(sheet.auto_filter.ref)
            if current.min_row == header_row:
                first = min(first, current.min_col)
        tables = [CellRange(table.ref) for table in sheet.tables.values()]
        if any(table.max_row >= header_row and table.max_col >= first for table in tables):
            first = self._column
        columns = f"{self._letters(first)}{header_row}", f"{self._letters(self._column)}"
        sheet.auto_filter.ref = f"{columns[0]}:{columns[1]}{self._last_row}"
        condition = CustomFilter(operator="notEqual", val=f"{self._added.done}*")
        sheet.auto_filter.filterColumn = [
            FilterColumn(
                colId=self._column - first, customFilters=CustomFilters(customFilter=[condition])
            )
        ]
        sheet.auto_filter.sortState = None

    @staticmethod
    def _letters(column: int) -> str:
        from openpyxl.utils import get_column_letter

        return str(get_column_letter(column))


def set_text(cell: Cell, text: str) -> None:
    """Write *text* to *cell* as text."""
    cell.value = text
    # A leading equals sign does not make it a formula.
    cell.data_type = "s"


def add_comment(cell: Cell, text: str) -> None:
    """Add *text* to *cell* as a comment, above the comment that the cell may have."""
    from openpyxl.comments import Comment

    if cell.comment is not None:
        text = f"{text}\n\n{cell.comment.text}"
    cell.comment = Comment(text, AUTHOR, height=comment_height(text), width=COMMENT_WIDTH)


def separate_column(sheet: Sheet, column: int) -> None:
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
