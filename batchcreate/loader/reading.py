"""One input file from path to chunks."""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from batchcreate.errors import LoadError
from batchcreate.loader.delimited import read_delimited
from batchcreate.loader.files import open_input
from batchcreate.loader.options import LoadOptions, Tell, tell_nobody
from batchcreate.loader.workbook import read_workbook
from batchcreate.models import Chunk


def read(
    path: Path,
    *,
    label: str,
    options: LoadOptions = LoadOptions(),  # noqa: B008 # frozen
    tell: Tell = tell_nobody,
) -> Iterator[Chunk]:
    """
    Give the rows of the file at *path* in chunks, opening it once.

    Args:
        path: a ``.csv`` or ``.xlsx`` file.
        label: what reports call the file, see `labels`.
        options: how to read it.
        tell: hears of every sheet how it is read, or that it is passed over.

    Raises:
        LoadError: the file is not a table of tasks; chunks may have been given before.

    """
    is_empty = True
    with open_input(path, label) as handle:
        for chunk in _chunks(handle, path.suffix.lower(), label, options, tell):
            is_empty = False
            yield chunk
    if is_empty:
        message = f"{label}: has headings but no rows. Type one row per task below them."
        raise LoadError(message)


def _chunks(
    handle: BinaryIO, suffix: str, label: str, options: LoadOptions, tell: Tell
) -> Iterator[Chunk]:
    try:
        if suffix == ".csv":
            yield from read_delimited(handle, label=label, options=options, tell=tell)
        else:
            yield from read_workbook(handle, label=label, options=options, tell=tell)
    except OSError as error:
        message = f"{label}: cannot be read to its end ({error.strerror}). Copy it and try again."
        raise LoadError(message) from error
