"""How the cells of a text file are parted, seen by where the headings then are; pure."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from batchcreate.errors import LoadError
from batchcreate.loader import headers
from batchcreate.loader.headers import Header
from batchcreate.loader.options import LoadOptions
from batchcreate.loader.records import allow_long_cells
from batchcreate.loader.table import is_blank
from batchcreate.messages import quoted
from batchcreate.text import separator

DELIMITERS: Final[Mapping[str, str]] = {
    ",": "commas",
    ";": "semicolons",
    "\t": "tabs",
    "|": "vertical bars",
}
"""What may part the cells, the likeliest first, and its name."""

LOOKED_ROWS: Final = 100
"""How many rows are looked at, so that a message can say where the headings are."""

_TORN_CHARS: Final = 10_000
_OTHERS: Final = "，；、：:^~ "


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """
    How a text file is to be read.

    Attributes:
        delimiter: between its cells.
        header: its headings.
        lines: how many lines stand before the first row below the headings.
        chars: how many characters those lines have.

    """

    delimiter: str
    header: Header
    lines: int
    chars: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """
    The first rows of a text, read with one delimiter.

    Attributes:
        delimiter: the one.
        rows: as many as can be read.
        ends: for each row how many lines end with it.
        is_torn: whether the row after them cannot be read.
        torn: what can be made out of that row.

    """

    delimiter: str
    rows: Sequence[Sequence[str]]
    ends: Sequence[int]
    is_torn: bool = False
    torn: Sequence[str] = ()


def find_dialect(head: str, *, label: str, options: LoadOptions) -> Dialect:
    """
    Find out how the text that begins with *head* is parted into cells, and its headings.

    A first line ``sep=;``, which Excel hides, is obeyed and is no row.

    Raises:
        LoadError: it has no usable headings.

    """
    separator, text = _separator_line(head)
    reading = _best(text, separator, options)
    header = headers.find(reading.rows, file=label, sheet="", mapping=options.mapping)
    if header is None:
        raise LoadError(_no_header(reading, text, label, options))
    lines = _lines(text)[: reading.ends[header.number - 1]]
    hidden = head[: len(head) - len(text)]
    return Dialect(
        delimiter=reading.delimiter,
        header=header,
        lines=len(lines) + bool(hidden),
        chars=len(hidden) + sum(map(len, lines)),
    )


def count_known(head: str, options: LoadOptions) -> int:
    """Return how many known headings the text that begins with *head* has."""
    separator, text = _separator_line(head)
    return headers.count_known(_best(text, separator, options).rows, options.mapping)


def _separator_line(head: str) -> tuple[str, str]:
    """Return what a first line for Excel says, and the text below it."""
    line = io.StringIO(head, newline="").readline()
    said = separator(line)
    return said, head[len(line) :] if said else head


def _best(text: str, separator: str, options: LoadOptions) -> _Reading:
    told = options.delimiter or separator
    readings = [_read(text, delimiter) for delimiter in (told or DELIMITERS)]
    return max(readings, key=lambda reading: _rank(reading, options.mapping))


def _rank(reading: _Reading, mapping: Mapping[str, str]) -> tuple[int, int]:
    rows = [*reading.rows, reading.torn]
    return headers.count_known(rows, mapping), max(map(len, rows))


def _read(text: str, delimiter: str) -> _Reading:
    allow_long_cells()
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[Sequence[str]] = []
    ends: list[int] = []
    try:
        for row in islice(reader, LOOKED_ROWS):
            rows.append(row)
            ends.append(reader.line_num)
    except csv.Error:
        line = _lines(text)[ends[-1] if ends else 0][:_TORN_CHARS]
        return _Reading(
            delimiter=delimiter,
            rows=rows,
            ends=ends,
            is_torn=True,
            torn=line.replace('"', "").split(delimiter),
        )
    return _Reading(delimiter=delimiter, rows=rows, ends=ends)


def _lines(text: str) -> list[str]:
    return io.StringIO(text, newline="").readlines()


def _no_header(reading: _Reading, text: str, label: str, options: LoadOptions) -> str:
    if reading.is_torn:
        return (
            f"{label}, row {len(reading.rows) + 1}: the headings cannot be read, a quotation mark"
            " is not closed or stands inside a heading. Correct it or save the file as .xlsx."
        )
    if all(is_blank(cell) for row in reading.rows for cell in row):
        return f"{label}: holds only blank rows. Put the headings in the first row."
    hint = _other_delimiter(text, options)
    return headers.not_found(
        reading.rows, file=label, sheet="", mapping=options.mapping, hint=hint
    )


def _other_delimiter(text: str, options: LoadOptions) -> str:
    if options.delimiter:
        free = LoadOptions(mapping=options.mapping)
        found = _best(text, "", free)
        if headers.count_known(found.rows, options.mapping):
            name = DELIMITERS[found.delimiter]
            return f" They are parted by {name}: leave out --delimiter."
    lines = _lines(text)[: headers.SEARCHED_ROWS]
    for char in _OTHERS:
        if headers.count_known([line.split(char) for line in lines], options.mapping) > 1:
            return f" They seem to be parted by {quoted(char)}: save the file with commas."
    return ""
