"""The journal's file: made, opened, and refused where it cannot be trusted."""

import os
import sqlite3
import stat
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from batchcreate.errors import JournalError, JournalLockedError, SettingsError
from batchcreate.journal import schema

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
            lay_tables(connection)
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
    if version != schema.VERSION and not is_empty:
        age, remedy = (
            ("a newer", "upgrade batchcreate")
            if version > schema.VERSION
            else ("an older", "go on with that one, or choose another folder with --results")
        )
        msg = (
            f"{path}: written by {age} batchcreate (journal version {version}, this one reads "
            f"version {schema.VERSION}); {remedy}"
        )
        raise JournalError(msg)


def _check_pages(connection: sqlite3.Connection, path: Path) -> None:
    with closing(connection.execute("PRAGMA quick_check(1)")) as cursor:
        verdict = cursor.fetchone()[0]
    if verdict != "ok":
        msg = f"{path}: damaged ({verdict}); restore it from a copy, or choose another folder"
        raise JournalError(msg)


def lay_tables(connection: sqlite3.Connection) -> None:
    """Make the tables of an empty database."""
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
