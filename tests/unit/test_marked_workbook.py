"""A new workbook with marks has all sheets and rows of its source at their addresses."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import xlsxwriter

from batchcreate.models import Column, Layout
from batchcreate.to_fix.cell_writer import CellWriter
from batchcreate.to_fix.marked_copy import CellMark, Mark, RowMarks
from batchcreate.to_fix.marked_workbook import write_marked_text, write_marked_workbook
from batchcreate.workbooks import cell_values
from tests.copied_books import make_book

COLUMNS = {
    "task_name": Column(heading="task_name", index=0),
    "operation_types": Column(heading="operation_types", index=1),
}


def layout(sheet: str, **text_format: Any) -> Layout:
    return Layout(file="a.csv", sheet=sheet, header_row=1, columns=COLUMNS, **text_format)


def written(folder: Path, made: Any, *marks: tuple[str, RowMarks]) -> Any:
    """Return the workbook written for *made*, whose sheets May and June have rows."""
    source = folder / "source.xlsx"
    made.save(source)
    with source.open("rb") as read, (folder / "copy.xlsx").open("w+b") as target:
        write_marked_workbook(
            read,
            target,
            folder=folder,
            layouts=[layout("May"), layout("June")],
            marks=iter(marks),
            language="en",
        )
    return openpyxl.load_workbook(folder / "copy.xlsx", data_only=True)


def marked_row(number: int, *cells: CellMark, has_wrong_cells: bool = False) -> RowMarks:
    return RowMarks(number=number, cells=cells, has_wrong_cells=has_wrong_cells)


def wrong(index: int) -> CellMark:
    return CellMark(index=index, mark=Mark.ERROR, comment="is wrong")


def test_all_sheets_are_written(tmp_path: Path) -> None:
    """Hidden sheets stay hidden; blank rows and far columns keep their addresses."""
    made = make_book(rows=2)
    made["May"]["Z60"] = "far"
    made.create_sheet("Notes")["C4"] = "note"
    made.create_sheet("Blank")
    made["Notes"].sheet_state = "hidden"
    june = made.create_sheet("June")
    june.append(["task_name", "operation_types"])
    june.append(["x y", "INSERT"])
    fixed = CellMark(index=0, mark=Mark.FIXED, comment="was x y", value="x_y")

    copy = written(
        tmp_path, made, ("May", marked_row(3, wrong(1))), ("June", marked_row(2, fixed))
    )

    assert {sheet.title: sheet.sheet_state for sheet in copy} == {
        "May": "visible",
        "Notes": "hidden",
        "Blank": "visible",
        "June": "visible",
    }
    assert (copy["May"]["Z60"].value, copy["Notes"]["C4"].value) == ("far", "note")
    assert (copy["May"]["B3"].value, copy["May"]["B3"].comment.text) == ("INSERT", "is wrong")
    assert (copy["June"]["A2"].value, copy["June"]["A2"].comment.text) == ("x_y", "was x y")


def test_hidden_rows_and_columns_stay_hidden(tmp_path: Path) -> None:
    """Otherwise a run would create the tasks of hidden rows without a question."""
    made = make_book(rows=4)
    made["May"].row_dimensions[3].hidden = True
    made["May"].column_dimensions["C"].hidden = True

    copy = written(tmp_path, made)["May"]

    assert [number for number in range(1, 6) if copy.row_dimensions[number].hidden] == [3]
    assert copy.column_dimensions["C"].hidden


def test_numbers_keep_what_is_displayed(tmp_path: Path) -> None:
    """A number that would be displayed in another way is text, or stays rejected if it is marked."""
    made = make_book(rows=2)
    sheet = made["May"]
    sheet["A2"], sheet["A3"], sheet["C2"], sheet["C3"] = 42, 42, 7, 0.5
    sheet["A2"].number_format = sheet["A3"].number_format = '"APP-"0000'
    sheet["C2"].number_format = "000"

    copy = written(tmp_path, made, ("May", marked_row(3, wrong(0))))["May"]

    assert [copy[cell].value for cell in ("A2", "A3", "C2", "C3")] == [
        "APP-0042",
        "#N/A",
        "007",
        0.5,
    ]


def test_formula_with_the_result_zero_stays_one() -> None:
    """As a plain number the cell would have no warning."""
    target = io.BytesIO()

    with xlsxwriter.Workbook(target) as book:
        writer, sheet = CellWriter(book), book.add_worksheet()
        writer.write(sheet, (0, 0), ("0", cell_values.ZERO_RESULT), writer.text)

    formulas = openpyxl.load_workbook(target).active
    results = openpyxl.load_workbook(target, data_only=True).active
    assert (formulas["A1"].value, results["A1"].value) == ("=0", 0)


def test_row_with_wrong_cells_stays_rejected(tmp_path: Path) -> None:
    """The columns of a new workbook do not show the problem; the list is in the comment."""
    source, target = io.BytesIO(b"task_name,operation_types\r\nabc,INSERT,x\r\n"), io.BytesIO()
    rows: Iterator[tuple[str, RowMarks]] = iter(
        [("", marked_row(2, wrong(2), has_wrong_cells=True))]
    )

    write_marked_text(
        source,
        target,
        folder=tmp_path,
        layout=layout("", encoding="utf-8", delimiter=","),
        marks=rows,
        language="en",
    )

    copy = openpyxl.load_workbook(target, data_only=True).active
    assert [cell.value for cell in copy[2]] == ["abc", "#N/A", "x"]
    assert copy["B2"].comment.text == (
        "is wrong\n\nThe value was 'INSERT'. Enter it again when all cells of the row are in the"
        " right columns."
    )
