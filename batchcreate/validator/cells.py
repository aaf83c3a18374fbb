"""Rules on columns and single cells."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import compress, count, filterfalse
from operator import not_
from typing import Final

from batchcreate import messages
from batchcreate.models import CellKind
from batchcreate.rules import RULES, TAG, Rule, fold, items, pattern
from batchcreate.validator.damage import (
    BLANKS,
    INVISIBLE,
    KEPT_DIGITS,
    Damage,
    cleaned,
    damage,
    rounded,
    whole_number,
)
from batchcreate.validator.suggestions import Meant, meant

_DIGITS: Final = re.compile(r"[0-9]+")
_SCIENTIFIC: Final = re.compile(r"-?[0-9]+(?:[.,][0-9]+)?[eE][+-]?[0-9]+")
_REASONS: Final = {
    CellKind.ERROR: "spreadsheet_error",
    CellKind.NO_RESULT: "no_result",
    CellKind.MERGED: "merged",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """
    Why a cell is refused whatever it shows.

    Attributes:
        reason: the last part of a rule's id.
        suggestion: see `Issue`.

    """

    reason: str
    suggestion: str = ""


def verdict(rule: Rule, kind: CellKind, text: str) -> Verdict | None:
    """
    Return why a cell of *kind* that shows *text* is refused.

    ``None`` says that it is as good as the text: a whole number in a column of names or ids, a
    number or truth value in a text, and what no known value can be mistaken for.
    """
    if kind in _REASONS:
        return Verdict(reason=_REASONS[kind])
    if kind is CellKind.DATE:
        return Verdict(reason="date", suggestion=cleaned(rule, text) if rule.is_text else "")
    if rule.values or rule.is_text:
        return None
    if kind is CellKind.BOOLEAN:
        return Verdict(reason="boolean")
    return _verdict_on_number(text)


def _verdict_on_number(text: str) -> Verdict | None:
    is_whole = _DIGITS.fullmatch(text)
    if is_whole and len(text) <= KEPT_DIGITS:
        return None
    if is_whole or _SCIENTIFIC.fullmatch(text):
        return Verdict(reason="long_number")
    return Verdict(reason="number", suggestion=whole_number(text))


_ENDS: Final = re.escape(BLANKS + INVISIBLE)


def _ideographs() -> str:
    """Return what Chinese programs read the bytes of UTF-8 or of accented letters as."""
    pairs = [bytes((lead, trail)) for lead in range(0xC0, 0xFF) for trail in range(0x41, 0x7B)]
    pairs += [
        bytes((lead, trail)) for lead in (*range(0xE2, 0xEA), 0xEF) for trail in range(0x80, 0xC0)
    ]
    return "".join(
        sorted({pair.decode("gbk", "ignore")[:1] for pair in pairs} - set(map(chr, range(0x80))))
    )


_SUSPICIOUS: Final = f"?\x7f-\xff\ufffd锟{_ideographs()}"
"""Characters that texts damaged by an encoding have, beside many others that have them too."""


_LONG: Final = 10
"""Names and ids of that many characters are no placeholders, shorter ones have to show a digit."""


def _plain(rule: Rule) -> str:
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
    # Numbers that programs wrote end like this, and hardly anything else does.
    is_no_number = r"(?<!00)" if rule.is_id else r"(?<!\.0)(?<!\.00)(?<![eE]-[0-9][0-9])"
    return f"(?:{long}|(?=[^0-9]*[0-9])(?![0-9][eE]-){short}){is_no_number}"


PLAIN: Final[Mapping[str, Callable[[str], object]]] = {
    rule.field: re.compile(_plain(rule), re.ASCII if rule.values else 0).fullmatch
    for rule in RULES.values()
}
"""For each field what is true for a text that is accepted as it is."""


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


_SAMPLE = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedColumn:
    """
    The cells of one column.

    Attributes:
        cells: what is taken for each.
        cleaned: positions of the cells for which something else is taken than was typed.
        broken: by position the breaches of the cells that are refused.

    """

    cells: Sequence[str]
    cleaned: Sequence[int]
    broken: Mapping[int, Sequence[Breach]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    taken: str
    breaches: Sequence[Breach]


def judged(
    judge: Judge,
    cells: Sequence[str],
    kinds: Mapping[int, CellKind],
    address: Callable[[int], str],
    covering: Mapping[int, str],
) -> JudgedColumn:
    """
    Hold every one of *cells* against the rule.

    Args:
        judge: knows the rule.
        cells: the texts of the column.
        kinds: by position what is no text.
        address: gives the spreadsheet's name of the cell at a position.
        covering: by position what the cell shows with which one is merged.

    """
    broken = dict(_broken_kinds(judge, cells, kinds, address, covering))
    changed: dict[int, str] = {}
    for at, found in _remarkable(judge, cells):
        if found.taken != cells[at]:
            changed[at] = found.taken
        if found.breaches:
            broken.setdefault(at, found.breaches)
    return JudgedColumn(
        cells=_replaced(cells, changed) if changed else cells,
        cleaned=[at for at in changed if at not in broken],
        broken=broken,
    )


def _remarkable(judge: Judge, cells: Sequence[str]) -> Iterator[tuple[int, _Judged]]:
    """Give the cells that are not taken as they are; each distinct text is looked at once."""
    is_plain = PLAIN[judge.rule.field]
    if _is_varied(cells):
        # To put every text into a table first would take longer than to look at it.
        places: Iterable[int] = list(compress(count(), map(not_, map(is_plain, cells))))
        found = _looked_at(judge, dict.fromkeys(cells[at] for at in places), cells)
        places = (at for at in places if cells[at] in found)
    else:
        found = _looked_at(judge, filterfalse(is_plain, dict.fromkeys(cells)), cells)
        places = compress(count(), map(found.__contains__, cells)) if found else ()
    return ((at, found[cells[at]]) for at in places)


def _is_varied(cells: Sequence[str]) -> bool:
    sample = cells[:_SAMPLE]
    return 2 * len(set(sample)) > len(sample)


def _looked_at(judge: Judge, odd: Iterable[str], column: Iterable[str]) -> Mapping[str, _Judged]:
    taken = {text: cleaned(judge.rule, text) for text in odd}
    lost = rounded(taken.values(), column) if judge.rule.is_id else frozenset()
    found = {
        text: _Judged(taken=clean, breaches=judge.breaches(clean, is_rounded=clean in lost))
        for text, clean in taken.items()
    }
    return {
        text: remark for text, remark in found.items() if remark.breaches or remark.taken != text
    }


def _broken_kinds(
    judge: Judge,
    cells: Sequence[str],
    kinds: Mapping[int, CellKind],
    address: Callable[[int], str],
    covering: Mapping[int, str],
) -> Iterator[tuple[int, Sequence[Breach]]]:
    for at, kind in kinds.items():
        shown = covering.get(at, "")
        if breach := judge.breach_of_kind(kind, cells[at], address(at), covering=shown):
            yield at, (breach,)


def _replaced(cells: Sequence[str], changed: Mapping[int, str]) -> Sequence[str]:
    replaced = list(cells)
    for at, text in changed.items():
        replaced[at] = text
    return replaced
