"""Database file of the journal: checks, lock, transactions and application of the log."""

import contextlib
import errno
import fcntl
import os
import socket
import sqlite3
import stat
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import chain
from pathlib import Path
from typing import ClassVar, Final, Self

from batchcreate.errors import JournalError, JournalLockedError, SettingsError
from batchcreate.fsync import sync_folder
from batchcreate.journal.file_checks import refuse_emptied, refuse_older
from batchcreate.ownership import require_private

REUSED_ID: Final = "the server answered with the task_id of another task"

# A task is unknown if its last intent has no outcome, or if another task of the same instance has
# the same id: a server that returns an id twice has not created two tasks.
_APPLY_LOG: Final = """
WITH touched AS (
    SELECT task FROM intents
    WHERE id > (SELECT value FROM meta WHERE name = 'applied_intent')
    UNION
    SELECT intents.task FROM outcomes JOIN intents ON intents.id = outcomes.intent
    WHERE outcomes.id > (SELECT value FROM meta WHERE name = 'applied_outcome')
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
    not_sent_reason = coalesce(answered.not_sent_reason, ''),
    attempts = answered.attempts,
    first_sent_ms = answered.first_ms,
    finished_ms = answered.at_ms,
    duration_ms = answered.duration_ms,
    sent_digest = CASE
        WHEN answered.last > (SELECT value FROM meta WHERE name = 'applied_intent')
        THEN (
            SELECT digest FROM rows WHERE rows.task = tasks.id ORDER BY is_current DESC LIMIT 1
        )
        ELSE tasks.sent_digest
    END,
    run = answered.run
FROM answered WHERE tasks.id = answered.task
"""


def apply_log(connection: sqlite3.Connection) -> None:
    """Update the tasks from the intents and outcomes since the last call, inside a transaction."""
    connection.execute(_APPLY_LOG, (REUSED_ID,))
    connection.execute(
        """
        UPDATE meta SET value = CASE name
            WHEN 'applied_intent' THEN (SELECT coalesce(max(id), 0) FROM intents)
            ELSE (SELECT coalesce(max(id), 0) FROM outcomes)
        END
        WHERE name IN ('applied_intent', 'applied_outcome')
        """
    )


ROWS_MAX: Final = 500
"""Maximum number of rows of one INSERT, well below SQLite's limit of 32,766 values."""


def insert(connection: sqlite3.Connection, table: str, rows: Sequence[tuple[object, ...]]) -> None:
    """Insert *rows* with few statements: each statement releases and takes the GIL."""
    for part in (rows[at : at + ROWS_MAX] for at in range(0, len(rows), ROWS_MAX)):
        connection.execute(
            _insertion(table, len(part[0]), len(part)), list(chain.from_iterable(part))
        )


@cache
def _insertion(table: str, width: int, rows: int) -> str:
    row = f"({', '.join('?' * width)})"
    return f"INSERT INTO {table} VALUES {', '.join([row] * rows)}"  # noqa: S608 # contains no values


_HOLDER_BYTES: Final = 256
_HOLDER_READS: Final = 10
_HOLDER_PAUSE_S: Final = 0.05


@dataclass(frozen=True, slots=True)
class FolderLock:
    """Advisory lock on a file next to the journal; its text identifies the process."""

    NAME: ClassVar = "journal.lock"

    handle: int

    @classmethod
    def take(cls, folder: Path, *, pause: Callable[[float], None] = time.sleep) -> Self:
        """
        Take the lock without waiting for its release.

        Args:
            folder: the results folder.
            pause: waits a number of seconds for the text of a process that has just taken it.

        Raises:
            JournalLockedError: another process has it; the message identifies that process.
            OSError: the file cannot be created, or is not a regular file.

        """
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        handle = os.open(folder / cls.NAME, flags, 0o600)
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise OSError(errno.EINVAL, f"{cls.NAME} is not a regular file")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = _read_holder(handle, pause)
            os.close(handle)
            msg = (
                f"{folder}: another run is using this results folder "
                f"({holder or 'unknown process'}). Wait for it, or stop it"
            )
            raise JournalLockedError(msg) from None
        # The text is only for messages; a run must work on a full disk as well.
        with contextlib.suppress(OSError):
            os.truncate(handle, 0)
            os.pwrite(handle, f"process {os.getpid()} on {socket.gethostname()}\n".encode(), 0)
        return cls(handle)

    def release(self) -> None:
        """Release the lock; its text must not name this process when others have the lock."""
        with contextlib.suppress(OSError):
            os.truncate(self.handle, 0)
        os.close(self.handle)


def _read_holder(handle: int, pause: Callable[[float], None]) -> str:
    """Return the text of the lock file; the process that has the lock writes it after taking it."""
    for _ in range(_HOLDER_READS):
        if text := os.pread(handle, _HOLDER_BYTES, 0).decode("utf-8", "replace").strip():
            return text
        pause(_HOLDER_PAUSE_S)
    return ""


VERSION: Final = 5
"""Schema version, stored as SQLite's ``user_version``; other versions are refused."""

APPLICATION_ID: Final = 0x62637274
"""SQLite's ``application_id`` of a journal ("bcrt"): other databases are not modified."""

NAME: Final = "journal.db"

_REPORTS: Final = ("results.csv", "results.xlsx", "report.html", "summary.json", "log.jsonl")
"""Files that a folder without a journal does not contain, unless they belong to something else."""


