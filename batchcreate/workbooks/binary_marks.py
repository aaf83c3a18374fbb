"""Hidden rows and columns, and strikethrough, in the records of .xls and .xlsb workbooks."""

import struct
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import partial
from typing import Final

from batchcreate.workbooks.sheet_marks import SheetMarks

Records = Iterable[tuple[int, bytes]]
"""Type and content of each record."""

_STRUCK_FONT: Final = 0x08
_UNUSED_FONT: Final = 4
"""There is no font with this number in .xls."""

_HIDDEN_COLUMN: Final = 0x01
_RUN: Final = struct.Struct("<2xH")

# .xls ([MS-XLS]).
_XLS_FONT, _XLS_XF, _XLS_STRINGS, _XLS_CONTINUE = 0x0031, 0x00E0, 0x00FC, 0x003C
_XLS_ROW, _XLS_COLUMNS, _XLS_NUMBERS, _XLS_SHARED_STRING = 0x0208, 0x007D, 0x00BD, 0x00FD
_XLS_CELLS: Final = (0x0006, 0x0203, 0x0204, 0x0205, 0x027E)
"""Formulas, numbers, texts, booleans and errors."""

_XLS_FONT_FLAGS: Final = struct.Struct("<2xH")
_XLS_FONT_NUMBER: Final = struct.Struct("<H")
_XLS_ROW_FLAGS: Final = struct.Struct("<H10xB")
_XLS_COLUMN_FLAGS: Final = struct.Struct("<HHH2xB")
_XLS_CELL: Final = struct.Struct("<HHH")
_XLS_STRING: Final = struct.Struct("<HH2xI")
_XLS_RANGE: Final = struct.Struct("<HH")
_XLS_NUMBER: Final = struct.Struct("<H4x")
_XLS_STRINGS_START: Final = 8
_XLS_HIDDEN_ROW: Final = 0x20
_XLS_IS_WIDE, _XLS_HAS_EXTENSION, _XLS_HAS_RUNS = 0x01, 0x04, 0x08

# .xlsb ([MS-XLSB]).
_XLSB_FONT, _XLSB_XF, _XLSB_BEGIN_FORMATS, _XLSB_END_FORMATS, _XLSB_STRING = 43, 47, 617, 618, 19
_XLSB_COLUMNS, _XLSB_ROW, _XLSB_SHARED_STRING, _XLSB_RICH_STRING = 60, 0, 7, 62
_XLSB_CELLS: Final = (2, 3, 4, 5, 6, 8, 9, 10, 11)
"""Numbers, errors, booleans, texts, and the results of formulas."""

_XLSB_FONT_FLAGS: Final = struct.Struct("<2xH")
_XLSB_FONT_NUMBER: Final = struct.Struct("<4xH")
_XLSB_ROW_FLAGS: Final = struct.Struct("<I7xB")
_XLSB_COLUMN_FLAGS: Final = struct.Struct("<III4xB")
_XLSB_CELL: Final = struct.Struct("<II")
_XLSB_STRING_CELL: Final = struct.Struct("<I4xI")
_XLSB_HIDDEN_ROW: Final = 0x10
_XLSB_FORMAT_BITS: Final = 0xFFFFFF
_XLSB_HAS_RUNS: Final = 0x01


@dataclass(frozen=True, slots=True, kw_only=True)
class StruckRecords:
    """
    What is struck through in a workbook.

    Attributes:
        fonts: numbers of fonts.
        formats: numbers of cell formats.
        strings: positions of shared strings that are struck through, in full or in part.

    """

    fonts: AbstractSet[int] = frozenset()
    formats: AbstractSet[int] = frozenset()
    strings: AbstractSet[int] = frozenset()


NOTHING_STRUCK: Final = StruckRecords()


class _MarkReader:
    """
    Determines the marks of a sheet from its records.

    Args:
        marks: receives the marks.
        struck: what is struck through in the workbook.

    Attributes:
        handlers: called with the content of a record, by its type.

    """

    def __init__(self, marks: SheetMarks, struck: StruckRecords) -> None:
        self.handlers: dict[int, Callable[[bytes], None]] = {}
        self._marks = marks
        self._struck = struck

    def _add_columns(self, columns: struct.Struct, content: bytes) -> None:
        """Handle a range of columns with its width and flags."""
        if len(content) >= columns.size:
            left, right, width, flags = columns.unpack_from(content)
            if flags & _HIDDEN_COLUMN or not width:
                self._marks.hide_columns(left, right)

    def _strike(self, row: int, column: int, format_number: int) -> None:
        """Strike through the cell in *row*, zero-based, if its format does."""
        if format_number in self._struck.formats:
            self._marks.strike(row + 1, column)


