"""New workbook whose cells with issues are marked, with all values as text at their addresses."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from batchcreate.errors import LoadError
from batchcreate.loader.text_cells import text_cells
from batchcreate.models import Layout
from batchcreate.report.atomic_files import streamed_workbook
from batchcreate.text import is_blank
from batchcreate.to_fix.cell_writer import LOST, Book, Cells, CellWriter, Sheet, sheet_name
from batchcreate.to_fix.marks import (
    ADDED_COLOR,
    ADDED_WIDTH,
    COLORS,
    HEADING_COLOR,
    AddedColumn,
    CellMark,
    Mark,
    RowMarks,
    row_height,
)
from batchcreate.workbooks import cell_values
from batchcreate.workbooks.protocol import COLUMNS_MAX
from batchcreate.workbooks.reader import HeadingColumns, WorkbookReader

_CHUNK_ROWS: Final = 1_000
_COLUMN_WIDTH: Final = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkedSheet:
    """
    A sheet to mark.

    Attributes:
        layout: its layout.
        rows: its marked rows, in order.

    """

    layout: Layout
    rows: Iterator[RowMarks]


@dataclass(frozen=True, slots=True, kw_only=True)
class _SheetRows:
    """
    The rows of a sheet to write.

    Attributes:
        name: name of the sheet.
        width: number of columns.
        is_visible: False for a hidden sheet.
        rows: numbers and cells of the rows, in order, and True for hidden rows.
        hidden_columns: first and last zero-based position of each range of hidden columns.

    """

    name: str
    width: int
    is_visible: bool = True
    rows: Iterator[tuple[int, Cells, bool]]
    hidden_columns: Sequence[tuple[int, int]] = ()


def write_new_workbook(
    source: BinaryIO,
    target: BinaryIO,
    sheets: Sequence[MarkedSheet],
    *,
    folder: Path,
    added: AddedColumn | None = None,
    stamp: str = "",
) -> None:
    """
    Write all sheets of the text file or workbook *source* to a new workbook, without formats.

    Args:
        source: the input file.
        target: an empty file.
        sheets: the sheets to mark; the other ones are copied.
        folder: for temporary files, on the same disk as *target*.
        added: the added column of these sheets, or None.
        stamp: text of the document property, or nothing.

    Raises:
        LoadError: *source* cannot be read, or a workbook cannot contain it.
        OSError: *target* cannot be written.

    """
    layout = sheets[0].layout
    with streamed_workbook(target, folder) as book:
        writer = _Writer(book, added, stamp)
        if layout.delimiter:
            writer.write(_text_sheet(source, layout), sheets[0])
            return
        by_name = {sheet.layout.sheet: sheet for sheet in sheets}
        with WorkbookReader(source, layout.file) as reader:
            for at, content in enumerate(_workbook_sheets(reader)):
                first = by_name.get("") if at == 0 else None
                writer.write(content, by_name.get(content.name, first))


def _text_sheet(source: BinaryIO, layout: Layout) -> _SheetRows:
    width = max(
        (
            at
            for _, cells in text_cells(source, layout)
            for at, text in enumerate(cells, start=1)
            if not is_blank(text)
        ),
        default=0,
    )
    rows = (
        (number, {at: (text, cell_values.TEXT) for at, text in enumerate(cells)}, False)
        for number, cells in text_cells(source, layout)
    )
    return _SheetRows(name=Path(layout.file).stem, width=width, rows=rows)


def _workbook_sheets(reader: WorkbookReader) -> Iterator[_SheetRows]:
    for index, sheet in enumerate(reader.sheets()):
        # The first reading returns the columns with values, the second one the values.
        reader.head(index, sheet.name, _CHUNK_ROWS)
        every = HeadingColumns(named=())
        columns: set[int] = set()
        for part in reader.rows([0], after=0, chunk_rows=_CHUNK_ROWS, headings=every):
            columns |= part.unnamed.keys()
        head = reader.head(index, sheet.name, _CHUNK_ROWS)
        rows = _workbook_rows(reader, sorted(columns) or [0])
        yield _SheetRows(
            name=sheet.name,
            width=max(columns, default=0) + 1,
            is_visible=sheet.is_visible,
            rows=rows,
            hidden_columns=head.hidden_columns,
        )
        # The reader must reach the end of this sheet before the next request.
        deque(rows, maxlen=0)


def _workbook_rows(
    reader: WorkbookReader, columns: Sequence[int]
) -> Iterator[tuple[int, Cells, bool]]:
    for part in reader.rows(columns, after=0, chunk_rows=_CHUNK_ROWS):
        kinds = [each or cell_values.TEXT * len(part.numbers) for each in part.kinds]
        hidden = {number for first, last in part.hidden for number in range(first, last + 1)}
        for at, number in enumerate(part.numbers):
            by_column = zip(columns, part.texts, kinds, strict=True)
            cells = {column: (texts[at], letters[at]) for column, texts, letters in by_column}
            yield number, cells, number in hidden


class _Writer:
    """
    Writes sheets with marks to one new workbook.

    Args:
        book: workbook of xlsxwriter.
        added: the added column of marked sheets, or None.
        stamp: text of the document property, or nothing.

    """

    def __init__(self, book: Book, added: AddedColumn | None, stamp: str) -> None:
        self._book = book
        self._added = added
        self._is_first = True
        self._cells = CellWriter(book, stamp)
        self._styles = {mark: self._cells.add_style(color) for mark, color in COLORS.items()}
        self._heading = self._cells.add_style(ADDED_COLOR, bold=True, font_color=HEADING_COLOR)
        self._bold = self._cells.add_style("", bold=True)
        wrapped = {"text_wrap": True, "valign": "top"}
        self._wrapped = self._cells.add_style("", **wrapped)
        self._failed = self._cells.add_style(COLORS[Mark.ERROR], **wrapped)

    def write(self, content: _SheetRows, marked: MarkedSheet | None) -> None:
        """Write one sheet; *marked* is None if it has no marks."""
        sheet = self._book.add_worksheet(sheet_name(content.name, self._book.sheetnames))
        if not content.is_visible:
            sheet.hide()
        sheet.set_column(0, content.width, _COLUMN_WIDTH)
        for first, last in content.hidden_columns:
            sheet.set_column(first, last, None, None, {"hidden": True})
        if marked is None:
            for number, cells, is_hidden in content.rows:
                self._write_row(sheet, number, cells, is_hidden=is_hidden)
        elif self._added is None:
            self._write_marked(sheet, content, marked)
        else:
            sheet.freeze_panes(marked.layout.header_row, 0)
            if self._is_first and content.is_visible:
                sheet.activate()
                self._is_first = False
            self._write_with_column(sheet, content, marked, self._added)

    def _write_marked(self, sheet: Sheet, content: _SheetRows, marked: MarkedSheet) -> None:
        for number, cells, is_hidden, row in _with_marks(content, marked):
            self._write_row(sheet, number, cells, row, is_hidden=is_hidden)

    def _write_with_column(
        self, sheet: Sheet, content: _SheetRows, marked: MarkedSheet, added: AddedColumn
    ) -> None:
        """Write the rows with their texts in the added column, and hide those that are done."""
        header_row, at, last = marked.layout.header_row, content.width, marked.layout.header_row
        for number, cells, is_hidden, row in _with_marks(content, marked):
            last = number
            if number == header_row:
                at = self._write_headings(sheet, number, cells, content, added)
                continue
            if number > header_row:
                before, _ = cells.pop(at, cell_values.BLANK)
                text = added.text_of(
                    row,
                    before=before,
                    is_blank=all(is_blank(cell) for cell, _ in cells.values()),
                    is_hidden=is_hidden,
                )
                if text:
                    is_done = row is None or row.is_done
                    hides = is_done if added.done else is_hidden
                    self._write_with_text(sheet, (number, at), cells, row, text, is_hidden=hides)
                    continue
            self._write_row(sheet, number, cells, row, is_hidden=is_hidden)
        if not added.done:
            return
        first = min(marked_columns(marked))
        sheet.autofilter(header_row - 1, first, max(last - 1, header_row), at)
        sheet.filter_column(at, f'x != "{added.done}*"')

    def _write_with_text(
        self,
        sheet: Sheet,
        address: tuple[int, int],
        cells: Cells,
        row: RowMarks | None,
        text: str,
        *,
        is_hidden: bool,
    ) -> None:
        """Write a row and its *text* in the added column, which is the second part of *address*."""
        number, at = address
        style = self._wrapped if row is not None and row.cells else self._failed
        height = None if is_hidden else row_height(text)
        self._write_row(sheet, number, cells, row, is_hidden=is_hidden, height=height)
        self._cells.write_text(sheet, (number - 1, at), text, None if is_hidden else style)

    def _write_headings(
        self,
        sheet: Sheet,
        number: int,
        cells: Cells,
        content: _SheetRows,
        added: AddedColumn,
    ) -> int:
        """
        Write the header row; return the position of the added column.

        It is that of an earlier copy, or on the right of all cells.
        """
        found = (column for column, (text, _) in cells.items() if added.is_added(text))
        at = next(found, content.width)
        if at >= COLUMNS_MAX:
            message = (
                f"{content.name}: there is no column left on the right of the table. Clear the"
                " cells that are far from the table."
            )
            raise LoadError(message)
        for index, cell in cells.items():
            if index != at:
                self._cells.write(sheet, (number - 1, index), cell, self._bold)
        sheet.set_column(at, at, ADDED_WIDTH)
        self._cells.write_text(sheet, (number - 1, at), added.heading, self._heading)
        self._cells.comment(sheet, (number - 1, at), added.comment)
        return at

    def _write_row(
        self,
        sheet: Sheet,
        number: int,
        cells: Cells,
        row: RowMarks | None = None,
        *,
        is_hidden: bool,
        height: float | None = None,
    ) -> None:
        if is_hidden or height is not None:
            sheet.set_row(number - 1, height, None, {"hidden": is_hidden})
        marks = {mark.index: mark for mark in row.cells} if row is not None else {}
        for index, cell in cells.items():
            if index not in marks and cell[0]:
                self._cells.write(sheet, (number - 1, index), cell)
        for index, mark in marks.items():
            position = (number - 1, index)
            cell = _marked(cells.get(index, cell_values.BLANK), mark)
            self._cells.write(sheet, position, cell, self._styles[mark.mark])
            self._cells.comment(sheet, position, mark.comment)


def marked_columns(marked: MarkedSheet) -> Sequence[int]:
    """Return the positions of the columns with a heading."""
    layout = marked.layout
    return [column.index for column in (*layout.columns.values(), *layout.others)]


def _with_marks(
    content: _SheetRows, marked: MarkedSheet
) -> Iterator[tuple[int, dict[int, cell_values.Cell], bool, RowMarks | None]]:
    """Yield the rows of a sheet, each with its marks."""
    row = next(marked.rows, None)
    for number, cells, is_hidden in content.rows:
        is_marked = row is not None and row.number == number
        yield number, dict(cells), is_hidden, row if is_marked else None
        if is_marked:
            row = next(marked.rows, None)


def _marked(cell: cell_values.Cell, mark: CellMark) -> cell_values.Cell:
    """Return the cell to write for the marked *cell*; an issue must not disappear."""
    if mark.mark is Mark.FIXED:
        return mark.value, cell_values.TEXT
    if mark.mark is Mark.WARNING or mark.is_only_repeated:
        return cell
    return cell if cell[1] in {cell_values.TEXT, cell_values.ERROR} else LOST
