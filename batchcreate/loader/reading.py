"""One input file from path to chunks."""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import BinaryIO

from batchcreate.errors import LoadError
from batchcreate.loader.delimited import read_delimited
from batchcreate.loader.examples import without_examples
from batchcreate.loader.files import TEXT_SUFFIXES, open_input
from batchcreate.loader.options import LoadOptions, Tell, tell_nobody
from batchcreate.loader.signatures import HEAD_BYTES, disguise
from batchcreate.loader.workbook import read_workbook
from batchcreate.models import Chunk, Skipped


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
        path: a text file or a workbook, as its ending says.
        label: what reports call the file, see `labels`.
        options: how to read it.
        tell: hears of every sheet how it is read, or that it is passed over.

    Raises:
        LoadError: the file is not a table of tasks; chunks may have been given before.

    """
    is_empty = True
    with open_input(path, label) as file:
        chunks = _chunks(file, path.suffix.lower(), label, options, tell)
        for chunk in _without_examples(chunks, tell):
            is_empty = False
            yield chunk
    if is_empty:
        message = f"{label}: has headings but no rows. Type one row per task below them."
        raise LoadError(message)


def _without_examples(chunks: Iterator[Chunk], tell: Tell) -> Iterator[Chunk]:
    """Yield *chunks* without the example rows; tell of each sheet at its end how many it has."""
    for (file, sheet), parts in groupby(chunks, key=lambda chunk: (chunk.file, chunk.sheet)):
        passed_over = 0
        for part in parts:
            chunk, examples = without_examples(part)
            passed_over += examples
            if chunk.numbers:
                yield chunk
        if passed_over:
            tell(Skipped(file=file, sheet=sheet, reason="example", rows=passed_over))


def _chunks(
    file: BinaryIO, suffix: str, label: str, options: LoadOptions, tell: Tell
) -> Iterator[Chunk]:
    try:
        if suffix in TEXT_SUFFIXES:
            if found := disguise(file.read(HEAD_BYTES)):
                message = f"{label}: {found}."
                raise LoadError(message)
            yield from read_delimited(file, label=label, options=options, tell=tell)
        else:
            yield from read_workbook(file, label=label, options=options, tell=tell)
    except OSError as error:
        message = f"{label}: cannot be read to its end ({error.strerror}). Copy it and try again."
        raise LoadError(message) from error
