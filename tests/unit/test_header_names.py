"""All spellings of a name lead to the same field."""

import pytest

from batchcreate.loader.header_names import (
    CHINESE,
    HEADING_CHARS,
    field_names,
    field_of,
    normalized,
)
from batchcreate.rules import RULES

NO_MAPPING: dict[str, str] = {}


@pytest.mark.parametrize(
    "heading",
    [
        "task_name",
        "Task Name",
        "TASK-NAME",
        " taskname ",
        "Task\nName",
        "task\u00a0name",
        "\ufefftask_name",
        "task\u200bname",
        "task\u2010name",
        "task\u2014name",
        "\uff54\uff41\uff53\uff4b\uff3f\uff4e\uff41\uff4d\uff45",
        "task_name*",
        "*task_name",
        "* Task name *",
        "task_name:",
        "Task name (required)",
        "Task name [Mandatory]*",
        "任务名称",
        "任 务 名 称",
        "任务名称（必填）",
        "*任务名称\uff1a",
        "\uff0a任务名称【必填项】",
        "任務名稱",
        "任务名称(task_name)",
        "任务名称 / Task Name",
        "task_name\n任务名称",
        "Task name（任务名称）*",
    ],
)
def test_heading_is_known_in_every_spelling(heading: str) -> None:
    """Case, spaces, widths, marks of templates and a second language are ignored."""
    assert field_of(heading, field_names(NO_MAPPING)) == "task_name"


@pytest.mark.parametrize(
    "heading",
    [
        "",
        " ",
        "-",
        "*",
        "(required)",
        "task",
        "name",
        "old task_name",
        "task_name (old)",
        "任务名称 task_id",
        "task_name" + " " * HEADING_CHARS,
    ],
)
def test_other_headings_have_no_field(heading: str) -> None:
    """A name with additional text is another name."""
    assert not field_of(heading, field_names(NO_MAPPING))


def test_every_field_has_a_chinese_heading() -> None:
    """The table of Chinese names contains every field of the rules."""
    assert set(CHINESE.values()) == set(RULES)


def test_chinese_headings_have_the_fields_of_the_table() -> None:
    """No two names of different fields have the same normalized form."""
    names = field_names(NO_MAPPING)

    assert {name: field_of(name, names) for name in CHINESE} == CHINESE


def test_mapped_names_are_normalized_too() -> None:
    """They have precedence over known names; a blank name maps nothing."""
    names = field_names(
        {"Job-Titel (required)": "task_name", "task id": "description", " ": "task_tag"}
    )

    assert field_of("job\u00a0titel*", names) == "task_name"
    assert field_of("TASK_ID", names) == "description"
    assert not field_of("", names)


def test_heading_of_marks_only_is_kept() -> None:
    """It stays different from an empty heading."""
    assert normalized("**") == "**"
