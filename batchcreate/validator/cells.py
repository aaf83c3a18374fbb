"""One cell's text against one rule: every breach of it, worded; the row does not matter here."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from batchcreate import messages
from batchcreate.rules import RULES, Rule, fold, items, pattern
from batchcreate.validator import suggestions

MAX_VALUES = 10
"""How many values of one list are explained; honest cells have three."""

_FACTS = {rule.field: messages.facts_of(rule) for rule in RULES.values()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """
    One rule that a text breaks, wherever it stands.

    Attributes:
        rule: stable id such as ``task_name.charset``.
        message: see `Issue`.
        suggestion: see `Issue`.

    """

    rule: str
    message: str
    suggestion: str = ""


def breaches(rule: Rule, text: str, *, is_needed: bool) -> tuple[Breach, ...]:
    """Return every way in which *text*, its ends already stripped, breaks *rule*."""
    if not text:
        return (_breach(rule, "missing", text),) if is_needed else ()
    if rule.max_items > 1:
        return tuple(_list_breaches(rule, text))
    if rule.values:
        return tuple(_value_breaches(rule, text))
    return tuple(_text_breaches(rule, text))


def _text_breaches(rule: Rule, text: str) -> Iterator[Breach]:
    if len(text) < rule.min_length:
        yield _breach(rule, "too_short", text, length=messages.length(text))
    if len(text) > rule.max_length:
        yield _breach(rule, "too_long", text, length=messages.length(text))
    allowed = re.compile(rule.charset.pattern)
    found = [(at, char) for at, char in enumerate(text, start=1) if not allowed.fullmatch(char)]
    if found:
        named = messages.strangers(found)
        meant = suggestions.cleaned(rule, text) if len(text) <= rule.max_length else ""
        yield _breach(rule, "charset", text, suggestion=meant, strangers=named)
    if rule.first and allowed.match(text) and not re.match(rule.first.pattern, text):
        named = messages.character(text[0])
        meant = suggestions.cleaned(rule, text)
        yield _breach(rule, "first", text, suggestion=meant, stranger=named)


def _value_breaches(rule: Rule, text: str) -> Iterator[Breach]:
    if pattern(rule).fullmatch(text):
        return
    kind = "impossible" if fold(text) in rule.impossible else "value"
    possible = [value for value in rule.values if value not in rule.impossible]
    meant = possible if kind == "impossible" else suggestions.values_meant(rule, text)
    yield _breach(rule, kind, text, suggestion=messages.either(meant))


def _list_breaches(rule: Rule, text: str) -> Iterator[Breach]:
    counts = Counter(items(text))
    is_bounded = len(counts) <= MAX_VALUES
    meant = messages.either(suggestions.lists_meant(rule, text)) if is_bounded else ""
    if not 1 <= len(counts) <= rule.max_items:
        count = len(counts) or "no"
        yield _breach(rule, "count", text, suggestion=meant, count=count, maximum=rule.max_items)
    for value, times in islice(counts.items(), MAX_VALUES):
        if value not in rule.values:
            shown = messages.quoted(value)
            yield _breach(rule, "value", text, suggestion=meant, value=shown)
        elif times > 1:
            yield _breach(rule, "repeated", text, suggestion=meant, repeated=value)


def _breach(rule: Rule, kind: str, text: str, *, suggestion: str = "", **facts: object) -> Breach:
    known = _FACTS[rule.field] | {"value": messages.quoted(text)} | facts
    rule_id = f"{rule.field}.{kind}"
    return Breach(rule=rule_id, message=messages.message(rule_id, known), suggestion=suggestion)
