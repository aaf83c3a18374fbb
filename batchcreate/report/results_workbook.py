"""results.xlsx: the results, the issues, and a summary sheet with charts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Final

from batchcreate.advice import explain_group
from batchcreate.models import CauseGroup, Issue, ResultRow, Status, Summary
from batchcreate.models.results import RESULT_COLUMNS
from batchcreate.report.atomic_files import (
    Cells,
    RowWriter,
    atomic_binary_file,
    streamed_workbook,
    write_text,
)
from batchcreate.report.csv_tables import ISSUE_COLUMNS, result_cells
from batchcreate.report.formatting import (
    STATUS_COLORS,
    STATUS_ORDER,
    cause_label,
    one_line,
    status_label,
)
from batchcreate.report.headline import headline
from batchcreate.text import cell_text, display_width

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

ROWS_MAX: Final = 1_048_575
"""Maximum number of rows of a sheet below the header row."""

OTHERS_MAX: Final = 16_384 - len(RESULT_COLUMNS)
"""Maximum number of columns of a sheet that follow those of batchcreate."""

CHART_CAUSES_MAX: Final = 10

_FILLS: Final = {
    Status.CREATED: "#D9F0E3",
    Status.SKIPPED: "#DCE9F7",
    Status.NOT_ATTEMPTED: "#E7EAED",
    Status.UNKNOWN: "#E8E0F6",
    Status.FAILED: "#F9DCD9",
    Status.REJECTED: "#FBEBC8",
    Status.WITHDRAWN: "#F2F3F4",
}
_COLUMN_WIDTHS: Final = {
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
    "severity": 10,
    "cell": 9,
    "value": 30,
    "rule": 26,
    "message": 80,
    "suggestion": 30,
}
_OTHER_WIDTH: Final = 20
_NUMBER_COLUMNS: Final = frozenset({"row", "http_status", "attempts", "duration_ms"})
_CREATION_TIME: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""A constant, so that the same results always produce the same file."""

_SUMMARY_SHEET: Final = "Summary"
_SUMMARY_WIDTHS: Final = (36, 10, 16, 18, 24, 64, 64)
_LINE_POINTS: Final = 15
_CHART_CELL: Final = "D3"
_COUNTS_ROW: Final = 3
_CAUSES_ROW: Final = 21
"""Row index, starting at 0; the charts are next to the counts and above the causes."""

_CAUSE_COLUMNS: Final = (
    *("cause", "rows", "status", "fixed by", "column", "what it means", "what to do"),
)

