"""Results, issues and rows to fix."""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from itertools import chain, groupby
from operator import itemgetter
from typing import Any, Final

from batchcreate.clock import stamp_of_ms
from batchcreate.errors import JournalError, NotSentReason
from batchcreate.journal.work import json_list
from batchcreate.models import (
    FIXABLE,
    Column,
    Issue,
    Layout,
    ResultRow,
    RowLocation,
    RowToFix,
    SheetToFix,
    Stamp,
    Status,
    Summary,
)
from batchcreate.models.results import other_names

_SHEETS: Final = """
SELECT sources.id, file, sheet, header_row, encoding, delimiter, columns, digest, count(*)
FROM (
    SELECT source FROM results WHERE is_current AND status IN (SELECT value FROM json_each(?))
) AS to_fix
JOIN sources ON sources.id = to_fix.source JOIN contents ON contents.id = sources.content
GROUP BY sources.id ORDER BY sources.id
"""

_ROWS: Final = """
SELECT number, status, http_status, error_code,
       CASE WHEN status = 'rejected' THEN '' ELSE error_msg END, not_sent_reason
FROM results WHERE source = ? AND is_current ORDER BY number
"""

_ISSUES: Final = """
SELECT number, column_heading, cell, value, rule, severity, message, suggestion
FROM issues WHERE source = ? AND severity = 'error' ORDER BY number, position
"""


def sheets_to_fix(connection: sqlite3.Connection) -> list[SheetToFix]:
    """Return the sheets with rows to fix, in input order."""
    return [
        SheetToFix(
            source=source,
            layout=Layout(
                file=file,
                sheet=sheet,
                header_row=number,
                columns={
                    name: Column(heading=heading, index=index)
                    for name, (heading, index) in json.loads(columns).items()
                },
                encoding=encoding,
                delimiter=delimiter,
                content=digest,
            ),
            stamp=stamp_of(connection, source),
            rows=count,
        )
        for (
            source, file, sheet, number, encoding, delimiter, columns, digest, count,
        ) in connection.execute(_SHEETS, (json.dumps(FIXABLE),))
    ]  # fmt: skip


def stamp_of(connection: sqlite3.Connection, source: int) -> Stamp:
    """Return the stamp of the version that contains the sheet with number *source*."""
    found = connection.execute(
        """
        SELECT (SELECT value FROM meta WHERE name = 'batch'), file, version_number
        FROM sources WHERE id = ?
        """,
        (source,),
    )
    batch, label, version = found.fetchone()
    return Stamp(batch=batch, input=label, version=version)


def rows_to_fix(connection: sqlite3.Connection, sheet: SheetToFix) -> Iterator[RowToFix]:
    """Yield all rows of *sheet*, in row order."""
    issues = _Issues(connection.execute(_ISSUES, (sheet.source,)), sheet.layout)
    for number, status, http_status, error_code, error_msg, reason in connection.execute(
        _ROWS, (sheet.source,)
    ):
        yield RowToFix(
            number=number,
            status=Status(status),
            http_status=http_status,
            error_code=error_code,
            error_msg=error_msg,
            not_sent_reason=NotSentReason(reason) if reason else None,
            issues=issues.of(number),
        )


class _Issues:
    """Issues of a sheet, read row by row."""

    def __init__(self, found: Iterator[tuple[Any, ...]], layout: Layout) -> None:
        self._layout = layout
        self._groups = groupby(found, key=itemgetter(0))
        self._next = next(self._groups, None)

    def of(self, number: int) -> tuple[Issue, ...]:
        """Return the issues of one row; calls must be in row order."""
        if self._next is None or self._next[0] != number:
            return ()
        file, sheet = self._layout.file, self._layout.sheet
        issues = tuple(Issue(file, sheet, *values) for values in self._next[1])
        self._next = next(self._groups, None)
        return issues


def labels(connection: sqlite3.Connection) -> list[str]:
    """Return the labels of all inputs, in input order."""
    found = connection.execute("SELECT label FROM inputs ORDER BY id")
    return [label for (label,) in found]


# Rows of the newest versions and removed rows whose tasks exist; created tasks, and their rows.
_TOTALS: Final = """
SELECT
    (SELECT count(*) FROM rows WHERE is_current) + (
        SELECT count(*) FROM rows JOIN tasks ON tasks.id = rows.task
        WHERE NOT is_current AND tasks.status IN ('created', 'unknown')
    ),
    (SELECT count(*) FROM tasks WHERE status = 'created'),
    (
        SELECT count(*) FROM rows JOIN tasks ON tasks.id = rows.task
        WHERE tasks.status = 'created'
    )
"""

