"""Cells of new workbooks: displayed values as text, with colours and comments."""

import re
from collections.abc import Collection, Mapping
from itertools import count
from typing import Any, Final

from batchcreate.report import atomic_files
from batchcreate.text import cut_to_cell
from batchcreate.to_fix.marks import (
    AUTHOR,
    COMMENT_WIDTH,
    COMMENTS_MAX,
    NO_VALUE,
    comment_height,
)
from batchcreate.workbooks import cell_values, stamps

LOST: Final = (NO_VALUE, cell_values.ERROR)
"""Cell whose value is not known, or not what is displayed."""

_ERROR: Final = re.compile(r"#[A-Z0-9/_]+[!?]?")
_NOT_DISPLAYED: Final = frozenset({cell_values.MERGED, cell_values.COVERED})
_SHEET_NAME_CHARS: Final = 31
_FORBIDDEN: Final = re.compile(r"[\[\]:*?/\\\x00-\x1f]|^'|'$|^History$|^$", re.IGNORECASE)

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
        stamp: text of the document property, or nothing.

    """

    def __init__(self, book: Book, stamp: str = "") -> None:
        self._book = book
        self._comments = 0
        self._text = self.add_style("")
        if stamp:
            # The method of xlsxwriter ignores texts of more than 255 characters.
            book.custom_properties.append((stamps.NAME, stamp, "text"))

    def add_style(self, color: str, **more: object) -> Format:
        """Return a text format for cells with *color*, given as ``FFRRGGBB`` or empty."""
        background = {"bg_color": f"#{color[2:]}"} if color else {}
        if isinstance(font_color := more.get("font_color"), str):
            more["font_color"] = f"#{font_color[2:]}"
        return self._book.add_format({"num_format": "@", **background, **more})

    def write(
        self,
        sheet: Sheet,
        position: tuple[int, int],
        cell: cell_values.Cell,
        style: Format | None = None,
    ) -> None:
        """Write the displayed text of *cell* to the zero-based *position*."""
        text, kind = cell
        if kind == cell_values.ERROR and _ERROR.fullmatch(text):
            # xlsxwriter has no other way to write an error value.
            sheet.write_formula(*position, f"={text}", style or self._text, text)
            return
        if kind == cell_values.ZERO_RESULT:
            # As a text the cell would have no warning.
            sheet.write_formula(*position, "=0", style or self._text, 0)
            return
        displayed = "" if kind in _NOT_DISPLAYED else text.partition(cell_values.STORED)[0]
        self.write_text(sheet, position, displayed, style)

    def write_text(
        self, sheet: Sheet, position: tuple[int, int], text: str, style: Format | None = None
    ) -> None:
        """Write *text* to the zero-based *position*."""
        if text:
            # A lone surrogate cannot be written.
            kept = cut_to_cell(text.encode(errors="backslashreplace").decode())
            atomic_files.write_text(sheet, *position, kept, style or self._text)
        elif style is not None:
            sheet.write_blank(*position, None, style)

    def comment(self, sheet: Sheet, position: tuple[int, int], text: str) -> None:
        """Add a comment with *text* to the zero-based *position*; only the first ones are kept."""
        if self._comments < COMMENTS_MAX:
            self._comments += 1
            size = {"width": COMMENT_WIDTH, "height": comment_height(text)}
            sheet.write_comment(*position, text, size | {"author": AUTHOR})


def sheet_name(name: str, taken: Collection[str]) -> str:
    """Return *name* if it is valid and not *taken*, else another name."""
    used = {each.lower() for each in taken}
    is_valid = len(name) <= _SHEET_NAME_CHARS and not _FORBIDDEN.search(name)
    if is_valid and name.lower() not in used:
        return name
    others = (f"Sheet {number}" for number in count(len(used) + 1))
    return next(other for other in others if other.lower() not in used)
