"""The copy of a workbook has some of its rows, and its other content is kept."""

import io
import zipfile

import openpyxl
from openpyxl.chart import BarChart
from openpyxl.workbook.defined_name import DefinedName

from batchcreate.to_fix.annotations import CellAnnotation
from tests.copied_books import annotated, copied, copied_bytes, make_book


def main_part(content: bytes) -> bytes:
    """The main part of a workbook."""
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        return package.read("xl/workbook.xml")


def test_formulas_are_replaced_by_their_results() -> None:
    """The rows that they refer to are omitted; a missing result becomes an error."""
    made = make_book()
    made["May"]["C3"] = "=A2"

    copy = copied(made, annotated(3, CellAnnotation(index=2, comment="x", has_no_value=True)))[
        "May"
    ]

    assert copy["C2"].value == "#N/A"


def test_other_sheets_are_hidden_and_external_names_removed() -> None:
    """Drop-down lists keep their source; the copy opens at its first row."""
    made = make_book()
    made.create_sheet("Lists")["A1"] = "REALTIME"
    made.create_chartsheet("Chart").add_chart(BarChart())
    made.defined_names["near"] = DefinedName("near", attr_text="Lists!$A$1")
    made.defined_names["far"] = DefinedName("far", attr_text="[1]Lists!$A$1")
    made["May"].freeze_panes = "B2"
    made["May"].sheet_view.pane.topLeftCell = "C5"
    made["May"].sheet_view.topLeftCell = "C5"

    copy_of = copied_bytes(made, annotated(3))
    copy = openpyxl.load_workbook(io.BytesIO(copy_of))

    assert {sheet.title: sheet.sheet_state for sheet in copy} == {
        "May": "visible",
        "Lists": "hidden",
    }
    # openpyxl does not read the state of a chart sheet.
    assert b'name="Chart" sheetId="3" state="hidden"' in main_part(copy_of)
    assert list(copy.defined_names) == ["near"]
    assert copy["May"].sheet_view.pane.topLeftCell == "C2"
    assert copy["May"].sheet_view.selection[-1].activeCell == "A2"
