"""The input files as they were read: their bytes go into the journal, and they must not change."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from batchcreate import loader
from batchcreate.errors import LoadError
from batchcreate.journal import Reading


@contextmanager
def original(path: Path, *, label: str, reading: Reading) -> Iterator[str]:
    """
    Bring the bytes of the file at *path* into *reading* and give their SHA-256.

    Raises:
        LoadError: the file cannot be read, or has changed by the end of the block.

    """
    before = _stamp(path)
    with loader.open_input(path, label) as file:
        try:
            content = reading.add_content(file)
        except OSError as error:
            message = (
                f"{label}: cannot be read to its end ({error.strerror}). Copy it and try again."
            )
            raise LoadError(message) from error
    yield content
    if _stamp(path) != before:
        message = f"{label}: was changed while it was being read. Close it in other programs and try again."
        raise LoadError(message)


def _stamp(path: Path) -> tuple[int, ...] | None:
    """Return what tells a file from what somebody made of it; nothing where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns
