"""Rows out of a workbook that cannot be copied: a new one, written row by row."""

import re
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import count
from math import isfinite
from pathlib import Path
from typing import Any, BinaryIO, Final

from batchcreate.copies.marking import (
    AUTHOR,
    BAD,
    COMMENT_WIDTH,
    COMMENTS_MAX,
    OWN,
    STATUS_WIDTH,
    comment_height,
    row_height,
)
from batchcreate.copies.plan import Headings, Line
from batchcreate.models import Layout, SheetToFix
from batchcreate.report.atomic_files import streamed_workbook, write_text
from batchcreate.text import cut_to_cell
from batchcreate.workbooks import cells
from batchcreate.workbooks.reader import WorkbookReader

_CHUNK_ROWS: Final = 1_000
_WIDTH: Final = 18
_ERROR: Final = re.compile(r"#[A-Z0-9/_]+[!?]?")
_FIRST_YEAR: Final = 1900
_NAME_CHARS: Final = 31
_FORBIDDEN: Final = re.compile(r"[\[\]:*?/\\]|^'|'$|^History$", re.IGNORECASE)
_LOST: Final = ("#N/A", cells.ERROR)
"""What stands for a result that the file does not hold: no value, and none that is accepted."""

Row = Mapping[int, cells.Cell]
"""The cells of a row by their columns."""

Sheet = Any
Format = Any
"""Of xlsxwriter, which has no types."""


def write_fresh(
    source: BinaryIO,
    target: BinaryIO,
    *,
    folder: Path,
    sheets: Iterable[SheetToFix],
    lines: Callable[[SheetToFix], Iterator[Line]],
    headings: Headings,
) -> None:
    """
    Write the rows of *sheets*, and what stands above them, to a new workbook.

    Values stay what they are, text or numbers; formats are not taken along.

    Args:
        source: the workbook that the rows are taken from.
        target: empty.
        folder: where sheets wait until they are written, on the disk of *target*.
        sheets: with rows that are not created.
        lines: what is told of the rows of a sheet.
        headings: of our own columns.

    Raises:
        LoadError: *source* cannot be read.
        OSError: *target* cannot be written.

    """
    with streamed_workbook(target, folder) as book, WorkbookReader(source, "") as reader:
        writer = _Writer(book, headings)
        names = [tab.name for tab in reader.tabs()]
        for sheet in sheets:
            name = sheet.layout.sheet
            head = reader.head(names.index(name), name, _CHUNK_ROWS)
            columns = range(max(map(len, head.rows)))
            rows = _rows(reader, columns)
            writer.write(sheet.layout, columns, rows, lines(sheet))
            # The next sheet is not told of before this one is told of to its end.
            deque(rows, maxlen=0)


def _rows(reader: WorkbookReader, columns: Sequence[int]) -> Iterator[tuple[int, Row]]:
    for part in reader.rows(columns, after=0, chunk_rows=_CHUNK_ROWS):
        kinds = [each or cells.TEXT * len(part.numbers) for each in part.kinds]
        for at, number in enumerate(part.numbers):
            found = zip(columns, part.texts, kinds, strict=True)
            yield number, {column: (texts[at], letters[at]) for column, texts, letters in found}


