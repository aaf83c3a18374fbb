"""Records of .xls workbooks: sheets, cell formats, and cells that calamine does not report."""

import struct
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from batchcreate.workbooks.cell_values import NO_RESULT, find_format
from batchcreate.workbooks.extra_records import ExtraRecords, rk_number
from batchcreate.workbooks.format_codes import NumberFormat
from batchcreate.workbooks.protocol import PASSWORD, RefusedError
from batchcreate.workbooks.struck_texts import STRUCK_FONT, StruckRecords, struck_xls_strings

# Records of .xls: a type, a length, and that many bytes ([MS-XLS]).
_BEGIN, _END, _ENCRYPTED, _SHEET = 0x0809, 0x000A, 0x002F, 0x0085
_FORMULA, _ERROR = 0x0006, 0x0205
_NUMBER, _RK, _MULTIPLE_RK = 0x0203, 0x027E, 0x00BD
_SHARED_STRING: Final = 0x00FD
_TEXTS: Final = (_SHARED_STRING, 0x0204, 0x00D6)
_ROW, _COLUMNS = 0x0208, 0x007D
_FONT, _STRINGS, _CONTINUE = 0x0031, 0x00FC, 0x003C
_UNUSED_FONT: Final = 4
"""There is no font with this number."""

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
_STRING_CELL: Final = struct.Struct("<HHHI")
_ROW_FLAGS: Final = struct.Struct("<H10xB")
_HIDDEN_ROW: Final = 0x20
_COLUMN_FLAGS: Final = struct.Struct("<HHH2xB")
_FONT_FLAGS: Final = struct.Struct("<2xH")
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Globals:
    """
    What the sheets of a workbook share.

    Attributes:
        offsets: offsets of the sheets in the order of their tabs.
        formats: number format of each cell format; None if it displays values as stored.
        struck: what is struck through.

    """

    offsets: Sequence[int]
    formats: Sequence[NumberFormat | None]
    struck: StruckRecords


def read_globals(stream: bytes) -> Globals:
    """
    Return what the sheets share.

    Raises:
        RefusedError: the workbook is encrypted.

    """
    found: dict[int, list[bytes]] = defaultdict(list)
    last = 0
    for kind, content in read_records(stream, 0):
        if kind == _ENCRYPTED:
            raise RefusedError(PASSWORD)
        last = last if kind == _CONTINUE else kind
        found[last].append(content)
    has_wide_texts = all(version >= _EXCEL_97 for version, _ in _unpack(_IDS, found[_BEGIN][-1:]))
    codes = {
        number: _text(content[2:]) if has_wide_texts else content[3:].decode("cp1252", "replace")
        for content in found[_FORMAT]
        if len(content) > _IDS.size
        for number in [int.from_bytes(content[:2], "little")]
    }
    styles = list(_unpack(_IDS, found[_CELL_FORMAT]))
    fonts = [flags for (flags,) in _unpack(_FONT_FLAGS, found[_FONT])]
    fonts.insert(_UNUSED_FONT, 0)
    struck = {number for number, flags in enumerate(fonts) if flags & STRUCK_FONT}
    return Globals(
        offsets=[offset for (offset,) in _unpack(_OFFSET, found[_SHEET])],
        formats=[find_format(number, codes.get(number)) for _, number in styles],
        struck=StruckRecords(
            fonts=struck,
            formats={at for at, (font, _) in enumerate(styles) if font in struck},
            strings=struck_xls_strings(struck, found[_STRINGS]),
        ),
    )


def _unpack(layout: struct.Struct, contents: Iterable[bytes]) -> Iterator[tuple[int, ...]]:
    """Yield the fields at the beginning of each record that is long enough."""
    return (layout.unpack_from(each) for each in contents if len(each) >= layout.size)


def _text(content: bytes) -> str:
    """Return a text that begins with its length; the next byte contains the size of characters."""
    chars, has_two_bytes = int.from_bytes(content[:2], "little"), content[2] & 1
    if has_two_bytes:
        return content[3 : 3 + 2 * chars].decode("utf-16-le", "replace")
    return content[3 : 3 + chars].decode("latin-1")


def scan_xls_sheet(stream: bytes, start: int, extra: ExtraRecords) -> None:
    """Add the records of the sheet that begins at offset *start* to *extra*."""
    scan = _SheetScan(extra)
    for kind, content in read_records(stream, start):
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
        self._handlers: Mapping[int, tuple[int, Callable[[bytes], None]]] = {
            _ROW: (_ROW_FLAGS.size, self._add_row),
            _COLUMNS: (_COLUMN_FLAGS.size, self._add_columns),
            _WINDOW: (1, self._add_window),
            _ERROR: (_ERROR_CELL.size, self._add_error),
            _FORMULA: (_FORMULA_CELL.size, self._add_formula),
            **dict.fromkeys(_TEXTS, (_CELL.size, self._add_text)),
            _SHARED_STRING: (_STRING_CELL.size, self._add_shared_string),
        }

    def add(self, kind: int, content: bytes) -> None:
        """Add a record; a damaged one is skipped."""
        if self._awaited and kind not in _BEFORE_STRING:
            self._end_formula(*self._awaited, has_string=kind == _STRING)
        if kind in self._handlers:
            size, add = self._handlers[kind]
            if len(content) >= size:
                add(content)
            return
        for row, column, style, value in _numbers(kind, content):
            self._extra.strike(row, column, style)
            self._extra.add_number(row, column, style, value)

    def _add_row(self, content: bytes) -> None:
        row, flags = _ROW_FLAGS.unpack_from(content)
        if flags & _HIDDEN_ROW:
            self._extra.marks.hide_rows(row + 1, row + 1)

    def _add_columns(self, content: bytes) -> None:
        self._extra.add_columns(*_COLUMN_FLAGS.unpack_from(content))

    def _add_window(self, content: bytes) -> None:
        self._shows_zeros = bool(content[0] & _SHOWS_ZEROS)

    def _add_error(self, content: bytes) -> None:
        """Add an error, or a boolean."""
        self._extra.strike(*_CELL.unpack_from(content))
        row, column, code, is_error = _ERROR_CELL.unpack_from(content)
        if is_error:
            self._extra.add_error(row, column, code)

    def _add_text(self, content: bytes) -> None:
        self._extra.strike(*_CELL.unpack_from(content))
        self._extra.add_text(*_CELL.unpack_from(content))

    def _add_shared_string(self, content: bytes) -> None:
        *cell, string = _STRING_CELL.unpack_from(content)
        self._extra.strike(*cell, string=string)
        self._extra.add_text(*cell)

    def end(self) -> None:
        """Add what depends on the whole sheet."""
        # A blank text is a result, but also what programs write that do not calculate any.
        for row, column in () if self._has_results else self._blank:
            self._extra.add(row, column, ("", NO_RESULT))
        if not self._shows_zeros:
            self._extra.hide_zeros()

    def _add_formula(self, content: bytes) -> None:
        row, column, style, result, _, code, *_, mark = _FORMULA_CELL.unpack_from(content)
        self._extra.strike(row, column, style)
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
