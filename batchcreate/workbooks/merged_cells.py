"""Merged cells of a sheet: their ranges, and the texts of covered cells; pure."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from batchcreate.text import column_index, is_blank
from batchcreate.workbooks.cell_values import COVERED, MERGED, TEXT, Column
from batchcreate.workbooks.protocol import COLUMNS_MAX, ROWS_MAX, refuse_damaged

_ADDRESS: Final = re.compile(r"\$?([A-Za-z]{1,3})\$?([0-9]{1,20})")


@dataclass(frozen=True, slots=True)
class MergedRange:
    """Merged cells; rows by their numbers, columns zero-based, both ends included."""

    top: int
    left: int
    bottom: int
    right: int


class MergedCells:
    """
    Marks covered cells, and fills in the text of the cell that covers a blank one.

    The text is filled in for the rows below, in the first column of the range only.

    Args:
        merges: merged cells of one sheet.

    """

    def __init__(self, merges: Sequence[MergedRange]) -> None:
        self._merges = merges
        self._texts: dict[MergedRange, str] = {}

    def mark(
        self, numbers: Sequence[int], cells: Sequence[Column], columns: Sequence[int]
    ) -> list[Column]:
        """
        Return *cells* with the covered cells marked.

        Args:
            numbers: the row numbers, higher than those of earlier calls.
            cells: one value for each of *columns*.
            columns: zero-based positions of the columns.

        """
        marked: dict[int, tuple[list[str], list[str]]] = {}
        for merge in self._merges:
            if merge.top > numbers[-1] or merge.bottom < numbers[0]:
                continue
            rows = range(bisect_left(numbers, merge.top), bisect_right(numbers, merge.bottom))
            for position, column in enumerate(columns):
                if merge.left <= column <= merge.right:
                    if position not in marked:
                        texts, kinds = cells[position]
                        marked[position] = list(texts), list(kinds or TEXT * len(texts))
                    for at in rows:
                        self._mark(merge, (numbers[at], column), at, *marked[position])
        both = (marked.get(position, column) for position, column in enumerate(cells))
        return [(texts, "".join(kinds)) for texts, kinds in both]

    def _mark(
        self,
        merge: MergedRange,
        location: tuple[int, int],
        at: int,
        texts: list[str],
        kinds: list[str],
    ) -> None:
        if location == (merge.top, merge.left):
            self._texts[merge] = texts[at] if kinds[at] == TEXT else ""
        elif kinds[at] != TEXT or not is_blank(texts[at]):
            kinds[at] = COVERED
        else:
            kinds[at] = MERGED
            texts[at] = self._texts.get(merge, "") if location[1] == merge.left else ""


def parse_address(text: str) -> tuple[int, int]:
    """
    Return row number and zero-based column of the address *text*.

    Raises:
        RefusedError: sheets have no such cell.

    """
    match = _ADDRESS.fullmatch(text)
    number, column = (int(match[2]), column_index(match[1])) if match else (0, 0)
    if 0 < number <= ROWS_MAX and column < COLUMNS_MAX:
        return number, column
    return refuse_damaged(f"it refers to a cell '{text[:50]}', which cannot exist")
