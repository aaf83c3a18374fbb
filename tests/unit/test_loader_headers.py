"""Headings lead to fields; near misses lead to a hint."""

from collections.abc import Mapping

import pytest

from batchcreate.errors import LoadError
from batchcreate.loader.headers import CHINESE, has_header, match
from batchcreate.models import Column
from batchcreate.rules import RULES

TASK = ["task_name", "operation_types"]


def found(*headings: str) -> Mapping[str, Column]:
    return match(headings, file="t.csv", sheet="", number=1).columns


def refusal(*headings: str, sheet: str = "") -> str:
    with pytest.raises(LoadError) as caught:
        match(headings, file="t.csv", sheet=sheet, number=1)
    return str(caught.value)


@pytest.mark.parametrize(
    "heading", ["task_name", "Task Name", "TASK-NAME", " taskname ", "Task\nName", "任务名称"]
)
def test_heading_is_found_however_it_is_written(heading: str) -> None:
    """Case, spaces, hyphens and underscores do not matter."""
    assert found("operation_types", heading)["task_name"] == Column(header=heading, index=1)


@pytest.mark.parametrize("field", sorted(RULES))
def test_every_field_has_a_chinese_heading(field: str) -> None:
    """The table of Chinese names knows each column of the rules."""
    assert field in CHINESE.values()


def test_other_columns_are_ignored() -> None:
    """Blank and unknown headings may stand anywhere."""
    assert set(found("", "owner", *TASK, "", "remarks")) == set(TASK)


def test_missing_column_is_named_with_a_hint() -> None:
    """The message lists what was found and what was probably meant."""
    assert refusal("task_name", "operation type", "owner") == (
        "t.csv, row 1: there is no column operation_types. The headings found there are"
        " 'task_name', 'operation type', 'owner'. Did you mean 'operation type'? Then rename it to"
        " operation_types. The first row must hold the headings."
    )


def test_both_missing_columns_are_named() -> None:
    """Without any likeness there is no hint; the sheet is named where there is one."""
    assert refusal("x", "", sheet="May") == (
        "t.csv, sheet 'May', row 1: there is no column task_name and operation_types. The headings"
        " found there are 'x'. The first row must hold the headings."
    )


def test_only_the_first_headings_are_listed() -> None:
    """A hundred columns do not fill the screen."""
    message = refusal(*(f"c{number}" for number in range(25)))

    assert "'c19' and 5 more." in message


@pytest.mark.parametrize(
    ("separator", "name"), [(";", "semicolons"), ("\t", "tabs"), ("|", "vertical bars")]
)
def test_other_separators_are_recognised(separator: str, name: str) -> None:
    """A single heading that holds all of them is told to be saved with commas."""
    message = refusal(separator.join(TASK))

    assert f"The cells seem to be separated by {name}: save the file with commas." in message


def test_repeated_column_is_refused() -> None:
    """Two headings for one field leave open which one counts."""
    assert refusal(*TASK, "Task Name") == (
        "t.csv, row 1: columns A ('task_name') and C ('Task Name') both mean task_name. Rename or"
        " remove one of them."
    )


def test_unknown_headings_may_be_repeated() -> None:
    """Two empty or foreign headings disturb nobody."""
    assert set(found(*TASK, "x", "x", "", "")) == set(TASK)


def test_table_is_recognised_by_a_mandatory_column() -> None:
    """A sheet of notes with a description is no table of tasks."""
    assert has_header(["Task Name"])
    assert has_header(["x", "operation types"])
    assert not has_header(["description", "project id"])
