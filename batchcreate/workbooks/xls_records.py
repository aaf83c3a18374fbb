"""The records of .xls workbooks: a number, a length, and that many bytes ([MS-XLS])."""

import struct
from collections.abc import Iterator
from typing import Final

from batchcreate.workbooks.findings import Findings
from batchcreate.workbooks.refusal import PASSWORD, Refusal

_BEGIN, _END, _ENCRYPTED, _SHEET = 0x0809, 0x000A, 0x002F, 0x0085
_FORMULA, _ERROR = 0x0006, 0x0205

_HEADER: Final = struct.Struct("<HH")
_PLACE: Final = struct.Struct("<I")
_CELL: Final = struct.Struct("<HH2xBBBBBB2s")
_SHORT_CELL: Final = struct.Struct("<HH2xBB")
_NO_NUMBER: Final = b"\xff\xff"
_IS_ERROR: Final = 2


def sheet_places(stream: bytes) -> list[int]:
    """
    Return where the sheets of a workbook begin in its *stream*, in the order of their tabs.

    Raises:
        Refusal: the workbook is encrypted.

    """
    places: list[int] = []
    for kind, content in _records(stream, 0):
        if kind == _ENCRYPTED:
            raise Refusal(PASSWORD)
        if kind == _SHEET and len(content) >= _PLACE.size:
            places += _PLACE.unpack_from(content)
    return places


def look_through(stream: bytes, start: int) -> Findings:
    """Return what calamine does not tell of the sheet that begins at *start*."""
    found = Findings()
    for kind, content in _records(stream, start):
        if kind == _ERROR and len(content) >= _SHORT_CELL.size:
            row, column, code, is_error = _SHORT_CELL.unpack_from(content)
            if is_error:
                found.see_error(row, column, code)
        elif kind == _FORMULA and len(content) >= _CELL.size:
            row, column, result, _, code, *_, mark = _CELL.unpack_from(content)
            if mark == _NO_NUMBER and result == _IS_ERROR:
                found.see_error(row, column, code)
    return found


def _records(stream: bytes, start: int) -> Iterator[tuple[int, bytes]]:
    """Yield the records from *start* on to the end of the sheet, without those of its charts."""
    at = start
    depth = 0
    while at + _HEADER.size <= len(stream):
        kind, length = _HEADER.unpack_from(stream, at)
        at += _HEADER.size
        depth += (kind == _BEGIN) - (kind == _END)
        if not depth:
            return
        if depth == 1:
            yield kind, stream[at : at + length]
        at += length
