"""Some consecutive rows of a sheet: which are blank, and what the columns asked for show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from batchcreate.workbooks.cells import BLANK, TEXT, Cell, cell, column, is_blank
from batchcreate.workbooks.limits import BATCH_CHARS
from batchcreate.workbooks.refusal import Refusal

HEADING_CHARS: Final = 1000
"""What is longer is cut where headings are looked for."""

Column = tuple[Sequence[str], str]
"""What its cells show, and the letters of their kinds; no letters where all are text."""


class Batch(Protocol):
    """Some consecutive rows."""

    @property
    def numbers(self) -> Sequence[int]:
        """The rows' numbers, as the spreadsheet program shows them, ascending."""
        ...

    def column(self, index: int) -> Column:
        """Return the cells of the column *index*, 0 being column A."""
        ...

    def row(self, position: int) -> Mapping[int, Cell]:
        """Return the cells of the row at *position*, by their columns."""
        ...


@dataclass(frozen=True, slots=True)
class DenseBatch:
    """
    Rows with every cell.

    Attributes:
        first_number: of the first row.
        first_column: where the rows begin, 0 being column A.
        rows: their values.

    """

    first_number: int
    first_column: int
    rows: Sequence[Sequence[object]]
    _columns: list[tuple[object, ...]] = field(default_factory=list)

    @property
    def numbers(self) -> Sequence[int]:
        """The rows' numbers, one after the other."""
        return range(self.first_number, self.first_number + len(self.rows))

    def column(self, index: int) -> Column:
        """Return the cells of the column *index*."""
        at = index - self.first_column
        if not 0 <= at < len(self.rows[0]):
            return [""] * len(self.rows), ""
        if not self._columns:
            self._columns.extend(zip(*self.rows, strict=True))
        return column(self._columns[at])

    def row(self, position: int) -> Mapping[int, Cell]:
        """Return the cells of the row at *position*."""
        return {
            at: cell(value)
            for at, value in enumerate(self.rows[position], start=self.first_column)
            if value != ""
        }


@dataclass(frozen=True, slots=True)
class SparseBatch:
    """
    Rows with the cells that the file holds.

    Attributes:
        numbers: the rows' numbers.
        rows: what the cells show, by their columns.

    """

    numbers: Sequence[int]
    rows: Sequence[Mapping[int, Cell]]

    def column(self, index: int) -> Column:
        """Return the cells of the column *index*."""
        texts, kinds = zip(*(row.get(index, BLANK) for row in self.rows), strict=True)
        return list(texts), "".join(kinds)

    def row(self, position: int) -> Mapping[int, Cell]:
        """Return the cells of the row at *position*."""
        return self.rows[position]


def head(batch: Batch, rows: int) -> list[list[str]]:
    """Return the texts of the rows of *batch* up to row *rows*, from A1 on, cut if long."""
    found: list[list[str]] = []
    for position, number in enumerate(batch.numbers):
        if number > rows:
            break
        found += [[] for _ in range(len(found) + 1, number)]
        cells = batch.row(position)
        width = max(cells, default=-1) + 1
        found.append([cells.get(at, BLANK)[0][:HEADING_CHARS] for at in range(width)])
    if sum(len(text) for texts in found for text in texts) > BATCH_CHARS:
        text = "holds more text in its first rows than headings ever have."
        raise Refusal(text)
    return found


def has_cells(batch: Batch) -> bool:
    """Whether anything in *batch* can be seen."""
    return any(not is_blank_row(batch, at) for at in range(len(batch.numbers)))


def is_blank_row(batch: Batch, position: int) -> bool:
    """Whether nothing can be seen in the row at *position*."""
    cells = batch.row(position).values()
    return all(is_blank(text) and kind == TEXT for text, kind in cells)
