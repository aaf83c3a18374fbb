"""Copy of a text file with some of its rows, in the same order and with the same separator."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from typing import BinaryIO, Final

from batchcreate.models import Layout
from batchcreate.text import csv_cell, separator
from batchcreate.to_fix.annotations import AddedHeadings, RowAnnotation

# With the byte order mark, Excel reads the file as UTF-8.
_ENCODING: Final = "utf-8-sig"


def write_text_copy(
    source: BinaryIO,
    target: BinaryIO,
    *,
    layout: Layout,
    rows: Iterable[RowAnnotation],
    headings: AddedHeadings,
) -> None:
    """
    Copy *rows*, and everything above the table, from *source* to *target*.

    The cells of the analyst are not changed, formulas included, because they must be the same
    when the file comes back. The added cells are protected against formula injection.
    """
    text = io.TextIOWrapper(target, encoding=_ENCODING, newline="", errors="backslashreplace")
    writer = csv.writer(text, delimiter=layout.delimiter)
    with _read_records(source, layout) as (first_number, records):
        head = list(islice(records, layout.header_row - first_number + 1)) or [()]
        writer.writerows(
            _copy_records(head, records, _with_gaps(rows, layout.header_row), headings)
        )
    text.detach()


def _copy_records(
    head: Sequence[Sequence[str]],
    records: Iterator[Sequence[str]],
    rows: Iterable[tuple[int, RowAnnotation]],
    headings: AddedHeadings,
) -> Iterator[Sequence[str]]:
    """Yield *head*, which ends with the header row, and the records of *rows*."""
    *above, header = head
    kept = [index for index, heading in enumerate(header) if not headings.is_added(heading)]
    yield from above
    yield [*(header[index] for index in kept), headings.status, headings.origin]
    for skipped, row in rows:
        # Most records are skipped without a look at their cells.
        record = next(islice(records, skipped, None), ())
        cells = (record[index] if index < len(record) else "" for index in kept)
        yield [*cells, csv_cell(row.status), row.origin]


def _with_gaps(rows: Iterable[RowAnnotation], number: int) -> Iterator[tuple[int, RowAnnotation]]:
    """Yield *rows* with the number of records since the previous one; the first is *number*."""
    for row in rows:
        yield row.number - number - 1, row
        number = row.number


@contextmanager
def _read_records(
    source: BinaryIO, layout: Layout
) -> Iterator[tuple[int, Iterator[Sequence[str]]]]:
    """Provide the number of the first record, and all records; a cell can have line breaks."""
    text = io.TextIOWrapper(source, encoding=layout.encoding, newline="")
    # The default limit is lower than that of pandas.
    csv.field_size_limit(2**31 - 1)
    first = text.readline()
    try:
        yield (
            0 if separator(first) else 1,
            csv.reader(chain([first], text), delimiter=layout.delimiter),
        )
    finally:
        text.detach()
