"""Suggested values are valid, and only plausible values are suggested."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchcreate.rules import RULES
from batchcreate.validator.cells import (
    ColumnRule,
    Violation,
)
from batchcreate.validator.damage import cleaned
from batchcreate.validator.suggestions import MAX_ALTERNATIVES, suggest
from tests.damaged_cells import ODD_TEXTS


def violations(field: str, text: str, *, is_required: bool) -> tuple[Violation, ...]:
    return ColumnRule(rule=RULES[field], is_required=is_required).violations(text)


def found(field: str, text: str, *, is_required: bool = False) -> list[tuple[str, str]]:
    return [(b.rule, b.suggestion) for b in violations(field, text, is_required=is_required)]


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
def test_suggestion_changes_invisible_characters_only(
    field: str, text: str, expected: list[tuple[str, str]]
) -> None:
    """The suggestion for an id never looks different from the id."""
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
def test_likely_task_type_is_suggested(text: str, suggestion: str) -> None:
    """Typing errors and other spellings lead to the only valid value."""
    assert found("task_type", text) == [("task_type.value", suggestion)]


@given(ODD_TEXTS, st.sampled_from(sorted(RULES)), st.sampled_from(["en", "zh"]))
def test_suggestion_is_accepted_unchanged(text: str, field: str, language: str) -> None:
    """A suggested value is neither rejected nor cleaned."""
    rule = RULES[field]
    column_rule = ColumnRule(rule=rule, is_required=True, language=language)

    suggested = {
        violation.suggestion for violation in column_rule.violations(cleaned(rule, text))
    } - {""}

    assert [column_rule.violations(suggestion) for suggestion in suggested] == [()] * len(
        suggested
    )
    assert {cleaned(rule, suggestion) for suggestion in suggested} == suggested


@given(st.text(alphabet="INSERTUPDATEDELETEinsert ,;/客", max_size=40))
def test_every_choice_is_valid(text: str) -> None:
    """Each of several suggested lists is accepted."""
    found = suggest(RULES["operation_types"], text)

    assert len(found.choices) <= MAX_ALTERNATIVES
    assert all(not violations("operation_types", cell, is_required=True) for cell in found.choices)
