"""Marks of a copy of an input file: marked cells, the added column, and the plan of the copy."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final, Self

from batchcreate.text import display_width

AUTHOR: Final = "batchcreate"
"""Author of the comments, by which comments of an earlier copy are recognized."""

COMMENTS_MAX: Final = 5_000
"""Per workbook; programs become slow with more, and the added column contains the same text."""

NO_VALUE: Final = "#N/A"
"""Written to a cell whose value is not known; the validator does not accept it."""

ADDED_COLOR: Final = "FFDDEBF7"
HEADING_COLOR: Final = "FF1F3864"
ADDED_WIDTH: Final = 90
COMMENT_WIDTH: Final = 320

_CHARS_PER_LINE: Final = 46
_LINE_HEIGHT: Final = 18
_ROW_HEIGHT: Final = 15.0
_LINES_MIN, _LINES_MAX = 3, 24


class Mark(StrEnum):
    """State of a cell with an issue; the suggestion is the value of a fixed cell."""

    FIXED = "fixed"
    ERROR = "error"
    WARNING = "warning"


COLORS: Final = {
    Mark.FIXED: "FFC6EFCE",
    Mark.ERROR: "FFFFC7CE",
    Mark.WARNING: "FFFFEB9C",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CellMark:
    """
    A marked cell.

    Attributes:
        index: zero-based position of its column.
        mark: see `Mark`.
        comment: the previous value of a fixed cell, or the issues of the cell.
        value: the new value of a fixed cell, or the text that a merged cell covers.
        is_only_repeated: the only issue of the cell is that its value must be unique.

    """

    index: int
    mark: Mark
    comment: str
    value: str = ""
    is_only_repeated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RowMarks:
    """
    The marks of a row.

    Attributes:
        number: number of the row.
        cells: the marked cells, each of them once.
        text: text of the added column: what to do.
        is_done: there is nothing to do, so that the filter hides the row.

    """

    number: int
    cells: Sequence[CellMark] = ()
    text: str = ""
    is_done: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetMarks:
    """
    The marks of a sheet.

    Attributes:
        name: name of the sheet; empty for the first one.
        header_row: number of the header row.
        rows: marked rows below the header row, in order.

    """

    name: str
    header_row: int
    rows: Sequence[RowMarks]


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedColumn:
    """
    The column that a to-fix file has in addition to those of the analyst.

    Attributes:
        heading: its heading.
        headings: its headings in all languages.
        comment: comment of the heading.
        done: text of rows with nothing to do, by which their texts begin and the filter hides
            them; empty if other rows have no text and there is no filter.

    """

    heading: str
    headings: Sequence[str]
    comment: str
    done: str

    def is_added(self, heading: object) -> bool:
        """Return True if *heading* is that of the added column of an earlier copy."""
        return isinstance(heading, str) and _fold(heading) in map(_fold, self.headings)

    def text_of(
        self, row: RowMarks | None, *, before: str, is_blank: bool, is_hidden: bool
    ) -> str:
        """
        Return the text of a row; it is empty for blank rows and for rows that the analyst hides.

        Args:
            row: its marks, or None if it has none.
            before: its text in an earlier copy.
            is_blank: True for a row without values.
            is_hidden: the row is hidden; that of an earlier copy has a text.

        """
        if row is not None and row.text:
            return row.text
        if not self.done:
            return before
        is_of_analyst = is_hidden and not before.strip()
        return "" if is_blank or is_of_analyst else self.done


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyPlan:
    """
    Content of a copy.

    Attributes:
        sheets: the marked sheets; other sheets are not changed.
        added: the added column of these sheets, or None.
        stamp: text of the document property, or nothing.

    """

    sheets: Sequence[SheetMarks]
    added: AddedColumn | None = None
    stamp: str = ""

    def to_json(self) -> bytes:
        """Return the plan as sent to the child process."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_json(cls, content: bytes) -> Self:
        """Return the plan in *content*."""
        plan = json.loads(content)
        sheets = [
            SheetMarks(**sheet | {"rows": [*map(_row_marks, sheet["rows"])]})
            for sheet in plan["sheets"]
        ]
        added = AddedColumn(**plan["added"]) if plan["added"] else None
        return cls(sheets=sheets, added=added, stamp=plan["stamp"])


def comment_height(text: str) -> int:
    """Return the height that a comment of `COMMENT_WIDTH` needs for *text*, in pixels."""
    lines = _count_lines(text, _CHARS_PER_LINE) + 1
    return _LINE_HEIGHT * min(max(lines, _LINES_MIN), _LINES_MAX)


def row_height(text: str) -> float:
    """Return the height that a row needs for *text* in the added column, in points."""
    return _ROW_HEIGHT * min(_count_lines(text, ADDED_WIDTH), _LINES_MAX)


def _count_lines(text: str, width: int) -> int:
    return sum(1 + display_width(line) // width for line in text.split("\n"))


def _fold(heading: str) -> str:
    return "".join(heading.split()).casefold()


def _row_marks(row: dict[str, Any]) -> RowMarks:
    cells = [CellMark(**{**cell, "mark": Mark(cell["mark"])}) for cell in row["cells"]]
    return RowMarks(**{**row, "cells": cells})
