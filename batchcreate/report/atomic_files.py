"""Atomic replacement of report files, and workbooks written in constant memory."""

import contextlib
import io
import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, TextIO

from batchcreate.errors import ReportError
from batchcreate.fsync import sync_folder
from batchcreate.text import cell_text

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

Cells = Sequence[str | int | None]

_CACHED_TEXTS_MAX: Final = 4096
"""Size of the cache of cell markup: file names, statuses and advice occur in many rows."""

_WORKBOOK_PREFIX: Final = ".workbook."
_DRAFT: Final = re.compile(r"\.[^.].*\.(?:csv|html|json|xlsx)\.[0-9a-f]{8}|\.workbook\.\w{8}")
"""Matches the names of `replaced_file` for reports, and of `streamed_workbook`."""

_ESCAPE: Final = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
"""Matches where a spreadsheet program would decode ``_x0041_`` as a character."""


@contextmanager
def atomic_text_file(path: Path, *, encoding: str = "utf-8") -> Iterator[TextIO]:
    """
    Open a text file that replaces *path* at the end of the block; see `atomic_binary_file`.

    Raises:
        ReportError: the file cannot be written.

    """
    with atomic_binary_file(path) as file:
        text = io.TextIOWrapper(file, encoding=encoding, newline="", errors="backslashreplace")
        try:
            yield text
        finally:
            text.detach()


@contextmanager
def atomic_binary_file(path: Path) -> Iterator[BinaryIO]:
    """
    Open a file that is synced and replaces *path* at the end of the block.

    After any failure *path* is unchanged and no other file remains. Only the owner can read
    the new file.

    Raises:
        ReportError: the file cannot be written.

    """
    try:
        with replaced_file(path) as file:
            yield file
    except OSError as error:
        msg = (
            f"{path}: cannot be written ({error.strerror or error}). The journal is intact. "
            f"Fix the problem, then run 'batchcreate report {path.parent}'."
        )
        raise ReportError(msg) from error


@contextmanager
def replaced_file(path: Path) -> Iterator[BinaryIO]:
    """
    Open a file that is synced and replaces *path* at the end of the block.

    Raises:
        OSError: the file cannot be written.

    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(handle, "w+b") as file:
            yield file
            file.flush()
            os.fsync(handle)
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def remove_drafts(folder: Path) -> None:
    """
    Remove the unfinished files that a killed process left in *folder*, if possible.

    No other process may write files there at the same time.
    """
    with suppress(OSError):
        for path in folder.iterdir():
            if _DRAFT.fullmatch(path.name):
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    path.unlink()


@contextmanager
def streamed_workbook(file: BinaryIO, folder: Path) -> Iterator["Workbook"]:
    """
    Create a workbook in constant memory, written to *file* at the end of the block.

    Args:
        file: an empty file.
        folder: folder for the temporary files of the sheets, on the same disk as *file*.

    Raises:
        OSError: the workbook cannot be written.

    """
    from xlsxwriter import Workbook
    from xlsxwriter.exceptions import FileCreateError

    with tempfile.TemporaryDirectory(prefix=_WORKBOOK_PREFIX, dir=folder) as temporary:
        target = _FailSafeFile(file)
        workbook = Workbook(target, {"constant_memory": True, "tmpdir": temporary})
        workbook.use_zip64()
        try:
            yield workbook
            workbook.close()
        except FileCreateError as error:
            raise OSError(str(error)) from error
        finally:
            target.close()
            for sheet in workbook.worksheets():
                with suppress(OSError):
                    sheet.row_data_fh.close()
        if target.failure is not None:
            raise target.failure


class _FailSafeFile:
    """
    A file that forwards writes until the first failure, and discards the rest.

    A zip archive that cannot be finished tries again when it is deleted, and prints the error
    on standard error. Therefore it never receives an error; the caller reads *failure* at the
    end.

    Args:
        file: the file to write to.

    Attributes:
        failure: the first error, or ``None``.

    """

    def __init__(self, file: BinaryIO) -> None:
        self.failure: OSError | None = None
        self._file: BinaryIO | None = file
        self._position = 0

    def write(self, data: bytes) -> int:
        """Write *data*, or discard it after a failure."""
        self._try(lambda file: file.write(data))
        self._position += len(data)
        return len(data)

    def seek(self, position: int) -> int:
        """Move to *position*, in bytes from the start."""
        self._try(lambda file: file.seek(position))
        self._position = position
        return position

    def tell(self) -> int:
        """Return the position of the next write."""
        return self._position

    def flush(self) -> None:
        """Do nothing: the owner of the file flushes it."""

    def close(self) -> None:
        """Discard all further writes."""
        self._file = None

    def _try(self, action: Callable[[BinaryIO], object]) -> None:
        if self._file is not None:
            try:
                action(self._file)
            except OSError as failure:
                self.failure = failure
                self.close()


def write_text(
    sheet: "Worksheet", row: int, column: int, text: str, cell_format: "Format | None" = None
) -> None:
    """
    Write *text* to a cell as a string; *row* and *column* start at 0.

    xlsxwriter treats a string between ``<r>`` and ``</r>`` as its own markup and writes it
    unescaped. Written in parts, it is escaped like any other string.
    """
    if text.startswith("<r>") and text.endswith("</r>"):
        parts = (text[:1], text[1:2], text[2:], *filter(None, [cell_format]))
        sheet.write_rich_string(row, column, *parts)
    else:
        sheet.write_string(row, column, text, cell_format)


class RowWriter:
    """
    Writes rows of texts and numbers to a sheet in constant memory.

    It bypasses the methods of xlsxwriter, with which a large batch takes three times as long.

    Args:
        sheet: a sheet with a header row.
        columns: number of columns.
        numbers: format of numbers.

    Attributes:
        count: number of rows written.

    """

    def __init__(self, sheet: "Worksheet", columns: int, numbers: "Format") -> None:
        from xlsxwriter.utility import xl_col_to_name

        self.count = 0
        self._sheet = sheet
        self._letters = [xl_col_to_name(index) for index in range(columns)]
        self._number_style = numbers._get_xf_index()  # noqa: SLF001 # cells refer to it
        sheet._write_single_row(1)  # noqa: SLF001 # the header row is buffered until a row follows

    def write(self, cells: Cells) -> None:
        """Append a row; empty strings and ``None`` become empty cells."""
        self.count += 1
        number = self.count + 1
        written = [
            f'<c r="{letter}{number}"{self._content(cell)}</c>'
            for letter, cell in zip(self._letters, cells, strict=True)
            if cell or cell == 0
        ]
        self._sheet.fh.write(f'<row r="{number}">{"".join(written)}</row>')
        self._sheet.dim_rowmax = self.count

    def _content(self, cell: str | int | None) -> str:
        if isinstance(cell, int):
            return f' s="{self._number_style}"><v>{cell}</v>'
        return _inline_string(cell or "")


@lru_cache(maxsize=_CACHED_TEXTS_MAX)
def _inline_string(text: str) -> str:
    escaped = escape(_ESCAPE.sub("_x005F_", cell_text(text)), quote=False)
    return f' t="inlineStr"><is><t xml:space="preserve">{escaped}</t></is>'
