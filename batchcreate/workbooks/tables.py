"""Rows and columns of a sheet: groups of rows in memory, and chunks that are sent."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress, islice
from types import MappingProxyType
from typing import Any, Final, Protocol

from python_calamine import CalamineSheet

from batchcreate.text import CELL_CHARS, cell_address, is_blank
from batchcreate.workbooks.cell_values import (
    BLANK,
    STORED,
    TEXT,
    Cell,
    Column,
    DisplayedValue,
    display,
    display_column,
    format_text,
)
from batchcreate.workbooks.format_codes import NumberFormat
from batchcreate.workbooks.merged_cells import MergedCells, MergedRange
from batchcreate.workbooks.protocol import (
    CELL_CHARS_MAX,
    TEXT_CHARS_MAX,
    RefusedError,
    SheetName,
)
from batchcreate.workbooks.sheet_marks import SheetMarks

HEAD_ROWS: Final = 40
"""Maximum number of rows of the first group of a sheet."""

HEADING_CHARS: Final = 1000
"""Longer texts are cut when headings are searched."""

KnownCell = Cell | NumberFormat
"""A cell as displayed, or the format of a text."""

NO_CELLS: Final[Mapping[int, Mapping[int, KnownCell]]] = MappingProxyType({})

_GROUP_CELLS: Final = 1_000_000
_CELL_CHARS: Final = 20
"""Memory of a cell in addition to its text, as a number of characters."""

Row = tuple[int, dict[int, Cell]]
"""Number of a row, and its cells by their columns."""


class RowGroup(Protocol):
    """Consecutive rows of a sheet that are in memory together."""

    @property
    def numbers(self) -> Sequence[int]:
        """The row numbers as shown by the spreadsheet program, ascending."""
        ...

    def column(self, index: int) -> Column:
        """Return the cells of the zero-based column *index*."""
        ...

    def row(self, position: int) -> Mapping[int, Cell]:
        """Return the cells of the row at *position*, by their columns."""
        ...


@dataclass(frozen=True, slots=True)
class DenseGroup:
    """
    Rows that contain a value for every cell, as calamine returns them.

    Attributes:
        first_number: number of the first row.
        first_column: zero-based column of the first value of each row.
        rows: values of the rows.

    """

    first_number: int
    first_column: int
    rows: Sequence[Sequence[object]]
    _columns: list[tuple[object, ...]] = field(default_factory=list)

    @property
    def numbers(self) -> Sequence[int]:
        """The row numbers, without gaps."""
        return range(self.first_number, self.first_number + len(self.rows))

    def column(self, index: int) -> Column:
        """Return the cells of the column *index*."""
        at = index - self.first_column
        if not 0 <= at < len(self.rows[0]):
            return [""] * len(self.rows), ""
        if not self._columns:
            self._columns.extend(zip(*self.rows, strict=True))
        return display_column(self._columns[at])

    def row(self, position: int) -> Mapping[int, Cell]:
        """Return the cells of the row at *position*."""
        return {
            at: display(value)
            for at, value in enumerate(self.rows[position], start=self.first_column)
            if value != ""
        }


@dataclass(frozen=True, slots=True)
class SparseGroup:
    """
    Rows that contain only the cells of the file.

    Attributes:
        numbers: the row numbers.
        rows: displayed cells by their columns.

    """

    numbers: Sequence[int]
    rows: Sequence[Mapping[int, Cell]]

    def column(self, index: int) -> Column:
        """Return the cells of the column *index*."""
        texts, kinds = zip(*(row.get(index, BLANK) for row in self.rows), strict=True)
        return list(texts), "".join(kinds)

    def row(self, position: int) -> Mapping[int, Cell]:
        """Return the cells of the row at *position*."""
        return self.rows[position]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """
    The rows of one sheet.

    Attributes:
        groups: rows in order; the first group has at most `HEAD_ROWS` rows.
        merges: merged cells.
        marks: hidden rows and columns, and struck-through cells.

    """

    groups: Iterator[RowGroup]
    merges: Sequence[MergedRange] = field(default_factory=list)
    marks: SheetMarks = field(default_factory=SheetMarks)


class Book(Protocol):
    """An open workbook."""

    @property
    def sheets(self) -> Sequence[SheetName]:
        """The worksheets in the order of their tabs."""
        ...

    def table(self, index: int, chunk_rows: int) -> Table:
        """Return the sheet with position *index*, in groups of at most *chunk_rows* rows."""
        ...


@dataclass(frozen=True, slots=True)
class SheetChunk:
    """
    Rows that are not blank, with the requested columns.

    Attributes:
        numbers: the row numbers.
        columns: cells of each column, as many as *numbers*.

    """

    numbers: list[int]
    columns: list[Column]


def group_dense(
    sheet: CalamineSheet, chunk_rows: int, known: Mapping[int, Mapping[int, KnownCell]] = NO_CELLS
) -> Iterator[RowGroup]:
    """
    Yield the rows of *sheet*, starting with row 1.

    Args:
        sheet: read by calamine.
        chunk_rows: maximum number of rows of a group.
        known: cells that calamine does not report as displayed, by row numbers and columns.

    """
    if sheet.start is None:
        return
    rows = sheet.iter_rows()
    rows_max = max(1, min(chunk_rows, _GROUP_CELLS // sheet.width))
    count = HEAD_ROWS
    number = 1
    while group := list(islice(rows, count)):
        for at in known.keys() & range(number, number + len(group)) if known else ():
            for column, cell in known[at].items():
                _set_value(group[at - number], column - sheet.start[1], cell)
        yield DenseGroup(number, sheet.start[1], group)
        number += len(group)
        count = rows_max


def group_sparse(rows: Iterator[Row], chunk_rows: int) -> Iterator[RowGroup]:
    """Yield *rows* in groups that contain a bounded amount of text."""
    group: list[Row] = []
    count = HEAD_ROWS
    cells: Mapping[int, Cell] = {}
    chars = total = 0
    for row in rows:
        if row[1] is not cells:  # a repeated row is measured once
            cells = row[1]
            chars = sum(len(text) + _CELL_CHARS for text, _ in cells.values())
        group.append(row)
        total += chars
        if len(group) >= count or total > TEXT_CHARS_MAX:
            yield _sparse_group(group)
            group = []
            count, total = chunk_rows, 0
    if group:
        yield _sparse_group(group)


def head_texts(group: RowGroup, rows: int) -> list[list[str]]:
    """
    Return the texts of *group* up to row *rows*, starting at A1; long texts are cut.

    Raises:
        RefusedError: there is too much text.

    """
    texts: list[list[str]] = []
    for position, number in enumerate(group.numbers):
        if number > rows:
            break
        texts += [[] for _ in range(len(texts) + 1, number)]
        cells = group.row(position)
        width = max(cells, default=-1) + 1
        shown = (cells.get(at, BLANK)[0].partition(STORED)[0] for at in range(width))
        texts.append([text[:HEADING_CHARS] for text in shown])
    if sum(len(text) for row in texts for text in row) > TEXT_CHARS_MAX:
        error = "contains more text in its first rows than headings can have."
        raise RefusedError(error)
    return texts


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnsToRead:
    """
    Columns of a sheet, by their zero-based positions.

    Attributes:
        columns: the columns to read.
        ignored: the one whose cells do not keep a row from being blank, if there is one.
        cut: those whose texts are cut to the capacity of a cell.

    """

    columns: Sequence[int]
    ignored: int | None = None
    cut: Collection[int] = ()


def to_chunks(
    group: RowGroup, read: ColumnsToRead, *, after: int, merged: MergedCells, chunk_rows: int
) -> Iterator[SheetChunk]:
    """
    Yield the rows of *group* below row *after* that are not blank, in chunks of bounded size.

    Raises:
        RefusedError: a cell is too long, and its column is not to be cut.

    """
    columns, ignored = read.columns, read.ignored
    cells = [_column(group, index, is_cut=index in read.cut) for index in columns]
    own = [column for index, column in zip(columns, cells, strict=True) if index != ignored]
    kept = _kept_rows(group, own, after, ignored)
    numbers = list(group.numbers)
    if not all(kept):
        numbers = list(compress(numbers, kept))
        cells = [
            (list(compress(texts, kept)), "".join(compress(kinds, kept))) for texts, kinds in cells
        ]
    if not numbers:
        return
    cells = merged.mark(numbers, cells, columns)
    longest = [max(map(len, texts)) for texts, _ in cells]
    for index, (texts, _), chars in zip(columns, cells, longest, strict=True):
        if chars > CELL_CHARS_MAX:
            at = next(at for at, text in enumerate(texts) if len(text) == chars)
            raise too_long(cell_address(index, numbers[at]), chars)
    # Calculated as if all cells of a column were as long as its longest one.
    count = min(chunk_rows, max(1, TEXT_CHARS_MAX // max(1, sum(longest))))
    for start in range(0, len(numbers), count):
        part = slice(start, start + count)
        yield SheetChunk(numbers[part], [(texts[part], kinds[part]) for texts, kinds in cells])


def _column(group: RowGroup, index: int, *, is_cut: bool) -> Column:
    texts, kinds = group.column(index)
    if is_cut and max(map(len, texts)) > CELL_CHARS:
        texts = [text[:CELL_CHARS] for text in texts]
    return texts, kinds


def has_cells(group: RowGroup) -> bool:
    """Return True if a row of *group* is not blank."""
    return any(not _is_blank_row(group, at) for at in range(len(group.numbers)))


def too_long(address: str, chars: int) -> RefusedError:
    """Return the error for the cell at *address*, which has too many characters."""
    return RefusedError(
        f"cell {address} contains {chars:,} characters; spreadsheet programs show at most 32,767."
        " Empty this cell."
    )


def _kept_rows(
    group: RowGroup, cells: Sequence[Column], after: int, ignored: int | None
) -> list[bool]:
    """Return for each row of *group* whether it is below row *after* and not blank."""
    kept = [number > after for number in group.numbers]
    blank = [at for at, is_kept in enumerate(kept) if is_kept]
    for texts, kinds in cells:
        if not blank:
            return kept
        blank = [at for at in blank if is_blank(texts[at]) and (not kinds or kinds[at] == TEXT)]
    for at in blank:
        kept[at] = not _is_blank_row(group, at, ignored)
    return kept


def _is_blank_row(group: RowGroup, position: int, ignored: int | None = None) -> bool:
    return all(
        (is_blank(text) and kind == TEXT) or index == ignored
        for index, (text, kind) in group.row(position).items()
    )


def _set_value(row: list[Any], at: int, cell: KnownCell) -> None:
    if not 0 <= at < len(row):
        return
    if isinstance(cell, NumberFormat):
        cell = format_text(str(row[at]), cell)
    row[at] = DisplayedValue(*cell)


def _sparse_group(rows: Sequence[Row]) -> RowGroup:
    numbers, cells = zip(*rows, strict=True)
    return SparseGroup(numbers, cells)
