"""Enrolment of the input rows of a run, and of the versions of its files."""

import json
import sqlite3
from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from itertools import groupby
from operator import itemgetter
from typing import BinaryIO, Final, Protocol

from batchcreate.errors import SettingsError
from batchcreate.journal import input_files, row_versions
from batchcreate.journal.database import insert
from batchcreate.journal.input_versions import GivenFile, InputVersion, InputVersions
from batchcreate.journal.repeated_values import RepeatedIssues, RepeatedValues
from batchcreate.journal.row_versions import VersionChange
from batchcreate.models import (
    Column,
    Issue,
    Layout,
    RowRecord,
    Target,
    Task,
)
from batchcreate.rules import RULES

_encode: Final = json.JSONEncoder(ensure_ascii=False).encode

_FIELDS: Final = tuple(RULES)
_NUMBER: Final = Issue._fields.index("number")
_CELL: Final = Issue._fields.index("column")
"""Position of the first member of an issue that does not identify its row."""

_INSERT_TASK: Final = "INSERT OR IGNORE INTO tasks (target, name) VALUES (?, ?)"

_INSERT_ROW: Final = """
INSERT INTO rows (
    source, number, is_selected, task, target, body, digest, fingerprint, task_name, given_id,
    project_id, instance_id
) VALUES (
    ?, ?, ?, (SELECT id FROM tasks WHERE target = ?4 AND name = ?8), ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11
)
"""

_REJECTED: Final = (
    "rows (source, number, project_id, instance_id, task_name, fingerprint, given_id, is_compared)"
)

_SOURCES_PER_INPUT: Final = 1 << 16
"""Sheets of one input, in all versions; a row has the number of its sheet in its key."""

