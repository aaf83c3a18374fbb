"""One input file from path to chunks."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from batchcreate.errors import LoadError
from batchcreate.loader.delimited import read_delimited
from batchcreate.loader.files import open_input
from batchcreate.loader.workbook import read_workbook
from batchcreate.models import Chunk


def read(
    path: Path, *, label: str, sheets: Sequence[str] = (), chunk_rows: int = 20_000
) -> Iterator[Chunk]:
    """
    Give the rows of the file at *path* in chunks, opening it once.

    Args:
        path: a ``.csv`` or ``.xlsx`` file.
        label: what reports call the file, see `labels`.
        sheets: worksheets to read; by default every visible one that has the headings. A CSV
            file has none.
        chunk_rows: rows per chunk at most, blank ones counted.

    Raises:
        LoadError: the file is not a table of tasks; chunks may have been given before.

    """
    is_empty = True
    with open_input(path, label) as handle:
        for chunk in _chunks(handle, path.suffix.lower(), label, sheets, chunk_rows):
            is_empty = False
            yield chunk
    if is_empty:
        message = f"{label}: has headings but no rows. Type one row per task below them."
        raise LoadError(message)


def _chunks(
    handle: BinaryIO, suffix: str, label: str, sheets: Sequence[str], chunk_rows: int
) -> Iterator[Chunk]:
    try:
        if suffix == ".csv":
            yield from read_delimited(handle, label=label, chunk_rows=chunk_rows)
        else:
            yield from read_workbook(handle, label=label, sheets=sheets, chunk_rows=chunk_rows)
    except OSError as error:
        message = f"{label}: cannot be read to its end ({error.strerror}). Copy it and try again."
        raise LoadError(message) from error
