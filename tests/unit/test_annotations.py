"""Annotations of a copy: colours, comments and two added columns."""

import datetime as dt

import pytest
from openpyxl.comments import Comment

from batchcreate.to_fix.annotations import ISSUE_COLOR, Annotator, CellAnnotation
from tests.copied_books import (
    HEADINGS,
    NAMES,
    ORIGIN,
    STATUS,
    annotated,
    copied,
    make_book,
    values,
)


def test_rows_are_annotated() -> None:
    """The two added columns follow the columns of the analyst."""
    copy = copied(
        make_book(),
        annotated(3, CellAnnotation(index=0, comment="message\nSuggestion: x")),
        annotated(6),
    )

    assert values(copy["May"]) == [
        (*NAMES, STATUS, ORIGIN),
        ("crm-3", "INSERT", "analyst 3", "fix row 3", "o3"),
        ("crm-6", "INSERT", "analyst 6", "fix row 6", "o6"),
    ]
    assert copy["May"]["A2"].comment.text == "message\nSuggestion: x"
    assert copy["May"]["A2"].fill.fgColor.rgb == ISSUE_COLOR
    assert copy["May"]["A2"].number_format == "@"
    assert copy["May"]["A3"].comment is None
    assert copy["May"].column_dimensions["E"].hidden


def test_status_of_a_failed_row_is_coloured() -> None:
    """None of its cells is wrong."""
    sheet = copied(make_book(), annotated(2, is_failed=True), annotated(3))["May"]

    assert [sheet[cell].fill.fgColor.rgb for cell in ("D2", "D3")] == [ISSUE_COLOR, "00000000"]


def test_cells_merged_across_the_added_columns_are_unmerged() -> None:
    """A merged heading or remark can extend to the last column."""
    made = make_book()
    for cells in ("C1:F1", "C3:XFD3"):
        made["May"].merge_cells(cells)

    copy = copied(made, annotated(3))["May"]

    assert values(copy)[:2] == [
        (*NAMES, STATUS, ORIGIN),
        ("crm-3", "INSERT", "analyst 3", "fix row 3", "o3"),
    ]


@pytest.mark.parametrize("value", [dt.datetime(2026, 3, 4), True])  # noqa: DTZ001 # cells have no zone
def test_dates_and_booleans_keep_their_format(value: object) -> None:
    """With the text format the cell would display a number."""
    made = make_book()
    made["May"]["A3"] = value

    copy = copied(made, annotated(3, CellAnnotation(index=0, comment="x")))["May"]

    assert copy["A2"].value == value
    assert copy["A2"].number_format == made["May"]["A3"].number_format


def test_annotations_of_an_earlier_copy_are_removed() -> None:
    """Comments of the analyst are kept, below the new comment."""
    earlier = copied(
        make_book(), annotated(3, CellAnnotation(index=0, comment="earlier")), annotated(4)
    )
    earlier["May"]["A2"] = "fixed"
    earlier["May"]["B3"].comment = Comment("theirs", "Li Wei")
    earlier["May"]["C3"].comment = Comment("theirs, too", "Li Wei")

    copy = copied(earlier, annotated(2), annotated(3, CellAnnotation(index=1, comment="new")))[
        "May"
    ]

    assert [cell.value for cell in copy[1]] == [*NAMES, STATUS, ORIGIN]
    assert copy["A2"].comment is None
    assert copy["A2"].fill.fgColor.rgb != ISSUE_COLOR
    assert copy["B3"].comment.text == "new\n\ntheirs"
    assert copy["C3"].comment.text == "theirs, too"


def test_added_columns_have_separate_widths() -> None:
    """One dimension can cover all columns; the columns of the analyst keep its width."""
    made = make_book()
    dimension = made["May"].column_dimensions["A"]
    dimension.min, dimension.max, dimension.width = 1, 16384, 7

    copy = copied(made, annotated(3))["May"]

    widths = {
        key: (each.min, each.max, each.width) for key, each in copy.column_dimensions.items()
    }
    assert widths["A"] == (1, 3, 7)
    assert widths["D"] == (4, 4, 90)
    assert copy.column_dimensions["E"].hidden
    assert widths["F"] == (6, 16384, 7)


def test_number_of_comments_is_limited() -> None:
    """Programs become slow with more; the status contains the same text."""
    annotator = Annotator(HEADINGS)
    annotator._comments = 5_000
    sheet = make_book()["May"]

    annotator.annotate(sheet, 1, [(2, annotated(2, CellAnnotation(index=0, comment="x")))])

    assert sheet["A2"].comment is None
    assert sheet["D2"].value == "fix row 2"
