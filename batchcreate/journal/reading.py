"""Enrolls the rows of a run: what is new, what moved, what was there before."""

import sqlite3
from collections.abc import Callable, Container, Iterable, Iterator
from itertools import groupby

from batchcreate.journal.superseding import supersede
from batchcreate.models import Column, Issue, Layout, Place, Rejected, RepeatedRow, Target, Task


class Reading:
    """
    One pass over all input files, inside one transaction.

    A row is known by its key. A row that was sent is never forgotten, even when it has gone
    from its file; a row that was never sent lives as long as its file says so.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._targets: dict[Target, int] = {}
        newest = connection.execute("SELECT coalesce(max(reading), 0) FROM sources").fetchone()
        self._reading: int = newest[0] + 1
        self._source = 0
        self._instances: dict[tuple[str, str], int] = {}
        # A temporary table lives in a file of its own, not in memory.
        connection.execute("DROP TABLE IF EXISTS temp.names")
        connection.execute(
            "CREATE TEMP TABLE names (instance INTEGER, name TEXT, source INTEGER, number INTEGER)"
        )

    def open_sheet(self, layout: Layout) -> None:
        """Begin with the rows of the sheet of *layout*."""
        name_column = layout.columns["task_name"]
        cursor = self._connection.execute(
            "INSERT INTO sources (reading, file, sheet, name_header, name_index)"
            " VALUES (?, ?, ?, ?, ?)",
            (self._reading, layout.file, layout.sheet, name_column.header, name_column.index),
        )
        self._source = int(cursor.lastrowid or 0)

    def add_tasks(self, tasks: Iterable[Task], *, selection: Container[int] | None = None) -> None:
        """
        Enroll valid rows of the open sheet.

        Args:
            tasks: in row order.
            selection: row numbers that may be sent in this run; ``None`` for all of them.

        """
        values = [
            (
                self._target(task.key.target),
                task.key,
                task.body,
                task.digest,
                task.place.number,
                selection is None or task.place.number in selection,
            )
            for task in tasks
        ]
        self._connection.executemany(
            """
            INSERT INTO tasks (target, name, body, digest) VALUES (?, ?, ?, ?)
            ON CONFLICT (target, name) DO UPDATE
            SET body = excluded.body, digest = excluded.digest
            WHERE status IN ('not_attempted', 'failed', 'unknown') AND digest <> excluded.digest
            """,
            ((target, key.task_name, body, digest) for target, key, body, digest, *_ in values),
        )
        self._connection.executemany(
            """
            INSERT INTO rows (
                source, number, task, digest, is_selected, task_name, project_id, instance_id
            ) VALUES (?, ?, (SELECT id FROM tasks WHERE target = ? AND name = ?), ?, ?, ?, ?, ?)
            """,
            (
                (
                    self._source,
                    number,
                    target,
                    key.task_name,
                    digest,
                    is_selected,
                    key.task_name,
                    key.target.project_id,
                    key.target.instance_id,
                )
                for target, key, _, digest, number, is_selected in values
            ),
        )

    def add_names(self, rows: Iterable[tuple[int, str, str, str]]) -> None:
        """
        Note the names of rows of the open sheet, so that repeated ones are found.

        Args:
            rows: row number, project, instance and task name, of every row that has a name.

        """
        instances, source = self._instances, self._source
        self._connection.executemany(
            "INSERT INTO names VALUES (?, ?, ?, ?)",
            (
                (instances.setdefault((project, instance), len(instances)), name, source, number)
                for number, project, instance, name in rows
            ),
        )

    def add_rejected(self, rows: Iterable[Rejected]) -> None:
        """Enroll rows of the open sheet that broke a rule."""
        rows = list(rows)
        self._connection.executemany(
            "INSERT INTO rows (source, number, task_name, project_id, instance_id)"
            " VALUES (?, ?, ?, ?, ?)",
            (
                (self._source, row.place.number, row.task_name, row.project_id, row.instance_id)
                for row in rows
            ),
        )
        for row in rows:
            self._add_issues(self._source, row.place.number, row.issues)

    def reject_repeated(self, explain: Callable[[list[RepeatedRow]], Iterable[Issue]]) -> None:
        """
        Reject every row whose name stands more than once for the same target.

        Args:
            explain: makes the issues of one group of rows, one for each row, in their order.

        """
        for group in list(self._repeated()):
            places = [(source, repeated.place.number) for source, repeated in group]
            found = explain([repeated for _, repeated in group])
            for (source, number), issue in zip(places, found, strict=True):
                self._add_issues(source, number, [issue])
            self._connection.executemany(
                "UPDATE rows SET task = NULL WHERE source = ? AND number = ?", places
            )

    def rejected_count(self) -> int:
        """Count the rows of this reading that broke a rule."""
        found = self._connection.execute(
            """
            SELECT count(*) FROM (SELECT DISTINCT source, number FROM issues) AS rejected
            JOIN sources ON sources.id = rejected.source WHERE sources.reading = ?
            """,
            (self._reading,),
        ).fetchone()
        return int(found[0])

    def settle_with_earlier(self) -> None:
        """Let this reading's rows take the place of the same rows of earlier readings."""
        supersede(self._connection, self._reading)

    def _repeated(self) -> Iterator[list[tuple[int, RepeatedRow]]]:
        found = self._connection.execute(
            """
            SELECT instance, name, source, number, file, sheet, name_header, name_index
            FROM names JOIN sources ON sources.id = names.source
            WHERE (instance, name) IN (
                SELECT instance, name FROM names GROUP BY instance, name HAVING count(*) > 1
            )
            ORDER BY instance, name, source, number
            """
        )
        for _, group in groupby(found, key=lambda row: row[:2]):
            yield [
                (
                    source,
                    RepeatedRow(
                        place=Place(file=file, sheet=sheet, number=number),
                        column=Column(header=header, index=index),
                        task_name=name,
                    ),
                )
                for _, name, source, number, file, sheet, header, index in group
            ]

    def _add_issues(self, source: int, number: int, issues: Iterable[Issue]) -> None:
        self._connection.executemany(
            """
            INSERT INTO issues VALUES (
                ?1, ?2,
                (SELECT count(*) FROM issues WHERE source = ?1 AND number = ?2),
                ?3, ?4, ?5, ?6, ?7, ?8
            )
            """,
            (
                (
                    source,
                    number,
                    issue.column,
                    issue.cell,
                    issue.value,
                    issue.rule,
                    issue.message,
                    issue.suggestion,
                )
                for issue in issues
            ),
        )

    def _target(self, target: Target) -> int:
        if target not in self._targets:
            values = (target.endpoint, target.project_id, target.instance_id)
            self._connection.execute(
                "INSERT OR IGNORE INTO targets (endpoint, project_id, instance_id)"
                " VALUES (?, ?, ?)",
                values,
            )
            found = self._connection.execute(
                "SELECT id FROM targets WHERE endpoint = ? AND project_id = ? AND instance_id = ?",
                values,
            ).fetchone()
            self._targets[target] = found[0]
        return self._targets[target]
