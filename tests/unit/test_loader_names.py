"""One name, typed in a hundred ways, means one field."""

import pytest

from batchcreate.loader.names import CHINESE, HEADING_CHARS, field_of, known, normal
from batchcreate.rules import RULES

NOTHING: dict[str, str] = {}


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
def test_heading_is_found_however_it_is_written(heading: str) -> None:
    """Case, gaps, widths, marks of templates and a second language do not matter."""
    assert field_of(heading, known(NOTHING)) == "task_name"


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
def test_other_headings_mean_nothing(heading: str) -> None:
    """A name with something else in it is another name."""
    assert not field_of(heading, known(NOTHING))


@pytest.mark.parametrize("field", sorted(RULES))
def test_every_field_has_a_chinese_heading(field: str) -> None:
    """The table of Chinese names knows each column of the rules."""
    assert field in CHINESE.values()


@pytest.mark.parametrize("name", sorted(CHINESE))
def test_chinese_headings_mean_what_the_table_says(name: str) -> None:
    """No two names fall together under different fields."""
    assert field_of(name, known(NOTHING)) == CHINESE[name]


def test_names_that_the_user_gives_are_matched_as_leniently() -> None:
    """A mapped heading wins over a known one, and nothing is mapped by a heading of nothing."""
    names = known({"Job-Titel (required)": "task_name", "task id": "description", " ": "task_tag"})

    assert field_of("job\u00a0titel*", names) == "task_name"
    assert field_of("TASK_ID", names) == "description"
    assert not field_of("", names)


def test_what_decorates_only_is_kept() -> None:
    """A heading of nothing but marks keeps them, so that it stays different from none."""
    assert normal("**") == "**"
