"""Results, issues and rows to fix."""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any, Final

from batchcreate.clock import stamp_of_ms
from batchcreate.errors import JournalError, NotSentReason
from batchcreate.journal.work import json_list
from batchcreate.models import (
    Column,
    Issue,
    Layout,
    Origin,
    ResultRow,
    RowLocation,
    RowToFix,
    SheetToFix,
    Status,
    Summary,
)
from batchcreate.models.rows import CONTENT_CHARS

_NOT_CREATED: Final = "status IN ('rejected', 'not_attempted', 'failed', 'unknown')"

_SHEETS: Final = f"""
SELECT sources.id, file, sheet, header_row, encoding, delimiter, columns, digest, count(*)
FROM (SELECT source, number FROM results WHERE {_NOT_CREATED}) AS not_created
JOIN sources ON sources.id = not_created.source JOIN contents ON contents.id = sources.content
GROUP BY sources.id ORDER BY sources.id
"""  # noqa: S608 # contains no values

_ROWS: Final = f"""
SELECT number, source, status, http_status, error_code,
       CASE WHEN status = 'rejected' THEN '' ELSE error_msg END, not_sent_reason
FROM results WHERE source IN (SELECT value FROM json_each(?)) AND {_NOT_CREATED} ORDER BY number
"""  # noqa: S608 # contains no values

_ISSUES: Final = """
SELECT number, source, column_heading, cell, value, rule, severity, message, suggestion
FROM issues WHERE source IN (SELECT value FROM json_each(?)) AND severity = 'error'
ORDER BY number, source DESC, position
"""


def sheets_to_fix(connection: sqlite3.Connection) -> list[SheetToFix]:
    """Return the sheets with rows that are not created, in input order."""
    return [
        SheetToFix(
            sources=[source],
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
            original_file=file,
            rows=count,
        )
        for (
            source, file, sheet, number, encoding, delimiter, columns, digest, count,
        ) in connection.execute(_SHEETS)
    ]  # fmt: skip


def rows_to_fix(connection: sqlite3.Connection, sheet: SheetToFix) -> Iterator[RowToFix]:
    """Yield the rows of *sheet* that are not created, in row order, in their newest version."""
    sources = (json_list(sheet.sources),)
    issues = _Issues(connection.execute(_ISSUES, sources), sheet.layout)
    number = 0
    for row in connection.execute(_ROWS, sources):
        if row[0] == number:
            continue
        number, source, status, http_status, error_code, error_msg, reason = row
        yield RowToFix(
            number=number,
            status=Status(status),
            http_status=http_status,
            error_code=error_code,
            error_msg=error_msg,
            not_sent_reason=NotSentReason(reason) if reason else None,
            issues=issues.of(number, source),
            origin=_origin(sheet.layout, number).text,
        )


class _Issues:
    """Issues of a sheet, read row by row."""

    def __init__(self, found: Iterator[tuple[Any, ...]], layout: Layout) -> None:
        self._layout = layout
        self._groups = groupby(found, key=lambda row: (row[0], -row[1]))
        self._next = next(self._groups, None)

    def of(self, number: int, source: int) -> tuple[Issue, ...]:
        """Return the issues of one row; calls must be in row order."""
        key = (number, -source)
        while self._next is not None and self._next[0] < key:
            self._next = next(self._groups, None)
        if self._next is None or self._next[0] != key:
            return ()
        return tuple(_issue(self._layout, number, values) for _, _, *values in self._next[1])


def original_files(connection: sqlite3.Connection) -> set[str]:
    """Return the labels of the inputs."""
    return {label for (label,) in connection.execute("SELECT label FROM inputs")}


def _issue(layout: Layout, number: int, values: list[Any]) -> Issue:
    return Issue(layout.file, layout.sheet, number, *values)


def _origin(layout: Layout, number: int) -> Origin:
    return Origin(content=layout.content[:CONTENT_CHARS], location=_location(layout, number))


def _location(layout: Layout, number: int) -> RowLocation:
    return RowLocation(file=layout.file, sheet=layout.sheet, number=number)


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
SELECT file, sheet, number, task_name, status, task_id, http_status, error_code,
       error_msg, attempts, first_sent_ms, finished_ms, duration_ms,
       project_id, instance_id, not_sent_reason
FROM results
"""


def results(connection: sqlite3.Connection) -> Iterator[ResultRow]:
    """Yield every row with its status, in input order; withdrawn ones last."""
    for where in ("status <> 'withdrawn'", "NOT is_current AND status = 'withdrawn'"):
        yield from _rows(connection.execute(f"{_RESULTS} WHERE {where} ORDER BY source, number"))


def not_created(connection: sqlite3.Connection, *, limit: int) -> Iterator[ResultRow]:
    """Yield the first *limit* rows that are not created, in input order; skipped ones last."""
    return _rows(
        connection.execute(
            f"""
            {_RESULTS} WHERE status NOT IN ('created', 'withdrawn')
            ORDER BY status = 'skipped', source, number LIMIT ?
            """,
            (limit,),
        )
    )


def _rows(found: Iterable[tuple[Any, ...]]) -> Iterator[ResultRow]:
    for (
        file, sheet, number, task_name, status, task_id, http_status, error_code,
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


def instances(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    """Return each pair of project and instance that rows specify."""
    return connection.execute(
        "SELECT DISTINCT project_id, instance_id FROM rows"
        " WHERE project_id <> '' AND instance_id <> '' ORDER BY 1, 2"
    ).fetchall()


def _stamp(time_ms: int | None) -> str:
    return "" if time_ms is None else stamp_of_ms(time_ms)
