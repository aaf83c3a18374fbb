"""Files that are either the old ones or the new ones, never something in between."""

import contextlib
import io
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO

from batchcreate.errors import ReportError


@contextmanager
def replacing(path: Path, *, encoding: str = "utf-8") -> Iterator[TextIO]:
    """
    Write a text file in the place of *path*, as `replacing_bytes` does.

    Raises:
        ReportError: it cannot be written.

    """
    with replacing_bytes(path) as file:
        text = io.TextIOWrapper(file, encoding=encoding, newline="", errors="backslashreplace")
        try:
            yield text
        finally:
            text.detach()


@contextmanager
def replacing_bytes(path: Path) -> Iterator[BinaryIO]:
    """
    Write a file beside *path*, sync it, and put it in the place of *path*.

    After any failure *path* is what it was, and nothing else is left behind. Only the owner
    may read the new file.

    Raises:
        ReportError: it cannot be written.

    """
    try:
        with draft_for(path) as file:
            yield file
    except OSError as error:
        msg = (
            f"{path}: cannot be written ({error.strerror or error}); the journal is intact: "
            f"run 'batchcreate report {path.parent}' when this is mended"
        )
        raise ReportError(msg) from error


@contextmanager
def draft_for(path: Path, *, mode: int = 0o600) -> Iterator[BinaryIO]:
    """
    Write a file beside *path* for the length of a block, then put it in the place of *path*.

    Raises:
        OSError: it cannot be written; *path* is what it was.

    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    try:
        with os.fdopen(handle, "w+b") as file:
            yield file
            file.flush()
            os.fsync(handle)
        draft.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
