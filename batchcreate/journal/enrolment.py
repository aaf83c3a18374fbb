"""Enrolment of the input rows of a run."""

import json
import sqlite3
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import BinaryIO

from batchcreate.journal import input_files, row_versions
from batchcreate.journal.database import insert
from batchcreate.journal.row_versions import supersede
from batchcreate.models import (
    Column,
    Issue,
    Layout,
    Origin,
    Rejected,
    RepeatedRow,
    RowLocation,
    Target,
    Task,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedRow:
    """
    A row whose name stands in others as well.

    Attributes:
        source: number of its sheet in the journal.
        project_id: its own or the default.
        instance_id: its own or the default.
        row: the row.

    """

    source: int
    project_id: str
    instance_id: str
    row: RepeatedRow


class Names:
    """Holds the name of every row that has one; no longer than the connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._instances: dict[tuple[str, str], int] = {}
        # A temporary table lives in a file of its own, not in memory.
        connection.execute("DROP TABLE IF EXISTS temp.names")
        connection.execute(
            "CREATE TEMP TABLE names (instance INTEGER, name TEXT, source INTEGER, number INTEGER)"
        )

    def add(self, source: int, rows: Iterable[tuple[int, str, str, str]]) -> None:
        """Note row number, project, instance and task name of rows of *source*."""
        instances = self._instances
        values = [
            (instances.setdefault((project, instance), len(instances)), name, source, number)
            for number, project, instance, name in rows
        ]
        insert(self._connection, "names", values)

    def repeated(self) -> Iterator[list[NamedRow]]:
        """Yield the rows of each name that stands more than once for the same target."""
        targets = list(self._instances)
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
        for (instance, _), group in groupby(found, key=lambda row: row[:2]):
            project_id, instance_id = targets[instance]
            yield [
                NamedRow(
                    source=source,
                    project_id=project_id,
                    instance_id=instance_id,
                    row=RepeatedRow(
                        place=RowLocation(file=file, sheet=sheet, number=number),
                        column=Column(header=header, index=index),
                        task_name=name,
                    ),
                )
                for _, name, source, number, file, sheet, header, index in group
            ]


class Enrolment:
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
        row_versions.begin(connection)

    @property
    def is_first(self) -> bool:
        """Nothing was read into this journal before."""
        return self._reading == 1

    def add_content(self, file: BinaryIO) -> str:
        """Keep the bytes of an input file, where the journal is kept; return their SHA-256."""
        add = input_files.keep if self._is_kept else input_files.note
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
        row_versions.add(self._connection, self._source, found)

    def take_places(self) -> int:
        """
        Let rows of to-fix files take the places of the rows that they were made of.

        Return how many rows of this reading are not in the report for that.
        """
        return row_versions.apply_corrections(self._connection, self._reading)

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
