"""Whole columns: plain texts are passed over at once, the others are cleaned or refused."""

import json
from collections.abc import Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from batchcreate.models import CellKind, Chunk, Cleaning, Column, RowLocation
from batchcreate.rules import RULES
from batchcreate.validator import Checked, validate
from batchcreate.validator.cells import PLAIN, Judge, judged
from batchcreate.validator.damage import cleaned
from tests.damaged_cells import HARMLESS, HOPELESS, MENDABLE

ODD = [
    *(
        (field, typed)
        for table in (HARMLESS, MENDABLE)
        for field, pairs in table.items()
        for typed, meant in pairs
        if typed != meant
    ),
    *((field, text) for field, texts in HOPELESS.items() for text in texts),
]


def check(names: Sequence[str], descriptions: Sequence[str]) -> Checked:
    columns = {
        "description": Column(heading="What", index=0),
        "task_name": Column(heading="Name", index=1),
        "operation_types": Column(heading="How", index=2),
    }
    chunk = Chunk(
        file="tasks.csv",
        sheet="",
        columns=columns,
        numbers=list(range(2, len(names) + 2)),
        cells={
            "description": descriptions,
            "task_name": names,
            "operation_types": ["insert; Update"] * len(names),
        },
    )
    return validate(chunk, defaults={}, needs_target=False)


def cleaning(cell: str, column: str, before: str, after: str) -> Cleaning:
    place = RowLocation(file="tasks.csv", sheet="", number=int(cell[1:]))
    return Cleaning(location=place, column=column, cell=cell, before=before, after=after)


@pytest.mark.parametrize(("field", "text"), ODD)
def test_damaged_text_is_never_passed_over(field: str, text: str) -> None:
    """What needs cleaning or mending gets a second look."""
    assert not PLAIN[field](text)


@given(
    st.sampled_from(sorted(RULES)),
    st.one_of(
        st.text(max_size=40),
        st.text("0123456789abcdefEe.-_+N/Anulone ", max_size=24),
        st.sampled_from([text for _, text in ODD]).flatmap(
            lambda text: st.permutations(text).map("".join)
        ),
        st.builds("{}{}".format, st.text(max_size=3), st.sampled_from([text for _, text in ODD])),
    ),
)
@example("task_id", "1E-05")
@example("task_name", "none")
@example("description", "MÃ¼nchen")
def test_plain_text_is_accepted_as_it_is(field: str, text: str) -> None:
    """The short way leads to the same end as the long one."""
    judge = Judge(rule=RULES[field], is_needed=True)

    if PLAIN[field](text):
        assert cleaned(RULES[field], text) == text
        assert judge.breaches(text) == ()


@pytest.mark.parametrize("field", sorted(set(RULES) - {"operation_types"}))
def test_example_of_a_rule_is_plain(field: str) -> None:
    """Honest cells take the short way."""
    assert PLAIN[field](RULES[field].example)


@pytest.mark.parametrize("repeats", [1, 1000])
def test_every_cell_is_found_however_often_it_is_repeated(repeats: int) -> None:
    """Columns of few and of many different texts are looked through differently."""
    column = [" a-name", "a b", "good-name", "", "#REF!", "other-name "] * repeats
    kinds = {2: CellKind.DATE}

    found = judged(
        Judge(rule=RULES["task_name"], is_needed=True), column, kinds, lambda at: f"A{at + 2}", {}
    )

    assert list(found.cells) == ["a-name", "a b", "good-name", "", "#REF!", "other-name"] * repeats
    assert list(found.cleaned) == [at for at in range(len(column)) if at % 6 in {0, 5}]
    assert sorted(found.broken) == sorted(
        {at for at in range(len(column)) if at % 6 in {1, 3, 4}} | {2}
    )


def test_column_without_mistakes_is_not_copied() -> None:
    """A clean chunk costs no list per column."""
    column = [f"name-{number}" for number in range(1000)]

    found = judged(Judge(rule=RULES["task_name"], is_needed=True), column, {}, str, {})

    assert found.cells is column
    assert (found.cleaned, found.broken) == ([], {})


def test_cleanings_are_listed_row_by_row() -> None:
    """What is taken instead stands beside what was typed; refused cells are not among them."""
    checked = check(
        ["crm-1\u200b", "crm-2", " crm 3 ", "crm-4"], ["", "Two\r\nlines ", "ok", "\u00a0"]
    )

    assert list(checked.cleanings()) == [
        cleaning("B2", "Name", "crm-1\u200b", "crm-1"),
        cleaning("A3", "What", "Two\r\nlines ", "Two\nlines"),
        cleaning("A5", "What", "\u00a0", ""),
    ]
    assert checked.cleaned == 3


def test_cleaned_values_are_what_is_sent() -> None:
    """Keys, bodies and rejected rows know the cleaned value only."""
    checked = check([" crm-1 ", "\ufeffcrm 2"], ["one\r\ntwo", ""])

    assert [row[3] for row in checked.keys()] == ["crm-1", "crm 2"]  # noqa: SIM118  (no mapping)
    assert [(task.key.task_name, task.body.decode()) for task in checked.tasks("")] == [
        (
            "crm-1",
            '{"description":"one\\ntwo","operation_types":["INSERT","UPDATE"],"task_name":"crm-1"}',
        )
    ]
    assert [row.task_name for row in checked.rejected] == ["crm 2"]


def test_empty_cells_are_no_members_of_a_body() -> None:
    """Neither an empty text nor an empty value is sent."""
    cells = {
        "task_name": ["crm-1", "crm-2"],
        "operation_types": ["INSERT", "INSERT"],
        "task_type": ["", "realtime"],
        "task_tag": ["", "crm-tag"],
    }
    columns = {name: Column(heading=name, index=at) for at, name in enumerate(cells)}
    chunk = Chunk(file="f", sheet="", columns=columns, numbers=[2, 3], cells=cells)

    checked = validate(chunk, defaults={}, needs_target=False)

    assert [sorted(json.loads(task.body)) for task in checked.tasks("")] == [
        ["operation_types", "task_name"],
        ["operation_types", "task_name", "task_tag", "task_type"],
    ]


def test_rounded_ids_are_found_by_their_column() -> None:
    """Two ids of eighteen digits that both end in zeros have been numbers once."""
    column = ["123456789012345000", "7f3c9a41d2e8", "987654321098765000 ", "1001"]

    found = judged(Judge(rule=RULES["task_id"], is_needed=False), column, {}, str, {})

    assert {at: [breach.rule for breach in found.broken[at]] for at in found.broken} == {
        0: ["task_id.long_number"],
        2: ["task_id.long_number"],
    }


@given(st.sampled_from(sorted(RULES)), st.text(max_size=30), st.sampled_from(list(CellKind)))
def test_any_cell_of_any_kind_can_be_judged(field: str, text: str, kind: CellKind) -> None:
    """Whatever a file holds, the analyst gets an answer."""
    cells = {"task_name": ["crm-1"], "operation_types": ["INSERT"]} | {field: [text]}
    columns = {name: Column(heading=name, index=at) for at, name in enumerate(cells)}
    chunk = Chunk(
        file="f", sheet="", columns=columns, numbers=[2], cells=cells, kinds={field: {0: kind}}
    )

    for language in ("en", "zh"):
        checked = validate(chunk, defaults={}, needs_target=True, language=language)
        assert [row.location.number for row in checked.rejected] == [2]
