"""
What `to-fix` files are called, and which of those that are there may be replaced.

A list beside the files tells what was written. What differs from it belongs to somebody who
has begun to mend it: such a file stays as it is until it has been read.
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

LIST: Final = "to-fix.sha256"
"""In the format of ``sha256sum``."""

_STEM: Final = "to-fix"
_OTHER: Final = "something else"
_NAME_BYTES: Final = 120
_LINE: Final = re.compile(rf"([0-9a-f]{{64}})  ({_STEM}[^/\0]*)")


class Shelf:
    """
    The `to-fix` files of a results folder.

    Args:
        folder: where they are.
        is_kept: whether a file of that SHA-256 can be had again at any time.

    """

    def __init__(self, folder: Path, *, is_kept: Callable[[str], bool]) -> None:
        self._folder = folder
        self._is_kept = is_kept
        self._written = _read(folder / LIST)
        self._used: dict[str, str] = {}
        self.left_alone: list[str] = []

    def choose(self, root: str, *, suffix: str, is_only: bool) -> Path:
        """
        Return where the rows of a file go.

        Args:
            root: label of the file that they stood in at first.
            suffix: of the file to be written.
            is_only: all rows of the batch stood in that file.

        """
        stem = _STEM if is_only else f"{_STEM}-{_safe(root)}"
        names = (f"{stem}{f'-{number}' if number > 1 else ''}{suffix}" for number in count(1))
        return self._folder / next(filter(self._is_free, names))

    @contextmanager
    def replacing(self, path: Path) -> Iterator[BinaryIO]:
        """
        Write a file of `choose` as `replacing_bytes` does, and note that it is ours.

        Raises:
            ReportError: it cannot be written.

        """
        with atomic_binary_file(path) as file:
            yield file
            file.seek(0)
            digest = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type] # it is a file
            # Before the file is in its place: a run that dies in between knows both.
            self._written[path.name].add(digest)
            self._note()
        self._used[path.name] = digest

    def close(self) -> None:
        """
        Remove what is no longer needed, but nothing that somebody has mended and may name again.

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
            self._note()
        else:
            _remove(self._folder / LIST)

    def _is_free(self, name: str) -> bool:
        if name in self._used:
            return False
        is_free = self._is_replaceable(name)
        if not is_free:
            self.left_alone.append(name)
        return is_free

    def _is_replaceable(self, name: str) -> bool:
        """Whether nothing is lost where *name* is written anew."""
        digest = self._digest(name)
        written = self._written.get(name, set())
        is_ours = digest in written or (bool(written) and self._is_kept(digest))
        return is_ours or not digest

    def _digest(self, name: str) -> str:
        """Return the SHA-256 of the file called *name*; nothing where there is none."""
        path = self._folder / name
        if not path.is_symlink() and not path.exists():
            return ""
        if path.is_symlink() or not path.is_file():
            return _OTHER
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def _note(self) -> None:
        with atomic_text_file(self._folder / LIST) as file:
            for name, digests in sorted(self._written.items()):
                file.writelines(f"{digest}  {name}\n" for digest in sorted(digests))


def _read(path: Path) -> dict[str, set[str]]:
    """Return the digests that were written under each name; nothing where there is no list."""
    written: dict[str, set[str]] = defaultdict(set)
    try:
        lines: Iterable[str] = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return written
    for found in filter(None, map(_LINE.fullmatch, lines)):
        written[found[2]].add(found[1])
    return written


def _safe(label: str) -> str:
    """Return *label* without its ending as part of a file's name."""
    stem = re.sub(r"\.[^./]*$", "", label)
    name = re.sub(r"[^\w.-]+", "_", stem).strip("._") or "file"
    return name.encode()[:_NAME_BYTES].decode("utf-8", "ignore")


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        msg = f"{path}: nothing in it is left to mend, but it cannot be removed ({error.strerror})"
        raise ReportError(msg) from error
