"""One cell against one rule: every breach of it, worded; the row does not matter here."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from batchcreate import messages
from batchcreate.models import CellKind
from batchcreate.rules import RULES, Rule, fold, items, pattern
from batchcreate.validator.cleaning import cleaned
from batchcreate.validator.damage import Damage, damage
from batchcreate.validator.kinds import verdict
from batchcreate.validator.suggestions import Meant, meant

MAX_VALUES = 10
"""How many values of one list are explained; honest cells have three."""

_FACTS = {
    language: {rule.field: messages.facts_of(rule, language) for rule in RULES.values()}
    for language in messages.LANGUAGES
}
_NOTHING_MEANT = Meant()
_UNIQUE = frozenset({"task_name", "task_id"})
_MENDABLE: frozenset[Damage] = frozenset({"number", "encoding"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """
    One rule that a cell breaks, wherever it stands.

    Attributes:
        rule: stable id such as ``task_name.charset``.
        message: see `Issue`.
        suggestion: see `Issue`.

    """

    rule: str
    message: str
    suggestion: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """
    Explains what is wrong with the cells of one column.

    Attributes:
        rule: of the column's field.
        is_needed: an empty cell is a breach.
        language: of the messages.

    """

    rule: Rule
    is_needed: bool
    language: str = "en"

    def breaches(self, text: str, *, is_rounded: bool = False) -> tuple[Breach, ...]:
        """
        Return every way in which *text*, cleaned, breaks the rule.

        Args:
            text: the cell.
            is_rounded: the other cells of the column tell that digits of it are lost.

        """
        if not text:
            return (self._breach("missing", text),) if self.is_needed else ()
        if found := "long_number" if is_rounded else damage(self.rule, text):
            suggested = meant(self.rule, text) if found in _MENDABLE else _NOTHING_MEANT
            return (self._breach(found, text, suggested),)
        if self.rule.max_items > 1:
            return tuple(self._list_breaches(text))
        if self.rule.values:
            return tuple(self._value_breaches(text))
        return tuple(self._text_breaches(text))

    def breach_of_kind(
        self, kind: CellKind, text: str, cell: str, *, covering: str = ""
    ) -> Breach | None:
        """
        Return what is wrong with a *cell* of *kind* that shows *text*; ``None`` if nothing is.

        What the one shows with which it is merged, *covering*, is meant for every row, unless it
        is a name.
        """
        found = verdict(self.rule, kind, text)
        if found is None:
            return None
        suggested = Meant(suggestion=found.suggestion or self._repeated(covering))
        return self._breach(found.reason, text, suggested, cell=cell)

    def _repeated(self, covering: str) -> str:
        text = cleaned(self.rule, covering)
        return "" if self.rule.field in _UNIQUE or self.breaches(text) else text

    def _text_breaches(self, text: str) -> Iterator[Breach]:
        rule = self.rule
        if len(text) < rule.min_length:
            yield self._breach("too_short", text)
        if len(text) > rule.max_length:
            yield self._breach("too_long", text)
        allowed = re.compile(rule.charset.pattern)
        found = [(at, char) for at, char in enumerate(text, 1) if not allowed.fullmatch(char)]
        is_begun_wrong = (
            rule.first and allowed.match(text) and not re.match(rule.first.pattern, text)
        )
        if not found and not is_begun_wrong:
            return
        suggested = meant(rule, text)
        if found:
            named = messages.strangers(found, language=self.language)
            yield self._breach("charset", text, suggested, strangers=named)
        if is_begun_wrong:
            named = messages.character(text[0], language=self.language)
            yield self._breach("first", text, suggested, stranger=named)

    def _value_breaches(self, text: str) -> Iterator[Breach]:
        if not pattern(self.rule).fullmatch(text):
            kind = "impossible" if fold(text) in self.rule.impossible else "value"
            yield self._breach(kind, text, meant(self.rule, text))

    def _list_breaches(self, text: str) -> Iterator[Breach]:
        rule, counts = self.rule, Counter(items(text))
        suggested = meant(rule, text) if len(counts) <= MAX_VALUES else _NOTHING_MEANT
        if not 1 <= len(counts) <= rule.max_items:
            count = len(counts) or messages.text("words.none", language=self.language)
            yield self._breach("count", text, suggested, count=count, maximum=rule.max_items)
        for value, times in islice(counts.items(), MAX_VALUES):
            if value not in rule.values:
                shown = messages.quoted(value, language=self.language)
                yield self._breach("value", text, suggested, value=shown)
            elif times > 1:
                yield self._breach("repeated", text, suggested, repeated=value)

    def _breach(
        self, kind: str, text: str, suggested: Meant = _NOTHING_MEANT, **facts: object
    ) -> Breach:
        rule_id = f"{self.rule.field}.{kind}"
        known = _FACTS[self.language][self.rule.field] | {
            "value": messages.quoted(text, language=self.language),
            "length": messages.length(text, language=self.language),
            "perhaps": messages.perhaps(suggested.choice, language=self.language),
        }
        return Breach(
            rule=rule_id,
            message=messages.message(rule_id, known | facts, language=self.language),
            suggestion=suggested.suggestion,
        )
