"""Opens and locks the journal of a results folder; refuses one that cannot be trusted."""

import contextlib
import json
import os
import sqlite3
import stat
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from batchcreate.errors import JournalError, JournalLockedError, SettingsError
from batchcreate.journal import queries, schema, work
from batchcreate.journal.folding import fold
from batchcreate.journal.lock import FolderLock
from batchcreate.journal.reading import Reading
from batchcreate.models import Issue, ResultRow, RunId, Summary, TaskId

NAME: Final = "journal.db"


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
            JournalError: it is damaged, of a newer version, or not a journal.
            SettingsError: *folder* cannot be used.

        """
        path = folder / NAME
        try:
            with contextlib.ExitStack() as undo:
                if not is_new_allowed:
                    _require(path)
                folders = make_folder(folder)
                lock = FolderLock.take(folder)
                undo.callback(lock.release)
                made = () if path.exists() else (path, folder / FolderLock.NAME, *folders)
                connection = _connect(path)
                undo.callback(connection.close)
                journal = cls(connection, lock, made)
                undo.pop_all()
                return journal
        except OSError as error:
            raise _unusable(folder, error) from error

    @classmethod
    def scratch(cls) -> Self:
        """Return a journal without a file that outlives it, for commands that send nothing."""
        # An empty name is a private file on disk that SQLite removes: memory stays flat.
        connection = sqlite3.connect("", isolation_level=None)
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA journal_mode = MEMORY")
        _lay_tables(connection)
        return cls(connection)

    @contextmanager
    def reading(self, *, endpoint: str, is_kept: bool = True) -> Iterator[Reading]:
        """
        Enroll the rows of all files of a run: all of them, or after an error none.

        Args:
            endpoint: what the keys of the tasks begin with.
            is_kept: ``False`` to undo everything at the end of the block.

        Raises:
            SettingsError: the journal belongs to another endpoint.

        """
        with transaction(self.connection, is_kept=is_kept):
            self._claim_endpoint(endpoint)
            yield Reading(self.connection)

    def fold(self) -> None:
        """Bring what a run appended into the tasks; what was sent and not answered is unknown."""
        with transaction(self.connection):
            fold(self.connection)

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

    def _claim_endpoint(self, endpoint: str) -> None:
        if not self.endpoint:
            self.connection.execute("INSERT INTO meta VALUES ('endpoint', ?)", (endpoint,))
        elif self.endpoint != endpoint:
            msg = (
                f"this results folder belongs to {self.endpoint}, but the run is for {endpoint}; "
                "choose another folder with --results, or the endpoint of the first run"
            )
            raise SettingsError(msg)


@contextmanager
def transaction(connection: sqlite3.Connection, *, is_kept: bool = True) -> Iterator[None]:
    """
    Commit what the block did, or undo it: after an error, and where *is_kept* is false.

    Raises:
        JournalError: the disk is full, or did not confirm what was written.

    """
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("COMMIT" if is_kept else "ROLLBACK")
    except sqlite3.Error as error:
        _undo(connection)
        msg = f"{NAME} cannot be written: {error}; free some space and run the same command again"
        raise JournalError(msg) from error
    except BaseException:
        _undo(connection)
        raise


def _undo(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        connection.execute("ROLLBACK")


def make_folder(folder: Path) -> list[Path]:
    """
    Make a results folder that only its owner can look into, or check the one that is there.

    Return the folders that were made, the innermost first.

    Raises:
        SettingsError: it cannot be made or written to.

    """
    try:
        made = [path for path in (folder, *folder.parents) if not path.exists()]
        # Another run may make it at the same moment; the lock decides between the two.
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for path in made:
            _sync_folder(path.parent)
        with tempfile.TemporaryFile(dir=folder):
            return made
    except OSError as error:
        raise _unusable(folder, error) from error


def _require(path: Path) -> None:
    if not path.exists():
        msg = f"{path.parent}: no {NAME} here; name the results folder of an earlier run"
        raise SettingsError(msg)


def _unusable(folder: Path, error: OSError) -> SettingsError:
    return SettingsError(
        f"{folder}: cannot be used as the results folder ({error.strerror or error}); "
        "choose another one with --results"
    )


def _connect(path: Path) -> sqlite3.Connection:
    is_new = not path.exists() and not path.is_symlink()
    if is_new:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, 0o600))
        _sync_folder(path.parent)
    elif not stat.S_ISREG(path.lstat().st_mode):
        msg = f"{path}: not a regular file; remove it or choose another folder with --results"
        raise JournalError(msg)
    connection = sqlite3.connect(path, isolation_level=None, timeout=0, check_same_thread=False)
    try:
        _prepare(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    try:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        is_empty = not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        # Before anything that writes, such as the next line: it may be somebody else's file.
        _check_owner(connection, path, is_empty=is_empty)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        if is_empty:
            _lay_tables(connection)
        _check_pages(connection, path)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
            msg = f"{path}: another program has this journal open; close it first"
            raise JournalLockedError(msg) from error
        msg = f"{path}: cannot be opened: {error}"
        raise JournalError(msg) from error
    except sqlite3.DatabaseError as error:
        msg = f"{path}: not a sound journal ({error}); restore it from a copy, or choose another folder"
        raise JournalError(msg) from error


def _check_owner(connection: sqlite3.Connection, path: Path, *, is_empty: bool) -> None:
    mark = connection.execute("PRAGMA application_id").fetchone()[0]
    if mark != schema.APPLICATION_ID and not (is_empty and mark == 0):
        msg = f"{path}: a database of another program; choose another folder with --results"
        raise JournalError(msg)
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > schema.VERSION:
        msg = (
            f"{path}: written by a newer batchcreate (journal version {version}, "
            f"this one knows up to {schema.VERSION}); upgrade batchcreate"
        )
        raise JournalError(msg)


def _check_pages(connection: sqlite3.Connection, path: Path) -> None:
    with closing(connection.execute("PRAGMA quick_check(1)")) as cursor:
        verdict = cursor.fetchone()[0]
    if verdict != "ok":
        msg = f"{path}: damaged ({verdict}); restore it from a copy, or choose another folder"
        raise JournalError(msg)


def _lay_tables(connection: sqlite3.Connection) -> None:
    connection.executescript(
        f"BEGIN IMMEDIATE;{schema.TABLES}"
        f"PRAGMA application_id = {schema.APPLICATION_ID};"
        f"PRAGMA user_version = {schema.VERSION};COMMIT;"
    )


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
