"""Journal of a results folder: opens and locks it, and gives access to its content."""

import contextlib
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import BinaryIO, Final, Self

from batchcreate.errors import JournalError, SettingsError
from batchcreate.journal import deletions, input_files, queries
from batchcreate.journal.cause_groups import GROUPS_MAX, cause_groups, warning_groups
from batchcreate.journal.database import (
    NAME,
    FolderLock,
    apply_log,
    connect,
    create_tables,
    make_folder,
    require,
    transaction,
    unusable,
)
from batchcreate.journal.deletions import CreatedTask
from batchcreate.journal.enrolment import Enrolment
from batchcreate.journal.evidence import AuditRecords, add_listed
from batchcreate.journal.input_versions import forget_unused
from batchcreate.journal.statistics import Statistics
from batchcreate.journal.work import Work, has_intents, move_to_endpoint, require_moved
from batchcreate.journal.writer import Writer
from batchcreate.models import (
    CauseGroup,
    Deletion,
    Issue,
    Key,
    ResultRow,
    RowToFix,
    RunId,
    SheetToFix,
    Summary,
    Target,
    TaskId,
)

NO_DEFAULTS: Final[Mapping[str, str]] = MappingProxyType({})

_TARGET_NOUNS: Final = {
    "endpoint": "endpoint",
    "project_id": "project",
    "instance_id": "instance",
}
"""Values that are the same in all runs of a batch, with their names in messages."""


