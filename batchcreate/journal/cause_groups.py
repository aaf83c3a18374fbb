"""Rows that are not created, grouped by cause."""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import replace
from heapq import merge
from itertools import islice
from typing import Any, Final

from batchcreate.errors import NotSentReason
from batchcreate.models import CauseGroup, IssueExample, RowLocation, Severity, Status

GROUPS_MAX: Final = 50
"""Maximum number of causes."""

EXAMPLES_MAX: Final = 5
"""Maximum number of examples per cause."""

# One number for source and row. SQLite returns the other columns from the row of the minimum.
_FIRST: Final = "min(source << 40 | number)"

# A cell that breaks a rule twice counts once.
_ONCE: Final = """
position = 0 OR NOT EXISTS (
    SELECT 1 FROM issues AS earlier
    WHERE earlier.source = issues.source AND earlier.number = issues.number
    AND earlier.position < issues.position
    AND earlier.rule = issues.rule AND earlier.column_heading = issues.column_heading
)
"""

_NOT_CREATED: Final = "status IN ('not_attempted', 'failed', 'unknown')"

_RULES: Final = f"""
SELECT CASE severity WHEN 'error' THEN 'rejected' ELSE 'not_attempted' END, NULL,
       'INVALID_ROW', rule, column_heading, count(*) AS count, message, '', {_FIRST} AS first
FROM issues WHERE severity = ? AND ({_ONCE})
GROUP BY rule, column_heading ORDER BY count DESC, first
"""  # noqa: S608 # contains no values

_ANSWERS: Final = f"""
SELECT status, http_status, error_code, '', '', count(*) AS count, error_msg,
       not_sent_reason, {_FIRST} AS first
FROM results WHERE {_NOT_CREATED}
GROUP BY status, http_status, error_code ORDER BY count DESC, first
"""  # noqa: S608 # contains no values

_CELLS: Final = f"""
SELECT CASE severity WHEN 'error' THEN 'rejected' ELSE 'not_attempted' END, NULL,
       'INVALID_ROW', rule, column_heading, file, sheet, number, cell, value, suggestion
FROM issues JOIN sources ON sources.id = issues.source
WHERE severity = ? AND ({_ONCE}) ORDER BY source, number, position
"""  # noqa: S608 # contains no values

_ROWS: Final = f"""
SELECT status, http_status, error_code, '', '', file, sheet, number, '', '', ''
FROM results WHERE {_NOT_CREATED} ORDER BY source, number
"""  # noqa: S608 # contains no values

_IS_PENDING: Final = """severity = ? AND NOT EXISTS (
    SELECT 1 FROM rows JOIN tasks ON tasks.id = rows.task
    WHERE rows.source = issues.source AND rows.number = issues.number
    AND tasks.status IN ('created', 'skipped')
)"""

_PENDING: Final = (
    _RULES.replace("severity = ?", _IS_PENDING),
    _CELLS.replace("severity = ?", _IS_PENDING),
)

_Cause = tuple[str, int | None, str, str, str]
"""Status, HTTP status, error code, rule and column heading."""


def cause_groups(
    connection: sqlite3.Connection,
    *,
    groups_max: int = GROUPS_MAX,
    examples_max: int = EXAMPLES_MAX,
) -> list[CauseGroup]:
    """
    Return the rows that are not created, grouped by cause, largest group first.

    Rejected rows are grouped by rule and column heading, the others by status, HTTP status and
    error code, but not by message, because messages quote names of single rows.

    Args:
        connection: connection of the journal.
        groups_max: maximum number of causes; the other rows are one group for each status.
        examples_max: maximum number of examples per cause, at least 1.

    """
    counted = merge(
        connection.execute(_RULES, (Severity.ERROR,)), connection.execute(_ANSWERS), key=_frequency
    )
    groups = {row[:5]: _group(row) for row in islice(counted, groups_max)}
    rest = _rest(counted)
    rules = {cause: group.rows for cause, group in groups.items() if group.rule}
    answers = {cause: group.rows for cause, group in groups.items() if not group.rule}
    examples = {
        **_examples(connection.execute(_CELLS, (Severity.ERROR,)), rules, examples_max),
        **_examples(connection.execute(_ROWS), answers, examples_max),
    }
    return [*(replace(group, examples=examples[cause]) for cause, group in groups.items()), *rest]


def warning_groups(
    connection: sqlite3.Connection,
    *,
    groups_max: int = GROUPS_MAX,
    examples_max: int = EXAMPLES_MAX,
    is_pending: bool = False,
) -> list[CauseGroup]:
    """
    Return the warnings, grouped by rule and column heading; see `cause_groups`.

    If *is_pending*, those of created and skipped rows are omitted.
    """
    rules, cells = _PENDING if is_pending else (_RULES, _CELLS)
    found = connection.execute(rules, (Severity.WARNING,)).fetchall()
    groups = {row[:5]: _group(row) for row in found[:groups_max]}
    sizes = {cause: group.rows for cause, group in groups.items()}
    rows = connection.execute(cells, (Severity.WARNING,))
    examples = _examples(rows, sizes, examples_max)
    named = [replace(group, examples=examples[cause]) for cause, group in groups.items()]
    return [
        replace(group, severity=Severity.WARNING) for group in (*named, *_rest(found[groups_max:]))
    ]


def _frequency(row: tuple[Any, ...]) -> tuple[int, int]:
    """Return the sort key: largest number of rows first, then the first row."""
    *_, rows, _, _, first = row
    return -rows, first


def _group(row: tuple[Any, ...]) -> CauseGroup:
    status, http_status, error_code, rule, column, rows, message, reason, _ = row
    return CauseGroup(
        status=Status(status),
        http_status=http_status,
        error_code=error_code,
        rule=rule,
        column=column,
        rows=rows,
        message=message,
        not_sent_reason=NotSentReason(reason) if reason else None,
    )


def _rest(counted: Iterable[tuple[Any, ...]]) -> list[CauseGroup]:
    """Return one group per status for the causes beyond the maximum."""
    kinds, rows = Counter[Status](), Counter[Status]()
    for group in map(_group, counted):
        kinds[group.status] += 1
        rows[group.status] += group.rows
    return [
        CauseGroup(status=status, rows=count, causes=kinds[status])
        for status, count in rows.most_common()
    ]


def _examples(
    rows: sqlite3.Cursor, sizes: Mapping[_Cause, int], examples_max: int
) -> dict[_Cause, tuple[IssueExample, ...]]:
    """Read rows in input order until each cause, given with its number of rows, has its examples."""
    examples: dict[_Cause, tuple[IssueExample, ...]] = dict.fromkeys(sizes, ())
    wanted = {cause: min(size, examples_max) for cause, size in sizes.items()}
    with closing(rows) as found:
        while wanted:
            row = next(found)
            cause = row[:5]
            if cause in wanted:
                examples[cause] = (*examples[cause], _example(*row[5:]))
                if len(examples[cause]) == wanted[cause]:
                    del wanted[cause]
    return examples


def _example(file: str, sheet: str, number: int, *texts: str) -> IssueExample:
    cell, value, suggestion = texts
    location = RowLocation(file=file, sheet=sheet, number=number)
    return IssueExample(location=location, cell=cell, value=value, suggestion=suggestion)