_Bar = tuple[str, int, Status]
"""Label, number of rows and status."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """
    Content of the summary sheet, and the other columns of the results.

    Attributes:
        summary: number of rows per status.
        causes: reasons why rows are not created.
        facts: names and values of the last run.
        others: the columns without a field; see `ResultRow.others`.

    """

    summary: Summary
    causes: Sequence[CauseGroup]
    facts: Sequence[tuple[str, str]]
    others: Sequence[str] = ()


def write_workbook(
    path: Path,
    overview: Overview,
    results: Iterable[ResultRow],
    issues: Iterable[Issue],
    *,
    language: str = "en",
    rows_max: int = ROWS_MAX,
) -> None:
    """
    Write results.xlsx in constant memory.

    Texts are written as strings, never as formulas, numbers or links.

    Args:
        path: path of the workbook.
        overview: content of the summary sheet.
        results: the rows of the results sheet.
        issues: the rows of the issues sheet.
        language: language of the advice.
        rows_max: maximum number of rows of a sheet; further rows go to further sheets.

    Raises:
        ReportError: the file cannot be written.

    """
    with atomic_binary_file(path) as file, streamed_workbook(file, path.parent) as workbook:
        workbook.set_properties({"title": "batchcreate results", "created": _CREATION_TIME})
        _write_summary_sheet(workbook, overview, language)
        tables = _TableWriter(workbook, rows_max)
        others = overview.others[:OTHERS_MAX]
        columns = [*RESULT_COLUMNS, *others]
        tables.write("Results", columns, (result_cells(row, language, others) for row in results))
        tables.write("Issues", ISSUE_COLUMNS, map(_issue_cells, issues))


def _issue_cells(issue: Issue) -> Cells:
    """Return the cells of *issue*, with the heading on one line, so that it fits into its cell."""
    return issue._replace(column=one_line(issue.column))


class _TableWriter:
    """Writes tables with a frozen header row and filters."""

    def __init__(self, workbook: "Workbook", rows_max: int) -> None:
        self._workbook = workbook
        self._rows_max = rows_max
        # The indent separates a number from the text in the next column.
        number = {"align": "right", "indent": 1}
        self._number = workbook.add_format(number)
        heading = {"bold": True, "bottom": 1}
        self._headings = {
            False: workbook.add_format(heading),
            True: workbook.add_format(heading | number),
        }
        self._fills = {
            status: workbook.add_format({"bg_color": color}) for status, color in _FILLS.items()
        }

    def write(self, name: str, columns: Sequence[str], rows: Iterable[Cells]) -> None:
        """Write *rows* to a sheet called *name*, and to further sheets when it is full."""
        remaining = iter(rows)
        row = next(remaining, None)
        for number in count(1):  # pragma: no branch # the count has no end
            sheet = self._add_sheet(f"{name} {number}" if number > 1 else name, columns)
            writer = RowWriter(sheet, len(columns), self._number)
            while row is not None and writer.count < self._rows_max:
                writer.write(row)
                row = next(remaining, None)
            self._finish(sheet, columns, writer.count)
            if row is None:
                return

    def _add_sheet(self, name: str, columns: Sequence[str]) -> "Worksheet":
        sheet = self._workbook.add_worksheet(name)
        sheet.freeze_panes(1, 0)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        for index, column in enumerate(columns):
            sheet.set_column(index, index, _COLUMN_WIDTHS.get(column, _OTHER_WIDTH))
            heading = self._headings[column in _NUMBER_COLUMNS]
            write_text(sheet, 0, index, cell_text(column), heading)
        return sheet

    def _finish(self, sheet: "Worksheet", columns: Sequence[str], last: int) -> None:
        sheet.autofilter(0, 0, last, len(columns) - 1)
        if last and "status" in columns:
            index = columns.index("status")
            for status, fill in self._fills.items():
                rule = {"type": "cell", "criteria": "==", "value": f'"{status}"', "format": fill}
                sheet.conditional_format(1, index, last, index, rule)


def _write_summary_sheet(workbook: "Workbook", overview: Overview, language: str) -> None:
    counts, causes = overview.summary.counts, overview.causes
    sheet = _SummarySheet(workbook)
    sheet.write(0, [headline(overview.summary, causes)], sheet.title)
    sheet.write(_COUNTS_ROW - 1, ["status", "rows"], sheet.heading)
    for row, status in enumerate(STATUS_ORDER, start=_COUNTS_ROW):
        sheet.write(row, [status_label(status), counts[status]])
    sheet.write(_COUNTS_ROW + len(STATUS_ORDER), ["all", overview.summary.total], sheet.heading)
    if counts[Status.WITHDRAWN]:
        withdrawn: list[str | int] = [status_label(Status.WITHDRAWN), counts[Status.WITHDRAWN]]
        sheet.write(_COUNTS_ROW + len(STATUS_ORDER) + 1, withdrawn)
    bars = [(status_label(status), counts[status], status) for status in STATUS_ORDER]
    sheet.add_chart("Rows per status", bars, first=_COUNTS_ROW)
    if causes:
        sheet.write(_CAUSES_ROW - 1, _CAUSE_COLUMNS, sheet.heading)
        bars = [(cause_label(each), each.rows, each.status) for each in causes[:CHART_CAUSES_MAX]]
        sheet.add_chart("Rows per cause", bars, first=_CAUSES_ROW, offset_px=460, width_px=700)
    for row, group in enumerate(causes, start=_CAUSES_ROW):
        sheet.write_wrapped(row, _cause_cells(group, language))
    for row, fact in enumerate(overview.facts, start=_CAUSES_ROW + len(causes) + 2):
        sheet.write(row, fact)


def _cause_cells(group: CauseGroup, language: str) -> Sequence[str | int]:
    advice = explain_group(group, language=language)
    return (
        cause_label(group),
        group.rows,
        status_label(group.status),
        advice.owner.value,
        one_line(group.column),
        advice.meaning,
        advice.action,
    )


class _SummarySheet:
    """The summary sheet and the formats of its cells."""

    def __init__(self, workbook: "Workbook") -> None:
        self._workbook = workbook
        self._sheet = workbook.add_worksheet(_SUMMARY_SHEET)
        self._sheet.hide_gridlines(2)
        self._sheet.set_landscape()
        self._sheet.fit_to_pages(1, 0)
        for index, width in enumerate(_SUMMARY_WIDTHS):
            self._sheet.set_column(index, index, width)
        number = {"num_format": "#,##0_)_)"}
        self.plain = workbook.add_format({**number, "valign": "top"})
        self.wrapped = workbook.add_format({**number, "valign": "top", "text_wrap": True})
        self.heading = workbook.add_format({**number, "bold": True, "bottom": 1})
        self.title = workbook.add_format({"bold": True, "font_size": 14})

    def write(
        self, row: int, cells: Sequence[str | int], cell_format: "Format | None" = None
    ) -> None:
        """Write the first cells of *row*, which starts at 0."""
        cell_format = cell_format or self.plain
        for index, cell in enumerate(cells):
            if isinstance(cell, int):
                self._sheet.write_number(row, index, cell, cell_format)
            else:
                write_text(self._sheet, row, index, cell_text(cell), cell_format)

    def write_wrapped(self, row: int, cells: Sequence[str | int]) -> None:
        """Write the first cells of *row*, with the height that the longest text needs."""
        lines = max(
            ceil(1.1 * display_width(str(cell)) / width)
            for cell, width in zip(cells, _SUMMARY_WIDTHS, strict=True)
        )
        self._sheet.set_row(row, max(lines, 1) * _LINE_POINTS)
        self.write(row, cells, self.wrapped)

    def add_chart(
        self,
        title: str,
        bars: Sequence[_Bar],
        *,
        first: int,
        offset_px: int = 0,
        width_px: int = 440,
    ) -> None:
        """Insert a chart of the table that starts in row *first* and contains *bars*."""
        last = first + len(bars) - 1
        chart = self._workbook.add_chart({"type": "bar"})
        chart.add_series(
            {
                "name": title,
                "categories": [_SUMMARY_SHEET, first, 0, last, 0],
                "categories_data": [cell_text(label) for label, _, _ in bars],
                "values": [_SUMMARY_SHEET, first, 1, last, 1],
                "values_data": [rows for _, rows, _ in bars],
                "points": [{"fill": {"color": STATUS_COLORS[status]}} for _, _, status in bars],
                "data_labels": {"value": True},
                "gap": 60,
            }
        )
        chart.set_title({"name": title, "overlay": False, "name_font": {"size": 12}})
        chart.set_legend({"none": True})
        # An interval of 1 labels every bar; the default may omit every second label.
        labels = {"reverse": True, "line": {"none": True}, "interval_unit": 1}
        chart.set_y_axis(labels | {"num_font": {"size": 8}})
        chart.set_x_axis({"visible": False, "major_gridlines": {"visible": False}, "min": 0})
        chart.set_chartarea({"border": {"none": True}})
        chart.set_size({"width": width_px, "height": 350})
        description = f"{title}; the table in columns A and B has the same numbers"
        options = {"description": description, "x_offset": offset_px}
        self._sheet.insert_chart(_CHART_CELL, chart, options)
