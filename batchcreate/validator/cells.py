"""Rules on single cells: violations and their messages."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from batchcreate import messages
from batchcreate.models import CellKind, Severity
from batchcreate.rules import (
    RULES,
    UNIQUE_FIELDS,
    Rule,
    allowed,
    pattern,
    split_parts,
    to_upper,
    value_of,
)
from batchcreate.validator.converted_values import (
    KEPT_DIGITS,
    Damage,
    find_damage,
    find_doubt,
    is_date_like,
    is_totals,
    whole_number,
)
from batchcreate.validator.damage import cleaned
from batchcreate.validator.suggestions import Suggestion, suggest

MAX_VALUES: Final = 10
"""Maximum number of invalid values of one list that a message names."""

TOTALS_ROW: Final = "row.totals"
"""The rule that rows of totals break; their other cells need no checks."""

_DIGITS: Final = re.compile(r"[0-9]+")
_SCIENTIFIC: Final = re.compile(r"-?[0-9]+(?:[.,][0-9]+)?[eE][+-]?[0-9]+")
_KIND_REASONS: Final = {
    CellKind.ERROR: "spreadsheet_error",
    CellKind.NO_RESULT: "no_result",
    CellKind.MERGED: "merged",
    CellKind.COVERED: "covered",
    CellKind.FORMATTED: "formatted",
    CellKind.LOCALIZED: "formatted",
    CellKind.NOT_DISPLAYED: "not_displayed",
}
_FACTS: Final = {
    language: {rule.field: messages.facts_of(rule, language) for rule in RULES.values()}
    for language in messages.LANGUAGES
}
_LENGTHS: Final = frozenset({"too_short", "too_long"})
_COMBINED: Final[Mapping[tuple[str, ...], str]] = {
    ("charset", "first"): "combined.charset_first",
    ("charset", "too_short"): "combined.charset_too_short",
    ("charset", "too_long"): "combined.charset_too_long",
    ("first", "too_short"): "combined.first_too_short",
    ("first", "too_long"): "combined.first_too_long",
    ("charset", "first", "too_short"): "combined.charset_first_too_short",
    ("charset", "first", "too_long"): "combined.charset_first_too_long",
}
"""The message for several problems of one text."""

_NO_SUGGESTION: Final = Suggestion()
_FIXABLE: Final[frozenset[Damage]] = frozenset({"number", "encoding"})


@dataclass(frozen=True, slots=True, kw_only=True)
class KindRejection:
    """
    The reason why a cell is rejected because of its kind.

    Attributes:
        reason: the last part of the id of a rule.
        suggestion: see `Issue`.
        severity: see `Severity`.

    """

    reason: str
    suggestion: str = ""
    severity: Severity = Severity.ERROR


def reject_kind(rule: Rule, kind: CellKind, text: str) -> KindRejection | None:
    """
    Return why a cell of *kind* with the displayed *text* is rejected, or None if it is not.

    Accepted kinds are equivalent to their text: integers as names or ids, numbers and booleans
    in free text and in fields with known values.
    """
    if kind in _KIND_REASONS:
        return KindRejection(reason=_KIND_REASONS[kind])
    if kind is CellKind.ZERO_RESULT:
        warning = KindRejection(reason="zero_result", severity=Severity.WARNING)
        return None if rule.values else warning
    if kind is CellKind.DATE:
        suggestion = cleaned(rule, text) if rule.is_text else ""
        return KindRejection(reason="date", suggestion=suggestion)
    if rule.values or rule.is_text:
        return None
    if kind is CellKind.BOOLEAN:
        return KindRejection(reason="boolean")
    return _reject_number(text)


def _reject_number(text: str) -> KindRejection | None:
    is_whole = _DIGITS.fullmatch(text)
    if is_whole and len(text) <= KEPT_DIGITS:
        return None
    if is_whole or _SCIENTIFIC.fullmatch(text):
        return KindRejection(reason="long_number")
    return KindRejection(reason="number", suggestion=whole_number(text))


class Violation(NamedTuple):
    """
    A broken rule, without the location of the cell; a tuple, because there can be millions.

    Attributes:
        rule: stable id such as ``task_name.charset``.
        message: see `Issue`.
        suggestion: see `Issue`.
        severity: see `Severity`.

    """

    rule: str
    message: str
    suggestion: str = ""
    severity: Severity = Severity.ERROR

    @property
    def is_error(self) -> bool:
        """True if the row is rejected."""
        return self.severity is Severity.ERROR


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnRule:
    """
    The rule of a field, applied to the cells of one column.

    Attributes:
        rule: the rule of the field.
        is_required: True if an empty cell is a violation.
        language: language of the messages.

    """

    rule: Rule
    is_required: bool
    language: str = "en"

    def violations(self, text: str, *, is_rounded: bool = False) -> tuple[Violation, ...]:
        """
        Return every violation in *text*.

        Args:
            text: the cleaned text of the cell.
            is_rounded: True if the other cells of the column show that digits are lost.

        """
        if not text:
            return (self._violation("missing", text),) if self.is_required else ()
        if self.rule.field == "task_name" and is_totals(text):
            return (self._violation(TOTALS_ROW, text),)
        if damage := "long_number" if is_rounded else find_damage(self.rule, text):
            suggestion = suggest(self.rule, text) if damage in _FIXABLE else _NO_SUGGESTION
            return (self._violation(damage, text, suggestion),)
        if self.rule.max_items > 1:
            found = self._list_violation(text)
        elif self.rule.is_choice:
            found = self._value_violation(text)
        else:
            found = self._text_violation(text)
        if not found and (doubt := find_doubt(self.rule, text)):
            found = self._violation(doubt, text)._replace(severity=Severity.WARNING)
        return (found,) if found else ()

    def kind_violation(
        self, kind: CellKind, text: str, cell: str, *, covering: str = ""
    ) -> Violation | None:
        """
        Return the violation of a cell because of its kind, or None if its text decides.

        Args:
            kind: the kind of the cell.
            text: the displayed text.
            cell: the address of the cell.
            covering: the text of the cell with which it is merged, which is the suggestion except
                for names and ids, or the stored value.

        """
        rejection = reject_kind(self.rule, kind, text)
        if rejection is None:
            return None
        value = self._valid_text(text) if kind is CellKind.FORMATTED else ""
        if kind is CellKind.MERGED:
            value = self._covering_value(covering)
        suggestion = Suggestion(value=rejection.suggestion or value)
        stored = messages.quoted(covering, language=self.language)
        key = "combined.hidden" if rejection.reason == "formatted" and not text else ""
        violation = self._violation(
            rejection.reason, text, suggestion, key=key, cell=cell, stored=stored
        )
        return violation._replace(severity=rejection.severity)

    def _valid_text(self, text: str) -> str:
        """Return *text* as it can be typed, or nothing if it would be rejected."""
        value = cleaned(self.rule, text)
        return "" if any(found.is_error for found in self.violations(value)) else value

    def _covering_value(self, covering: str) -> str:
        return "" if self.rule.field in UNIQUE_FIELDS else self._valid_text(covering)

    def _text_violation(self, text: str) -> Violation | None:
        """Return one violation for everything that is wrong with the characters of *text*."""
        rule = self.rule
        others = allowed(rule).sub("", text)
        unexpected = [(at, char) for at, char in enumerate(text, 1) if char in others]
        faults = list(self._faults(text, is_unexpected=bool(unexpected)))
        if not faults:
            return None
        is_brief = faults[-1] in _LENGTHS
        if faults[0] in _LENGTHS:
            return self._violation(faults[0], text)
        first = (
            messages.describe_character(text[0], language=self.language)
            if "first" in faults
            else ""
        )
        described = messages.describe_characters(
            unexpected, language=self.language, is_brief=is_brief
        )
        is_date = bool(unexpected) and is_date_like(text)
        return self._violation(
            faults[0],
            text,
            suggest(rule, text),
            key="combined.charset_date" if is_date else _COMBINED.get(tuple(faults), ""),
            unexpected=described if unexpected else first,
            first=first,
        )

    def _faults(self, text: str, *, is_unexpected: bool) -> Iterator[str]:
        """Yield the rules for characters and length that *text* breaks."""
        rule = self.rule
        if is_unexpected:
            yield "charset"
        starts = rule.first and allowed(rule).match(text)
        if rule.first and starts and not re.match(rule.first.pattern, text):
            yield "first"
        if len(text) < rule.min_length:
            yield "too_short"
        if len(text) > rule.max_length:
            yield "too_long"

    def _value_violation(self, text: str) -> Violation | None:
        if pattern(self.rule).fullmatch(text):
            return None
        reason = "impossible" if to_upper(text) in self.rule.impossible else "value"
        return self._violation(reason, text, suggest(self.rule, text))

    def _list_violation(self, text: str) -> Violation | None:
        """Return one violation for all wrong values of a list, which are quoted as typed."""
        rule, parts = self.rule, split_parts(text)
        counts = Counter(map(value_of, parts))
        suggestion = suggest(rule, text) if len(counts) <= MAX_VALUES else _NO_SUGGESTION
        repeated = messages.listed(
            [value for value in rule.values if counts[value] > 1], "and", language=self.language
        )
        if unknown := [part for part in dict.fromkeys(parts) if value_of(part) not in rule.values]:
            return self._unknown_values(unknown, text, suggestion, repeated)
        if not counts:
            number = messages.text("phrase.none", language=self.language)
            return self._violation("count", text, suggestion, count=number, maximum=rule.max_items)
        return (
            self._violation("repeated", text, suggestion, repeated=repeated) if repeated else None
        )

    def _unknown_values(
        self, unknown: Sequence[str], text: str, suggestion: Suggestion, repeated: str
    ) -> Violation:
        quoted = [messages.quoted(value, language=self.language) for value in unknown[:MAX_VALUES]]
        if len(unknown) == 1 and not repeated:
            return self._violation("value", text, suggestion, value=quoted[0])
        listed = messages.listed_first(
            quoted, count=len(unknown), kind="values", language=self.language
        )
        key = "combined.values_repeated" if repeated else "combined.values"
        return self._violation(
            "value", text, suggestion, key=key, values=listed, repeated=repeated
        )

    def _violation(
        self,
        reason: str,
        text: str,
        suggestion: Suggestion = _NO_SUGGESTION,
        *,
        key: str = "",
        **facts: object,
    ) -> Violation:
        rule_id = reason if "." in reason else f"{self.rule.field}.{reason}"
        known = _FACTS[self.language][self.rule.field] | {
            "value": messages.quoted(text, language=self.language),
            "length": messages.character_count(len(text), language=self.language),
            "did_you_mean": messages.did_you_mean(suggestion.choices, language=self.language),
        }
        find, name = (messages.text, key) if key else (messages.message, rule_id)
        return Violation(
            rule=rule_id,
            message=find(name, known | facts, language=self.language),
            suggestion=suggestion.value,
        )


def clean_value(field: str, typed: str) -> str:
    """Return *typed* as a value of *field*, with the automatic corrections of cells."""
    return cleaned(RULES[field], typed)


def check_value(field: str, text: str, *, language: str = "en") -> Sequence[Violation]:
    """Return every violation in *text*, the cleaned value of *field*; it must not be empty."""
    return ColumnRule(rule=RULES[field], is_required=True, language=language).violations(text)


def is_certain(field: str, suggestion: str) -> bool:
    """Return True if *suggestion* is a value of *field* without any violation."""
    if field not in RULES or cleaned(RULES[field], suggestion) != suggestion:
        return False
    return not check_value(field, suggestion)