_SIMILAR_SHARE: Final = 0.5
"""Share of the rows that two versions of the same input have in common, if its path differs."""


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

    def fingerprints(self, fields: Sequence[str]) -> Sequence[int]:
        """Return a hash of the texts of each row in the columns of *fields*."""
        ...

    def others(self, columns: Sequence[Column]) -> Sequence[Sequence[str]]:
        """Return the texts of *columns*, which have no field, for each row, if they were read."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolledFile:
    """
    A given file as a version of its input.

    Attributes:
        file: the file.
        version: the version that it is.
        before: the version before it; None if this is the first, or if it was given before.

    """

    file: GivenFile
    version: InputVersion
    before: InputVersion | None


class Enrolment:
    """
    Enrolment of all input files in one transaction.

    For each file: `find_label`, `add_file`, `begin`, and `add` for each chunk; at the end
    `finish`. A row is identified by its key. The newest version of every input counts, whether or
    not it is given now.

    Args:
        connection: connection of the journal.
        endpoint: endpoint of the tasks; empty if only issues are recorded.
        has_contents: True if the content of the input files is stored.
        at: time of the enrolment, UTC.

    """

    def __init__(
        self, connection: sqlite3.Connection, *, endpoint: str, has_contents: bool, at: str
    ) -> None:
        self._connection = connection
        self._endpoint = endpoint
        self._has_contents = has_contents
        self._at = at
        self._targets: dict[Target, int] = {}
        self._sources: dict[tuple[str, str], int] = {}
        self._moved: dict[str, str] = {}
        self.versions = InputVersions(connection)
        self.files: dict[str, EnrolledFile] = {}
        self._unique = RepeatedValues(connection)
        connection.execute("UPDATE rows SET is_selected = 0 WHERE is_selected")

    def find_label(self, label: str, path: str) -> str:
        """Return the label of the input that the file at *path* belongs to; see `InputVersions`."""
        return self.versions.find_label(label, path, taken=self.files)

    def add_file(self, file: BinaryIO) -> str:
        """Store the content of an input file; return its SHA-256 in hex, for its layouts."""
        add = input_files.store if self._has_contents else input_files.register
        return add(self._connection, file)

    def open_content(self, content: str) -> AbstractContextManager[BinaryIO]:
        """Open a temporary copy of the stored input file with this SHA-256."""
        return input_files.open_copy(self._connection, content)

    def begin(self, file: GivenFile) -> None:
        """
        Begin the enrolment of a file: it is a version of its input.

        Raises:
            SettingsError: the same input is given twice, or the file corrects another batch or
                an older version.

        """
        if (other := self.files.get(file.label)) is not None:
            msg = (
                f"{file.path} and {other.file.path} are versions of the same file {file.label}."
                " Give one of them. Nothing was sent."
            )
            raise SettingsError(msg)
        newest = self.versions.newest(file.label)
        version = self.versions.add(file, at=self._at) if self._endpoint else self._checked(file)
        before = newest if newest and newest.id != version.id else None
        self.files[file.label] = EnrolledFile(file=file, version=version, before=before)
        if file.stamp is None and file.path:
            known = self.versions.move(file.label, file.path)
            if before and known and known != file.path:
                self._moved[file.label] = known

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
        targets = rows.targets()
        facts = _RowFacts(rows.chunk) if self._endpoint else _RowFacts()
        numbers = rows.chunk.numbers
        for field, texts in rows.unique_values():
            self._unique[field].add(source, numbers, targets, texts)
            if self._endpoint:
                facts.add(field, numbers, texts)
        if self._endpoint:
            self._add_tasks(source, rows.tasks(self._endpoint), selection, facts)
        rejected = [(source, *row, *facts.of(row.number)) for row in rows.rejected]
        insert(self._connection, _REJECTED, rejected)
        self._add_issues(source, rows.issues)
        self._add_others(source, rows.chunk, layout.others)

    def finish(self, repeated_issues: RepeatedIssues) -> Mapping[str, VersionChange]:
        """
        Replace earlier versions of the input, and reject repeated values in all inputs.

        Args:
            repeated_issues: returns the issues of one group of rows with the same target and
                value, one issue for each row without a task, in the same order.

        Returns:
            The changes of each input that had an earlier version, by its label.

        Raises:
            SettingsError: a file in another folder has the name of an input, but other rows.

        """
        labels = {each.version.input: label for label, each in self.files.items()}
        self._unique.restore(given=labels)
        changes = row_versions.replace_rows(self._connection, self._sources.values(), labels)
        by_label = {labels[number]: change for number, change in changes.items()}
        for label, known in self._moved.items():
            _require_similar(self.files[label].file, known, by_label.get(label))
        self._unique.reject(repeated_issues, given=labels)
        return by_label

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

    def _checked(self, file: GivenFile) -> InputVersion:
        """Return the version of a file that is only checked, whatever its stamp contains."""
        return self.versions.add(replace(file, stamp=None), at=self._at)

    def _source(self, layout: Layout) -> int:
        """Return the number of the sheet with *layout*; insert it on first use."""
        if (known := self._sources.get((layout.file, layout.sheet))) is not None:
            return known
        columns = {name: (column.heading, column.index) for name, column in layout.columns.items()}
        version = self.files[layout.file].version
        (last,) = self._connection.execute(
            "SELECT max(id) FROM sources WHERE input = ?", (version.input,)
        ).fetchone()
        source = version.input * _SOURCES_PER_INPUT if last is None else last + 1
        self._connection.execute(
            "INSERT INTO sheets VALUES (?, ?, ?, ?, ?, ?, ?, '[]')",
            (
                source,
                version.id,
                layout.sheet,
                layout.header_row,
                layout.encoding,
                layout.delimiter,
                json.dumps(columns),
            ),
        )
        self._sources[layout.file, layout.sheet] = source
        return int(source)

    def _add_tasks(
        self,
        source: int,
        tasks: Iterable[Task],
        selection: Container[int] | None,
        facts: "_RowFacts",
    ) -> None:
        values = [
            (
                source,
                (number := task.location.number),
                selection is None or number in selection,
                self._target(task.key.target),
                task.body,
                task.digest,
                facts.prints[number],
                task.key.task_name,
                facts.ids.get(number, ""),
                task.key.target.project_id,
                task.key.target.instance_id,
            )
            for task in tasks
        ]
        self._connection.executemany(
            _INSERT_TASK, ((target, name) for _, _, _, target, _, _, _, name, *_ in values)
        )
        self._connection.executemany(_INSERT_ROW, values)

    def _add_others(self, source: int, chunk: LoadedRows, columns: Sequence[Column]) -> None:
        """Record the texts of *columns*, which have no field, in the rows of *chunk*."""
        if not (rows := chunk.others(columns)):
            return
        headings = _encode([column.heading for column in columns])
        self._connection.execute("UPDATE sheets SET others = ? WHERE id = ?", (headings, source))
        self._connection.executemany(
            "UPDATE rows SET others = ? WHERE source = ? AND number = ?",
            (
                (_encode(texts), source, number)
                for number, texts in zip(chunk.numbers, rows, strict=True)
                if any(texts)
            ),
        )

    def _add_issues(self, source: int, issues: Iterable[Issue]) -> None:
        """Add the issues of new rows, which are in row order."""
        records = [
            (source, number, position, *issue[_CELL:])
            for number, group in groupby(issues, key=itemgetter(_NUMBER))
            for position, issue in enumerate(group)
        ]
        insert(self._connection, "issues", records)

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


class _RowFacts:
    """Hash of the texts of each row, and its values that must be unique, by row number."""

    def __init__(self, chunk: LoadedRows | None = None) -> None:
        self.prints: Mapping[int, int] = (
            dict(zip(chunk.numbers, chunk.fingerprints(_FIELDS), strict=True)) if chunk else {}
        )
        self.ids: Mapping[int, str] = {}
        self.compared: Collection[int] = ()

    def add(self, field: str, numbers: Sequence[int], texts: Sequence[str]) -> None:
        """Add the values of a field that must be unique."""
        found = {number: text for number, text in zip(numbers, texts, strict=True) if text}
        if field == "task_name":
            self.compared = found.keys()
        else:
            self.ids = found

    def of(self, number: int) -> tuple[int, str, bool]:
        """Return hash, id and whether the name is compared, of a rejected row."""
        return self.prints.get(number, 0), self.ids.get(number, ""), number in self.compared


def _require_similar(file: GivenFile, known: str, change: VersionChange | None) -> None:
    """Require that a file in another folder is a version of the input with its name."""
    if change is None or change.same >= _SIMILAR_SHARE * min(change.rows):
        return
    msg = (
        f"{file.path} has other rows than {known}, which has the same name and belongs to this"
        " batch. Give both files in one command, rename one of them, or choose another results"
        " folder with --results. Nothing was sent."
    )
    raise SettingsError(msg)
