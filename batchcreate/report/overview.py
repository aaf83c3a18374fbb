"""The first sheet of results.xlsx: the verdict, the counts and the causes, and charts of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Final

from batchcreate.advice import explain_group
from batchcreate.models import CauseGroup, Status, Summary
from batchcreate.report.sheets import write_text
from batchcreate.report.verdict import verdict
from batchcreate.report.wording import ORDER, label_of, one_line, words_of
from batchcreate.text import cell_text, display_width

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format

NAME: Final = "Summary"
CAUSES_DRAWN: Final = 10

_COLORS: Final = {
    Status.CREATED: "#1D7F54",
    Status.SKIPPED: "#3A78B8",
    Status.NOT_ATTEMPTED: "#7D8792",
    Status.UNKNOWN: "#7450B8",
    Status.FAILED: "#BF3329",
    Status.REJECTED: "#B87A08",
}
_WIDTHS: Final = (36, 10, 16, 18, 24, 64, 64)
_LINE_POINTS: Final = 15
_CHARTS_AT: Final = "D3"
_COUNTS_AT: Final = 3
_CAUSES_AT: Final = 21
"""Rows, counted from zero; the charts stand beside the counts and above the causes."""

_CAUSE_COLUMNS: Final = (
    *("cause", "rows", "status", "who can mend it", "column", "what it means", "what to do"),
)


_Bar = tuple[str, int, Status]
"""What it is, how many rows, and what became of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """
    What the first sheet says.

    Attributes:
        summary: rows per status.
        causes: why rows are not created.
        facts: what else is to be known of the batch: names and values.

    """

    summary: Summary
    causes: Sequence[CauseGroup]
    facts: Sequence[tuple[str, str]]


def write_overview(book: "Workbook", overview: Overview, language: str) -> None:
    """Write the first sheet of *book*; what to do is said in *language*."""
    causes = overview.causes
    sheet = _Sheet(book)
    sheet.write(0, [verdict(overview.summary, causes)], sheet.title)
    sheet.write(_COUNTS_AT - 1, ["status", "rows"], sheet.heading)
    for row, status in enumerate(ORDER, start=_COUNTS_AT):
        sheet.write(row, [words_of(status), overview.summary.counts[status]])
    sheet.write(_COUNTS_AT + len(ORDER), ["all", overview.summary.total], sheet.heading)
    counts = [(words_of(status), overview.summary.counts[status], status) for status in ORDER]
    sheet.draw("Rows per status", counts, first=_COUNTS_AT)
    if causes:
        sheet.write(_CAUSES_AT - 1, _CAUSE_COLUMNS, sheet.heading)
        drawn = [(label_of(each), each.rows, each.status) for each in causes[:CAUSES_DRAWN]]
        sheet.draw("Rows per cause", drawn, first=_CAUSES_AT, offset_px=460, width_px=700)
    for row, group in enumerate(causes, start=_CAUSES_AT):
        sheet.write_wrapped(row, _cause_cells(group, language))
    for row, fact in enumerate(overview.facts, start=_CAUSES_AT + len(causes) + 2):
        sheet.write(row, fact)


class _Sheet:
    """The sheet and what its cells look like."""

    def __init__(self, book: "Workbook") -> None:
        self._book = book
        self._sheet = book.add_worksheet(NAME)
        self._sheet.hide_gridlines(2)
        self._sheet.set_landscape()
        self._sheet.fit_to_pages(1, 0)
        for at, width in enumerate(_WIDTHS):
            self._sheet.set_column(at, at, width)
        self.plain = book.add_format({"num_format": "#,##0_)_)", "valign": "top"})
        self.wrapped = book.add_format(
            {"num_format": "#,##0_)_)", "valign": "top", "text_wrap": True}
        )
        self.heading = book.add_format({"num_format": "#,##0_)_)", "bold": True, "bottom": 1})
        self.title = book.add_format({"bold": True, "font_size": 14})

    def write(self, row: int, cells: Sequence[str | int], look: "Format | None" = None) -> None:
        """Fill the first cells of *row*, counted from zero."""
        look = look or self.plain
        for at, cell in enumerate(cells):
            if isinstance(cell, int):
                self._sheet.write_number(row, at, cell, look)
            else:
                write_text(self._sheet, row, at, cell_text(cell), look)

    def write_wrapped(self, row: int, cells: Sequence[str | int]) -> None:
        """Fill the first cells of *row*, as high as the longest text in its column needs."""
        lines = max(
            ceil(1.1 * display_width(str(cell)) / width)
            for cell, width in zip(cells, _WIDTHS, strict=True)
        )
        self._sheet.set_row(row, max(lines, 1) * _LINE_POINTS)
        self.write(row, cells, self.wrapped)

    def draw(
        self,
        title: str,
        bars: Sequence[_Bar],
        *,
        first: int,
        offset_px: int = 0,
        width_px: int = 440,
    ) -> None:
        """Put a chart of *bars*, a table that begins at row *first*, above the causes."""
        last = first + len(bars) - 1
        chart = self._book.add_chart({"type": "bar"})
        chart.add_series(
            {
                "name": title,
                "categories": [NAME, first, 0, last, 0],
                "categories_data": [cell_text(label) for label, _, _ in bars],
                "values": [NAME, first, 1, last, 1],
                "values_data": [rows for _, rows, _ in bars],
                "points": [{"fill": {"color": _COLORS[status]}} for _, _, status in bars],
                "data_labels": {"value": True},
                "gap": 60,
            }
        )
        chart.set_title({"name": title, "overlay": False, "name_font": {"size": 12}})
        chart.set_legend({"none": True})
        # Every bar has its name, where a program might leave out every other one.
        names = {"reverse": True, "line": {"none": True}, "interval_unit": 1}
        chart.set_y_axis(names | {"num_font": {"size": 8}})
        chart.set_x_axis({"visible": False, "major_gridlines": {"visible": False}, "min": 0})
        chart.set_chartarea({"border": {"none": True}})
        chart.set_size({"width": width_px, "height": 350})
        words = f"{title}; the table in columns A and B has the same numbers"
        self._sheet.insert_chart(_CHARTS_AT, chart, {"description": words, "x_offset": offset_px})


def _cause_cells(group: CauseGroup, language: str) -> Sequence[str | int]:
    advice = explain_group(group, language=language)
    return (
        label_of(group),
        group.rows,
        words_of(group.status),
        advice.owner.value,
        one_line(group.column),
        advice.meaning,
        advice.action,
    )
