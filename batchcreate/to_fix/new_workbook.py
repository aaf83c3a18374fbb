"""New workbook with rows to fix, for workbooks that cannot be copied; formats are not kept."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Final

from batchcreate.models import Layout, SheetToFix
from batchcreate.report.atomic_files import streamed_workbook
from batchcreate.to_fix.annotations import (
    ADDED_COLOR,
    ISSUE_COLOR,
    NO_VALUE,
    STATUS_WIDTH,
    AddedHeadings,
    RowAnnotation,
    row_height,
)
from batchcreate.to_fix.cell_writer import Book, Cells, CellWriter, Sheet, sheet_name
from batchcreate.workbooks import cell_values
from batchcreate.workbooks.reader import WorkbookReader

_CHUNK_ROWS: Final = 1_000
_COLUMN_WIDTH: Final = 18
_UNKNOWN_TEXTS: Final = (cell_values.LOCALIZED, cell_values.NOT_DISPLAYED)
"""Kinds of cells whose displayed text is not known, so that it must be typed."""


def write_new_workbook(
    source: BinaryIO,
    target: BinaryIO,
    *,
    folder: Path,
    sheets: Iterable[SheetToFix],
    annotate: Callable[[SheetToFix], Iterator[RowAnnotation]],
    headings: AddedHeadings,
) -> None:
    """
    Write the rows of *sheets*, and the rows above the tables, to a new workbook.

    Values keep their type: text, number, date, boolean or error.

    Args:
        source: workbook that contains the rows.
        target: an empty file.
        folder: for temporary files, on the same disk as *target*.
        sheets: with rows that are not created.
        annotate: returns the annotations of the rows of a sheet.
        headings: of the added columns.

    Raises:
        LoadError: *source* cannot be read.
        OSError: *target* cannot be written.

    """
    with streamed_workbook(target, folder) as book, WorkbookReader(source, "") as reader:
        writer = _SheetWriter(book, headings)
        names = [sheet.name for sheet in reader.sheets()]
        for sheet in sheets:
            name = sheet.layout.sheet
            head = reader.head(names.index(name), name, _CHUNK_ROWS)
            columns = range(max(map(len, head.rows)))
            rows = _read_rows(reader, columns)
            writer.write(sheet.layout, columns, rows, annotate(sheet))
            # The reader must reach the end of this sheet before the next request.
            deque(rows, maxlen=0)


def _read_rows(reader: WorkbookReader, columns: Sequence[int]) -> Iterator[tuple[int, Cells]]:
    for part in reader.rows(columns, after=0, chunk_rows=_CHUNK_ROWS):
        kinds = [each or cell_values.TEXT * len(part.numbers) for each in part.kinds]
        for at, number in enumerate(part.numbers):
            by_column = zip(columns, part.texts, kinds, strict=True)
            yield (
                number,
                {column: (texts[at], letters[at]) for column, texts, letters in by_column},
            )


class _SheetWriter:
    """
    Writes sheets to one new workbook.

    Args:
        book: workbook of xlsxwriter.
        headings: of the added columns.

    """

    def __init__(self, book: Book, headings: AddedHeadings) -> None:
        self._book = book
        self._headings = headings
        self._cells = CellWriter(book)
        self._issue = self._cells.add_style(ISSUE_COLOR)
        issue, added = (f"#{color[2:]}" for color in (ISSUE_COLOR, ADDED_COLOR))
        wrapped = {"text_wrap": True, "valign": "top"}
        self._heading = book.add_format({"num_format": "@", "bold": True})
        self._added = book.add_format({"num_format": "@", "bold": True, "bg_color": added})
        self._status = book.add_format(wrapped)
        self._failed = book.add_format(wrapped | {"bg_color": issue})

    def write(
        self,
        layout: Layout,
        columns: Sequence[int],
        rows: Iterator[tuple[int, Cells]],
        annotations: Iterable[RowAnnotation],
    ) -> None:
        """Write the annotated rows of one sheet, after the header row and the rows above it."""
        above = [next(rows)]
        while above[-1][0] < layout.header_row:
            above.append(next(rows))
        header = above[-1][1]
        kept = [at for at in columns if not self._headings.is_added(header[at][0])]
        sheet = self._add_sheet(layout, len(kept))
        for number, cells in above:
            style = self._heading if number == layout.header_row else self._cells.text
            for at, column in enumerate(kept):
                self._cells.write(sheet, (number - 1, at), cells[column], style)
        for at, heading in enumerate((self._headings.status, self._headings.origin), len(kept)):
            sheet.write_string(layout.header_row - 1, at, heading, self._added)
        self._cells.comment(sheet, (layout.header_row - 1, len(kept)), self._headings.comment)
        for number, row in enumerate(annotations, start=layout.header_row):
            cells = next(cells for found, cells in rows if found == row.number)
            self._write_row(sheet, number, kept, cells, row)

    def _add_sheet(self, layout: Layout, width: int) -> Sheet:
        """Return a new sheet with *width* columns of the analyst."""
        sheet = self._book.add_worksheet(sheet_name(layout.sheet, self._book.sheetnames))
        sheet.set_column(0, width, _COLUMN_WIDTH)
        sheet.set_column(width, width, STATUS_WIDTH)
        sheet.set_column(width + 1, width + 1, None, None, {"hidden": True})
        sheet.freeze_panes(layout.header_row, 0)
        return sheet

    def _write_row(
        self, sheet: Sheet, number: int, kept: Sequence[int], cells: Cells, row: RowAnnotation
    ) -> None:
        """Write the *kept* columns of a row, and its annotations, to the zero-based *number*."""
        annotations = {annotation.index: annotation for annotation in row.cells}
        for at, column in enumerate(kept):
            if (annotation := annotations.get(column)) is None:
                self._cells.write(sheet, (number, at), cells[column], self._cells.text)
            else:
                is_unknown = cells[column][1] in _UNKNOWN_TEXTS
                has_no_value = annotation.has_no_value or is_unknown
                cell = (NO_VALUE, cell_values.ERROR) if has_no_value else cells[column]
                self._cells.write(sheet, (number, at), cell, self._issue)
                self._cells.comment(sheet, (number, at), annotation.comment)
        sheet.set_row(number, row_height(row.status))
        status = self._failed if row.is_failed else self._status
        sheet.write_string(number, len(kept), row.status, status)
        sheet.write_string(number, len(kept) + 1, row.origin)
