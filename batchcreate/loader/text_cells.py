"""
Cells of all rows of a text file, split as for the validation; for copies of the file.

A short module: the reader of chunks has other columns and no rows above the header row.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import BinaryIO, Final

from batchcreate.errors import LoadError
from batchcreate.loader.csv_records import TextSource, remove_field_limit, whole_rows
from batchcreate.models import Layout
from batchcreate.text import separator
from batchcreate.workbooks.protocol import COLUMNS_MAX, ROWS_MAX

_FIRST_LINE_CHARS: Final = 40
"""Longer than any line that only declares the separator."""


def text_cells(file: BinaryIO, layout: Layout) -> Iterator[tuple[int, Sequence[str]]]:
    """
    Yield number and cells of each row, those above the header row and blank ones included.

    Args:
        file: a text file that was read before.
        layout: its layout.

    Raises:
        LoadError: a workbook cannot contain as many rows or columns.

    """
    source = TextSource(file, layout.file, layout.encoding)
    rows = _rows(source, layout.delimiter)
    for number, cells in enumerate(rows, start=1):
        if number > ROWS_MAX or len(cells) > COLUMNS_MAX:
            message = (
                f"{layout.file}, row {number}: a workbook contains at most {ROWS_MAX:,} rows and"
                f" {COLUMNS_MAX:,} columns. Split the file, or fix the cells listed in issues.csv."
            )
            raise LoadError(message)
        yield number, cells


def _rows(source: TextSource, delimiter: str) -> Iterator[Sequence[str]]:
    blocks = source.blocks(skip_chars=_declaration(source.head()))
    remove_field_limit()
    for piece in whole_rows(blocks, delimiter):
        lines = io.TextIOWrapper(io.BytesIO(piece.text), encoding="utf-8", newline="")
        yield from csv.reader(lines, delimiter=delimiter)


def _declaration(head: str) -> int:
    """
    Return the length of the line that only declares the separator, or 0 if there is none.

    Excel applies such a line and does not show it.
    """
    first = io.StringIO(head[:_FIRST_LINE_CHARS], newline="").readline()
    return len(first) if separator(first) else 0
