"""The database file of the journal: checks, lock, transactions, application of the log."""

import contextlib
import errno
import fcntl
import os
import socket
import sqlite3
import stat
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import chain
from pathlib import Path
from typing import ClassVar, Final, Self

from batchcreate.errors import JournalError, JournalLockedError, SettingsError

REUSED_ID: Final = "the server answered with the task_id of another task"

# An intent without an outcome leaves its task unknown. So does an id that belongs to another
# task of the same instance: a server that hands it out twice has not created two tasks.
_FOLD: Final = """
WITH touched AS (
    SELECT task FROM intents
    WHERE id > (SELECT value FROM meta WHERE name = 'folded_intent')
    UNION
    SELECT intents.task FROM outcomes JOIN intents ON intents.id = outcomes.intent
    WHERE outcomes.id > (SELECT value FROM meta WHERE name = 'folded_outcome')
),
attempted AS (
    SELECT task, max(id) AS last, min(at_ms) AS first_ms, count(*) AS attempts, max(run) AS run
    FROM intents WHERE task IN (SELECT task FROM touched) GROUP BY task
),
answered AS (
    SELECT
        attempted.*,
        outcomes.*,
        outcomes.status = 'created' AND (
            row_number() OVER (
                PARTITION BY tasks.target, outcomes.task_id ORDER BY attempted.last
            ) > 1
            OR EXISTS (
                SELECT 1 FROM tasks AS other
                WHERE other.task_id = outcomes.task_id AND other.task_id <> ''
                AND other.target = tasks.target AND other.id <> attempted.task
            )
        ) AS is_reused
    FROM attempted
    JOIN tasks ON tasks.id = attempted.task
    LEFT JOIN outcomes ON outcomes.id = (
        SELECT max(id) FROM outcomes WHERE intent = attempted.last
    )
)
UPDATE tasks SET
    status = CASE WHEN is_reused THEN 'unknown' ELSE coalesce(answered.status, 'unknown') END,
    task_id = CASE WHEN is_reused THEN '' ELSE coalesce(answered.task_id, '') END,
    how = coalesce(answered.how, ''),
    http_status = answered.http_status,
    error_code = coalesce(answered.error_code, ''),
    error_msg = CASE WHEN is_reused THEN ? ELSE coalesce(answered.error_msg, '') END,
    attempts = answered.attempts,
    first_sent_ms = answered.first_ms,
    finished_ms = answered.at_ms,
    duration_ms = answered.duration_ms,
    sent_digest = CASE
        WHEN answered.last > (SELECT value FROM meta WHERE name = 'folded_intent')
        THEN tasks.digest ELSE tasks.sent_digest
    END,
    run = answered.run
FROM answered WHERE tasks.id = answered.task
"""


def apply_log(connection: sqlite3.Connection) -> None:
    """Fold every attempt and outcome that is not folded yet; the caller holds a transaction."""
    connection.execute(_FOLD, (REUSED_ID,))
    connection.execute(
        """
        UPDATE meta SET value = CASE name
            WHEN 'folded_intent' THEN (SELECT coalesce(max(id), 0) FROM intents)
            ELSE (SELECT coalesce(max(id), 0) FROM outcomes)
        END
        WHERE name IN ('folded_intent', 'folded_outcome')
        """
    )


ROWS_MAX: Final = 500
"""Rows for one INSERT: well below SQLite's limit of 32,766 values."""


def insert(connection: sqlite3.Connection, table: str, rows: Sequence[tuple[object, ...]]) -> None:
    """Insert *rows* in few steps: each step hands the interpreter's lock over twice."""
    for part in (rows[at : at + ROWS_MAX] for at in range(0, len(rows), ROWS_MAX)):
        connection.execute(
            _insertion(table, len(part[0]), len(part)), list(chain.from_iterable(part))
        )


