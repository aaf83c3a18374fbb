"""What is put into a sheet is read from it again, however the workbook is kept while it grows."""

from pathlib import Path

import openpyxl
import pytest
from xlsxwriter import Workbook

from batchcreate.report.sheets import LineWriter, write_text

TEXTS = ("<r></c></r>", "<r><t>x</t></r>", "<r></r>", "<r> a\n</r>", "<r>", "=1+1", " a ")


@pytest.mark.parametrize("way", ["in_memory", "constant_memory"])
def test_text_is_no_markup(way: str, tmp_path: Path) -> None:
    """What xlsxwriter would take for its own formatted text is a text like any other."""
    with Workbook(tmp_path / "a.xlsx", {way: True}) as book:
        sheet = book.add_worksheet()
        look = book.add_format({"bold": True})
        for row, text in enumerate(TEXTS):
            write_text(sheet, row, 0, text)
            write_text(sheet, row, 1, text, look)

    rows = openpyxl.load_workbook(tmp_path / "a.xlsx").active.values
    assert list(rows) == [(text, text) for text in TEXTS]


def test_lines_stand_below_the_headings(tmp_path: Path) -> None:
    """Nothing is lost between the headings and the last line; what is missing is empty."""
    with Workbook(tmp_path / "a.xlsx", {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        for at, heading in enumerate("abc"):
            sheet.write_string(0, at, heading)
        writer = LineWriter(sheet, 3, book.add_format({"align": "right"}))
        writer.write(["<&>", 0, None])
        writer.write(["", 7, "<r></c></r>"])

    found = openpyxl.load_workbook(tmp_path / "a.xlsx").active
    assert list(found.values) == [("a", "b", "c"), ("<&>", 0, None), (None, 7, "<r></c></r>")]
    assert (writer.count, found.dimensions) == (2, "A1:C3")
