"""
Names of to-fix files in a results folder; edited files are not overwritten.

A list in the folder contains the hash of every file that was written. A file with another hash
has been edited, and is kept until it has been read.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import BinaryIO, Final

from batchcreate.errors import ReportError
from batchcreate.report.atomic_files import atomic_binary_file, atomic_text_file

LIST_NAME: Final = "to-fix.sha256"
"""Name of the list, which has the format of ``sha256sum``."""

_STEM: Final = "to-fix"
_NOT_A_FILE: Final = "not a file"
_NAME_BYTES: Final = 120
_LIST_LINE: Final = re.compile(rf"([0-9a-f]{{64}})  ({_STEM}[^/\0]*)")


class ToFixFiles:
    """
    The to-fix files of a results folder.

    Args:
        folder: the results folder.
        is_kept: returns True if the content with this SHA-256 is kept elsewhere.

    Attributes:
        kept_names: names of edited files that were not overwritten.

    """

    def __init__(self, folder: Path, *, is_kept: Callable[[str], bool]) -> None:
        self._folder = folder
        self._is_kept = is_kept
        self._written = _read_list(folder / LIST_NAME)
        self._used: dict[str, str] = {}
        self.kept_names: list[str] = []

    def choose_path(self, original_file: str, *, suffix: str, is_only: bool) -> Path:
        """
        Return the path of a to-fix file that can be written.

        Args:
            original_file: label of the input file that first contained the rows.
            suffix: of the new file.
            is_only: all rows of the batch are from that input file.

        """
        stem = _STEM if is_only else f"{_STEM}-{_safe_name(original_file)}"
        names = (f"{stem}{f'-{number}' if number > 1 else ''}{suffix}" for number in count(1))
        return self._folder / next(filter(self._is_free, names))

    @contextmanager
    def replace(self, path: Path) -> Iterator[BinaryIO]:
        """
        Provide a file that replaces *path* at the end of the block, and add it to the list.

        Raises:
            ReportError: the file cannot be written.

        """
        with atomic_binary_file(path) as file:
            yield file
            file.seek(0)
            digest = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type] # it is a file
            # The list is written first, so that it has both hashes after a crash.
            self._written[path.name].add(digest)
            self._write_list()
        self._used[path.name] = digest

    def remove_unused(self) -> None:
        """
        Remove earlier files that were not replaced, except edited ones.

        Raises:
            ReportError: a file cannot be removed.

        """
        unused = [name for name in self._written if name not in self._used]
        stale = [name for name in unused if self._digest(name) in {"", *self._written[name]}]
        for name in stale:
            _remove(self._folder / name)
            del self._written[name]
        self._written.update({name: {digest} for name, digest in self._used.items()})
        if self._written:
            self._write_list()
        else:
            _remove(self._folder / LIST_NAME)

    def _is_free(self, name: str) -> bool:
        if name in self._used:
            return False
        is_free = self._is_replaceable(name)
        if not is_free:
            self.kept_names.append(name)
        return is_free

    def _is_replaceable(self, name: str) -> bool:
        """Return True if no edits are lost when *name* is overwritten."""
        digest = self._digest(name)
        written = self._written.get(name, set())
        is_unchanged = digest in written or (bool(written) and self._is_kept(digest))
        return is_unchanged or not digest

    def _digest(self, name: str) -> str:
        """Return the SHA-256 of the file *name*, or an empty string if it does not exist."""
        path = self._folder / name
        if not path.is_symlink() and not path.exists():
            return ""
        if path.is_symlink() or not path.is_file():
            return _NOT_A_FILE
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def _write_list(self) -> None:
        with atomic_text_file(self._folder / LIST_NAME) as file:
            for name, digests in sorted(self._written.items()):
                file.writelines(f"{digest}  {name}\n" for digest in sorted(digests))


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
    """Return *label* without its suffix, as part of a file name."""
    stem = re.sub(r"\.[^./]*$", "", label)
    name = re.sub(r"[^\w.-]+", "_", stem).strip("._") or "file"
    return name.encode()[:_NAME_BYTES].decode("utf-8", "ignore")


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        message = (
            f"{path}: no rows to fix are left, but the file cannot be removed ({error.strerror})"
        )
        raise ReportError(message) from error
