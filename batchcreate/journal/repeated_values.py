# ruff: noqa: S608 # the statements contain constants only
"""Values that must be unique in a batch: rows of any input that repeat one are rejected."""

import json
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import groupby, islice
from typing import Final

from batchcreate.journal.unique_values import UniqueValues, ValueOfRow
from batchcreate.models import Column, Issue, RepeatedValue, RowLocation
from batchcreate.rules import UNIQUE_FIELDS

RepeatedIssues = Callable[[list[RepeatedValue]], Iterable[Issue]]
"""Returns an issue for each row of a group that has no task, in the same order."""

_RULES: Final = tuple(f"{field}.repeated" for field in UNIQUE_FIELDS)
_CHUNK_ROWS: Final = 10_000
_CELL: Final = Issue._fields.index("column")

_OTHERS: Final = (
    "source IN (SELECT id FROM sources WHERE input NOT IN (SELECT value FROM json_each(:given)))"
)
_FREED: Final = f"is_current AND task IS NULL AND body IS NOT NULL AND {_OTHERS}"

_RESTORE: Final = (
    f"DELETE FROM issues WHERE {_OTHERS} AND rule IN (SELECT value FROM json_each(:rules))",
    f"INSERT OR IGNORE INTO tasks (target, name) SELECT target, task_name FROM rows WHERE {_FREED}",
    f"""
    UPDATE rows SET task = (
        SELECT id FROM tasks WHERE tasks.target = rows.target AND tasks.name = rows.task_name
    )
    WHERE {_FREED}
    """,
)

# Rows of the inputs that are not given now, and ids of tasks whose rows were removed.
_VALUES: Final = {
    "task_name": f"""
        SELECT source, number, project_id, instance_id, task_name FROM rows
        WHERE is_current AND is_compared AND {_OTHERS} ORDER BY source, number
    """,
    "task_id": f"""
        SELECT source, number, rows.project_id, rows.instance_id, given_id
        FROM rows LEFT JOIN tasks ON tasks.id = rows.task
        WHERE given_id <> '' AND (
            is_current AND {_OTHERS} OR NOT is_current AND tasks.status IN ('created', 'unknown')
        )
        ORDER BY source, number
    """,
}

_TASKS: Final = {
    "task_name": """
        SELECT rows.digest = tasks.sent_digest
        FROM rows JOIN tasks ON tasks.target = rows.target AND tasks.name = rows.task_name
        WHERE (source, number) = (?, ?) AND body IS NOT NULL
        AND tasks.status IN ('created', 'unknown')
    """,
    "task_id": """
        SELECT 1 FROM rows JOIN tasks ON tasks.id = rows.task
        WHERE (source, number) = (?, ?) AND tasks.status IN ('created', 'unknown')
    """,
}


class RepeatedValues:
    """
    Rejects repeated values in the newest versions of all inputs.

    The first row with the content of a task that exists, or may exist, *is* that task; the other
    rows with its name are rejected.

    Args:
        connection: connection of the journal.

    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._unique = {field: UniqueValues(connection, field) for field in UNIQUE_FIELDS}

    def __getitem__(self, field: str) -> UniqueValues:
        """Return the values of *field* in the rows that are enrolled now."""
        return self._unique[field]

    def restore(self, *, given: Collection[int]) -> None:
        """No longer reject the rows of other inputs than *given* that repeat a value."""
        values = {"given": json.dumps(list(given)), "rules": json.dumps(_RULES)}
        for statement in _RESTORE:
            self._connection.execute(statement, _used(values, statement))

    def reject(self, repeated_issues: RepeatedIssues, *, given: Collection[int]) -> None:
        """
        Reject the rows that repeat a value, in all inputs.

        Args:
            repeated_issues: returns the issues of one group of rows.
            given: numbers of the inputs that are enrolled now.

        """
        values = {"given": json.dumps(list(given))}
        for field, unique in self._unique.items():
            for source, rows in groupby(self._other_rows(field, values), lambda row: row[0]):
                while part := list(islice(rows, _CHUNK_ROWS)):
                    _, numbers, projects, instances, texts = zip(*part, strict=True)
                    unique.add(source, numbers, list(zip(projects, instances, strict=True)), texts)
        for field, unique in self._unique.items():
            for group in unique.repeated():
                in_order = sorted(group, key=lambda value: value.row)
                self._reject_group(field, in_order, repeated_issues)

    def _other_rows(
        self, field: str, values: Mapping[str, str]
    ) -> Iterator[tuple[int, int, str, str, str]]:
        return iter(self._connection.execute(_VALUES[field], _used(values, _VALUES[field])))

    def _reject_group(
        self, field: str, group: Sequence[ValueOfRow], repeated_issues: RepeatedIssues
    ) -> None:
        """Reject the rows of *group*, which have the same target and the same value of *field*."""
        owners = self._owners(field, group)
        late = [each for each in group if each.row not in owners]
        # A check enrols only rejected rows; a repeated value can be in a row without other issues.
        self._connection.executemany(
            """
            INSERT INTO rows (source, number, task_name, project_id, instance_id, fingerprint)
            VALUES (?, ?, ?, ?, ?, 0)
            ON CONFLICT (source, number) DO UPDATE SET task = NULL
            """,
            (
                (
                    *each.row,
                    each.text if field == "task_name" else "",
                    each.project_id,
                    each.instance_id,
                )
                for each in late
            ),
        )
        repeated = [self._repeated_value(field, each, each.row in owners) for each in group]
        for each, issue in zip(late, repeated_issues(repeated), strict=True):
            _insert_issue(self._connection, each.source, issue)

    def _owners(self, field: str, group: Sequence[ValueOfRow]) -> Collection[tuple[int, int]]:
        """Return the rows of *group* whose tasks exist or may exist; one row for each name."""
        found = {
            each.row: bool(task[0])
            for each in group
            if (task := self._connection.execute(_TASKS[field], each.row).fetchone())
        }
        if field == "task_name" and found:
            return {max(found, key=lambda row: found[row])}
        return found

    def _repeated_value(self, field: str, value: ValueOfRow, has_task: bool) -> RepeatedValue:  # noqa: FBT001 # private
        file, sheet, columns = self._connection.execute(
            "SELECT file, sheet, columns FROM sources WHERE id = ?", (value.source,)
        ).fetchone()
        heading, index = json.loads(columns)[field]
        return RepeatedValue(
            field=field,
            location=RowLocation(file=file, sheet=sheet, number=value.number),
            column=Column(heading=heading, index=index),
            value=value.text,
            has_task=has_task,
        )


def _used(values: Mapping[str, str], statement: str) -> dict[str, str]:
    """Return those of *values* that *statement* contains."""
    return {name: text for name, text in values.items() if f":{name}" in statement}


def _insert_issue(connection: sqlite3.Connection, source: int, issue: Issue) -> None:
    """Insert an issue of a row of the sheet *source* after the earlier issues of the row."""
    connection.execute(
        """
        INSERT INTO issues VALUES (
            ?1, ?2,
            (SELECT count(*) FROM issues WHERE source = ?1 AND number = ?2),
            ?3, ?4, ?5, ?6, ?7, ?8, ?9
        )
        """,
        (source, issue.number, *tuple(issue)[_CELL:]),
    )
