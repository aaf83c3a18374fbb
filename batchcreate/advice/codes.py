"""The catalogue of codes, loaded from codes.toml, and the entry that applies to a code."""

import pkgutil
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Final

from batchcreate.errors import NotSentReason
from batchcreate.messages import (
    LANGUAGES,
    facts_of,
    group_heading,
    message,
    sentences,
    text,
    texts,
)
from batchcreate.responses import NAME_TAKEN, REFUSALS
from batchcreate.rules import RULES, TARGET_FIELDS, Rule


class Owner(StrEnum):
    """Who can fix a cause."""

    ANALYST = "analyst"
    ENGINEER = "engineer"
    CLOUD = "cloud"


class Retry(StrEnum):
    """Whether the same row may be created when it is sent again."""

    HELPS = "helps"
    AFTER_FIX = "after_fix"
    USELESS = "useless"


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalizedText:
    """
    A text in every language.

    Attributes:
        en: English.
        zh: Chinese.

    """

    en: str
    zh: str

    def text(self, language: str) -> str:
        """Return the text in *language*, ``en`` or ``zh``."""
        return {"en": self.en, "zh": self.zh}[language]


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """
    How to fix one kind of cause.

    Attributes:
        owner: who can fix it.
        retry: whether sending the row again can help.
        action: what to do, with the options and files of batchcreate; empty if nothing.

    """

    owner: Owner
    retry: Retry
    action: LocalizedText


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """
    One meaning of one or more codes.

    Attributes:
        codes: the error codes with this meaning.
        http_statuses: statuses of the responses with this meaning, the usual one first; empty
            if there is no response, or if any status is possible.
        meaning: the meaning as a sentence.
        remedy: how to fix it.
        source: short name of the page that documents it.
        not_sent_reason: the meaning applies only to requests not sent for this reason.
        phrase: the meaning applies only if the message matches this pattern.

    """

    codes: tuple[str, ...]
    http_statuses: tuple[int, ...] = ()
    meaning: LocalizedText
    remedy: Remedy
    source: str
    not_sent_reason: NotSentReason | None = None
    phrase: re.Pattern[str] | None = None


_DATA: Final[Mapping[str, Any]] = tomllib.loads(
    (pkgutil.get_data("batchcreate.advice", "codes.toml") or b"").decode()
)
_PHRASES: Final = {
    "name_taken": NAME_TAKEN,
    "quota_exceeded": re.compile(r"\bquota\b|配额", re.IGNORECASE),
}


def _localized(fields: Mapping[str, Any]) -> LocalizedText:
    return LocalizedText(en=fields["en"], zh=fields["zh"])


def _localized_by_name(section: str) -> Mapping[str, LocalizedText]:
    return MappingProxyType({name: _localized(each) for name, each in _DATA[section].items()})


TEXTS: Final = _localized_by_name("texts")
"""Texts of the command ``explain``."""

OWNERS: Final = _localized_by_name("owners")
"""Who can fix a cause, in words."""

RETRIES: Final = _localized_by_name("retries")
"""Whether a retry can help, in words."""

SOURCES: Final = _localized_by_name("sources")
"""The pages that entries cite by short names."""

REMEDIES: Final[Mapping[str, Remedy]] = MappingProxyType(
    {
        name: Remedy(
            owner=Owner(each["owner"]), retry=Retry(each["retry"]), action=_localized(each)
        )
        for name, each in _DATA["remedies"].items()
    }
)
FIX_CELLS: Final = REMEDIES["fix_cells"]
CORRECT_ENDPOINT: Final = REMEDIES["correct_endpoint"]


def _entry(fields: Mapping[str, Any]) -> Entry:
    reason, phrase = fields.get("not_sent_reason"), fields.get("phrase")
    return Entry(
        codes=tuple(fields.get("codes", ())),
        http_statuses=tuple(fields.get("http_statuses", ())),
        meaning=_localized(fields),
        remedy=REMEDIES[fields["remedy"]],
        source=fields["source"],
        not_sent_reason=NotSentReason(reason) if reason else None,
        phrase=_PHRASES[phrase] if phrase else None,
    )


