"""Builds the settings, and words what is wrong with them."""

import os
import re
from collections.abc import Mapping
from typing import Any, Final

from pydantic import ValidationError

from batchcreate.errors import SettingsError
from batchcreate.settings.group import FILE, PREFIX, Settings

_PASSWORD: Final = re.compile(r"//.*@")

_OPTIONS: Final = {"json_summary": "--json", "verbose": "-v", "color": "--no-color"}
"""Options that are not called like their setting."""


def load(options: Mapping[str, Any]) -> Settings:
    """
    Build the settings from *options* given on the command line and the other sources.

    Raises:
        SettingsError: names the first wrong value, where it comes from and what is accepted.

    """
    try:
        return Settings(**options)
    except ValidationError as error:
        raise SettingsError(_explain(error, options)) from None
    except (OSError, ValueError, RecursionError) as error:
        msg = f"{FILE}: cannot be read as TOML: {error}"
        raise SettingsError(msg) from None


def _explain(error: ValidationError, options: Mapping[str, Any]) -> str:
    first = error.errors()[0]
    knob = str(first["loc"][0])
    if first["type"] == "extra_forbidden":
        return f"{FILE}: unknown setting {knob!r}; see batchcreate run --help for the names"
    option = _OPTIONS.get(knob, "--" + knob.replace("_", "-"))
    variable = f"{PREFIX}{knob.upper()}"
    if knob in options:
        origin = option
    else:
        origin = variable if variable in {name.upper() for name in os.environ} else FILE
    reason = first["msg"].removeprefix("Value error, ")
    value = _PASSWORD.sub("//***@", repr(first["input"]))
    return f"{option}: {value} is not accepted (from {origin}): {reason}"
