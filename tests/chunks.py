"""Chunks of input rows in a short notation, and the rejected rows of their validation."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from batchcreate.frames import Chunk, to_frame
from batchcreate.models import (
    CellKind,
    Column,
    Issue,
    RowLocation,
    RowProblem,
    RowRecord,
    Severity,
)
from batchcreate.validator import CheckedChunk


def make_chunk(  # noqa: PLR0913 # one for each attribute
    cells: Mapping[str, Sequence[str]],
    numbers: Iterable[int] = (),
    *,
    columns: Mapping[str, Column] | None = None,
    file: str = "tasks.csv",
    sheet: str = "",
    kinds: Mapping[str, Mapping[int, CellKind]] | None = None,
    covering: Mapping[str, Mapping[int, str]] | None = None,
    problems: Sequence[RowProblem] = (),
    hidden: Sequence[int] = (),
) -> Chunk:
    """Return rows from row 2 on; by default the columns have the names of the fields."""
    numbers = list(numbers) or range(2, 2 + max(map(len, cells.values()), default=0))
    named = {name: Column(heading=name, index=at) for at, name in enumerate(cells)}
    return Chunk(
        file=file,
        sheet=sheet,
        columns=columns or named,
        frame=to_frame(cells, numbers),
        kinds=kinds or {},
        covering=covering or {},
        problems=problems,
        hidden=hidden,
    )


def contents(chunk: Chunk) -> dict[str, object]:
    """Return everything in *chunk* as values that can be compared."""
    return {
        "file": chunk.file,
        "sheet": chunk.sheet,
        "columns": dict(chunk.columns),
        "numbers": chunk.numbers,
        "cells": {str(name): chunk.texts(str(name)) for name in chunk.frame},
        "kinds": {name: dict(kinds) for name, kinds in chunk.kinds.items() if kinds},
        "covering": {name: dict(texts) for name, texts in chunk.covering.items() if texts},
        "problems": list(chunk.problems),
    }


def row_cells(chunks: Iterable[Chunk]) -> list[tuple[object, ...]]:
    """Return the row number and the texts of each row."""
    return [
        row
        for chunk in chunks
        for row in zip(
            chunk.numbers, *(chunk.texts(str(name)) for name in chunk.frame), strict=True
        )
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """A row with at least one error."""

    location: RowLocation
    task_name: str
    project_id: str = "p1"
    instance_id: str = "i1"
    issues: tuple[Issue, ...]

    @property
    def record(self) -> RowRecord:
        """The row as `CheckedChunk` has it."""
        key = (self.project_id, self.instance_id, self.task_name)
        return RowRecord(self.location.number, *key)


def make_issue(
    location: RowLocation, *, severity: Severity = Severity.ERROR, **fields: str
) -> Issue:
    """Return an issue of the row at *location*."""
    file, sheet, number = location.file, location.sheet, location.number
    return Issue(file=file, sheet=sheet, number=number, severity=severity, **fields)


def rejected_rows(checked: CheckedChunk) -> tuple[Rejected, ...]:
    """Return the rejected rows of *checked* with their errors."""
    return tuple(
        Rejected(
            location=_location(checked, row.number),
            task_name=row.task_name,
            project_id=row.project_id,
            instance_id=row.instance_id,
            issues=tuple(
                issue
                for issue in checked.issues
                if issue.number == row.number and issue.severity is Severity.ERROR
            ),
        )
        for row in checked.rejected
    )


def _location(checked: CheckedChunk, number: int) -> RowLocation:
    return RowLocation(file=checked.chunk.file, sheet=checked.chunk.sheet, number=number)
