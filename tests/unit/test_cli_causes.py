"""Broken rules cause by cause, as `check` shows them."""

import pytest

from batchcreate.cli.causes import describe_causes, what
from batchcreate.models import CauseGroup, Place, Spot, Status


def spots(*cells: str, sheet: str = "") -> list[Spot]:
    """Return a spot for each of *cells*; the first one has a suggestion."""
    return [
        Spot(
            place=Place(file="a.xlsx", sheet=sheet, number=number),
            cell=cell,
            value="ab",
            suggestion="abcd" if number == 2 else "",
        )
        for number, cell in enumerate(cells, start=2)
    ]


def group(rows: int, *cells: str, sheet: str = "") -> CauseGroup:
    """Return the cause of *rows* rows, the first of them at *cells*."""
    return CauseGroup(
        status=Status.REJECTED,
        error_code="INVALID_ROW",
        rule="task_tag.too_short",
        column="Tags",
        rows=rows,
        message="The task tag 'ab' has 2 characters.",
        spots=spots(*cells, sheet=sheet),
    )


REST = CauseGroup(status=Status.REJECTED, rows=9, causes=4)


@pytest.mark.parametrize(
    ("language", "heading"),
    [
        pytest.param("en", "212 rows: task tag shorter than 4 characters, column F", id="en"),
        pytest.param("zh", "212 行：任务标签少于 4 个字符（F 列）", id="zh"),
    ],
)
def test_a_cause_names_its_rows_and_the_first_message(language: str, heading: str) -> None:
    """Three cells are named, the others counted; the suggestion stands at the end."""
    many = group(212, "F2", "F3", "F4", "F5")

    lines = list(describe_causes([many], language=language, is_one_sheet=True))

    assert lines == [
        f"  {heading}: F2, F3, F4 and 209 more",
        "    F2: The task tag 'ab' has 2 characters. -> abcd",
    ]


def test_cells_of_several_sheets_say_which() -> None:
    """A letter and a number stand in every sheet."""
    lines = describe_causes([group(1, "F2", sheet="CRM")], language="en", is_one_sheet=False)

    assert next(lines) == (
        "  1 row: task tag shorter than 4 characters, column F: F2 of a.xlsx, sheet CRM"
    )


def test_a_missing_column_is_named_by_its_field() -> None:
    """Where there is no cell, the row is told."""
    lines = list(describe_causes([group(2, "", "")], language="en", is_one_sheet=True))

    assert lines == [
        "  2 rows: task tag shorter than 4 characters, column Tags: row 2, row 3",
        "    row 2: The task tag 'ab' has 2 characters. -> abcd",
    ]


def test_the_rest_of_many_causes_is_counted() -> None:
    """It has neither rule nor cells."""
    assert list(describe_causes([REST], language="en", is_one_sheet=True)) == [
        "  9 rows: 4 more causes"
    ]
    assert what(REST, "en") == ""
