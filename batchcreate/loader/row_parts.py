"""Rows of a text file that may be parts of one row; pure."""

import re
from dataclasses import dataclass, field
from typing import Final

from batchcreate.loader.csv_parser import Table
from batchcreate.rules import RULES, pattern
from batchcreate.text import is_blank
from batchcreate.validator.converted_values import is_totals

VALID_NAME: Final = pattern(RULES["task_name"])
"""A valid task name."""

_NOTE: Final = re.compile(r"\W*$|#|//|\(\d+ ")


def is_note(text: str) -> bool:
    """Return True if *text* is a total, a comment or a ruler."""
    return bool(is_totals(text) or _NOTE.match(text.strip()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """
    A row that may continue the row above it.

    Attributes:
        number: the row number.
        count: number of its cells.
        first: the first cell.
        name: the cell in the column of the task names.
        operations: the cell in the column of the operation types.
        last: the last cell.
        is_blank: True if the row is blank, as between two paragraphs.
        is_after_return: True if a bare carriage return is above it.
        is_quoted: True if it is a single cell in quotation marks.

    """

    number: int
    count: int
    first: str
    name: str
    operations: str
    last: str
    is_blank: bool
    is_after_return: bool
    is_quoted: bool

    @property
    def is_note(self) -> bool:
        """True if the row is a total, a comment or a ruler."""
        return self.count == 1 and is_note(self.first)


@dataclass(slots=True, kw_only=True)
class Run:
    """
    A row, and the rows below it that may be parts of it.

    Attributes:
        table: the table of the first row.
        at: position of the first row in *table*.
        number: number of the first row.
        count: number of cells of the first row.
        cells: number of cells of all rows together.
        parts: the rows below it.
        has_rest_of_list: True if the list of operation types continues below the first row.

    """

    table: Table
    at: int
    number: int
    count: int
    cells: int
    parts: list[Part] = field(default_factory=list)
    has_rest_of_list: bool = False

    @property
    def last(self) -> int:
        """Number of the last row."""
        return self.number + len(self.parts)

    @property
    def is_certain(self) -> bool:
        """True if two of the rows are parts of one row, whatever their numbers of cells."""
        return self.has_rest_of_list or any(part.is_after_return for part in self.parts)

    @property
    def is_filled(self) -> bool:
        """True if the first row has another problem, or cells beyond the table."""
        return self.number in self.table.filled

    @property
    def is_quoted(self) -> bool:
        """True if the first row is a single cell in quotation marks."""
        return self.number in self.table.quoted

    def cell(self, index: int) -> str:
        """Return the cell of the first row at *index*."""
        frame = self.table.frame
        return str(frame[index].iloc[self.at]) if index < frame.shape[1] else ""

    def is_blank_after(self, index: int) -> bool:
        """Return True if the cells of the first row to the right of *index* are blank."""
        return is_blank("".join(self.table.frame.iloc[self.at, index + 1 :]))
