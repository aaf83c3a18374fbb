"""Columns of the template, one for each field of the rules, and the template as CSV."""

import csv
import io
import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from batchcreate.messages import example_of, facts_of, sentences, text, texts
from batchcreate.rules import RULES, Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateColumn:
    """
    One column of the template.

    Attributes:
        rule: rule of the field.
        index: zero-based position (0 is column A).
        heading: heading of the column.
        example: value in the instructions.
        example_cell: cell in the example row; the first one starts with the example mark.
        need: whether the field is required, and its valid values.
        note: comment of the heading, several lines.
        refusal: message for an invalid value.

    """

    rule: Rule
    index: int
    heading: str
    example: str
    example_cell: str
    need: str
    note: str
    refusal: str


def template_columns(language: str) -> Sequence[TemplateColumn]:
    """Return the columns in the order of the rules."""
    return [_column(rule, index, language) for index, rule in enumerate(RULES.values())]


def choices(rule: Rule) -> Sequence[str]:
    """Return the valid cells of a field with known values, each set of values once."""
    possible = [value for value in rule.values if value not in rule.impossible]
    return [
        ",".join(chosen)
        for size in range(1, rule.max_items + 1)
        for chosen in itertools.combinations(possible, size)
    ]


def template_csv(language: str) -> bytes:
    """Return the template in UTF-8 with the byte order mark that Excel requires."""
    content = io.StringIO(newline="")
    columns = template_columns(language)
    csv.writer(content).writerows(
        [[column.heading for column in columns], [column.example_cell for column in columns]]
    )
    return content.getvalue().encode("utf-8-sig")


def _column(rule: Rule, index: int, language: str) -> TemplateColumn:
    facts = facts_of(rule, language)
    mark = "" if index else text("template.example_mark", language=language)
    example = example_of(rule, language)
    need = _need(rule, facts, language)
    note = [str(facts["title"]), need, text("template.example", facts, language=language)]
    return TemplateColumn(
        rule=rule,
        index=index,
        heading=rule.field if language == "en" else str(facts["title"]),
        example=example,
        example_cell=f"{mark}{example}",
        need=need,
        note="\n".join(note),
        refusal=text(
            "template.choose" if rule.values else "phrase.enter", facts, language=language
        ),
    )


def _need(rule: Rule, facts: dict[str, object], language: str) -> str:
    key = f"template.need.{rule.field}"
    if key not in texts(language):
        key = "template.need.required" if rule.is_mandatory else "template.need.optional"
    need = text(key, facts, language=language)
    if rule.is_in_body:
        return need
    return sentences(need, text("template.target_default", language=language))
