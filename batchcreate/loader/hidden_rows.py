"""Hidden rows and columns and struck-through rows of a workbook, as the loader reports them."""

from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter

from batchcreate.frames import Chunk
from batchcreate.loader.header import Header
from batchcreate.models import Column, Origin, RowNumbers, RowProblem, Severity, Skipped
from batchcreate.workbooks.reader import SheetRows


class SkippedHiddenRows:
    """Removes the hidden rows from the chunks of a sheet, and counts them."""

    def __init__(self) -> None:
        self._numbers = RowNumbers()

    def select(self, chunk: Chunk) -> Chunk:
        """Return the rows of *chunk* that are not hidden."""
        if not chunk.hidden:
            return chunk
        self._numbers = self._numbers.extended(chunk.hidden)
        hidden = set(chunk.hidden)
        return chunk.select([number not in hidden for number in chunk.numbers])

    def skipped(self, file: str, sheet: str) -> Iterator[Skipped]:
        """Yield the skipped rows of the sheet, if there are any."""
        if self._numbers.count:
            yield Skipped(
                file=file,
                sheet=sheet,
                reason="hidden_rows",
                rows=self._numbers.count,
                ranges=self._numbers.ranges,
            )


def hidden_columns(header: Header, ranges: Iterable[tuple[int, int]]) -> Sequence[Column]:
    """
    Return the hidden columns below a known heading, from left to right.

    Args:
        header: the header row of the sheet.
        ranges: first and last zero-based position of each range of hidden columns.

    """
    hidden = list(ranges)
    known = sorted(header.columns.values(), key=attrgetter("index"))
    return [
        column for column in known if any(left <= column.index <= right for left, right in hidden)
    ]


def hidden_numbers(rows: SheetRows, header: Header) -> Sequence[int]:
    """
    Return the numbers of the hidden rows, except rows that batchcreate itself may hide.

    A to-fix file hides rows that need no fix; they have an origin.
    """
    hidden = {number for first, last in rows.hidden for number in range(first, last + 1)}
    if not hidden:
        return ()
    if header.origin is not None:
        origins = zip(rows.numbers, rows.texts[len(header.columns)], strict=True)
        hidden -= {number for number, text in origins if Origin.parse(text)}
    return sorted(hidden)


def struck_problems(rows: SheetRows, header: Header) -> Iterator[RowProblem]:
    """Yield a warning for each struck-through row, at its first struck-through cell."""
    columns = {column.index: column for column in (*header.others, *header.columns.values())}
    for number, index, text in rows.struck:
        yield RowProblem(
            number=number,
            column=columns.get(index) or Column(heading="", index=index),
            rule="row.struck_through",
            value=text,
            severity=Severity.WARNING,
        )
