"""Cells of binary workbooks that calamine does not report as displayed."""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from batchcreate.workbooks.cell_values import (
    DATE,
    ERROR,
    NUMBER,
    as_result,
    format_number,
    hide_zero,
)
from batchcreate.workbooks.format_codes import NumberFormat
from batchcreate.workbooks.merged_cells import MergedRange
from batchcreate.workbooks.sheet_marks import SheetMarks
from batchcreate.workbooks.struck_texts import NOTHING_STRUCK, StruckRecords
from batchcreate.workbooks.tables import KnownCell

_HIDDEN_COLUMN: Final = 0x01
_ERRORS: Final[Mapping[int, str]] = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
    0x2B: "#GETTING_DATA",
}


@dataclass(frozen=True, slots=True)
class ExtraRecords:
    """
    Records of a sheet that calamine does not report.

    Attributes:
        formats: number format of each cell format; None if it displays values as stored.
        struck: what is struck through in the workbook.
        cells: errors, formatted numbers and formulas, by row numbers and columns; for a text its
            format.
        merges: merged cells.
        marks: hidden rows and columns, and struck-through cells.
        zeros: row numbers and columns of the numbers 0.

    """

    formats: Sequence[NumberFormat | None] = ()
    struck: StruckRecords = NOTHING_STRUCK
    cells: dict[int, dict[int, KnownCell]] = field(default_factory=dict)
    merges: list[MergedRange] = field(default_factory=list)
    marks: SheetMarks = field(default_factory=SheetMarks)
    zeros: list[tuple[int, int]] = field(default_factory=list)

    def add(self, row: int, column: int, cell: KnownCell) -> None:
        """Add the cell in *row* and *column*, both zero-based."""
        self.cells.setdefault(row + 1, {})[column] = cell

    def add_error(self, row: int, column: int, code: int) -> None:
        """Add the error *code* of the cell in *row* and *column*, both zero-based."""
        self.add(row, column, (_ERRORS.get(code, "#VALUE!"), ERROR))

    def add_number(
        self, row: int, column: int, style: int, value: float, *, has_formula: bool = False
    ) -> None:
        """Add the number *value* with the cell format *style*, unless calamine displays it."""
        number_format = self._format(style)
        cell = format_number(value, number_format, is_1904=False)
        if has_formula:
            cell = as_result(cell, value)
        if not value:
            self.zeros.append((row + 1, column))
        if cell[1] not in {NUMBER, DATE}:
            self.add(row, column, cell)

    def add_text(self, row: int, column: int, style: int) -> None:
        """Add the text with the cell format *style*, unless calamine displays it."""
        number_format = self._format(style)
        if number_format is not None and number_format.changes_texts:
            self.add(row, column, number_format)

    def hide_zeros(self) -> None:
        """Change the numbers 0, since the sheet does not display them."""
        for number, column in self.zeros:
            cells = self.cells.setdefault(number, {})
            shown = cells.get(column, ("0", NUMBER))
            if isinstance(shown, tuple):
                cells[column] = hide_zero(shown, 0)

    def strike(self, row: int, column: int, style: int, *, string: int = -1) -> None:
        """
        Strike through the cell in *row* and *column*, both zero-based, if it is.

        Args:
            row: the row.
            column: the column.
            style: the cell format.
            string: position of the shared string in the cell.

        """
        if style in self.struck.formats or string in self.struck.strings:
            self.marks.strike(row + 1, column)

    def add_columns(self, left: int, right: int, width: int, flags: int) -> None:
        """Add a range of columns, zero-based, which are hidden by a flag or have no *width*."""
        if flags & _HIDDEN_COLUMN or not width:
            self.marks.hide_columns(left, right)

    def _format(self, style: int) -> NumberFormat | None:
        return self.formats[style] if style < len(self.formats) else None

    def add_merge(self, top: int, bottom: int, left: int, right: int) -> None:
        """Add merged cells between these rows and columns, all zero-based."""
        self.merges.append(MergedRange(top + 1, left, bottom + 1, right))


def rk_number(encoded: int) -> float:
    """Return the number of an RK value: 30 bits of an integer or of a float, perhaps times 100."""
    if encoded & 2:
        value = float((encoded >> 2) - (1 << 30) * (encoded >> 31))
    else:
        (value,) = struct.unpack("<d", struct.pack("<Q", (encoded & ~3) << 32))
    return value / 100 if encoded & 1 else value
