"""A quick look at a sheet's XML: can the fast reader be trusted with it, and what is merged."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from batchcreate.workbooks.blocks import Merge
from batchcreate.workbooks.limits import MERGES_MAX
from batchcreate.workbooks.places import column_of, place_of
from batchcreate.workbooks.refusal import COPY, Refusal

_START: Final = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:<\?xml version=\"1.0\"[^>]*>)?\s*<(?:worksheet|sst)\s", re.IGNORECASE
)
_ODD_STARTS: Final = (b"<!DOCTYPE", b'encoding="UTF-16', b"='")
_DIMENSION: Final = re.compile(rb'<dimension ref="(?:[A-Z]+[0-9]+:)?([A-Z]{1,3})[0-9]{1,7}"')
_ERROR_OR_DATE: Final = re.compile(rb't="[ed]"')
_FORMULA: Final = b"</f>"
_ODD_ESCAPE: Final = re.compile(rb"_x(?!00)[0-9A-Fa-f]{4}_")
"""An escaped character that calamine leaves as it stands."""

_RAW: Final = b"<![CDATA["
"""Text that need not be escaped; calamine reads it in strings only."""

_NEGATIVE: Final = b"<v>-"
"""No date is before 1900, but calamine makes one of such a number."""

_MERGED: Final = b"mergeCell"
_MERGE: Final = re.compile(rb"""mergeCell\s+ref=["']([A-Za-z0-9$]+):([A-Za-z0-9$]+)["']""")
_MANY_MERGES: Final = f"has more than {MERGES_MAX:,} merged cells in a sheet. {COPY}"
_CELL: Final = b"</c>"
_ROW: Final = b'<row r="'
_ROW_DIGITS: Final = 8

_OVERLAP_BYTES: Final = 64
"""How much of a block is looked at again, with the next one."""

_COUNTED: Final = 8
"""The cells of every eighth block are counted."""

_WIDTH: Final = 26
_LISTED_BYTES: Final = 32
_TABLE_BYTES: Final = 24
_TEXT_BYTES: Final = 48
"""What calamine needs for a cell of the file, for one of the table, and for its text."""


@dataclass(slots=True)
class Survey:
    """
    What a quick look at a sheet found.

    Attributes:
        is_plain: nothing was seen that the fast reader does not tell of.
        cells: how many of the file hold something, about.
        width: of the table, as the file declares it.
        last_row: the highest row number seen.
        merges: the merged cells.

    """

    is_plain: bool = True
    cells: int = 0
    width: int = _WIDTH
    last_row: int = 0
    merges: list[Merge] = field(default_factory=list)

    @property
    def memory_bytes(self) -> int:
        """What the fast reader needs for the sheet, about."""
        listed = (1 << self.cells.bit_length()) * _LISTED_BYTES
        table = self.last_row * self.width * _TABLE_BYTES
        return listed + table + self.cells * _TEXT_BYTES


def survey(blocks: Iterable[bytes], *, has_dates: bool) -> Survey:
    """
    Look through the XML of a sheet.

    Args:
        blocks: of its part.
        has_dates: some numbers may be meant as dates.

    Raises:
        Refusal: cells are merged that no spreadsheet has, or more than any holds.

    """
    found = Survey()
    rest = b""
    for at, block in enumerate(blocks):
        if at == 0:
            found.is_plain = is_plain_start(block)
            found.width = _declared_width(block)
        text = rest + block
        found.is_plain = found.is_plain and _is_plain(block, text, has_dates=has_dates)
        found.cells += 0 if at % _COUNTED else block.count(_CELL) * _COUNTED
        found.last_row = max(found.last_row, _last_row(text))
        if _MERGED in text:
            found.merges += _merges(text, len(rest))
            if len(found.merges) > MERGES_MAX:
                raise Refusal(_MANY_MERGES)
        rest = block[-_OVERLAP_BYTES:]
    return found


def has_plain_strings(blocks: Iterable[bytes]) -> bool:
    """Whether the fast reader can be trusted with these shared strings."""
    rest = b""
    for at, block in enumerate(blocks):
        text = rest + block
        if (at == 0 and not is_plain_start(block)) or not _is_text(block, text):
            return False
        rest = block[-_OVERLAP_BYTES:]
    return True


def is_plain_start(block: bytes) -> bool:
    """Whether XML that starts with *block* is written the way that everybody writes it."""
    return bool(_START.match(block)) and not any(odd in block[:4096] for odd in _ODD_STARTS)


def _is_plain(block: bytes, text: bytes, *, has_dates: bool) -> bool:
    return (
        _FORMULA not in text
        and not _ERROR_OR_DATE.search(text)
        and _is_text(block, text)
        and not (has_dates and _NEGATIVE in text)
    )


def _is_text(block: bytes, text: bytes) -> bool:
    # A block without any markup is a part of one huge cell.
    return b"<" in block and _RAW not in text and not _ODD_ESCAPE.search(text)


def _declared_width(block: bytes) -> int:
    declared = _DIMENSION.search(block)
    return column_of(declared[1].decode()) + 1 if declared else _WIDTH


def _last_row(text: bytes) -> int:
    at = text.rfind(_ROW)
    digits = text[at + len(_ROW) :][:_ROW_DIGITS].partition(b'"')[0]
    return int(digits) if at >= 0 and digits.isdigit() else 0


def _merges(text: bytes, seen: int) -> Iterator[Merge]:
    for found in _MERGE.finditer(text):
        if found.end() > seen:
            top, left = place_of(found[1].decode())
            bottom, right = place_of(found[2].decode())
            yield Merge(top, left, bottom, right)
