"""The copy of a workbook keeps every row at its address and marks the cells with issues."""

import io
from typing import Any

import openpyxl

from batchcreate.to_fix import marked_copy
from batchcreate.to_fix.annotations import AUTHOR, FIXED_COLOR, ISSUE_COLOR, add_comment
from batchcreate.to_fix.marked_copy import CellMark, Mark, MarkPlan, RowMarks, write_marked_copy
from tests.copied_books import make_book


def fixed(index: int, value: str) -> CellMark:
    return CellMark(index=index, mark=Mark.FIXED, comment="was different", value=value)


def wrong(index: int, *, has_formula: bool = False) -> CellMark:
    return CellMark(index=index, mark=Mark.ERROR, comment="is wrong", has_formula=has_formula)


def copied(made: Any, *rows: tuple[int, list[CellMark]]) -> Any:
    """Return the first sheet of the copy of *made* with marks in *rows*."""
    source, target = io.BytesIO(), io.BytesIO()
    made.save(source)
    marks = [RowMarks(number=number, cells=cells) for number, cells in rows]
    plan = MarkPlan.from_json(MarkPlan(sheets={"May": marks}).to_json())
    write_marked_copy(source, target, plan)
    return openpyxl.load_workbook(target)["May"]


def test_fixed_cell_has_the_suggestion_as_text() -> None:
    """A value that starts like a formula stays text; the old value is in the comment."""
    copy = copied(make_book(), (3, [fixed(0, "=x"), wrong(1)]))

    assert (copy["A3"].value, copy["A3"].data_type, copy["A3"].number_format) == ("=x", "s", "@")
    assert (copy["A3"].fill.fgColor.rgb, copy["A3"].comment.text) == (FIXED_COLOR, "was different")
    assert (copy["B3"].value, copy["B3"].fill.fgColor.rgb) == ("INSERT", ISSUE_COLOR)
    assert copy["A4"].value == "crm-4"


def test_number_format_of_a_remaining_cell_is_kept() -> None:
    """Without it, a number would be displayed, and read, in another way."""
    made = make_book()
    made["May"]["A3"], made["May"]["A4"], made["May"]["A5"] = 42, 42, True
    made["May"]["A3"].number_format = '"APP-"0000'

    copy = copied(made, (3, [wrong(0)]), (4, [wrong(0)]), (5, [wrong(0)]))

    assert [copy[cell].number_format for cell in ("A3", "A4", "A5")] == [
        '"APP-"0000',
        "@",
        "General",
    ]


def test_merged_cell_that_stays_is_marked_where_it_is_displayed() -> None:
    """A covered cell has neither a colour nor a comment."""
    made = make_book()
    made["May"].merge_cells("B2:B4")

    copy = copied(made, (3, [wrong(1)]))

    assert copy["B2"].comment.text == "is wrong"
    assert [merged.coord for merged in copy.merged_cells.ranges] == ["B2:B4"]


def test_cell_that_was_merged_with_a_fixed_cell_stays_rejected() -> None:
    """It would be blank, and valid if its column is optional."""
    made = make_book()
    made["May"].merge_cells("B2:C3")
    made["May"].merge_cells("A5:A6")

    copy = copied(made, (3, [fixed(1, "INSERT"), wrong(2)]))

    assert [copy[cell].value for cell in ("B2", "B3", "C3", "A5")] == [
        "INSERT",
        "INSERT",
        "#N/A",
        "crm-5",
    ]
    assert [merged.coord for merged in copy.merged_cells.ranges] == ["A5:A6"]


def test_marked_formula_without_a_result_stays() -> None:
    """Other formulas are replaced by their results, here by nothing."""
    made = make_book()
    made["May"]["A3"], made["May"]["C3"] = "=A2", "=A2"

    copy = copied(made, (3, [wrong(0, has_formula=True)]))

    assert (copy["A3"].value, copy["C3"].value) == ("=A2", None)


def test_earlier_marks_of_issues_are_removed() -> None:
    """Marks of fixed cells stay, and so do the comments of analysts."""
    earlier = copied(make_book(), (3, [fixed(0, "crm")]), (4, [wrong(0)])).parent
    add_comment(earlier["May"]["A5"], "mine")
    earlier["May"]["A5"].comment.author = "Li Wei"

    copy = copied(earlier, (6, [wrong(0)]))

    comments = {cell.coordinate: cell.comment.author for (cell,) in copy["A3:A6"] if cell.comment}
    assert comments == {"A3": AUTHOR, "A5": "Li Wei", "A6": AUTHOR}
    assert copy["A4"].fill.fgColor.rgb != ISSUE_COLOR


def test_only_the_first_marks_have_comments(monkeypatch: Any) -> None:
    """Spreadsheet programs become slow with more; the colour stays."""
    monkeypatch.setattr(marked_copy, "COMMENTS_MAX", 1)

    copy = copied(make_book(), (3, [wrong(0)]), (4, [wrong(0)]))

    assert copy["A3"].comment is not None
    assert (copy["A4"].comment, copy["A4"].fill.fgColor.rgb) == (None, ISSUE_COLOR)
