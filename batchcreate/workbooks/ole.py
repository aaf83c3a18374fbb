"""Compound files: what .xls workbooks, other old documents and encrypted workbooks are kept in."""

import struct
from dataclasses import dataclass
from typing import Final

from batchcreate.workbooks.refusal import refuse_damaged
from batchcreate.workbooks.source import Source

SIGNATURE: Final = bytes.fromhex("d0cf11e0a1b11ae1")

_HEADER: Final = struct.Struct("<30x HH 10x I I 4x I I I I I")
_HEADER_BYTES: Final = 512
_ENTRY_BYTES: Final = 128
_FREE: Final = 0xFFFF_FFFA
"""Sector numbers from here on mean that there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """Where a stream begins and how long it is."""

    first: int
    size_bytes: int


class CompoundFile:
    """
    The streams of a compound file that is not trusted.

    Raises `Refusal` where it is damaged.
    """

    def __init__(self, source: Source) -> None:
        self._file = source.open()
        self._size_bytes = source.size_bytes
        header = self._at(0, _HEADER_BYTES)
        shift, small_shift, _, directory, self._small_max, *rest = _HEADER.unpack_from(header)
        small_table, _, more, _ = rest
        if not 7 <= shift <= 16 or not 4 <= small_shift < shift:  # noqa: PLR2004 # powers of two
            refuse_damaged("its sectors have no proper size")
        self._sector_bytes = 1 << shift
        self._small_bytes = 1 << small_shift
        self._table = self._read_table(header, more)
        self._small_table = _numbers(self._chain(small_table))
        self.streams = _streams(self._chain(directory))

    def read(self, name: str) -> bytes:
        """Return the stream called *name*, in small letters."""
        stream = self.streams[name]
        if stream.size_bytes >= self._small_max:
            return self._chain(stream.first)[: stream.size_bytes]
        within = self._chain(self.streams[""].first)
        size = self._small_bytes
        parts = (within[at * size :][:size] for at in _walk(self._small_table, stream.first))
        return b"".join(parts)[: stream.size_bytes]

    def _read_table(self, header: bytes, more: int) -> tuple[int, ...]:
        sectors = list(_numbers(header[76:]))
        seen = 0
        while more < _FREE and seen <= self._size_bytes // self._sector_bytes:
            *numbers, more = _numbers(self._sector(more))
            sectors += numbers
            seen += 1
        return _numbers(b"".join(self._sector(at) for at in sectors if at < _FREE))

    def _chain(self, first: int) -> bytes:
        return b"".join(map(self._sector, _walk(self._table, first)))

    def _sector(self, number: int) -> bytes:
        return self._at((number + 1) * self._sector_bytes, self._sector_bytes)

    def _at(self, offset: int, count: int) -> bytes:
        self._file.seek(min(offset, self._size_bytes))
        content = self._file.read(count)
        if not content:
            refuse_damaged("it is cut short")
        return content.ljust(count, b"\0")


def _walk(table: tuple[int, ...], first: int) -> list[int]:
    walked: list[int] = []
    at = first
    while at < _FREE:
        if at >= len(table) or len(walked) > len(table):
            refuse_damaged("its sectors do not follow each other")
        walked.append(at)
        at = table[at]
    return walked


def _numbers(content: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(content) // 4}I", content)


def _streams(directory: bytes) -> dict[str, Stream]:
    """Return the streams and storages by their names in small letters; the root has none."""
    found: dict[str, Stream] = {}
    for at in range(0, len(directory), _ENTRY_BYTES):
        entry = directory[at : at + _ENTRY_BYTES]
        (name_bytes,) = struct.unpack_from("<H", entry, 64)
        name = entry[: min(name_bytes, 64)].decode("utf-16-le", "replace").rstrip("\0")
        first, size_bytes = struct.unpack_from("<II", entry, 116)
        if name_bytes:
            found.setdefault(
                name.lower() if at else "", Stream(first=first, size_bytes=size_bytes)
            )
    return found
