"""
Names of to-fix files in a results folder; edited files are not overwritten.

A list in the folder contains the hash of every file that was written. A file with another hash
has been edited, and is kept until it has been read.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import BinaryIO, Final

from batchcreate.errors import ReportError
from batchcreate.report.atomic_files import atomic_binary_file, atomic_text_file

LIST_NAME: Final = "to-fix.sha256"
"""Name of the list, which has the format of ``sha256sum``."""

FOLDER: Final = "to-fix"
"""Name of the folder that contains the files, in the results folder."""

SUFFIX: Final = ".xlsx"

_NOT_A_FILE: Final = "not a file"
_NAME_BYTES: Final = 180
_LIST_LINE: Final = re.compile(rf"([0-9a-f]{{64}})  ({FOLDER}(?:/[^/\0]+|[^/\0]*))")
_FORBIDDEN: Final = re.compile(r'[\\:*?"<>|\x00-\x1f\x7f]+')


class ToFixFiles:
    """
    The to-fix files of a results folder.

    Args:
        results: the results folder.
        is_kept: returns True if the content with this SHA-256 is kept elsewhere.

    """

    def __init__(self, results: Path, *, is_kept: Callable[[str], bool]) -> None:
        self._results = results
        self._is_kept = is_kept
        self._written = _read_list(results / LIST_NAME)
        self._used: dict[str, str] = {}

    def is_replaceable(self, path: Path) -> bool:
        """Return True if no edits are lost when the to-fix file at *path* is overwritten."""
        name = f"{FOLDER}/{path.name}"
        digest = self._digest(name)
        written = self._written.get(name, set())
        is_unchanged = digest in written or (bool(written) and self._is_kept(digest))
        return is_unchanged or not digest

    @contextmanager
    def replace(self, path: Path) -> Iterator[BinaryIO]:
        """
        Provide a file that replaces *path* at the end of the block, and add it to the list.

        Raises:
            ReportError: the file cannot be written.

        """
        self._make_folder()
        with atomic_binary_file(path) as file:
            yield file
            file.seek(0)
            digest = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type] # it is a file
            # The list is written first, so that it has both hashes after a crash.
            name = f"{FOLDER}/{path.name}"
            self._written[name].add(digest)
            self._write_list()
        self._used[name] = digest

    def remove_unused(self) -> None:
        """
        Remove earlier files that were not replaced, except edited ones.

        Raises:
            ReportError: a file cannot be removed.

        """
        unused = [name for name in self._written if name not in self._used]
        stale = [name for name in unused if self._digest(name) in {"", *self._written[name]}]
        for name in stale:
            _remove(self._results / name)
            del self._written[name]
        self._written.update({name: {digest} for name, digest in self._used.items()})
        if self._written:
            self._write_list()
        else:
            _remove(self._results / LIST_NAME)
        # The folder is not empty if it contains other files.
        with suppress(OSError):
            (self._results / FOLDER).rmdir()

    def _make_folder(self) -> None:
        folder = self._results / FOLDER
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            message = f"{folder}: cannot be created ({error.strerror})"
            raise ReportError(message) from error
        if folder.is_symlink():
            message = f"{folder}: is a link. Remove it, or replace it with a folder."
            raise ReportError(message)

    def _digest(self, name: str) -> str:
        """Return the SHA-256 of the file *name*, or an empty string if it does not exist."""
        path = self._results / name
        if not path.is_symlink() and not path.exists():
            return ""
        if path.is_symlink() or not path.is_file():
            return _NOT_A_FILE
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def _write_list(self) -> None:
        with atomic_text_file(self._results / LIST_NAME) as file:
            for name, digests in sorted(self._written.items()):
                file.writelines(f"{digest}  {name}\n" for digest in sorted(digests))


def to_fix_paths(results: Path, labels: Iterable[str]) -> Mapping[str, Path]:
    """
    Return the path of the to-fix file of each input of a batch.

    The name is that of the input without its suffix, after the parent folders in its label.
    Inputs with the same name in this form keep their suffix: ``tasks.csv.xlsx``.

    Args:
        results: the results folder.
        labels: labels of all inputs of the batch.

    """
    given = list(labels)
    stems = [_safe_name(re.sub(r"\.[^./]*$", "", label)) for label in given]
    folded = [stem.casefold() for stem in stems]
    taken: set[str] = set()
    paths = {}
    for label, stem in zip(given, stems, strict=True):
        name = stem if folded.count(stem.casefold()) == 1 else _safe_name(label)
        names = (f"{name}{f'-{number}' if number > 1 else ''}{SUFFIX}" for number in count(1))
        free = next(each for each in names if each.casefold() not in taken)
        taken.add(free.casefold())
        paths[label] = results / FOLDER / free
    return paths


def _read_list(path: Path) -> dict[str, set[str]]:
    """Return the hashes by file names; nothing if there is no list."""
    written: dict[str, set[str]] = defaultdict(set)
    try:
        lines: Iterable[str] = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return written
    for match in filter(None, map(_LIST_LINE.fullmatch, lines)):
        written[match[2]].add(match[1])
    return written


def _safe_name(label: str) -> str:
    """Return *label* as a file name that every system accepts."""
    name = _FORBIDDEN.sub("_", label.replace("/", "-")).strip(". ") or "file"
    return name.encode()[:_NAME_BYTES].decode("utf-8", "ignore")


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        message = (
            f"{path}: no rows to fix are left, but the file cannot be removed ({error.strerror})"
        )
        raise ReportError(message) from error
