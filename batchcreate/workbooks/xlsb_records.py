"""Records of .xlsb workbooks: sheets, cell formats, and cells that calamine does not report."""

import struct
from collections.abc import Iterator, Sequence
from typing import Final

from batchcreate.workbooks.cell_values import find_format
from batchcreate.workbooks.extra_records import ExtraRecords, rk_number
from batchcreate.workbooks.format_codes import NumberFormat
from batchcreate.workbooks.struck_texts import (
    STRUCK_FONT,
    StruckRecords,
    struck_xlsb_strings,
    xlsb_runs,
)
from batchcreate.workbooks.untrusted import Package
from batchcreate.workbooks.xlsx_parts import read_relations

# Records of .xlsb: types and lengths of variable size ([MS-XLSB]).
_ROW, _ERROR, _FORMULA_ERROR, _SHEET, _MERGE = 0, 3, 11, 156, 176
_RK, _NUMBER, _FORMULA_NUMBER = 2, 5, 9
_FORMAT, _CELL_FORMAT, _CELL_FORMATS, _CELL_FORMATS_END = 44, 47, 617, 618
_SHARED_STRING, _RICH_STRING = 7, 62
_TEXTS: Final = (6, _SHARED_STRING, 8)
_BOOLEANS: Final = (4, 10)
_CELLS: Final = (
    *(_RK, _NUMBER, _FORMULA_NUMBER, _ERROR, _FORMULA_ERROR, _RICH_STRING),
    *_TEXTS,
    *_BOOLEANS,
)
_FONT, _STRING, _COLUMNS = 43, 19, 60
_VIEW: Final = 137
_SHOWS_ZEROS: Final = 0x10
_STYLES: Final = "/styles"
_STRINGS: Final = "/sharedStrings"
_CELL: Final = struct.Struct("<II")
_RK_VALUE: Final = struct.Struct("<I")
_NUMBER_VALUE: Final = struct.Struct("<d")
_FONT_FLAGS: Final = struct.Struct("<2xH")
_STYLE: Final = struct.Struct("<2xHH")
_ROW_FLAGS: Final = struct.Struct("<I7xB")
_HIDDEN_ROW: Final = 0x10
_COLUMN_FLAGS: Final = struct.Struct("<III4xB")
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
    for kind, content in _read_records(package.read(_WORKBOOK)):
        if kind == _SHEET:
            key, rest = _text(content[8:])
            name, _ = _text(rest)
            parts[name] = targets.get(key, "")
    return parts


def _read_part(package: Package, kind: str) -> bytes:
    """Return the content of the part of this *kind*; empty if there is none."""
    relations = read_relations(package, _WORKBOOK)
    part = next((target for name, _, target in relations if name.endswith(kind)), "")
    return package.read(part) if package.has(part) else b""


def read_styles(package: Package) -> tuple[Sequence[NumberFormat | None], StruckRecords]:
    """
    Return the number format of each cell format, and what is struck through.

    The format is None if it displays values as stored.
    """
    codes: dict[int, str] = {}
    fonts: list[int] = []
    styles: list[tuple[int, int]] = []
    is_cell_format = False
    for kind, content in _read_records(_read_part(package, _STYLES)):
        if kind == _FONT and len(content) >= _FONT_FLAGS.size:
            fonts += _FONT_FLAGS.unpack_from(content)
        elif kind == _FORMAT:
            codes[int.from_bytes(content[:2], "little")] = _text(content[2:])[0]
        elif kind in (_CELL_FORMATS, _CELL_FORMATS_END):
            is_cell_format = kind == _CELL_FORMATS
        elif kind == _CELL_FORMAT and is_cell_format and len(content) >= _STYLE.size:
            styles.append(_STYLE.unpack_from(content))
    struck = {number for number, flags in enumerate(fonts) if flags & STRUCK_FONT}
    records = _read_records(_read_part(package, _STRINGS))
    strings = (content for kind, content in records if kind == _STRING)
    return [find_format(number, codes.get(number)) for number, _ in styles], StruckRecords(
        fonts=struck,
        formats={at for at, (_, font) in enumerate(styles) if font in struck},
        strings=struck_xlsb_strings(struck, strings),
    )


def scan_xlsb_sheet(content: bytes, extra: ExtraRecords) -> None:
    """Add the records in the *content* of a sheet's part to *extra*."""
    row = 0
    shows_zeros = True
    for kind, record in _read_records(content):
        if kind == _ROW and len(record) >= _ROW_NUMBER.size:
            (row,) = _ROW_NUMBER.unpack_from(record)
            _hide_row(row, record, extra)
        elif kind == _COLUMNS and len(record) >= _COLUMN_FLAGS.size:
            extra.add_columns(*_COLUMN_FLAGS.unpack_from(record))
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
    _strike(row, kind, record, extra)
    if kind in (_ERROR, _FORMULA_ERROR) and len(record) > _CELL.size:
        extra.add_error(row, column, record[_CELL.size])
    elif kind in _TEXTS:
        extra.add_text(row, column, style)
    elif (value := _number(kind, record)) is not None:
        extra.add_number(row, column, style, value, has_formula=kind == _FORMULA_NUMBER)


def _hide_row(row: int, record: bytes, extra: ExtraRecords) -> None:
    if len(record) >= _ROW_FLAGS.size and _ROW_FLAGS.unpack_from(record)[1] & _HIDDEN_ROW:
        extra.marks.hide_rows(row + 1, row + 1)


def _strike(row: int, kind: int, record: bytes, extra: ExtraRecords) -> None:
    """Strike through a cell of the zero-based *row* if its format, string or a part of it is."""
    column, style = _CELL.unpack_from(record)
    string = int.from_bytes(record[_CELL.size :][:4], "little") if kind == _SHARED_STRING else -1
    if kind in _CELLS:
        extra.strike(row, column, style & _STYLE_BITS, string=string)
    runs = xlsb_runs(record[_CELL.size :]) if kind == _RICH_STRING else ()
    if not extra.struck.fonts.isdisjoint(runs):
        extra.marks.strike(row + 1, column)


def _number(kind: int, record: bytes) -> float | None:
    """Return the number in a record, or None if it does not contain one."""
    value = record[_CELL.size :]
    if kind == _RK and len(value) >= _RK_VALUE.size:
        return rk_number(*_RK_VALUE.unpack_from(value))
    if kind in (_NUMBER, _FORMULA_NUMBER) and len(value) >= _NUMBER_VALUE.size:
        (number,) = _NUMBER_VALUE.unpack_from(value)
        return float(number)
    return None


def _read_records(content: bytes) -> Iterator[tuple[int, bytes]]:
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
