"""The columns of the template: one for each field of the rules table, worded in one language."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from batchcreate.loader.names import CHINESE
from batchcreate.messages import facts_of, text
from batchcreate.rules import RULES, Rule

MARKS: Final[Mapping[str, str]] = {"en": "EXAMPLE: ", "zh": "示例："}
"""What the example row begins with, by language; the loader passes such rows over."""

_CHINESE_HEADINGS: Final = {field: name for name, field in reversed(tuple(CHINESE.items()))}


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """
    One column of the template.

    Attributes:
        rule: of its field.
        index: zero-based position (0 is column A).
        text: the heading.
        example: its cell in the example row.
        need: whether it is mandatory, and what it takes.
        note: everything there is to know, several lines.
        refusal: what is said to somebody who typed something else.

    """

    rule: Rule
    index: int
    text: str
    example: str
    need: str
    note: str
    refusal: str


def headings(language: str) -> Sequence[Heading]:
    """Return the columns in the order of the rules table."""
    return [_heading(rule, index, language) for index, rule in enumerate(RULES.values())]


def choices(rule: Rule) -> Sequence[str]:
    """Return the cells that a field with known values takes, every set of values once."""
    possible = [value for value in rule.values if value not in rule.impossible]
    return [
        ",".join(chosen)
        for size in range(1, rule.max_items + 1)
        for chosen in itertools.combinations(possible, size)
    ]


def _heading(rule: Rule, index: int, language: str) -> Heading:
    facts = facts_of(rule, language)
    facts["wanted"] = str(facts["wanted"]).strip()

    def say(key: str) -> str:
        return text(f"template.{key}", facts, language=language)

    need = say("mandatory" if rule.is_mandatory else "optional")
    if not rule.is_in_body:
        need += say("target")
    return Heading(
        rule=rule,
        index=index,
        text=_CHINESE_HEADINGS[rule.field] if language == "zh" else rule.field,
        example=rule.example if index else MARKS[language] + rule.example,
        need=need,
        note=f"{facts['title']}\n{need}\n{say('example')}",
        refusal=say("choose" if rule.values else "refused"),
    )