class XlsMarkReader(_MarkReader):
    """Determines the marks of a sheet from the records of .xls."""

    def __init__(self, marks: SheetMarks, struck: StruckRecords) -> None:
        super().__init__(marks, struck)
        self.handlers = {
            _XLS_ROW: self._add_row,
            _XLS_COLUMNS: partial(self._add_columns, _XLS_COLUMN_FLAGS),
        }
        if struck.fonts:
            self.handlers |= dict.fromkeys(_XLS_CELLS, self._add_cell)
            self.handlers[_XLS_NUMBERS] = self._add_numbers
            self.handlers[_XLS_SHARED_STRING] = self._add_shared_string

    def _add_row(self, content: bytes) -> None:
        if len(content) >= _XLS_ROW_FLAGS.size:
            row, flags = _XLS_ROW_FLAGS.unpack_from(content)
            if flags & _XLS_HIDDEN_ROW:
                self._marks.hide_rows(row + 1, row + 1)

    def _add_cell(self, content: bytes) -> None:
        if len(content) >= _XLS_CELL.size:
            self._strike(*_XLS_CELL.unpack_from(content))

    def _add_shared_string(self, content: bytes) -> None:
        self._add_cell(content)
        if len(content) >= _XLS_STRING.size:
            row, column, string = _XLS_STRING.unpack_from(content)
            if string in self._struck.strings:
                self._marks.strike(row + 1, column)

    def _add_numbers(self, content: bytes) -> None:
        """Handle numbers in several adjacent cells."""
        if len(content) >= _XLS_RANGE.size:
            row, left = _XLS_RANGE.unpack_from(content)
            count = (len(content) - _XLS_RANGE.size) // _XLS_NUMBER.size
            numbers = content[_XLS_RANGE.size : _XLS_RANGE.size + count * _XLS_NUMBER.size]
            for at, (format_number,) in enumerate(_XLS_NUMBER.iter_unpack(numbers)):
                self._strike(row, left + at, format_number)


class XlsbMarkReader(_MarkReader):
    """Determines the marks of a sheet from the records of .xlsb."""

    def __init__(self, marks: SheetMarks, struck: StruckRecords) -> None:
        super().__init__(marks, struck)
        self._row = 0
        self.handlers = {
            _XLSB_ROW: self._add_row,
            _XLSB_COLUMNS: partial(self._add_columns, _XLSB_COLUMN_FLAGS),
        }
        if struck.fonts:
            self.handlers |= dict.fromkeys(_XLSB_CELLS, self._add_cell)
            self.handlers[_XLSB_SHARED_STRING] = self._add_shared_string
            self.handlers[_XLSB_RICH_STRING] = self._add_rich_string

    def _add_row(self, content: bytes) -> None:
        if len(content) >= _XLSB_ROW_FLAGS.size:
            self._row, flags = _XLSB_ROW_FLAGS.unpack_from(content)
            if flags & _XLSB_HIDDEN_ROW:
                self._marks.hide_rows(self._row + 1, self._row + 1)

    def _add_cell(self, content: bytes) -> None:
        if len(content) >= _XLSB_CELL.size:
            column, number = _XLSB_CELL.unpack_from(content)
            self._strike(self._row, column, number & _XLSB_FORMAT_BITS)

    def _add_shared_string(self, content: bytes) -> None:
        self._add_cell(content)
        if len(content) >= _XLSB_STRING_CELL.size:
            column, string = _XLSB_STRING_CELL.unpack_from(content)
            if string in self._struck.strings:
                self._marks.strike(self._row + 1, column)

    def _add_rich_string(self, content: bytes) -> None:
        self._add_cell(content)
        if not self._struck.fonts.isdisjoint(_xlsb_runs(content[_XLSB_CELL.size :])):
            column, _ = _XLSB_CELL.unpack_from(content)
            self._marks.strike(self._row + 1, column)


def read_struck_xls(records: Records) -> StruckRecords:
    """Return what is struck through, from the *records* of the workbook."""
    fonts: set[int] = set()
    formats: set[int] = set()
    strings: list[bytes] = []
    font = number = 0
    is_string = False
    for kind, content in records:
        is_string = kind == _XLS_STRINGS or (is_string and kind == _XLS_CONTINUE)
        if is_string:
            strings.append(content)
        elif kind == _XLS_FONT and len(content) >= _XLS_FONT_FLAGS.size:
            (flags,) = _XLS_FONT_FLAGS.unpack_from(content)
            if flags & _STRUCK_FONT:
                fonts.add(font)
            font += 2 if font == _UNUSED_FONT - 1 else 1
        elif kind == _XLS_XF and len(content) >= _XLS_FONT_NUMBER.size:
            if _XLS_FONT_NUMBER.unpack_from(content)[0] in fonts:
                formats.add(number)
            number += 1
    struck = set(_struck_strings(fonts, _XlsStrings(strings))) if fonts else set()
    return StruckRecords(fonts=fonts, formats=formats, strings=struck)


