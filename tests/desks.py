"""Workbooks read as the child process reads them, without starting one."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from batchcreate.workbooks.child import Desk
from batchcreate.workbooks.limits import limits_for
from batchcreate.workbooks.refusal import Refusal
from batchcreate.workbooks.source import Source

Read = list[tuple[int, tuple[str, ...], tuple[str, ...]]]
"""Of each row its number, what its cells show, and the letters of their kinds."""


@contextmanager
def opened(path: Path, *, is_careful: bool = False) -> Iterator[Desk]:
    """A desk at which questions about the workbook at *path* are answered."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        source = Source(descriptor)
        yield Desk(source, limits_for(source.size_bytes), is_careful=is_careful)
    finally:
        os.close(descriptor)


def sheets(path: Path) -> list[list[Any]]:
    """Names of the worksheets, and whether they are shown."""
    with opened(path) as desk:
        (said,) = desk.answers({"ask": "sheets"})
    found: list[list[Any]] = said["sheets"]
    return found


def head(path: Path, sheet: int = 0, *, is_careful: bool = False) -> dict[str, Any]:
    """How the sheet begins."""
    with opened(path, is_careful=is_careful) as desk:
        list(desk.answers({"ask": "sheets"}))
        (said,) = desk.answers({"ask": "head", "sheet": sheet, "chunk_rows": 100})
    return said


def rows(
    path: Path,
    columns: Sequence[int] = (0, 1, 2),
    *,
    sheet: int = 0,
    after: int = 0,
    is_careful: bool = False,
) -> Read:
    """*columns* of the rows below row *after*; where all are text, the kinds are so too."""
    found: Read = []
    with opened(path, is_careful=is_careful) as desk:
        list(desk.answers({"ask": "sheets"}))
        list(desk.answers({"ask": "head", "sheet": sheet, "chunk_rows": 100}))
        for said in desk.answers(
            {"ask": "rows", "columns": list(columns), "after": after, "chunk_rows": 100}
        ):
            if "is_end" in said:
                break
            texts = zip(*(texts for texts, _ in said["columns"]), strict=True)
            kinds = zip(
                *(kinds or "." * len(texts) for texts, kinds in said["columns"]), strict=True
            )
            found += zip(said["numbers"], texts, kinds, strict=True)
    return found


def refusal(path: Path, *, is_careful: bool = False) -> str:
    """Why the workbook is not read."""
    with pytest.raises(Refusal) as caught:
        rows(path, is_careful=is_careful)
    return str(caught.value)
