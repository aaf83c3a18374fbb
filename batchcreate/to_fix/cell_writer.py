"""Cells of new workbooks: values keep their type, issues have a colour and a comment."""

import re
from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import datetime
from itertools import count
from math import isfinite
from typing import Any, Final

from batchcreate.report.atomic_files import write_text
from batchcreate.text import cut_to_cell
from batchcreate.to_fix.annotations import AUTHOR, COMMENT_WIDTH, COMMENTS_MAX, comment_height
from batchcreate.workbooks import cell_values

_ERROR: Final = re.compile(r"#[A-Z0-9/_]+[!?]?")
_FIRST_YEAR: Final = 1900
_SHEET_NAME_CHARS: Final = 31
_FORBIDDEN: Final = re.compile(r"[\[\]:*?/\\]|^'|'$|^History$", re.IGNORECASE)

Cells = Mapping[int, cell_values.Cell]
"""The cells of a row by their columns."""

Book = Any
Sheet = Any
Format = Any
"""A workbook, a worksheet and a format of xlsxwriter, which has no types."""


class CellWriter:
    """
    Writes cells and comments to the sheets of one new workbook.

    Args:
        book: workbook of xlsxwriter.

    Attributes:
        text: the format of cells without a colour.

    """

    def __init__(self, book: Book) -> None:
        self._book = book
        self._comments = 0
        self._moments: dict[Format, Format] = {}
        self._booleans: dict[Format, Format] = {}
        self.text = book.add_format({"num_format": "@"})
        self._add_moment(self.text, {})

    def add_style(self, color: str) -> Format:
        """Return a format for cells with *color*, given as ``FFRRGGBB``."""
        background = {"bg_color": f"#{color[2:]}"}
        style = self._book.add_format({"num_format": "@", **background})
        self._add_moment(style, background)
        self._booleans[style] = self._book.add_format(background)
        return style

    def _add_moment(self, style: Format, background: Mapping[str, str]) -> None:
        moment = {"num_format": "yyyy-mm-dd hh:mm:ss", **background}
        self._moments[style] = self._book.add_format(moment)

    def write(
        self, sheet: Sheet, position: tuple[int, int], cell: cell_values.Cell, style: Format
    ) -> None:
        """Write *cell* to the zero-based *position*; values keep their type."""
        text, kind = cell
        value = value_of(text, kind)
        is_plain = style is self.text
        if isinstance(value, datetime):
            # With the text format, dates and booleans would be displayed as numbers.
            sheet.write_datetime(*position, value, self._moments.get(style, style))
        elif isinstance(value, bool):
            sheet.write_boolean(*position, value, self._booleans.get(style))
        elif isinstance(value, float):
            sheet.write_number(*position, value, None if is_plain else style)
        elif kind == cell_values.ERROR and _ERROR.fullmatch(text):
            # xlsxwriter has no other way to write an error value.
            sheet.write_formula(*position, f"={text}", style, text)
        elif kind == cell_values.ZERO_RESULT:
            sheet.write_formula(*position, "=0", style, 0)
        elif value:
            write_text(sheet, *position, value, style)
        else:
            sheet.write_blank(*position, None, style)

    def comment(self, sheet: Sheet, position: tuple[int, int], text: str) -> None:
        """Add a comment with *text* to the zero-based *position*; only the first ones are kept."""
        if self._comments < COMMENTS_MAX:
            self._comments += 1
            size = {"width": COMMENT_WIDTH, "height": comment_height(text)}
            sheet.write_comment(*position, text, size | {"author": AUTHOR})


def value_of(text: str, kind: str) -> str | float | bool | datetime:
    """Return the value of a cell that displays *text*."""
    if kind == cell_values.MERGED:
        return ""
    if kind == cell_values.BOOLEAN:
        return text == "TRUE"
    with suppress(ValueError):
        if kind == cell_values.NUMBER and isfinite(number := float(text)):
            return number
        if kind == cell_values.DATE and _is_valid_in_excel(moment := datetime.fromisoformat(text)):
            return moment
    displayed, _, _ = text.partition(cell_values.STORED)
    # A lone surrogate cannot be written.
    return cut_to_cell(displayed.encode(errors="backslashreplace").decode())


def _is_valid_in_excel(moment: datetime) -> bool:
    """Return True if Excel can store *moment*: from 1900 on, without a time zone."""
    return moment.tzinfo is None and moment.year >= _FIRST_YEAR


def sheet_name(name: str, taken: Collection[str]) -> str:
    """Return *name* if it is valid and not *taken*, else another name."""
    used = {each.lower() for each in taken}
    is_valid = len(name) <= _SHEET_NAME_CHARS and not _FORBIDDEN.search(name)
    if is_valid and name.lower() not in used:
        return name
    others = (f"Sheet {number}" for number in count(len(used) + 1))
    return next(other for other in others if other.lower() not in used)
