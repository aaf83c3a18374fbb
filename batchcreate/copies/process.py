"""The parent's side: starts a child, and waits for its copy no longer than is reasonable."""

import json
import os
import subprocess
import sys
from typing import BinaryIO, Final
from zipfile import BadZipFile, ZipFile

from batchcreate.copies.plan import Plan

SOURCE_BYTES_MAX: Final = 5 << 20
ROWS_MAX: Final = 20_000
"""Larger workbooks are not copied: openpyxl holds all of their cells at once."""

WAIT_S: Final = 60.0
"""How long a copy is waited for."""

CELL_BYTES_MAX: Final = 12 << 20
"""About 400,000 cells; to copy more takes longer than to write all other reports."""

_CELL_PARTS: Final = ("xl/worksheets/", "xl/sharedStrings.xml")
_START: Final = (
    "import sys, json;"
    "sys.path[:] = json.loads(sys.argv[1]);"
    "from batchcreate.copies.child import main;"
    "main()"
)
_SECRETS: Final = ("BATCHCREATE_", "HUAWEICLOUD_")


def is_copyable(source: BinaryIO, *, rows: int) -> bool:
    """Whether a copy of the workbook *source* with that many *rows* is worth trying."""
    return (
        rows <= ROWS_MAX
        and os.fstat(source.fileno()).st_size <= SOURCE_BYTES_MAX
        and _cell_bytes(source) <= CELL_BYTES_MAX
    )


def is_copied(source: BinaryIO, plan: Plan, target: BinaryIO, *, wait_s: float = WAIT_S) -> bool:
    """
    Copy the rows of *plan* from the workbook *source* to the file *target*.

    Return whether that has come off. It does not with workbooks of another format, or odd ones;
    then *target* may hold anything.
    """
    target.flush()
    source.seek(0)
    descriptors = (source.fileno(), target.fileno())
    try:
        ended = subprocess.run(  # noqa: S603 # our own program
            [sys.executable, "-I", "-c", _START, json.dumps(sys.path), *map(str, descriptors)],
            input=plan.dump(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=descriptors,
            env=_environment(),
            timeout=wait_s,
            check=False,
            # A key that interrupts the parent is the parent's to act on.
            process_group=0,
        )
    except subprocess.TimeoutExpired:
        return False
    return ended.returncode == 0


def _cell_bytes(source: BinaryIO) -> int:
    """Return how large the parts with the cells are, as they claim; 0 for other formats."""
    source.seek(0)
    try:
        parts = ZipFile(source).infolist()
    except (BadZipFile, NotImplementedError, ValueError):
        return 0
    return sum(part.file_size for part in parts if part.filename.startswith(_CELL_PARTS))


def _environment() -> dict[str, str]:
    """Return the environment without what may be secret."""
    return {name: text for name, text in os.environ.items() if not name.startswith(_SECRETS)}
