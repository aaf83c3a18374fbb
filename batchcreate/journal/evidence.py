"""Evidence of the journal about a task list: what it must contain, and which tasks are foreign."""

import json
import sqlite3
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from batchcreate.journal.database import transaction
from batchcreate.journal.work import json_list
from batchcreate.models import RecordedTask, Target, TaskId

_TARGET = """(
    SELECT id FROM targets WHERE (endpoint, project_id, instance_id) = (:endpoint, :project, :instance)
)"""

# Tasks of the batch on an instance, whose ids were returned: those that the task list does not
# contain, and the owners of the ids in question. Order in the journal replaces the time.
_CREATED = f"""
SELECT tasks.id, tasks.name, outcomes.task_id, min(outcomes.id),
       outcomes.task_id IN (SELECT value FROM json_each(:listed))
FROM tasks JOIN intents ON intents.task = tasks.id JOIN outcomes ON outcomes.intent = intents.id
WHERE tasks.target = {_TARGET} AND outcomes.status = 'created'
  AND (
      outcomes.task_id NOT IN (SELECT value FROM json_each(:listed))
      OR outcomes.task_id IN (SELECT value FROM json_each(:candidates))
  )
  AND NOT EXISTS (
      SELECT 1 FROM deletions WHERE deletions.task = tasks.id
      AND deletions.task_id = outcomes.task_id AND deletions.status IN ('deleted', 'gone', 'unknown')
  )
GROUP BY tasks.id, outcomes.task_id ORDER BY min(outcomes.id)
"""  # noqa: S608 # contains no values

# An attempt of an earlier run counts as ended when this run began, as for its reconcile window.
_ATTEMPTS = """
SELECT task, min(at_ms), min(run), max(
    coalesce((SELECT max(outcomes.id) FROM outcomes WHERE outcomes.intent = max(intents.id)), 0),
    (SELECT value FROM meta WHERE name = 'applied_outcome')
)
FROM intents WHERE task IN (SELECT value FROM json_each(?)) GROUP BY task
"""

_LISTED = f"""
SELECT task_id, run FROM listed_tasks
WHERE target = {_TARGET} AND task_id IN (SELECT value FROM json_each(:candidates))
"""  # noqa: S608 # contains no values


@dataclass(frozen=True, slots=True)
class ReturnedTask:
    """
    A task of the batch whose id was returned.

    Attributes:
        task: its number in the journal.
        name: its name.
        task_id: the id.
        position: position of the outcome with the id in the journal.
        is_listed: 1 if the task list contains the id, or 0.

    """

    task: int
    name: str
    task_id: TaskId
    position: int
    is_listed: int


@dataclass(frozen=True, slots=True)
class SentTask:
    """
    The attempts for an unknown task.

    Attributes:
        first_sent_ms: time of the first intent, in milliseconds since 1970.
        first_run: number of the run of the first intent.
        ended_at: position in the journal at the end of the last attempt.

    """

    first_sent_ms: int
    first_run: int
    ended_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """
    What the journal knows about the tasks of an instance.

    Attributes:
        returned: tasks of the batch that a task list does not contain, or whose ids were in
            question, in the order in which their ids were returned.
        listed: for ids in question, the run whose preflight list first contained them.
        sent: the unknown tasks by number.

    """

    returned: Collection[ReturnedTask]
    listed: Mapping[TaskId, int]
    sent: Mapping[int, SentTask]


def read_evidence(
    connection: sqlite3.Connection,
    target: Target,
    *,
    listed: Iterable[TaskId],
    candidates: Iterable[TaskId],
    tasks: Iterable[int],
) -> Evidence:
    """
    Return the evidence about a task list.

    Args:
        connection: connection of the journal.
        target: the instance.
        listed: the ids that the task list contains.
        candidates: those under the names of unknown tasks.
        tasks: the numbers of the unknown tasks.

    """
    values = _parameters(target) | {
        "listed": json_list(listed),
        "candidates": json_list(candidates),
    }
    return Evidence(
        returned=[ReturnedTask(*found) for found in connection.execute(_CREATED, values)],
        listed={TaskId(task_id): run for task_id, run in connection.execute(_LISTED, values)},
        sent={
            task: SentTask(*row)
            for task, *row in connection.execute(_ATTEMPTS, (json_list(tasks),))
        },
    )


def add_listed(connection: sqlite3.Connection, target: Target, ids: Iterable[TaskId]) -> None:
    """Record the tasks that exist before the current run sends anything to *target*."""
    connection.execute(
        f"""
        INSERT OR IGNORE INTO listed_tasks (target, task_id, run)
        SELECT {_TARGET}, value, (SELECT max(id) FROM runs) FROM json_each(:listed)
        """,  # noqa: S608 # contains no values
        _parameters(target) | {"listed": json_list(ids)},
    )


class AuditRecords:
    """
    What an audit compares with the task lists, and the last audit.

    Args:
        connection: connection of the journal.

    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def tasks(self, target: Target) -> list[RecordedTask]:
        """Return the created tasks on *target*, and the rows that the server refused."""
        found = self._connection.execute(
            f"""
            SELECT name, task_id, coalesce(finished_ms, 0), coalesce(run, 0) FROM tasks
            WHERE target = {_TARGET}
            AND (status = 'created' OR (status = 'failed' AND http_status IS NOT NULL))
            ORDER BY id
            """,  # noqa: S608 # contains no values
            _parameters(target),
        )
        return [
            RecordedTask(name=name, task_id=TaskId(task_id), at_ms=at_ms, run=run)
            for name, task_id, at_ms, run in found
        ]

    def count_reconciled(self) -> int:
        """Return the number of created tasks that were found in a task list."""
        return self._number(
            "SELECT count(*) FROM tasks WHERE status = 'created' AND how = 'reconciled'"
        )

    def last_run(self) -> int:
        """Return the number of the last run, counted from 1; 0 if there is none."""
        return self._number("SELECT coalesce(max(id), 0) FROM runs")

    def record(self, audit: Mapping[str, Any]) -> None:
        """Record an audit, in place of an earlier one."""
        with transaction(self._connection):
            self._connection.execute(
                "INSERT OR REPLACE INTO meta VALUES ('audit', ?)", (json.dumps(audit),)
            )

    @property
    def last(self) -> Mapping[str, Any] | None:
        """The last audit, or None."""
        found = self._connection.execute("SELECT value FROM meta WHERE name = 'audit'").fetchone()
        return None if found is None else dict(json.loads(found[0]))

    def _number(self, query: str) -> int:
        return int(self._connection.execute(query).fetchone()[0])


def _parameters(target: Target) -> dict[str, str]:
    return {
        "endpoint": target.endpoint,
        "project": target.project_id,
        "instance": target.instance_id,
    }