class _Writer:
    """Writes sheets into one new workbook."""

    def __init__(self, book: Any, headings: Headings) -> None:  # noqa: ANN401 # see Sheet
        self._book = book
        self._headings = headings
        self._comments = 0
        bad, own = (f"#{color[2:]}" for color in (BAD, OWN))
        wrapped = {"text_wrap": True, "valign": "top"}
        self._text = book.add_format({"num_format": "@"})
        self._bad = book.add_format({"num_format": "@", "bg_color": bad})
        moment = {"num_format": "yyyy-mm-dd hh:mm:ss"}
        self._moments = {
            self._text: book.add_format(moment),
            self._bad: book.add_format(moment | {"bg_color": bad}),
        }
        self._truths = {self._bad: book.add_format({"bg_color": bad})}
        self._heading = book.add_format({"num_format": "@", "bold": True})
        self._own = book.add_format({"num_format": "@", "bold": True, "bg_color": own})
        self._status = book.add_format(wrapped)
        self._refused = book.add_format(wrapped | {"bg_color": bad})

    def write(
        self,
        layout: Layout,
        columns: Sequence[int],
        rows: Iterator[tuple[int, Row]],
        lines: Iterable[Line],
    ) -> None:
        """Write the rows of one sheet that *lines* are about, after those above the table."""
        above = [next(rows)]
        while above[-1][0] < layout.header_row:
            above.append(next(rows))
        headings = above[-1][1]
        kept = [at for at in columns if not self._headings.is_own(headings[at][0])]
        sheet = self._begun(layout, len(kept))
        for number, row in above:
            style = self._heading if number == layout.header_row else self._text
            for at, column in enumerate(kept):
                self._write_cell(sheet, number, at, row[column], style)
        for at, heading in enumerate((self._headings.status, self._headings.origin), len(kept)):
            sheet.write_string(layout.header_row - 1, at, heading, self._own)
        self._comment(sheet, layout.header_row, len(kept), self._headings.explained)
        for number, line in enumerate(lines, start=layout.header_row + 1):
            row = next(row for found, row in rows if found == line.number)
            self._write_line(sheet, number, kept, row, line)

    def _begun(self, layout: Layout, width: int) -> Sheet:
        """Return a new sheet whose first columns are for the analyst's own cells."""
        sheet = self._book.add_worksheet(_sheet_name(layout.sheet, self._book.sheetnames))
        sheet.set_column(0, width, _WIDTH)
        sheet.set_column(width, width, STATUS_WIDTH)
        sheet.set_column(width + 1, width + 1, None, None, {"hidden": True})
        sheet.freeze_panes(layout.header_row, 0)
        return sheet

    def _write_line(
        self, sheet: Sheet, number: int, kept: Sequence[int], row: Row, line: Line
    ) -> None:
        marks = {mark.index: mark for mark in line.marks}
        for at, column in enumerate(kept):
            if (mark := marks.get(column)) is None:
                self._write_cell(sheet, number, at, row[column], self._text)
            else:
                shown = _LOST if mark.is_lost else row[column]
                self._write_cell(sheet, number, at, shown, self._bad)
                self._comment(sheet, number, at, mark.comment)
        sheet.set_row(number - 1, row_height(line.status))
        status = self._refused if line.is_refused else self._status
        sheet.write_string(number - 1, len(kept), line.status, status)
        sheet.write_string(number - 1, len(kept) + 1, line.origin)

    def _write_cell(
        self, sheet: Sheet, number: int, at: int, shown: cells.Cell, style: Format
    ) -> None:
        text, kind = shown
        place = (number - 1, at)
        value = _value(text, kind)
        is_plain = style is self._text
        if isinstance(value, datetime):
            # As text it would be a number, and so would a truth value.
            sheet.write_datetime(*place, value, self._moments.get(style, style))
        elif isinstance(value, bool):
            sheet.write_boolean(*place, value, self._truths.get(style))
        elif isinstance(value, float):
            sheet.write_number(*place, value, None if is_plain else style)
        elif kind == cells.ERROR and _ERROR.fullmatch(text):
            # The only way to write an error that is one.
            sheet.write_formula(*place, f"={text}", style, text)
        elif value:
            write_text(sheet, *place, value, style)
        else:
            sheet.write_blank(*place, None, style)

    def _comment(self, sheet: Sheet, number: int, at: int, text: str) -> None:
        if self._comments < COMMENTS_MAX:
            self._comments += 1
            size = {"width": COMMENT_WIDTH, "height": comment_height(text)}
            sheet.write_comment(number - 1, at, text, size | {"author": AUTHOR})


def _value(text: str, kind: str) -> str | float | bool | datetime:
    """Return what a cell holds that shows *text*."""
    if kind == cells.MERGED:
        return ""
    if kind == cells.BOOLEAN:
        return text == "TRUE"
    with suppress(ValueError):
        if kind == cells.NUMBER and isfinite(number := float(text)):
            return number
        if kind == cells.DATE and _is_of_excel(moment := datetime.fromisoformat(text)):
            return moment
    # Half a character cannot be written.
    return cut_to_cell(text.encode(errors="backslashreplace").decode())


def _is_of_excel(moment: datetime) -> bool:
    """Whether Excel knows *moment*: its days begin with 1900, and they have no zones."""
    return moment.tzinfo is None and moment.year >= _FIRST_YEAR


def _sheet_name(name: str, taken: Collection[str]) -> str:
    """Return *name* where a sheet may be called that and none is yet, else another one."""
    used = {each.lower() for each in taken}
    is_possible = len(name) <= _NAME_CHARS and not _FORBIDDEN.search(name)
    if is_possible and name.lower() not in used:
        return name
    others = (f"Sheet {number}" for number in count(len(used) + 1))
    return next(other for other in others if other.lower() not in used)
