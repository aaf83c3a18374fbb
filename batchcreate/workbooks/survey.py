"""A quick look at a sheet's XML: can the fast reader be trusted with it, and what is merged."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from batchcreate.workbooks.batches import Merge
from batchcreate.workbooks.places import column_of, place_of

_START: Final = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:\?xml|worksheet|sst)\b")
_DIMENSION: Final = re.compile(rb'<dimension ref="[A-Z]+[0-9]+:([A-Z]{1,3})([0-9]{1,7})"')
_FAR_COLUMN: Final = re.compile(rb' r="[A-Z]{3}[0-9]')
_ODD_ESCAPE: Final = re.compile(rb"_x(?!00)[0-9A-Fa-f]{4}_")
_MERGE: Final = re.compile(rb"""mergeCell\s+ref=["']([A-Za-z0-9$]+):([A-Za-z0-9$]+)["']""")
_ROW: Final = b'<row r="'
_SIGNS: Final = (b't="e"', b"<f", b'="d"', b"='", b"<!", b":row", b":c ", b"<x:", b"<rPh")
"""Errors, formulas, dates as text, and XML that is not written as everybody writes it."""

_MERGE_BYTES: Final = 64
_ROW_BYTES: Final = 16
_UNKNOWN_WIDTH: Final = 26

_SPARSE_BYTES: Final = 32
_DENSE_BYTES: Final = 24
_TEXT_BYTES: Final = 48
"""What the fast reader needs for a cell of the file, for one of the table, and for its text."""


@dataclass(slots=True)
class Survey:
    """
    What a quick look at a sheet found.

    Attributes:
        is_plain: nothing was seen that the fast reader does not tell of.
        cells: how many the file holds.
        width: of the table, as the file declares it.
        last_row: the highest row number seen.
        merges: the merged cells.

    """

    is_plain: bool = True
    cells: int = 0
    width: int = _UNKNOWN_WIDTH
    last_row: int = 0
    merges: list[Merge] = field(default_factory=list)

    @property
    def memory_bytes(self) -> int:
        """What the fast reader needs for the sheet, about."""
        listed = 1 << self.cells.bit_length()
        table = self.last_row * self.width
        return listed * _SPARSE_BYTES + table * _DENSE_BYTES + self.cells * _TEXT_BYTES


def survey(blocks: Iterable[bytes]) -> Survey:
    """
    Look through the XML of a sheet.

    Raises:
        Refusal: cells are merged that there are not.

    """
    found = Survey()
    rest = b""
    for block in blocks:
        if not rest:
            _see_start(found, block)
        text = rest + block
        found.is_plain = found.is_plain and _is_plain(block, text)
        found.cells += block.count(b"<c ")
        found.last_row = max(found.last_row, _last_row(text))
        if b"mergeCell" in text:
            found.merges += _merges(text, len(rest))
        rest = block[-_MERGE_BYTES:]
    return found


def is_plain(blocks: Iterable[bytes]) -> bool:
    """Whether the fast reader can be trusted with these shared strings."""
    rest = b""
    for block in blocks:
        if not rest and not _START.match(block):
            return False
        if not _is_plain(block, rest + block):
            return False
        rest = block[-_ROW_BYTES:]
    return True


def _see_start(found: Survey, block: bytes) -> None:
    found.is_plain = bool(_START.match(block))
    if declared := _DIMENSION.search(block):
        found.width = column_of(declared[1].decode()) + 1
    elif b"<dimension" in block:
        found.width = 1


def _is_plain(block: bytes, text: bytes) -> bool:
    return (
        not any(sign in text for sign in _SIGNS)
        # A block without any markup is part of one huge cell.
        and b"<" in block
        and not _FAR_COLUMN.search(text)
        and not _ODD_ESCAPE.search(text)
    )


def _last_row(text: bytes) -> int:
    at = text.rfind(_ROW)
    digits = text[at + len(_ROW) : at + len(_ROW) + _ROW_BYTES].partition(b'"')[0]
    return int(digits) if at >= 0 and digits.isdigit() else 0


def _merges(text: bytes, seen: int) -> Iterator[Merge]:
    for found in _MERGE.finditer(text):
        if found.end() > seen:
            top, left = place_of(found[1].decode())
            bottom, right = place_of(found[2].decode())
            yield Merge(top, left, bottom, right)
