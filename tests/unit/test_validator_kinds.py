"""Cells that are no text: which are as good as their text, which are refused and how."""

import pytest

from batchcreate.models import CellKind, Chunk, Column, Issue, RowLocation
from batchcreate.rules import RULES
from batchcreate.validator import Checked, validate
from batchcreate.validator.cells import Judge, Verdict, verdict

NAMES = ("task_name", "task_tag")
IDS = ("task_id", "source_app_id", "target_app_id", "project_id", "instance_id")


def refused(field: str, kind: CellKind, text: str) -> str | None:
    found = verdict(RULES[field], kind, text)
    return found.reason if found else None


@pytest.mark.parametrize("field", sorted(RULES))
@pytest.mark.parametrize(
    ("kind", "text", "reason"),
    [
        (CellKind.ERROR, "#REF!", "spreadsheet_error"),
        (CellKind.NO_RESULT, "", "no_result"),
        (CellKind.MERGED, "", "merged"),
        (CellKind.DATE, "2024-03-01", "date"),
    ],
)
def test_what_is_no_value_is_refused_everywhere(
    field: str, kind: CellKind, text: str, reason: str
) -> None:
    """Errors, formulas without result, merged cells and dates are never sent."""
    assert refused(field, kind, text) == reason


@pytest.mark.parametrize("field", [*NAMES, *IDS])
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1001", None),
        ("0", None),
        ("00123", None),
        ("123456789012345", None),
        ("1234567890123456", "long_number"),
        ("12345678901234567168", "long_number"),
        ("1.23E+45", "long_number"),
        ("1.5", "number"),
        ("-5", "number"),
        ("0.1", "number"),
    ],
)
def test_number_is_a_name_or_an_id_if_all_its_digits_are_there(
    field: str, text: str, reason: str | None
) -> None:
    """Fifteen digits are kept; fractions and signs are no part of an id."""
    assert refused(field, CellKind.NUMBER, text) == reason


@pytest.mark.parametrize("field", [*NAMES, *IDS])
def test_truth_value_is_no_name(field: str) -> None:
    """Somebody typed the word, the spreadsheet program made a value of it."""
    assert refused(field, CellKind.BOOLEAN, "TRUE") == "boolean"


@pytest.mark.parametrize("field", ["description", "task_type", "operation_types"])
@pytest.mark.parametrize(("kind", "text"), [(CellKind.NUMBER, "1.5"), (CellKind.BOOLEAN, "TRUE")])
def test_number_and_truth_value_are_judged_by_their_text_elsewhere(
    field: str, kind: CellKind, text: str
) -> None:
    """A description may be a number; a task type is refused for what it says."""
    assert refused(field, kind, text) is None


def test_plain_values_are_suggested() -> None:
    """A date is a description that somebody may have meant; decorated digits are an id."""
    suggested = [
        verdict(RULES["description"], CellKind.DATE, " 2024-03-01"),
        verdict(RULES["task_name"], CellKind.DATE, "2024-03-01"),
        verdict(RULES["task_id"], CellKind.NUMBER, "1001.00"),
        verdict(RULES["task_id"], CellKind.NUMBER, "1,001"),
    ]

    assert suggested == [
        Verdict(reason="date", suggestion="2024-03-01"),
        Verdict(reason="date"),
        Verdict(reason="number", suggestion="1001"),
        Verdict(reason="number", suggestion="1001"),
    ]


def checked(*, language: str = "en") -> Checked:
    cells = {
        "task_name": ["#REF!", "orders-1", "20240301", "orders-2", "orders-3"],
        "task_id": ["7f3c9a41", "12345678901234567168", "1001", "", ""],
        "operation_types": ["INSERT", "INSERT", "INSERT", "INSERT", ""],
    }
    chunk = Chunk(
        file="tasks.xlsx",
        sheet="May",
        columns={name: Column(heading=name.upper(), index=at) for at, name in enumerate(cells)},
        numbers=[2, 3, 4, 5, 6],
        cells=cells,
        kinds={
            "task_name": {0: CellKind.ERROR, 2: CellKind.NUMBER},
            "task_id": {1: CellKind.NUMBER, 2: CellKind.NUMBER, 3: CellKind.NO_RESULT},
            "operation_types": {4: CellKind.MERGED},
        },
        covering={"operation_types": {4: "INSERT"}},
    )
    return validate(chunk, defaults={}, needs_target=False, language=language)


def test_cells_are_refused_one_by_one_at_their_address() -> None:
    """The kind goes before the text: an error is no name with a sharp in it."""
    found = [(issue.cell, issue.rule) for row in checked().rejected for issue in row.issues]

    assert found == [
        ("A2", "task_name.spreadsheet_error"),
        ("B3", "task_id.long_number"),
        ("B5", "task_id.no_result"),
        ("C6", "operation_types.merged"),
    ]
    assert checked().rejected[3].issues[0].suggestion == "INSERT"
    assert [task.key.task_name for task in checked().tasks("")] == ["20240301"]


def test_lost_digits_are_explained() -> None:
    """The message states the cause and the fix."""
    assert checked().rejected[1].issues == (
        Issue(
            location=RowLocation(file="tasks.xlsx", sheet="May", number=3),
            column="TASK_ID",
            cell="B3",
            value="12345678901234567168",
            rule="task_id.long_number",
            message="A spreadsheet program stored the task ID '12345678901234567168' as a number"
            " and kept only 15 digits; the remaining digits are lost. Format the column as text,"
            " then enter the original value again.",
        ),
    )


@pytest.mark.parametrize(
    ("field", "covering", "suggestion"),
    [
        ("operation_types", "insert; Update ", "insert; Update"),
        ("operation_types", "SELECT", ""),
        ("task_tag", " crm-orders", "crm-orders"),
        ("task_tag", "", ""),
        ("task_name", "crm-orders", ""),
        ("task_id", "7f3c9a41", ""),
    ],
)
def test_text_of_a_merged_cell_is_suggested_for_its_other_rows(
    field: str, covering: str, suggestion: str
) -> None:
    """Unless it is refused itself, or every row needs one of its own."""
    judge = Judge(rule=RULES[field], is_needed=True)

    found = judge.breach_of_kind(CellKind.MERGED, "", "C7", covering=covering)

    assert found
    assert (found.rule, found.suggestion) == (f"{field}.merged", suggestion)


def test_merged_cell_is_named_in_the_language_of_the_analyst() -> None:
    """A merged cell shows nothing, so the message says where it is."""
    (issue,) = checked(language="zh").rejected[3].issues

    assert issue.message == (
        "本行没有操作类型，因为单元格 C6 已与其他单元格合并。请取消合并，再在每一行中分别填写。"
    )
