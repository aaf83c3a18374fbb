"""Row numbers such as ``5-20,31``."""

import re
from bisect import bisect_right
from collections.abc import Iterable


class RowNumbers:
    """A set of row numbers that costs no more memory than the text that listed it."""

    def __init__(self, ranges: Iterable[tuple[int, int]]) -> None:
        self._firsts: list[int] = []
        self._lasts: list[int] = []
        for first, last in sorted(ranges):
            if self._lasts and first <= self._lasts[-1]:
                self._lasts[-1] = max(self._lasts[-1], last)
            else:
                self._firsts.append(first)
                self._lasts.append(last)

    def __contains__(self, number: object) -> bool:
        if not isinstance(number, int):
            return False
        place = bisect_right(self._firsts, number) - 1
        return place >= 0 and number <= self._lasts[place]


def parse_rows(text: str) -> RowNumbers | None:
    """
    Return the row numbers that *text* such as ``5-20,31`` lists; ``None`` for all rows.

    Raises:
        ValueError: it is not such a list.

    """
    if not text.strip():
        return None
    ranges: list[tuple[int, int]] = []
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\d{1,8})\s*(?:-\s*(\d{1,8})\s*)?", part)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        if last < first:
            msg = "give row numbers and ranges, such as 5-20,31"
            raise ValueError(msg)
        ranges.append((first, last))
    return RowNumbers(ranges)
