"""Some consecutive rows of a sheet: which are blank, and what the columns asked for show."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress
from typing import Final, Protocol

from batchcreate.workbooks.cells import BLANK, MERGED, TEXT, Cell, cell, column, is_blank
from batchcreate.workbooks.limits import BATCH_CHARS, CELL_CHARS_MAX
from batchcreate.workbooks.places import address
from batchcreate.workbooks.refusal import Refusal

HEADING_CHARS: Final = 1000
"""What is longer is cut where headings are looked for."""

Column = tuple[Sequence[str], str]
"""What its cells show, and the letters of their kinds; no letters where all are text."""


class Batch(Protocol):
    """Some consecutive rows."""

    @property
    def numbers(self) -> Sequence[int]:
        """The rows' numbers, as the spreadsheet program shows them, ascending."""
        ...

    def column(self, index: int) -> Column:
        """Return the cells of the column *index*, 0 being column A."""
        ...

    def row(self, position: int) -> Mapping[int, Cell]:
        """Return the cells of the row at *position*, by their columns."""
        ...


@dataclass(frozen=True, slots=True)
class DenseBatch:
    """
    Rows with every cell.

    Attributes:
        first_number: of the first row.
        first_column: where the rows begin, 0 being column A.
        rows: their values.

    """

    first_number: int
    first_column: int
    rows: Sequence[Sequence[object]]
    _columns: list[tuple[object, ...]] = field(default_factory=list)

    @property
    def numbers(self) -> Sequence[int]:
        """The rows' numbers, one after the other."""
        return range(self.first_number, self.first_number + len(self.rows))

    def column(self, index: int) -> Column:
        """Return the cells of the column *index*."""
        at = index - self.first_column
        if not 0 <= at < len(self.rows[0]):
            return [""] * len(self.rows), ""
        if not self._columns:
            self._columns.extend(zip(*self.rows, strict=True))
        return column(self._columns[at])

    def row(self, position: int) -> Mapping[int, Cell]:
        """Return the cells of the row at *position*."""
        return {
            at: cell(value)
            for at, value in enumerate(self.rows[position], start=self.first_column)
            if value != ""
        }


@dataclass(frozen=True, slots=True)
class SparseBatch:
    """
    Rows with the cells that the file holds.

    Attributes:
        numbers: the rows' numbers.
        rows: what the cells show, by their columns.

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


@dataclass(frozen=True, slots=True)
class Merge:
    """Cells that are shown as one; rows by their numbers, columns from 0, both ends included."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True, slots=True)
class Block:
    """
    Rows that are not blank, and the columns of them that were asked for.

    Attributes:
        numbers: the rows' numbers.
        columns: their cells, each column as long as *numbers*.

    """

    numbers: list[int]
    columns: list[Column]


def head(batch: Batch, rows: int) -> list[list[str]]:
    """Return the texts of the rows of *batch* up to row *rows*, from A1 on, cut if long."""
    found: list[list[str]] = []
    for position, number in enumerate(batch.numbers):
        if number > rows:
            break
        found += [[] for _ in range(len(found) + 1, number)]
        cells = batch.row(position)
        width = max(cells, default=-1) + 1
        found.append([cells.get(at, BLANK)[0][:HEADING_CHARS] for at in range(width)])
    if sum(len(text) for texts in found for text in texts) > BATCH_CHARS:
        text = "holds more text in its first rows than headings ever have."
        raise Refusal(text)
    return found


def has_cells(batch: Batch) -> bool:
    """Whether anything in *batch* can be seen."""
    return any(not _is_blank_row(batch, at) for at in range(len(batch.numbers)))


def cut(
    batch: Batch,
    *,
    columns: Sequence[int],
    after: int,
    merges: Sequence[Merge],
    chunk_rows: int,
) -> Iterator[Block]:
    """
    Yield the rows of *batch* below row *after* that are not blank, in blocks of bounded size.

    Raises:
        Refusal: a cell of *columns* holds more than any program shows.

    """
    cells = [batch.column(index) for index in columns]
    kept = _kept(batch, cells, after)
    numbers = list(batch.numbers)
    if not all(kept):
        numbers = list(compress(numbers, kept))
        cells = [_compressed(each, kept) for each in cells]
    if numbers:
        covered = _covered(numbers, cells, columns, merges)
        longest = [max(map(len, texts)) for texts, _ in covered]
        _refuse_long(numbers, covered, columns, longest)
        # Each as long as the longest would be the worst.
        fitting = max(1, BATCH_CHARS // max(1, sum(longest)))
        yield from _pieces(Block(numbers, covered), min(chunk_rows, fitting))


def _kept(batch: Batch, cells: Sequence[Column], after: int) -> list[bool]:
    kept = [number > after for number in batch.numbers]
    blank = [at for at, is_kept in enumerate(kept) if is_kept]
    for texts, kinds in cells:
        if not blank:
            return kept
        blank = [at for at in blank if is_blank(texts[at]) and (not kinds or kinds[at] == TEXT)]
    for at in blank:
        kept[at] = not _is_blank_row(batch, at)
    return kept


def _is_blank_row(batch: Batch, position: int) -> bool:
    cells = batch.row(position).values()
    return all(is_blank(text) and kind == TEXT for text, kind in cells)


def _compressed(cells: Column, kept: Sequence[bool]) -> Column:
    texts, kinds = cells
    return list(compress(texts, kept)), "".join(compress(kinds, kept))


def _covered(
    numbers: Sequence[int], cells: list[Column], columns: Sequence[int], merges: Sequence[Merge]
) -> list[Column]:
    """Return *cells* with those marked that a merge covers and that hold nothing themselves."""
    marked: dict[int, list[str]] = {}
    for merge in merges:
        if merge.top > numbers[-1] or merge.bottom < numbers[0]:
            continue
        rows = range(bisect_left(numbers, merge.top), bisect_right(numbers, merge.bottom))
        for which, index in enumerate(columns):
            if merge.left <= index <= merge.right:
                texts, kinds = cells[which]
                letters = marked.setdefault(which, list(kinds or TEXT * len(texts)))
                for at in rows:
                    is_shown = (numbers[at], index) == (merge.top, merge.left)
                    if not is_shown and not texts[at] and letters[at] == TEXT:
                        letters[at] = MERGED
    return [
        (texts, "".join(marked.get(which, kinds))) for which, (texts, kinds) in enumerate(cells)
    ]


def _refuse_long(
    numbers: Sequence[int], cells: list[Column], columns: Sequence[int], longest: Sequence[int]
) -> None:
    for index, (texts, _), chars in zip(columns, cells, longest, strict=True):
        if chars > CELL_CHARS_MAX:
            at = next(at for at, text in enumerate(texts) if len(text) == chars)
            raise too_long(address(numbers[at], index), chars)


def too_long(where: str, chars: int) -> Refusal:
    """Return the refusal of a cell that holds more than any program shows."""
    text = (
        f"cell {where} holds {chars:,} characters; a spreadsheet program shows 32,767 of them at"
        " most. Empty this cell."
    )
    return Refusal(text)


def _pieces(block: Block, rows: int) -> Iterator[Block]:
    if len(block.numbers) <= rows:
        yield block
        return
    for start in range(0, len(block.numbers), rows):
        part = slice(start, start + rows)
        columns = [(texts[part], kinds[part]) for texts, kinds in block.columns]
        yield Block(block.numbers[part], columns)
