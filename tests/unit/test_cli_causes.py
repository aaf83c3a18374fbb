"""Broken rules cause by cause, as `check` shows them."""

import pytest

from batchcreate.cli.descriptions import describe_causes, rule_text
from batchcreate.models import CauseGroup, IssueExample, Layout, RowLocation, Status
from batchcreate.pipeline.plan import InputNotes, SheetNotes


def spots(*cells: str, sheet: str = "") -> list[IssueExample]:
    """Return a spot for each of *cells*; the first one has a suggestion."""
    return [
        IssueExample(
            location=RowLocation(file="a.xlsx", sheet=sheet, number=number),
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
        examples=spots(*cells, sheet=sheet),
    )


def read(*sheets: tuple[str, str]) -> InputNotes:
    """Return the notices of a check that read *sheets*, given by file and name."""
    layouts = [Layout(file=file, sheet=name, header_row=1, columns={}) for file, name in sheets]
    return InputNotes(sheets=[SheetNotes(layout=layout, rows=1) for layout in layouts])


ONE_SHEET = read(("a.xlsx", "CRM"))
REST = CauseGroup(status=Status.REJECTED, rows=9, causes=4)


@pytest.mark.parametrize(
    ("language", "heading"),
    [
        pytest.param(
            "en",
            "212 rows: task tag shorter than 4 characters, column F: F2, F3, F4 and 209 more",
            id="en",
        ),
        pytest.param(
            "zh", "212 行：任务标签少于 4 个字符（F 列）：F2、F3、F4，另有 209 处", id="zh"
        ),
    ],
)
def test_a_cause_names_its_rows_and_the_first_message(language: str, heading: str) -> None:
    """Three cells are named, the others counted; the suggestion stands at the end."""
    many = group(212, "F2", "F3", "F4", "F5")

    lines = list(describe_causes([many], ONE_SHEET, language=language))

    assert lines == [
        f"  {heading}",
        "    F2: The task tag 'ab' has 2 characters. -> abcd",
    ]


@pytest.mark.parametrize(
    ("sheets", "cell"),
    [
        pytest.param([("a.xlsx", "CRM")], "F2", id="one sheet"),
        pytest.param([("a.xlsx", "CRM"), ("a.xlsx", "ERP")], "CRM!F2", id="several sheets"),
        pytest.param([("a.xlsx", "CRM"), ("b.csv", "")], "a.xlsx CRM!F2", id="several files"),
    ],
)
def test_a_cell_is_called_as_briefly_as_it_is_clear(
    sheets: list[tuple[str, str]], cell: str
) -> None:
    """A letter and a number stand in every sheet."""
    notices = read(*sheets)

    line = next(describe_causes([group(1, "F2", sheet="CRM")], notices, language="en"))

    assert line == f"  1 row: task tag shorter than 4 characters, column F: {cell}"


def test_a_missing_column_is_named_by_its_field() -> None:
    """Where there is no cell, the row is told."""
    lines = list(describe_causes([group(2, "", "")], ONE_SHEET, language="en"))

    assert lines == [
        "  2 rows: task tag shorter than 4 characters, column Tags: row 2, row 3",
        "    row 2: The task tag 'ab' has 2 characters. -> abcd",
    ]


def test_the_rest_of_many_causes_is_counted() -> None:
    """It has neither rule nor cells."""
    assert list(describe_causes([REST], ONE_SHEET, language="en")) == ["  9 rows: 4 more causes"]
    assert rule_text(REST, "en") == ""
