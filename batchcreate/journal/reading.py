"""Enrolls the rows of a run: what is new, what moved, what was there before."""

import json
import sqlite3
from collections.abc import Callable, Container, Iterable, Sequence
from typing import BinaryIO

from batchcreate.journal import contents, origins
from batchcreate.journal.names import Names
from batchcreate.journal.superseding import supersede
from batchcreate.models import Issue, Layout, Origin, Rejected, RepeatedRow, Target, Task


class Reading:
    """
    One pass over all input files, inside one transaction.

    A row is known by its key. A row that was sent is never forgotten, even when it has gone
    from its file; a row that was never sent lives as long as its file says so.
    """

    def __init__(self, connection: sqlite3.Connection, *, is_kept: bool = True) -> None:
        self._connection = connection
        self._is_kept = is_kept
        self._targets: dict[Target, int] = {}
        newest = connection.execute("SELECT coalesce(max(reading), 0) FROM sources").fetchone()
        self._reading: int = newest[0] + 1
        self._source = 0
        self._names = Names(connection)
        origins.begin(connection)

    @property
    def is_first(self) -> bool:
        """Nothing was read into this journal before."""
        return self._reading == 1

    def add_content(self, file: BinaryIO) -> str:
        """Keep the bytes of an input file, where the journal is kept; return their SHA-256."""
        add = contents.keep if self._is_kept else contents.note
        return add(self._connection, file)

    def open_sheet(self, layout: Layout) -> None:
        """Begin with the rows of the sheet of *layout*, whose content is there already."""
        name_column = layout.columns["task_name"]
        columns = {name: (column.header, column.index) for name, column in layout.columns.items()}
        cursor = self._connection.execute(
            """
            INSERT INTO sources (
                reading, file, sheet, header_number, encoding, delimiter, columns,
                name_header, name_index, content
            ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, (SELECT id FROM contents WHERE digest = ?))
            """,
            (
                self._reading,
                layout.file,
                layout.sheet,
                layout.number,
                layout.encoding,
                layout.delimiter,
                json.dumps(columns),
                name_column.header,
                name_column.index,
                layout.content,
            ),
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
        self._names.add(self._source, rows)

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

    def add_origins(self, numbers: Iterable[int], texts: Sequence[str]) -> None:
        """
        Note which rows stand for rows of other files; they are enrolled already.

        Args:
            numbers: of rows of the open sheet.
            texts: for each of them what its origin column says; nothing where it has none.

        """
        found = [
            (number, origin)
            for number, text in zip(numbers, texts, strict=bool(texts))
            if (origin := Origin.parse(text)) is not None
        ]
        origins.add(self._connection, self._source, found)

    def take_places(self) -> int:
        """
        Let rows of to-fix files take the places of the rows that they were made of.

        Return how many rows of this reading are not in the report for that.
        """
        return origins.settle(self._connection, self._reading)

    def reject_repeated(self, explain: Callable[[list[RepeatedRow]], Iterable[Issue]]) -> None:
        """
        Reject every row whose name stands more than once for the same target.

        Args:
            explain: makes the issues of one group of rows, one for each row, in their order.

        """
        for group in list(self._names.repeated()):
            # A check has not enrolled the rows that break no other rule.
            self._connection.executemany(
                """
                INSERT INTO rows (source, number, task_name, project_id, instance_id)
                VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (source, number) DO UPDATE SET task = NULL
                """,
                (
                    (
                        named.source,
                        named.row.place.number,
                        named.row.task_name,
                        named.project_id,
                        named.instance_id,
                    )
                    for named in group
                ),
            )
            found = explain([named.row for named in group])
            for named, issue in zip(group, found, strict=True):
                self._add_issues(named.source, named.row.place.number, [issue])

    def rejected_count(self) -> int:
        """Count the rows of this reading that broke a rule."""
        found = self._connection.execute(
            """
            SELECT count(*) FROM rows JOIN sources ON sources.id = rows.source
            WHERE rows.task IS NULL AND sources.reading = ?
            """,
            (self._reading,),
        ).fetchone()
        return int(found[0])

    def settle_with_earlier(self) -> None:
        """Let this reading's rows take the place of the same rows of earlier readings."""
        supersede(self._connection, self._reading)

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
