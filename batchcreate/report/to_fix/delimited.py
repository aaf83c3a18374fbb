"""Rows out of a text file: the same cells between the same delimiters."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
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
    writer.writerows(_rows(_records(source, layout), layout.number, lines, headings))
    text.detach()


def _rows(
    records: Iterator[tuple[int, Sequence[str]]],
    header_number: int,
    lines: Iterable[Line],
    headings: Headings,
) -> Iterator[Sequence[str]]:
    head: list[tuple[int, Sequence[str]]] = []
    while not head or head[-1][0] < header_number:
        head.append(next(records, (header_number, ())))
    *above, (_, own) = head
    kept = [index for index, heading in enumerate(own) if not headings.is_own(heading)]
    yield from (cells for _, cells in above)
    yield [*(own[index] for index in kept), headings.status, headings.origin]
    for line in lines:
        cells = next((cells for number, cells in records if number == line.number), ())
        given = (cells[index] if index < len(cells) else "" for index in kept)
        yield [*given, csv_cell(line.status), line.origin]


def _records(source: BinaryIO, layout: Layout) -> Iterator[tuple[int, Sequence[str]]]:
    """Yield number and cells of every record; a line break inside a cell ends none."""
    text = io.TextIOWrapper(source, encoding=layout.encoding, newline="")
    # The default would refuse cells that pandas reads.
    csv.field_size_limit(2**31 - 1)
    first = text.readline()
    reader = csv.reader(chain([first], text), delimiter=layout.delimiter)
    try:
        yield from enumerate(reader, start=0 if separator(first) else 1)
    finally:
        text.detach()
