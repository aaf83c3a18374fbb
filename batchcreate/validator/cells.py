"""Rules on single cells and on the columns of a chunk: violations, messages, cleaned values."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import compress, count, filterfalse
from operator import not_
from typing import Final

from batchcreate import messages
from batchcreate.models import CellKind, Severity
from batchcreate.rules import RULES, TAG, Rule, pattern, split_values, to_upper
from batchcreate.validator.damage import (
    BLANKS,
    INVISIBLE,
    KEPT_DIGITS,
    Damage,
    cleaned,
    find_damage,
    rounded_ids,
    whole_number,
)
from batchcreate.validator.suggestions import Suggestion, suggest

MAX_VALUES: Final = 10
"""Maximum number of invalid values of one list that a message names."""

_DIGITS: Final = re.compile(r"[0-9]+")
_SCIENTIFIC: Final = re.compile(r"-?[0-9]+(?:[.,][0-9]+)?[eE][+-]?[0-9]+")
_KIND_REASONS: Final = {
    CellKind.ERROR: "spreadsheet_error",
    CellKind.NO_RESULT: "no_result",
    CellKind.MERGED: "merged",
}
_FACTS: Final = {
    language: {rule.field: messages.facts_of(rule, language) for rule in RULES.values()}
    for language in messages.LANGUAGES
}
_NO_SUGGESTION: Final = Suggestion()
_UNIQUE: Final = frozenset({"task_name", "task_id"})
_FIXABLE: Final[frozenset[Damage]] = frozenset({"number", "encoding"})
_SAMPLE_CELLS: Final = 256
_ENDS: Final = re.escape(BLANKS + INVISIBLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class KindRejection:
    """
    The reason why a cell is rejected because of its kind.

    Attributes:
        reason: the last part of the id of a rule.
        suggestion: see `Issue`.

    """

    reason: str
    suggestion: str = ""


def reject_kind(rule: Rule, kind: CellKind, text: str) -> KindRejection | None:
    """
    Return why a cell of *kind* with the displayed *text* is rejected, or None if it is not.

    Accepted kinds are equivalent to their text: integers as names or ids, numbers and booleans
    in free text and in fields with known values.
    """
    if kind in _KIND_REASONS:
        return KindRejection(reason=_KIND_REASONS[kind])
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


def _garbled_ideographs() -> str:
    """Return the characters that UTF-8 or accented letters become when they are read as GBK."""
    pairs = [bytes((lead, trail)) for lead in range(0xC0, 0xFF) for trail in range(0x41, 0x7B)]
    pairs += [
        bytes((lead, trail)) for lead in (*range(0xE2, 0xEA), 0xEF) for trail in range(0x80, 0xC0)
    ]
    chars = {pair.decode("gbk", "ignore")[:1] for pair in pairs}
    return "".join(sorted(chars - set(map(chr, range(0x80)))))


_SUSPICIOUS: Final = f"?\x7f-\xff\ufffd锟{_garbled_ideographs()}"
"""Characters that occur in garbled texts; other texts may contain them too."""

_LONG: Final = 10
"""Minimum length of names and ids that are not placeholders; shorter ones must have a digit."""


def _accepted_pattern(rule: Rule) -> str:
    if rule.max_items > 1:
        return r"(?!)"
    if rule.values:
        return pattern(rule).pattern
    if rule.is_text:
        char = f"{rule.charset.pattern[:-1]}\r{_SUSPICIOUS}]"
        body = f"{char}{{{rule.min_length},{rule.max_length}}}"
        return f"(?![{_ENDS}#]|(?i:Err):|错误){body}(?<![{_ENDS}])"
    rule = replace(rule, charset=TAG) if rule.is_id else rule
    long = pattern(replace(rule, min_length=_LONG)).pattern
    short = pattern(replace(rule, max_length=_LONG - 1)).pattern
    # These endings are typical of numbers that programs wrote.
    is_not_number = r"(?<!00)" if rule.is_id else r"(?<!\.0)(?<!\.00)(?<![eE]-[0-9][0-9])"
    return f"(?:{long}|(?=[^0-9]*[0-9])(?![0-9][eE]-){short}){is_not_number}"


ACCEPTED: Final[Mapping[str, Callable[[str], object]]] = {
    rule.field: re.compile(_accepted_pattern(rule), re.ASCII if rule.values else 0).fullmatch
    for rule in RULES.values()
}
"""For each field a fast check that is true only for texts that are valid without cleaning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """
    A broken rule, without the location of the cell.

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
        if found := "long_number" if is_rounded else find_damage(self.rule, text):
            suggestion = suggest(self.rule, text) if found in _FIXABLE else _NO_SUGGESTION
            return (self._violation(found, text, suggestion),)
        if self.rule.max_items > 1:
            return tuple(self._list_violations(text))
        if self.rule.values:
            return tuple(self._value_violations(text))
        return tuple(self._text_violations(text))

    def kind_violation(
        self, kind: CellKind, text: str, cell: str, *, covering: str = ""
    ) -> Violation | None:
        """
        Return the violation of a cell because of its kind, or None if its text decides.

        Args:
            kind: the kind of the cell.
            text: the displayed text.
            cell: the address of the cell.
            covering: the text of the cell with which it is merged; the suggestion, except for
                names and ids, which must be unique.

        """
        rejection = reject_kind(self.rule, kind, text)
        if rejection is None:
            return None
        suggestion = Suggestion(value=rejection.suggestion or self._covering_value(covering))
        return self._violation(rejection.reason, text, suggestion, cell=cell)

    def _covering_value(self, covering: str) -> str:
        text = cleaned(self.rule, covering)
        return "" if self.rule.field in _UNIQUE or self.violations(text) else text

    def _text_violations(self, text: str) -> Iterator[Violation]:
        rule = self.rule
        length = "too_short" if len(text) < rule.min_length else ""
        length = "too_long" if len(text) > rule.max_length else length
        allowed = re.compile(rule.charset.pattern)
        unexpected = [(at, char) for at, char in enumerate(text, 1) if not allowed.fullmatch(char)]
        is_first_wrong = (
            rule.first and allowed.match(text) and not re.match(rule.first.pattern, text)
        )
        if length and not unexpected:
            yield self._violation(length, text)
        if not unexpected and not is_first_wrong:
            return
        suggestion = suggest(rule, text)
        if unexpected:
            described = messages.describe_characters(
                unexpected, language=self.language, is_brief=bool(length)
            )
            key = f"combined.charset_{length}" if length else ""
            yield self._violation("charset", text, suggestion, key=key, unexpected=described)
        if is_first_wrong:
            described = messages.describe_character(text[0], language=self.language)
            yield self._violation("first", text, suggestion, unexpected=described)

    def _value_violations(self, text: str) -> Iterator[Violation]:
        if not pattern(self.rule).fullmatch(text):
            reason = "impossible" if to_upper(text) in self.rule.impossible else "value"
            yield self._violation(reason, text, suggest(self.rule, text))

    def _list_violations(self, text: str) -> Iterator[Violation]:
        rule, counts = self.rule, Counter(split_values(text))
        suggestion = suggest(rule, text) if len(counts) <= MAX_VALUES else _NO_SUGGESTION
        if not 1 <= len(counts) <= rule.max_items:
            number = len(counts) or messages.text("phrase.none", language=self.language)
            yield self._violation("count", text, suggestion, count=number, maximum=rule.max_items)
        if unknown := [value for value in counts if value not in rule.values]:
            yield self._unknown_values(unknown, text, suggestion)
        if repeated := [value for value in rule.values if counts[value] > 1]:
            listed = messages.listed(repeated, "and", language=self.language)
            yield self._violation("repeated", text, suggestion, repeated=listed)

    def _unknown_values(
        self, unknown: Sequence[str], text: str, suggestion: Suggestion
    ) -> Violation:
        quoted = [messages.quoted(value, language=self.language) for value in unknown[:MAX_VALUES]]
        if len(unknown) == 1:
            return self._violation("value", text, suggestion, value=quoted[0])
        listed = messages.listed_first(
            quoted, count=len(unknown), kind="values", language=self.language
        )
        return self._violation("value", text, suggestion, key="combined.values", values=listed)

    def _violation(
        self,
        reason: str,
        text: str,
        suggestion: Suggestion = _NO_SUGGESTION,
        *,
        key: str = "",
        **facts: object,
    ) -> Violation:
        rule_id = f"{self.rule.field}.{reason}"
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


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedColumn:
    """
    The checked cells of one column.

    Attributes:
        cells: the cleaned values.
        cleaned: positions of the accepted cells whose value differs from the text.
        violations: the violations and warnings of the cells, by position.

    """

    cells: Sequence[str]
    cleaned: Sequence[int]
    violations: Mapping[int, Sequence[Violation]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _CheckedText:
    value: str
    violations: Sequence[Violation]


def check_column(
    column_rule: ColumnRule,
    cells: Sequence[str],
    kinds: Mapping[int, CellKind],
    address: Callable[[int], str],
    covering: Mapping[int, str],
) -> CheckedColumn:
    """
    Check each of *cells*.

    Args:
        column_rule: the rule.
        cells: the texts of the column.
        kinds: kinds of the cells that are not text, by position.
        address: returns the address of the cell at a position.
        covering: texts of the cells with which others are merged, by position.

    """
    violations: dict[int, Sequence[Violation]] = {}
    for at, kind in kinds.items():
        found = column_rule.kind_violation(
            kind, cells[at], address(at), covering=covering.get(at, "")
        )
        if found:
            violations[at] = (found,)
    changed: dict[int, str] = {}
    for at, checked in _remarkable_cells(column_rule, cells):
        if checked.value != cells[at]:
            changed[at] = checked.value
        if checked.violations:
            violations.setdefault(at, checked.violations)
    rejected = {at for at, found in violations.items() if any(each.is_error for each in found)}
    return CheckedColumn(
        cells=_replaced(cells, changed) if changed else cells,
        cleaned=[at for at in changed if at not in rejected],
        violations=violations,
    )


def _remarkable_cells(
    column_rule: ColumnRule, cells: Sequence[str]
) -> Iterator[tuple[int, _CheckedText]]:
    """Yield the cells that are cleaned or rejected; each distinct text is checked once."""
    is_accepted = ACCEPTED[column_rule.rule.field]
    if _is_varied(cells):
        # For many distinct texts, the fast check is faster than removing duplicates first.
        positions: Iterable[int] = list(compress(count(), map(not_, map(is_accepted, cells))))
        checked = _check_texts(column_rule, dict.fromkeys(cells[at] for at in positions), cells)
        positions = (at for at in positions if cells[at] in checked)
    else:
        texts = filterfalse(is_accepted, dict.fromkeys(cells))
        checked = _check_texts(column_rule, texts, cells)
        positions = compress(count(), map(checked.__contains__, cells)) if checked else ()
    return ((at, checked[cells[at]]) for at in positions)


def _is_varied(cells: Sequence[str]) -> bool:
    sample = cells[:_SAMPLE_CELLS]
    return 2 * len(set(sample)) > len(sample)


def _check_texts(
    column_rule: ColumnRule, texts: Iterable[str], column: Iterable[str]
) -> Mapping[str, _CheckedText]:
    """Return those of *texts* that are cleaned or rejected."""
    values = {text: cleaned(column_rule.rule, text) for text in texts}
    rounded = rounded_ids(values.values(), column) if column_rule.rule.is_id else frozenset()
    checked = {
        text: _CheckedText(
            value=value, violations=column_rule.violations(value, is_rounded=value in rounded)
        )
        for text, value in values.items()
    }
    return {
        text: found for text, found in checked.items() if found.violations or found.value != text
    }


def _replaced(cells: Sequence[str], changed: Mapping[int, str]) -> Sequence[str]:
    replaced = list(cells)
    for at, text in changed.items():
        replaced[at] = text
    return replaced
