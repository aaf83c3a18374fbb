"""What a run is told: options, then environment, then ``batchcreate.toml``, then defaults."""

import ipaddress
import json
import os
import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, AliasChoices, BeforeValidator, Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from batchcreate.errors import SettingsError

FILE: Final = "batchcreate.toml"
PREFIX: Final = "BATCHCREATE_"

# The documented pattern of the service's host (ROMA Connect, Endpoints).
_REGION_HOST: Final = "https://roma.{region}.myhuaweicloud.com"
_IAM_HOST: Final = "https://iam.{region}.myhuaweicloud.com"
_REGION: Final = re.compile(r"[a-z]{2,}(-[a-z0-9]+)+")
_OF_REGION: Final = re.compile(rf"https://roma\.({_REGION.pattern})\.myhuaweicloud\.com(:443)?")

_PASSWORD: Final = re.compile(r"//.*@")

_OPTIONS: Final = {"json_summary": "--json", "verbose": "-v", "color": "--no-color"}
"""Options that are not called like their setting."""


def _origin(text: str) -> str:
    """Return *text* as an origin, or raise `ValueError` saying what is wrong with it."""
    parts = urlsplit(text)
    host = parts.hostname or ""
    if parts.scheme not in {"https", "http"} or not _is_host(host):
        msg = "give the origin of the service, such as https://roma.cn-north-4.myhuaweicloud.com"
        raise ValueError(msg)
    if parts.path.strip("/") or parts.query or parts.fragment or parts.username is not None:
        msg = "give the origin only, without a path, a query or a user name"
        raise ValueError(msg)
    if parts.scheme == "http" and not _is_loopback(host):
        msg = "plain http is accepted for this machine (loopback) only; use https"
        raise ValueError(msg)
    return _join(parts)


def _join(parts: SplitResult) -> str:
    """Return the origin that *parts* name."""
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port is not None else "")


def _proxy(text: str) -> str:
    """Return *text* as an origin, or raise `ValueError`; a password in it would be seen by all."""
    parts = urlsplit(text)
    is_bare = not (parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc)
    if parts.scheme != "http" or not _is_host(parts.hostname or "") or not is_bare:
        msg = (
            "give the origin of an HTTP proxy, such as http://proxy.example:3128; its user and "
            "password come from BATCHCREATE_PROXY_USER and BATCHCREATE_PROXY_PASSWORD"
        )
        raise ValueError(msg)
    return _join(parts)


def _region(text: str) -> str:
    if not _REGION.fullmatch(text):
        msg = "give the name of a region, such as cn-north-4"
        raise ValueError(msg)
    return text


