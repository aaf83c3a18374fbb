"""Reading of one input file: from a path to layouts, skipped parts and chunks of rows."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from batchcreate.errors import LoadError
from batchcreate.frames import Chunk
from batchcreate.loader.csv_reader import read_csv
from batchcreate.loader.inputs import TEXT_SUFFIXES, LoadEvent, LoadOptions, open_input
from batchcreate.loader.workbook_reader import read_workbook
from batchcreate.models import Layout, Skipped
from batchcreate.workbooks.file_types import HEAD_BYTES, other_type

_COLON: Final = "[:：]"
_EXAMPLE: Final = re.compile(rf"\s*(?:example|示例)\s*{_COLON}", re.IGNORECASE)


def read(
    path: Path,
    *,
    label: str,
    options: LoadOptions = LoadOptions(),  # noqa: B008 # frozen
) -> Iterator[LoadEvent]:
    """
    Yield the content of the file at *path*, which is opened once.

    Each sheet that is read yields its layout, its rows in chunks, and the number of its example
    rows if there are any. Each sheet that is not read yields the reason.

    Args:
        path: a text file or a workbook, according to its extension.
        label: name of the file in reports, see `labels`.
        options: how to read it.

    Raises:
        LoadError: the file is not a table of tasks; some events may have been yielded before.

    """
    is_empty = True
    with open_input(path, label) as file:
        for event in _without_examples(_read_file(file, path.suffix.lower(), label, options)):
            is_empty = is_empty and not isinstance(event, Chunk)
            yield event
    if is_empty:
        message = f"{label}: no rows below the header row. Add one row per task."
        raise LoadError(message)


def _read_file(
    file: BinaryIO, suffix: str, label: str, options: LoadOptions
) -> Iterator[LoadEvent]:
    try:
        if suffix not in TEXT_SUFFIXES:
            yield from read_workbook(file, label=label, options=options)
            return
        if reason := other_type(file.read(HEAD_BYTES)):
            message = f"{label}: {reason}."
            raise LoadError(message)
        yield from read_csv(file, label=label, options=options)
    except OSError as error:
        message = f"{label}: reading failed ({error.strerror}). Copy the file and try again."
        raise LoadError(message) from error


def _without_examples(events: Iterator[LoadEvent]) -> Iterator[LoadEvent]:
    """Yield *events* without the example rows, and after each sheet the number of these rows."""
    layout, examples = None, 0
    for event in events:
        if isinstance(event, Chunk):
            chunk, count = without_examples(event)
            examples += count
            if len(chunk.frame):
                yield chunk
            continue
        yield from _skipped_examples(layout, examples)
        layout, examples = event, 0
        yield event
    yield from _skipped_examples(layout, examples)


def _skipped_examples(layout: Layout | Skipped | None, examples: int) -> Iterator[Skipped]:
    if layout and examples:
        yield Skipped(file=layout.file, sheet=layout.sheet, reason="example", rows=examples)


def without_examples(chunk: Chunk) -> tuple[Chunk, int]:
    """Return *chunk* without the example rows of a template, and the number of these rows."""
    names = chunk.frame["task_name"]
    # Valid names contain no colon, so that most chunks need no further test.
    if not names.str.contains(_COLON).any():
        return chunk, 0
    is_example = names.str.match(_EXAMPLE)
    examples = int(is_example.sum())
    return (chunk.select((~is_example).tolist()), examples) if examples else (chunk, 0)
