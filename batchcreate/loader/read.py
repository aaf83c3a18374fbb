"""Reading of one input file: from a path to layouts, skipped parts and chunks of rows."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from batchcreate.errors import LoadError
from batchcreate.frames import Chunk, matches
from batchcreate.loader.csv_reader import read_csv
from batchcreate.loader.hidden_rows import SkippedHiddenRows
from batchcreate.loader.inputs import TEXT_SUFFIXES, LoadEvent, LoadOptions, open_input
from batchcreate.loader.repeated_headers import RepeatedHeaders
from batchcreate.loader.workbook_reader import read_workbook
from batchcreate.models import RowNumbers, Skipped, Stamp
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

    A to-fix file first yields its stamp, whose label replaces *label* in all other events. Each
    sheet that is read yields its layout, its rows in chunks, and the number of its example
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
        hidden = 0
        for event in _without_skipped_rows(events, options):
            is_empty = is_empty and not isinstance(event, Chunk)
            if isinstance(event, Skipped) and event.reason == "hidden_rows":
                hidden += event.rows
            yield event
    if is_empty:
        raise LoadError(_no_rows(label, hidden))


def _no_rows(label: str, hidden: int) -> str:
    if hidden:
        return (
            f"{label}: all rows are hidden ({hidden}), and --hidden-rows skip skips them. Unhide"
            " the rows that are tasks, use --hidden-rows include, or omit this file."
        )
    return f"{label}: no rows below the header row. Add one row per task."


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

    def __init__(self, options: LoadOptions) -> None:
        self._headers = RepeatedHeaders(options.mapping)
        self._examples = 0
        self._repeated = RowNumbers()
        self._hidden = SkippedHiddenRows() if options.hidden_rows == "skip" else None

    def select(self, chunk: Chunk) -> Chunk:
        """Return the rows of *chunk* that are not skipped."""
        if found := self._headers.find(chunk):
            positions = set(found)
            self._repeated = self._repeated.extended([chunk.numbers[at] for at in found])
            chunk = chunk.select([at not in positions for at in range(len(chunk.frame))])
        chunk, examples = without_examples(chunk)
        self._examples += examples
        return self._hidden.select(chunk) if self._hidden else chunk

    def skipped(self, file: str, sheet: str) -> Iterator[Skipped]:
        """Yield the number of rows for each reason to skip them."""
        if self._examples:
            yield Skipped(file=file, sheet=sheet, reason="example", rows=self._examples)
        if self._repeated.count:
            yield Skipped(
                file=file,
                sheet=sheet,
                reason="repeated_header",
                rows=self._repeated.count,
                ranges=self._repeated.ranges,
            )
        if self._hidden:
            yield from self._hidden.skipped(file, sheet)


def _without_skipped_rows(
    events: Iterator[LoadEvent], options: LoadOptions
) -> Iterator[LoadEvent]:
    """Yield *events* without the skipped rows, which are counted at the end of each sheet."""
    rows, file, sheet = _SheetRows(options), "", ""
    for event in events:
        if isinstance(event, Chunk):
            chunk = rows.select(event)
            if len(chunk.frame):
                yield chunk
            continue
        if isinstance(event, Stamp):
            yield event
            continue
        yield from rows.skipped(file, sheet)
        rows, file, sheet = _SheetRows(options), event.file, event.sheet
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
