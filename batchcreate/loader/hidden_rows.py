"""Hidden rows and columns and struck-through rows of a workbook, as the loader reports them."""

from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter
from typing import Final

from batchcreate.frames import Chunk
from batchcreate.loader.header import Header
from batchcreate.messages import LANGUAGES
from batchcreate.messages import text as message_text
from batchcreate.models import Column, RowNumbers, RowProblem, Severity, Skipped
from batchcreate.text import cell_address
from batchcreate.workbooks.reader import SheetRows

_CLEAR_SENTENCES: Final = [
    "".join(message_text("to_fix.clear", language=each).split()) for each in LANGUAGES
]
"""The sentences that ask to clear a cell, without white space."""


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


def hidden_numbers(rows: SheetRows, added: Sequence[str]) -> Sequence[int]:
    """
    Return the numbers of the hidden rows, except rows that batchcreate itself hides.

    The filter of a to-fix file hides rows with nothing to do; they have a text in its column.

    Args:
        rows: rows of the sheet.
        added: texts in the column that a to-fix file adds; empty if there is no such column.

    """
    hidden = {number for first, last in rows.hidden for number in range(first, last + 1)}
    with_text = zip(rows.numbers, added, strict=False)
    return sorted(hidden - {number for number, text in with_text if text.strip()})


def unfixed_problems(
    numbers: Sequence[int], added: Sequence[str], index: int
) -> Iterator[RowProblem]:
    """
    Yield a problem for each row whose text in the added column must be cleared first.

    The copy in a to-fix file may not contain the reason for which such a row was rejected.

    Args:
        numbers: numbers of the rows.
        added: their texts in the column that the to-fix file adds.
        index: zero-based position of this column.

    """
    for number, text in zip(numbers, added, strict=True):
        folded = "".join(text.split())
        if any(sentence in folded for sentence in _CLEAR_SENTENCES):
            yield RowProblem(
                number=number,
                column=Column(heading="", index=index),
                rule="row.not_fixed",
                value=text,
                facts={"cell": cell_address(index, number)},
                is_whole_row=True,
            )


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
