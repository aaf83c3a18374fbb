"""One cell's text against one rule: every breach of it, worded; the row does not matter here."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from batchcreate import messages
from batchcreate.rules import RULES, Rule, fold, items, pattern
from batchcreate.validator import suggestions

MAX_VALUES = 10
"""How many values of one list are explained; honest cells have three."""

_FACTS = {
    language: {rule.field: messages.facts_of(rule, language) for rule in RULES.values()}
    for language in messages.LANGUAGES
}


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


def breaches(
    rule: Rule, text: str, *, is_needed: bool, language: str = "en"
) -> tuple[Breach, ...]:
    """Return every way in which *text*, its ends already stripped, breaks *rule*."""
    said = _Wording(rule=rule, text=text, language=language)
    if not text:
        return (said.breach("missing"),) if is_needed else ()
    if rule.max_items > 1:
        return tuple(_list_breaches(said))
    if rule.values:
        return tuple(_value_breaches(said))
    return tuple(_text_breaches(said))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wording:
    """One cell under one rule, and the language in which it is talked about."""

    rule: Rule
    text: str
    language: str

    def breach(self, kind: str, *, suggestion: str = "", **facts: object) -> Breach:
        rule_id = f"{self.rule.field}.{kind}"
        known = _FACTS[self.language][self.rule.field] | {
            "value": messages.quoted(self.text, language=self.language),
            "length": messages.length(self.text, language=self.language),
            "perhaps": "",
        }
        text = messages.message(rule_id, known | facts, language=self.language)
        return Breach(rule=rule_id, message=text, suggestion=suggestion)


def _text_breaches(said: _Wording) -> Iterator[Breach]:
    rule, text = said.rule, said.text
    if len(text) < rule.min_length:
        yield said.breach("too_short")
    if len(text) > rule.max_length:
        yield said.breach("too_long")
    allowed = re.compile(rule.charset.pattern)
    found = [(at, char) for at, char in enumerate(text, start=1) if not allowed.fullmatch(char)]
    if found:
        named = messages.strangers(found, language=said.language)
        meant = suggestions.cleaned(rule, text) if len(text) <= rule.max_length else ""
        yield said.breach("charset", suggestion=meant, strangers=named)
    if rule.first and allowed.match(text) and not re.match(rule.first.pattern, text):
        named = messages.character(text[0], language=said.language)
        yield said.breach("first", suggestion=suggestions.cleaned(rule, text), stranger=named)


def _value_breaches(said: _Wording) -> Iterator[Breach]:
    rule, text = said.rule, said.text
    if pattern(rule).fullmatch(text):
        return
    kind = "impossible" if fold(text) in rule.impossible else "value"
    possible = [value for value in rule.values if value not in rule.impossible]
    meant = possible if kind == "impossible" else suggestions.values_meant(rule, text)
    yield said.breach(kind, **_meant(meant, said.language))


def _list_breaches(said: _Wording) -> Iterator[Breach]:
    rule, text = said.rule, said.text
    counts = Counter(items(text))
    is_bounded = len(counts) <= MAX_VALUES
    meant = _meant(suggestions.lists_meant(rule, text) if is_bounded else (), said.language)
    if not 1 <= len(counts) <= rule.max_items:
        count = len(counts) or messages.text("words.none", language=said.language)
        yield said.breach("count", count=count, maximum=rule.max_items, **meant)
    for value, times in islice(counts.items(), MAX_VALUES):
        if value not in rule.values:
            shown = messages.quoted(value, language=said.language)
            yield said.breach("value", value=shown, **meant)
        elif times > 1:
            yield said.breach("repeated", repeated=value, **meant)


def _meant(values: Sequence[str], language: str) -> dict[str, str]:
    """Return the one value to type instead, or the question which of several was meant."""
    return {
        "suggestion": values[0] if len(values) == 1 else "",
        "perhaps": messages.perhaps(values, language=language),
    }
