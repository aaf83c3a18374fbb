"""What the journal is asked: the work that is left, the results, the issues, the counts."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from batchcreate.clock import stamp_of_ms
from batchcreate.models import Issue, Key, Place, ResultRow, Status, Summary, Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """
    A task that may be sent now.

    Attributes:
        task: its number in the journal.
        place: the row it stands for.
        key: target and name.
        body: the request body.
        attempts: how often it was sent so far, earlier runs included.

    """

    task: int
    place: Place
    key: Key
    body: bytes
    attempts: int


Cursor = tuple[int, int]
"""The last row that was handed out: its source and its number."""

START: Cursor = (0, 0)


def pending(
    connection: sqlite3.Connection, *, after: Cursor, limit: int
) -> tuple[list[Pending], Cursor]:
    """
    Return the next tasks of the last reading that are not created, in input order.

    A cursor keeps a task that failed during this run from being handed out twice.

    Args:
        connection: the journal.
        after: where the previous call ended; `START` at first.
        limit: at most that many.

    """
    found = connection.execute(
        """
        SELECT rows.source, rows.number, tasks.id, tasks.name, tasks.body, tasks.attempts,
               sources.file, sources.sheet,
               targets.endpoint, targets.project_id, targets.instance_id
        FROM rows
        JOIN sources ON sources.id = rows.source
        JOIN tasks ON tasks.id = rows.task
        JOIN targets ON targets.id = tasks.target
        WHERE (rows.source, rows.number) > (?, ?)
          AND rows.is_selected
          AND sources.reading = (SELECT max(reading) FROM sources)
          AND tasks.status IN ('not_attempted', 'failed')
        ORDER BY rows.source, rows.number
        LIMIT ?
        """,
        (*after, limit),
    ).fetchall()
    tasks = [
        Pending(
            task=task,
            place=Place(file=file, sheet=sheet, number=number),
            key=Key(
                target=Target(endpoint=endpoint, project_id=project, instance_id=instance),
                task_name=name,
            ),
            body=body,
            attempts=attempts,
        )
        for (
            _, number, task, name, body, attempts, file, sheet, endpoint, project, instance,
        ) in found
    ]  # fmt: skip
    return tasks, (found[-1][0], found[-1][1]) if found else after


def pending_per_target(connection: sqlite3.Connection) -> dict[Target, int]:
    """Count the tasks that `pending` would hand out, per target."""
    found = connection.execute(
        """
        SELECT targets.endpoint, targets.project_id, targets.instance_id, count(*)
        FROM rows
        JOIN sources ON sources.id = rows.source
        JOIN tasks ON tasks.id = rows.task
        JOIN targets ON targets.id = tasks.target
        WHERE rows.is_selected
          AND sources.reading = (SELECT max(reading) FROM sources)
          AND tasks.status IN ('not_attempted', 'failed')
        GROUP BY targets.id ORDER BY targets.id
        """
    )
    return {
        Target(endpoint=endpoint, project_id=project, instance_id=instance): count
        for endpoint, project, instance, count in found
    }


def results(connection: sqlite3.Connection) -> Iterator[ResultRow]:
    """Yield every row and what became of it, in input order."""
    found = connection.execute(
        """
        SELECT file, sheet, number, task_name, status, task_id, http_status, error_code,
               error_msg, attempts, first_sent_ms, finished_ms, duration_ms,
               project_id, instance_id
        FROM results ORDER BY source, number
        """
    )
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


def _stamp(moment_ms: int | None) -> str:
    return "" if moment_ms is None else stamp_of_ms(moment_ms)
