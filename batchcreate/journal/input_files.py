"""Stored content of the input files."""

import hashlib
import sqlite3
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import BinaryIO, Final

from batchcreate.errors import JournalError

PART_BYTES: Final = 1 << 20
"""Maximum part of a file in memory, in bytes."""

_LEVEL: Final = 1
"""Compression level: CSV files shrink to about a third; higher levels gain little."""


def store(connection: sqlite3.Connection, file: BinaryIO) -> str:
    """Store the content of *file*, unless it is stored already; return its SHA-256 in hex."""
    digest = register(connection, file)
    if not is_stored(connection, digest):
        content = _number(connection, digest)
        file.seek(0)
        for position, part in enumerate(_parts(file)):
            connection.execute(
                "INSERT INTO content_parts VALUES (?, ?, ?)",
                (content, position, zlib.compress(part, _LEVEL)),
            )
    return digest


def register(connection: sqlite3.Connection, file: BinaryIO) -> str:
    """Record the SHA-256 of *file* for its sheets and return it in hex; do not store the content."""
    read = hashlib.sha256()
    for part in _parts(file):
        read.update(part)
    digest = read.hexdigest()
    connection.execute("INSERT OR IGNORE INTO contents (digest) VALUES (?)", (digest,))
    return digest


def is_stored(connection: sqlite3.Connection, digest: str) -> bool:
    """Return True if the content with this SHA-256 is stored."""
    found = connection.execute(
        "SELECT 1 FROM contents JOIN content_parts ON content_parts.content = contents.id WHERE digest = ?",
        (digest,),
    )
    return found.fetchone() is not None


@contextmanager
def open_copy(connection: sqlite3.Connection, digest: str) -> Iterator[BinaryIO]:
    """
    Open a temporary copy of the content with this SHA-256, until the end of the block.

    Raises:
        JournalError: it is not stored, or damaged.

    """
    with tempfile.TemporaryFile() as file:
        parts = connection.execute(
            """
            SELECT bytes FROM content_parts JOIN contents ON contents.id = content_parts.content
            WHERE digest = ? ORDER BY position
            """,
            (digest,),
        )
        stored = hashlib.sha256()
        for (part,) in parts:
            stored.update(plain := _plain(part))
            file.write(plain)
        if stored.hexdigest() != digest:
            msg = "an input file in the journal is missing or damaged; run the same command again"
            raise JournalError(msg)
        file.seek(0)
        yield file


def _parts(file: BinaryIO) -> Iterator[bytes]:
    return iter(partial(file.read, PART_BYTES), b"")


def _number(connection: sqlite3.Connection, digest: str) -> int:
    found = connection.execute("SELECT id FROM contents WHERE digest = ?", (digest,))
    return int(found.fetchone()[0])


def _plain(part: bytes) -> bytes:
    try:
        return zlib.decompress(part)
    except zlib.error:
        # The comparison of the digest reports it.
        return b""