class Journal:
    """
    State of one batch: its rows and tasks, with their intents and outcomes.

    One run at a time can open it. Each change is a transaction that is synced to disk.

    Attributes:
        work: the tasks that the current run creates or reconciles.
        statistics: run history, latencies and shares for reports.
        audits: what an audit compares, and the last audit.

    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        lock: FolderLock | None = None,
        made: Sequence[Path] = (),
    ) -> None:
        self._connection = connection
        self._lock = lock
        self._made = made
        self.work = Work(connection)
        self.statistics = Statistics(connection)
        self.audits = AuditRecords(connection)
        self.apply_log()

    @classmethod
    def open(cls, folder: Path, *, is_new_allowed: bool = True) -> Self:
        """
        Open the journal in *folder*; create both if they do not exist.

        Raises:
            JournalLockedError: another run uses it.
            JournalError: it is damaged, of another version, or not a journal.
            SettingsError: *folder* cannot be used.

        """
        path = folder / NAME
        try:
            with contextlib.ExitStack() as undo:
                if not is_new_allowed:
                    require(path)
                folders = make_folder(folder)
                lock = FolderLock.take(folder)
                undo.callback(lock.release)
                made = () if path.exists() else (path, folder / FolderLock.NAME, *folders)
                connection = connect(path)
                undo.callback(connection.close)
                journal = cls(connection, lock, made)
                undo.pop_all()
                return journal
        except OSError as error:
            raise unusable(folder, error) from error

    @classmethod
    def scratch(cls) -> Self:
        """Return a temporary journal, for commands that send nothing."""
        # An empty name is a private file on disk that SQLite removes: memory does not grow.
        connection = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA page_size = 16384")  # fewer pages, since rows are only appended
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA journal_mode = MEMORY")
        create_tables(connection)
        return cls(connection)

    @contextmanager
    def enrol(
        self,
        *,
        endpoint: str,
        defaults: Mapping[str, str] = NO_DEFAULTS,
        is_kept: bool = True,
        at: str = "",
    ) -> Iterator[Enrolment]:
        """
        Enrol the rows of all input files of a run, or none of them after an error.

        Args:
            endpoint: endpoint of the tasks; empty if only issues are recorded.
            defaults: ``project_id`` and ``instance_id`` of rows that do not specify them.
            is_kept: ``False`` to roll everything back at the end of the block.
            at: time of the enrolment, UTC.

        Raises:
            SettingsError: tasks of the journal were sent with another endpoint or default; or
                rows of other files have the earlier default.

        """
        with transaction(self._connection, is_kept=is_kept):
            replaced = self._claim_target({"endpoint": endpoint, **defaults})
            has_contents = is_kept and self._lock is not None
            enrolment = Enrolment(
                self._connection, endpoint=endpoint, has_contents=has_contents, at=at
            )
            yield enrolment
            require_moved(self._connection, replaced, given=enrolment.files)
            # At the end, so that a new version can be compared with the one before.
            forget_unused(self._connection)

    def apply_log(self) -> None:
        """Update the tasks from the logged attempts; attempts without outcome are unknown."""
        with transaction(self._connection):
            apply_log(self._connection)

    @contextmanager
    def preview_log(self) -> Iterator[None]:
        """
        Update the tasks from the logged attempts until the end of the block only.

        Raises:
            JournalError: the journal cannot be read.

        """
        with transaction(self._connection, is_kept=False):
            apply_log(self._connection)
            yield

    def start_run(self, run_id: RunId, *, at: str) -> int:
        """Record the start of a run; return its number in this journal, counted from 1."""
        with transaction(self._connection):
            cursor = self._connection.execute(
                "INSERT INTO runs (run_id, started_at) VALUES (?, ?)", (run_id, at)
            )
        return int(cursor.lastrowid or 0)

    def finish_run(self, run: int, *, at: str, facts: Mapping[str, object]) -> None:
        """Record the end of run number *run*, with its *facts* (JSON values) for the summary."""
        with transaction(self._connection):
            self._connection.execute(
                "UPDATE runs SET finished_at = ?, facts = ? WHERE id = ?",
                (at, json.dumps(facts, sort_keys=True), run),
            )

    def writer(self, *, run: int, now_ms: Callable[[], int]) -> Writer:
        """
        Return the writer of run number *run*; nothing else uses the journal while it is open.

        Args:
            run: number of the run.
            now_ms: wall clock, in milliseconds since 1970.

        """
        return Writer(self._connection, run=run, now_ms=now_ms)

    def record_preflight(
        self, listed: Mapping[Target, Iterable[TaskId]], existing: Mapping[int, TaskId]
    ) -> None:
        """
        Record the result of a preflight.

        Args:
            listed: the ids in the task list of each instance.
            existing: tasks, given by number, that are skipped because they are listed already.

        """
        with transaction(self._connection):
            for target, ids in listed.items():
                add_listed(self._connection, target, ids)
            self.work.skip(existing)

    @property
    def endpoint(self) -> str:
        """The endpoint of the batch; empty before the first enrolment."""
        return self._target().get("endpoint", "")

    def defaults(self, given: Mapping[str, str]) -> Mapping[str, str]:
        """Return *given*, in which the defaults of the batch replace empty values."""
        target = self._target()
        return {name: value or target.get(name, "") for name, value in given.items()}

    def require_target(self, given: Mapping[str, str]) -> None:
        """
        Require that values of *given* are empty or those of the batch.

        Raises:
            SettingsError: a value differs; the message contains both.

        """
        target = self._target()
        differing = [
            name for name, value in given.items() if value and target.get(name, value) != value
        ]
        if differing:
            options = [_option(name, target[name]) for name in differing]
            msg = (
                f"this results folder belongs to {_describe(target, differing)}, but the run is "
                f"for {_describe(given, differing)}; choose another folder with --results, or "
                f"give the values of the first run: {' '.join(options)}"
            )
            raise SettingsError(msg)

    def last_run(self) -> tuple[RunId, dict[str, object]] | None:
        """Return the id and the facts of the last run that finished, or None."""
        found = self._connection.execute(
            "SELECT run_id, facts FROM runs WHERE finished_at <> '' ORDER BY id DESC LIMIT 1"
        ).fetchone()
        return None if found is None else (RunId(found[0]), json.loads(found[1]))

    def results(self) -> Iterator[ResultRow]:
        """Yield every row with its status, in input order."""
        return queries.results(self._connection)

    def other_columns(self) -> Sequence[str]:
        """Return the columns without a field of all rows; see `ResultRow.others`."""
        return queries.other_columns(self._connection)

    def not_created(self, *, limit: int) -> Iterator[ResultRow]:
        """Yield the first *limit* rows that are not created, in input order; skipped ones last."""
        return queries.not_created(self._connection, limit=limit)

    def issues(self) -> Iterator[Issue]:
        """Yield every issue, in input order."""
        return queries.issues(self._connection)

    def cause_groups(self, *, groups_max: int = GROUPS_MAX) -> list[CauseGroup]:
        """
        Return the rows that are not created, grouped by cause, largest group first.

        Args:
            groups_max: maximum number of causes; the other rows are one group for each status.

        """
        return cause_groups(self._connection, groups_max=groups_max)

    def warning_groups(
        self, *, groups_max: int = GROUPS_MAX, is_pending: bool = False
    ) -> list[CauseGroup]:
        """Return the warnings, grouped by rule and column heading, most frequent first."""
        return warning_groups(self._connection, groups_max=groups_max, is_pending=is_pending)

    def summary(self) -> Summary:
        """Count the rows per status."""
        return queries.summary(self._connection)

    def count_waiting(self, *, other_than: Sequence[str]) -> int:
        """Count the rows that are not attempted in other inputs than those with these labels."""
        return queries.count_waiting(self._connection, other_than)

    def sheets_to_fix(self) -> Sequence[SheetToFix]:
        """Return the sheets with rows to fix, in input order."""
        return queries.sheets_to_fix(self._connection)

    def rows_to_fix(self, sheet: SheetToFix) -> Iterator[RowToFix]:
        """Yield all rows of *sheet*, in row order."""
        return queries.rows_to_fix(self._connection, sheet)

    def labels(self) -> Sequence[str]:
        """Return the labels of all inputs, in input order."""
        return queries.labels(self._connection)

    def open_input_file(self, digest: str) -> AbstractContextManager[BinaryIO]:
        """
        Open a temporary copy of the stored input file with this SHA-256.

        Raises:
            JournalError: it is not stored, or damaged.

        """
        return input_files.open_copy(self._connection, digest)

    def has_input_file(self, digest: str) -> bool:
        """Return True if the input file with this SHA-256 is stored."""
        return input_files.is_stored(self._connection, digest)

    def created_tasks(self) -> Sequence[CreatedTask]:
        """Return the tasks that this batch created, without deleted ones, in input order."""
        return deletions.created_tasks(self._connection)

    def deletions(self) -> Iterator[tuple[Key, TaskId, Deletion]]:
        """Yield every deletion that undo requested, with its outcome."""
        return deletions.deletions(self._connection)

    def close(self) -> None:
        """Close the file and release the lock."""
        self._connection.close()
        if self._lock is not None:
            self._lock.release()

    def discard(self) -> None:
        """Remove the files and folders that this object created, if there are no rows."""
        made, self._made = self._made, ()
        if not made or self._connection.execute("SELECT 1 FROM rows").fetchone():
            return
        self._connection.close()
        for path in made:
            with contextlib.suppress(OSError):
                path.rmdir() if path.is_dir() else path.unlink()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
        # Queries need space for temporary files; errors of changes are translated where they occur.
        if isinstance(error, sqlite3.Error):
            msg = f"{NAME} cannot be read: {error}; free some space and run the same command again"
            raise JournalError(msg) from error

    def _target(self) -> dict[str, str]:
        """Return the endpoint and the defaults of the batch, as far as they are known."""
        names = ", ".join(f"'{name}'" for name in _TARGET_NOUNS)
        found = self._connection.execute(
            f"SELECT name, value FROM meta WHERE name IN ({names})"  # noqa: S608 # constants
        )
        return dict(found)

    def _claim_target(self, target: Mapping[str, str]) -> Mapping[str, str]:
        """Record the *target* of a batch without intents; return the values that it replaces."""
        if has_intents(self._connection):
            self.require_target(target)
        earlier = self._target()
        given = {name: value for name, value in target.items() if value}
        self._connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", given.items())
        replaced = {
            name: earlier[name]
            for name, value in given.items()
            if earlier.get(name, value) != value
        }
        if replaced:
            move_to_endpoint(self._connection, target["endpoint"])
        return replaced


def _describe(target: Mapping[str, str], names: Iterable[str]) -> str:
    return " and ".join(f"{_TARGET_NOUNS[name]} {target[name]}" for name in names)


def _option(name: str, value: str) -> str:
    if (name, value) == ("endpoint", "simulator"):
        return "--simulate"
    return f"--{name.replace('_', '-')} {value}"
