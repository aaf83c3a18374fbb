"""Records of .xls workbooks: sheets, cell formats, and cells that calamine does not report."""

import struct
from collections.abc import Iterator, Sequence
from typing import Final

from batchcreate.workbooks.binary_marks import XlsMarkReader
from batchcreate.workbooks.cell_values import NO_RESULT, classify_format
from batchcreate.workbooks.extra_records import ExtraRecords, rk_number
from batchcreate.workbooks.protocol import PASSWORD, RefusedError

# Records of .xls: a type, a length, and that many bytes ([MS-XLS]).
_BEGIN, _END, _ENCRYPTED, _SHEET = 0x0809, 0x000A, 0x002F, 0x0085
_FORMULA, _ERROR = 0x0006, 0x0205
_NUMBER, _RK, _MULTIPLE_RK = 0x0203, 0x027E, 0x00BD
_FORMAT, _CELL_FORMAT = 0x041E, 0x00E0
_NUMBER_CELL: Final = struct.Struct("<HHHd")
_RK_CELL: Final = struct.Struct("<HHHI")
_RK_OF_ROW: Final = struct.Struct("<HI")
_FORMULA_NUMBER: Final = struct.Struct("<HHHd")
_IDS: Final = struct.Struct("<HH")
_HEADER: Final = struct.Struct("<HH")
_OFFSET: Final = struct.Struct("<I")
_FORMULA_CELL: Final = struct.Struct("<HH2xBBBBBB2s")
_ERROR_CELL: Final = struct.Struct("<HH2xBB")
_NOT_A_NUMBER: Final = b"\xff\xff"
_IS_ERROR: Final = 2
_IS_BLANK: Final = 3


def read_globals(stream: bytes) -> tuple[list[int], Sequence[str]]:
    """
    Return the offsets of the sheets in the order of their tabs, and the classes of the formats.

    Raises:
        RefusedError: the workbook is encrypted.

    """
    offsets: list[int] = []
    codes: dict[int, str] = {}
    ids: list[int] = []
    for kind, content in read_records(stream, 0):
        if kind == _ENCRYPTED:
            raise RefusedError(PASSWORD)
        if kind == _SHEET and len(content) >= _OFFSET.size:
            offsets += _OFFSET.unpack_from(content)
        elif kind == _FORMAT and len(content) > _IDS.size:
            codes[int.from_bytes(content[:2], "little")] = _text(content[2:])
        elif kind == _CELL_FORMAT and len(content) >= _IDS.size:
            ids.append(_IDS.unpack_from(content)[1])
    return offsets, [classify_format(each, codes.get(each)) for each in ids]


def _text(content: bytes) -> str:
    """Return a text that begins with its length; the next byte contains the size of characters."""
    chars, has_two_bytes = int.from_bytes(content[:2], "little"), content[2] & 1
    if has_two_bytes:
        return content[3 : 3 + 2 * chars].decode("utf-16-le", "replace")
    return content[3 : 3 + chars].decode("latin-1")


def scan_xls_sheet(stream: bytes, start: int, extra: ExtraRecords) -> None:
    """Add the records of the sheet that begins at offset *start* to *extra*."""
    blank: list[tuple[int, int]] = []
    has_results = False
    handlers = XlsMarkReader(extra.marks, extra.struck).handlers
    for kind, content in read_records(stream, start):
        if handler := handlers.get(kind):
            handler(content)
        if kind == _ERROR and len(content) >= _ERROR_CELL.size:
            row, column, code, is_error = _ERROR_CELL.unpack_from(content)
            if is_error:
                extra.add_error(row, column, code)
        elif kind == _FORMULA and len(content) >= _FORMULA_CELL.size:
            cell = _add_formula(content, extra)
            blank += [cell] if cell else []
            has_results = has_results or not cell
        else:
            for number in _numbers(kind, content):
                extra.add_number(*number)
    # A blank text is a result, but also what programs write that do not calculate any.
    for row, column in () if has_results else blank:
        extra.add(row, column, ("", NO_RESULT))


def _add_formula(content: bytes, extra: ExtraRecords) -> tuple[int, int] | None:
    """Add the result of a formula; return row and column if the result is a blank text."""
    row, column, result, _, code, *_, mark = _FORMULA_CELL.unpack_from(content)
    if mark != _NOT_A_NUMBER:
        _, _, style, value = _FORMULA_NUMBER.unpack_from(content)
        extra.add_number(row, column, style, value, has_formula=True)
    elif result == _IS_ERROR:
        extra.add_error(row, column, code)
    return (row, column) if mark == _NOT_A_NUMBER and result == _IS_BLANK else None


def _numbers(kind: int, content: bytes) -> Iterator[tuple[int, int, int, float]]:
    """Yield row, column, cell format and value of the numbers in a record."""
    if kind == _NUMBER and len(content) >= _NUMBER_CELL.size:
        yield _NUMBER_CELL.unpack_from(content)
    elif kind == _RK and len(content) >= _RK_CELL.size:
        row, column, style, encoded = _RK_CELL.unpack_from(content)
        yield row, column, style, rk_number(encoded)
    elif kind == _MULTIPLE_RK and len(content) > _IDS.size:
        row, first = _IDS.unpack_from(content)
        # The last column follows the cells.
        cells = content[_IDS.size : -2]
        size = _RK_OF_ROW.size
        for position in range(len(cells) // size):
            style, encoded = _RK_OF_ROW.unpack_from(cells, position * size)
            yield row, first + position, style, rk_number(encoded)


def read_records(stream: bytes, start: int) -> Iterator[tuple[int, bytes]]:
    """Yield the records from offset *start* to the end of the sheet, without embedded charts."""
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
