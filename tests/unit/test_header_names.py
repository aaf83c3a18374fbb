"""All spellings of a name lead to the same field."""

import pytest

from batchcreate.loader.header_names import (
    HEADING_CHARS,
    field_names,
    field_of,
    is_short_name,
    normalized,
    similar_name,
)
from batchcreate.loader.known_headings import CHINESE, SIMILAR
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
        "任务名称（必填，4-64字符）",
        "任务名称\n(最多 100 个字符；不能重复)",
        "任务名称：字母、数字，例如 订单同步",
        "【必填，唯一】任务名称",
        "Task name (max. 100 characters)",
        "Task name\nrequired, 3 to 100 letters or digits",
        "task_name (e.g. crm-orders; one per row)",
        "(required, unique) task name",
        "required\ntask_name",
        "任务名称(task_name)（3-100位）",
        "Task name: at least 3 characters",
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
        "task_name (Chinese)",
        "task_name (max 64 new)",
        "任务名称（中文）",
        "任务名称（旧）",
        "task name length",
        "task_name_max",
        "task name unique",
        "Task name\nof the owner",
        "owner: task name",
        "A: task_name",
        "required: task_name",
        "old (task_name)",
        f"task_name ({'max ' * 50})",
        "Name (max 64)",
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


OPERATIONS = [
    "Operation types\n(INSERT/UPDATE/DELETE)",
    "Operation type [INSERT, UPDATE or DELETE; separated by commas]",
    "operation_types: INSERT|UPDATE|DELETE",
    "操作类型（INSERT、UPDATE、DELETE，可多选）",
    "操作类型\n插入/更新/删除",
    "operation types (I/U/D)",
]


def test_values_of_a_field_are_a_remark() -> None:
    """Templates list the values below or behind a heading."""
    names = field_names(NO_MAPPING)

    wrong = [name for name in OPERATIONS if field_of(name, names) != "operation_types"]

    assert wrong == []
    assert field_of("Task type (REALTIME)", names) == "task_type"


def test_short_names_are_recognised() -> None:
    """A full name is not short, whatever its remark."""
    names = ["Tag", "Tags (4-64)", "标签", "Tag / 标签", "Desc.", "任务说明"]

    assert [name for name in names if not is_short_name(name)] == []
    assert [name for name in ("task_tag", "描述", "x", "") if is_short_name(name)] == []


def test_similar_names_are_distinct_from_known_ones() -> None:
    """A name is either recognised or suggested, and every suggestion is a field."""
    names = field_names(NO_MAPPING)

    assert [name for name in SIMILAR if field_of(name, names)] == []
    assert set(SIMILAR.values()) <= set(RULES)
    assert {name: similar_name(name) for name in SIMILAR} == SIMILAR


def test_long_remark_takes_no_time() -> None:
    """The time for a remark that is none in the end is proportional to its length."""
    heading = f"任务名称（{'不可不' * 60}旧）"

    assert not field_of(heading, field_names(NO_MAPPING))
