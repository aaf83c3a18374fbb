"""The group of settings for the service and its endpoints, and the base of all groups."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Final, NamedTuple, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PrivateAttr

from batchcreate.errors import SettingsError, UntrustedConfigError
from batchcreate.settings import parsers
from batchcreate.settings.config_file import FILE

# The documented pattern of the service's host (ROMA Connect, Endpoints).
_REGION_URL: Final = "https://roma.{region}.myhuaweicloud.com"
_IAM_URL: Final = "https://iam.{region}.myhuaweicloud.com"
_ENDPOINT_OF_REGION: Final = re.compile(
    rf"https://roma\.({parsers.REGION.pattern})\.myhuaweicloud\.com(:443)?"
)

SIMULATED: Final = "simulator"
"""The endpoint of runs against the embedded simulator, regardless of its port."""

JOURNAL: Final = "the journal"
"""Source of an endpoint that is not a setting, but that of the batch."""

_ACCESS: Final = {
    "endpoint": "url",
    "region": "region",
    "iam_endpoint": "iam_url",
    "proxy": "proxy_url",
    "ca_file": "ca_file",
    "token_file": "token_file",
}
"""Settings that decide where credentials are sent, by option name, and their fields."""

_HOSTS: Final = ("endpoint", "iam_endpoint", "proxy")

_Origin = Annotated[str, AfterValidator(parsers.parse_origin)]


class SettingsGroup(BaseModel):
    """
    Base of all groups: frozen, and checked on construction.

    A field is set by the option named by its alias, or by its own name if it has none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class AccessSetting(NamedTuple):
    """
    A setting that decides where credentials are sent.

    Attributes:
        name: name of the setting; ``endpoint`` for that of a region, too.
        value: its value.
        source: an option, a variable, or the setting in the configuration file; empty if unknown.
        is_from_file: True if the source is the configuration file.

    """

    name: str
    value: str
    source: str
    is_from_file: bool = False

    def __str__(self) -> str:
        is_local = self.name in _HOSTS and parsers.is_loopback(self.value)
        facts = [
            *(["loopback"] if is_local else []),
            *([f"from {self.source}"] * bool(self.source)),
        ]
        return f"{self.name}: {self.value}" + (f" ({', '.join(facts)})" if facts else "")


class EndpointSettings(SettingsGroup):
    """
    Address of the service, and how to connect to it.

    Attributes:
        url: origin of the service, if given.
        region: name of the region, if given.
        iam_url: origin of IAM, if given.
        token_file: file that contains the token.
        ca_file: additional trusted certificates (PEM).
        proxy_url: origin of the HTTP proxy.
        is_simulated: use the embedded simulator instead.
        is_trusted: send credentials as the configuration file specifies, without a question.

    """

    url: _Origin | None = Field(default=None, validation_alias="endpoint")
    region: Annotated[str, AfterValidator(parsers.parse_region)] | None = None
    iam_url: _Origin | None = Field(default=None, validation_alias="iam_endpoint")
    token_file: Annotated[Path, AfterValidator(parsers.parse_token_file)] | None = None
    ca_file: Path | None = None
    proxy_url: Annotated[str, AfterValidator(parsers.parse_proxy)] | None = Field(
        default=None, validation_alias="proxy"
    )
    is_simulated: bool = Field(default=False, validation_alias="simulate")
    is_trusted: bool = Field(default=False, validation_alias="trust_config")

    _sources: Mapping[str, str] = PrivateAttr(default_factory=dict)

    def with_sources(self, sources: Mapping[str, str]) -> Self:
        """Return the same settings with their sources, by option name."""
        copy = self.model_copy()
        copy._sources = dict(sources)  # noqa: SLF001 # an instance of the same class
        return copy

    def with_journal_endpoint(self, url: str) -> Self:
        """Return the same settings with the endpoint of a journal."""
        sources = {**self._sources, "endpoint": JOURNAL}
        return self.model_copy(update={"url": url, "region": None}).with_sources(sources)

    @property
    def access(self) -> Sequence[AccessSetting]:
        """The settings that decide where credentials are sent, if given, with their sources."""
        values = {key: getattr(self, field) for key, field in _ACCESS.items()}
        given = {key: (key, str(value)) for key, value in values.items() if value is not None}
        if self.url is None and self.region is not None:
            given["region"] = ("endpoint", self.origin)
        settings = []
        for key, (name, value) in given.items():
            source = self._sources.get(key, "")
            is_from_file = source == FILE
            source = f"{key} in {FILE}" if is_from_file else source
            settings.append(AccessSetting(name, value, source, is_from_file))
        return settings

    def require_trust(self) -> None:
        """
        Check that the configuration file alone does not decide where credentials are sent.

        Raises:
            UntrustedConfigError: it does, and this is not confirmed.

        """
        settings = [str(each) for each in self.access if each.is_from_file]
        if settings and not self.is_trusted:
            msg = (
                f"{FILE} decides where the credentials are sent ({'; '.join(settings)}); nothing "
                "was sent. Give these settings as options or environment variables, or add "
                "--trust-config"
            )
            raise UntrustedConfigError(msg, settings=settings)

    @property
    def is_given(self) -> bool:
        """True if an endpoint or a region is given."""
        return self.url is not None or self.region is not None

    @property
    def origin(self) -> str:
        """
        Origin of the service: the given one, or that of the region.

        If both are given, the region determines only the project.

        Raises:
            SettingsError: neither an endpoint nor a region is given.

        """
        if self.url is not None:
            return self.url
        if self.region is not None:
            return _REGION_URL.format(region=self.region)
        msg = (
            "no endpoint: give --region NAME (such as cn-north-4) or --endpoint URL, "
            "or try the tool without an account: --simulate"
        )
        raise SettingsError(msg)

    @property
    def iam_origin(self) -> str:
        """
        Origin of IAM: the given one, or that of the region.

        Raises:
            SettingsError: the service is not one of the documented hosts and no IAM is given;
                credentials must not be sent to a cloud that they do not belong to.

        """
        if self.iam_url is not None:
            return self.iam_url
        region = self.region if self.url is None else _region_of(self.url)
        if region is None:
            msg = (
                f"also give --iam-endpoint: the IAM server of {self.origin} is not known, and "
                "the password is sent to no other server"
            )
            raise SettingsError(msg)
        return _IAM_URL.format(region=region)

    @property
    def project_name(self) -> str | None:
        """Name of the project of the region, by which IAM finds its id; None if unknown."""
        if self.region is not None or self.url is None:
            return self.region
        return _region_of(self.url)


def _region_of(url: str) -> str | None:
    """Return the region of a documented endpoint, or None for another host."""
    match = _ENDPOINT_OF_REGION.fullmatch(url)
    return match[1] if match else None
