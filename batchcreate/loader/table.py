"""Columns of text cut into a chunk: blank rows left out, row numbers kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import compress

from batchcreate.loader.headers import Header
from batchcreate.models import Chunk


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """
    The cells of some consecutive rows, column by column; each list has one cell per row.

    Attributes:
        cells: of the columns that are read, by their positions in the sheet.
        others: what else stands in the rows; a row without any of it may be blank.
        rows: how many they are.

    """

    cells: Mapping[int, Sequence[str]]
    others: Sequence[Sequence[str]]
    rows: int

    def part(self, start: int, end: int) -> "Columns":
        """Return the rows from *start* on that stand before *end*."""
        return Columns(
            cells={index: texts[start:end] for index, texts in self.cells.items()},
            others=[texts[start:end] for texts in self.others],
            rows=min(end, self.rows) - start,
        )


def wanted(header: Header) -> Sequence[int]:
    """Return the positions of the columns that are read."""
    known = [column.index for column in header.columns.values()]
    return known if header.origin is None else [*known, header.origin]


def is_blank(text: str) -> bool:
    """Whether nothing of *text* can be seen in a cell."""
    return not text or text.isspace()


def cut(columns: Columns, *, header: Header, first_number: int) -> Chunk | None:
    """
    Make the chunk of the rows with these *columns*, or nothing if all of them are blank.

    Args:
        columns: of rows below the headings.
        header: the headings above.
        first_number: of the first row.

    """
    kept = _kept_rows(columns, columns.cells[header.columns["task_name"].index])
    if not any(kept):
        return None
    is_whole = all(kept)
    texts = {
        index: cells if is_whole else list(compress(cells, kept))
        for index, cells in columns.cells.items()
    }
    return Chunk(
        file=header.file,
        sheet=header.sheet,
        columns=header.columns,
        numbers=list(compress(range(first_number, first_number + columns.rows), kept)),
        cells={name: texts[column.index] for name, column in header.columns.items()},
        origins=() if header.origin is None else texts[header.origin],
    )


def _kept_rows(columns: Columns, names: Sequence[str]) -> Sequence[bool]:
    kept = [True] * columns.rows
    if all(map(str.strip, names)):
        return kept
    blank = [at for at, text in enumerate(map(str.strip, names)) if not text]
    for texts in (*columns.cells.values(), *columns.others):
        blank = [at for at in blank if is_blank(texts[at])]
    for at in blank:
        kept[at] = False
    return kept
