"""The rules of the cells as causes: their words are those of the messages to analysts."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from batchcreate.advice.remedies import MEND_CELLS
from batchcreate.advice.values import Entry, Owner, Remedy, Retry, Words
from batchcreate.messages import facts_of, group_heading, message, sentences, text, texts
from batchcreate.rules import RULES, TARGET_FIELDS, Rule

_PREFIX: Final = "rule."
_ENDS: Final = {"en": ". ", "zh": "。"}
"""What a sentence ends with."""

_FACTS: Final = {
    "missing": "mandatory",
    "too_short": "length",
    "too_long": "length",
    "charset": "characters",
    "first": "characters",
    "value": "values",
    "impossible": "impossible",
    "count": "items",
    "operation_types.repeated": "unique",
}
"""Which fact about its field each kind of rule holds up."""

_DAMAGE: Final = "own reading"
"""Damage is what a spreadsheet program or an encoding did to a value; no page is about it."""


_NEEDS: Final[Mapping[str, Callable[[Rule], bool]]] = {
    "missing": lambda rule: rule.is_mandatory or rule.field in TARGET_FIELDS,
    "too_short": lambda rule: not rule.values and rule.min_length > 1,
    "too_long": lambda rule: not rule.values,
    "charset": lambda rule: not rule.values,
    "first": lambda rule: rule.first is not None,
    "value": lambda rule: bool(rule.values),
    "impossible": lambda rule: bool(rule.impossible),
    "count": lambda rule: rule.max_items > 1,
    "repeated": lambda rule: rule.max_items > 1,
}
"""What a field must have for a kind of rule to be about it; damage may happen to any field."""


class _Blanks(dict[str, object]):
    """Facts of a field; what only a row could tell is left open."""

    def __missing__(self, key: str) -> str:
        return "" if key == "did_you_mean" else "…"


def rule_entries() -> Iterator[Entry]:
    """Yield every rule of every field, in the order of the fields."""
    keys = [key.removeprefix(_PREFIX) for key in texts("en") if key.startswith(_PREFIX)]
    kinds = list(dict.fromkeys(key for key in keys if "." not in key))
    for rule in RULES.values():
        own = [key.rpartition(".")[2] for key in keys if key.startswith(f"{rule.field}.")]
        for kind in dict.fromkeys([*kinds, *own]):
            if kind in own or kind not in _NEEDS or _NEEDS[kind](rule):
                yield _entry(rule, kind)


def _entry(rule: Rule, kind: str) -> Entry:
    rule_id = f"{rule.field}.{kind}"
    fact = _FACTS.get(rule_id) or _FACTS.get(kind, "")
    mending = Words(en=_mending(rule, rule_id, "en"), zh=_mending(rule, rule_id, "zh"))
    return Entry(
        codes=(rule_id,),
        meaning=Words(en=_heading(rule, rule_id, "en"), zh=_heading(rule, rule_id, "zh")),
        remedy=Remedy(owner=Owner.ANALYST, retry=Retry.USELESS, words=mending),
        source=rule.sources.get(fact, _DAMAGE),
    )


def _heading(rule: Rule, rule_id: str, language: str) -> str:
    heading = group_heading(rule_id, _facts(rule, language), language=language)
    return f"{heading[:1].upper()}{heading[1:]}{_ENDS[language].strip()}"


def _mending(rule: Rule, rule_id: str, language: str) -> str:
    """Return what the analyst is told to type, without what was found in a certain row."""
    facts = _facts(rule, language)
    told = message(rule_id, facts, language=language).partition(_ENDS[language])[2]
    told = told or text("phrase.enter", facts, language=language)
    return sentences(told, MEND_CELLS.words.said(language))


def _facts(rule: Rule, language: str) -> _Blanks:
    facts = _Blanks(facts_of(rule, language))
    return _Blanks(facts | {"maximum": rule.max_items}) if rule.max_items > 1 else facts
