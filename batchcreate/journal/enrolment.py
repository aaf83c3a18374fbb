"""Enrolment of the input rows of a run."""

import json
import sqlite3
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import BinaryIO, Final, Protocol

from batchcreate.journal import input_files, row_versions
from batchcreate.journal.database import insert
from batchcreate.models import (
    Column,
    Issue,
    IssueRecord,
    Layout,
    Origin,
    RepeatedRow,
    RowLocation,
    RowRecord,
    Target,
    Task,
)

_INSERT_TASK: Final = """
INSERT INTO tasks (target, name, body, digest) VALUES (?, ?, ?, ?)
ON CONFLICT (target, name) DO UPDATE SET body = excluded.body, digest = excluded.digest
WHERE status IN ('not_attempted', 'failed', 'unknown') AND digest <> excluded.digest
"""

_INSERT_ROW: Final = """
INSERT INTO rows (
    source, number, task, digest, is_selected, task_name, project_id, instance_id
) VALUES (?, ?, (SELECT id FROM tasks WHERE target = ? AND name = ?), ?, ?, ?, ?, ?)
"""


class CheckedRows(Protocol):
    """Consecutive rows of one sheet after validation."""

    @property
    def chunk(self) -> "LoadedRows":
        """The rows as they were loaded."""
        ...

    @property
    def rejected(self) -> Sequence[RowRecord]:
        """The rows with an error, in row order."""
        ...

    @property
    def issues(self) -> Sequence[IssueRecord]:
        """The errors and warnings, in row order."""
        ...

    def tasks(self, endpoint: str) -> Iterable[Task]:
        """Return the tasks of the rows without an error, in row order."""
        ...

    def keys(self) -> Iterable[RowRecord]:
        """Return the rows that have a task name."""
        ...


