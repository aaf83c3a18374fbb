"""Merged cells: covered cells are marked, and have the text of the cell that covers them."""

from pathlib import Path

from batchcreate.workbooks.merged_cells import MergedCells, MergedRange
from tests.spreadsheets import HEADINGS, sheet, task, xlsx
from tests.workbook_server import rows

SHEET = "xl/worksheets/sheet1.xml"


def test_covered_cells_are_marked(tmp_path: Path) -> None:
    """The first cell of the range is not covered."""
    merges = '<mergeCells><mergeCell ref="$B$2:C3"/><mergeCell ref="A9:B9"/></mergeCells>'
    blank = '<row r="3"><c r="A3" t="inlineStr"><is><t>b</t></is></c></row>'
    body = sheet(HEADINGS + task(2) + blank + task(4), after=merges)
    path = xlsx(tmp_path / "t.xlsx", parts={SHEET: body})

    assert [row[2] for row in rows(path, after=1)] == [
        (".", ".", "m"),
        (".", "m", "m"),
        (".", ".", "."),
    ]


def test_covered_cells_below_have_the_text_of_the_first_cell(tmp_path: Path) -> None:
    """Columns on the right are other fields, and numbers are not repeated."""
    merges = (
        '<mergeCells><mergeCell ref="C2:D90"/><mergeCell ref="E2:E3"/>'
        '<mergeCell ref="B2:B3"/></mergeCells>'
    )
    first = '<c r="C2" t="inlineStr"><is><t>crm</t></is></c><c r="E2"><v>7</v></c>'
    below = "".join(
        f'<row r="{at}"><c r="A{at}" t="inlineStr"><is><t>b</t></is></c></row>'
        for at in range(3, 95)
    )
    body = sheet(HEADINGS + task(2, more=first) + below, after=merges)
    path = xlsx(tmp_path / "t.xlsx", parts={SHEET: body})

    read = rows(path, range(5), after=1)

    assert read[0] == (2, ("crm-orders", "INSERT", "crm", "", "7"), (".", ".", ".", "m", "n"))
    assert read[1] == (3, ("b", "INSERT", "crm", "", ""), (".", "m", "m", "m", "m"))
    assert read[88] == (90, ("b", "", "crm", "", ""), (".", ".", "m", "m", "."))
    assert read[89] == (91, ("b", "", "", "", ""), (".",) * 5)


def test_covered_cell_with_a_value_keeps_it() -> None:
    """Some programs keep the values of covered cells, which nothing displays."""
    merged = MergedCells([MergedRange(1, 0, 2, 0), MergedRange(3, 0, 4, 0)])

    columns = merged.mark([1, 2, 3, 4], [(["a", "b", "c", ""], "")], [0])

    assert columns == [(["a", "b", "c", "c"], ".c.m")]
