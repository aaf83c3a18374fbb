"""Hidden rows, hidden columns and struck-through cells of a sheet."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final

from batchcreate.text import is_blank
from batchcreate.workbooks.cell_values import BLANK, STORED, Cell
from batchcreate.workbooks.protocol import ROWS_MAX, Message

COLUMN_RANGES_MAX: Final = 1_000
"""Maximum number of hidden column ranges that are reported; a sheet with more is not readable."""


CellsOf = Callable[[int], Mapping[int, Cell]]
"""Called with the number of a row; returns its cells by their columns."""


class SheetMarks:
    """
    Collects the marks of a sheet before or while its rows are read.

    Attributes:
        columns: first and last zero-based position of each range of hidden columns.

    """

    def __init__(self) -> None:
        self.columns: list[tuple[int, int]] = []
        # An array, because there can be a million hidden rows.
        self._hidden = array("L")
        self._is_sorted = True
        self._struck: dict[int, int] = {}

    def hide_rows(self, first: int, last: int) -> None:
        """Add the hidden rows with the numbers *first* to *last*."""
        if self._hidden and first <= self._hidden[-1]:
            self._is_sorted = False
        self._hidden.extend(range(first, min(last, ROWS_MAX) + 1))

    def hide_columns(self, left: int, right: int) -> None:
        """Add the hidden columns with the zero-based positions *left* to *right*."""
        if len(self.columns) < COLUMN_RANGES_MAX:
            self.columns.append((left, right))

    def strike(self, number: int, column: int) -> None:
        """Add the filled cell in row *number* and *column*, which is struck through."""
        self._struck[number] = min(column, self._struck.get(number, column))

    def take(self, numbers: Sequence[int], cells_of: CellsOf) -> Message:
        """
        Return the marks of the rows *numbers*, ascending.

        The hidden rows are returned as ranges, the struck-through rows as row number, column and
        text of the first such cell.
        """
        struck = self._struck.keys() & set(numbers) if self._struck else ()
        return {
            "hidden": list(ranges(self._among(numbers))),
            "struck": list(self._struck_cells(sorted(struck), cells_of)),
        }

    def _among(self, numbers: Sequence[int]) -> Iterable[int]:
        """Return the hidden rows among *numbers*."""
        if not self._is_sorted:
            self._hidden = array("L", sorted(self._hidden))
            self._is_sorted = True
        start = bisect_left(self._hidden, numbers[0])
        end = bisect_right(self._hidden, numbers[-1], lo=start)
        hidden = set(self._hidden[start:end])
        return [number for number in numbers if number in hidden] if hidden else ()

    def _struck_cells(
        self, numbers: Iterable[int], cells_of: CellsOf
    ) -> Iterator[tuple[int, int, str]]:
        for number in numbers:
            column = self._struck.pop(number)
            text, _ = cells_of(number).get(column, BLANK)
            displayed = text.partition(STORED)[0]
            if not is_blank(displayed):
                yield number, column, displayed


def ranges(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield first and last number of each range of consecutive *numbers*, which are ascending."""
    each = list(numbers)
    if not each:
        return
    gaps = [(before, after) for before, after in pairwise(each) if before + 1 < after]
    yield from zip(
        (each[0], *(after for _, after in gaps)),
        (*(before for before, _ in gaps), each[-1]),
        strict=True,
    )
