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
"""How much of a file is in memory at once."""

_LEVEL: Final = 1
"""Of compression: a CSV file shrinks to about a third, and hardly more at other levels."""


def store(connection: sqlite3.Connection, file: BinaryIO) -> str:
    """Keep the bytes of *file*, once however often they come; return their SHA-256 in hex."""
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
    """Return the SHA-256 of *file* in hex, so that sources can point to it; keep no bytes."""
    read = hashlib.sha256()
    for part in _parts(file):
        read.update(part)
    digest = read.hexdigest()
    connection.execute("INSERT OR IGNORE INTO contents (digest) VALUES (?)", (digest,))
    return digest


def is_stored(connection: sqlite3.Connection, digest: str) -> bool:
    """Whether the bytes of this SHA-256 are in the journal."""
    found = connection.execute(
        "SELECT 1 FROM contents JOIN content_parts ON content_parts.content = contents.id WHERE digest = ?",
        (digest,),
    )
    return found.fetchone() is not None


@contextmanager
def open_copy(connection: sqlite3.Connection, digest: str) -> Iterator[BinaryIO]:
    """
    Open what was kept under *digest*, as a file that goes away with the block.

    Raises:
        JournalError: it is not there, or damaged.

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
            msg = "the journal does not hold an input file as it was read; run the same command again"
            raise JournalError(msg)
        file.seek(0)
        yield file


def forget_unused(connection: sqlite3.Connection) -> None:
    """Let go of the bytes that no sheet in the report was read from."""
    connection.execute(
        "DELETE FROM contents WHERE id NOT IN"
        " (SELECT content FROM sources WHERE content IS NOT NULL)"
    )


def _parts(file: BinaryIO) -> Iterator[bytes]:
    return iter(partial(file.read, PART_BYTES), b"")


def _number(connection: sqlite3.Connection, digest: str) -> int:
    found = connection.execute("SELECT id FROM contents WHERE digest = ?", (digest,))
    return int(found.fetchone()[0])


def _plain(part: bytes) -> bytes:
    try:
        return zlib.decompress(part)
    except zlib.error:
        # What is missing shows in the digest.
        return b""
