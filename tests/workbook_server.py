"""Workbooks read as the child process reads them, without a process."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from batchcreate.text import cell_address
from batchcreate.workbooks.child import WorkbookServer
from batchcreate.workbooks.protocol import RefusedError, limits_for
from batchcreate.workbooks.untrusted import SharedFile

Rows = list[tuple[int, tuple[str, ...], tuple[str, ...]]]
"""Number, displayed texts and kinds of each row."""


@contextmanager
def opened(path: Path, *, uses_calamine: bool = True) -> Iterator[WorkbookServer]:
    """A server for the workbook at *path*."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        file = SharedFile(descriptor)
        yield WorkbookServer(file, limits_for(file.size_bytes), uses_calamine=uses_calamine)
    finally:
        os.close(descriptor)


def sheets(path: Path) -> list[list[Any]]:
    """Name and visibility of each worksheet."""
    with opened(path) as server:
        (response,) = server.respond({"request": "sheets"})
    named: list[list[Any]] = response["sheets"]
    return named


def head(path: Path, sheet: int = 0, *, uses_calamine: bool = True) -> dict[str, Any]:
    """The head of a sheet."""
    with opened(path, uses_calamine=uses_calamine) as server:
        list(server.respond({"request": "sheets"}))
        (response,) = server.respond({"request": "head", "sheet": sheet, "chunk_rows": 100})
    return response


def rows(
    path: Path,
    columns: Sequence[int] = (0, 1, 2),
    *,
    sheet: int = 0,
    after: int = 0,
    uses_calamine: bool = True,
) -> Rows:
    """*columns* of the rows below row *after*, with a kind for every cell."""
    read: Rows = []
    with opened(path, uses_calamine=uses_calamine) as server:
        list(server.respond({"request": "sheets"}))
        list(server.respond({"request": "head", "sheet": sheet, "chunk_rows": 100}))
        for response in server.respond(
            {"request": "rows", "columns": list(columns), "after": after, "chunk_rows": 100}
        ):
            if "is_end" in response:
                break
            columns_read = response["columns"]
            texts = zip(*(texts for texts, _ in columns_read), strict=True)
            kinds = zip(*(kinds or "." * len(texts) for texts, kinds in columns_read), strict=True)
            read += zip(response["numbers"], texts, kinds, strict=True)
    return read


def marks(
    path: Path, *, sheet: int = 0, after: int = 1, uses_calamine: bool = True
) -> dict[str, Any]:
    """What a sheet hides or strikes through: ranges of columns and rows, and addresses."""
    with opened(path, uses_calamine=uses_calamine) as server:
        list(server.respond({"request": "sheets"}))
        (head,) = server.respond({"request": "head", "sheet": sheet, "chunk_rows": 100})
        request = {"request": "rows", "columns": [0, 1, 2], "after": after, "chunk_rows": 100}
        responses = [each for each in server.respond(request) if "is_end" not in each]
    return {
        "columns": head["hidden_columns"],
        "rows": [each for response in responses for each in response["hidden"]],
        "struck": [
            (cell_address(column, number), text)
            for response in responses
            for number, column, text in response["struck"]
        ],
    }


def refusal(path: Path, *, uses_calamine: bool = True) -> str:
    """The reason why the workbook is not read."""
    with pytest.raises(RefusedError) as caught:
        rows(path, uses_calamine=uses_calamine)
    return str(caught.value)