_RESULTS = """
SELECT source, others, file, sheet, number, task_name, status, task_id, http_status, error_code,
       error_msg, attempts, first_sent_ms, finished_ms, duration_ms,
       project_id, instance_id, not_sent_reason
FROM results
"""


def results(connection: sqlite3.Connection) -> Iterator[ResultRow]:
    """Yield every row with its status, in input order; withdrawn ones last."""
    for where in ("status <> 'withdrawn'", "NOT is_current AND status = 'withdrawn'"):
        found = connection.execute(f"{_RESULTS} WHERE {where} ORDER BY source, number")
        yield from _rows(connection, found)


def not_created(connection: sqlite3.Connection, *, limit: int) -> Iterator[ResultRow]:
    """Yield the first *limit* rows that are not created, in input order; skipped ones last."""
    return _rows(
        connection,
        connection.execute(
            f"""
            {_RESULTS} WHERE status NOT IN ('created', 'withdrawn')
            ORDER BY status = 'skipped', source, number LIMIT ?
            """,
            (limit,),
        ),
    )


def other_columns(connection: sqlite3.Connection) -> list[str]:
    """Return the columns without a field of all rows, in the order of their first appearance."""
    return list(dict.fromkeys(chain.from_iterable(_other_columns(connection).values())))


def _other_columns(connection: sqlite3.Connection) -> dict[int, list[str]]:
    """Return the names in reports of the columns without a field, by source."""
    found = connection.execute(
        """
        SELECT id, file, others FROM sources
        WHERE others <> '[]' AND EXISTS (SELECT 1 FROM rows WHERE rows.source = sources.id)
        ORDER BY id
        """
    )
    return {source: other_names(json.loads(headings), file) for source, file, headings in found}


def _rows(connection: sqlite3.Connection, found: Iterable[tuple[Any, ...]]) -> Iterator[ResultRow]:
    names = _other_columns(connection)
    for (
        source, others, file, sheet, number, task_name, status, task_id, http_status, error_code,
        error_msg, attempts, first_sent_ms, finished_ms, duration_ms, project_id, instance_id,
        not_sent_reason,
    ) in found:  # fmt: skip
        yield ResultRow(
            location=RowLocation(file=file, sheet=sheet, number=number),
            task_name=task_name,
            status=Status(status),
            task_id=task_id,
            http_status=http_status,
            error_code=error_code,
            error_msg=error_msg,
            attempts=attempts,
            first_sent_at=_stamp(first_sent_ms),
            finished_at=_stamp(finished_ms),
            duration_ms=duration_ms,
            project_id=project_id,
            instance_id=instance_id,
            not_sent_reason=NotSentReason(not_sent_reason) if not_sent_reason else None,
            others=dict(zip(names[source], json.loads(others), strict=True)) if others else {},
        )


def issues(connection: sqlite3.Connection) -> Iterator[Issue]:
    """Yield every issue, in input order."""
    found = connection.execute(
        """
        SELECT file, sheet, number, column_heading, cell, value, rule, severity, message,
               suggestion
        FROM issues JOIN sources ON sources.id = issues.source
        ORDER BY source, number, position
        """
    )
    return map(Issue._make, found)


def summary(connection: sqlite3.Connection) -> Summary:
    """
    Count the rows per status.

    Raises:
        JournalError: the counts do not add up to the number of rows, or a created task is not in
            exactly one row.

    """
    found = connection.execute("SELECT status, count(*) FROM results GROUP BY status")
    counted = Summary(
        counts=dict.fromkeys(Status, 0) | {Status(status): count for status, count in found}
    )
    total, tasks, rows = connection.execute(_TOTALS).fetchone()
    if counted.total != total or tasks != rows:
        msg = (
            f"the counts do not add up: {counted.total} rows have a status, but there are {total}"
            f" rows; {tasks} tasks were created, and {rows} rows have one. This is a defect of"
            " batchcreate; nothing was changed. Report it with the results folder"
        )
        raise JournalError(msg)
    return counted


def count_waiting(connection: sqlite3.Connection, other_than: Iterable[str]) -> int:
    """Count the rows that are not attempted in other inputs than those with these labels."""
    found = connection.execute(
        "SELECT count(*) FROM results WHERE status = 'not_attempted'"
        " AND file NOT IN (SELECT value FROM json_each(?))",
        (json_list(other_than),),
    )
    return int(found.fetchone()[0])


def _stamp(time_ms: int | None) -> str:
    return "" if time_ms is None else stamp_of_ms(time_ms)
