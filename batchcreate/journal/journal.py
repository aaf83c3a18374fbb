"""The journal of a results folder: opened, locked, asked, closed."""

import contextlib
import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from batchcreate.errors import JournalError, SettingsError
from batchcreate.journal import queries, work
from batchcreate.journal.database import (
    NAME,
    FolderLock,
    apply_log,
    connect,
    lay_tables,
    make_folder,
    require,
    transaction,
    unusable,
)
from batchcreate.journal.enrolment import Enrolment
from batchcreate.models import Issue, ResultRow, RunId, Summary, TaskId


class Journal:
    """
    One batch: its rows, its tasks, their intents and outcomes.

    Held by one run at a time. Every change is a transaction synced to disk before it counts.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        lock: FolderLock | None = None,
        made: Sequence[Path] = (),
    ) -> None:
        self.connection = connection
        self._lock = lock
        self._made = made
        self.fold()

    @classmethod
    def open(cls, folder: Path, *, is_new_allowed: bool = True) -> Self:
        """
        Open the journal in *folder*, making both where they do not exist.

        Raises:
            JournalLockedError: another run holds it.
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
        """Return a journal without a file that outlives it, for commands that send nothing."""
        # An empty name is a private file on disk that SQLite removes: memory stays flat.
        connection = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA journal_mode = MEMORY")
        lay_tables(connection)
        return cls(connection)

    @contextmanager
    def reading(self, *, endpoint: str, is_kept: bool = True) -> Iterator[Enrolment]:
        """
        Enroll the rows of all files of a run: all of them, or after an error none.

        Args:
            endpoint: what the keys of the tasks begin with.
            is_kept: ``False`` to undo everything at the end of the block.

        Raises:
            SettingsError: tasks of the journal were sent to another endpoint.

        """
        with transaction(self.connection, is_kept=is_kept):
            self._claim_endpoint(endpoint)
            yield Enrolment(self.connection, is_kept=is_kept and self._lock is not None)

    def fold(self) -> None:
        """Bring what a run appended into the tasks; what was sent and not answered is unknown."""
        with transaction(self.connection):
            apply_log(self.connection)

    def start_run(self, run_id: RunId, *, at: str) -> int:
        """Note that a run started; return its number in this journal, counted from 1."""
        with transaction(self.connection):
            cursor = self.connection.execute(
                "INSERT INTO runs (run_id, started_at) VALUES (?, ?)", (run_id, at)
            )
        return int(cursor.lastrowid or 0)

    def finish_run(self, run: int, *, at: str, facts: Mapping[str, object]) -> None:
        """Note when run number *run* ended, and its *facts* for the summary (JSON values)."""
        with transaction(self.connection):
            self.connection.execute(
                "UPDATE runs SET finished_at = ?, facts = ? WHERE id = ?",
                (at, json.dumps(facts, sort_keys=True), run),
            )

    def skip_existing(self, found: Mapping[int, TaskId]) -> None:
        """Note that the server had these tasks, by their numbers, before the batch."""
        with transaction(self.connection):
            work.skip(self.connection, found)

    @property
    def endpoint(self) -> str:
        """The endpoint that the journal belongs to; empty before its first reading."""
        found = self.connection.execute(
            "SELECT value FROM meta WHERE name = 'endpoint'"
        ).fetchone()
        return "" if found is None else str(found[0])

    def last_run(self) -> tuple[RunId, dict[str, object]] | None:
        """Return the id and the facts of the last run that ended, if one did."""
        found = self.connection.execute(
            "SELECT run_id, facts FROM runs WHERE finished_at <> '' ORDER BY id DESC LIMIT 1"
        ).fetchone()
        return None if found is None else (RunId(found[0]), json.loads(found[1]))

    def results(self) -> Iterator[ResultRow]:
        """Yield every row and what became of it, in input order."""
        return queries.results(self.connection)

    def issues(self) -> Iterator[Issue]:
        """Yield every broken rule, in input order."""
        return queries.issues(self.connection)

    def instances(self) -> Sequence[tuple[str, str]]:
        """Return project and instance of every row that names both, each pair once."""
        return queries.instances(self.connection)

    def summary(self) -> Summary:
        """Count the rows per status."""
        return queries.summary(self.connection)

    def close(self) -> None:
        """Fold the write-ahead log into the file and let the next run in."""
        self.connection.close()
        if self._lock is not None:
            self._lock.release()

    def discard(self) -> None:
        """Remove the files and folders that this object made, if nothing was enrolled."""
        made, self._made = self._made, ()
        if not made or self.connection.execute("SELECT 1 FROM rows").fetchone():
            return
        self.connection.close()
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
        # Reading takes space as well, for temporary files; changes are translated where they fail.
        if isinstance(error, sqlite3.Error):
            msg = f"{NAME} cannot be read: {error}; free some space and run the same command again"
            raise JournalError(msg) from error

    def _claim_endpoint(self, endpoint: str) -> None:
        if not self.endpoint:
            self.connection.execute("INSERT INTO meta VALUES ('endpoint', ?)", (endpoint,))
        elif self.endpoint == endpoint:
            return
        elif not work.has_intents(self.connection):
            work.move_to_endpoint(self.connection, endpoint)
        else:
            msg = (
                f"this results folder belongs to {self.endpoint}, but the run is for {endpoint}; "
                "choose another folder with --results, or the endpoint of the first run"
            )
            raise SettingsError(msg)
