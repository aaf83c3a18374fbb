"""Hidden rows and columns, and strikethrough, in the XML of .xlsx workbooks."""

import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Final

from batchcreate.workbooks.protocol import COLUMNS_MAX, ROWS_MAX
from batchcreate.workbooks.sheet_marks import SheetMarks
from batchcreate.workbooks.untrusted import Package, read_elements

TRUE: Final = ("1", "true", "on")
"""Values of an attribute that is true; the last one is not used for rows and columns."""

STRIKE: Final = b"<strike"
"""The start of the element for strikethrough in a text."""

_SECTIONS: Final = frozenset(
    {"fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "cellStyles", "dxfs"}
)
_HIDDEN: Final = b'hidden="'
_HIDES: Final = (b'hidden="1"', b'hidden="true"')
_NO_HEIGHT, _NO_WIDTH = b' ht="0', b' width="0'
"""One of these is in every tag of a hidden row or column."""

_ROWS: Final = b"<sheetData"
"""The start of the element with the rows, after the columns."""

_TAG: Final = re.compile(rb"<(row|col)\s([^>]*)>")
_ATTRIBUTE: Final = re.compile(rb'(\w+)="([^"]*)"')
_COLUMN_FORMAT: Final = re.compile(rb'<col\s[^>]*\bstyle="([0-9]+)"')
_INDEX_DIGITS: Final = 7

Attributes = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Strikethrough:
    """
    Formats and texts of a workbook that are struck through.

    Attributes:
        formats: numbers of cell formats.
        strings: positions of shared strings that are struck through, in full or in part.

    """

    formats: AbstractSet[str] = frozenset()
    strings: AbstractSet[int] = frozenset()


class MarkReader:
    """
    Determines the marks of a sheet from its elements, for the complete reader.

    Args:
        marks: receives the marks.
        struck: what is struck through.

    Attributes:
        has_struck: cells can be struck through.

    """

    def __init__(self, marks: SheetMarks, struck: Strikethrough) -> None:
        self._marks = marks
        self._struck = struck
        self._struck_columns: list[tuple[int, int]] = []
        self._is_row_struck: bool | None = None
        self._is_text_struck = False
        self.has_struck = bool(struck.formats or struck.strings)

    def start_column(self, attributes: Attributes) -> None:
        """Handle the start of an element ``col``, which is a range of columns."""
        left, right = _columns(attributes)
        if is_hidden(attributes):
            self._marks.hide_columns(left, right)
        if attributes.get("style") in self._struck.formats:
            self._struck_columns.append((left, right))

    def start_row(self, number: int, attributes: Attributes) -> None:
        """Handle the start of the row *number*."""
        if is_hidden(attributes):
            self._marks.hide_rows(number, number)
        format_id = attributes.get("s")
        self._is_row_struck = None if format_id is None else format_id in self._struck.formats

    def start_strike(self, attributes: Attributes) -> None:
        """Handle the start of an element ``strike`` in the text of a cell."""
        self._is_text_struck = self._is_text_struck or is_struck(attributes)
        self.has_struck = True

    def end_cell(self, number: int, column: int, attributes: Attributes, value: str) -> None:
        """
        Handle the end of a cell that is not blank.

        Args:
            number: number of the row.
            column: zero-based position.
            attributes: of the cell.
            value: its value in the file.

        """
        has_struck_text = self._is_text_struck
        self._is_text_struck = False
        if attributes.get("t") == "s" and self._struck.strings:
            has_struck_text = value.isdecimal() and int(value) in self._struck.strings
        if has_struck_text or self._has_struck_format(column, attributes):
            self._marks.strike(number, column)

    def _has_struck_format(self, column: int, attributes: Attributes) -> bool:
        if not self._struck.formats:
            return False
        format_id = attributes.get("s")
        if format_id is not None:
            return format_id in self._struck.formats
        # Some programs apply the format of the row or column to cells without a format.
        if self._is_row_struck is not None:
            return self._is_row_struck
        return any(left <= column <= right for left, right in self._struck_columns)


@dataclass(slots=True)
class MarkScan:
    """
    Result of a fast scan of the tags in a sheet's XML, for sheets that calamine reads.

    Attributes:
        struck: numbers of the cell formats that are struck through.
        marks: hidden rows and columns.
        is_plain: the scan reports all marks.

    """

    struck: AbstractSet[str] = frozenset()
    marks: SheetMarks = field(default_factory=SheetMarks)
    is_plain: bool = True
    _has_columns: bool = True

    def add(self, text: bytes, scanned: int) -> None:
        """Scan the tags in *text* that do not end in its first *scanned* bytes."""
        if STRIKE in text or self._has_struck_columns(text):
            self.is_plain = False
        if self._hides(text):
            for match in _TAG.finditer(text):
                if match.end() > scanned:
                    self._add_tag(match[1], match[2])
        self._has_columns = self._has_columns and _ROWS not in text

    def _hides(self, text: bytes) -> bool:
        # Every search takes time, as there can be a gigabyte of text.
        return (
            (_HIDDEN in text and any(each in text for each in _HIDES))
            or _NO_HEIGHT in text
            or (self._has_columns and _NO_WIDTH in text)
        )

    def _has_struck_columns(self, text: bytes) -> bool:
        # Rows and cells with these formats are found together with those of numbers.
        has_formats = self.struck and self._has_columns
        formats = _COLUMN_FORMAT.findall(text) if has_formats else ()
        return any(each.decode() in self.struck for each in formats)

    def _add_tag(self, name: bytes, content: bytes) -> None:
        attributes = {key.decode(): value.decode() for key, value in _ATTRIBUTE.findall(content)}
        if not is_hidden(attributes):
            return
        if name == b"col":
            self.marks.hide_columns(*_columns(attributes))
            return
        number = _index(attributes.get("r", ""), ROWS_MAX)
        if number:
            self.marks.hide_rows(number, number)
        else:
            self.is_plain = False


def is_hidden(attributes: Attributes) -> bool:
    """Return True if a row or column with *attributes* is not displayed."""
    if attributes.get("hidden", "").lower() in TRUE:
        return True
    size = attributes.get("ht") or attributes.get("width") or ""
    return size.startswith("0") and not size.strip("0.")


def is_struck(attributes: Attributes) -> bool:
    """Return True if an element ``strike`` with *attributes* is in effect."""
    return attributes.get("val", TRUE[0]).lower() in TRUE


def read_struck_formats(package: Package, part: str) -> AbstractSet[str]:
    """Return the numbers of the cell formats in *part* whose font is struck through."""
    elements = read_elements(package.read_pieces(part), part) if part else iter(())
    fonts, formats = -1, -1
    struck_fonts: set[str] = set()
    struck: set[str] = set()
    for section, name, attributes in _in_sections(elements):
        if section == "fonts":
            fonts += name == "font"
            if name == "strike" and is_struck(attributes):
                struck_fonts.add(str(fonts))
        elif section == "cellXfs" and name == "xf":
            formats += 1
            if attributes.get("fontId") in struck_fonts:
                struck.add(str(formats))
    return struck


def _in_sections(
    elements: Iterator[tuple[str, dict[str, str]]],
) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Yield *elements* with the section that contains them; formats of conditions are separate."""
    section = ""
    for name, attributes in elements:
        if name in _SECTIONS:
            section = name
        yield section, name, attributes


def _columns(attributes: Attributes) -> tuple[int, int]:
    left = _index(attributes.get("min", ""), COLUMNS_MAX)
    return left - 1, _index(attributes.get("max", ""), COLUMNS_MAX) - 1


def _index(text: str, maximum: int) -> int:
    """Return the number in *text*, or 0 if it is not a number of 1 to *maximum*."""
    is_number = text.isdecimal() and len(text) <= _INDEX_DIGITS
    number = int(text) if is_number else 0
    return number if number <= maximum else 0
