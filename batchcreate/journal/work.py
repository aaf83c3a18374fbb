"""Pending and unknown tasks of a run."""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from batchcreate.errors import SettingsError
from batchcreate.models import Key, RowLocation, Target, TaskId


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """
    A task that may be sent.

    Attributes:
        task: number of the task in the journal.
        location: the row that it is created from.
        key: target and name.
        body: the request body.

    """

    task: int
    location: RowLocation
    key: Key
    body: bytes


# SQLite keeps a temporary table in a separate file, not in memory.
_WORK = """
CREATE TEMP TABLE IF NOT EXISTS work (
    number INTEGER PRIMARY KEY,
    task INTEGER NOT NULL UNIQUE,
    source INTEGER NOT NULL,
    row INTEGER NOT NULL
)
"""

_TASK = """
    tasks.id, tasks.name, rows.body, work.row, sources.file, sources.sheet,
    targets.endpoint, targets.project_id, targets.instance_id
"""


def json_list(values: Iterable[object]) -> str:
    """Return *values* (texts or numbers) as a JSON array for SQLite's ``json_each``."""
    return json.dumps(list(values))


def read_pending(row: Sequence[Any]) -> Pending:
    """Return the task in the last columns of a query."""
    task, name, body, number, file, sheet, endpoint, project_id, instance_id = row
    return Pending(
        task=task,
        location=RowLocation(file=file, sheet=sheet, number=number),
        key=Key(
            target=Target(endpoint=endpoint, project_id=project_id, instance_id=instance_id),
            task_name=name,
        ),
        body=body,
    )


def has_intents(connection: sqlite3.Connection) -> bool:
    """Return True if a task was sent, or was about to be sent."""
    return connection.execute("SELECT 1 FROM intents LIMIT 1").fetchone() is not None


def move_to_endpoint(connection: sqlite3.Connection, endpoint: str) -> None:
    """Assign a batch without intents to *endpoint*, where other tasks may exist."""
    connection.execute("UPDATE targets SET endpoint = ?", (endpoint,))
    connection.execute(
        "UPDATE tasks SET status = 'not_attempted', task_id = '', how = '', error_code = '',"
        " error_msg = '' WHERE status = 'skipped'"
    )


def require_moved(
    connection: sqlite3.Connection, replaced: Mapping[str, str], *, given: Iterable[str]
) -> None:
    """
    Require that rows of files other than the *given* ones do not have a *replaced* default.

    The journal does not contain which of these rows specify the value themselves.

    Raises:
        SettingsError: a file has such rows.

    """
    for column in ("project_id", "instance_id"):
        found = connection.execute(
            f"""
            SELECT DISTINCT file FROM rows JOIN sources ON sources.id = rows.source
            WHERE is_current AND {column} = ? AND file NOT IN (SELECT value FROM json_each(?))
            """,  # noqa: S608 # a constant
            (replaced.get(column), json_list(given)),
        ).fetchall()
        if found:
            files = ", ".join(file for (file,) in found)
            msg = (
                f"rows of {files} have the earlier {column} {replaced[column]}; give all files of"
                " the batch in one command, or choose another folder with --results"
            )
            raise SettingsError(msg)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownTask:
    """
    A task whose last attempt may have created it.

    Attributes:
        pending: the task.
        intent: number of its last intent.
        http_status: status of the response, ``None`` if there was none.
        error_code: code of the response, empty if there was none.
        reason: message of the response, or the reason in words.
        is_recorded: True if the end of the attempt was recorded.
        may_resend: True if it belongs to the work of this run: it is sent again if it is absent.

    """

    pending: Pending
    intent: int
    http_status: int | None
    error_code: str
    reason: str
    is_recorded: bool
    may_resend: bool


