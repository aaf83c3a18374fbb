"""Complete reader of .xlsx sheets, slower than calamine, which does not report everything."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from xml.parsers.expat import XMLParserType

from batchcreate.text import cell_address, column_index, column_letters
from batchcreate.workbooks.cell_values import (
    BOOLEAN,
    DATE,
    ERROR,
    NO_RESULT,
    TEXT,
    Cell,
    as_result,
    format_number,
    format_text,
    hide_zero,
)
from batchcreate.workbooks.format_codes import NumberFormat
from batchcreate.workbooks.protocol import CELL_CHARS_MAX, COLUMNS_MAX, ROWS_MAX, refuse_damaged
from batchcreate.workbooks.sheet_marks import SheetMarks
from batchcreate.workbooks.tables import Row, too_long
from batchcreate.workbooks.untrusted import Package, make_parser, parse, set_handlers
from batchcreate.workbooks.xlsx_marks import MarkReader, Strikethrough
from batchcreate.workbooks.xlsx_parts import decode_escapes

_DIGITS: Final = "0123456789"
_FALSE: Final = ("0", "false")
_INDEX_DIGITS: Final = 9
_BEYOND_ALL: Final = 10**_INDEX_DIGITS


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetContext:
    """
    Parts of the workbook that cells refer to.

    Attributes:
        strings: shared strings; ``None`` for a string that is too long for a cell.
        formats: number format of each cell format; None if it displays values as stored.
        is_1904: dates count from 1904.
        struck: formats and texts that are struck through.

    """

    strings: Sequence[str | None]
    formats: Sequence[NumberFormat | None]
    is_1904: bool
    struck: Strikethrough


def read_rows(
    package: Package, part: str, context: SheetContext, marks: SheetMarks
) -> Iterator[Row]:
    """
    Yield the rows of the sheet in *part* that contain cells.

    Args:
        package: contains the sheet.
        part: name of the sheet's part.
        context: parts of the workbook that its cells refer to.
        marks: receives the marks of each row before the row is returned.

    Raises:
        RefusedError: the sheet is damaged, or a cell is too long.

    """
    parser = make_parser()
    reader = _RowReader(parser, context, MarkReader(marks, context.struck))
    for _ in parse(parser, package.read_pieces(part), part):
        reader.check_length()
        yield from reader.rows
        reader.rows.clear()


class _RowReader:
    """
    Collects rows from the events of a parser.

    Attributes:
        rows: the rows that were read since the list was cleared.

    """

    def __init__(self, parser: XMLParserType, context: SheetContext, marks: MarkReader) -> None:
        self.rows: list[Row] = []
        self._parser = parser
        self._context = context
        self._marks = marks
        self._number = 0
        self._column = -1
        self._cells: dict[int, Cell] = {}
        self._cell: dict[str, str] = {}
        self._value = ""
        self._inline: str | None = None
        self._has_formula = False
        self._chars: list[str] = []
        self._keeps_white_space = True
        self._is_phonetic = False
        self._changes_texts = any(each and each.changes_texts for each in context.formats)
        self._shows_zeros = True
        set_handlers(
            parser,
            {
                "col": marks.start_column,
                "row": self._start_row,
                "c": self._start_cell,
                "v": self._start_value,
                "t": self._start_text,
                "f": self._start_formula,
                "rPh": self._start_phonetic,
                "strike": marks.start_strike,
                "sheetView": self._start_view,
            },
            {
                "row": self._end_row,
                "c": self._end_cell,
                "v": self._end_value,
                "t": self._end_text,
                "rPh": self._end_phonetic,
            },
        )

    def check_length(self) -> None:
        """
        Check the length of the cell that is being read, before it fills the memory.

        Raises:
            RefusedError: the cell is too long.

        """
        chars = sum(map(len, self._chars))
        if chars > CELL_CHARS_MAX:
            raise too_long(cell_address(self._column, self._number), chars)

    def _start_text(self, attributes: dict[str, str]) -> None:
        if not self._is_phonetic:
            self._keeps_white_space = attributes.get("xml:space") == "preserve"
            self._start_chars()

    def _end_text(self) -> None:
        if not self._is_phonetic:
            text = decode_escapes(self._end_chars(), keeps_white_space=self._keeps_white_space)
            self._inline = (self._inline or "") + text

    def _start_value(self, _: dict[str, str]) -> None:
        self._start_chars()

    def _end_value(self) -> None:
        self._value = self._end_chars()

    def _start_formula(self, _: dict[str, str]) -> None:
        self._has_formula = True

    def _start_view(self, attributes: dict[str, str]) -> None:
        self._shows_zeros = attributes.get("showZeros", "1") not in _FALSE

    def _start_phonetic(self, _: dict[str, str]) -> None:
        self._is_phonetic = True

    def _end_phonetic(self) -> None:
        self._is_phonetic = False

    def _end_cell(self) -> None:
        text, kind = self._displayed_cell()
        if self._changes_texts and kind == TEXT and self._cell.get("t", "n") != "n":
            text, kind = format_text(text, self._number_format())
        self._cells[self._column] = text, kind
        if self._marks.has_struck and text:
            self._marks.end_cell(self._number, self._column, self._cell, self._value)

    def _end_row(self) -> None:
        self.rows.append((self._number, self._cells))

    def _start_chars(self) -> None:
        self._chars = []
        self._parser.CharacterDataHandler = self._chars.append

    def _end_chars(self) -> str:
        self._parser.CharacterDataHandler = None
        text = "".join(self._chars)
        self._chars = []
        if len(text) > CELL_CHARS_MAX:
            raise too_long(cell_address(self._column, self._number), len(text))
        return text

    def _start_row(self, attributes: dict[str, str]) -> None:
        declared = attributes.get("r", "")
        number = self._number + 1
        if declared:
            number = _index(declared)
        if not self._number < number <= ROWS_MAX:
            refuse_damaged(f"row '{declared[:50]}' follows row {self._number}")
        self._number = number
        self._column = -1
        self._cells = {}
        self._marks.start_row(number, attributes)

    def _start_cell(self, attributes: dict[str, str]) -> None:
        self._cell = attributes
        self._value = ""
        self._inline = None
        self._has_formula = False
        declared = attributes.get("r")
        column = column_index(declared.rstrip(_DIGITS)) if declared else self._column + 1
        if not 0 <= column < COLUMNS_MAX:
            address = (declared or column_letters(column))[:50]
            refuse_damaged(f"cell '{address}' is beyond the last column")
        self._column = column

    def _displayed_cell(self) -> Cell:
        value = self._value
        kind = self._cell.get("t", "n")
        if self._inline is not None:
            return self._inline, TEXT
        if kind == "str":  # an empty text is a result, too
            return decode_escapes(value), TEXT
        if not value:
            return "", NO_RESULT if self._has_formula else TEXT
        return self._displayed_value(kind, value)

    def _displayed_value(self, kind: str, value: str) -> Cell:
        match kind:
            case "s":
                return self._shared_string(value), TEXT
            case "n":
                return self._displayed_number(value)
            case "b":
                return "FALSE" if value.strip() in _FALSE else "TRUE", BOOLEAN
            case "e":
                return value, ERROR
            case "d":
                return value.replace("T", " ").removesuffix(" 00:00:00"), DATE
            case _:
                return value, TEXT

    def _shared_string(self, value: str) -> str:
        strings = self._context.strings
        index = _index(value)
        if index >= len(strings):
            address = cell_address(self._column, self._number)
            refuse_damaged(f"cell {address} refers to a missing text")
        text = strings[index]
        if text is None:
            raise too_long(cell_address(self._column, self._number), CELL_CHARS_MAX + 1)
        return text

    def _displayed_number(self, value: str) -> Cell:
        try:
            number = float(value)
        except ValueError:
            return value, TEXT
        shown = format_number(number, self._number_format(), is_1904=self._context.is_1904)
        if not self._shows_zeros:
            shown = hide_zero(shown, number)
        return as_result(shown, number) if self._has_formula else shown

    def _number_format(self) -> NumberFormat | None:
        formats = self._context.formats
        style = _index(self._cell.get("s", "0"))
        return formats[style] if style < len(formats) else None


def _index(text: str) -> int:
    """Return the number in *text*, or a number beyond all valid ones."""
    digits = text.strip()
    is_number = digits.isdecimal() and len(digits) <= _INDEX_DIGITS
    return int(digits) if is_number else _BEYOND_ALL
