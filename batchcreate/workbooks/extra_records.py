"""Cells of binary workbooks that calamine does not report as displayed."""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from batchcreate.workbooks.binary_marks import NOTHING_STRUCK, StruckRecords
from batchcreate.workbooks.cell_values import (
    ERROR,
    NUMBER,
    PLAIN,
    ZERO_RESULT,
    Cell,
    changes_number,
    format_number,
    is_moment,
)
from batchcreate.workbooks.merged_cells import MergedRange
from batchcreate.workbooks.sheet_marks import SheetMarks

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
        formats: class of each cell format of the workbook, see `classify_format`.
        struck: what is struck through in the workbook.
        cells: errors, formatted numbers and formulas, by row numbers and columns.
        merges: merged cells.
        marks: hidden rows and columns, and struck-through cells.

    """

    formats: Sequence[str] = ()
    struck: StruckRecords = NOTHING_STRUCK
    cells: dict[int, dict[int, Cell]] = field(default_factory=dict)
    merges: list[MergedRange] = field(default_factory=list)
    marks: SheetMarks = field(default_factory=SheetMarks)

    def add(self, row: int, column: int, cell: Cell) -> None:
        """Add the cell in *row* and *column*, both zero-based."""
        self.cells.setdefault(row + 1, {})[column] = cell

    def add_error(self, row: int, column: int, code: int) -> None:
        """Add the error *code* of the cell in *row* and *column*, both zero-based."""
        self.add(row, column, (_ERRORS.get(code, "#VALUE!"), ERROR))

    def add_number(
        self, row: int, column: int, style: int, value: float, *, has_formula: bool = False
    ) -> None:
        """Add the number *value* with the cell format *style*, unless calamine displays it."""
        format_class = self.formats[style] if style < len(self.formats) else PLAIN
        cell: Cell | None = None
        if changes_number(format_class):
            cell = format_number(value, format_class, is_1904=False)
        is_plain = cell is None or cell[1] == NUMBER
        if has_formula and not value and is_plain and not is_moment(format_class):
            cell = ("0", ZERO_RESULT)
        if cell is not None:
            self.add(row, column, cell)

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
