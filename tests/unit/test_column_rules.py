"""Plain cells are recognised in whole columns; the others are checked one by one."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from batchcreate.frames import to_frame
from batchcreate.models import CellKind
from batchcreate.rules import RULES
from batchcreate.validator.cells import ColumnRule
from batchcreate.validator.column_rules import PLAIN, check_column
from batchcreate.validator.converted_values import rounded_ids
from batchcreate.validator.damage import cleaned
from tests.damaged_cells import FIXABLE, HARMLESS, UNFIXABLE

if TYPE_CHECKING:
    from pandas import Series

TEXT = st.characters(exclude_categories=["Cs"])
"""Characters of decoded text."""

DOUBTFUL = (
    "5-Mar",
    "Mar-05",
    "1-Sep",
    "2026-01-03",
    "05Mar",
    "5-Mar-2026",
    "12-may-26",
    "Okt-5",
    "MARCH-05",
    "05-sept.",
    "2026-Jan-03",
    "Mar.-05",
)
"""Texts that may have been dates; the tags and ids among them cause warnings."""

DAMAGED = [
    *(
        (field, typed)
        for table in (HARMLESS, FIXABLE)
        for field, pairs in table.items()
        for typed, value in pairs
        if typed != value
    ),
    *((field, text) for field, texts in UNFIXABLE.items() for text in texts),
    *((field, text) for field in ("task_name", "task_tag", "task_id") for text in DOUBTFUL),
    *(("description", text) for text in ('="007"', "\\N", "NULL", "nan", "-", "无", "\uff03" * 3)),
    *(("task_name", text) for text in ("Total", "sum", "Subtotal", "grand-total", "Total.")),
]


def column(texts: Sequence[str]) -> "Series[str]":
    return to_frame({"text": texts}, range(2, 2 + len(texts)))["text"]


def is_plain(field: str, text: str) -> bool:
    found = PLAIN[field].matches(pa.array([text], pa.large_string()))

    return bool(found[0].as_py())


@given(
    st.sampled_from(sorted(RULES)),
    st.one_of(
        st.text(TEXT, max_size=40),
        st.text("0123456789abcdefEe.-_+N/Anulone ", max_size=24),
        st.sampled_from([text for _, text in DAMAGED]).flatmap(
            lambda text: st.permutations(text).map("".join)
        ),
        st.builds(
            "{}{}".format,
            st.text(TEXT, max_size=3),
            st.sampled_from([text for _, text in DAMAGED]),
        ),
    ),
)
@example("task_id", "1E-05")
@example("instance_id", "100000000000000000")
@example("task_name", "none")
@example("description", "MÃ¼nchen")
def test_fast_check_agrees_with_the_full_check(field: str, text: str) -> None:
    """A text that is plain after it was trimmed is valid, and its cleaned value is that text."""
    column_rule = ColumnRule(rule=RULES[field], is_required=True)

    found = check_column(column_rule, column([text]), {}, str, {})

    value = cleaned(RULES[field], text)
    assert found.cells.tolist() == [value]
    # Many zeros at the end are judged for a whole column.
    is_rounded = RULES[field].is_id and value in rounded_ids([value], [text])
    expected = column_rule.violations(value, is_rounded=is_rounded)
    assert tuple(found.violations.get(0, ())) == expected


def test_columns_are_checked_as_their_cells() -> None:
    """A varied column has the same values and violations as each of its cells alone."""
    texts = [text for _, text in DAMAGED] * 2
    texts += [f" {rule.example}\u200b\r\n" for rule in RULES.values()]
    differences = []

    for field in sorted(RULES):
        column_rule = ColumnRule(rule=RULES[field], is_required=True)
        varied = [*texts, *(f"{text}{at}" for at, text in enumerate(texts))]
        found = check_column(column_rule, column(varied), {}, str, {})
        for at, (text, value) in enumerate(zip(varied, found.cells.tolist(), strict=True)):
            expected = cleaned(RULES[field], text)
            violations = column_rule.violations(expected)
            if (value, tuple(found.violations.get(at, ()))) != (expected, violations):
                differences.append((field, text, value, expected))

    assert differences == []


def test_fast_check_accepts_the_examples() -> None:
    """Typical cells need no full check, except lists."""
    rejected = {field for field, rule in RULES.items() if not is_plain(field, rule.example)}

    assert rejected == {"operation_types"}


@pytest.mark.parametrize("repeats", [1, 1000])
def test_repeated_cells_are_all_checked(repeats: int) -> None:
    """Columns with few and with many distinct texts have the same result."""
    texts = [" a-name", "a b", "good-name", "", "#REF!", "other-name "] * repeats
    kinds = {2: CellKind.DATE}

    found = check_column(
        ColumnRule(rule=RULES["task_name"], is_required=True),
        column(texts),
        kinds,
        lambda at: f"A{at + 2}",
        {},
    )

    assert list(found.cells) == ["a-name", "a b", "good-name", "", "#REF!", "other-name"] * repeats
    assert list(found.cleaned) == [at for at in range(len(texts)) if at % 6 in {0, 5}]
    assert sorted(found.violations) == sorted(
        {at for at in range(len(texts)) if at % 6 in {1, 3, 4}} | {2}
    )


def test_valid_column_is_not_copied() -> None:
    """A valid chunk needs no additional memory."""
    texts = column([f"name-{number}" for number in range(1000)])

    found = check_column(ColumnRule(rule=RULES["task_name"], is_required=True), texts, {}, str, {})

    assert found.cells is texts
    assert (found.cleaned, found.violations) == ([], {})


def test_rounded_ids_are_detected_by_their_column() -> None:
    """Two ids of eighteen digits that both end in zeros were stored as numbers."""
    texts = ["123456789012345000", "7f3c9a41d2e8", "987654321098765000 ", "1001"]

    found = check_column(
        ColumnRule(rule=RULES["task_id"], is_required=False), column(texts), {}, str, {}
    )

    assert {
        at: [violation.rule for violation in found.violations[at]] for at in found.violations
    } == {
        0: ["task_id.long_number"],
        2: ["task_id.long_number"],
    }