@cache
def _insertion(table: str, width: int, rows: int) -> str:
    row = f"({', '.join('?' * width)})"
    return f"INSERT INTO {table} VALUES {', '.join([row] * rows)}"  # noqa: S608 # no values in it


_HOLDER_BYTES: Final = 256


@dataclass(frozen=True, slots=True)
class FolderLock:
    """An advisory lock on a file beside the journal, whose text names the holder."""

    NAME: ClassVar = "journal.lock"

    handle: int

    @classmethod
    def take(cls, folder: Path) -> Self:
        """
        Take the lock at once or not at all.

        Raises:
            JournalLockedError: another process holds it; the message names the holder.
            OSError: the file cannot be made, or is not a regular one.

        """
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        handle = os.open(folder / cls.NAME, flags, 0o600)
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise OSError(errno.EINVAL, f"{cls.NAME} is not a regular file")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(handle, _HOLDER_BYTES).decode("utf-8", "replace").strip()
            os.close(handle)
            msg = (
                f"{folder}: another run is working on this results folder "
                f"({holder or 'its holder is not known'}); wait for it or end it first"
            )
            raise JournalLockedError(msg) from None
        # The text only helps people; a full disk must not keep a run from being finished.
        with contextlib.suppress(OSError):
            os.truncate(handle, 0)
            os.pwrite(handle, f"process {os.getpid()} on {socket.gethostname()}\n".encode(), 0)
        return cls(handle)

    def release(self) -> None:
        """Let the next run in."""
        os.close(self.handle)


VERSION: Final = 2
"""Kept as SQLite's ``user_version``; any other one is refused."""

APPLICATION_ID: Final = 0x62637274
"""Marks the file as ours ("bcrt"), so that another program's database is never touched."""

NAME: Final = "journal.db"


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
        raise unusable(folder, error) from error


def require(path: Path) -> None:
    """Raise `SettingsError` where the journal at *path* does not exist."""
    if not path.exists():
        msg = f"{path.parent}: no {NAME} here; name the results folder of an earlier run"
        raise SettingsError(msg)


def unusable(folder: Path, error: OSError) -> SettingsError:
    """Return the error that says why *folder* cannot hold results."""
    return SettingsError(
        f"{folder}: cannot be used as the results folder ({error.strerror or error}); "
        "choose another one with --results"
    )


def connect(path: Path) -> sqlite3.Connection:
    """
    Open the database at *path*, making it where it does not exist.

    Raises:
        JournalLockedError: another program holds it.
        JournalError: it is damaged, of another version, or not a journal.

    """
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
            create_tables(connection)
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
    if mark != APPLICATION_ID and not (is_empty and mark == 0):
        msg = f"{path}: a database of another program; choose another folder with --results"
        raise JournalError(msg)
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version != VERSION and not is_empty:
        age, remedy = (
            ("a newer", "upgrade batchcreate")
            if version > VERSION
            else ("an older", "go on with that one, or choose another folder with --results")
        )
        msg = (
            f"{path}: written by {age} batchcreate (journal version {version}, this one reads "
            f"version {VERSION}); {remedy}"
        )
        raise JournalError(msg)


def _check_pages(connection: sqlite3.Connection, path: Path) -> None:
    with closing(connection.execute("PRAGMA quick_check(1)")) as cursor:
        verdict = cursor.fetchone()[0]
    if verdict != "ok":
        msg = f"{path}: damaged ({verdict}); restore it from a copy, or choose another folder"
        raise JournalError(msg)


def create_tables(connection: sqlite3.Connection) -> None:
    """Create the tables of an empty database."""
    connection.executescript(
        f"BEGIN IMMEDIATE;{_schema()}"
        f"PRAGMA application_id = {APPLICATION_ID};"
        f"PRAGMA user_version = {VERSION};COMMIT;"
    )


@cache
def _schema() -> str:
    return files(__package__).joinpath("schema.sql").read_text(encoding="utf-8")


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
