"""A new workbook with marks has all sheets and rows of its source at their addresses, as text."""

import io
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter

from batchcreate.errors import LoadError
from batchcreate.models import Column, Layout
from batchcreate.to_fix import cell_writer
from batchcreate.to_fix.marked_workbook import MarkedSheet, write_new_workbook
from batchcreate.to_fix.marks import COLORS, AddedColumn, CellMark, Mark, RowMarks
from batchcreate.workbooks import cell_values
from tests.copied_books import make_book

COLUMNS = {
    "task_name": Column(heading="task_name", index=0),
    "operation_types": Column(heading="operation_types", index=1),
}
ADDED = AddedColumn(heading="to do", headings=["to do", "处理"], comment="what to do", done="done")


def layout(sheet: str, *, header_row: int = 1, **text_format: Any) -> Layout:
    return Layout(file="a.csv", sheet=sheet, header_row=header_row, columns=COLUMNS, **text_format)


def written(folder: Path, made: Any, *marks: tuple[str, RowMarks], **more: Any) -> Any:
    """Return the workbook written for *made*, whose sheets May and June have rows."""
    source = folder / "source.xlsx"
    made.save(source)
    sheets = [
        MarkedSheet(layout=layout(name), rows=iter([row for sheet, row in marks if sheet == name]))
        for name in ("May", "June")
    ]
    with source.open("rb") as read, (folder / "copy.xlsx").open("w+b") as target:
        write_new_workbook(read, target, sheets, folder=folder, **more)
    return openpyxl.load_workbook(folder / "copy.xlsx", data_only=True)


def written_text(folder: Path, text: str, *rows: RowMarks, header_row: int = 1) -> Any:
    """Return the sheet written for a text file with an added column."""
    target = io.BytesIO()
    shown = layout("", header_row=header_row, encoding="utf-8", delimiter=",")
    sheet = MarkedSheet(layout=shown, rows=iter(rows))
    write_new_workbook(
        io.BytesIO(text.encode()),
        target,
        [sheet],
        folder=folder,
        added=ADDED,
        stamp="12ab 1 a.csv",
    )
    return openpyxl.load_workbook(target)["a"]


def marked_row(number: int, *cells: CellMark) -> RowMarks:
    return RowMarks(number=number, cells=cells)


def to_fix(number: int, *cells: CellMark) -> RowMarks:
    return RowMarks(number=number, cells=cells, text=f"correct {number}")


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
    with_column = written(tmp_path, made, ("May", to_fix(4)), added=ADDED)["May"]

    assert [number for number in range(1, 6) if copy.row_dimensions[number].hidden] == [3]
    assert [number for number in range(1, 6) if with_column.row_dimensions[number].hidden] == [
        *(2, 3, 5)
    ]
    assert [cell.value for cell in with_column["D"]] == [
        "to do",
        "done",
        None,
        "correct 4",
        "done",
    ]
    assert copy.column_dimensions["C"].hidden


def test_first_sheet_to_fix_is_shown(tmp_path: Path) -> None:
    """The others are in their order."""
    made = make_book()
    made.create_sheet("Notes", 0)

    copy = written(tmp_path, made, ("May", to_fix(3)), added=ADDED)

    assert (copy.sheetnames, copy.active.title) == (["Notes", "May"], "May")


def test_values_are_what_is_displayed(tmp_path: Path) -> None:
    """A marked value that is not a text stays rejected, and so does an error."""
    made = make_book(rows=2)
    sheet = made["May"]
    sheet["A2"], sheet["A3"], sheet["C2"], sheet["C3"] = 42, 42, 7, "#REF!"
    sheet["A2"].number_format = sheet["A3"].number_format = '"APP-"0000'
    sheet["C2"].number_format = "000"
    sheet["E2"] = "=not a formula"
    sheet["E2"].data_type = "s"
    sheet.merge_cells("E2:E3")

    copy = written(tmp_path, made, ("May", marked_row(3, wrong(0))))["May"]

    cells = ("A2", "A3", "C2", "C3", "E2", "E3")
    assert [copy[cell].value for cell in cells] == [
        *("APP-0042", "#N/A", "007", "#REF!", "=not a formula", None),
    ]
    assert [copy[cell].data_type for cell in cells] == ["s", "e", "s", "e", "s", "n"]


