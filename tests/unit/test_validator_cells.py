"""One text against one rule: what is found, said and suggested."""

# ruff: noqa: RUF001  (every look-alike is meant)

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchcreate.rules import RULES, items, pattern
from batchcreate.validator.cells import Breach, Judge
from batchcreate.validator.damage import cleaned
from batchcreate.validator.suggestions import MAX_ALTERNATIVES, meant


def breaches(field: str, text: str, *, is_needed: bool) -> tuple[Breach, ...]:
    return Judge(rule=RULES[field], is_needed=is_needed).breaches(text)


def found(field: str, text: str, *, is_needed: bool = False) -> list[tuple[str, str]]:
    return [(b.rule, b.suggestion) for b in breaches(field, text, is_needed=is_needed)]


def test_breach_explains_itself() -> None:
    """An analyst reads what was found, what is allowed and what to type."""
    assert breaches("operation_types", "UPSRT", is_needed=True) == (
        Breach(
            rule="operation_types.value",
            message="'UPSRT' is not a valid operation type. Enter one or more of INSERT,"
            " UPDATE or DELETE, separated by commas. Did you mean UPDATE or INSERT?",
            suggestion="",
        ),
    )


def test_timing_is_explained() -> None:
    """The message says why a documented value is refused."""
    assert breaches("task_type", "timing", is_needed=False) == (
        Breach(
            rule="task_type.impossible",
            message="The task type 'timing' is not available for composite tasks, which are"
            " real-time only. Enter REALTIME or leave the cell empty.",
            suggestion="REALTIME",
        ),
    )


def test_stranger_is_named_with_its_code_point_and_position() -> None:
    """A character that nobody can see is found by its number."""
    (breach,) = breaches("task_name", "crm\u200b-orders", is_needed=True)

    assert breach == Breach(
        rule="task_name.charset",
        message="The task name 'crm\\u200b-orders' contains zero-width space (U+200B) at position"
        " 4. Allowed: letters (A-Z, a-z), digits, dots, underscores and hyphens.",
        suggestion="crm-orders",
    )


@pytest.mark.parametrize("field", sorted(RULES))
def test_empty_text_breaks_a_rule_only_where_it_is_needed(field: str) -> None:
    """Optional cells may be left empty."""
    assert found(field, "") == []
    assert found(field, "", is_needed=True) == [(f"{field}.missing", "")]


@pytest.mark.parametrize("field", sorted(RULES))
def test_example_breaks_nothing(field: str) -> None:
    """What a message shows as an example is accepted."""
    assert found(field, RULES[field].example, is_needed=True) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ab", [("too_short", "")]),
        ("x" * 101, [("too_long", "")]),
        (" ".join("x" * 60), [("charset", "")]),
        ("crm orders", [("charset", "crm_orders")]),
        ("crm \u2013 orders (new)", [("charset", "crm-orders_new")]),
        ("\u0441rm-orders", [("charset", "crm-orders")]),
        ("\uff43\uff52\uff4d-orders", [("charset", "crm-orders")]),
        ("crm-ord\u00e9rs", [("charset", "crm-orders")]),
        ("crm\u00a0orders", [("charset", "crm_orders")]),
        ("crm\norders", [("charset", "crm_orders")]),
        ("客户订单", [("charset", "")]),
        ("_orders", [("first", "orders")]),
        ("-or ders", [("charset", "or_ders"), ("first", "or_ders")]),
        ("é", [("charset", "")]),
    ],
)
def test_task_names_are_read_character_by_character(
    text: str, expected: list[tuple[str, str]]
) -> None:
    """Every breach of a name is found at once, and the suggestion mends all of them."""
    assert found("task_name", text) == [(f"task_name.{kind}", meant) for kind, meant in expected]


