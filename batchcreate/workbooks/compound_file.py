"""
Reader of compound files (OLE), the container of .xls workbooks and of encrypted workbooks.

The library olefile is not used: it believes the numbers of sectors that a file declares, so that
a file of 5 KB takes all processor time or memory of the child process.
"""

import struct
from dataclasses import dataclass
from typing import Final

from batchcreate.workbooks.protocol import refuse_damaged
from batchcreate.workbooks.untrusted import SharedFile

COMPOUND_SIGNATURE: Final = bytes.fromhex("d0cf11e0a1b11ae1")

_HEADER: Final = struct.Struct("<30x HH 10x I I 4x I I I I I")
_HEADER_BYTES: Final = 512
_ENTRY_BYTES: Final = 128
_FREE: Final = 0xFFFF_FFFA
"""Sector numbers from this one on mean that there is no sector."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """
    A stream of a compound file.

    Attributes:
        first: number of its first sector.
        size_bytes: its size.

    """

    first: int
    size_bytes: int


class CompoundFile:
    """
    An untrusted compound file.

    Every method raises `RefusedError` if the file is damaged.

    Attributes:
        streams: streams and storages by their names in lower case; the name of the root is empty.

    """

    def __init__(self, file: SharedFile) -> None:
        self._file = file.open()
        self._size_bytes = file.size_bytes
        header = self._read_at(0, _HEADER_BYTES)
        shift, small_shift, _, directory, self._small_max, *rest = _HEADER.unpack_from(header)
        small_table, _, more, _ = rest
        if not 7 <= shift <= 16 or not 4 <= small_shift < shift:  # noqa: PLR2004 # powers of two
            refuse_damaged("its sectors have an invalid size")
        self._sector_bytes = 1 << shift
        self._small_bytes = 1 << small_shift
        self._table = self._read_table(header, more)
        self._small_table = _integers(self._read_chain(small_table))
        self.streams = _streams(self._read_chain(directory))

    def read(self, name: str) -> bytes:
        """Return the content of the stream *name*, which is in lower case."""
        stream = self.streams[name]
        if stream.size_bytes >= self._small_max:
            return self._read_chain(stream.first)[: stream.size_bytes]
        container = self._read_chain(self.streams[""].first)
        size = self._small_bytes
        sectors = _follow(self._small_table, stream.first)
        content = b"".join(container[number * size :][:size] for number in sectors)
        return content[: stream.size_bytes]

    def _read_table(self, header: bytes, more: int) -> tuple[int, ...]:
        """Return the allocation table; *more* is the first sector that continues its list."""
        sectors = list(_integers(header[76:]))
        count = 0
        while more < _FREE and count <= self._size_bytes // self._sector_bytes:
            *numbers, more = _integers(self._read_sector(more))
            sectors += numbers
            count += 1
        return _integers(b"".join(self._read_sector(at) for at in sectors if at < _FREE))

    def _read_chain(self, first: int) -> bytes:
        return b"".join(map(self._read_sector, _follow(self._table, first)))

    def _read_sector(self, number: int) -> bytes:
        return self._read_at((number + 1) * self._sector_bytes, self._sector_bytes)

    def _read_at(self, offset: int, count: int) -> bytes:
        self._file.seek(min(offset, self._size_bytes))
        content = self._file.read(count)
        if not content:
            refuse_damaged("it is truncated")
        return content.ljust(count, b"\0")


def _follow(table: tuple[int, ...], first: int) -> list[int]:
    """Return the sector numbers of the chain that starts with *first*."""
    numbers: list[int] = []
    number = first
    while number < _FREE:
        if number >= len(table) or len(numbers) > len(table):
            refuse_damaged("a chain of its sectors is broken")
        numbers.append(number)
        number = table[number]
    return numbers


def _integers(content: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(content) // 4}I", content)


def _streams(directory: bytes) -> dict[str, Stream]:
    streams: dict[str, Stream] = {}
    for offset in range(0, len(directory), _ENTRY_BYTES):
        entry = directory[offset : offset + _ENTRY_BYTES]
        (name_bytes,) = struct.unpack_from("<H", entry, 64)
        name = entry[: min(name_bytes, 64)].decode("utf-16-le", "replace").rstrip("\0")
        first, size_bytes = struct.unpack_from("<II", entry, 116)
        if name_bytes:
            stream = Stream(first=first, size_bytes=size_bytes)
            streams.setdefault(name.lower() if offset else "", stream)
    return streams
