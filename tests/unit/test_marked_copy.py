"""The copy of a workbook keeps every row at its address and marks the cells with issues."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from openpyxl.worksheet.formula import ArrayFormula
from openpyxl.worksheet.table import Table

from batchcreate.to_fix import marked_copy
from batchcreate.to_fix.added_column import add_comment
from batchcreate.to_fix.marked_copy import write_marked_copy
from batchcreate.to_fix.marks import (
    AUTHOR,
    COLORS,
    AddedColumn,
    CellMark,
    CopyPlan,
    Mark,
    RowMarks,
    SheetMarks,
)
from tests.copied_books import make_book

ADDED = AddedColumn(
    heading="batchcreate status",
    headings=["batchcreate status"],
    comment="what to do",
    done="done",
)


def fixed(index: int, value: str) -> CellMark:
    return CellMark(index=index, mark=Mark.FIXED, comment="was different", value=value)


def wrong(index: int, value: str = "") -> CellMark:
    return CellMark(index=index, mark=Mark.ERROR, comment="is wrong", value=value)


def to_fix(number: int, *cells: CellMark) -> RowMarks:
    return RowMarks(number=number, cells=cells, text=f"correct {number}")


@pytest.fixture
def copied(tmp_path: Path) -> Any:
    """A function that returns the copy of a workbook with marks in the sheet May."""

    def copy(made: Any, *rows: RowMarks, **more: Any) -> Any:
        path = tmp_path / "source.xlsx"
        if not isinstance(made, Path):
            made.save(path)
            made = path
        plan = CopyPlan(sheets=[SheetMarks(name="May", header_row=1, rows=rows)], **more)
        target = io.BytesIO()
        with made.open("rb") as source:
            write_marked_copy(source, target, CopyPlan.from_json(plan.to_json()))
        (tmp_path / "copy.xlsx").write_bytes(target.getvalue())
        return openpyxl.load_workbook(target)["May"]

    return copy


def row(number: int, *cells: CellMark) -> RowMarks:
    return RowMarks(number=number, cells=cells)


def test_fixed_cell_has_the_suggestion_as_text(copied: Any) -> None:
    """A value that starts like a formula stays text; the old value is in the comment."""
    copy = copied(make_book(), row(3, fixed(0, "=x"), wrong(1)))

    assert (copy["A3"].value, copy["A3"].data_type, copy["A3"].number_format) == ("=x", "s", "@")
    assert copy["A3"].fill.fgColor.rgb == COLORS[Mark.FIXED]
    assert copy["A3"].comment.text == "was different"
    assert (copy["B3"].value, copy["B3"].fill.fgColor.rgb) == ("INSERT", COLORS[Mark.ERROR])
    assert copy["A4"].value == "crm-4"


def test_number_format_of_a_remaining_cell_is_kept(copied: Any) -> None:
    """Without it, a number would be displayed, and read, in another way."""
    made = make_book()
    made["May"]["A3"], made["May"]["A4"], made["May"]["A5"] = 42, 42, True
    made["May"]["A3"].number_format = '"APP-"0000'

    copy = copied(made, row(3, wrong(0)), row(4, wrong(0)), row(5, wrong(0)))

    assert [copy[cell].number_format for cell in ("A3", "A4", "A5")] == [
        '"APP-"0000',
        "@",
        "General",
    ]


def test_merged_cell_that_stays_is_marked_where_it_is_displayed(copied: Any) -> None:
    """A covered cell has neither a colour nor a comment; its text is kept."""
    made = make_book()
    made["May"].merge_cells("B2:B4")

    copy = copied(made, row(3, wrong(1)), row(4, wrong(1, "covered")))

    assert copy["B2"].comment.text == "is wrong\n\nis wrong"
    assert [merged.coord for merged in copy.merged_cells.ranges] == ["B2:B4"]


def test_cell_that_was_merged_with_a_fixed_cell_stays_rejected(copied: Any) -> None:
    """It would be blank, and valid if its column is optional."""
    made = make_book()
    made["May"].merge_cells("B2:C3")
    made["May"].merge_cells("A5:A6")

    copy = copied(made, row(3, fixed(1, "INSERT"), wrong(2)))

    assert [copy[cell].value for cell in ("B2", "B3", "C3", "A5")] == [
        "INSERT",
        "INSERT",
        "#N/A",
        "crm-5",
    ]
    assert [merged.coord for merged in copy.merged_cells.ranges] == ["A5:A6"]


def test_formulas_keep_their_results(copied: Any, tmp_path: Path) -> None:
    """Numbers, texts, booleans, errors and empty texts."""
    path = tmp_path / "formulas.xlsx"
    formulas = ["=B2&1", "=1=1", "=1/0", "=2*2", '=""']
    values: Sequence[Any] = ("crm & 1", True, "#DIV/0!", 4, "")
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("May")
        for column, (formula, value) in enumerate(zip(formulas, values, strict=True)):
            sheet.write_formula(1, column, formula, value=value)
        sheet.write_array_formula("F2:F3", "=SUM(D2)", value=4)

    copy = copied(path, row(2, wrong(3)))

    results = openpyxl.load_workbook(tmp_path / "copy.xlsx", data_only=True)["May"]
    assert [cell.value for cell in results[2]] == ["crm & 1", True, "#DIV/0!", 4, None, 4]
    assert [cell.value for cell in copy[2]][:5] == formulas
    assert isinstance(copy["F2"].value, ArrayFormula)


def test_formula_without_a_result_has_none_in_the_copy(copied: Any, tmp_path: Path) -> None:
    """It stays rejected."""
    made = make_book()
    made["May"]["A3"] = "=A2"

    copy = copied(made, row(3, wrong(0)))

    results = openpyxl.load_workbook(tmp_path / "copy.xlsx", data_only=True)["May"]
    assert (copy["A3"].value, results["A3"].value) == ("=A2", None)


def test_earlier_marks_of_issues_are_removed(copied: Any) -> None:
    """Marks of fixed cells stay, and so do the comments of analysts."""
    earlier = copied(make_book(), row(3, fixed(0, "crm")), row(4, wrong(0))).parent
    add_comment(earlier["May"]["A5"], "mine")
    earlier["May"]["A5"].comment.author = "Li Wei"

    copy = copied(earlier, row(6, wrong(0)))

    comments = {cell.coordinate: cell.comment.author for (cell,) in copy["A3:A6"] if cell.comment}
    assert comments == {"A3": AUTHOR, "A5": "Li Wei", "A6": AUTHOR}
    assert copy["A4"].fill.fgColor.rgb != COLORS[Mark.ERROR]


def test_only_the_first_marks_have_comments(copied: Any, monkeypatch: Any) -> None:
    """Spreadsheet programs become slow with more; the colour stays."""
    monkeypatch.setattr(marked_copy, "COMMENTS_MAX", 1)

    copy = copied(make_book(), row(3, wrong(0)), row(4, wrong(0)))

    assert copy["A3"].comment is not None
    assert (copy["A4"].comment, copy["A4"].fill.fgColor.rgb) == (None, COLORS[Mark.ERROR])


def test_added_column_states_what_to_do(copied: Any) -> None:
    """It is on the right of all cells; the filter hides the rows with nothing to do."""
    made = make_book()
    made["May"]["E4"] = "note"
    made["May"].merge_cells("E4:F4")
    made["May"].column_dimensions["C"].width = 40

    copy = copied(
        made,
        to_fix(3, wrong(1)),
        RowMarks(number=4, text="done: it is created", is_done=True),
        to_fix(5),
        added=ADDED,
    )

    assert [copy.cell(number, 7).value for number in range(1, 8)] == [
        *("batchcreate status", "done", "correct 3", "done: it is created", "correct 5"),
        *("done", "done"),
    ]
    assert [number for number in range(1, 9) if copy.row_dimensions[number].hidden] == [2, 4, 6, 7]
    assert copy.auto_filter.ref == "A1:G7"
    (condition,) = copy.auto_filter.filterColumn
    ((text,),) = [condition.customFilters.customFilter]
    assert (condition.colId, text.operator, text.val) == (6, "notEqual", "done*")
    assert copy["G1"].comment.text == "what to do"
    assert copy["G5"].fill.fgColor.rgb == COLORS[Mark.ERROR]
    assert copy.column_dimensions["C"].width == 40


def test_first_sheet_to_fix_is_shown(copied: Any) -> None:
    """A hidden one cannot be."""
    made = make_book()
    made.create_sheet("Notes", 0)
    made.active = 0

    shown = copied(made, to_fix(3), added=ADDED).parent
    made["May"].sheet_state = "hidden"
    hidden = copied(made, to_fix(3), added=ADDED).parent

    assert (shown.active.title, hidden.active.title) == ("May", "Notes")
    assert [sheet.sheet_view.tabSelected for sheet in shown] == [False, True]


def test_rows_that_the_analyst_hides_have_no_text(copied: Any) -> None:
    """Without a mark they were not read; blank rows are not hidden."""
    made = make_book()
    made["May"].row_dimensions[3].hidden = True
    made["May"].row_dimensions[4].hidden = True
    made["May"].delete_rows(6)

    copy = copied(made, to_fix(4), to_fix(5), added=ADDED)

    assert [copy.cell(number, 4).value for number in range(2, 7)] == [
        *("done", None, "correct 4", "correct 5", "done"),
    ]
    assert [number for number in range(1, 8) if copy.row_dimensions[number].hidden] == [2, 3, 6]


def test_added_column_of_an_earlier_copy_is_replaced(copied: Any) -> None:
    """The rows that were hidden by its filter, and have something to do, are shown."""
    earlier = copied(make_book(), to_fix(3), added=ADDED, stamp="12ab 1 a.xlsx").parent

    copy = copied(earlier, to_fix(4), to_fix(5), added=ADDED, stamp="12ab 2 a.xlsx")

    assert [cell.value for cell in copy["D"]] == [
        *("batchcreate status", "done", "done", "correct 4", "correct 5", "done", "done"),
    ]
    assert copy.max_column == 4
    assert [number for number in range(1, 9) if copy.row_dimensions[number].hidden] == [2, 3, 6, 7]
    properties = copy.parent.custom_doc_props
    assert [(each.name, each.value) for each in properties.props] == [
        ("batchcreate", "12ab 2 a.xlsx")
    ]


def test_text_of_a_row_that_was_cleared_is_removed(copied: Any) -> None:
    """A row without values has nothing that could be fixed."""
    earlier = copied(make_book(), to_fix(3), added=ADDED).parent
    for column in "ABC":
        earlier["May"][f"{column}3"] = None

    copy = copied(earlier, to_fix(4), added=ADDED)

    assert copy["D3"].value is None


@pytest.mark.parametrize(
    ("filter_", "table", "expected"),
    [
        pytest.param("B1:C7", "", "A1:D7", id="own filter"),
        pytest.param("A3:C7", "", "A1:D7", id="filter of other rows"),
        pytest.param("", "A1:C7", "D1:D7", id="table"),
    ],
)
def test_filter_does_not_overlap_a_table(
    copied: Any, filter_: str, table: str, expected: str
) -> None:
    """A table has its own filter, and stays as it is."""
    made = make_book()
    made["May"].auto_filter.ref = filter_ or None
    if table:
        made["May"].add_table(Table(displayName="Tasks", ref=table))

    copy = copied(made, to_fix(3), added=ADDED)

    assert copy.auto_filter.ref == expected
    assert [each.ref for each in copy.tables.values()] == [table] * bool(table)


def test_width_of_other_columns_is_kept(copied: Any) -> None:
    """One width can apply to many columns, the added one included."""
    made = make_book()
    made["May"].column_dimensions["B"].min, made["May"].column_dimensions["B"].max = 2, 50
    made["May"].column_dimensions["B"].width = 33

    copy = copied(made, to_fix(3), added=ADDED)

    widths = {
        column: each.width
        for each in copy.column_dimensions.values()
        for column in range(each.min, each.max + 1)
    }
    assert (widths[2], widths[3], widths[4], widths[5], widths[50]) == (33, 33, 90, 33, 33)


def test_copy_of_a_text_file_is_marked_in_its_first_sheet(tmp_path: Path) -> None:
    """Its rows have no sheet."""
    made = make_book()
    made.save(tmp_path / "a.xlsx")
    plan = CopyPlan(sheets=[SheetMarks(name="", header_row=1, rows=[to_fix(2)])], added=ADDED)
    target = io.BytesIO()

    with (tmp_path / "a.xlsx").open("rb") as source:
        write_marked_copy(source, target, plan)

    assert openpyxl.load_workbook(target).active["D2"].value == "correct 2"