class LoadedRows(Protocol):
    """Consecutive rows of one sheet before validation."""

    @property
    def numbers(self) -> Sequence[int]:
        """The row numbers."""
        ...

    @property
    def origins(self) -> Sequence[str]:
        """The origins of the rows; empty if the sheet has no such column."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolledInput:
    """
    Result of the enrolment of all input files of a run.

    Attributes:
        replaced: number of input rows that corrections from to-fix files replace.
        has_no_batch: True if rows come from a to-fix file whose batch is not in this journal.

    """

    replaced: int
    has_no_batch: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _NamedRow:
    """
    A row whose name is used more than once for the same target.

    Attributes:
        source: number of its sheet in the journal.
        project_id: from the row or the default.
        instance_id: from the row or the default.
        row: the row.

    """

    source: int
    project_id: str
    instance_id: str
    row: RepeatedRow


class _TaskNames:
    """Task names of all rows, in a temporary table that lives as long as the connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._instances: dict[tuple[str, str], int] = {}
        # SQLite keeps a temporary table in a separate file, not in memory.
        connection.execute("DROP TABLE IF EXISTS temp.names")
        connection.execute(
            "CREATE TEMP TABLE names (instance INTEGER, name TEXT, source INTEGER, number INTEGER)"
        )

    def add(self, source: int, rows: Iterable[RowRecord]) -> None:
        """Add the keys of rows of *source*."""
        instances = self._instances
        values = [
            (instances.setdefault((project, instance), len(instances)), name, source, number)
            for number, project, instance, name in rows
        ]
        insert(self._connection, "names", values)

    def duplicates(self) -> Iterator[list[_NamedRow]]:
        """Yield the rows of each name that is used more than once for the same target."""
        targets = list(self._instances)
        found = self._connection.execute(
            """
            SELECT instance, name, source, number, file, sheet, name_heading, name_index
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
                _NamedRow(
                    source=source,
                    project_id=project_id,
                    instance_id=instance_id,
                    row=RepeatedRow(
                        location=RowLocation(file=file, sheet=sheet, number=number),
                        column=Column(heading=heading, index=index),
                        task_name=name,
                    ),
                )
                for _, name, source, number, file, sheet, heading, index in group
            ]


class Enrolment:
    """
    Enrolment of all input files in one transaction: `add` for each chunk, then `finish`.

    A row is identified by its key. A row that was sent is kept, even if it is missing in the
    newest version of its file; a row that was never sent is kept as long as its file has it.

    Args:
        connection: connection of the journal.
        endpoint: endpoint of the tasks; empty if only issues are recorded.
        has_contents: True if the content of the input files is stored.

    """

    def __init__(
        self, connection: sqlite3.Connection, *, endpoint: str, has_contents: bool
    ) -> None:
        self._connection = connection
        self._endpoint = endpoint
        self._has_contents = has_contents
        self._targets: dict[Target, int] = {}
        self._sources: dict[tuple[str, str], int] = {}
        newest = connection.execute("SELECT coalesce(max(enrolment), 0) FROM sources").fetchone()
        self._number: int = newest[0] + 1
        self._has_origins = False
        self._names = _TaskNames(connection)
        row_versions.begin(connection)

    def add_file(self, file: BinaryIO) -> str:
        """Store the content of an input file; return its SHA-256 in hex, for its layouts."""
        add = input_files.store if self._has_contents else input_files.register
        return add(self._connection, file)

    def add(
        self, rows: CheckedRows, layout: Layout, *, selection: Container[int] | None = None
    ) -> None:
        """
        Enrol consecutive rows of one sheet.

        Args:
            rows: the rows after validation.
            layout: layout of their sheet, with the SHA-256 of the file.
            selection: numbers of the rows that can be sent in this run; ``None`` for all rows.

        """
        source = self._source(layout)
        if self._endpoint:
            self._add_tasks(source, rows.tasks(self._endpoint), selection)
        self._add_rejected(source, rows.rejected)
        self._add_issues(source, rows.issues)
        self._names.add(source, rows.keys())
        self._add_origins(source, rows.chunk)

    def finish(
        self, duplicate_issues: Callable[[list[RepeatedRow]], Iterable[Issue]]
    ) -> EnrolledInput:
        """
        Reject duplicate names, apply corrections and replace earlier versions of the input.

        Args:
            duplicate_issues: returns the issues of one group of rows with the same target and
                name, one issue for each row, in the same order.

        """
        replaced = row_versions.apply_corrections(self._connection, self._number)
        self._reject_duplicates(duplicate_issues)
        row_versions.supersede_earlier(self._connection, self._number)
        is_first = self._number == 1
        return EnrolledInput(
            replaced=replaced, has_no_batch=self._has_origins and is_first and not replaced
        )

    def _source(self, layout: Layout) -> int:
        """Return the number of the sheet with *layout*; insert it on first use."""
        if (known := self._sources.get((layout.file, layout.sheet))) is not None:
            return known
        name_column = layout.columns["task_name"]
        columns = {name: (column.heading, column.index) for name, column in layout.columns.items()}
        cursor = self._connection.execute(
            """
            INSERT INTO sources (
                enrolment, file, sheet, header_row, encoding, delimiter, columns,
                name_heading, name_index, content
            ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, (SELECT id FROM contents WHERE digest = ?))
            """,
            (
                self._number,
                layout.file,
                layout.sheet,
                layout.header_row,
                layout.encoding,
                layout.delimiter,
                json.dumps(columns),
                name_column.heading,
                name_column.index,
                layout.content,
            ),
        )
        source = int(cursor.lastrowid or 0)
        self._sources[layout.file, layout.sheet] = source
        return source

    def _add_tasks(
        self, source: int, tasks: Iterable[Task], selection: Container[int] | None
    ) -> None:
        values = [
            (
                self._target(task.key.target),
                task.key,
                task.body,
                task.digest,
                task.location.number,
                selection is None or task.location.number in selection,
            )
            for task in tasks
        ]
        self._connection.executemany(
            _INSERT_TASK,
            ((target, key.task_name, body, digest) for target, key, body, digest, *_ in values),
        )
        self._connection.executemany(
            _INSERT_ROW,
            (
                (
                    source,
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

    def _add_rejected(self, source: int, rows: Iterable[RowRecord]) -> None:
        self._connection.executemany(
            "INSERT INTO rows (source, number, project_id, instance_id, task_name)"
            " VALUES (?, ?, ?, ?, ?)",
            ((source, *row) for row in rows),
        )

    def _add_origins(self, source: int, chunk: LoadedRows) -> None:
        """Record which rows of *chunk*, enrolled before, correct rows of other files."""
        found = [
            (number, origin)
            for number, text in zip(chunk.numbers, chunk.origins, strict=bool(chunk.origins))
            if (origin := Origin.parse(text)) is not None
        ]
        self._has_origins = self._has_origins or any(chunk.origins)
        row_versions.add(self._connection, source, found)

    def _reject_duplicates(
        self, duplicate_issues: Callable[[list[RepeatedRow]], Iterable[Issue]]
    ) -> None:
        """Reject every row whose name is used more than once for the same target."""
        for group in list(self._names.duplicates()):
            # A check enrols only rejected rows; a duplicate can be a row without other issues.
            self._connection.executemany(
                """
                INSERT INTO rows (source, number, task_name, project_id, instance_id)
                VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (source, number) DO UPDATE SET task = NULL
                """,
                (
                    (
                        named.source,
                        named.row.location.number,
                        named.row.task_name,
                        named.project_id,
                        named.instance_id,
                    )
                    for named in group
                ),
            )
            found = duplicate_issues([named.row for named in group])
            for named, issue in zip(group, found, strict=True):
                self._add_issues(named.source, [_record(issue)])

    def _add_issues(self, source: int, issues: Iterable[IssueRecord]) -> None:
        """Add issues after the earlier ones of their rows."""
        self._connection.executemany(
            """
            INSERT INTO issues VALUES (
                ?1, ?2,
                (SELECT count(*) FROM issues WHERE source = ?1 AND number = ?2),
                ?3, ?4, ?5, ?6, ?7, ?8, ?9
            )
            """,
            ((source, *issue) for issue in issues),
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


def _record(issue: Issue) -> IssueRecord:
    return IssueRecord(
        issue.location.number,
        issue.column,
        issue.cell,
        issue.value,
        issue.rule,
        issue.message,
        issue.suggestion,
        issue.severity,
    )