def _path_part(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", text):
        msg = "give 1 to 64 letters, digits, - or _"
        raise ValueError(msg)
    return text


def _sheet_names(given: object) -> object:
    """Let one name stand for itself; several are a JSON list, as no name holds a bracket."""
    if not isinstance(given, str):
        return given
    return json.loads(given) if given.startswith("[") else (given,)


def _row_numbers(text: str) -> str:
    parse_rows(text)
    return text


class Settings(BaseSettings):
    """
    Everything that a command can be told; checked when built, frozen afterwards.

    Attributes:
        rate: requests per second that may leave at most.
        headroom: share of the rate that is left unused.
        concurrency: requests under way at once.
        timeout: seconds for one attempt as a whole.
        settle: seconds that an unsettled row is looked for.
        rows: row numbers to send, such as ``5-20,31``; empty for all.
        limit: send at most that many rows.

    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, toml_file=FILE, extra="forbid", frozen=True, validate_default=False
    )

    results: Path | None = None
    endpoint: Annotated[str, AfterValidator(_origin)] | None = None
    region: Annotated[str, AfterValidator(_region)] | None = None
    project_id: Annotated[str, AfterValidator(_path_part)] | None = None
    instance_id: Annotated[str, AfterValidator(_path_part)] | None = None
    iam_endpoint: Annotated[str, AfterValidator(_origin)] | None = None
    token_file: Path | None = None
    ca_file: Path | None = None
    proxy: Annotated[str, AfterValidator(_proxy)] | None = None
    rate: float = Field(default=10.0, ge=0.01, le=1_000_000)
    headroom: float = Field(default=0.01, ge=0, lt=1)
    concurrency: int = Field(default=8, ge=1, le=512)
    timeout: float = Field(default=30.0, gt=0, le=3600)
    settle: float = Field(default=60.0, ge=0, le=3600)
    reconcile: bool = True
    quota: int = Field(default=1000, ge=0)
    on_existing: Literal["skip", "abort"] = "skip"
    strict: bool = False
    dry_run: bool = False
    rows: Annotated[str, AfterValidator(_row_numbers)] = ""
    limit: int | None = Field(default=None, ge=1)
    sheet: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_sheet_names)] = ()
    yes: bool = False
    simulate: bool = False
    json_summary: bool = Field(
        default=False, validation_alias=AliasChoices("json_summary", f"{PREFIX}JSON", "json")
    )
    quiet: bool = False
    verbose: int = 0
    color: bool = True

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order the sources; dotenv and secret folders are left out."""
        del dotenv_settings, file_secret_settings
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

    @property
    def origin(self) -> str:
        """
        The service's origin: as told, or of the region.

        Where both are given, the region only names the project.

        Raises:
            SettingsError: neither an endpoint nor a region is given.

        """
        if self.endpoint is not None:
            return self.endpoint
        if self.region is not None:
            return _REGION_HOST.format(region=self.region)
        msg = (
            "no endpoint: give --region NAME (such as cn-north-4) or --endpoint URL, "
            "or try the tool without an account: --simulate"
        )
        raise SettingsError(msg)

    @property
    def iam_origin(self) -> str:
        """
        The origin of IAM: as told, or of the region.

        Raises:
            SettingsError: the service is somebody else's, whose IAM nobody has named: the
                credentials would go to a cloud that they do not belong to.

        """
        if self.iam_endpoint is not None:
            return self.iam_endpoint
        region = self.region if self.endpoint is None else region_of(self.endpoint)
        if region is None:
            msg = (
                f"give --iam-endpoint too: which IAM belongs to {self.origin} is not known, and "
                "a password goes nowhere else"
            )
            raise SettingsError(msg)
        return _IAM_HOST.format(region=region)

    @property
    def project_name(self) -> str | None:
        """The name of the project, by which IAM can look it up: every region has one of its own."""
        if self.region is not None or self.endpoint is None:
            return self.region
        return region_of(self.endpoint)

    @property
    def target_defaults(self) -> Mapping[str, str]:
        """The ids that rows without their own belong to; empty where none is given."""
        return {"project_id": self.project_id or "", "instance_id": self.instance_id or ""}


def region_of(endpoint: str) -> str | None:
    """Return the region that an *endpoint* of the documented pattern belongs to."""
    match = _OF_REGION.fullmatch(endpoint)
    return match[1] if match else None


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


class RowNumbers:
    """A set of row numbers that costs no more memory than the text that listed it."""

    def __init__(self, ranges: Iterable[tuple[int, int]]) -> None:
        self._firsts: list[int] = []
        self._lasts: list[int] = []
        for first, last in sorted(ranges):
            if self._lasts and first <= self._lasts[-1]:
                self._lasts[-1] = max(self._lasts[-1], last)
            else:
                self._firsts.append(first)
                self._lasts.append(last)

    def __contains__(self, number: object) -> bool:
        if not isinstance(number, int):
            return False
        place = bisect_right(self._firsts, number) - 1
        return place >= 0 and number <= self._lasts[place]


def parse_rows(text: str) -> RowNumbers | None:
    """
    Return the row numbers that *text* such as ``5-20,31`` lists; ``None`` for all rows.

    Raises:
        ValueError: it is not such a list.

    """
    if not text.strip():
        return None
    ranges: list[tuple[int, int]] = []
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\d{1,8})\s*(?:-\s*(\d{1,8})\s*)?", part)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        if last < first:
            msg = "give row numbers and ranges, such as 5-20,31"
            raise ValueError(msg)
        ranges.append((first, last))
    return RowNumbers(ranges)


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


def _is_host(text: str) -> bool:
    return bool(text) and all(char.isalnum() or char in "-._:%" for char in text)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
