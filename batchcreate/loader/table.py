"""Columns of text cut into a chunk: blank rows left out, row numbers kept."""

from collections.abc import Sequence
from itertools import compress

from batchcreate.loader.headers import Header
from batchcreate.models import Chunk


def is_blank(text: str) -> bool:
    """Whether nothing of *text* can be seen in a cell."""
    return not text or text.isspace()


def cut(columns: Sequence[Sequence[str]], *, header: Header, first_number: int) -> Chunk | None:
    """
    Make the chunk of the rows below *header* among *columns*, or nothing if all are blank.

    Args:
        columns: every column of the sheet, unknown ones included, all of one length.
        header: the headings above.
        first_number: the row number of the first cells.

    """
    skipped = max(0, header.number + 1 - first_number)
    below = [column[skipped:] for column in columns] if skipped else columns
    start = first_number + skipped
    numbers = list(range(start, start + len(below[0])))
    cells = {name: below[column.index] for name, column in header.columns.items()}
    if blank := _blank_rows(below, below[header.columns["task_name"].index]):
        kept = [True] * len(numbers)
        for at in blank:
            kept[at] = False
        numbers = list(compress(numbers, kept))
        cells = {name: list(compress(texts, kept)) for name, texts in cells.items()}
    if not numbers:
        return None
    return Chunk(
        file=header.file,
        sheet=header.sheet,
        columns=header.columns,
        numbers=numbers,
        cells=cells,
    )


def _blank_rows(columns: Sequence[Sequence[str]], names: Sequence[str]) -> Sequence[int]:
    if all(map(str.strip, names)):
        return []
    blank = [at for at, text in enumerate(names) if is_blank(text)]
    for column in columns:
        blank = [at for at in blank if is_blank(column[at])]
    return blank
