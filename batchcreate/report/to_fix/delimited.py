"""Rows out of a text file: the same cells between the same delimiters."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from typing import BinaryIO, Final

from batchcreate.copies.plan import Headings, Line
from batchcreate.models import Layout
from batchcreate.text import csv_cell, separator

# The byte order mark makes Excel read the file as UTF-8.
_ENCODING: Final = "utf-8-sig"


def write_delimited(
    source: BinaryIO,
    target: BinaryIO,
    *,
    layout: Layout,
    lines: Iterable[Line],
    headings: Headings,
) -> None:
    """
    Copy the rows of *lines*, and what stands above the table, from *source* to *target*.

    Cells are copied as they are: what begins like a formula is the analyst's own, and has to be
    the same when it comes back. Our own columns hold no formulas.
    """
    text = io.TextIOWrapper(target, encoding=_ENCODING, newline="", errors="backslashreplace")
    writer = csv.writer(text, delimiter=layout.delimiter)
    with _records(source, layout) as (first, records):
        head = list(islice(records, layout.header_row - first + 1)) or [()]
        writer.writerows(_rows(head, records, _with_gaps(lines, layout.header_row), headings))
    text.detach()


def _rows(
    head: Sequence[Sequence[str]],
    records: Iterator[Sequence[str]],
    lines: Iterable[tuple[int, Line]],
    headings: Headings,
) -> Iterator[Sequence[str]]:
    """Yield *head*, which ends with the headings, and those of *records* that *lines* are about."""
    *above, own = head
    kept = [index for index, heading in enumerate(own) if not headings.is_own(heading)]
    yield from above
    yield [*(own[index] for index in kept), headings.status, headings.origin]
    for skipped, line in lines:
        # Most records are none of them, and are passed over without being looked at.
        cells = next(islice(records, skipped, None), ())
        given = (cells[index] if index < len(cells) else "" for index in kept)
        yield [*given, csv_cell(line.status), line.origin]


def _with_gaps(lines: Iterable[Line], number: int) -> Iterator[tuple[int, Line]]:
    """Yield each of *lines* with how many records stand between it and the one before, *number*."""
    for line in lines:
        yield line.number - number - 1, line
        number = line.number


@contextmanager
def _records(source: BinaryIO, layout: Layout) -> Iterator[tuple[int, Iterator[Sequence[str]]]]:
    """Give all records, and the number of the first; a line break inside a cell ends none."""
    text = io.TextIOWrapper(source, encoding=layout.encoding, newline="")
    # The default would refuse cells that pandas reads.
    csv.field_size_limit(2**31 - 1)
    first = text.readline()
    try:
        yield (
            0 if separator(first) else 1,
            csv.reader(chain([first], text), delimiter=layout.delimiter),
        )
    finally:
        text.detach()