def _gateway_entries() -> Iterator[Entry]:
    """Yield the codes of each gateway; all of them use the same numbers."""
    for gateway in _DATA["gateways"]:
        other_statuses = gateway.get("http_statuses", {})
        for fields in _DATA["gateway"]:
            for number in fields["numbers"]:
                own = {
                    "codes": [f"{gateway['name']}.{number}"],
                    "http_statuses": other_statuses.get(number, fields["http_statuses"]),
                    "source": gateway["source"],
                }
                yield _entry(fields | own)


_PREFIX: Final = "rule."
_SENTENCE_ENDS: Final = {"en": ". ", "zh": "。"}
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
"""The fact about a field that each kind of rule checks."""

_DAMAGE: Final = "interpretation"
"""Source of the rules about damaged values, which no page documents."""

_WARNINGS: Final = frozenset(
    {"date_like", "formula_text", "null_word", "struck_through", "zero_result"}
)
"""The kinds of rules that do not reject a row."""

_APPLIES: Final[Mapping[str, Callable[[Rule], bool]]] = {
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
"""True for the fields that a kind of rule applies to; rules about damage apply to all fields."""


class _Blanks(dict[str, object]):
    """Facts of a field; facts of a single row are replaced by an ellipsis."""

    def __missing__(self, key: str) -> str:
        return "" if key == "did_you_mean" else "…"


def _rule_entries() -> Iterator[Entry]:
    """Yield an entry for each rule of each field, in the order of the fields."""
    keys = [key.removeprefix(_PREFIX) for key in texts("en") if key.startswith(_PREFIX)]
    kinds = list(dict.fromkeys(key.rpartition(".")[2] for key in keys if "." not in key))
    for rule in RULES.values():
        own = [key.rpartition(".")[2] for key in keys if key.startswith(f"{rule.field}.")]
        for kind in dict.fromkeys([*kinds, *own]):
            if kind in own or kind not in _APPLIES or _APPLIES[kind](rule):
                yield _rule_entry(rule, f"{rule.field}.{kind}")
    yield from (_rule_entry(None, key) for key in keys if key.startswith("row."))


def _rule_entry(rule: Rule | None, rule_id: str) -> Entry:
    """Return the entry of *rule_id*; *rule* is None if it applies to whole rows."""
    fact = _FACTS.get(rule_id) or _FACTS.get(rule_id.rpartition(".")[2], "")
    return Entry(
        codes=(rule_id,),
        meaning=_in_each_language(_rule_meaning, rule, rule_id),
        remedy=Remedy(
            owner=FIX_CELLS.owner,
            retry=FIX_CELLS.retry,
            action=_in_each_language(_rule_action, rule, rule_id),
        ),
        source=rule.sources.get(fact, _DAMAGE) if rule else _DAMAGE,
    )


def _in_each_language(
    compose: Callable[[Rule | None, str, str], str], rule: Rule | None, rule_id: str
) -> LocalizedText:
    return LocalizedText(**{each: compose(rule, rule_id, each) for each in LANGUAGES})


def _rule_meaning(rule: Rule | None, rule_id: str, language: str) -> str:
    heading = group_heading(rule_id, _rule_facts(rule, language), language=language)
    return f"{heading[:1].upper()}{heading[1:]}{_SENTENCE_ENDS[language].strip()}"


def _rule_action(rule: Rule | None, rule_id: str, language: str) -> str:
    """Return what to enter, without the value of a certain row."""
    facts = _rule_facts(rule, language)
    wanted = message(rule_id, facts, language=language).partition(_SENTENCE_ENDS[language])[2]
    wanted = wanted or text("phrase.enter", facts, language=language)
    is_warning = rule_id.rpartition(".")[2] in _WARNINGS
    action = TEXTS["warning"] if is_warning else FIX_CELLS.action
    return sentences(wanted, action.text(language))


def _rule_facts(rule: Rule | None, language: str) -> _Blanks:
    if rule is None:
        return _Blanks()
    facts = _Blanks(facts_of(rule, language))
    return _Blanks(facts | {"maximum": rule.max_items}) if rule.max_items > 1 else facts


def _load_catalogue() -> Mapping[str, tuple[Entry, ...]]:
    found: dict[str, tuple[Entry, ...]] = {}
    for entry in (
        *map(_entry, _DATA["own"]),
        *map(_entry, _DATA["fdi"]),
        *_gateway_entries(),
        *map(_entry, _DATA["platform"]),
        *map(_entry, _DATA["http"]),
        *_rule_entries(),
    ):
        for code in entry.codes:
            found[code] = (*found.get(code, ()), entry)
    return MappingProxyType(found)


CATALOGUE: Final = _load_catalogue()
"""The entries of each code, status and rule, one for each meaning."""

PREFIXES: Final[Mapping[str, Entry]] = MappingProxyType(
    {fields["prefix"]: _entry(fields) for fields in _DATA["prefixes"]}
)
"""The entries of unknown codes by their prefix, if the HTTP status is not known."""

UNDOCUMENTED_RESPONSE: Final = _entry(_DATA["defaults"]["undocumented_response"])
UNKNOWN_CODE: Final = _entry(_DATA["defaults"]["unknown_code"])

_HUNDREDS: Final = {2: "HTTP_200", 3: "HTTP_302", 5: "HTTP_500"}
_RESOLVED: Final = (REFUSALS - {HTTPStatus.CONFLICT}) | {
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.TOO_MANY_REQUESTS,
}


def select_entry(
    entries: Sequence[Entry],
    *,
    http_status: int | None,
    message: str = "",
    not_sent_reason: NotSentReason | None = None,
) -> Entry | None:
    """
    Return the entry of *entries* that applies, or None if none does.

    An entry with a matching phrase or reason is preferred to a general one.

    Args:
        entries: the entries of one code.
        http_status: status of the response, if it is known; entries of a similar status apply
            if none has this one.
        message: message of the response.
        not_sent_reason: why the request was not sent, if it was not.

    """
    if http_status is not None:
        exact = [
            entry
            for entry in entries
            if not entry.http_statuses or http_status in entry.http_statuses
        ]
        entries = exact or [entry for entry in entries if _is_similar(entry, http_status)]
    by_phrase = [entry for entry in entries if entry.phrase and entry.phrase.search(message)]
    by_reason = [
        entry
        for entry in entries
        if entry.not_sent_reason is not None and entry.not_sent_reason is not_sent_reason
    ]
    general = [entry for entry in entries if not entry.phrase and entry.not_sent_reason is None]
    return next(iter((*by_phrase, *by_reason, *general)), None)


def default_entry(code: str, *, http_status: int | None, message: str) -> Entry:
    """Return the entry for an unknown code: by HTTP status, by prefix, or the most general one."""
    if http_status is not None:
        similar = _HUNDREDS.get(http_status // 100, "")
        entries = CATALOGUE.get(f"HTTP_{http_status}") or CATALOGUE.get(similar, ())
        return select_entry(entries, http_status=None, message=message) or UNDOCUMENTED_RESPONSE
    upper = code.strip().upper()
    return next(
        (entry for prefix, entry in PREFIXES.items() if upper.startswith(prefix)), UNKNOWN_CODE
    )


def leaves_unknown(http_status: int) -> bool:
    """Return True if the task may exist after a response with this status."""
    return http_status not in _RESOLVED


def _is_similar(entry: Entry, http_status: int) -> bool:
    usual = entry.http_statuses[0]
    if http_status in REFUSALS:
        return usual in REFUSALS or usual == HTTPStatus.UNAUTHORIZED
    return leaves_unknown(usual) and http_status >= HTTPStatus.INTERNAL_SERVER_ERROR
