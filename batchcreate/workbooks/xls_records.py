"""Records of .xls workbooks: sheets, cell formats, and cells that calamine does not report."""

import struct
from collections.abc import Iterator, Sequence
from typing import Final

from batchcreate.workbooks.binary_marks import XlsMarkReader
from batchcreate.workbooks.cell_values import NO_RESULT, find_format
from batchcreate.workbooks.extra_records import ExtraRecords, rk_number
from batchcreate.workbooks.format_codes import NumberFormat
from batchcreate.workbooks.protocol import PASSWORD, RefusedError

# Records of .xls: a type, a length, and that many bytes ([MS-XLS]).
_BEGIN, _END, _ENCRYPTED, _SHEET = 0x0809, 0x000A, 0x002F, 0x0085
_FORMULA, _ERROR = 0x0006, 0x0205
_NUMBER, _RK, _MULTIPLE_RK = 0x0203, 0x027E, 0x00BD
_TEXTS: Final = (0x00FD, 0x0204, 0x00D6)
_STRING: Final = 0x0207
_BEFORE_STRING: Final = (0x0221, 0x04BC, 0x0236)
"""Records between a formula and its result: an array, a shared formula or a table."""

_FORMAT, _CELL_FORMAT = 0x041E, 0x00E0
_WINDOW: Final = 0x023E
_SHOWS_ZEROS: Final = 0x10
_NUMBER_CELL: Final = struct.Struct("<HHHd")
_RK_CELL: Final = struct.Struct("<HHHI")
_RK_OF_ROW: Final = struct.Struct("<HI")
_CELL: Final = struct.Struct("<HHH")
_IDS: Final = struct.Struct("<HH")
_HEADER: Final = struct.Struct("<HH")
_OFFSET: Final = struct.Struct("<I")
_FORMULA_CELL: Final = struct.Struct("<HHHBBBBBB2s")
_ERROR_CELL: Final = struct.Struct("<HH2xBB")
_EXCEL_97: Final = 0x0600
_NOT_A_NUMBER: Final = b"\xff\xff"
_IS_STRING: Final = 0
_IS_ERROR: Final = 2
_IS_BLANK: Final = 3


def read_globals(stream: bytes) -> tuple[list[int], Sequence[NumberFormat | None]]:
    """
    Return the offsets of the sheets in the order of their tabs, and the number formats.

    Raises:
        RefusedError: the workbook is encrypted.

    """
    offsets: list[int] = []
    codes: dict[int, str] = {}
    ids: list[int] = []
    has_wide_texts = True
    for kind, content in read_records(stream, 0):
        if kind == _BEGIN and len(content) >= _IDS.size:
            has_wide_texts = _IDS.unpack_from(content)[0] >= _EXCEL_97
        if kind == _ENCRYPTED:
            raise RefusedError(PASSWORD)
        if kind == _SHEET and len(content) >= _OFFSET.size:
            offsets += _OFFSET.unpack_from(content)
        elif kind == _FORMAT and len(content) > _IDS.size:
            codes[int.from_bytes(content[:2], "little")] = (
                _text(content[2:]) if has_wide_texts else content[3:].decode("cp1252", "replace")
            )
        elif kind == _CELL_FORMAT and len(content) >= _IDS.size:
            ids.append(_IDS.unpack_from(content)[1])
    return offsets, [find_format(each, codes.get(each)) for each in ids]


def _text(content: bytes) -> str:
    """Return a text that begins with its length; the next byte contains the size of characters."""
    chars, has_two_bytes = int.from_bytes(content[:2], "little"), content[2] & 1
    if has_two_bytes:
        return content[3 : 3 + 2 * chars].decode("utf-16-le", "replace")
    return content[3 : 3 + chars].decode("latin-1")


def scan_xls_sheet(stream: bytes, start: int, extra: ExtraRecords) -> None:
    """Add the records of the sheet that begins at offset *start* to *extra*."""
    scan = _SheetScan(extra)
    handlers = XlsMarkReader(extra.marks, extra.struck).handlers
    for kind, content in read_records(stream, start):
        if handler := handlers.get(kind):
            handler(content)
        scan.add(kind, content)
    scan.end()


class _SheetScan:
    """Adds the records of one sheet to *extra*, one after the other."""

    def __init__(self, extra: ExtraRecords) -> None:
        self._extra = extra
        self._blank: list[tuple[int, int]] = []
        self._has_results = False
        self._awaited: tuple[int, int, int] | None = None
        self._shows_zeros = True

    def add(self, kind: int, content: bytes) -> None:
        """Add a record; a damaged one is skipped."""
        if self._awaited and kind not in _BEFORE_STRING:
            self._end_formula(*self._awaited, has_string=kind == _STRING)
        if kind == _ERROR and len(content) >= _ERROR_CELL.size:
            row, column, code, is_error = _ERROR_CELL.unpack_from(content)
            if is_error:
                self._extra.add_error(row, column, code)
        elif kind == _FORMULA and len(content) >= _FORMULA_CELL.size:
            self._add_formula(content)
        elif kind in _TEXTS and len(content) >= _CELL.size:
            self._extra.add_text(*_CELL.unpack_from(content))
        elif kind == _WINDOW and content:
            self._shows_zeros = bool(content[0] & _SHOWS_ZEROS)
        else:
            for number in _numbers(kind, content):
                self._extra.add_number(*number)

    def end(self) -> None:
        """Add what depends on the whole sheet."""
        # A blank text is a result, but also what programs write that do not calculate any.
        for row, column in () if self._has_results else self._blank:
            self._extra.add(row, column, ("", NO_RESULT))
        if not self._shows_zeros:
            self._extra.hide_zeros()

    def _add_formula(self, content: bytes) -> None:
        row, column, style, result, _, code, *_, mark = _FORMULA_CELL.unpack_from(content)
        if mark == _NOT_A_NUMBER and result == _IS_BLANK:
            self._blank.append((row, column))
        elif mark == _NOT_A_NUMBER and result == _IS_STRING:
            self._awaited = row, column, style
        else:
            self._has_results = True
            if mark != _NOT_A_NUMBER:
                value = _NUMBER_CELL.unpack_from(content)[-1]
                self._extra.add_number(row, column, style, value, has_formula=True)
            elif result == _IS_ERROR:
                self._extra.add_error(row, column, code)

    def _end_formula(self, row: int, column: int, style: int, *, has_string: bool) -> None:
        """Add a formula whose result is a text, which is in the next record."""
        self._awaited = None
        if has_string:
            self._has_results = True
            self._extra.add_text(row, column, style)
        else:
            self._extra.add(row, column, ("", NO_RESULT))


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
