"""The rows of a batch that are not blank, and the columns of them that were asked for."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import compress

from batchcreate.workbooks.batches import Batch, Column, is_blank_row
from batchcreate.workbooks.cells import MERGED, TEXT, is_blank
from batchcreate.workbooks.limits import BATCH_CHARS, CELL_CHARS_MAX
from batchcreate.workbooks.places import address
from batchcreate.workbooks.refusal import Refusal


@dataclass(frozen=True, slots=True)
class Merge:
    """Cells that are shown as one; rows by their numbers, columns from 0, both ends included."""

    top: int
    left: int
    bottom: int
    right: int


class Covering:
    """
    Marks the cells of one sheet that merges cover.

    Below its first cell a merge shows the text of that one in every row; the rows have to be
    given in their order.
    """

    def __init__(self, merges: Sequence[Merge]) -> None:
        self._merges = merges
        self._shown: dict[Merge, str] = {}

    def marked(
        self, numbers: Sequence[int], cells: Sequence[Column], columns: Sequence[int]
    ) -> list[Column]:
        """Return *cells* with those marked that are covered and hold nothing themselves."""
        marked: dict[int, tuple[list[str], list[str]]] = {}
        for merge in self._merges:
            if merge.top > numbers[-1] or merge.bottom < numbers[0]:
                continue
            rows = range(bisect_left(numbers, merge.top), bisect_right(numbers, merge.bottom))
            for which, index in enumerate(columns):
                if merge.left <= index <= merge.right:
                    if which not in marked:
                        texts, kinds = cells[which]
                        marked[which] = list(texts), list(kinds or TEXT * len(texts))
                    for at in rows:
                        self._mark(merge, (numbers[at], index), at, *marked[which])
        both = (marked.get(which, column) for which, column in enumerate(cells))
        return [(texts, "".join(letters)) for texts, letters in both]

    def _mark(
        self, merge: Merge, place: tuple[int, int], at: int, texts: list[str], letters: list[str]
    ) -> None:
        if letters[at] != TEXT:
            return
        if place == (merge.top, merge.left):
            self._shown[merge] = texts[at]
        elif not texts[at]:
            letters[at] = MERGED
            texts[at] = self._shown.get(merge, "") if place[1] == merge.left else ""


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


def cut(
    batch: Batch,
    *,
    columns: Sequence[int],
    after: int,
    covering: Covering,
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
        covered = covering.marked(numbers, cells, columns)
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
        kept[at] = not is_blank_row(batch, at)
    return kept


def _compressed(cells: Column, kept: Sequence[bool]) -> Column:
    texts, kinds = cells
    return list(compress(texts, kept)), "".join(compress(kinds, kept))


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
