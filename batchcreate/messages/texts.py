"""Texts for analysts in English and Chinese, read from en.toml and zh.toml."""

import pkgutil
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, Final

LANGUAGES: Final = ("en", "zh")

_NO_FACTS: Final[Mapping[str, object]] = MappingProxyType({})


@cache
def texts(language: str) -> Mapping[str, str]:
    """Return the texts in *language* by their keys, such as ``rule.task_name.repeated``."""
    content = pkgutil.get_data("batchcreate.messages", f"{language}.toml") or b""
    return MappingProxyType(dict(_flattened(tomllib.loads(content.decode()))))


def text(key: str, facts: Mapping[str, object] = _NO_FACTS, *, language: str = "en") -> str:
    """Return the text of *key* in *language*, with its placeholders replaced by *facts*."""
    return texts(language)[key].format_map(facts)


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
    return text(own if own in texts(language) else shared, facts, language=language)


def _flattened(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        if isinstance(value, str):
            yield f"{prefix}{name}", value
        else:
            yield from _flattened(value, f"{prefix}{name}.")
