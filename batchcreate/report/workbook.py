"""results.xlsx: every row and every issue to filter and sort, and a summary with charts."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Final

from batchcreate.models import Issue, ResultRow, Status
from batchcreate.report.books import book_in
from batchcreate.report.files import replacing_bytes
from batchcreate.report.overview import Overview, write_overview
from batchcreate.report.sheets import Cells, LineWriter
from batchcreate.report.tables import ISSUE_COLUMNS, RESULT_COLUMNS, issue_cells, result_cells
from batchcreate.report.wording import one_line

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

ROWS_MAX: Final = 1_048_575
"""How many lines a sheet takes below its headings."""

_FILLS: Final = {
    Status.CREATED: "#D9F0E3",
    Status.SKIPPED: "#DCE9F7",
    Status.NOT_ATTEMPTED: "#E7EAED",
    Status.UNKNOWN: "#E8E0F6",
    Status.FAILED: "#F9DCD9",
    Status.REJECTED: "#FBEBC8",
}
_WIDTHS: Final = {
    "file": 24,
    "sheet": 12,
    "row": 8,
    "task_name": 30,
    "status": 14,
    "task_id": 35,
    "http_status": 12,
    "error_code": 16,
    "error_msg": 60,
    "advice": 60,
    "attempts": 10,
    "first_sent_at": 26,
    "finished_at": 26,
    "duration_ms": 13,
    "project_id": 35,
    "instance_id": 38,
    "column": 20,
    "cell": 9,
    "value": 30,
    "rule": 26,
    "message": 80,
    "suggestion": 30,
}
_NUMBERS: Final = frozenset({"row", "http_status", "attempts", "duration_ms"})
_MADE: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""The same reports make the same file, whenever they are written."""


def write_workbook(  # what is in it, and how it is to be
    path: Path,
    overview: Overview,
    results: Iterable[ResultRow],
    issues: Iterable[Issue],
    *,
    language: str = "en",
    rows_max: int = ROWS_MAX,
) -> None:
    """
    Write a workbook with a summary, the results and the issues, a line at a time.

    Every text is a text: nothing in it is taken for a formula, a number or a link.

    Args:
        path: of the workbook.
        overview: what its first sheet says.
        results: a line for each.
        issues: a line for each.
        language: of the advice.
        rows_max: lines of one sheet; the rest goes to further ones.

    Raises:
        ReportError: the file cannot be written.

    """
    with replacing_bytes(path) as file, book_in(file, path.parent) as book:
        book.set_properties({"title": "batchcreate results", "created": _MADE})
        write_overview(book, overview, language)
        tables = _Tables(book, rows_max)
        tables.write("Results", RESULT_COLUMNS, (result_cells(row, language) for row in results))
        tables.write("Issues", ISSUE_COLUMNS, map(_issue_cells, issues))


def _issue_cells(issue: Issue) -> Cells:
    """Return the cells of a line; a heading of several lines would lie upon its neighbours."""
    return issue_cells(replace(issue, column=one_line(issue.column)))


class _Tables:
    """Writes tables, each with a row of headings that stays in sight and filters."""

    def __init__(self, book: "Workbook", rows_max: int) -> None:
        self._book = book
        self._rows_max = rows_max
        # A little room, so that a number does not touch the text in the next column.
        aside = {"align": "right", "indent": 1}
        self._number = book.add_format(aside)
        heading = {"bold": True, "bottom": 1}
        self._headings = {
            False: book.add_format(heading),
            True: book.add_format(heading | aside),
        }
        self._fills = {
            status: book.add_format({"bg_color": color}) for status, color in _FILLS.items()
        }

    def write(self, name: str, columns: Sequence[str], lines: Iterable[Cells]) -> None:
        """Write *lines* to a sheet called *name*, and to further ones where it is full."""
        left = iter(lines)
        line = next(left, None)
        for number in count(1):  # pragma: no branch # the count has no end
            sheet = self._sheet(f"{name} {number}" if number > 1 else name, columns)
            writer = LineWriter(sheet, len(columns), self._number)
            while line is not None and writer.count < self._rows_max:
                writer.write(line)
                line = next(left, None)
            self._finish(sheet, columns, writer.count)
            if line is None:
                return

    def _sheet(self, name: str, columns: Sequence[str]) -> "Worksheet":
        sheet = self._book.add_worksheet(name)
        sheet.freeze_panes(1, 0)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        for at, column in enumerate(columns):
            sheet.set_column(at, at, _WIDTHS[column])
            sheet.write_string(0, at, column, self._headings[column in _NUMBERS])
        return sheet

    def _finish(self, sheet: "Worksheet", columns: Sequence[str], last: int) -> None:
        sheet.autofilter(0, 0, last, len(columns) - 1)
        if last and "status" in columns:
            at = columns.index("status")
            for status, fill in self._fills.items():
                rule = {"type": "cell", "criteria": "==", "value": f'"{status}"', "format": fill}
                sheet.conditional_format(1, at, last, at, rule)
