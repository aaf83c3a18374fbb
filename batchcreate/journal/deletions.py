"""Deletions that undo requests, and their outcomes; each step is a separate commit."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from batchcreate.journal.database import transaction
from batchcreate.models import Deletion, DeletionStatus, Key, RunId, Target, TaskId

UNDO_RUN_ID: Final = RunId("undo")
"""Id of the runs that delete tasks and create none."""

_REMOVED: Final = frozenset({DeletionStatus.DELETED, DeletionStatus.GONE})


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatedTask:
    """
    A task that this batch created.

    Attributes:
        task: its number in the journal.
        key: target and name.
        task_id: the server's id.
        is_reconciled: True if the task list showed it, not the response to its request.
        body: the request body.
        first_sent_ms: time of the first intent, in milliseconds since 1970.
        is_deletion_sent: True if undo requested its deletion, with an unknown outcome.

    """

    task: int
    key: Key
    task_id: TaskId
    is_reconciled: bool = False
    body: bytes = b"{}"
    first_sent_ms: int = 0
    is_deletion_sent: bool = False


def created_tasks(connection: sqlite3.Connection) -> list[CreatedTask]:
    """Return the tasks that this batch created, without deleted ones, in input order."""
    found = connection.execute(
        """
        SELECT tasks.id, tasks.name, tasks.task_id, tasks.how = 'reconciled',
               coalesce((
                   SELECT body FROM rows WHERE rows.task = tasks.id AND digest = sent_digest
                   LIMIT 1
               ), '{}'),
               tasks.first_sent_ms, deletions.status = 'unknown',
               targets.endpoint, targets.project_id, targets.instance_id
        FROM tasks JOIN targets ON targets.id = tasks.target
        LEFT JOIN deletions ON deletions.task = tasks.id AND deletions.task_id = tasks.task_id
        WHERE tasks.status = 'created' ORDER BY tasks.id
        """
    )
    return [
        CreatedTask(
            task=task,
            key=Key(
                target=Target(endpoint=place[0], project_id=place[1], instance_id=place[2]),
                task_name=name,
            ),
            task_id=TaskId(task_id),
            is_reconciled=bool(is_reconciled),
            body=body,
            first_sent_ms=first_sent_ms or 0,
            is_deletion_sent=bool(is_deletion_sent),
        )
        for task, name, task_id, is_reconciled, body, first_sent_ms, is_deletion_sent, *place in (
            found
        )
    ]


def add_intent(connection: sqlite3.Connection, task: CreatedTask, *, at_ms: int) -> None:
    """Commit that *task* is about to be deleted."""
    with transaction(connection):
        connection.execute(
            "INSERT OR REPLACE INTO deletions (task, task_id, status, at_ms) VALUES (?, ?, ?, ?)",
            (task.task, task.task_id, DeletionStatus.UNKNOWN, at_ms),
        )


def add_outcome(
    connection: sqlite3.Connection, task: CreatedTask, deletion: Deletion, *, at_ms: int
) -> None:
    """Commit the outcome of a deletion; a later run can create a deleted task again."""
    with transaction(connection):
        connection.execute(
            "INSERT OR REPLACE INTO deletions VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                task.task,
                task.task_id,
                deletion.status,
                deletion.http_status,
                deletion.error_code,
                deletion.error_msg,
                at_ms,
            ),
        )
        if deletion.status in _REMOVED:
            connection.execute(
                """
                UPDATE tasks SET status = 'not_attempted', task_id = '', how = '',
                    http_status = NULL,
                    error_msg = 'task ' || task_id || ' was deleted by undo'
                WHERE id = ? AND status = 'created'
                """,
                (task.task,),
            )


def deletions(connection: sqlite3.Connection) -> Iterator[tuple[Key, TaskId, Deletion]]:
    """Yield every task that undo had to delete, with the outcome."""
    found = connection.execute(
        """
        SELECT targets.endpoint, targets.project_id, targets.instance_id, tasks.name,
               deletions.task_id, deletions.status, deletions.http_status,
               deletions.error_code, deletions.error_msg
        FROM deletions JOIN tasks ON tasks.id = deletions.task
        JOIN targets ON targets.id = tasks.target ORDER BY tasks.id, deletions.at_ms
        """
    )
    for endpoint, project, instance, name, task_id, status, http_status, code, message in found:
        yield (
            Key(
                target=Target(endpoint=endpoint, project_id=project, instance_id=instance),
                task_name=name,
            ),
            TaskId(task_id),
            Deletion(
                status=DeletionStatus(status),
                http_status=http_status,
                error_code=code,
                error_msg=message,
            ),
        )
