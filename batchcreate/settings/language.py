"""The language of what analysts read."""

from collections.abc import Mapping

from batchcreate.settings.group import Settings


def language_of(settings: Settings, environment: Mapping[str, str]) -> str:
    """Return the language that analysts read: as told, or that of the locale."""
    if settings.lang is not None:
        return settings.lang
    names = (environment.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    locale = next(filter(None, names), "")
    return "zh" if locale.lower().startswith("zh") else "en"
