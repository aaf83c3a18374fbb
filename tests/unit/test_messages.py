"""What people read is complete, bounded and names what cannot be seen."""

import string

import pytest

from batchcreate import messages
from batchcreate.rules import RULES

KINDS = ("missing", "too_short", "too_long", "charset", "first", "value", "impossible")
OWN = (
    "operation_types.missing",
    "operation_types.value",
    "operation_types.count",
    "operation_types.repeated",
    "task_name.repeated",
)
FACTS = {
    "value": "'x'",
    "length": "2 characters",
    "strangers": "a space",
    "stranger": "'-'",
    "count": 4,
    "repeated": "INSERT",
    "others": "row 3",
}


@pytest.mark.parametrize("language", sorted(messages.CATALOGUES))
def test_catalogue_has_exactly_the_texts_that_can_be_asked_for(language: str) -> None:
    """No rule id is without text and no text without rule id, in any language."""
    assert sorted(messages.CATALOGUES[language]) == sorted(KINDS + OWN)


@pytest.mark.parametrize("field", sorted(RULES))
@pytest.mark.parametrize("language", sorted(messages.CATALOGUES))
def test_every_text_can_be_filled_in_for_every_field(field: str, language: str) -> None:
    """The facts of a rule and of a cell are all that a text refers to."""
    facts = messages.facts_of(RULES[field]) | FACTS

    texts = [messages.message(f"{field}.{kind}", facts, language=language) for kind in KINDS] + [
        messages.message(rule_id, facts, language=language) for rule_id in OWN
    ]

    assert all(text.endswith(".") for text in texts)


def test_texts_refer_to_nothing_but_names() -> None:
    """A placeholder never reaches into a value."""
    fields = [
        name
        for text in messages.ENGLISH.values()
        for _, name, *_ in string.Formatter().parse(text)
        if name is not None
    ]

    assert all(name.isidentifier() for name in fields)


def test_value_with_braces_stays_as_it_is() -> None:
    """A cell is never taken for a placeholder."""
    facts = messages.facts_of(RULES["task_type"]) | {"value": messages.quoted("{title}")}

    assert messages.message("task_type.value", facts) == (
        "'{title}' is not a known task type. Type REALTIME or leave the cell empty."
    )


def test_missing_name_says_what_to_type() -> None:
    """The whole rule and an example stand in the message."""
    facts = messages.facts_of(RULES["task_name"])

    assert messages.message("task_name.missing", facts) == (
        "The task name is empty. Type 3 to 100 characters: letters (A-Z, a-z), digits, dots,"
        " underscores and hyphens, beginning with a letter (A-Z, a-z) or a digit, for example"
        " crm-orders-cdc-01."
    )


@pytest.mark.parametrize(
    ("field", "wanted"),
    [
        ("operation_types", "one or more of INSERT, UPDATE or DELETE, separated by commas"),
        ("task_type", "REALTIME"),
        (
            "project_id",
            "1 to 64 characters: letters (A-Z, a-z), digits, underscores and hyphens",
        ),
    ],
)
def test_what_to_type_follows_the_rule(field: str, wanted: str) -> None:
    """Values, lists and free texts are asked for in their own words."""
    assert messages.facts_of(RULES[field])["wanted"] == wanted


def test_long_value_is_cut() -> None:
    """A message repeats sixty characters of a cell."""
    assert messages.quoted("x" * 61) == f"'{'x' * 60}…'"


@pytest.mark.parametrize(
    ("char", "name"),
    [
        (" ", "a space"),
        ("#", "'#'"),
        ("é", "'é' (U+00E9 LATIN SMALL LETTER E WITH ACUTE)"),
        ("\u0301", "U+0301 COMBINING ACUTE ACCENT"),
        ("\u200b", "U+200B ZERO WIDTH SPACE"),
        ("\u00a0", "U+00A0 NO-BREAK SPACE"),
        ("\t", "U+0009 TAB"),
        ("\x01", "U+0001 UNNAMED CHARACTER"),
        ("\ud800", "U+D800 UNNAMED CHARACTER"),
    ],
)
def test_character_is_named(char: str, name: str) -> None:
    """What can be seen is shown, what cannot has its code point."""
    assert messages.character(char) == name


def test_only_the_first_strangers_are_named() -> None:
    """The others are counted."""
    found = [(at, "#") for at in range(1, 6)]

    assert messages.strangers(found) == (
        "'#' at position 1, '#' at position 2, '#' at position 3 and 2 more"
    )


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ((), ""),
        (("INSERT",), "INSERT"),
        (("UPDATE", "INSERT"), "UPDATE or INSERT?"),
        (("A", "B", "C"), "A, B or C?"),
    ],
)
def test_several_values_make_a_question(values: tuple[str, ...], text: str) -> None:
    """One suggestion is a value to type, several are a choice."""
    assert messages.either(values) == text


@pytest.mark.parametrize(
    ("index", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")]
)
def test_columns_have_the_letters_of_spreadsheet_programs(index: int, letters: str) -> None:
    """After Z comes AA, after ZZ comes AAA."""
    assert messages.column_letters(index) == letters
    assert messages.cell_address(index, 7) == f"{letters}7"
