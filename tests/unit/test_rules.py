"""The table of fields is what the reference says, and agrees with itself."""

import re

import pytest

from batchcreate.rules import (
    BODY_FIELDS,
    MANDATORY_FIELDS,
    RULES,
    TARGET_FIELDS,
    fold,
    items,
    pattern,
)


def test_table_holds_every_field_of_the_api_and_the_target() -> None:
    """The body's eight fields come in the order of the API, then the two path parameters."""
    expected = (
        "task_name task_id task_type description task_tag operation_types"
        " source_app_id target_app_id"
    )

    assert expected.split() == list(BODY_FIELDS)
    assert TARGET_FIELDS == ("project_id", "instance_id")
    assert tuple(RULES) == BODY_FIELDS + TARGET_FIELDS


def test_stricter_reading_of_the_two_editions_holds() -> None:
    """Two fields are mandatory although the oldest page says no."""
    assert MANDATORY_FIELDS == ("task_name", "operation_types")


@pytest.mark.parametrize(
    ("field", "bounds"),
    [
        ("task_name", (3, 100)),
        ("task_id", (3, 50)),
        ("task_type", (1, 10)),
        ("description", (1, 1024)),
        ("task_tag", (4, 64)),
        ("source_app_id", (1, 64)),
        ("target_app_id", (1, 64)),
        ("project_id", (1, 64)),
        ("instance_id", (1, 64)),
    ],
)
def test_lengths_are_those_of_the_older_pages(field: str, bounds: tuple[int, int]) -> None:
    """The lengths that the newer pages dropped still apply."""
    rule = RULES[field]

    assert (rule.min_length, rule.max_length) == bounds


@pytest.mark.parametrize("field", sorted(set(RULES) - {"task_type", "operation_types"}))
def test_pattern_admits_exactly_the_lengths_of_its_rule(field: str) -> None:
    """A value of the shortest and of the longest length passes, one beside them does not."""
    rule = RULES[field]
    admits = pattern(rule).fullmatch
    lengths = range(rule.max_length + 2)

    admitted = [length for length in lengths if admits("a" * length)]

    assert admitted == list(range(rule.min_length, rule.max_length + 1))


@pytest.mark.parametrize("field", sorted(RULES))
def test_example_obeys_its_own_rule(field: str) -> None:
    """What messages show as an example is accepted."""
    rule = RULES[field]
    values = items(rule.example) if rule.max_items > 1 else [rule.example]

    assert all(pattern(rule).fullmatch(value) for value in values)


@pytest.mark.parametrize("field", sorted(RULES))
def test_every_fact_names_its_source(field: str) -> None:
    """Lengths, characters and values can be looked up."""
    rule = RULES[field]
    facts = {"values"} if rule.values else {"length", "characters"}

    assert facts | {"mandatory"} <= set(rule.sources)
    assert all(rule.sources.values())


@pytest.mark.parametrize("field", sorted(RULES))
def test_charset_is_one_character_and_has_a_name(field: str) -> None:
    """A charset's pattern matches one character, and it has a name."""
    charset = RULES[field].charset

    assert re.fullmatch(charset.pattern, "a")
    assert not re.fullmatch(charset.pattern, "aa")
    assert charset.name


@pytest.mark.parametrize("name", ["0ab", "a.b", "A-_.", "crm-orders-cdc-01"])
def test_good_task_names_pass(name: str) -> None:
    """Letters, digits, dots, underscores and hyphens, from a letter or digit on."""
    assert pattern(RULES["task_name"]).fullmatch(name)


@pytest.mark.parametrize(
    "name", ["-ab", ".ab", "_ab", "ab", "a b", "é12", "\uff1123", "abc\n", "\u0430bc"]
)
def test_bad_task_names_do_not_pass(name: str) -> None:
    """Only ASCII counts as a letter or digit, and a line break at the end is a character."""
    assert not pattern(RULES["task_name"]).fullmatch(name)


def test_timing_is_known_and_impossible() -> None:
    """The enumeration has it, composite tasks do not."""
    rule = RULES["task_type"]
    admits = pattern(rule).fullmatch

    assert rule.values == ("REALTIME", "TIMING")
    assert admits("realTime")
    assert not admits("TIMING")


def test_case_is_log_applied_for_ascii_only() -> None:
    """A dotless i is no I, whatever the Unicode tables say."""
    assert fold("insert") == "INSERT"
    assert fold("\u0131nsert") == "\u0131nsert"
    assert not pattern(RULES["task_type"]).fullmatch("realt\u0131me")


@pytest.mark.parametrize("separator", list(",;|/+\r\n\uff0c\uff1b、\uff5c\uff0f\uff0b"))
def test_each_separator_parts_a_list(separator: str) -> None:
    """Western and Chinese keyboards type these, with or without spaces and at the end."""
    assert items(f"insert{separator} Update {separator}DELETE{separator}") == [
        "INSERT",
        "UPDATE",
        "DELETE",
    ]
