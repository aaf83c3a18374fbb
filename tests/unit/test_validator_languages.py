"""Every rule that can be broken is explained in every language, from real cells."""

import re

import pytest

from batchcreate import messages
from batchcreate.models import CellKind, Column, RepeatedRow, RowLocation
from batchcreate.rules import RULES
from batchcreate.validator import repeated_name_issues
from batchcreate.validator.cells import Breach, Judge
from batchcreate.validator.damage import cleaned
from tests.damaged_cells import HOPELESS, MENDABLE

OTHERS = [
    ("operation_types", "INSERT,UPDATE,DELETE,ALL"),
    ("task_id", "12345678901234500000"),
    ("task_id", "N/A"),
]
BORROWED = {"ID", "Excel"}


def broken(language: str) -> list[tuple[str, Breach]]:
    """Return every breach of the damaged cells and of each kind, with the cell's text."""
    cells = [(field, pair[0]) for field, pairs in MENDABLE.items() for pair in pairs]
    cells += [(field, text) for field, texts in HOPELESS.items() for text in texts]
    found = []
    for field, text in [*cells, *OTHERS]:
        judge = Judge(rule=RULES[field], is_needed=True, language=language)
        taken = cleaned(RULES[field], text)
        found += [(text, breach) for breach in judge.breaches(taken)]
        found += [(text, breach) for breach in judge.breaches(taken, is_rounded=True)]
        for kind in CellKind:
            breach = judge.breach_of_kind(kind, text, "C7")
            found += [(text, breach)] if breach else []
    return found


def repeated(language: str) -> str:
    row = RepeatedRow(
        location=RowLocation(file="a", sheet="", number=2),
        column=Column(heading="n", index=0),
        task_name="crm",
    )
    return repeated_name_issues([row, row], language=language)[0].rule


@pytest.mark.parametrize("language", messages.LANGUAGES)
def test_texts_are_those_of_the_rules_that_can_be_broken(language: str) -> None:
    """Each text is used, and each rule has one."""
    keys = {key for key in messages.texts(language) if key.startswith("rule.")}

    used = set()
    for rule in {breach.rule for _, breach in broken(language)} | {repeated(language)}:
        own, shared = f"rule.{rule}", f"rule.{rule.rpartition('.')[2]}"
        used.add(own if own in keys else shared)

    assert used == keys


def test_chinese_messages_hold_no_english_but_names_and_values() -> None:
    """What is not of the cell, of a field or of the API is Chinese."""
    values = {word for rule in RULES.values() for word in (*rule.values, rule.example)}
    for text, breach in broken("zh"):
        words = re.sub("A-Z|a-z|U.[0-9A-F]{4,6}", "", breach.message)
        for known in sorted({text, *values}, key=len, reverse=True):
            words = words.replace(known, "")
        words = re.sub(r"“[^”]*”", "", words)
        assert set(re.findall(r"[A-Za-z]{2,}", words)) <= BORROWED, breach.message
        assert "{" not in words.replace("{", "", text.count("{"))
        assert breach.message.endswith("。")


def test_languages_agree_on_everything_but_the_words() -> None:
    """Rule ids and suggestions are the same, so that files can be read by either analyst."""
    english, chinese = (
        [(text, breach.rule, breach.suggestion) for text, breach in broken(language)]
        for language in messages.LANGUAGES
    )

    assert english == chinese
