"""Cells without a heading: the number of filled ones, or the cells of given columns; pure."""

from bisect import bisect_right
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from operator import itemgetter

from batchcreate.text import is_blank
from batchcreate.workbooks.cell_values import STORED, TEXT, Cell
from batchcreate.workbooks.protocol import Message
from batchcreate.workbooks.tables import DenseGroup, RowGroup


@dataclass(slots=True, kw_only=True)
class UnnamedCells:
    """
    Filled cells of a group of rows in columns without a heading.

    Attributes:
        counts: number of filled cells of each column, except the covered ones.
        covered: row number, column and text of each filled cell of the covered columns.

    """

    counts: dict[int, int] = field(default_factory=dict)
    covered: list[tuple[int, int, str]] = field(default_factory=list)

    def take(self, last_number: int) -> Message:
        """Return what was not taken yet, the covered cells up to row *last_number*."""
        end = bisect_right(self.covered, last_number, key=itemgetter(0))
        taken = {"unnamed": list(self.counts.items()), "covered": self.covered[:end]}
        self.counts, self.covered = {}, self.covered[end:]
        return taken


def unnamed_cells(
    group: RowGroup,
    *,
    after: int,
    named: Collection[int] | None,
    covered: Collection[int],
) -> UnnamedCells:
    """
    Return the filled cells of *group* in columns without a heading.

    Args:
        group: the rows.
        after: only rows with a higher number are returned.
        named: zero-based positions of the columns with a heading; None to return nothing.
        covered: positions of the columns whose cells are returned, such as those below a heading
            that is merged across columns.

    """
    cells = UnnamedCells()
    if named is None:
        return cells
    returned = frozenset(covered)
    for number, column, (text, _) in _other_cells(group, frozenset(named)):
        if number <= after:
            continue
        if column in returned:
            cells.covered.append((number, column, text.partition(STORED)[0]))
        else:
            cells.counts[column] = cells.counts.get(column, 0) + 1
    cells.covered.sort()
    return cells


def _other_cells(group: RowGroup, named: frozenset[int]) -> Iterator[tuple[int, int, Cell]]:
    """Yield the filled cells of *group* outside of the columns *named*."""
    if isinstance(group, DenseGroup):
        yield from _other_dense_cells(group, named)
        return
    for position, number in enumerate(group.numbers):
        row = group.row(position)
        for column in row.keys() - named:
            if _is_filled(row[column]):
                yield number, column, row[column]


def _other_dense_cells(
    group: DenseGroup, named: frozenset[int]
) -> Iterator[tuple[int, int, Cell]]:
    width = len(group.rows[0])
    for column in range(group.first_column, group.first_column + width):
        if column in named:
            continue
        texts, kinds = group.column(column)
        if not any(texts) and not kinds.strip(TEXT):
            continue
        for number, text, kind in zip(
            group.numbers, texts, kinds or TEXT * len(texts), strict=True
        ):
            if _is_filled((text, kind)):
                yield number, column, (text, kind)


def _is_filled(cell: Cell) -> bool:
    text, kind = cell
    return kind != TEXT or not is_blank(text)