@contextmanager
def transaction(connection: sqlite3.Connection, *, is_kept: bool = True) -> Iterator[None]:
    """
    Commit the changes of the block; roll them back after an error or if *is_kept* is false.

    Raises:
        JournalError: the changes could not be written, for example because the disk is full.

    """
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("COMMIT" if is_kept else "ROLLBACK")
    except sqlite3.Error as error:
        _roll_back(connection)
        msg = f"{NAME} cannot be written: {error}; free some space and run the same command again"
        raise JournalError(msg) from error
    except BaseException:
        _roll_back(connection)
        raise


def _roll_back(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        connection.execute("ROLLBACK")


def make_folder(folder: Path) -> list[Path]:
    """
    Create a results folder that only its owner can read, or check the existing one.

    Return the folders that were created, innermost first.

    Raises:
        SettingsError: the folder cannot be created or written to, others may write to it, or it
            leads or belongs elsewhere.

    """
    try:
        made = [path for path in (folder, *folder.parents) if not path.exists()]
        for path in reversed(made):
            # Another run can create it at the same time; the lock decides between the two.
            path.mkdir(mode=0o700, exist_ok=True)
        for path in made:
            sync_folder(path.parent)
        _check_folder(folder)
        with tempfile.TemporaryFile(dir=folder):
            return made
    except OSError as error:
        raise unusable(folder, error) from error


def _check_folder(folder: Path) -> None:
    """Check that all paths of *folder* stay in it, and that no other user or program writes it."""
    if folder.is_symlink():
        msg = f"{folder}: is a symbolic link; give the folder that it leads to with --results"
        raise SettingsError(msg)
    if not folder.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    require_private(folder.stat(), str(folder))
    names = {path.name for path in folder.iterdir()}
    for name in sorted(names):
        # A link in place of a file of the journal is reported when the journal is opened.
        if (folder / name).is_symlink() and not name.startswith("journal."):
            msg = (
                f"{folder / name}: is a symbolic link, which may lead out of the folder; remove it"
            )
            raise SettingsError(msg)
    foreign = [name for name in _REPORTS if (folder / name).is_file()]
    if NAME not in names and foreign:
        msg = (
            f"{folder}: contains {', '.join(foreign)} but no {NAME}; files of others are "
            "not replaced: choose another folder with --results"
        )
        raise SettingsError(msg)


def require(path: Path) -> None:
    """Raise `SettingsError` if the journal at *path* does not exist."""
    if not path.exists():
        msg = f"{path.parent}: no {NAME} in this folder; give the results folder of an earlier run"
        raise SettingsError(msg)


def unusable(folder: Path, error: OSError) -> SettingsError:
    """Return the error for a *folder* that cannot be the results folder."""
    return SettingsError(
        f"{folder}: cannot be used as the results folder ({error.strerror or error}); "
        "choose another one with --results"
    )


def connect(path: Path) -> sqlite3.Connection:
    """
    Open the database at *path*; create it if it does not exist.

    Raises:
        JournalLockedError: another program uses it.
        JournalError: it is damaged, of another version, or not a journal.

    """
    is_new = not path.exists() and not path.is_symlink()
    if is_new or not path.lstat().st_size:
        # Before SQLite opens it: the write-ahead log of an empty file would be deleted.
        refuse_emptied(path)
    if is_new:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, 0o600))
        sync_folder(path.parent)
    elif not stat.S_ISREG(path.lstat().st_mode):
        msg = f"{path}: not a regular file; remove it or choose another folder with --results"
        raise JournalError(msg)
    connection = sqlite3.connect(path, isolation_level=None, timeout=0, check_same_thread=False)
    try:
        _prepare(connection, path, is_new=is_new)
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection, path: Path, *, is_new: bool) -> None:
    try:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        is_empty = not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        # Before any statement that writes: the file can belong to another program.
        _check_owner(connection, path, is_empty=is_empty)
        connection.execute("PRAGMA synchronous = FULL")
        if is_empty:
            if not is_new:
                refuse_emptied(path)
            # Before the write-ahead log exists: a new journal is never empty when there is one.
            create_tables(connection)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA foreign_keys = ON")
        _check_pages(connection, path)
        refuse_older(connection, path)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
            msg = f"{path}: another program has this journal open; close that program"
            raise JournalLockedError(msg) from error
        msg = f"{path}: cannot be opened: {error}"
        raise JournalError(msg) from error
    except sqlite3.DatabaseError as error:
        msg = f"{path}: damaged ({error}); restore it from a backup, or choose another folder"
        raise JournalError(msg) from error


def _check_owner(connection: sqlite3.Connection, path: Path, *, is_empty: bool) -> None:
    mark = connection.execute("PRAGMA application_id").fetchone()[0]
    if mark != APPLICATION_ID and not (is_empty and mark == 0):
        msg = f"{path}: not a batchcreate journal; choose another folder with --results"
        raise JournalError(msg)
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version != VERSION and not is_empty:
        age, remedy = (
            ("a newer", "upgrade batchcreate")
            if version > VERSION
            else (
                "an older",
                "continue with that version, or choose another folder with --results",
            )
        )
        msg = (
            f"{path}: written by {age} batchcreate (journal version {version}, this one reads "
            f"version {VERSION}); {remedy}"
        )
        raise JournalError(msg)


def _check_pages(connection: sqlite3.Connection, path: Path) -> None:
    with closing(connection.execute("PRAGMA integrity_check(1)")) as cursor:
        verdict = cursor.fetchone()[0]
    if verdict != "ok":
        msg = f"{path}: damaged ({verdict}); restore it from a backup, or choose another folder"
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
