"""Everything that a command can be told."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, AliasChoices, BeforeValidator, Field, PrivateAttr
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from batchcreate.errors import SettingsError
from batchcreate.settings import values
from batchcreate.settings.rows import parse_rows

FILE: Final = "batchcreate.toml"
PREFIX: Final = "BATCHCREATE_"

# The documented pattern of the service's host (ROMA Connect, Endpoints).
_REGION_HOST: Final = "https://roma.{region}.myhuaweicloud.com"
_IAM_HOST: Final = "https://iam.{region}.myhuaweicloud.com"
_OF_REGION: Final = re.compile(
    rf"https://roma\.({values.REGION.pattern})\.myhuaweicloud\.com(:443)?"
)


def _row_numbers(text: str) -> str:
    parse_rows(text)
    return text


_Several = (NoDecode, BeforeValidator(values.several))


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
        encoding: of text files; ``None`` to find out.
        delimiter: the character between the cells of text files; ``None`` to find out.
        map: headings and the fields that they mean, each ``Their header=task_name``.
        lang: of what analysts read; ``None`` for that of the locale.

    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, toml_file=FILE, extra="forbid", frozen=True, validate_default=False
    )

    results: Path | None = None
    endpoint: Annotated[str, AfterValidator(values.origin)] | None = None
    region: Annotated[str, AfterValidator(values.region)] | None = None
    project_id: Annotated[str, AfterValidator(values.path_part)] | None = None
    instance_id: Annotated[str, AfterValidator(values.path_part)] | None = None
    iam_endpoint: Annotated[str, AfterValidator(values.origin)] | None = None
    token_file: Annotated[Path, AfterValidator(values.token_file)] | None = None
    ca_file: Path | None = None
    proxy: Annotated[str, AfterValidator(values.proxy)] | None = None
    rate: float = Field(
        default=10.0, ge=0.01, le=1_000_000, description="0.01 to 1,000,000 requests per second"
    )
    headroom: float = Field(
        default=0.01, ge=0, lt=1, description="a share from 0 up to, but not including, 1"
    )
    concurrency: int = Field(default=8, ge=1, le=512, description="1 to 512 requests at once")
    timeout: float = Field(
        default=30.0, gt=0, le=3600, description="seconds, more than 0 and 3600 at most"
    )
    settle: float = Field(default=60.0, ge=0, le=3600, description="0 to 3600 seconds")
    reconcile: bool = True
    quota: int = Field(default=1000, ge=0, description="a number of tasks, 0 or more")
    on_existing: Literal["skip", "abort"] = Field(default="skip", description="skip or abort")
    strict: bool = False
    dry_run: bool = False
    rows: Annotated[str, AfterValidator(_row_numbers)] = ""
    limit: int | None = Field(default=None, ge=1, description="a number of rows, 1 or more")
    sheet: Annotated[tuple[str, ...], *_Several] = Field(
        default=(), description="the name of a sheet, or a list of names"
    )
    encoding: Annotated[str, AfterValidator(values.encoding)] | None = None
    delimiter: Annotated[str, AfterValidator(values.delimiter)] | None = None
    map: Annotated[tuple[Annotated[str, AfterValidator(values.renaming)], ...], *_Several] = ()
    lang: Literal["en", "zh"] | None = Field(default=None, description="en or zh")
    yes: bool = False
    simulate: bool = False
    json_summary: bool = Field(
        default=False, validation_alias=AliasChoices("json_summary", f"{PREFIX}JSON", "json")
    )
    quiet: bool = False
    verbose: int = Field(default=0, ge=0, description="a whole number, 0 or more")
    color: bool = True

    _sources: Mapping[str, str] = PrivateAttr(default_factory=dict)

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
    def sources(self) -> Mapping[str, str]:
        """Where the settings come from that are not the defaults: an option, a variable, the file."""
        return self._sources

    def told(self) -> Mapping[str, Any]:
        """Return every setting by its name, as JSON values; there are no secrets among them."""
        return self.model_dump(mode="json")

    def with_sources(self, sources: Mapping[str, str]) -> Self:
        """Return the same settings, with where they come from."""
        copy = self.model_copy()
        copy._sources = dict(sources)  # noqa: SLF001 # of the same class
        return copy

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