@pytest.mark.parametrize(
    ("field", "text", "expected"),
    [
        ("task_tag", "#orders", [("task_tag.charset", "orders")]),
        ("task_tag", "abc", [("task_tag.too_short", "")]),
        ("task_id", "ab cd", [("task_id.charset", "")]),
        ("task_id", "abcd\u00a0", [("task_id.charset", "abcd")]),
        ("task_id", "ab客d", [("task_id.charset", "")]),
        ("project_id", "ab$cd", [("project_id.charset", "")]),
        ("source_app_id", "ab\u200bcd", [("source_app_id.charset", "abcd")]),
        ("description", "Été, ﬁn\x00 客", [("description.charset", "Été, ﬁn 客")]),
        ("description", "one\x0btwo", [("description.charset", "one two")]),
        ("description", "x\ud800y", [("description.charset", "xy")]),
        ("description", "two\nlines\tof text", []),
        ("description", "x" * 1025, [("description.too_long", "")]),
    ],
)
def test_other_texts_lose_only_what_cannot_be_seen(
    field: str, text: str, expected: list[tuple[str, str]]
) -> None:
    """An id is never changed into another one that looks different."""
    assert found(field, text) == expected


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("REALTME", "REALTIME"),
        ("real time", "REALTIME"),
        ("实时", "REALTIME"),
        ("batch", ""),
    ],
)
def test_unknown_task_type_is_guessed_where_it_is_plain(text: str, suggestion: str) -> None:
    """Typing mistakes and other spellings lead to the only value that works."""
    assert found("task_type", text) == [("task_type.value", suggestion)]


@pytest.mark.parametrize("text", ["REALTIME", "realtime", "RealTime"])
def test_task_type_has_any_case(text: str) -> None:
    """Nobody has to type capitals."""
    assert found("task_type", text) == []


@pytest.mark.parametrize(
    "text", ["INSERT", "delete; update", "Insert|UPDATE\ndelete", "delete\uff0cupdate"]
)
def test_lists_of_known_values_pass(text: str) -> None:
    """Any separator, any case, any order."""
    assert found("operation_types", text) == []


@pytest.mark.parametrize(
    ("text", "kinds", "suggestion"),
    [
        ("INSRT", ["value"], "INSERT"),
        ("INSERT,UPSRT", ["value"], "INSERT,UPDATE"),
        ("UPSERT", ["value"], "INSERT,UPDATE"),
        ("update delete", ["value"], "UPDATE,DELETE"),
        ("I/U/D", ["value"], "INSERT,UPDATE,DELETE"),
        ("\uff49\uff4e\uff53\uff45\uff52\uff54", ["value"], "INSERT"),
        ("新增、删除", ["value"], "INSERT,DELETE"),
        ("UPSRT,DELTE", ["value"], ""),
        ("UPSRT,UPSRTT", ["value"], ""),
        ("INSERT,banana", ["value"], ""),
        ("insert,INSERT", ["repeated"], "INSERT"),
        ("INSERT,UPDATE,DELETE,ALL", ["count", "value"], "INSERT,UPDATE,DELETE"),
        (",;", ["count"], ""),
    ],
)
def test_list_has_one_issue_per_rule(text: str, kinds: list[str], suggestion: str) -> None:
    """The suggestion is the whole cell, or a question where two readings are as likely."""
    assert found("operation_types", text) == [
        (f"operation_types.{kind}", suggestion) for kind in kinds
    ]


def test_only_the_first_invalid_values_of_a_list_are_named() -> None:
    """The message of a cell with a thousand values contains ten of them."""
    text = ",".join(f"v{number}" for number in range(1000))

    count, value = breaches("operation_types", text, is_needed=True)

    assert (count.rule, value.rule) == ("operation_types.count", "operation_types.value")
    assert value.message.startswith("'V0', 'V1', 'V2', 'V3', 'V4', 'V5', 'V6', 'V7', 'V8', 'V9'")
    assert value.message.partition(". ")[0].endswith(
        "'V9' and 990 more are not valid operation types"
    )