def read_struck_xlsb(styles: Records, strings: Records) -> StruckRecords:
    """Return what is struck through, from the records of *styles* and shared *strings*."""
    fonts: set[int] = set()
    formats: set[int] = set()
    font = number = 0
    is_format = False
    for kind, content in styles:
        if kind == _XLSB_FONT and len(content) >= _XLSB_FONT_FLAGS.size:
            if _XLSB_FONT_FLAGS.unpack_from(content)[0] & _STRUCK_FONT:
                fonts.add(font)
            font += 1
        elif kind in {_XLSB_BEGIN_FORMATS, _XLSB_END_FORMATS}:
            is_format = kind == _XLSB_BEGIN_FORMATS
        elif kind == _XLSB_XF and is_format and len(content) >= _XLSB_FONT_NUMBER.size:
            if _XLSB_FONT_NUMBER.unpack_from(content)[0] in fonts:
                formats.add(number)
            number += 1
    if not fonts:
        return NOTHING_STRUCK
    runs = (_xlsb_runs(content) for kind, content in strings if kind == _XLSB_STRING)
    return StruckRecords(fonts=fonts, formats=formats, strings=set(_struck_strings(fonts, runs)))


def _struck_strings(fonts: AbstractSet[int], runs: Iterable[Iterable[int]]) -> Iterator[int]:
    """Yield the positions of the strings with a run in one of *fonts*."""
    return (at for at, used in enumerate(runs) if not fonts.isdisjoint(used))


def _xlsb_runs(content: bytes) -> Iterator[int]:
    """Yield the fonts of the runs of a string."""
    if content[:1] and content[0] & _XLSB_HAS_RUNS:
        start = 5 + 2 * int.from_bytes(content[1:5], "little")
        count = int.from_bytes(content[start : start + 4], "little")
        runs = content[start + 4 : start + 4 + count * _RUN.size]
        yield from _fonts_of_runs(runs)


def _fonts_of_runs(runs: bytes) -> Iterator[int]:
    whole = len(runs) // _RUN.size * _RUN.size
    return (font for (font,) in _RUN.iter_unpack(runs[:whole]))


class _XlsStrings:
    """
    The fonts of the runs of each shared string.

    Args:
        parts: contents of the record with the strings, and of the records that continue it.

    """

    def __init__(self, parts: list[bytes]) -> None:
        self._parts = parts
        self._part = 0
        self._at = _XLS_STRINGS_START

    def __iter__(self) -> Iterator[list[int]]:
        """Yield the fonts of each string."""
        while self._has_more():
            chars = self._integer(2)
            flags = self._integer(1)
            runs = self._integer(2) if flags & _XLS_HAS_RUNS else 0
            extension = self._integer(4) if flags & _XLS_HAS_EXTENSION else 0
            self._skip_chars(chars, is_wide=bool(flags & _XLS_IS_WIDE))
            yield list(_fonts_of_runs(self._read(runs * _RUN.size)))
            self._read(extension)

    def _has_more(self) -> bool:
        while self._part < len(self._parts) and self._at >= len(self._parts[self._part]):
            self._part += 1
            self._at = 0
        return self._part < len(self._parts)

    def _integer(self, size: int) -> int:
        return int.from_bytes(self._read(size), "little")

    def _read(self, size: int) -> bytes:
        content = b""
        while len(content) < size and self._has_more():
            end = self._at + size - len(content)
            content += self._parts[self._part][self._at : end]
            self._at = end
        return content

    def _skip_chars(self, chars: int, *, is_wide: bool) -> None:
        """Skip the characters; each part that continues them starts with the size of the next."""
        while chars and self._part < len(self._parts):
            size = 2 if is_wide else 1
            count = min(chars, max(0, len(self._parts[self._part]) - self._at) // size)
            self._at += count * size
            chars -= count
            if chars:
                self._part += 1
                self._at = 1
                flags = b"".join(self._parts[self._part : self._part + 1])[:1]
                is_wide = bool(int.from_bytes(flags, "little") & _XLS_IS_WIDE)
