"""Certain suggestions are applied; the other cells with issues are marked."""

import pytest

from batchcreate.models import Issue, Severity
from batchcreate.to_fix.cell_marks import Marker, certain_fixes, suggested_keys
from batchcreate.to_fix.marks import CellMark, Mark, RowMarks


def issue(cell: str, rule: str, suggestion: str = "", *, number: int = 2) -> Issue:
    return Issue(
        "a.xlsx", "May", number, "x", cell, "old", rule, Severity.ERROR, "Wrong.", suggestion
    )


def test_a_valid_suggestion_is_certain() -> None:
    """Issues of other cells of the row do not matter."""
    row = [issue("A2", "task_name.charset", "crm_leads"), issue("B2", "task_tag.too_short")]

    assert list(certain_fixes(row)) == row[:1]


@pytest.mark.parametrize(
    "row",
    [
        pytest.param([issue("A2", "task_name.number", "1")], id="invalid"),
        pytest.param([issue("A2", "task_name.first", " abc")], id="not cleaned"),
        pytest.param([issue("A2", "task_tag.charset", "5-Mar")], id="warning"),
        pytest.param([issue("A2", "task_tag.charset")], id="none"),
        pytest.param([issue("", "task_tag.charset", "wave-1")], id="no cell"),
        pytest.param(
            [issue("A2", "task_name.charset", "abc"), issue("A2", "task_name.repeated")],
            id="another issue of the cell",
        ),
        pytest.param(
            [issue("A2", "task_name.charset", "abc"), issue("D2", "row.surplus")],
            id="cells in the wrong columns",
        ),
    ],
)
def test_other_suggestions_are_not_certain(row: list[Issue]) -> None:
    """The row stays rejected until the analyst decides."""
    assert list(certain_fixes(row)) == []


def test_keys_are_collected_for_the_search_of_repeated_values() -> None:
    """Only fields whose values must be unique are affected."""
    issues = [
        issue("A2", "task_name.charset", "crm_a"),
        issue("B2", "task_tag.charset", "wave-1"),
        issue("C3", "task_id.charset", "id-3", number=3),
    ]

    assert suggested_keys(issues) == {
        "task_name": {("May", 2): "crm_a"},
        "task_id": {("May", 3): "id-3"},
    }


def test_marks_of_a_row_are_in_the_order_of_its_columns() -> None:
    """A name that another row has is not applied; an issue without a cell has no mark."""
    marker = Marker(in_use={"task_name": {("May", 2)}}, language="en")
    issues = [
        issue("B2", "task_tag.charset", "wave-1"),
        issue("A2", "task_name.charset", "crm_a"),
        issue("", "operation_types.missing"),
        issue("A3", "task_name.charset", "crm_b", number=3),
    ]

    marks = list(marker.mark(issues))

    refused = CellMark(index=0, mark=Mark.ERROR, comment="Wrong.\nSuggestion: crm_a")
    was = "Changed automatically; the value was 'old'.\nWrong."
    tag = CellMark(index=1, mark=Mark.FIXED, comment=was, value="wave-1")
    name = CellMark(index=0, mark=Mark.FIXED, comment=was, value="crm_b")
    assert marks == [
        ("May", RowMarks(number=2, cells=[refused, tag])),
        ("May", RowMarks(number=3, cells=[name])),
    ]
    assert marker.counts == {Mark.FIXED: 2, Mark.ERROR: 1}
