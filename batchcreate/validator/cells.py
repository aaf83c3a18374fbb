"""One cell against one rule: every breach of it, worded; the row does not matter here."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from batchcreate import messages
from batchcreate.models import CellKind
from batchcreate.rules import RULES, Rule, fold, items, pattern
from batchcreate.validator.cleaning import cleaned
from batchcreate.validator.damage import Damage, damage
from batchcreate.validator.kinds import verdict
from batchcreate.validator.suggestions import Meant, meant

MAX_VALUES = 10
"""Maximum number of invalid values of one list that a message names."""

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
        length = "too_short" if len(text) < rule.min_length else ""
        length = "too_long" if len(text) > rule.max_length else length
        allowed = re.compile(rule.charset.pattern)
        found = [(at, char) for at, char in enumerate(text, 1) if not allowed.fullmatch(char)]
        is_begun_wrong = (
            rule.first and allowed.match(text) and not re.match(rule.first.pattern, text)
        )
        if length and not found:
            yield self._breach(length, text)
        if not found and not is_begun_wrong:
            return
        suggested = meant(rule, text)
        if found:
            named = messages.describe_characters(
                found, language=self.language, is_brief=bool(length)
            )
            key = f"combined.charset_{length}" if length else ""
            yield self._breach("charset", text, suggested, key=key, unexpected=named)
        if is_begun_wrong:
            named = messages.describe_character(text[0], language=self.language)
            yield self._breach("first", text, suggested, unexpected=named)

    def _value_breaches(self, text: str) -> Iterator[Breach]:
        if not pattern(self.rule).fullmatch(text):
            kind = "impossible" if fold(text) in self.rule.impossible else "value"
            yield self._breach(kind, text, meant(self.rule, text))

    def _list_breaches(self, text: str) -> Iterator[Breach]:
        rule, counts = self.rule, Counter(items(text))
        suggested = meant(rule, text) if len(counts) <= MAX_VALUES else _NOTHING_MEANT
        if not 1 <= len(counts) <= rule.max_items:
            count = len(counts) or messages.text("phrase.none", language=self.language)
            yield self._breach("count", text, suggested, count=count, maximum=rule.max_items)
        if unknown := [value for value in counts if value not in rule.values]:
            yield self._breach_of_values(unknown, text, suggested)
        if repeated := [value for value in rule.values if counts[value] > 1]:
            named = messages.listed(repeated, "and", language=self.language)
            yield self._breach("repeated", text, suggested, repeated=named)

    def _breach_of_values(self, unknown: Sequence[str], text: str, suggested: Meant) -> Breach:
        quoted = [messages.quoted(value, language=self.language) for value in unknown[:MAX_VALUES]]
        if len(unknown) == 1:
            return self._breach("value", text, suggested, value=quoted[0])
        named = messages.listed_first(
            quoted, count=len(unknown), kind="values", language=self.language
        )
        return self._breach("value", text, suggested, key="combined.values", values=named)

    def _breach(
        self,
        kind: str,
        text: str,
        suggested: Meant = _NOTHING_MEANT,
        *,
        key: str = "",
        **facts: object,
    ) -> Breach:
        rule_id = f"{self.rule.field}.{kind}"
        known = _FACTS[self.language][self.rule.field] | {
            "value": messages.quoted(text, language=self.language),
            "length": messages.character_count(len(text), language=self.language),
            "did_you_mean": messages.did_you_mean(suggested.choice, language=self.language),
        }
        find, name = (messages.text, key) if key else (messages.message, rule_id)
        return Breach(
            rule=rule_id,
            message=find(name, known | facts, language=self.language),
            suggestion=suggested.suggestion,
        )
