"""Reading of one input file: from a path to layouts, skipped parts and chunks of rows."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, Final

from batchcreate.errors import LoadError
from batchcreate.frames import Chunk, matches
from batchcreate.loader.csv_reader import read_csv
from batchcreate.loader.inputs import TEXT_SUFFIXES, LoadEvent, LoadOptions, open_input
from batchcreate.loader.repeated_headers import RepeatedHeaders
from batchcreate.loader.workbook_reader import read_workbook
from batchcreate.models import Skipped
from batchcreate.workbooks.file_types import HEAD_BYTES, other_type

NUMBERS_MAX: Final = 20
"""Maximum number of skipped rows that are listed; all are counted."""

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
    rows and of its repeated header rows if there are any. Each sheet that is not read yields the
    reason.

    Args:
        path: a text file or a workbook, according to its extension.
        label: name of the file in reports, see `labels`.
        options: how to read it.

    Raises:
        LoadError: the file is not a table of tasks; some events may have been yielded before.

    """
    is_empty = True
    with open_input(path, label) as file:
        events = _read_file(file, path.suffix.lower(), label, options)
        for event in _without_skipped_rows(events, options.mapping):
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


class _SheetRows:
    """The rows of one sheet that are not skipped, and the number of the others."""

    def __init__(self, mapping: Mapping[str, str]) -> None:
        self._headers = RepeatedHeaders(mapping)
        self._examples = 0
        self._repeated = 0
        self._repeated_numbers: list[int] = []

    def select(self, chunk: Chunk) -> Chunk:
        """Return the rows of *chunk* that are not skipped."""
        if found := self._headers.find(chunk):
            positions = set(found)
            numbers = [chunk.numbers[at] for at in found]
            self._repeated += len(found)
            self._repeated_numbers += numbers[: NUMBERS_MAX - len(self._repeated_numbers)]
            chunk = chunk.select([at not in positions for at in range(len(chunk.frame))])
        chunk, examples = without_examples(chunk)
        self._examples += examples
        return chunk

    def skipped(self, file: str, sheet: str) -> Iterator[Skipped]:
        """Yield the number of rows for each reason to skip them."""
        if self._examples:
            yield Skipped(file=file, sheet=sheet, reason="example", rows=self._examples)
        if self._repeated:
            yield Skipped(
                file=file,
                sheet=sheet,
                reason="repeated_header",
                rows=self._repeated,
                numbers=self._repeated_numbers,
            )


def _without_skipped_rows(
    events: Iterator[LoadEvent], mapping: Mapping[str, str]
) -> Iterator[LoadEvent]:
    """Yield *events* without the skipped rows, which are counted at the end of each sheet."""
    rows, file, sheet = _SheetRows(mapping), "", ""
    for event in events:
        if isinstance(event, Chunk):
            chunk = rows.select(event)
            if len(chunk.frame):
                yield chunk
            continue
        yield from rows.skipped(file, sheet)
        rows, file, sheet = _SheetRows(mapping), event.file, event.sheet
        yield event
    yield from rows.skipped(file, sheet)


def without_examples(chunk: Chunk) -> tuple[Chunk, int]:
    """Return *chunk* without the example rows of a template, and the number of these rows."""
    names = chunk.frame["task_name"]
    # Valid names contain no colon, so that most chunks need no further test.
    if not matches(names, _COLON).any():
        return chunk, 0
    is_example = names.str.match(_EXAMPLE)
    examples = int(is_example.sum())
    return (chunk.select((~is_example).tolist()), examples) if examples else (chunk, 0)
