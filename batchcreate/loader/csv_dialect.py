"""Dialect of a text file: its separator, given, declared or detected, and its header row."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from batchcreate.errors import LoadError
from batchcreate.loader.csv_records import remove_field_limit
from batchcreate.loader.header import Header, best_candidate, count_known_headings, find_header
from batchcreate.loader.header_names import (
    SEARCHED_ROWS,
    count_resembling,
    field_names,
    likely_header,
    no_header_row,
)
from batchcreate.loader.inputs import LoadOptions
from batchcreate.messages import quoted
from batchcreate.text import is_blank, separator

DELIMITERS: Final[Mapping[str, str]] = {
    ",": "a comma",
    ";": "a semicolon",
    "\t": "a tab",
    "|": "a vertical bar",
}
"""The separators that are detected, the most likely first, and their names."""

TRIAL_ROWS: Final = 100
"""Number of rows that are read for a trial, so that a message can name a later header row."""

BROKEN_ROWS: Final = 20
"""Maximum number of rows of a trial that cannot be parsed."""

_BROKEN_ROW_CHARS: Final = 10_000
_UNREADABLE: Final = frozenset("\0\ufffd")
_OTHER_DELIMITERS: Final = "，；、：:^~ "


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """
    Separator and header row of a text file.

    Attributes:
        delimiter: the separator of the cells.
        header: the header row.
        lines: number of lines up to the header row, included.
        chars: number of characters in these lines.

    """

    delimiter: str
    header: Header
    lines: int
    chars: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """
    The first rows of a text, read with one separator.

    Attributes:
        delimiter: the separator.
        rows: the rows; the cells of a row that cannot be parsed are split at each separator.
        ends: for each row the number of lines up to its end.
        broken: position of the first row that cannot be parsed, or the number of rows.

    """

    delimiter: str
    rows: Sequence[Sequence[str]]
    ends: Sequence[int]
    broken: int


def find_dialect(head: str, *, label: str, options: LoadOptions) -> Dialect:
    """
    Return the separator and the header row of the text that begins with *head*.

    A first line ``sep=;``, which Excel hides, selects the separator and is not a row.

    Raises:
        LoadError: the text has no usable header row.

    """
    marked, text = _separator_line(head)
    trial = _best_trial(text, marked, options)
    best = best_candidate(trial.rows[:SEARCHED_ROWS], field_names(options.mapping))
    if best and trial.broken < best.number:
        is_header = trial.broken == best.number - 1
        raise LoadError(_broken_row(label, trial.broken, is_header=is_header))
    header = find_header(
        trial.rows,
        file=label,
        sheet="",
        mapping=options.mapping,
        given=options.given,
        is_complete=options.has_others,
    )
    if header is None:
        raise LoadError(_no_header(trial, text, label, options))
    lines = _lines(text)[: trial.ends[header.number - 1]]
    hidden = head[: len(head) - len(text)]
    return Dialect(
        delimiter=trial.delimiter,
        header=header,
        lines=len(lines) + bool(hidden),
        chars=len(hidden) + sum(map(len, lines)),
    )


def count_known(head: str, options: LoadOptions) -> int:
    """Return the number of known headings in the text that begins with *head*."""
    marked, text = _separator_line(head)
    return count_known_headings(_best_trial(text, marked, options).rows, options.mapping)


def _separator_line(head: str) -> tuple[str, str]:
    """Return the separator in a first line for Excel, and the text below that line."""
    line = io.StringIO(head, newline="").readline()
    marked = separator(line)
    return marked, head[len(line) :] if marked else head


def _best_trial(text: str, marked: str, options: LoadOptions) -> Trial:
    delimiters = options.delimiter or marked or DELIMITERS
    trials = [_trial(text, delimiter) for delimiter in delimiters]
    return max(trials, key=lambda trial: _rank(trial, options.mapping))


def _rank(trial: Trial, mapping: Mapping[str, str]) -> tuple[int, int]:
    return count_known_headings(trial.rows, mapping), max(map(len, trial.rows), default=0)


def _trial(text: str, delimiter: str) -> Trial:
    remove_field_limit()
    lines = _lines(text)
    rows: list[Sequence[str]] = []
    ends: list[int] = []
    broken = TRIAL_ROWS
    for _ in range(BROKEN_ROWS):
        start = ends[-1] if ends else 0
        reader = csv.reader(lines[start:], delimiter=delimiter, strict=True)
        try:
            for row in islice(reader, TRIAL_ROWS - len(rows)):
                rows.append(row)
                ends.append(start + reader.line_num)
            break
        except csv.Error:
            # The next row probably begins in the next line.
            broken = min(broken, len(rows))
            end = ends[-1] if ends else 0
            line = lines[end][:_BROKEN_ROW_CHARS]
            rows.append(line.rstrip("\r\n").replace('"', "").split(delimiter))
            ends.append(end + 1)
    return Trial(delimiter=delimiter, rows=rows, ends=ends, broken=min(broken, len(rows)))


def _lines(text: str) -> list[str]:
    return io.StringIO(text, newline="").readlines()


def _no_header(trial: Trial, text: str, label: str, options: LoadOptions) -> str:
    if all(is_blank(cell) for row in trial.rows for cell in row):
        return f"{label}: all rows are blank. Add a header row."
    if _is_header_broken(trial, options.mapping):
        return _broken_row(label, trial.broken, is_header=True)
    rows = trial.rows[: trial.broken]
    hint = _separator_hint(text, options)
    return no_header_row(rows, file=label, sheet="", mapping=options.mapping, hint=hint)


def _is_header_broken(trial: Trial, mapping: Mapping[str, str]) -> bool:
    """Return True if the first row that cannot be parsed is the most likely header row."""
    rows = [*trial.rows[:SEARCHED_ROWS]]
    if trial.broken >= len(rows):
        return False
    before = rows[: trial.broken]
    if all(is_blank(cell) for row in before for cell in row):
        return True
    likely = before[likely_header(before, mapping)]
    resembling = count_resembling(rows[trial.broken], mapping)
    return resembling > count_resembling(likely, mapping)


def _broken_row(label: str, position: int, *, is_header: bool) -> str:
    row = "the header row" if is_header else "this row above the header row"
    return (
        f"{label}, row {position + 1}: {row} cannot be parsed, because a quotation mark is unclosed"
        " or inside a cell. Correct it or save the file as .xlsx."
    )


def _separator_hint(text: str, options: LoadOptions) -> str:
    if options.delimiter:
        detected = _best_trial(text, "", LoadOptions(mapping=options.mapping))
        if count_known_headings(detected.rows, options.mapping):
            return f" The separator is {DELIMITERS[detected.delimiter]}: omit --delimiter."
    lines = _lines(text)[:SEARCHED_ROWS]
    for char in _OTHER_DELIMITERS:
        if count_known_headings([line.split(char) for line in lines], options.mapping) > 1:
            return f" The separator seems to be {quoted(char)}: save the file with commas."
    return ""


def unknown_headings(head: str, *, label: str, options: LoadOptions) -> str:
    r"""
    Return the error about a text without known headings, or nothing if it may have some.

    Args:
        head: the beginning of a text that is not readable to its end, with U+FFFD for every byte
            that is not ASCII.
        label: the label of the file.
        options: how to read it.

    """
    marked, text = _separator_line(head)
    trial = _best_trial(text, marked, options)
    rows = trial.rows[:SEARCHED_ROWS]
    above = rows[: likely_header(rows, options.mapping) + 1] if rows else ()
    is_readable = not any(_UNREADABLE.intersection(cell) for row in above for cell in row)
    if not is_readable or count_known_headings(rows, options.mapping):
        return ""
    return _no_header(trial, text, label, options)
