"""Settings for a command: what looks like one and is none is named, and -v shows them all."""

import os
from collections.abc import Iterator, Mapping
from typing import Any, Final

from batchcreate.cli.say import say
from batchcreate.settings import Settings, load, strangers
from batchcreate.settings.variables import SECRETS

_DEFAULTS_PER_LINE: Final = 6


def configure(options: Mapping[str, Any]) -> Settings:
    """
    Build the settings from *options* and the other sources.

    Raises:
        SettingsError: names the first wrong value, where it comes from and what is accepted.

    """
    settings = load(options)
    if not settings.quiet:
        for name, meant in strangers(os.environ, SECRETS):
            hint = f"did you mean {meant}?" if meant else "it has no effect"
            say(f"warning: {name} is no setting; {hint}")
    if settings.verbose:
        say("\n".join(describe_settings(settings, os.environ)))
    return settings


def describe_settings(settings: Settings, environment: Mapping[str, str]) -> Iterator[str]:
    """Yield every setting with where it comes from; of secrets only that they are there."""
    told = settings.told()
    lines = [(name, shown(told[name]), source) for name, source in settings.sources.items()]
    lines += [(name, "***", "environment") for name in SECRETS if environment.get(name)]
    yield "settings:"
    widths = [max((len(line[column]) for line in lines), default=0) for column in (0, 1)]
    for name, value, source in lines:
        yield f"  {name:<{widths[0]}}  {value:<{widths[1]}}  from {source}"
    rest = [
        f"{name} {shown(value)}"
        for name, value in told.items()
        if name not in settings.sources and value not in (None, "", [])
    ]
    for start in range(0, len(rest), _DEFAULTS_PER_LINE):
        yield f"  default: {', '.join(rest[start : start + _DEFAULTS_PER_LINE])}"


def shown(value: object) -> str:
    """Return the value of a setting as it could be typed."""
    match value:
        case bool():
            return "true" if value else "false"
        case float():
            return f"{value:.15g}"
        case list():
            return ", ".join(map(str, value))
        case _:
            return str(value)
