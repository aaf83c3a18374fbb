"""Input files with rows to fix, without a journal."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO

from batchcreate.errors import LoadError
from batchcreate.models import (
    Column,
    Issue,
    Layout,
    RowLocation,
    RowToFix,
    SheetToFix,
    Stamp,
    Status,
)
from tests.chunks import make_issue

CODE = "FDI.1001"


def layout(file: str, *, sheet: str = "", number: int = 1) -> Layout:
    is_text = file.endswith(".csv")
    return Layout(
        file=file,
        sheet=sheet,
        header_row=number,
        columns={"task_name": Column(heading="task_name", index=0)},
        encoding="utf-8" if is_text else "",
        delimiter="," if is_text else "",
        content=hashlib.sha256(file.encode()).hexdigest(),
    )


def row_to_fix(number: int, *issues: Issue, status: Status = Status.REJECTED) -> RowToFix:
    return RowToFix(
        number=number,
        status=status,
        http_status=400 if status is Status.FAILED else None,
        error_code=CODE if status is Status.FAILED else "",
        error_msg="No such application." if status is Status.FAILED else "",
        issues=issues,
    )


def issue(number: int, cell: str, rule: str = "task_name.charset", suggestion: str = "") -> Issue:
    return make_issue(
        RowLocation(file="t.csv", sheet="", number=number),
        column="Task\nname",
        cell=cell,
        value="x y",
        rule=rule,
        message="It is wrong.",
        suggestion=suggestion,
    )


class InputFiles:
    """Input files at *paths*; none of their rows is created."""

    def __init__(
        self, *paths: Path, sheet: str = "", number: int = 1, rows: Sequence[RowToFix] = ()
    ) -> None:
        self._number = number
        self._paths = {layout(path.name).content: path for path in paths}
        self._sheet = sheet
        self._rows = rows or (row_to_fix(2, issue(2, "A2", suggestion="x_y")),)
        self.kept: set[str] = set()

    def sheets(self) -> Sequence[SheetToFix]:
        return [
            SheetToFix(
                source=1,
                layout=layout(path.name, sheet=self._sheet, number=self._number),
                stamp=Stamp(batch="12ab", input=path.name, version=1),
                rows=len(self._rows),
            )
            for path in self._paths.values()
        ]

    def labels(self) -> Sequence[str]:
        return [path.name for path in self._paths.values()]

    def rows(self, sheet: SheetToFix) -> Iterator[RowToFix]:
        del sheet
        yield from self._rows

    def opened(self, layout: Layout) -> AbstractContextManager[BinaryIO]:
        try:
            return self._paths[layout.content].open("rb")
        except OSError as error:
            message = f"{layout.file}: is gone"
            raise LoadError(message) from error

    def is_kept(self, digest: str) -> bool:
        return digest in self.kept
