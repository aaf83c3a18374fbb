"""
Texts for analysts in English and Chinese, read from ``en.toml`` and ``zh.toml``.

A short module: the texts are data; only their lookup is code.
"""

import pkgutil
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, Final

LANGUAGES: Final = ("en", "zh")
"""The languages, each with a file of the same keys."""

_NO_FACTS: Final[Mapping[str, object]] = MappingProxyType({})


@cache
def texts(language: str) -> Mapping[str, str]:
    """Return the texts in *language* by their keys, such as ``rule.task_name.repeated``."""
    content = pkgutil.get_data("batchcreate.messages", f"{language}.toml") or b""
    return MappingProxyType(dict(_flattened(tomllib.loads(content.decode()))))


def text(key: str, facts: Mapping[str, object] = _NO_FACTS, *, language: str = "en") -> str:
    """Return the text of *key* in *language*, with its placeholders replaced by *facts*."""
    return texts(language)[key].format_map(facts)


def message(rule_id: str, facts: Mapping[str, object], *, language: str = "en") -> str:
    """
    Return the message of an issue: the problem, then the remedy.

    Args:
        rule_id: the broken rule, such as ``task_name.charset``. The text of the rule without its
            field (``charset``) is used for fields without a separate text.
        facts: the values of the placeholders.
        language: language of the message.

    """
    return text(_key("rule", rule_id, language), facts, language=language)


def group_heading(rule_id: str, facts: Mapping[str, object], *, language: str = "en") -> str:
    """Return the heading of a group of issues that break *rule_id*; see `message`."""
    return text(_key("group", rule_id, language), facts, language=language)


def _key(table: str, rule_id: str, language: str) -> str:
    key = f"{table}.{rule_id}"
    return key if key in texts(language) else f"{table}.{rule_id.rpartition('.')[2]}"


def _flattened(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield the texts of *table* and of the tables in it, by their dotted keys."""
    for name, value in table.items():
        if isinstance(value, str):
            yield f"{prefix}{name}", value
        else:
            yield from _flattened(value, f"{prefix}{name}.")
