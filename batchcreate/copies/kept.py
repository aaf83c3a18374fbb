"""Where the rows of a sheet go when most of them are left out; pure."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Final

ROWS_MAX: Final = 1_048_576
"""How many there are in a sheet."""


class Kept:
    """
    The rows of a sheet that are kept, moved up so that no gaps are left.

    Args:
        header_number: the row of the headings; it and those above it are kept.
        numbers: the rows kept below it, ascending.
        last: the last row with anything in it. Those below it hold formats for rows to come:
            they are kept, and follow the others.

    """

    def __init__(self, header_number: int, numbers: Sequence[int], *, last: int) -> None:
        self._header_number = header_number
        self._rows = [*range(1, header_number + 1), *numbers]
        self._new = {row: at for at, row in enumerate(self._rows, start=1)}
        self._last = max(last, self._rows[-1])
        self._gone = self._last - len(self._rows)

    def is_in_table(self, row: int) -> bool:
        """Whether *row* stands between the headings and the rows to come."""
        return bool(self._header_number < row <= self._last)

    def moved(self, row: int) -> int | None:
        """Return where *row* stands now; ``None`` where it is left out."""
        return row - self._gone if row > self._last else self._new.get(row)

    def span(self, first: int, last: int) -> tuple[int, int] | None:
        """Return where what is kept of the rows *first* to *last* begins and ends now."""
        begin = first - self._gone if first > self._last else bisect_left(self._rows, first) + 1
        end = last - self._gone if last > self._last else bisect_right(self._rows, last)
        if last >= ROWS_MAX:
            # A whole column stays one.
            end = ROWS_MAX
        return (begin, end) if begin <= end else None
