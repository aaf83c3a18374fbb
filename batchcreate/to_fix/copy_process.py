"""Limited child process that copies a workbook, and the size limits of workbooks to copy."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import BinaryIO, Final
from zipfile import BadZipFile, ZipFile

from batchcreate.workbooks.child_process import start_child
from batchcreate.workbooks.protocol import apply_limits, silence_limit_s

SOURCE_BYTES_MAX: Final = 5 << 20
"""Larger workbooks are not copied, because openpyxl holds all their cells in memory."""

CELL_BYTES_MAX: Final = 12 << 20
"""About 400,000 cells; copying more takes longer than writing all other reports."""

_MEMORY_BYTES: Final = 1 << 30
_CELL_PARTS: Final = ("xl/worksheets/", "xl/sharedStrings.xml")


def is_copyable(source: BinaryIO) -> bool:
    """Return True if the workbook *source* is small enough for a copy."""
    return (
        os.fstat(source.fileno()).st_size <= SOURCE_BYTES_MAX
        and _cell_bytes(source) <= CELL_BYTES_MAX
    )


def run_copy(
    module: str, source: BinaryIO, target: BinaryIO, plan: bytes, *, wait_s: float | None = None
) -> bool:
    """
    Call ``main`` of *module* in a child process; return True if the copy was written.

    Args:
        module: its ``main`` calls `open_files` first.
        source: the workbook.
        target: an empty file.
        plan: what to copy.
        wait_s: maximum elapsed time, by default long enough for the limit of the processor time.

    """
    target.flush()
    source.seek(0)
    if wait_s is None:
        wait_s = silence_limit_s(copy_cpu_s(os.fstat(source.fileno()).st_size))
    with (
        start_child(module, files=[source, target], has_output=False) as process,
        suppress(subprocess.TimeoutExpired),
    ):
        try:
            process.communicate(plan, timeout=wait_s)
        finally:
            process.kill()
    return process.returncode == 0


@contextmanager
def open_files(arguments: Sequence[str]) -> Iterator[tuple[BinaryIO, BinaryIO, bytes]]:
    """
    Limit the current process and open the files of a copy; provide them and the plan.

    Args:
        arguments: descriptors of the workbook and of the file for the copy.

    """
    source, target = map(int, arguments)
    apply_limits(cpu_s=copy_cpu_s(os.fstat(source).st_size), memory_bytes=_MEMORY_BYTES)
    plan = sys.stdin.buffer.read()
    with os.fdopen(source, "rb") as read, os.fdopen(target, "w+b") as written:
        yield read, written, plan


def copy_cpu_s(size_bytes: int) -> int:
    """
    Return the processor time for a copy of a workbook of *size_bytes*, in seconds.

    openpyxl takes about 4 s for each MiB of cells; a malicious file could take a minute.
    """
    return 4 + 12 * size_bytes // (1 << 20)


def _cell_bytes(source: BinaryIO) -> int:
    """Return the declared size of the parts with cells; 0 for other formats."""
    source.seek(0)
    try:
        parts = ZipFile(source).infolist()
    except (BadZipFile, NotImplementedError, ValueError):
        return 0
    return sum(part.file_size for part in parts if part.filename.startswith(_CELL_PARTS))
