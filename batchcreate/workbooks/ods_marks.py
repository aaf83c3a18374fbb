"""Hidden rows and columns, and strikethrough, in OpenDocument spreadsheets."""

import re
from collections.abc import Mapping
from typing import Final

from batchcreate.workbooks.protocol import COLUMNS_MAX
from batchcreate.workbooks.sheet_marks import SheetMarks

_ZERO: Final = re.compile(r"0+(?:\.0*)?[a-z]+")
_STYLES: Final = frozenset({"style:style", "style:default-style"})
_SIZES: Final = ("style:row-height", "style:column-width")
_STRIKES: Final = ("style:text-line-through-type", "style:text-line-through-style")
_GROUPS: Final = frozenset({"table:table-row-group", "table:table-column-group"})
_COLUMN: Final = "table:table-column"
_SPAN: Final = "text:span"
_PARENTS_MAX: Final = 50
_COUNT_DIGITS: Final = 9

Attributes = Mapping[str, str]
Style = tuple[str, str]
"""Family and name of a style."""


def repetitions(text: str, maximum: int) -> int:
    """Return the number of repetitions in *text*, or a number above *maximum*."""
    is_number = text.isdecimal() and len(text) <= _COUNT_DIGITS
    return min(int(text), maximum + 1) if is_number else maximum + 1


class OdsStyles:
    """
    The styles of a spreadsheet, as far as they hide or strike through.

    Attributes:
        hidden_sheets: names of the styles of hidden sheets.

    """

    def __init__(self) -> None:
        self.hidden_sheets: set[str] = set()
        self._style: Style = ("", "")
        self._parents: dict[Style, str] = {}
        self._strikes: dict[Style, bool] = {}
        self._zero: set[Style] = set()

    def start(self, name: str, attributes: Attributes) -> None:
        """Handle the start of an element."""
        if name in _STYLES:
            self._style = (attributes.get("style:family", ""), attributes.get("style:name", ""))
            self._parents[self._style] = attributes.get("style:parent-style-name", "")
            # A style of the content replaces a style of the same name for headers and footers.
            self._strikes.pop(self._style, None)
            self._zero.discard(self._style)
        elif name == "style:table-properties":
            if attributes.get("table:display") == "false":
                self.hidden_sheets.add(self._style[1])
        elif name == "style:text-properties":
            if strikes := [attributes[key] for key in _STRIKES if key in attributes]:
                self._strikes[self._style] = "none" not in strikes
        elif any(_ZERO.fullmatch(attributes.get(key, "")) for key in _SIZES):
            self._zero.add(self._style)

    @property
    def has_strikethrough(self) -> bool:
        """True if a style is struck through."""
        return any(self._strikes.values())

    def is_struck(self, family: str, name: str) -> bool:
        """Return True if the style, or the style that it is based on, is struck through."""
        style = (family, name)
        for _ in range(_PARENTS_MAX):
            if style in self._strikes or style not in self._parents:
                break
            style = (family, self._parents[style])
        return self._strikes.get(style, False)

    def is_zero(self, family: str, name: str) -> bool:
        """Return True if rows or columns with the style have no height or width."""
        return (family, name) in self._zero


class OdsMarkReader:
    """
    Determines the marks of a sheet from its elements.

    Args:
        marks: receives the marks.
        styles: of the spreadsheet.

    """

    def __init__(self, marks: SheetMarks, styles: OdsStyles) -> None:
        self._marks = marks
        self._styles = styles
        self._has_struck = styles.has_strikethrough
        self._hidden_groups = 0
        self._group_is_hidden: list[bool] = []
        self._column = 0
        self._struck_columns: list[tuple[int, int]] = []
        self._is_row_hidden = False
        self._row_style = ""
        self._struck: list[int] = []
        self._is_text_struck = False

    def start(self, name: str, attributes: Attributes) -> None:
        """Handle the start of an element that is neither a row nor a cell."""
        if name == _COLUMN:
            self._start_column(attributes)
        elif name in _GROUPS:
            self._group_is_hidden.append(attributes.get("table:display") == "false")
            self._hidden_groups += self._group_is_hidden[-1]
        elif name == _SPAN and self._has_struck:
            style = attributes.get("text:style-name", "")
            self._is_text_struck |= self._styles.is_struck("text", style)

    def end(self, name: str) -> None:
        """Handle the end of an element that is neither a row nor a cell."""
        if name in _GROUPS:
            self._hidden_groups -= self._group_is_hidden.pop()

    def start_row(self, attributes: Attributes) -> None:
        """Handle the start of a row."""
        self._is_row_hidden = self._is_hidden("table-row", attributes)
        self._row_style = attributes.get("table:default-cell-style-name", "")
        self._struck = []

    def end_cell(self, column: int, attributes: Attributes) -> None:
        """Handle the end of a cell in *column* that is not blank."""
        if self._has_struck and (
            self._is_text_struck or self._has_struck_style(column, attributes)
        ):
            self._struck.append(column)
        self._is_text_struck = False

    def end_row(self, first: int, last: int) -> None:
        """Handle the end of a row with cells, which is repeated as the rows *first* to *last*."""
        if self._is_row_hidden:
            self._marks.hide_rows(first, last)
        for column in self._struck[:1]:
            for number in range(first, last + 1):
                self._marks.strike(number, column)

    def _start_column(self, attributes: Attributes) -> None:
        left = self._column
        self._column += repetitions(
            attributes.get("table:number-columns-repeated", "1"), COLUMNS_MAX
        )
        right = min(self._column, COLUMNS_MAX) - 1
        if self._is_hidden("table-column", attributes):
            self._marks.hide_columns(left, right)
        style = attributes.get("table:default-cell-style-name", "")
        if self._has_struck and self._styles.is_struck("table-cell", style):
            self._struck_columns.append((left, right))

    def _is_hidden(self, family: str, attributes: Attributes) -> bool:
        return (
            self._hidden_groups > 0
            or attributes.get("table:visibility", "visible") != "visible"
            or self._styles.is_zero(family, attributes.get("table:style-name", ""))
        )

    def _has_struck_style(self, column: int, attributes: Attributes) -> bool:
        style = attributes.get("table:style-name") or self._row_style
        if style:
            return self._styles.is_struck("table-cell", style)
        return any(left <= column <= right for left, right in self._struck_columns)
