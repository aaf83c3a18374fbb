"""Versions of the input files: which input a file belongs to, and whether it is the newest."""

import sqlite3
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Final, NoReturn

from batchcreate.clock import minute_of
from batchcreate.errors import SettingsError
from batchcreate.models import Stamp

_NEWEST: Final = "SELECT max(id) FROM versions GROUP BY input"


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenFile:
    """
    A file that is given to a command.

    Attributes:
        label: name of the input in reports.
        path: absolute path; empty for standard input.
        content: SHA-256 of its content, in hex.
        stamp: the stamp of a to-fix file, otherwise None.

    """

    label: str
    path: str
    content: str
    stamp: Stamp | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InputVersion:
    """
    A version of an input.

    Attributes:
        input: number of the input.
        id: number of the version in the journal.
        number: number of the version of this input, counted from 1.
        base: number of the version that it corrects; None if it is not a to-fix file.
        content: SHA-256 of its content, in hex.
        given_at: when it was given, UTC.

    """

    input: int
    id: int
    number: int
    base: int | None
    content: str
    given_at: str


class InputVersions:
    """
    The inputs of a batch and their versions.

    Args:
        connection: connection of the journal.

    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def find_label(self, label: str, path: str, *, taken: Collection[str]) -> str:
        """
        Return the label of the input that a file without a stamp belongs to.

        Args:
            label: label of the file among the given files.
            path: its absolute path; empty for standard input.
            taken: labels of the inputs that other given files belong to.

        """
        known = self._connection.execute("SELECT label, path FROM inputs").fetchall()
        free = [(each, where) for each, where in known if each not in taken]
        same_path = [each for each, where in free if path and where == path]
        if same_path or label in {each for each, _ in free}:
            return same_path[0] if same_path else label
        stem = PurePath(label).with_suffix("")
        same_stem = [each for each, _ in free if PurePath(each).with_suffix("") == stem]
        return same_stem[0] if len(same_stem) == 1 else label

    def newest(self, label: str) -> InputVersion | None:
        """Return the newest version of an input, or None if the input is not in the batch."""
        found = self._versions(label)
        return found[-1] if found else None

    def correction_of(self, label: str, content: str) -> InputVersion | None:
        """
        Return the newest version of an input if it corrects the version with *content*.

        Correcting a correction counts as well. An original file that is given again must not undo
        the corrections of its to-fix file.
        """
        versions = self._versions(label)
        if not versions or versions[-1].content == content:
            return None
        by_number = {version.number: version for version in versions}
        base = versions[-1].base
        while base is not None:
            if by_number[base].content == content:
                return versions[-1]
            base = by_number[base].base
        return None

    def batch(self) -> str:
        """Return the id of the batch."""
        found = self._connection.execute("SELECT value FROM meta WHERE name = 'batch'").fetchone()
        return str(found[0])

    def add(self, file: GivenFile, *, at: str) -> InputVersion:
        """
        Return the version that *file* is: a new one, or the newest one if its content is the same.

        Raises:
            SettingsError: the file is a correction of another batch or of an older version.

        """
        newest = self.newest(file.label)
        stamp = file.stamp and self._with_version(file.stamp)
        if stamp is not None:
            self._check_stamp(file, stamp, newest)
        if newest is not None and newest.content == file.content:
            return newest
        base = stamp.version if stamp and stamp.batch else None
        if base is None and stamp is not None and stamp.content:
            base = self._insert(file.label, stamp.content, base=None, at=at)
        self._insert(file.label, file.content, base=base, at=at)
        return self._versions(file.label)[-1]

    def _with_version(self, stamp: Stamp) -> Stamp:
        """Return the stamp of a run for that of a check, if the checked file was run as well."""
        same = [each for each in self._versions(stamp.input) if each.content == stamp.content]
        return replace(stamp, batch=self.batch(), version=same[-1].number) if same else stamp

    def _insert(self, label: str, content: str, *, base: int | None, at: str) -> int:
        """Insert a version, which may be a file that was only checked; return its number."""
        newest = self.newest(label)
        number = newest.number + 1 if newest else 1
        self._connection.execute("INSERT OR IGNORE INTO contents (digest) VALUES (?)", (content,))
        self._connection.execute(
            "INSERT OR IGNORE INTO inputs (label, path) VALUES (?, '')", (label,)
        )
        self._connection.execute(
            """
            INSERT INTO versions (input, number, base, content, given_at)
            SELECT id, ?, ?, (SELECT id FROM contents WHERE digest = ?), ? FROM inputs
            WHERE label = ?
            """,
            (number, base, content, at, label),
        )
        return number

    def move(self, label: str, path: str) -> str:
        """Record the path of a file without a stamp; return its path before."""
        before = self._connection.execute("SELECT path FROM inputs WHERE label = ?", (label,))
        (known,) = before.fetchone()
        self._connection.execute("UPDATE inputs SET path = ? WHERE label = ?", (path, label))
        return str(known)

    def _check_stamp(self, file: GivenFile, stamp: Stamp, newest: InputVersion | None) -> None:
        """Require that *file* corrects the newest version of an input of this batch."""
        if not stamp.batch:
            return
        if stamp.batch != self.batch() or newest is None or stamp.version > newest.number:
            msg = (
                f"{file.path}: this is the to-fix file of another batch. Give the results folder of"
                " that batch with --results. Nothing was sent."
            )
            raise SettingsError(msg)
        if stamp.version < newest.number and file.content != newest.content:
            self._refuse_stale(file, stamp, newest)

    def _refuse_stale(self, file: GivenFile, stamp: Stamp, newest: InputVersion) -> NoReturn:
        by_number = {version.number: version for version in self._versions(file.label)}
        msg = (
            f"{file.path}: corrects {file.label} as it was given on"
            f" {minute_of(by_number[stamp.version].given_at)}, but a newer version was given on"
            f" {minute_of(newest.given_at)}. Move this file to another folder, write the newest"
            " to-fix file with batchcreate report, copy the changes to it, and give that file. If"
            f" none is written, no row of {file.label} is to fix. Nothing was sent."
        )
        raise SettingsError(msg)

    def _versions(self, label: str) -> list[InputVersion]:
        """Return the versions of an input, the newest one last."""
        found = self._connection.execute(
            """
            SELECT inputs.id, versions.id, versions.number, versions.base, contents.digest,
                   versions.given_at
            FROM versions JOIN inputs ON inputs.id = versions.input
            JOIN contents ON contents.id = versions.content
            WHERE inputs.label = ? ORDER BY versions.number
            """,
            (label,),
        )
        return [
            InputVersion(
                input=input_id, id=version, number=number, base=base, content=content, given_at=at
            )
            for input_id, version, number, base, content, at in found
        ]


def forget_unused(connection: sqlite3.Connection) -> None:
    """Delete tasks and sheets without rows, and the content of earlier versions."""
    connection.execute(
        "DELETE FROM tasks WHERE status = 'not_attempted' AND attempts = 0"
        " AND NOT EXISTS (SELECT 1 FROM rows WHERE rows.task = tasks.id)"
    )
    connection.execute(
        f"DELETE FROM sheets WHERE version NOT IN ({_NEWEST})"  # noqa: S608 # constant
        " AND NOT EXISTS (SELECT 1 FROM rows WHERE rows.source = sheets.id)"
    )
    connection.execute(
        f"DELETE FROM content_parts WHERE content NOT IN"  # noqa: S608 # constant
        f" (SELECT content FROM versions WHERE id IN ({_NEWEST}) AND content IS NOT NULL)"
    )
