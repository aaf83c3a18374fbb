"""The records of .xlsb workbooks: numbers and lengths of variable size ([MS-XLSB])."""

import struct
from collections.abc import Iterator
from typing import Final

from batchcreate.workbooks.findings import Findings
from batchcreate.workbooks.office import relations
from batchcreate.workbooks.package import Package

_ROW, _ERROR, _FORMULA_ERROR, _SHEET, _MERGE = 0, 3, 11, 156, 176

_WORKBOOK: Final = "xl/workbook.bin"
_ROW_NUMBER: Final = struct.Struct("<I")
_CELL: Final = struct.Struct("<I4xB")
_MERGED: Final = struct.Struct("<4I")
_MORE: Final = 0x80
_LENGTH_BYTES: Final = 4


def sheet_parts(package: Package) -> dict[str, str]:
    """Return by the names of the sheets in which parts they are."""
    targets = {key: target for _, key, target in relations(package, _WORKBOOK)}
    found: dict[str, str] = {}
    for kind, content in _records(package.read(_WORKBOOK)):
        if kind == _SHEET:
            key, rest = _text(content[8:])
            name, _ = _text(rest)
            found[name] = targets.get(key, "")
    return found


def look_through(content: bytes) -> Findings:
    """Return what calamine does not tell of the sheet with the records *content*."""
    found = Findings()
    row = 0
    for kind, record in _records(content):
        if kind == _ROW and len(record) >= _ROW_NUMBER.size:
            (row,) = _ROW_NUMBER.unpack_from(record)
        elif kind in (_ERROR, _FORMULA_ERROR) and len(record) >= _CELL.size:
            column, code = _CELL.unpack_from(record)
            found.see_error(row, column, code)
        elif kind == _MERGE and len(record) >= _MERGED.size:
            found.see_merge(*_MERGED.unpack_from(record))
    return found


def _records(content: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(content):
        kind, at = _number(content, at, 2)
        length, at = _number(content, at, _LENGTH_BYTES)
        yield kind, content[at : at + length]
        at += length


def _number(content: bytes, at: int, size: int) -> tuple[int, int]:
    """Return the number at *at*, seven bits a byte, and where it ends."""
    number = 0
    for position, byte in enumerate(content[at : at + size]):
        number |= (byte & ~_MORE) << 7 * position
        if not byte & _MORE:
            return number, at + position + 1
    return number, at + size


def _text(content: bytes) -> tuple[str, bytes]:
    """Return the text at the start of *content*, and what is behind it."""
    chars = int.from_bytes(content[:4], "little")
    end = 4 + 2 * chars
    return content[4:end].decode("utf-16-le", "replace"), content[end:]