class Work:
    """
    The tasks that a run has to create or to reconcile.

    Args:
        connection: connection of the journal.

    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def select_from_input(self) -> None:
        """Select the selected rows of the files that were given last."""
        self._begin()
        self._connection.execute(
            """
            INSERT OR IGNORE INTO work (task, source, row)
            SELECT rows.task, rows.source, rows.number
            FROM rows JOIN tasks ON tasks.id = rows.task
            WHERE rows.is_current AND rows.is_selected AND tasks.status IN ('not_attempted', 'failed', 'unknown')
            ORDER BY rows.source, rows.number
            """
        )

    def select_for_retry(self, only: Sequence[str] = ()) -> None:
        """
        Select every row that is not created.

        Rows that were skipped because their tasks existed before are selected only by their status.

        Args:
            only: statuses and error codes to select; empty for all.

        """
        self._begin()
        self._connection.execute(
            """
            INSERT OR IGNORE INTO work (task, source, row)
            SELECT rows.task, rows.source, rows.number
            FROM rows JOIN tasks ON tasks.id = rows.task
            WHERE rows.is_current AND tasks.status <> 'created'
              AND (
                  ?1 = '[]' AND tasks.status <> 'skipped'
                  OR tasks.status IN (SELECT value FROM json_each(?1))
                  OR tasks.error_code IN (SELECT value FROM json_each(?1))
              )
            ORDER BY rows.source, rows.number
            """,
            (json_list(only),),
        )

    def limit_to(self, limit: int) -> None:
        """Keep only the first *limit* tasks to send, and all unknown and skipped tasks."""
        self._connection.execute(
            """
            DELETE FROM work WHERE number NOT IN (
                SELECT number FROM work JOIN tasks ON tasks.id = work.task
                WHERE tasks.status NOT IN ('unknown', 'skipped') ORDER BY number LIMIT ?
            ) AND task NOT IN (SELECT id FROM tasks WHERE status IN ('unknown', 'skipped'))
            """,
            (limit,),
        )

    def count_per_target(self, *, is_skipped: bool = False) -> dict[Target, int]:
        """
        Count the tasks to send per target, in input order of their first rows.

        Args:
            is_skipped: count the skipped tasks whose names are checked again, instead.

        """
        found = self._connection.execute(
            """
            SELECT targets.endpoint, targets.project_id, targets.instance_id, count(*)
            FROM work JOIN tasks ON tasks.id = work.task JOIN targets ON targets.id = tasks.target
            WHERE tasks.status <> 'unknown' AND (tasks.status = 'skipped') = ?
            GROUP BY targets.id ORDER BY min(work.number)
            """,
            (is_skipped,),
        )
        return {
            Target(endpoint=endpoint, project_id=project, instance_id=instance): count
            for endpoint, project, instance, count in found
        }

    def pending(self, *, after: int, limit: int) -> tuple[list[Pending], int]:
        """
        Return the next tasks to send, in input order, and the number for the next call.

        A task that failed during this run is not returned twice, because the numbers only increase.

        Args:
            after: number that the previous call returned; 0 in the first call.
            limit: maximum number of tasks.

        """
        found = self._connection.execute(
            f"""
            SELECT work.number, {_TASK}
            FROM work JOIN tasks ON tasks.id = work.task
            JOIN rows ON rows.source = work.source AND rows.number = work.row
            JOIN sources ON sources.id = work.source JOIN targets ON targets.id = tasks.target
            WHERE work.number > ? AND tasks.status <> 'unknown'
            ORDER BY work.number LIMIT ?
            """,  # noqa: S608 # a list of columns
            (after, limit),
        ).fetchall()
        return [read_pending(row[1:]) for row in found], found[-1][0] if found else after

    def existing(self, target: Target, names: Iterable[str]) -> list[tuple[int, str]]:
        """Return number and name of the tasks to send to *target* that have one of *names*."""
        return list(
            self._connection.execute(
                """
                SELECT tasks.id, tasks.name FROM work
                JOIN tasks ON tasks.id = work.task JOIN targets ON targets.id = tasks.target
                WHERE tasks.status <> 'unknown'
                  AND (targets.endpoint, targets.project_id, targets.instance_id) = (?1, ?2, ?3)
                  AND tasks.name IN (SELECT value FROM json_each(?4))
                ORDER BY work.number
                """,
                (target.endpoint, target.project_id, target.instance_id, json_list(names)),
            )
        )

    def skip(self, found: Mapping[int, TaskId]) -> None:
        """
        Mark tasks as skipped because the service lists them already, with these ids.

        Other selected tasks that were skipped earlier become not attempted: their names are free.
        """
        self._connection.executemany(
            """
            UPDATE tasks SET status = 'skipped', task_id = ?, error_code = '', http_status = NULL,
                not_sent_reason = '',
                error_msg = 'a task with this name existed before this batch'
            WHERE id = ?
            """,
            [(task_id, task) for task, task_id in found.items()],
        )
        self._connection.executemany(
            "DELETE FROM work WHERE task = ?", [(task,) for task in found]
        )
        self._connection.execute(
            """
            UPDATE tasks SET status = 'not_attempted', task_id = '', error_msg = ''
            WHERE status = 'skipped' AND id IN (SELECT task FROM work)
            """
        )

    def find_unknown(self) -> list[UnknownTask]:
        """Return the unknown tasks of all rows, in the order of their last intents."""
        found = self._connection.execute(
            """
            SELECT max(intents.id), tasks.http_status, tasks.error_code, tasks.error_msg, work.number IS NOT NULL,
                   tasks.finished_ms IS NOT NULL,
                   tasks.id, tasks.name, rows.body, rows.number, sources.file, sources.sheet,
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
            UnknownTask(
                pending=read_pending(row[6:]),
                intent=row[0],
                http_status=row[1],
                error_code=row[2],
                reason=row[3],
                may_resend=bool(row[4]),
                is_recorded=bool(row[5]),
            )
            for row in found
        ]

    def _begin(self) -> None:
        self._connection.execute(_WORK)
        self._connection.execute("DELETE FROM work")
