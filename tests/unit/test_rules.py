"""The rules of the fields match the reference and are consistent."""

import re

import pytest

from batchcreate.rules import (
    BODY_FIELDS,
    MANDATORY_FIELDS,
    RULES,
    TARGET_FIELDS,
    pattern,
    split_parts,
    split_values,
    to_upper,
)


def test_rules_contain_every_field_of_the_api_and_the_target() -> None:
    """The eight fields of the body are in the order of the API, then the path parameters."""
    expected = (
        "task_name task_id task_type description task_tag operation_types"
        " source_app_id target_app_id"
    )

    assert expected.split() == list(BODY_FIELDS)
    assert TARGET_FIELDS == ("project_id", "instance_id")
    assert tuple(RULES) == BODY_FIELDS + TARGET_FIELDS


def test_stricter_edition_of_the_reference_applies() -> None:
    """Two fields are mandatory although the oldest page lists them as optional."""
    assert MANDATORY_FIELDS == ("task_name", "operation_types")


def test_lengths_are_those_of_the_older_pages() -> None:
    """The lengths that the newer pages omit still apply."""
    lengths = {field: (rule.min_length, rule.max_length) for field, rule in RULES.items()}

    assert lengths == {
        "task_name": (3, 100),
        "task_id": (3, 50),
        "task_type": (1, 10),
        "description": (1, 1024),
        "task_tag": (4, 64),
        "operation_types": (1, 10),
        "source_app_id": (1, 64),
        "target_app_id": (1, 64),
        "project_id": (1, 64),
        "instance_id": (1, 64),
    }


def test_pattern_accepts_exactly_the_lengths_of_its_rule() -> None:
    """The pattern accepts the shortest and the longest length, and none outside of them."""
    for rule in (rule for rule in RULES.values() if not rule.values):
        accepts = pattern(rule).fullmatch

        accepted = [length for length in range(rule.max_length + 2) if accepts("a" * length)]

        assert accepted == list(range(rule.min_length, rule.max_length + 1)), rule.field


def test_example_is_valid() -> None:
    """The examples in messages are accepted by the rules."""
    for rule in RULES.values():
        values = split_values(rule.example) if rule.max_items > 1 else [rule.example]

        assert all(pattern(rule).fullmatch(value) for value in values), rule.field


def test_every_fact_has_its_source() -> None:
    """Lengths, characters and values refer to the reference."""
    for rule in RULES.values():
        facts = {"values"} if rule.values else {"length", "characters"}

        assert facts | {"mandatory"} <= set(rule.sources), rule.field
        assert all(rule.sources.values()), rule.field


def test_charset_is_one_character_and_has_a_name() -> None:
    """The pattern of a charset matches exactly one character."""
    for charset in (rule.charset for rule in RULES.values()):
        assert re.fullmatch(charset.pattern, "a")
        assert not re.fullmatch(charset.pattern, "aa")
        assert charset.name


@pytest.mark.parametrize("name", ["0ab", "a.b", "A-_.", "crm-orders-cdc-01"])
def test_valid_task_names_match(name: str) -> None:
    """Letters, digits, dots, underscores and hyphens follow a letter or digit."""
    assert pattern(RULES["task_name"]).fullmatch(name)


@pytest.mark.parametrize(
    "name", ["-ab", ".ab", "_ab", "ab", "a b", "é12", "\uff1123", "abc\n", "\u0430bc"]
)
def test_invalid_task_names_do_not_match(name: str) -> None:
    """Letters and digits are ASCII, and a line break at the end is a character."""
    assert not pattern(RULES["task_name"]).fullmatch(name)


def test_timing_is_known_and_impossible() -> None:
    """The API lists the value, but composite tasks do not support it."""
    rule = RULES["task_type"]
    admits = pattern(rule).fullmatch

    assert rule.values == ("REALTIME", "TIMING")
    assert admits("realTime")
    assert not admits("TIMING")


def test_case_is_ignored_for_ascii_only() -> None:
    """A dotless i is different from an I."""
    assert to_upper("insert") == "INSERT"
    assert to_upper("\u0131nsert") == "\u0131nsert"
    assert not pattern(RULES["task_type"]).fullmatch("realt\u0131me")


@pytest.mark.parametrize(
    "separator", [*",;|/+&\r\n\uff0c\uff1b、\uff5c\uff0f\uff0b\uff06和", " and ", " AND "]
)
def test_each_separator_splits_a_list(separator: str) -> None:
    """Western and Chinese separators may have spaces and may be at the end."""
    assert split_values(f"insert{separator} Update {separator}DELETE{separator}") == [
        "INSERT",
        "UPDATE",
        "DELETE",
    ]


def test_separator_word_is_not_found_inside_a_word() -> None:
    """A value that contains the letters is quoted as a whole."""
    words = ["brand", "andover", "INSERTandUPDATE", "x_and_y", "and1"]

    assert [split_parts(word) for word in words] == [[word] for word in words]
    assert split_parts("insert and Update,and DELETE") == ["insert", "Update", "DELETE"]
    assert split_parts("插入and更新") == ["插入", "更新"]


def test_chinese_words_are_values_of_the_api() -> None:
    """Each word of the analysts has one value."""
    words = "插入、新增、更新、修改、删除、刪除"

    assert split_values(words) == ["INSERT", "INSERT", "UPDATE", "UPDATE", "DELETE", "DELETE"]
