"""Builds the settings, says where each comes from, and words what is wrong with them."""

import difflib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from pydantic import ValidationError

from batchcreate.errors import SettingsError
from batchcreate.settings.group import FILE, PREFIX, Settings
from batchcreate.settings.values import PATH_CHARS_MAX

_PASSWORD: Final = re.compile(r"//.*@")

_OPTIONS: Final = {
    "json_summary": "--json",
    "verbose": "-v",
    "color": "--no-color",
    "reconcile": "--no-reconcile",
}
"""Options that are not called like their setting."""

_ALIASES: Final = {"json_summary": "json"}
"""Settings that are called otherwise in the file and in the environment."""

_LIKENESS: Final = 0.75


def load(options: Mapping[str, Any]) -> Settings:
    """
    Build the settings from *options* given on the command line and the other sources.

    Raises:
        SettingsError: names the first wrong value, where it comes from and what is accepted.

    """
    try:
        settings = Settings(**options)
    except ValidationError as error:
        raise SettingsError(_explain(error, options)) from None
    except (OSError, ValueError, RecursionError) as error:
        msg = f"{FILE}: cannot be read as TOML: {error}"
        raise SettingsError(msg) from None
    return settings.with_sources(
        {knob: _source(knob, options) for knob in sorted(settings.model_fields_set)}
    )


def strangers(environment: Iterable[str], others: Iterable[str] = ()) -> Iterator[tuple[str, str]]:
    """
    Yield variables that look like settings and are none, and what may have been meant.

    Args:
        environment: the names of all variables.
        others: names with the same prefix that have a meaning elsewhere.

    """
    known = [name.removeprefix(PREFIX) for name in others] + [name.upper() for name in _names()]
    for name in environment:
        own = name.upper().removeprefix(PREFIX)
        if name.upper().startswith(PREFIX) and own not in known:
            meant = _nearest(own, known)
            yield name, f"{PREFIX}{meant}" if meant else ""


def _names() -> list[str]:
    return [_ALIASES.get(knob, knob) for knob in Settings.model_fields]


def _nearest(name: str, known: Iterable[str]) -> str:
    return next(iter(difflib.get_close_matches(name, list(known), n=1, cutoff=_LIKENESS)), "")


def _source(knob: str, options: Mapping[str, Any]) -> str:
    if knob in options:
        return option_of(knob)
    variables = {name.upper() for name in os.environ}
    names = (f"{PREFIX}{name.upper()}" for name in (knob, _ALIASES.get(knob, knob)))
    return next((name for name in names if name in variables), FILE)


def option_of(knob: str) -> str:
    """Return how the option of a setting is written."""
    return _OPTIONS.get(knob, "--" + knob.replace("_", "-"))


def _explain(error: ValidationError, options: Mapping[str, Any]) -> str:
    first = error.errors()[0]
    knob = str(first["loc"][0])
    if first["type"] == "extra_forbidden":
        meant = _nearest(knob.replace("-", "_").lower(), _names())
        hint = f"did you mean {meant}?" if meant else "see batchcreate run --help for the names"
        return f"{FILE}: unknown setting {knob!r}; {hint}"
    knob = next((name for name, alias in _ALIASES.items() if alias == knob), knob)
    found = first["input"]
    value = f"{found:g}" if isinstance(found, float) else _PASSWORD.sub("//***@", repr(found))
    if len(value) > PATH_CHARS_MAX:
        value = f"a text of {len(str(found))} characters"
    reason = _accepted(knob, first["type"], first["msg"])
    return f"{option_of(knob)}: {value} is not accepted (from {_source(knob, options)}): {reason}"


def _accepted(knob: str, kind: str, message: str) -> str:
    if kind == "value_error":
        return message.removeprefix("Value error, ")
    field = Settings.model_fields[knob]
    if field.description:
        return f"give {field.description}"
    return "give true or false" if field.annotation is bool else "give a text"
