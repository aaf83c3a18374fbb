"""What reports ask the journal: the results, the issues, the counts."""

import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any

from batchcreate.clock import stamp_of_ms
from batchcreate.models import Issue, Place, ResultRow, Status, Summary

_RESULTS = """
SELECT file, sheet, number, task_name, status, task_id, http_status, error_code,
       error_msg, attempts, first_sent_ms, finished_ms, duration_ms,
       project_id, instance_id
FROM results
"""


def results(connection: sqlite3.Connection) -> Iterator[ResultRow]:
    """Yield every row and what became of it, in input order."""
    return _rows(connection.execute(f"{_RESULTS} ORDER BY source, number"))


def not_created(connection: sqlite3.Connection, *, limit: int) -> Iterator[ResultRow]:
    """Yield the first *limit* rows that are not created, in input order; skipped ones come last."""
    return _rows(
        connection.execute(
            f"""
            {_RESULTS} WHERE status <> 'created'
            ORDER BY status = 'skipped', source, number LIMIT ?
            """,
            (limit,),
        )
    )


def _rows(found: Iterable[tuple[Any, ...]]) -> Iterator[ResultRow]:
    for (
        file, sheet, number, task_name, status, task_id, http_status, error_code,
        error_msg, attempts, first_sent_ms, finished_ms, duration_ms, project_id, instance_id,
    ) in found:  # fmt: skip
        yield ResultRow(
            place=Place(file=file, sheet=sheet, number=number),
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
        )


def issues(connection: sqlite3.Connection) -> Iterator[Issue]:
    """Yield every broken rule, in input order."""
    found = connection.execute(
        """
        SELECT file, sheet, number, column_header, cell, value, rule, message, suggestion
        FROM issues JOIN sources ON sources.id = issues.source
        ORDER BY source, number, position
        """
    )
    for file, sheet, number, column, cell, value, rule, message, suggestion in found:
        yield Issue(
            place=Place(file=file, sheet=sheet, number=number),
            column=column,
            cell=cell,
            value=value,
            rule=rule,
            message=message,
            suggestion=suggestion,
        )


def summary(connection: sqlite3.Connection) -> Summary:
    """Count the rows per status."""
    found = connection.execute("SELECT status, count(*) FROM results GROUP BY status")
    return Summary(
        counts=dict.fromkeys(Status, 0) | {Status(status): count for status, count in found}
    )


def instances(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    """Return project and instance of every row that names both, each pair once."""
    return connection.execute(
        "SELECT DISTINCT project_id, instance_id FROM rows"
        " WHERE project_id <> '' AND instance_id <> '' ORDER BY 1, 2"
    ).fetchall()


def _stamp(moment_ms: int | None) -> str:
    return "" if moment_ms is None else stamp_of_ms(moment_ms)
