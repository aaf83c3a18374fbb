"""Quotation marks in text files: unusual ones are normalised, and wrong ones are reported."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

STRAY: Final = "row.stray_mark"
"""Rule of rows with text after the closing quotation mark of a cell."""

UNCLOSED: Final = "row.unclosed_mark"
"""Rule of rows with a quotation mark that is not closed in its line."""

_BREAK: Final = re.compile(rb"\r\n?|\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongMark:
    """
    A row whose cells are uncertain because of a quotation mark.

    Attributes:
        offset: position of the first byte of the row.
        index: zero-based position of the cell with the mark.
        rule: `STRAY` or `UNCLOSED`.
        value: text of this cell up to the next separator.

    """

    offset: int
    index: int
    rule: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NormalizedRows:
    """
    Complete rows in which every quotation mark opens or closes a whole cell or is doubled.

    Attributes:
        text: the rows.
        end: number of bytes that the rows had before.
        wrong: the rows with a wrong quotation mark.

    """

    text: bytes
    end: int
    wrong: Sequence[WrongMark]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """
    One row that is not well formed.

    Attributes:
        text: the row, well formed.
        end: position of the byte after the original row.
        index: see `WrongMark`.
        rule: empty if the row is unambiguous.
        value: see `WrongMark`.

    """

    text: bytes
    end: int
    index: int = 0
    rule: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Patterns:
    """
    Patterns for one separator, which never give back a character that they have matched.

    Attributes:
        rows: any number of well-formed rows.
        cell: a cell, also with blanks around its quotation marks, or with marks inside of text.
        quoted: a quoted cell, whatever follows it.

    """

    rows: re.Pattern[bytes]
    cell: re.Pattern[bytes]
    quoted: re.Pattern[bytes]


@cache
def _patterns(delimiter: str) -> _Patterns:
    separator = re.escape(delimiter.encode())
    blank = b" " if delimiter == "\t" else rb"[ \t]"
    end = rb"(?=[" + separator + rb"\r\n])"
    quoted = rb'"(?:[^"]++|"")*+"'
    char = rb'[^"' + separator + rb"\r\n]"
    strict = rb"(?:" + quoted + end + rb"|" + char + rb"*+)"
    pairs_in_text = rb'(?:"' + char + rb'*+"' + char + rb"*+)++"
    text = rb"[^" + separator + rb"\r\n]*+"
    return _Patterns(
        rows=re.compile(rb"(?:" + strict + rb"(?:" + separator + strict + rb")*+(?:\r\n?|\n))*+"),
        cell=re.compile(
            blank + rb"*+(" + quoted + rb")" + blank + rb"*+" + end
            + rb"|" + blank + rb"++" + pairs_in_text + end
            + rb"|(?!" + blank + rb'*+")' + text + end
        ),
        quoted=re.compile(blank + rb"*+" + quoted + blank + rb"*+"),
    )  # fmt: skip


def normalize_rows(data: bytes, delimiter: str, *, open_bytes_max: int) -> NormalizedRows:
    """
    Return the complete rows at the beginning of *data*, with their quotation marks normalised.

    A quoted cell may have blanks around its marks, as in ``a, "b,c"``. A mark inside of text is a
    character. A row with a wrong mark ends with the line of the mark, and its remaining text is
    split at each separator.

    Args:
        data: text that begins with a row.
        delimiter: the separator of the cells.
        open_bytes_max: maximum size of a row that ends in further text; 0 if there is none.

    """
    patterns = _patterns(delimiter)
    parts: list[bytes] = []
    wrong: list[WrongMark] = []
    size = at = 0
    while at < len(data):
        found = patterns.rows.match(data, at)
        end = found.end() if found else at
        parts.append(data[at:end])
        is_complete = len(data) - end > open_bytes_max
        row = _parse_row(data, end, delimiter, is_complete=is_complete)
        size, at = size + end - at, end
        if row is None:
            break
        if row.rule:
            wrong.append(WrongMark(offset=size, index=row.index, rule=row.rule, value=row.value))
        parts.append(row.text)
        size, at = size + len(row.text), row.end
    return NormalizedRows(text=b"".join(parts), end=at, wrong=wrong)


def _parse_row(data: bytes, at: int, delimiter: str, *, is_complete: bool) -> _Row | None:
    """Return the row at position *at* of *data*, or None if it does not end there."""
    patterns, separator = _patterns(delimiter), delimiter.encode()
    cells: list[bytes] = []
    while cell := patterns.cell.match(data, at):
        cells.append(cell[1] or _quoted(cell[0]))
        at = cell.end()
        if line_break := _BREAK.match(data, at):
            return _Row(text=separator.join(cells) + line_break[0], end=line_break.end())
        at += len(separator)
    line_break = _BREAK.search(data, at)
    quoted = patterns.quoted.match(data, at)
    is_open = quoted is None or quoted.end() == len(data)
    if line_break is None or (is_open and not is_complete):
        return None
    is_stray = quoted is not None and quoted.end() <= line_break.start()
    rest = data[at : line_break.start()].split(separator)
    return _Row(
        text=separator.join([*cells, *map(_quoted, rest)]) + line_break[0],
        end=line_break.end(),
        index=len(cells),
        rule=STRAY if is_stray else UNCLOSED,
        value=rest[0].decode(),
    )


def _quoted(cell: bytes) -> bytes:
    """Return *cell* in quotation marks if it contains such marks."""
    return b'"' + cell.replace(b'"', b'""') + b'"' if b'"' in cell else cell
