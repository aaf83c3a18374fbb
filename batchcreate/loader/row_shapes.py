"""Shapes of the rows of a text file: where they begin and end, and their numbers of cells."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PART_CELLS: Final = 1_000_000
"""Maximum number of cells of a part, the missing cells of short rows included."""

_FEED: Final = ord("\n")
_RETURN: Final = ord("\r")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shapes:
    """
    The shapes of well-formed rows.

    Attributes:
        text: the rows in UTF-8, each with a line break at its end.
        separators: positions of the separators between cells.
        firsts: numbers of separators before the rows.
        starts: positions of the first bytes of the rows.
        ends: positions of the line breaks after the rows.
        counts: numbers of cells.
        is_after_return: True for rows that follow a carriage return without a line feed.
        has_inner_breaks: True if a cell contains a line break.

    """

    text: bytes
    separators: "NDArray[np.intp]"
    firsts: "NDArray[np.intp]"
    starts: "NDArray[np.intp]"
    ends: "NDArray[np.intp]"
    counts: "NDArray[np.intp]"
    is_after_return: "NDArray[np.bool_]"
    has_inner_breaks: bool

    @classmethod
    def of(cls, text: bytes, delimiter: str, *, after_return: bool = False) -> "Shapes":
        """Return the shapes of the rows in *text*, which follows a bare carriage return or not."""
        import numpy as np

        data = np.frombuffer(text, np.uint8)
        is_return = data == _RETURN
        is_break = (data == _FEED) | is_return
        is_break[:-1] &= ~(is_return[:-1] & (data[1:] == _FEED))
        breaks = np.flatnonzero(is_break)
        separators = np.flatnonzero(data == ord(delimiter))
        count = len(breaks)
        if b'"' in text:
            marks = np.flatnonzero(data == ord('"'))
            breaks = breaks[np.searchsorted(marks, breaks) % 2 == 0]
            separators = separators[np.searchsorted(marks, separators) % 2 == 0]
        starts = np.concatenate([[0], breaks[:-1] + 1])
        firsts = np.searchsorted(separators, starts)
        is_pair = ~is_return[breaks] & is_return[breaks - 1] & (breaks > starts)
        return cls(
            text=text,
            separators=separators,
            firsts=firsts,
            starts=starts,
            ends=breaks - is_pair,
            counts=np.diff(firsts, append=len(separators)) + 1,
            is_after_return=np.concatenate([[after_return], is_return[breaks[:-1]]]),
            has_inner_breaks=len(breaks) < count,
        )

    def parts(self, width: int) -> Iterator[range]:
        """Yield the positions of consecutive rows that have a bounded size with *width* cells."""
        rows_max = max(1, PART_CELLS // width)
        for start in range(0, len(self.starts), rows_max):
            yield range(start, min(start + rows_max, len(self.starts)))

    def with_width(self, rows: range, width: int, delimiter: str) -> bytes:
        """Return *rows* with *width* cells each: empty cells are added, others are cut off."""
        import numpy as np

        counts = self.counts[rows.start : rows.stop]
        irregular = np.flatnonzero(counts != width) + rows.start
        columns = (irregular, self.counts[irregular], self.ends[irregular])
        parts: list[bytes] = []
        at = int(self.starts[rows.start])
        for row, count, end in zip(*(column.tolist() for column in columns), strict=True):
            parts.append(self.text[at : end if count < width else self._cell_end(row, width - 1)])
            parts.append(delimiter.encode() * (width - count))
            at = end
        last = int(self.starts[rows.stop]) if rows.stop < len(self.starts) else len(self.text)
        return b"".join([*parts, self.text[at:last]])

    def row(self, row: int) -> bytes:
        """Return the text of the *row*, without its line break."""
        return self.text[int(self.starts[row]) : int(self.ends[row])]

    def rest(self, row: int, width: int) -> bytes:
        """Return the text of the *row* behind its first *width* cells and their separators."""
        return self.text[self._cell_end(row, width - 1) + 1 : int(self.ends[row])]

    def _cell_end(self, row: int, index: int) -> int:
        """Return the position of the separator behind the cell at *index*, which is not the last."""
        return int(self.separators[self.firsts[row] + index])
