"""The tasks that only the server's list can settle."""

import sqlite3
from dataclasses import dataclass

from batchcreate.journal.work import Pending, read_pending


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsettled:
    """
    A task whose last attempt may have created it.

    Attributes:
        pending: the task.
        intent: number of the last attempt.
        last_ms: when that attempt was last heard of, in milliseconds since 1970.
        http_status: of its answer, if there was one.
        error_code: of its answer, if there was one.
        reason: why it is not settled.
        may_resend: it belongs to this run's work, so that it is sent again once proven absent.

    """

    pending: Pending
    intent: int
    last_ms: int
    http_status: int | None
    error_code: str
    reason: str
    may_resend: bool


def find_unsettled(connection: sqlite3.Connection) -> list[Unsettled]:
    """Return the unsettled tasks of every row in the report, in the order of their attempts."""
    found = connection.execute(
        """
        SELECT max(intents.id), max(intents.at_ms, coalesce(tasks.finished_ms, 0)),
               tasks.http_status, tasks.error_code, tasks.error_msg, work.number IS NOT NULL,
               tasks.id, tasks.name, tasks.body, rows.number, sources.file, sources.sheet,
               targets.endpoint, targets.project_id, targets.instance_id
        FROM tasks
        JOIN rows ON rows.task = tasks.id
        JOIN sources ON sources.id = rows.source
        JOIN targets ON targets.id = tasks.target
        JOIN intents ON intents.task = tasks.id
        LEFT JOIN work ON work.task = tasks.id
        WHERE tasks.status = 'unknown'
        GROUP BY tasks.id ORDER BY max(intents.id)
        """
    )
    return [
        Unsettled(
            pending=read_pending(row[6:], was_unsettled=True),
            intent=row[0],
            last_ms=row[1],
            http_status=row[2],
            error_code=row[3],
            reason=row[4],
            may_resend=bool(row[5]),
        )
        for row in found
    ]
