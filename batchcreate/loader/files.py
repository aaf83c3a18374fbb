"""Which paths are inputs at all, and what reports call them."""

import os
import re
import stat
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from batchcreate.errors import LoadError

SUFFIXES = (".csv", ".xlsx")

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")


def labels(paths: Sequence[Path]) -> list[str]:
    """
    Return for each path the shortest name that tells it from the others.

    That is the file's own name, with as many parent folders as equal names need.

    Raises:
        LoadError: a file is given twice.

    """
    _refuse_repeated(paths)
    parts = [path.absolute().parts for path in paths]
    return [_readable(_label(own, parts)) for own in parts]


def _readable(name: str) -> str:
    """Return *name* with the bytes that are no UTF-8 written as escapes."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


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
    if path.suffix.lower() not in SUFFIXES:
        ending = f"the ending '{path.suffix}'" if path.suffix else "no ending"
        message = f"{label}: has {ending}. Save it as .xlsx or as .csv (CSV UTF-8) and name that."
        raise LoadError(message)
    if not status.st_size:
        message = f"{label}: is empty (0 bytes). Save the spreadsheet again or name another file."
        raise LoadError(message)


def _refuse_repeated(paths: Sequence[Path]) -> None:
    # Not Path.resolve: it fails on a circle of links, and so would a better message later.
    for path, times in Counter(map(os.path.realpath, paths)).items():
        if times > 1:
            message = f"{path}: is given {times} times. Name every file once."
            raise LoadError(message)


def _label(own: tuple[str, ...], parts: Sequence[tuple[str, ...]]) -> str:
    count = 1
    while sum(other[-count:] == own[-count:] for other in parts) > 1:
        count += 1
    return "/".join(own[-count:])
