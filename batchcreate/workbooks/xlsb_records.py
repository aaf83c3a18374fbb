"""Records of .xlsb workbooks: sheets, cell formats, and cells that calamine does not report."""

import struct
from collections.abc import Iterator, Sequence
from typing import Final

from batchcreate.workbooks.binary_marks import XlsbMarkReader
from batchcreate.workbooks.cell_values import find_format
from batchcreate.workbooks.extra_records import ExtraRecords, rk_number
from batchcreate.workbooks.format_codes import NumberFormat
from batchcreate.workbooks.untrusted import Package
from batchcreate.workbooks.xlsx_parts import read_relations

# Records of .xlsb: types and lengths of variable size ([MS-XLSB]).
_ROW, _ERROR, _FORMULA_ERROR, _SHEET, _MERGE = 0, 3, 11, 156, 176
_RK, _NUMBER, _FORMULA_NUMBER = 2, 5, 9
_FORMAT, _CELL_FORMAT, _CELL_FORMATS, _CELL_FORMATS_END = 44, 47, 617, 618
_TEXTS: Final = (6, 7, 8)
_VIEW: Final = 137
_SHOWS_ZEROS: Final = 0x10
STYLES: Final = "/styles"
STRINGS: Final = "/sharedStrings"
_CELL: Final = struct.Struct("<II")
_RK_VALUE: Final = struct.Struct("<I")
_NUMBER_VALUE: Final = struct.Struct("<d")
_FORMAT_ID: Final = struct.Struct("<2xH")
_WORKBOOK: Final = "xl/workbook.bin"
_ROW_NUMBER: Final = struct.Struct("<I")
_MERGED: Final = struct.Struct("<4I")
_STYLE_BITS: Final = 0xFFFFFF
_CONTINUES: Final = 0x80
_LENGTH_BYTES: Final = 4


def read_sheet_parts(package: Package) -> dict[str, str]:
    """Return the names of the parts that contain the sheets, by the names of the sheets."""
    targets = {key: target for _, key, target in read_relations(package, _WORKBOOK)}
    parts: dict[str, str] = {}
    for kind, content in read_records(package.read(_WORKBOOK)):
        if kind == _SHEET:
            key, rest = _text(content[8:])
            name, _ = _text(rest)
            parts[name] = targets.get(key, "")
    return parts


def read_part(package: Package, kind: str) -> bytes:
    """Return the content of the part of this *kind*; empty if there is none."""
    relations = read_relations(package, _WORKBOOK)
    part = next((target for name, _, target in relations if name.endswith(kind)), "")
    return package.read(part) if package.has(part) else b""


def read_formats(package: Package) -> Sequence[NumberFormat | None]:
    """Return the number format of each cell format; None if it displays values as stored."""
    codes: dict[int, str] = {}
    ids: list[int] = []
    is_cell_format = False
    for kind, content in read_records(read_part(package, STYLES)):
        if kind == _FORMAT:
            codes[int.from_bytes(content[:2], "little")] = _text(content[2:])[0]
        elif kind in (_CELL_FORMATS, _CELL_FORMATS_END):
            is_cell_format = kind == _CELL_FORMATS
        elif kind == _CELL_FORMAT and is_cell_format:
            ids += _FORMAT_ID.unpack_from(content)
    return [find_format(each, codes.get(each)) for each in ids]


def scan_xlsb_sheet(content: bytes, extra: ExtraRecords) -> None:
    """Add the records in the *content* of a sheet's part to *extra*."""
    row = 0
    shows_zeros = True
    handlers = XlsbMarkReader(extra.marks, extra.struck).handlers
    for kind, record in read_records(content):
        if handler := handlers.get(kind):
            handler(record)
        if kind == _ROW and len(record) >= _ROW_NUMBER.size:
            (row,) = _ROW_NUMBER.unpack_from(record)
        elif kind == _MERGE and len(record) >= _MERGED.size:
            extra.add_merge(*_MERGED.unpack_from(record))
        elif kind == _VIEW and record:
            shows_zeros = bool(record[0] & _SHOWS_ZEROS)
        elif len(record) >= _CELL.size:
            _add_cell(row, kind, record, extra)
    if not shows_zeros:
        extra.hide_zeros()


def _add_cell(row: int, kind: int, record: bytes, extra: ExtraRecords) -> None:
    """Add a cell of the zero-based *row*; other records are skipped."""
    column, style = _CELL.unpack_from(record)
    style &= _STYLE_BITS
    if kind in (_ERROR, _FORMULA_ERROR) and len(record) > _CELL.size:
        extra.add_error(row, column, record[_CELL.size])
    elif kind in _TEXTS:
        extra.add_text(row, column, style)
    elif (value := _number(kind, record)) is not None:
        extra.add_number(row, column, style, value, has_formula=kind == _FORMULA_NUMBER)


def _number(kind: int, record: bytes) -> float | None:
    """Return the number in a record, or None if it does not contain one."""
    value = record[_CELL.size :]
    if kind == _RK and len(value) >= _RK_VALUE.size:
        return rk_number(*_RK_VALUE.unpack_from(value))
    if kind in (_NUMBER, _FORMULA_NUMBER) and len(value) >= _NUMBER_VALUE.size:
        (number,) = _NUMBER_VALUE.unpack_from(value)
        return float(number)
    return None


def read_records(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield type and content of each record."""
    at = 0
    while at < len(content):
        kind, at = _integer(content, at, 2)
        length, at = _integer(content, at, _LENGTH_BYTES)
        yield kind, content[at : at + length]
        at += length


def _integer(content: bytes, at: int, size: int) -> tuple[int, int]:
    """Return the integer at *at*, which has seven bits per byte, and the offset of its end."""
    value = 0
    for position, byte in enumerate(content[at : at + size]):
        value |= (byte & ~_CONTINUES) << 7 * position
        if not byte & _CONTINUES:
            return value, at + position + 1
    return value, at + size


def _text(content: bytes) -> tuple[str, bytes]:
    """Return the text at the start of *content*, and the rest."""
    chars = int.from_bytes(content[:4], "little")
    end = 4 + 2 * chars
    return content[4:end].decode("utf-16-le", "replace"), content[end:]
