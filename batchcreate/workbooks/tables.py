"""One sheet as a table of batches, from whichever reader can be trusted with it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from types import MappingProxyType
from typing import Any, Final, Protocol

from python_calamine import CalamineSheet

from batchcreate.workbooks.batches import Batch, DenseBatch, SparseBatch
from batchcreate.workbooks.blocks import Merge
from batchcreate.workbooks.cells import Cell, Failure
from batchcreate.workbooks.limits import BATCH_CHARS
from batchcreate.workbooks.sheet import Row

HEAD_ROWS: Final = 40
"""How many rows the first batch of a sheet has."""

NO_ERRORS: Final[Mapping[int, Mapping[int, str]]] = MappingProxyType({})

_BATCH_CELLS: Final = 1_000_000
_CELL_WEIGHT: Final = 20
"""A cell takes as much memory as a text of so many characters more than its own, and more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetName:
    """The name on a sheet's tab, and whether it is shown."""

    name: str
    is_visible: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """
    The rows of one sheet.

    Attributes:
        batches: of rows, the first one of at most `HEAD_ROWS`.
        merges: the cells that are shown as one.

    """

    batches: Iterator[Batch]
    merges: Sequence[Merge] = field(default_factory=list)


class Book(Protocol):
    """A workbook that was opened."""

    @property
    def sheets(self) -> Sequence[SheetName]:
        """Its worksheets, in the order of their tabs."""
        ...

    def table(self, index: int, chunk_rows: int) -> Table:
        """Return the rows of the sheet number *index*, in batches of at most *chunk_rows*."""
        ...


def dense(
    sheet: CalamineSheet, chunk_rows: int, errors: Mapping[int, Mapping[int, str]] = NO_ERRORS
) -> Iterator[Batch]:
    """
    Yield the rows of *sheet* as calamine gives them, from row 1 on.

    Args:
        sheet: opened.
        chunk_rows: how many a batch has at most.
        errors: what cells show that calamine gives as blank, by row numbers and columns.

    """
    if sheet.start is None:
        return
    rows = sheet.iter_rows()
    most = max(1, min(chunk_rows, _BATCH_CELLS // sheet.width))
    count = HEAD_ROWS
    number = 1
    while batch := list(islice(rows, count)):
        for at in errors.keys() & range(number, number + len(batch)) if errors else ():
            for column, text in errors[at].items():
                _put(batch[at - number], column - sheet.start[1], Failure(text))
        yield DenseBatch(number, sheet.start[1], batch)
        number += len(batch)
        count = most


def _put(row: list[Any], at: int, value: object) -> None:
    if 0 <= at < len(row):
        row[at] = value


def sparse(rows: Iterator[Row], chunk_rows: int) -> Iterator[Batch]:
    """Yield *rows* in batches that hold a bounded amount of text."""
    found: list[Row] = []
    count = HEAD_ROWS
    cells: Mapping[int, Cell] = {}
    weight = total = 0
    for row in rows:
        if row[1] is not cells:  # a row that is repeated is weighed once
            cells = row[1]
            weight = sum(len(text) + _CELL_WEIGHT for text, _ in cells.values())
        found.append(row)
        total += weight
        if len(found) >= count or total > BATCH_CHARS:
            yield _sparse(found)
            found = []
            count, total = chunk_rows, 0
    if found:
        yield _sparse(found)


def _sparse(rows: Sequence[Row]) -> Batch:
    numbers, cells = zip(*rows, strict=True)
    return SparseBatch(numbers, cells)
