"""Rows that are not created, grouped by cause."""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import replace
from heapq import merge
from itertools import islice
from typing import Any, Final

from batchcreate.models import CauseGroup, IssueExample, RowLocation, Status

GROUPS_MAX: Final = 50
"""How many causes are told apart."""

SPOTS_MAX: Final = 5
"""How many rows of each cause are named."""

# One number for source and row: what SQLite returns beside a minimum is of the same row.
_FIRST: Final = "min(source << 40 | number)"

# A cell that breaks a rule twice is one row all the same.
_ONCE: Final = """
position = 0 OR NOT EXISTS (
    SELECT 1 FROM issues AS earlier
    WHERE earlier.source = issues.source AND earlier.number = issues.number
    AND earlier.position < issues.position
    AND earlier.rule = issues.rule AND earlier.column_header = issues.column_header
)
"""

_LEFT: Final = "status IN ('not_attempted', 'failed', 'unknown')"

_RULES: Final = f"""
SELECT 'rejected', NULL, 'INVALID_ROW', rule, column_header, count(*) AS count, message,
       {_FIRST} AS first
FROM issues WHERE {_ONCE}
GROUP BY rule, column_header ORDER BY count DESC, first
"""  # noqa: S608 # no values in it

_ANSWERS: Final = f"""
SELECT status, http_status, error_code, '', '', count(*) AS count, error_msg, {_FIRST} AS first
FROM results WHERE {_LEFT}
GROUP BY status, http_status, error_code ORDER BY count DESC, first
"""  # noqa: S608 # no values in it

_CELLS: Final = f"""
SELECT 'rejected', NULL, 'INVALID_ROW', rule, column_header, file, sheet, number, cell,
       value, suggestion
FROM issues JOIN sources ON sources.id = issues.source
WHERE {_ONCE} ORDER BY source, number, position
"""  # noqa: S608 # no values in it

_ROWS: Final = f"""
SELECT status, http_status, error_code, '', '', file, sheet, number, '', '', ''
FROM results WHERE {_LEFT} ORDER BY source, number
"""  # noqa: S608 # no values in it

_Cause = tuple[str, int | None, str, str, str]
"""Status, HTTP status, error code, rule and column heading."""


def cause_groups(
    connection: sqlite3.Connection, *, groups_max: int = GROUPS_MAX, spots_max: int = SPOTS_MAX
) -> list[CauseGroup]:
    """
    Return why rows are not created, the most frequent causes first.

    Rejected rows are grouped by rule and column heading, the others by status, HTTP status and
    error code: messages differ from row to row by the names that they quote.

    Args:
        connection: the journal.
        groups_max: how many causes are told apart; the rest is one group for each status.
        spots_max: how many rows of each cause are named, at least 1.

    """
    counted = merge(connection.execute(_RULES), connection.execute(_ANSWERS), key=_frequency)
    groups = {row[:5]: _group(row) for row in islice(counted, groups_max)}
    rest = _rest(counted)
    rules = {cause: group.rows for cause, group in groups.items() if group.rule}
    answers = {cause: group.rows for cause, group in groups.items() if not group.rule}
    spots = {
        **_spots(connection, _CELLS, rules, spots_max),
        **_spots(connection, _ROWS, answers, spots_max),
    }
    return [*(replace(group, spots=spots[cause]) for cause, group in groups.items()), *rest]


def _frequency(row: tuple[Any, ...]) -> tuple[int, int]:
    """Return what sorts the most rows first, then the earliest row."""
    *_, rows, _, first = row
    return -rows, first


def _group(row: tuple[Any, ...]) -> CauseGroup:
    status, http_status, error_code, rule, column, rows, message, _ = row
    return CauseGroup(
        status=Status(status),
        http_status=http_status,
        error_code=error_code,
        rule=rule,
        column=column,
        rows=rows,
        message=message,
    )


def _rest(counted: Iterable[tuple[Any, ...]]) -> list[CauseGroup]:
    """Sum up what is left, per status, without holding it."""
    kinds, rows = Counter[Status](), Counter[Status]()
    for group in map(_group, counted):
        kinds[group.status] += 1
        rows[group.status] += group.rows
    return [
        CauseGroup(status=status, rows=count, causes=kinds[status])
        for status, count in rows.most_common()
    ]


def _spots(
    connection: sqlite3.Connection, query: str, sizes: Mapping[_Cause, int], spots_max: int
) -> dict[_Cause, tuple[IssueExample, ...]]:
    """Read rows in input order until each cause, given with its number of rows, has its first."""
    spots: dict[_Cause, tuple[IssueExample, ...]] = dict.fromkeys(sizes, ())
    wanted = {cause: min(size, spots_max) for cause, size in sizes.items()}
    with closing(connection.execute(query)) as found:
        while wanted:
            row = next(found)
            cause = row[:5]
            if cause in wanted:
                spots[cause] = (*spots[cause], _spot(*row[5:]))
                if len(spots[cause]) == wanted[cause]:
                    del wanted[cause]
    return spots


def _spot(file: str, sheet: str, number: int, *texts: str) -> IssueExample:
    cell, value, suggestion = texts
    place = RowLocation(file=file, sheet=sheet, number=number)
    return IssueExample(location=place, cell=cell, value=value, suggestion=suggestion)
