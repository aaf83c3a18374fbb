"""The columns of the template follow the rules in both languages."""

import csv

import pytest

from batchcreate.loader.header_names import field_names, field_of
from batchcreate.messages import LANGUAGES, example_of, text
from batchcreate.rules import RULES
from batchcreate.template import template_csv
from batchcreate.template.columns import choices, template_columns


@pytest.mark.parametrize("language", LANGUAGES)
def test_csv_has_headings_and_the_example(language: str) -> None:
    """The file is UTF-8 with a byte order mark, and contains two rows."""
    content = template_csv(language)

    headings, example = csv.reader(content.decode("utf-8-sig").splitlines())
    mark = text("template.example_mark", language=language)
    assert content.startswith(b"\xef\xbb\xbf")
    assert [field_of(heading, field_names({})) for heading in headings] == list(RULES)
    assert example[0].removeprefix(mark) == RULES["task_name"].example
    assert example[1:] == [example_of(rule, language) for rule in RULES.values()][1:]


@pytest.mark.parametrize(
    ("language", "needs"),
    [
        (
            "en",
            {
                "task_type": "Optional. The only valid value is REALTIME (real-time).",
                "operation_types": "Required: one or more of INSERT, UPDATE or DELETE, separated"
                " by commas.",
                "instance_id": "Optional: 1 to 64 characters: letters (A-Z, a-z), digits,"
                " underscores and hyphens. If empty, the value given when the import is started"
                " is used.",
            },
        ),
        (
            "zh",
            {
                "task_type": "选填，只能填写 REALTIME（实时）。",
                "operation_types": "必填：INSERT、UPDATE 或 DELETE 中的一个或多个，用逗号分隔。",
                "instance_id": "选填：英文字母（A-Z、a-z）、数字、下划线（_）和连字符（-），"
                "长度 1～64 个字符。留空时使用导入时指定的值。",
            },
        ),
    ],
)
def test_need_states_the_valid_values(language: str, needs: dict[str, str]) -> None:
    """A column without a value uses a default only if the field is not in the body."""
    columns = {column.rule.field: column for column in template_columns(language)}

    assert {field: columns[field].need for field in needs} == needs


def test_choices_contain_every_set_of_values_once() -> None:
    """Values that are not available for composite tasks are omitted."""
    assert choices(RULES["task_type"]) == ["REALTIME"]
    assert len(choices(RULES["operation_types"])) == 7