def test_formula_with_the_result_zero_stays_one() -> None:
    """As a text the cell would have no warning."""
    target = io.BytesIO()

    with xlsxwriter.Workbook(target) as book:
        writer, sheet = cell_writer.CellWriter(book), book.add_worksheet()
        writer.write(sheet, (0, 0), ("0", cell_values.ZERO_RESULT))

    formulas = openpyxl.load_workbook(target).active
    results = openpyxl.load_workbook(target, data_only=True).active
    assert (formulas["A1"].value, results["A1"].value) == ("=0", 0)


def test_text_file_has_all_cells_at_their_addresses(tmp_path: Path) -> None:
    """Surplus cells have their own columns, the added one is next to them; blank rows stay."""
    text = (
        "title,,\r\ntask_name,operation_types\r\n007,INSERT\r\n\r\nabc,INSERT,x,\r\n=1,DELETE\r\n"
    )

    copy = written_text(tmp_path, text, to_fix(5, wrong(2)), to_fix(6), header_row=2)

    assert [[cell.value for cell in row] for row in copy.iter_rows()] == [
        ["title", None, None, None],
        ["task_name", "operation_types", None, "to do"],
        ["007", "INSERT", None, "done"],
        [None, None, None, None],
        ["abc", "INSERT", "x", "correct 5"],
        ["=1", "DELETE", None, "correct 6"],
    ]
    assert {cell.data_type for row in copy.iter_rows() for cell in row if cell.value} == {"s"}
    assert {copy[cell].number_format for cell in ("A3", "C5", "A6")} == {"@"}
    assert [number for number in range(1, 8) if copy.row_dimensions[number].hidden] == [3]
    assert copy.auto_filter.ref == "A2:D6"
    ((condition,),) = [copy.auto_filter.filterColumn[0].customFilters.customFilter]
    assert (copy.auto_filter.filterColumn[0].colId, condition.operator, condition.val) == (
        *(3, "notEqual", "done*"),
    )
    assert (copy["C5"].comment.text, copy["D2"].comment.text) == ("is wrong", "what to do")
    assert copy["D6"].fill.fgColor.rgb == COLORS[Mark.ERROR]
    assert [(each.name, each.value) for each in copy.parent.custom_doc_props.props] == [
        ("batchcreate", "12ab 1 a.csv")
    ]


def test_added_column_of_an_earlier_copy_is_replaced(tmp_path: Path) -> None:
    """The rows that its filter hides have a text, in contrast to those that an analyst hides."""
    made = make_book(rows=3)
    for number, text in enumerate(["处理", "无需处理", "请修改", None], start=1):
        made["May"].cell(number, 4).value = text
    for number in (2, 4):
        made["May"].row_dimensions[number].hidden = True

    copy = written(tmp_path, made, ("May", to_fix(2)), added=ADDED)["May"]

    assert [cell.value for cell in copy["D"]] == ["to do", "correct 2", "done", None]
    assert [number for number in range(1, 5) if copy.row_dimensions[number].hidden] == [3, 4]


def test_sheet_without_a_free_column_is_refused(tmp_path: Path) -> None:
    """The message contains the remedy."""
    made = make_book(rows=1)
    made["May"]["XFD2"] = "far"

    with pytest.raises(LoadError, match=r"May: there is no column left .* Clear the cells"):
        written(tmp_path, made, ("May", to_fix(2)), added=ADDED)


def test_only_the_first_marks_have_comments(tmp_path: Path, monkeypatch: Any) -> None:
    """Spreadsheet programs become slow with more; the colour stays."""
    monkeypatch.setattr(cell_writer, "COMMENTS_MAX", 1)
    marks = [("May", marked_row(number, wrong(0))) for number in (2, 3)]

    copy = written(tmp_path, make_book(rows=2), *marks)["May"]

    assert copy["A2"].comment is not None
    assert (copy["A3"].comment, copy["A3"].fill.fgColor.rgb) == (None, COLORS[Mark.ERROR])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("May", "May"),
        ("may", "Sheet 2"),
        ("a/b", "Sheet 2"),
        ("x" * 32, "Sheet 2"),
        ("", "Sheet 2"),
    ],
)
def test_names_of_sheets_are_valid(name: str, expected: str) -> None:
    """Excel refuses a workbook with other names."""
    taken = [] if name == "May" else ["May"]

    assert cell_writer.sheet_name(name, taken) == expected
