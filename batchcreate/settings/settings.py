"""Sources of the settings and their order, the source of each value, and error messages."""

import difflib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from typing import Any, Final

from pydantic import ValidationError, create_model
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from batchcreate.errors import SettingsError
from batchcreate.settings.config_file import FILE, read_config, require_inside
from batchcreate.settings.groups import OPTIONS, PREFIX, Option, OutputSettings, Settings
from batchcreate.settings.parsers import PATH_CHARS_MAX

TOKEN_VARIABLE: Final = "BATCHCREATE_TOKEN"  # noqa: S105 # the name of a variable, not a secret
USER_VARIABLES: Final = (
    "BATCHCREATE_IAM_USER",
    "BATCHCREATE_IAM_PASSWORD",
    "BATCHCREATE_IAM_DOMAIN",
)
KEY_VARIABLES: Final = ("HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK")
SECURITY_TOKEN_VARIABLE: Final = "HUAWEICLOUD_SDK_SECURITY_TOKEN"  # noqa: S105 # likewise
PROXY_VARIABLES: Final = ("BATCHCREATE_PROXY_USER", "BATCHCREATE_PROXY_PASSWORD")

SECRET_VARIABLES: Final = (
    TOKEN_VARIABLE,
    *USER_VARIABLES,
    *KEY_VARIABLES,
    SECURITY_TOKEN_VARIABLE,
    *PROXY_VARIABLES,
)
"""Names of all variables with credentials; they are not settings and are never shown."""

_PASSWORD: Final = re.compile(r"//.*@")

_OPTIONS: Final = {
    "json_summary": "--json",
    "verbose": "-v",
    "color": "--no-color",
    "reconcile": "--no-reconcile",
}
"""Options whose name differs from their setting."""

_ALIASES: Final = {"json_summary": "json"}
"""Settings whose name differs in the file and in the environment."""

_SIMILARITY_MIN: Final = 0.75

_SERVICE: Final = frozenset({"endpoint", "region"})
"""Settings of the service: one of them as an option or variable overrides those of the file."""


class _Sources(BaseSettings):
    """The sources in their order: options, environment, file."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, extra="forbid", frozen=True, validate_default=False
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return the sources in their order, without dotenv files and secret folders."""
        del dotenv_settings, file_secret_settings
        config = read_config()
        if _SERVICE & {*init_settings(), *env_settings()}:
            overridden = _SERVICE | {"simulate"}
            config = {name: value for name, value in config.items() if name not in overridden}
        return init_settings, env_settings, InitSettingsSource(settings_cls, config)


def _source_field(option: Option) -> tuple[Any, FieldInfo]:
    """Return the definition of a field that is named like its option."""
    info = copy(option.info)
    if isinstance(info.validation_alias, str):
        info.validation_alias = None
    return info.annotation, info


_FIELDS: Final[dict[str, Any]] = {name: _source_field(option) for name, option in OPTIONS.items()}
_Values = create_model("_Values", __base__=_Sources, **_FIELDS)
"""The values of all options, before they are grouped."""


def load(options: Mapping[str, Any]) -> Settings:
    """
    Return the settings from *options* of the command line and the other sources.

    Raises:
        SettingsError: a value is invalid; the message contains its source and what is accepted.

    """
    try:
        values = _Values(**options)
    except ValidationError as error:
        raise SettingsError(_explain(error, options)) from None
    groups: dict[str, dict[str, Any]] = {name: {} for name in Settings.model_fields}
    for name in values.model_fields_set:
        groups[OPTIONS[name].group][OPTIONS[name].field] = getattr(values, name)
    sources = {name: _source(name, options) for name in sorted(values.model_fields_set)}
    settings = Settings.model_validate(groups).with_sources(sources)
    if sources.get("results") == FILE and settings.output.results_folder is not None:
        require_inside(settings.output.results_folder)
    return settings


def unknown_variables(
    environment: Iterable[str], others: Iterable[str] = ()
) -> Iterator[tuple[str, str]]:
    """
    Yield variables with the prefix of the settings that are not settings, and a similar one.

    Args:
        environment: names of all environment variables.
        others: names with the same prefix that are not settings but used elsewhere.

    """
    known = [name.removeprefix(PREFIX) for name in others] + [name.upper() for name in _names()]
    for name in environment:
        unprefixed = name.upper().removeprefix(PREFIX)
        if name.upper().startswith(PREFIX) and unprefixed not in known:
            similar = _most_similar(unprefixed, known)
            yield name, f"{PREFIX}{similar}" if similar else ""


def language_of(output: OutputSettings, environment: Mapping[str, str]) -> str:
    """Return the language of messages for analysts: the configured one, or that of the locale."""
    if output.language is not None:
        return output.language
    names = (environment.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    locale = next(filter(None, names), "")
    return "zh" if locale.lower().startswith("zh") else "en"


def _names() -> list[str]:
    return [_ALIASES.get(name, name) for name in OPTIONS]


def _most_similar(name: str, known: Iterable[str]) -> str:
    matches = difflib.get_close_matches(name, list(known), n=1, cutoff=_SIMILARITY_MIN)
    return next(iter(matches), "")


def _source(name: str, options: Mapping[str, Any]) -> str:
    if name in options:
        return _option(name)
    variables = {variable.upper() for variable in os.environ}
    candidates = (f"{PREFIX}{each.upper()}" for each in (name, _ALIASES.get(name, name)))
    return next((variable for variable in candidates if variable in variables), FILE)


def _option(name: str) -> str:
    """Return the option of a setting as it is entered."""
    return _OPTIONS.get(name, "--" + name.replace("_", "-"))


def _explain(error: ValidationError, options: Mapping[str, Any]) -> str:
    first = error.errors()[0]
    name = str(first["loc"][0])
    if first["type"] == "extra_forbidden":
        similar = _most_similar(name.replace("-", "_").lower(), _names())
        hint = (
            f"did you mean {similar}?" if similar else "see batchcreate run --help for the names"
        )
        return f"{FILE}: unknown setting {name!r}; {hint}"
    name = next((each for each, alias in _ALIASES.items() if alias == name), name)
    given = first["input"]
    value = f"{given:g}" if isinstance(given, float) else _PASSWORD.sub("//***@", repr(given))
    if len(value) > PATH_CHARS_MAX:
        value = f"a text of {len(str(given))} characters"
    reason = _accepted(name, first["type"], first["msg"])
    return f"invalid value for {_option(name)} (from {_source(name, options)}): {value}; {reason}"


def _accepted(name: str, kind: str, message: str) -> str:
    if kind == "value_error":
        return message.removeprefix("Value error, ")
    info = OPTIONS[name].info
    if info.description:
        return f"give {info.description}"
    return "give true or false" if info.annotation is bool else "enter text"
