"""The group of settings for the service and its endpoints, and the base of all groups."""

import re
from pathlib import Path
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from batchcreate.errors import SettingsError
from batchcreate.settings import parsers

# The documented pattern of the service's host (ROMA Connect, Endpoints).
_REGION_URL: Final = "https://roma.{region}.myhuaweicloud.com"
_IAM_URL: Final = "https://iam.{region}.myhuaweicloud.com"
_ENDPOINT_OF_REGION: Final = re.compile(
    rf"https://roma\.({parsers.REGION.pattern})\.myhuaweicloud\.com(:443)?"
)

_Origin = Annotated[str, AfterValidator(parsers.parse_origin)]


class SettingsGroup(BaseModel):
    """
    Base of all groups: frozen, and checked on construction.

    A field is set by the option named by its alias, or by its own name if it has none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


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
