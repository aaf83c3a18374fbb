"""New workbook whose cells with issues are marked, with all rows at their addresses."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import BinaryIO, Final

from batchcreate.loader.text_cells import text_cells
from batchcreate.messages import quoted, text
from batchcreate.models import Layout
from batchcreate.report.atomic_files import streamed_workbook
from batchcreate.text import cell_text
from batchcreate.to_fix.annotations import NO_VALUE
from batchcreate.to_fix.cell_writer import Book, Cells, CellWriter, Sheet, sheet_name, value_of
from batchcreate.to_fix.marked_copy import COLORS, CellMark, Mark, RowMarks
from batchcreate.workbooks import cell_values
from batchcreate.workbooks.reader import HeadingColumns, WorkbookReader

_CHUNK_ROWS: Final = 1_000
_COLUMN_WIDTH: Final = 18
_LOST: Final = (NO_VALUE, cell_values.ERROR)
_KEPT_KINDS: Final = (cell_values.TEXT, cell_values.ERROR)


@dataclass(frozen=True, slots=True, kw_only=True)
class _SheetRows:
    """
    The rows of a sheet to write.

    Attributes:
        name: name of the sheet.
        is_visible: False for a hidden sheet.
        rows: numbers and cells of the rows, in order, and True for hidden rows.
        hidden_columns: first and last zero-based position of each range of hidden columns.

    """

    name: str
    is_visible: bool = True
    rows: Iterator[tuple[int, Cells, bool]]
    hidden_columns: Sequence[tuple[int, int]] = ()


def write_marked_text(
    source: BinaryIO,
    target: BinaryIO,
    *,
    folder: Path,
    layout: Layout,
    marks: Iterator[tuple[str, RowMarks]],
    language: str,
) -> None:
    """
    Write the rows of the text file *source* to a workbook in which all cells are text.

    Args:
        source: the text file.
        target: an empty file.
        folder: for temporary files, on the same disk as *target*.
        layout: layout of the file.
        marks: the marks of its rows.
        language: language of the comments.

    Raises:
        LoadError: a workbook cannot contain the rows.
        OSError: *target* cannot be written.

    """
    rows = (
        (number, {at: (text, cell_values.TEXT) for at, text in enumerate(cells)}, False)
        for number, cells in text_cells(source, layout)
    )
    sheet = _SheetRows(name=Path(layout.file).stem, rows=rows)
    with streamed_workbook(target, folder) as book:
        _Writer(book, language).write(sheet, layout, (row for _, row in marks))


def write_marked_workbook(
    source: BinaryIO,
    target: BinaryIO,
    *,
    folder: Path,
    layouts: Sequence[Layout],
    marks: Iterator[tuple[str, RowMarks]],
    language: str,
) -> None:
    """
    Write all sheets of the workbook *source* to a new workbook; formats are not kept.

    Values keep their type: text, number, date, boolean or error.

    Args:
        source: the workbook.
        target: an empty file.
        folder: for temporary files, on the same disk as *target*.
        layouts: layouts of the sheets with rows.
        marks: sheets and marks of the rows, in the order of the workbook.
        language: language of the comments.

    Raises:
        LoadError: *source* cannot be read.
        OSError: *target* cannot be written.

    """
    by_sheet = {layout.sheet: layout for layout in layouts}
    groups = groupby(marks, key=itemgetter(0))
    name, group = next(groups, ("", iter(())))
    with streamed_workbook(target, folder) as book, WorkbookReader(source, "") as reader:
        writer = _Writer(book, language)
        for sheet in _workbook_sheets(reader):
            is_marked = sheet.name == name
            rows = (row for _, row in group) if is_marked else iter(())
            writer.write(sheet, by_sheet.get(sheet.name), rows)
            if is_marked:
                name, group = next(groups, ("", iter(())))


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
        language: language of the comments.

    """

    def __init__(self, book: Book, language: str) -> None:
        self._book = book
        self._language = language
        self._cells = CellWriter(book)
        self._styles = {mark: self._cells.add_style(color) for mark, color in COLORS.items()}

    def write(self, content: _SheetRows, layout: Layout | None, marks: Iterator[RowMarks]) -> None:
        """Write one sheet; *layout* is None if it is not read."""
        sheet = self._book.add_worksheet(sheet_name(content.name, self._book.sheetnames))
        if not content.is_visible:
            sheet.hide()
        if layout is not None:
            sheet.freeze_panes(layout.header_row, 0)
            sheet.set_column(0, max(_positions(layout)), _COLUMN_WIDTH)
        for first, last in content.hidden_columns:
            sheet.set_column(first, last, None, None, {"hidden": True})
        row = next(marks, None)
        for number, cells, is_hidden in content.rows:
            if is_hidden:
                sheet.set_row(number - 1, None, None, {"hidden": True})
            if row is None or row.number != number:
                self._write_row(sheet, number, cells, {})
                continue
            by_column = {mark.index: mark for mark in row.cells}
            if row.has_wrong_cells and layout is not None:
                # A new workbook does not show that cells are in the wrong columns.
                self._write_row(sheet, number, *self._without_list(cells, by_column, layout))
            else:
                self._write_row(sheet, number, cells, by_column)
            row = next(marks, None)

    def _write_row(
        self, sheet: Sheet, number: int, cells: Cells, marks: Mapping[int, CellMark]
    ) -> None:
        for index in sorted(cells.keys() | marks.keys()):
            position, cell = (number - 1, index), cells.get(index, cell_values.BLANK)
            if (mark := marks.get(index)) is not None:
                self._cells.write(sheet, position, _marked(cell, mark), self._styles[mark.mark])
                self._cells.comment(sheet, position, mark.comment)
            elif cell[0]:
                self._cells.write(sheet, position, _with_digits(cell), self._cells.text)

    def _without_list(
        self, cells: Cells, marks: Mapping[int, CellMark], layout: Layout
    ) -> tuple[Cells, Mapping[int, CellMark]]:
        """Return *cells* and *marks* of a row with an error as its list, so that it stays rejected."""
        index = layout.columns.get("operation_types", layout.columns["task_name"]).index
        before, _ = cells.get(index, cell_values.BLANK)
        facts = {"before": quoted(before, language=self._language)}
        comments = [mark.comment for mark in marks.values()]
        comments.append(text("to_fix.value_replaced", facts, language=self._language))
        mark = CellMark(index=index, mark=Mark.ERROR, comment=cell_text("\n\n".join(comments)))
        return {**cells, index: _LOST}, {**marks, index: mark}


def _positions(layout: Layout) -> Iterable[int]:
    return (column.index for column in (*layout.columns.values(), *layout.others))


def _marked(cell: cell_values.Cell, mark: CellMark) -> cell_values.Cell:
    """Return the cell to write for the marked *cell*; an issue must not disappear."""
    if mark.mark is Mark.FIXED:
        return mark.value, cell_values.TEXT
    text, kind = cell
    if mark.mark is Mark.ERROR and kind not in _KEPT_KINDS and isinstance(value_of(*cell), str):
        return _LOST
    return text, kind


def _with_digits(cell: cell_values.Cell) -> cell_values.Cell:
    """Return *cell* as text if a number would be displayed in another way."""
    text, kind = cell
    value = value_of(text, kind)
    is_same = not isinstance(value, float) or cell_values.number_text(value) == text
    return cell if is_same else (text, cell_values.TEXT)
