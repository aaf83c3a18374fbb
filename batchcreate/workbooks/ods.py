"""OpenDocument spreadsheets: sheets, repeated rows and cells, and displayed cell values."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from xml.parsers.expat import XMLParserType

from batchcreate.text import cell_address
from batchcreate.workbooks.cell_values import (
    BOOLEAN,
    DATE,
    ERROR,
    NO_RESULT,
    NOT_DISPLAYED,
    TEXT,
    Cell,
    as_result,
    displayed_number,
    displayed_text,
    number_text,
)
from batchcreate.workbooks.merged_cells import MergedRange
from batchcreate.workbooks.number_formats import Certainty, Shown
from batchcreate.workbooks.ods_marks import OdsMarkReader, OdsStyles, repetitions
from batchcreate.workbooks.protocol import (
    CELL_CHARS_MAX,
    COLUMNS_MAX,
    ROWS_MAX,
    SheetName,
    refuse_damaged,
)
from batchcreate.workbooks.sheet_marks import SheetMarks
from batchcreate.workbooks.tables import Row, Table, group_sparse, too_long
from batchcreate.workbooks.untrusted import Package, make_parser, parse

_CONTENT: Final = "content.xml"
_STYLES: Final = "styles.xml"
_SHEETS: Final = "office:spreadsheet"
_TABLE: Final = "table:table"
_ROW: Final = "table:table-row"
_CELLS: Final = frozenset({"table:table-cell", "table:covered-table-cell"})
_PARAGRAPHS: Final = frozenset({"text:p", "text:h"})

_READING: Final = "text:ruby-text"
"""Phonetic reading of the text above which it is displayed."""

_SPACE, _TAB, _BREAK = "\0", "\1", "\2"
"""White space from elements; other white space of the XML counts as one space."""

_WHITE_SPACE_ELEMENTS: Final = {"text:s": _SPACE, "text:tab": _TAB, "text:line-break": _BREAK}
_WHITE_SPACE_CHARS: Final = {ord(_SPACE): " ", ord(_TAB): "\t", ord(_BREAK): "\n"}
_WHITE_SPACE: Final = re.compile(r"[ \t\r\n]+")
_ERROR: Final = re.compile(r"#[A-Z][A-Z0-9/]*[!?A]|Err:[0-9]+")
_TIME: Final = re.compile(
    r"(-?)P(?:([0-9]{1,9})D)?T([0-9]{1,9})H([0-9]{1,2})M([0-9]{1,2})(?:[.,]([0-9]*))?S"
)


class OdsBook:
    """
    An OpenDocument spreadsheet; all its sheets are in one part.

    Every method raises `RefusedError` if the spreadsheet is damaged.
    """

    def __init__(self, package: Package) -> None:
        self._package = package
        self._styles = OdsStyles()
        self._sheets = list(_read_sheet_names(package, self._styles))

    @property
    def sheets(self) -> Sequence[SheetName]:
        """The sheets in the order of their tabs."""
        return self._sheets

    def table(self, index: int, chunk_rows: int) -> Table:
        """Return the rows of the sheet with position *index*."""
        # Filled while rows are read: a cell precedes the cells that it covers.
        merges: list[MergedRange] = []
        marks = SheetMarks()
        groups = group_sparse(self._rows(index, merges, marks), chunk_rows)
        return Table(groups=groups, merges=merges, marks=marks)

    def _rows(self, index: int, merges: list[MergedRange], marks: SheetMarks) -> Iterator[Row]:
        parser = make_parser()
        reader = _SheetReader(parser, index, merges, OdsMarkReader(marks, self._styles))
        for _ in parse(parser, self._package.read_pieces(_CONTENT), _CONTENT):
            yield from reader.take_rows()
            if reader.is_finished:
                return


def _read_sheet_names(package: Package, styles: OdsStyles) -> Iterator[SheetName]:
    """Yield the sheets, and collect the styles in *styles*."""
    sheets: list[tuple[str, str]] = []
    for part in (*filter(package.has, (_STYLES,)), _CONTENT):
        parser = make_parser()
        sheets = _OutlineReader(parser, styles).sheets
        for _ in parse(parser, package.read_pieces(part), part):
            pass
    for name, style in sheets:
        yield SheetName(name=name, is_visible=style not in styles.hidden_sheets)


class _OutlineReader:
    """
    Collects the sheets from the events of a parser.

    Attributes:
        sheets: name and style of each sheet.

    """

    def __init__(self, parser: XMLParserType, styles: OdsStyles) -> None:
        self.sheets: list[tuple[str, str]] = []
        self._styles = styles
        self._open: list[str] = []
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name == _TABLE and self._open[-1:] == [_SHEETS]:
            style = attributes.get("table:style-name", "")
            self.sheets.append((attributes.get("table:name", ""), style))
        elif name.startswith("style:"):
            self._styles.start(name, attributes)
        self._open.append(name)

    def _end(self, _: str) -> None:
        self._open.pop()


class _SheetReader:
    """
    Collects the rows of one sheet from the events of a parser.

    Args:
        parser: its handlers are set.
        index: position of the sheet.
        merges: merged cells are appended before the cells that they cover are read.
        marks: handles the elements that hide or strike through.

    Attributes:
        is_finished: the sheet has ended.

    """

    def __init__(
        self,
        parser: XMLParserType,
        index: int,
        merges: list[MergedRange],
        marks: OdsMarkReader,
    ) -> None:
        self.is_finished = False
        self._parser = parser
        self._tables_before = index + 1
        self._merges = merges
        self._marks = marks
        self._open: list[str] = []
        self._rows: list[Row] = []
        self._number = 1
        self._row: dict[str, str] = {}
        self._cells: dict[int, Cell] = {}
        self._column = 0
        self._cell: dict[str, str] = {}
        self._paragraphs: list[str] = []
        self._chars: list[str] = []
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end

    def take_rows(self) -> Iterator[Row]:
        """
        Yield the rows that were read since the last call.

        Raises:
            RefusedError: the cell that is being read is too long.

        """
        self._check_length(self._chars)
        yield from self._rows
        self._rows.clear()

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        parent = self._open[-1] if self._open else ""
        self._open.append(name)
        if name == _TABLE and parent == _SHEETS:
            self._tables_before -= 1
        elif self._tables_before or self.is_finished:
            return
        elif name in _CELLS:
            self._start_cell(attributes)
        elif name in _PARAGRAPHS and parent in _CELLS:
            self._chars = []
            self._parser.CharacterDataHandler = self._chars.append
        elif name == _READING:
            self._parser.CharacterDataHandler = None
        elif name in _WHITE_SPACE_ELEMENTS:
            count = repetitions(attributes.get("text:c", "1"), CELL_CHARS_MAX + 1)
            self._chars.append(_WHITE_SPACE_ELEMENTS[name] * count)
        elif name == _ROW:
            self._row = attributes
            self._cells = {}
            self._column = 0
            self._marks.start_row(attributes)
        else:
            self._marks.start(name, attributes)

    def _end(self, name: str) -> None:
        self._open.pop()
        if self._tables_before or self.is_finished:
            return
        parent = self._open[-1]
        if name in _CELLS:
            self._end_cell()
        elif name in _PARAGRAPHS and parent in _CELLS:
            self._parser.CharacterDataHandler = None
            self._paragraphs.append("".join(self._chars))
            self._check_length(self._paragraphs)
        elif name == _READING:
            self._parser.CharacterDataHandler = self._chars.append
        elif name == _ROW:
            self._end_row()
        elif name == _TABLE and parent == _SHEETS:
            self.is_finished = True
        else:
            self._marks.end(name)

    def _start_cell(self, attributes: dict[str, str]) -> None:
        self._cell = attributes
        self._paragraphs = []
        self._chars = []
        rows = repetitions(attributes.get("table:number-rows-spanned", "1"), ROWS_MAX)
        columns = repetitions(attributes.get("table:number-columns-spanned", "1"), COLUMNS_MAX)
        if rows > 1 or columns > 1:
            bottom, right = self._number + rows - 1, self._column + columns - 1
            self._merges.append(MergedRange(self._number, self._column, bottom, right))

    def _end_cell(self) -> None:
        count = repetitions(self._cell.get("table:number-columns-repeated", "1"), COLUMNS_MAX)
        text, kind = _display_cell(self._cell, self._paragraphs)
        if text or kind != TEXT:
            if self._column + count > COLUMNS_MAX:
                refuse_damaged(f"row {self._number} has more than {COLUMNS_MAX:,} cells")
            columns = range(self._column, self._column + count)
            self._cells.update(dict.fromkeys(columns, (text, kind)))
            self._marks.end_cell(self._column, self._cell)
        self._column += count

    def _end_row(self) -> None:
        count = repetitions(self._row.get("table:number-rows-repeated", "1"), ROWS_MAX)
        if self._cells:
            if self._number + count - 1 > ROWS_MAX:
                refuse_damaged(f"it has more than {ROWS_MAX:,} rows")
            self._marks.end_row(self._number, self._number + count - 1)
            self._rows += [
                (number, self._cells) for number in range(self._number, self._number + count)
            ]
        self._number += count

    def _check_length(self, texts: Sequence[str]) -> None:
        chars = sum(map(len, texts))
        if chars > CELL_CHARS_MAX:
            raise too_long(cell_address(self._column, self._number), chars)


def _display_cell(attributes: Mapping[str, str], paragraphs: Sequence[str]) -> Cell:
    """
    Return displayed text and kind of a cell.

    Args:
        attributes: of its element.
        paragraphs: its texts, with the white space of elements as special characters.

    """
    kind = attributes.get("office:value-type", "")
    text = "\n".join(map(_normalize, paragraphs))
    has_formula = "table:formula" in attributes
    is_error = attributes.get("calcext:value-type") == "error"
    if is_error or (has_formula and _ERROR.fullmatch(text)):
        return text or "#VALUE!", ERROR
    if not kind and not text:
        return "", NO_RESULT if has_formula else TEXT
    return _display_value(kind, attributes, text if paragraphs else None)


def _display_value(kind: str, attributes: Mapping[str, str], shown: str | None) -> Cell:
    """Return text and kind of a value; *shown* is None if the file does not contain its text."""
    text = shown or ""
    match kind:
        case "float" | "percentage" | "currency":
            has_formula = "table:formula" in attributes
            return _display_number(
                attributes.get("office:value", ""), shown, has_formula=has_formula
            )
        case "date":
            value = attributes.get("office:date-value", text)
            return value.replace("T", " ").removesuffix(" 00:00:00"), DATE
        case "time":
            return _time_text(attributes.get("office:time-value", text)), DATE
        case "boolean":
            return attributes.get("office:boolean-value", text).upper(), BOOLEAN
        case _:
            return displayed_text(attributes.get("office:string-value", text), shown)


def _display_number(value: str, shown: str | None, *, has_formula: bool) -> Cell:
    try:
        number = float(value)
    except ValueError:
        return shown or "", TEXT
    stored = number_text(number)
    if shown is None:
        return stored, NOT_DISPLAYED
    cell = displayed_number(stored, Shown(shown, Certainty.EXACT))
    return as_result(cell, number) if has_formula else cell


def _time_text(value: str) -> str:
    match = _TIME.fullmatch(value)
    if not match:
        return value
    sign, days, hours, minutes, seconds, rest = match.groups()
    fraction = f".{rest[:3]:0<3}" if (rest or "").strip("0") else ""
    return f"{sign}{int(days or 0) * 24 + int(hours):02}:{minutes:0>2}:{seconds:0>2}{fraction}"


def _normalize(paragraph: str) -> str:
    """Return *paragraph* as displayed: white space of the XML counts as one space."""
    return _WHITE_SPACE.sub(" ", paragraph).strip(" ").translate(_WHITE_SPACE_CHARS)
