"""Input files: which paths are inputs, their labels, and the options for reading them."""

import os
import re
import shutil
import stat
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, Final, Literal

from batchcreate.errors import LoadError
from batchcreate.frames import Chunk
from batchcreate.models import Layout, Skipped, Stamp

TEXT_SUFFIXES: Final = (".csv", ".tsv", ".txt")
WORKBOOK_SUFFIXES: Final = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")

STANDARD_INPUT: Final = Path("-")
"""The path that means: read text from standard input."""

STANDARD_INPUT_LABEL: Final = "stdin"

LoadEvent = Stamp | Layout | Skipped | Chunk
"""
The stamp of a to-fix file, first of all; the layout of a sheet, followed by its rows in chunks; or a
part that was skipped.
"""

_LOCK_FILE_PREFIX: Final = "~$"
_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadOptions:
    """
    Options for reading input files.

    Attributes:
        sheets: worksheets to read; empty for every visible one with a header row.
        encoding: encoding of text files, by its Python name; empty to detect it.
        delimiter: separator in text files; empty to detect it.
        mapping: headings as typed, and the fields that they mean.
        hidden_rows: ``skip`` to omit the rows that a sheet hides; otherwise they are read.
        given: values of fields for rows that have none; their columns may be missing.
        has_others: read the columns without a field, too.
        chunk_rows: maximum number of rows per chunk, blank rows included.
        language: language of the analysts; of several possible encodings, that of Chinese is
            assumed if it is ``zh``.

    """

    sheets: Sequence[str] = ()
    encoding: str = ""
    delimiter: str = ""
    mapping: Mapping[str, str] = field(default_factory=dict)
    hidden_rows: Literal["include", "skip"] | None = None
    given: Mapping[str, str] = field(default_factory=dict)
    has_others: bool = False
    chunk_rows: int = 20_000
    language: str = "en"


def labels(paths: Sequence[Path]) -> list[str]:
    """
    Return for each path the shortest name that distinguishes it from the others.

    A label is the file name, preceded by as many parent folders as equal names require.

    Raises:
        LoadError: a file is given twice.

    """
    _require_distinct(paths)
    all_parts = [
        (STANDARD_INPUT_LABEL,) if path == STANDARD_INPUT else path.absolute().parts
        for path in paths
    ]
    return [readable(_label(parts, all_parts)) for parts in all_parts]


def is_text_label(label: str) -> bool:
    """Return True if *label* is that of a text file or of standard input."""
    return label == STANDARD_INPUT_LABEL or label.lower().endswith(TEXT_SUFFIXES)


def _label(parts: tuple[str, ...], all_parts: Sequence[tuple[str, ...]]) -> str:
    count = 1
    while sum(other[-count:] == parts[-count:] for other in all_parts) > 1:
        count += 1
    return "/".join(parts[-count:])


def readable(name: str) -> str:
    """Return *name* with bytes that are not UTF-8 written as escapes."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


@contextmanager
def spooled(paths: Sequence[Path], *, stream: BinaryIO | None = None) -> Iterator[Sequence[Path]]:
    """
    Yield *paths*, in which a temporary file with the content of standard input replaces ``-``.

    Args:
        paths: as the user gave them.
        stream: read instead of standard input.

    Raises:
        LoadError: standard input cannot be read or stored.

    """
    if STANDARD_INPUT not in paths:
        yield paths
        return
    with TemporaryDirectory(prefix="batchcreate-") as folder:
        # The extension selects the reader.
        copy = Path(folder) / f"{STANDARD_INPUT_LABEL}.csv"
        _store(stream or _standard_input(), copy)
        yield [copy if path == STANDARD_INPUT else path for path in paths]


def _standard_input() -> BinaryIO:
    if sys.stdin is None:
        message = f"{STANDARD_INPUT_LABEL}: there is no standard input. Give a file."
        raise LoadError(message)
    return sys.stdin.buffer


def _store(stream: BinaryIO, copy: Path) -> None:
    try:
        with copy.open("wb") as file:
            shutil.copyfileobj(stream, file)
    except OSError as error:
        message = (
            f"{STANDARD_INPUT_LABEL}: cannot be read, or stored in {copy.parent}"
            f" ({error.strerror}). Save it to a file and give the file."
        )
        raise LoadError(message) from error


def require_sheets(sheets: Sequence[str], paths: Sequence[Path]) -> None:
    """
    Require a workbook among *paths* if *sheets* are selected.

    Raises:
        LoadError: all of *paths* are text files.

    """
    if sheets and not any(path.suffix.lower() in WORKBOOK_SUFFIXES for path in paths):
        message = (
            f"--sheet {sheets[0]}: text files have no sheets, and no workbook was given."
            " Omit --sheet."
        )
        raise LoadError(message)


def open_input(path: Path, label: str) -> BinaryIO:
    """
    Open the regular, non-empty file at *path* for reading.

    Raises:
        LoadError: the file does not exist, cannot be read, or is not an input file.

    """
    if _URL.match(str(path)):
        message = f"{label}: URLs are not supported. Download the file and give the copy."
        raise LoadError(message)
    try:
        _require_input_file(path, label)
        handle = path.open("rb")
    except FileNotFoundError as error:
        message = f"{path}: file not found. Check the name and the folder."
        raise LoadError(message) from error
    except OSError as error:
        message = f"{path}: cannot be opened ({error.strerror}). Check the file permissions."
        raise LoadError(message) from error
    return handle


def _require_input_file(path: Path, label: str) -> None:
    status = path.stat()
    if stat.S_ISDIR(status.st_mode):
        message = f"{path}: is a folder. Give the files in it, for example {path}/*.csv."
        raise LoadError(message)
    if not stat.S_ISREG(status.st_mode):
        message = f"{path}: is not a regular file. Save its content as .csv or .xlsx first."
        raise LoadError(message)
    if path.name.startswith(_LOCK_FILE_PREFIX):
        message = (
            f"{label}: a lock file of an open workbook. Close the workbook and omit this file."
        )
        raise LoadError(message)
    if path.suffix.lower() not in (*TEXT_SUFFIXES, *WORKBOOK_SUFFIXES):
        ending = f"the extension '{path.suffix}'" if path.suffix else "a file without extension"
        message = (
            f"{label}: {ending} is not supported. Save the file as .xlsx or .csv (CSV UTF-8)."
        )
        raise LoadError(message)
    if not status.st_size:
        message = f"{label}: the file is empty (0 bytes). Save the spreadsheet again."
        raise LoadError(message)


def _require_distinct(paths: Sequence[Path]) -> None:
    if paths.count(STANDARD_INPUT) > 1:
        message = "-: standard input can be read only once. Give it once."
        raise LoadError(message)
    # Path.resolve raises on a loop of symbolic links, which open_input reports better.
    for path, times in Counter(map(os.path.realpath, paths)).items():
        if times > 1:
            message = f"{path}: given {times} times. Give each file once."
            raise LoadError(message)
