"""One catalogue of texts per language, with the same keys in each."""

from collections.abc import Mapping
from types import MappingProxyType

from batchcreate.messages.chinese import CHINESE
from batchcreate.messages.english import ENGLISH

CATALOGUES: Mapping[str, Mapping[str, str]] = MappingProxyType({"en": ENGLISH, "zh": CHINESE})
"""The texts by language and key."""

LANGUAGES = tuple(CATALOGUES)

_NO_FACTS: Mapping[str, object] = MappingProxyType({})


def text(key: str, facts: Mapping[str, object] = _NO_FACTS, *, language: str = "en") -> str:
    """Return the text of *key* in *language*, filled in with *facts*."""
    return CATALOGUES[language][key].format_map(facts)


def message(
    rule_id: str, facts: Mapping[str, object], *, language: str = "en", group: str = "rule"
) -> str:
    """
    Return what people read about the broken rule *rule_id*.

    Args:
        rule_id: such as ``task_name.charset``; a text without a field (``charset``) serves every
            field that has none of its own.
        facts: what the text is filled in with.
        language: of the text.
        group: ``rule`` for sentences to an analyst, ``cause`` for the heading of many such rows.

    """
    own = f"{group}.{rule_id}"
    shared = f"{group}.{rule_id.rpartition('.')[2]}"
    return text(own if own in CATALOGUES[language] else shared, facts, language=language)