@pytest.mark.parametrize(
    ("language", "field", "text", "message"),
    [
        (
            "en",
            "task_tag",
            "一期",
            (
                "The task tag '一期' contains Chinese characters and is too short (2 characters)."
                " Enter 4 to 64 characters: letters (A-Z, a-z), digits, underscores and hyphens."
            ),
        ),
        (
            "zh",
            "task_tag",
            "一期",
            (
                "任务标签“一期”含有中文字符，且太短（2 个字符）。"
                "请填写：英文字母（A-Z、a-z）、数字、下划线（_）和连字符（-），长度 4～64 个字符。"
            ),
        ),
        (
            "zh",
            "task_tag",
            "一" * 65,
            (
                f"任务标签“{'一' * 60}…”含有中文字符“一”，且太长（65 个字符）。"
                "请填写：英文字母（A-Z、a-z）、数字、下划线（_）和连字符（-），长度 4～64 个字符。"
            ),
        ),
        (
            "zh",
            "task_name",
            "订单同步任务",
            (
                "任务名称“订单同步任务”含有中文字符“订单同步任务”。"
                "允许使用：英文字母（A-Z、a-z）、数字、点（.）、下划线（_）和连字符（-）。"
            ),
        ),
        (
            "en",
            "operation_types",
            "banana,SELECT",
            (
                "'BANANA' and 'SELECT' are not valid operation types. Enter one or more of INSERT,"
                " UPDATE or DELETE, separated by commas."
            ),
        ),
        (
            "zh",
            "operation_types",
            "插入,更新",
            (
                "“插入”“更新”不是有效的操作类型。"
                "请填写 INSERT、UPDATE 或 DELETE 中的一个或多个，用逗号分隔。"
            ),
        ),
        (
            "en",
            "operation_types",
            "INSERT,UPDATE,UPDATE,INSERT",
            (
                "'INSERT,UPDATE,UPDATE,INSERT' repeats INSERT and UPDATE. Enter each operation type"
                " once."
            ),
        ),
    ],
)
def test_several_problems_of_a_cell_have_one_message(
    language: str, field: str, text: str, message: str
) -> None:
    """Length and characters, or several values of a list, are in one sentence."""
    judge = Judge(rule=RULES[field], is_needed=True, language=language)

    assert [breach.message for breach in judge.breaches(text)] == [message]


def test_list_of_separators_contains_no_values() -> None:
    """The message has the word "no" instead of a number."""
    (breach,) = breaches("operation_types", ",", is_needed=True)

    assert breach.message == (
        "',' contains no operation types. Enter 1 to 3 of INSERT, UPDATE or DELETE,"
        " separated by commas."
    )


ODD = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from(
            "-_. \t\r\n0123456789eE+,;:/#?!'\"“”（）ÃÂâ€¼\xa0\u200b\ufffdＡа客订锟斤拷"
        ),
    ),
    max_size=60,
)
"""Texts in which everything occurs that is looked for."""


@given(ODD, st.sampled_from(sorted(RULES)))
def test_accepted_text_obeys_its_rule(text: str, field: str) -> None:
    """Whatever else is looked for in a text, the rule itself is never forgotten."""
    rule = RULES[field]
    taken = cleaned(rule, text)

    if not breaches(field, taken, is_needed=True):
        values = items(taken) if rule.max_items > 1 else [taken]
        assert all(map(pattern(rule).fullmatch, values))


@given(ODD, st.sampled_from(sorted(RULES)), st.sampled_from(["en", "zh"]))
def test_suggestion_is_accepted_as_it_is(text: str, field: str, language: str) -> None:
    """Whoever types the suggestion is not refused again, nor is it cleaned."""
    rule = RULES[field]
    judge = Judge(rule=rule, is_needed=True, language=language)

    suggested = {breach.suggestion for breach in judge.breaches(cleaned(rule, text))} - {""}

    assert [judge.breaches(suggestion) for suggestion in suggested] == [()] * len(suggested)
    assert {cleaned(rule, suggestion) for suggestion in suggested} == suggested


@given(ODD, st.sampled_from(sorted(RULES)))
def test_cleaning_twice_changes_nothing(text: str, field: str) -> None:
    """What is taken for a cell is taken for itself."""
    once = cleaned(RULES[field], text)

    assert cleaned(RULES[field], once) == once


@given(st.text(alphabet="INSERTUPDATEDELETEinsert ,;/客", max_size=40))
def test_every_list_to_choose_from_obeys_the_rule(text: str) -> None:
    """Each reading of a list is a list that is accepted."""
    found = meant(RULES["operation_types"], text)

    assert len(found.choice) <= MAX_ALTERNATIVES
    assert all(not breaches("operation_types", cell, is_needed=True) for cell in found.choice)
