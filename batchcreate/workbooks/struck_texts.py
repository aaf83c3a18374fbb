"""Strikethrough in .xls and .xlsb workbooks: its fonts, cell formats and shared strings."""

import struct
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

STRUCK_FONT: Final = 0x08
"""Flag of a font."""

_RUN: Final = struct.Struct("<2xH")
_XLS_STRINGS_START: Final = 8
_XLS_IS_WIDE, _XLS_HAS_EXTENSION, _XLS_HAS_RUNS = 0x01, 0x04, 0x08
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


def struck_xls_strings(fonts: AbstractSet[int], parts: Sequence[bytes]) -> AbstractSet[int]:
    """
    Return the positions of the shared strings with a run in one of *fonts*.

    Args:
        fonts: numbers of the fonts.
        parts: contents of the record with the strings, and of the records that continue it.

    """
    return _struck_strings(fonts, _XlsStrings(parts)) if fonts else frozenset()


def struck_xlsb_strings(fonts: AbstractSet[int], strings: Iterable[bytes]) -> AbstractSet[int]:
    """Return the positions of those of the shared *strings* with a run in one of *fonts*."""
    return _struck_strings(fonts, map(xlsb_runs, strings)) if fonts else frozenset()


def _struck_strings(fonts: AbstractSet[int], runs: Iterable[Iterable[int]]) -> AbstractSet[int]:
    return {at for at, used in enumerate(runs) if not fonts.isdisjoint(used)}


def xlsb_runs(content: bytes) -> Iterator[int]:
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

    def __init__(self, parts: Sequence[bytes]) -> None:
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
