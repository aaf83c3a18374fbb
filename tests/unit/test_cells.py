"""Rules on cells and columns: violations, messages, cleaned values."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchcreate import messages
from batchcreate.models import CellKind, Column, RepeatedValue, RowLocation
from batchcreate.rules import RULES, UNIQUE_FIELDS, pattern, split_values
from batchcreate.validator import repeated_value_issues
from batchcreate.validator.cells import (
    ColumnRule,
    KindRejection,
    Violation,
    reject_kind,
)
from batchcreate.validator.damage import cleaned
from tests.damaged_cells import FIXABLE, ODD_TEXTS, UNFIXABLE


def violations(field: str, text: str, *, is_required: bool) -> tuple[Violation, ...]:
    return ColumnRule(rule=RULES[field], is_required=is_required).violations(text)


def found(field: str, text: str, *, is_required: bool = False) -> list[tuple[str, str]]:
    return [(b.rule, b.suggestion) for b in violations(field, text, is_required=is_required)]


def test_message_has_the_value_the_problem_and_the_fix() -> None:
    """An analyst needs no other documentation."""
    assert violations("operation_types", "UPSRT", is_required=True) == (
        Violation(
            rule="operation_types.value",
            message="'UPSRT' is not a valid operation type. Enter one or more of INSERT,"
            " UPDATE or DELETE, separated by commas. Did you mean UPDATE or INSERT?",
            suggestion="",
        ),
    )


def test_impossible_value_is_explained() -> None:
    """The message has the reason why a documented value is rejected."""
    assert violations("task_type", "timing", is_required=False) == (
        Violation(
            rule="task_type.impossible",
            message="The task type 'timing' is not available for composite tasks, which are"
            " real-time only. Enter REALTIME or leave the cell empty.",
            suggestion="REALTIME",
        ),
    )


def test_invisible_character_has_its_code_point_and_position() -> None:
    """The message makes an invisible character identifiable."""
    (violation,) = violations("task_name", "crm\u200b-orders", is_required=True)

    assert violation == Violation(
        rule="task_name.charset",
        message="The task name 'crm\\u200b-orders' contains zero-width space (U+200B) at position"
        " 4. Allowed: letters (A-Z, a-z), digits, dots, underscores and hyphens.",
        suggestion="crm-orders",
    )


def test_empty_text_is_a_violation_only_if_it_is_required() -> None:
    """Optional cells may be empty."""
    assert {field: found(field, "") for field in RULES} == {field: [] for field in RULES}
    assert {field: found(field, "", is_required=True) for field in RULES} == {
        field: [(f"{field}.missing", "")] for field in RULES
    }


def test_example_is_valid() -> None:
    """The examples in messages are accepted."""
    assert {field: found(field, rule.example) for field, rule in RULES.items()} == {
        field: [] for field in RULES
    }


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
        ("-or ders", [("charset", "or_ders")]),
        ("-x", [("first", "")]),
        ("é", [("charset", "")]),
        ("-é", [("charset", "")]),
        ("12/05/2026", [("charset", "")]),
        ("10:30", [("charset", "")]),
        ("=1+2", [("charset", "")]),
        ("1,234.50 EUR", [("charset", "1_234.50_EUR")]),
        ("1,234.50", [("charset", "")]),
        ('="007"', [("charset", "007")]),
    ],
)
def test_name_has_all_its_violations(text: str, expected: list[tuple[str, str]]) -> None:
    """All violations of a name are reported, and the suggestion fixes all of them."""
    assert found("task_name", text) == [
        (f"task_name.{reason}", suggestion) for reason, suggestion in expected
    ]


@pytest.mark.parametrize("text", ["REALTIME", "realtime", "RealTime"])
def test_task_type_has_any_case(text: str) -> None:
    """Upper case is not required."""
    assert found("task_type", text) == []


@pytest.mark.parametrize(
    "text", ["INSERT", "delete; update", "Insert|UPDATE\ndelete", "delete\uff0cupdate"]
)
def test_list_of_known_values_is_valid(text: str) -> None:
    """Separators, case and order may vary."""
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
        ("全部", ["value"], "INSERT,UPDATE,DELETE"),
        ("INSERT,INSERT,x", ["value"], ""),
        ("UPSRT,DELTE", ["value"], ""),
        ("UPSRT,UPSRTT", ["value"], ""),
        ("INSERT,banana", ["value"], ""),
        ("insert,INSERT", ["repeated"], "INSERT"),
        ("插入,INSERT", ["repeated"], "INSERT"),
        ("新增與刪除", ["value"], "INSERT,DELETE"),
        ("INSERT,UPDATE,DELETE,ALL", ["value"], "INSERT,UPDATE,DELETE"),
        (",;", ["count"], ""),
    ],
)
def test_list_has_one_issue_per_rule(text: str, kinds: list[str], suggestion: str) -> None:
    """The suggestion is the whole cell; it is empty if two meanings are equally likely."""
    assert found("operation_types", text) == [
        (f"operation_types.{kind}", suggestion) for kind in kinds
    ]


def test_only_the_first_invalid_values_of_a_list_are_named() -> None:
    """The message of a cell with a thousand values contains ten of them."""
    text = ",".join(f"v{number}" for number in range(1000))

    (value,) = violations("operation_types", text, is_required=True)

    assert value.rule == "operation_types.value"
    assert value.message.startswith("'v0', 'v1', 'v2', 'v3', 'v4', 'v5', 'v6', 'v7', 'v8', 'v9'")
    assert value.message.partition(". ")[0].endswith(
        "'v9' and 990 more are not valid operation types"
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
                "'banana' and 'SELECT' are not valid operation types. Enter one or more of INSERT,"
                " UPDATE or DELETE, separated by commas."
            ),
        ),
        (
            "zh",
            "operation_types",
            "同步,全量",
            (
                "“同步”“全量”不是有效的操作类型。"
                "请填写 INSERT、UPDATE 或 DELETE 中的一个或多个，用逗号分隔。"
            ),
        ),
        (
            "en",
            "operation_types",
            "x,INSERT,insert",
            (
                "'x,INSERT,insert' contains invalid values ('x') and repeats INSERT. Enter one or"
                " more of INSERT, UPDATE or DELETE, separated by commas."
            ),
        ),
        (
            "en",
            "task_name",
            "-or ders",
            (
                "The task name '-or ders' contains a space at position 4 and starts with '-'. Enter 3 to"
                " 100 characters: letters (A-Z, a-z), digits, dots, underscores and hyphens,"
                " starting with a letter (A-Z, a-z) or a digit."
            ),
        ),
        (
            "en",
            "task_name",
            "-é",
            (
                "The task name '-é' contains 'é' (letter with an accent), starts with '-' and is"
                " too short (2 characters). Enter 3 to 100 characters: letters (A-Z, a-z), digits,"
                " dots, underscores and hyphens, starting with a letter (A-Z, a-z) or a digit."
            ),
        ),
        (
            "en",
            "task_tag",
            "12/05/2026",
            (
                "The task tag '12/05/2026' contains '/' and looks like a date or time. If a"
                " spreadsheet program converted the value, format the column as text and enter it"
                " again: 4 to 64 characters: letters (A-Z, a-z), digits, underscores and hyphens."
            ),
        ),
        (
            "en",
            "operation_types",
            "新增/新增",
            "'新增/新增' repeats INSERT. Enter each operation type once.",
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
    column_rule = ColumnRule(rule=RULES[field], is_required=True, language=language)

    assert [violation.message for violation in column_rule.violations(text)] == [message]


def test_list_of_separators_contains_no_values() -> None:
    """The message has the word "no" instead of a number."""
    (violation,) = violations("operation_types", ",", is_required=True)

    assert violation.message == (
        "',' contains no operation types. Enter 1 to 3 of INSERT, UPDATE or DELETE,"
        " separated by commas."
    )


@given(ODD_TEXTS, st.sampled_from(sorted(RULES)))
def test_accepted_text_matches_the_pattern_of_its_rule(text: str, field: str) -> None:
    """The additional checks do not replace the rule."""
    rule = RULES[field]
    value = cleaned(rule, text)

    if not violations(field, value, is_required=True):
        values = split_values(value) if rule.max_items > 1 else [value]
        assert all(map(pattern(rule).fullmatch, values))


NAMES = ("task_name", "task_tag")
IDS = ("task_id", "source_app_id", "target_app_id", "project_id", "instance_id")


def rejection(field: str, kind: CellKind, text: str) -> str | None:
    found = reject_kind(RULES[field], kind, text)
    return found.reason if found else None


@pytest.mark.parametrize(
    ("kind", "text", "reason"),
    [
        (CellKind.ERROR, "#REF!", "spreadsheet_error"),
        (CellKind.NO_RESULT, "", "no_result"),
        (CellKind.MERGED, "", "merged"),
        (CellKind.DATE, "2024-03-01", "date"),
    ],
)
def test_kind_without_a_value_is_rejected_in_all_fields(
    kind: CellKind, text: str, reason: str
) -> None:
    """Errors, formulas without a result, merged cells and dates are never sent."""
    assert {rejection(field, kind, text) for field in RULES} == {reason}


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
def test_number_is_a_name_or_an_id_if_no_digit_is_lost(text: str, reason: str | None) -> None:
    """Fifteen digits are kept; fractions and signs are not part of an id."""
    assert {rejection(field, CellKind.NUMBER, text) for field in (*NAMES, *IDS)} == {reason}


def test_boolean_is_not_a_name_or_an_id() -> None:
    """The spreadsheet program converted a word to a boolean."""
    assert {rejection(field, CellKind.BOOLEAN, "TRUE") for field in (*NAMES, *IDS)} == {"boolean"}


@pytest.mark.parametrize(("kind", "text"), [(CellKind.NUMBER, "1.5"), (CellKind.BOOLEAN, "TRUE")])
def test_text_decides_about_numbers_and_booleans_in_other_fields(
    kind: CellKind, text: str
) -> None:
    """A description may be a number, and the text of a task type decides."""
    others = ("description", "task_type", "operation_types")

    assert {rejection(field, kind, text) for field in others} == {None}


def test_displayed_values_are_suggested() -> None:
    """A date may be a description; the digits of an integer may be an id."""
    suggested = [
        reject_kind(RULES["description"], CellKind.DATE, " 2024-03-01"),
        reject_kind(RULES["task_name"], CellKind.DATE, "2024-03-01"),
        reject_kind(RULES["task_id"], CellKind.NUMBER, "1001.00"),
        reject_kind(RULES["task_id"], CellKind.NUMBER, "1,001"),
    ]

    assert suggested == [
        KindRejection(reason="date", suggestion="2024-03-01"),
        KindRejection(reason="date"),
        KindRejection(reason="number", suggestion="1001"),
        KindRejection(reason="number", suggestion="1001"),
    ]


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
    """It is not suggested if it is invalid, or if each row needs a unique value."""
    column_rule = ColumnRule(rule=RULES[field], is_required=True)

    found = column_rule.kind_violation(CellKind.MERGED, "", "C7", covering=covering)

    assert found
    assert (found.rule, found.suggestion) == (f"{field}.merged", suggestion)


OTHERS = [
    ("operation_types", "INSERT,UPDATE,DELETE,ALL"),
    ("task_id", "12345678901234500000"),
    ("task_id", "N/A"),
    ("task_tag", "5-Mar"),
    ("description", '="007"'),
    ("description", "\\N"),
]
ENGLISH_NAMES = {"ID", "Excel", "xlsx"}


def all_violations(language: str) -> list[tuple[str, Violation]]:
    """Return the text and the violation of all damaged cells and of each kind."""
    cells = [(field, pair[0]) for field, pairs in FIXABLE.items() for pair in pairs]
    cells += [(field, text) for field, texts in UNFIXABLE.items() for text in texts]
    found = []
    for field, text in [*cells, *OTHERS]:
        column_rule = ColumnRule(rule=RULES[field], is_required=True, language=language)
        value = cleaned(RULES[field], text)
        for is_rounded in (False, True):
            violations_found = column_rule.violations(value, is_rounded=is_rounded)
            found += [(text, violation) for violation in violations_found]
        for kind in CellKind:
            violation = column_rule.kind_violation(kind, text, "C7")
            found += [(text, violation)] if violation else []
    return found


def repeated_rule(field: str, language: str) -> str:
    row = RepeatedValue(
        location=RowLocation(file="a", sheet="", number=2),
        column=Column(heading="n", index=0),
        field=field,
        value="crm",
    )
    return repeated_value_issues([row, row], language=language)[0].rule


@pytest.mark.parametrize("language", messages.LANGUAGES)
def test_every_text_of_a_rule_is_used(language: str) -> None:
    """Each rule of a field that can be broken has a text."""
    texts = messages.texts(language)
    keys = {key for key in texts if key.startswith("rule.") and not key.startswith("rule.row.")}

    used = set()
    for rule in {violation.rule for _, violation in all_violations(language)} | {
        repeated_rule(field, language) for field in UNIQUE_FIELDS
    }:
        own, shared = f"rule.{rule}", f"rule.{rule.rpartition('.')[2]}"
        used.add(own if own in keys else shared)

    assert used == keys


def test_chinese_messages_contain_english_names_and_values_only() -> None:
    """Everything except cells, fields and values of the API is Chinese."""
    values = {word for rule in RULES.values() for word in (*rule.values, rule.example)}
    for text, violation in all_violations("zh"):
        words = re.sub("A-Z|a-z|U.[0-9A-F]{4,6}", "", violation.message)
        for known in sorted({text, *values}, key=len, reverse=True):
            words = words.replace(known, "")
        words = re.sub(r"“[^”]*”", "", words)
        assert set(re.findall(r"[A-Za-z]{2,}", words)) <= ENGLISH_NAMES, violation.message
        assert "{" not in words.replace("{", "", text.count("{"))
        assert violation.message.endswith("。")


def test_languages_have_the_same_rules_and_suggestions() -> None:
    """Only the messages depend on the language."""
    english, chinese = (
        [
            (text, violation.rule, violation.suggestion)
            for text, violation in all_violations(language)
        ]
        for language in messages.LANGUAGES
    )

    assert english == chinese
