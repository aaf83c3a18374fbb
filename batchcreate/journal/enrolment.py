"""Enrolment of the input rows of a run."""

import json
import sqlite3
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import BinaryIO, Final, Protocol

from batchcreate.journal import input_files, row_versions
from batchcreate.journal.database import insert
from batchcreate.journal.unique_values import UniqueValues, ValueOfRow
from batchcreate.models import (
    Issue,
    Layout,
    Origin,
    RepeatedValue,
    RowLocation,
    RowRecord,
    Target,
    Task,
)
from batchcreate.rules import UNIQUE_FIELDS

_CELL: Final = Issue._fields.index("column")
"""Position of the first member of an issue that does not identify its row."""

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
    def issues(self) -> Sequence[Issue]:
        """The errors and warnings, in row order."""
        ...

    def tasks(self, endpoint: str) -> Iterable[Task]:
        """Return the tasks of the rows without an error, in row order."""
        ...

    def targets(self) -> Sequence[tuple[str, str]]:
        """Return project and instance of each row, or a single value for all rows."""
        ...

    def unique_values(self) -> Iterable[tuple[str, Sequence[str]]]:
        """Return the fields whose values must be unique, with the value of each row."""
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
        self._layouts: dict[int, Layout] = {}
        newest = connection.execute("SELECT coalesce(max(enrolment), 0) FROM sources").fetchone()
        self._number: int = newest[0] + 1
        self._has_origins = False
        self._unique = {field: UniqueValues(connection, field) for field in UNIQUE_FIELDS}
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
        targets = rows.targets()
        for field, texts in rows.unique_values():
            self._unique[field].add(source, rows.chunk.numbers, targets, texts)
        self._add_origins(source, rows.chunk)

    def finish(
        self, repeated_issues: Callable[[list[RepeatedValue]], Iterable[Issue]]
    ) -> EnrolledInput:
        """
        Reject repeated values, apply corrections and replace earlier versions of the input.

        Args:
            repeated_issues: returns the issues of one group of rows with the same target and
                value, one issue for each row, in the same order.

        """
        rows = self._unique["task_name"].rows()
        replaced, kept = row_versions.apply_corrections(self._connection, self._number, rows)
        for field, values in self._unique.items():
            for group in values.repeated():
                repeated = [each for each in group if kept is None or each.row in kept]
                if len(repeated) > 1:
                    self._reject_repeated(field, repeated, repeated_issues)
        row_versions.supersede_earlier(self._connection, self._number)
        is_first = self._number == 1
        return EnrolledInput(
            replaced=replaced, has_no_batch=self._has_origins and is_first and not replaced
        )

    def in_use(self, field: str, proposed: Mapping[tuple[str, int], str]) -> set[tuple[str, int]]:
        """
        Return the rows of *proposed* whose new value another row of the same target uses.

        Args:
            field: name of a field whose values must be unique.
            proposed: new values of rows of the only input file, by sheet and number.

        """
        sources = {sheet: source for (_, sheet), source in self._sources.items()}
        sheets = {source: sheet for sheet, source in sources.items()}
        by_source = {(sources[sheet], number): text for (sheet, number), text in proposed.items()}
        found = self._unique[field].in_use(by_source) if by_source else set()
        return {(sheets[source], number) for source, number in found}

    def _source(self, layout: Layout) -> int:
        """Return the number of the sheet with *layout*; insert it on first use."""
        if (known := self._sources.get((layout.file, layout.sheet))) is not None:
            return known
        columns = {name: (column.heading, column.index) for name, column in layout.columns.items()}
        cursor = self._connection.execute(
            """
            INSERT INTO sources (
                enrolment, file, sheet, header_row, encoding, delimiter, columns, content
            ) VALUES (?, ?, ?, ?, ?, ?, ?, (SELECT id FROM contents WHERE digest = ?))
            """,
            (
                self._number,
                layout.file,
                layout.sheet,
                layout.header_row,
                layout.encoding,
                layout.delimiter,
                json.dumps(columns),
                layout.content,
            ),
        )
        source = int(cursor.lastrowid or 0)
        self._sources[layout.file, layout.sheet] = source
        self._layouts[source] = layout
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
        origins = chunk.origins
        if not origins:
            return
        found = [
            (number, origin)
            for number, text in zip(chunk.numbers, origins, strict=True)
            if (origin := Origin.parse(text)) is not None
        ]
        self._has_origins = self._has_origins or any(origins)
        row_versions.add(self._connection, source, found)

    def _reject_repeated(
        self,
        field: str,
        group: Sequence[ValueOfRow],
        repeated_issues: Callable[[list[RepeatedValue]], Iterable[Issue]],
    ) -> None:
        """Reject the rows of *group*, which have the same target and the same value of *field*."""
        # A check enrols only rejected rows; a repeated value can be in a row without other issues.
        self._connection.executemany(
            """
            INSERT INTO rows (source, number, task_name, project_id, instance_id)
            VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (source, number) DO UPDATE SET task = NULL
            """,
            (
                (
                    *each.row,
                    each.text if field == "task_name" else "",
                    each.project_id,
                    each.instance_id,
                )
                for each in group
            ),
        )
        issues = repeated_issues([self._repeated_value(field, each) for each in group])
        for each, issue in zip(group, issues, strict=True):
            self._add_late_issue(each.source, issue)

    def _repeated_value(self, field: str, value: ValueOfRow) -> RepeatedValue:
        layout = self._layouts[value.source]
        return RepeatedValue(
            field=field,
            location=RowLocation(file=layout.file, sheet=layout.sheet, number=value.number),
            column=layout.columns[field],
            value=value.text,
        )

    def _add_issues(self, source: int, issues: Iterable[Issue]) -> None:
        """Add the issues of new rows, which are in row order."""
        records = [
            (source, number, position, *tuple(issue)[_CELL:])
            for number, group in groupby(issues, key=attrgetter("number"))
            for position, issue in enumerate(group)
        ]
        insert(self._connection, "issues", records)

    def _add_late_issue(self, source: int, issue: Issue) -> None:
        """Add an issue after the earlier issues of its row."""
        self._connection.execute(
            """
            INSERT INTO issues VALUES (
                ?1, ?2,
                (SELECT count(*) FROM issues WHERE source = ?1 AND number = ?2),
                ?3, ?4, ?5, ?6, ?7, ?8, ?9
            )
            """,
            (source, issue.number, *tuple(issue)[_CELL:]),
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
