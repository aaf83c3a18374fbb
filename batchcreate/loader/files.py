"""Which paths are inputs at all, and what reports call them."""

import os
import re
import shutil
import stat
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, Final

from batchcreate.errors import LoadError

TEXT_SUFFIXES: Final = (".csv", ".tsv", ".txt")
WORKBOOK_SUFFIXES: Final = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")

STANDARD_INPUT: Final = Path("-")
"""Stands for a text that another program gives."""

STANDARD_INPUT_LABEL: Final = "stdin"

_OWNER_MARK: Final = "~$"
_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")


def labels(paths: Sequence[Path]) -> list[str]:
    """
    Return for each path the shortest name that tells it from the others.

    That is the file's own name, with as many parent folders as equal names need.

    Raises:
        LoadError: a file is given twice.

    """
    _refuse_repeated(paths)
    parts = [
        (STANDARD_INPUT_LABEL,) if path == STANDARD_INPUT else path.absolute().parts
        for path in paths
    ]
    return [_readable(_label(own, parts)) for own in parts]


def _readable(name: str) -> str:
    """Return *name* with the bytes that are no UTF-8 written as escapes."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


@contextmanager
def spooled(paths: Sequence[Path], *, stream: BinaryIO | None = None) -> Iterator[Sequence[Path]]:
    """
    Give *paths*, with a file that holds what standard input gives in place of ``-``.

    Args:
        paths: as the user gave them.
        stream: read instead of standard input.

    Raises:
        LoadError: standard input cannot be read or kept.

    """
    if STANDARD_INPUT not in paths:
        yield paths
        return
    with TemporaryDirectory(prefix="batchcreate-") as folder:
        # The name decides how it is read.
        copy = Path(folder) / f"{STANDARD_INPUT_LABEL}.csv"
        _keep(stream or _standard_input(), copy)
        yield [copy if path == STANDARD_INPUT else path for path in paths]


def require_sheets(sheets: Sequence[str], paths: Sequence[Path]) -> None:
    """
    Check that there is a workbook among *paths* if *sheets* are named.

    Raises:
        LoadError: there is none.

    """
    if sheets and not any(path.suffix.lower() in WORKBOOK_SUFFIXES for path in paths):
        message = (
            f"--sheet {sheets[0]}: text files have no sheets, and no other file was named."
            " Leave out --sheet."
        )
        raise LoadError(message)


def open_input(path: Path, label: str) -> BinaryIO:
    """
    Open the regular, non-empty file at *path* for reading.

    Raises:
        LoadError: there is no such file, it is something else, or it may not be read.

    """
    if _URL.match(str(path)):
        message = f"{label}: web addresses are not read. Download the file and name the copy."
        raise LoadError(message)
    try:
        _refuse_other_than_file(path, label)
        handle = path.open("rb")
    except FileNotFoundError as error:
        message = f"{path}: there is no such file. Check the name and the folder."
        raise LoadError(message) from error
    except OSError as error:
        message = f"{path}: cannot be opened ({error.strerror}). Check who may read the file."
        raise LoadError(message) from error
    return handle


def _refuse_other_than_file(path: Path, label: str) -> None:
    status = path.stat()
    if stat.S_ISDIR(status.st_mode):
        message = f"{path}: is a folder. Name the files in it, for example {path}/*.csv."
        raise LoadError(message)
    if not stat.S_ISREG(status.st_mode):
        message = f"{path}: is not a regular file. Save its content as .csv or .xlsx first."
        raise LoadError(message)
    if path.name.startswith(_OWNER_MARK):
        message = (
            f"{label}: is the note that a spreadsheet program keeps beside a workbook while it is"
            " open. Leave it out, and close the workbook first."
        )
        raise LoadError(message)
    if path.suffix.lower() not in (*TEXT_SUFFIXES, *WORKBOOK_SUFFIXES):
        ending = f"the ending '{path.suffix}'" if path.suffix else "no ending"
        message = f"{label}: has {ending}. Save it as .xlsx or as .csv (CSV UTF-8) and name that."
        raise LoadError(message)
    if not status.st_size:
        message = f"{label}: is empty (0 bytes). Save the spreadsheet again or name another file."
        raise LoadError(message)


def _refuse_repeated(paths: Sequence[Path]) -> None:
    if paths.count(STANDARD_INPUT) > 1:
        message = "-: standard input can be read only once. Name it once."
        raise LoadError(message)
    # Not Path.resolve: it fails on a circle of links, and so would a better message later.
    for path, times in Counter(map(os.path.realpath, paths)).items():
        if times > 1:
            message = f"{path}: is given {times} times. Name every file once."
            raise LoadError(message)


def _standard_input() -> BinaryIO:
    if sys.stdin is None:
        message = f"{STANDARD_INPUT_LABEL}: there is no standard input. Name a file."
        raise LoadError(message)
    return sys.stdin.buffer


def _keep(stream: BinaryIO, copy: Path) -> None:
    try:
        with copy.open("wb") as file:
            shutil.copyfileobj(stream, file)
    except OSError as error:
        message = (
            f"{STANDARD_INPUT_LABEL}: cannot be read, or kept in {copy.parent}"
            f" ({error.strerror}). Save it to a file and name that."
        )
        raise LoadError(message) from error


def _label(own: tuple[str, ...], parts: Sequence[tuple[str, ...]]) -> str:
    count = 1
    while sum(other[-count:] == own[-count:] for other in parts) > 1:
        count += 1
    return "/".join(own[-count:])
