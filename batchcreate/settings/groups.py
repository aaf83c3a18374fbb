"""The settings in small frozen groups; a function receives only the group that it uses."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal, NamedTuple, Self, cast

from pydantic import (
    AfterValidator,
    AliasChoices,
    BeforeValidator,
    Field,
    PrivateAttr,
)
from pydantic.fields import FieldInfo
from pydantic_settings import NoDecode

from batchcreate.settings import parsers
from batchcreate.settings.endpoint_group import EndpointSettings, SettingsGroup

PREFIX: Final = "BATCHCREATE_"
"""Prefix of the environment variables of all settings."""

_Id = Annotated[str, AfterValidator(parsers.parse_id)]
_SEVERAL: Final = (NoDecode, BeforeValidator(parsers.parse_several))


class TargetSettings(SettingsGroup):
    """
    Target of rows that do not specify one.

    Attributes:
        project_id: the project, if given.
        instance_id: the ROMA Connect instance, if given.

    """

    project_id: _Id | None = None
    instance_id: _Id | None = None

    @property
    def defaults(self) -> Mapping[str, str]:
        """Project and instance by field name; empty if not given."""
        return {"project_id": self.project_id or "", "instance_id": self.instance_id or ""}


class RateSettings(SettingsGroup):
    """
    Rate limit and concurrency.

    Attributes:
        rate_per_s: maximum number of requests per second.
        headroom_share: share of the rate that stays unused.
        concurrency: maximum number of concurrent requests.
        max_wait_s: how long a run waits without a success, in seconds.

    """

    rate_per_s: float = Field(
        default=10.0,
        validation_alias="rate",
        ge=0.01,
        le=1_000_000,
        description="0.01 to 1,000,000 requests per second",
    )
    headroom_share: float = Field(
        default=0.01,
        validation_alias="headroom",
        ge=0,
        lt=1,
        description="a share of at least 0 and less than 1",
    )
    concurrency: int = Field(default=8, ge=1, le=512, description="1 to 512 concurrent requests")
    max_wait_s: float = Field(
        default=600.0,
        validation_alias="max_wait",
        ge=0,
        le=86_400,
        description="0 to 86,400 seconds",
    )


class AttemptSettings(SettingsGroup):
    """
    Limits of one attempt.

    Attributes:
        timeout_s: timeout of one attempt as a whole, in seconds.

    """

    timeout_s: float = Field(
        default=30.0,
        validation_alias="timeout",
        gt=0,
        le=3600,
        description="more than 0 and at most 3600 seconds",
    )


class ReconcileSettings(SettingsGroup):
    """
    Reconciliation of rows with unknown outcome.

    Attributes:
        reconcile_window_s: how long a row is looked for in the task list, in seconds.
        is_enabled: reconcile; otherwise unknown rows stay unknown and are not resent.

    """

    reconcile_window_s: float = Field(
        default=60.0, validation_alias="settle", ge=0, le=3600, description="0 to 3600 seconds"
    )
    is_enabled: bool = Field(default=True, validation_alias="reconcile")

    @property
    def window_s(self) -> float | None:
        """The window in seconds; None if rows are not reconciled."""
        return self.reconcile_window_s if self.is_enabled else None


class QuotaSettings(SettingsGroup):
    """
    Quota of an instance.

    Attributes:
        quota_tasks: maximum number of tasks in an instance.

    """

    quota_tasks: int = Field(
        default=1000, validation_alias="quota", ge=0, description="a number of tasks of at least 0"
    )


class RunSettings(SettingsGroup):
    """
    Conditions under which a run sends requests.

    Attributes:
        on_existing: what to do if a task with that name already exists.
        is_strict: send nothing if a row is rejected or there is a warning.
        is_dry_run: send nothing.
        is_confirmed: do not ask for confirmation.

    """

    on_existing: Literal["skip", "abort"] = Field(default="skip", description="skip or abort")
    is_strict: bool = Field(default=False, validation_alias="strict")
    is_dry_run: bool = Field(default=False, validation_alias="dry_run")
    is_confirmed: bool = Field(default=False, validation_alias="yes")


class SelectionSettings(SettingsGroup):
    """
    The rows that a run sends.

    Attributes:
        rows: row numbers to send, such as ``5-20,31``; empty for all.
        where: headings and the values of the rows to send, each ``Wave=2``; all must match.
        limit_rows: maximum number of rows to send; None for all.

    """

    rows: Annotated[str, AfterValidator(parsers.check_rows)] = ""
    where: Annotated[
        tuple[Annotated[str, AfterValidator(parsers.parse_condition)], ...], *_SEVERAL
    ] = ()
    limit_rows: int | None = Field(
        default=None, validation_alias="limit", ge=1, description="a number of rows of at least 1"
    )

    @property
    def conditions(self) -> tuple[tuple[str, str], ...]:
        """The headings and values of the rows to send."""
        pairs = (text.partition("=") for text in self.where)
        return tuple((heading.strip(), value.strip()) for heading, _, value in pairs)

    @property
    def row_numbers(self) -> parsers.RowNumbers | None:
        """The row numbers to send; None for all."""
        return parsers.parse_rows(self.rows)


class LoadSettings(SettingsGroup):
    """
    How input files are read.

    Attributes:
        sheets: names of the worksheets to read; empty for all visible ones with a header row.
        encoding: encoding of text files; None to detect it.
        delimiter: separator of the cells in text files; None to detect it.
        mappings: headings and their fields, each ``Their header=task_name``.
        hidden_rows: what to do with rows that a sheet hides; None to ask if there are any.
        given: values for rows that have none, each ``task_tag=crm-orders``.

    """

    sheets: Annotated[tuple[str, ...], *_SEVERAL] = Field(
        default=(), validation_alias="sheet", description="the name of a sheet, or a list of names"
    )
    encoding: Annotated[str, AfterValidator(parsers.parse_encoding)] | None = None
    delimiter: Annotated[str, AfterValidator(parsers.parse_delimiter)] | None = None
    mappings: Annotated[
        tuple[Annotated[str, AfterValidator(parsers.parse_mapping)], ...], *_SEVERAL
    ] = Field(default=(), validation_alias="map")
    hidden_rows: Literal["include", "skip"] | None = Field(
        default=None, description="include or skip"
    )
    given: Annotated[
        tuple[Annotated[str, AfterValidator(parsers.parse_given)], ...], *_SEVERAL
    ] = Field(default=(), validation_alias="set")


class OutputSettings(SettingsGroup):
    """
    The reports of a batch.

    Attributes:
        results_folder: the results folder; None for one next to the first input file.
        language: language of messages for analysts; None for that of the locale.

    """

    results_folder: Path | None = Field(default=None, validation_alias="results")
    language: Literal["en", "zh"] | None = Field(
        default=None, validation_alias="lang", description="en or zh"
    )


class TerminalSettings(SettingsGroup):
    """
    What a command prints.

    Attributes:
        is_json: print a JSON summary on standard output.
        is_quiet: print only errors and the summary.
        verbosity: 0 for the normal output; more for details.
        has_color: use colours.

    """

    is_json: bool = Field(
        default=False,
        validation_alias=AliasChoices("json_summary", f"{PREFIX}JSON", "json"),
    )
    is_quiet: bool = Field(default=False, validation_alias="quiet")
    verbosity: int = Field(
        default=0, validation_alias="verbose", ge=0, description="an integer of at least 0"
    )
    has_color: bool = Field(default=True, validation_alias="color")


class Settings(SettingsGroup):
    """All settings of a command, by group."""

    endpoint: EndpointSettings = EndpointSettings()
    target: TargetSettings = TargetSettings()
    rate: RateSettings = RateSettings()
    attempt: AttemptSettings = AttemptSettings()
    reconcile: ReconcileSettings = ReconcileSettings()
    quota: QuotaSettings = QuotaSettings()
    run: RunSettings = RunSettings()
    selection: SelectionSettings = SelectionSettings()
    load: LoadSettings = LoadSettings()
    output: OutputSettings = OutputSettings()
    terminal: TerminalSettings = TerminalSettings()

    _sources: Mapping[str, str] = PrivateAttr(default_factory=dict)

    @property
    def sources(self) -> Mapping[str, str]:
        """Sources of the settings that are not defaults: an option, a variable or the file."""
        return self._sources

    def with_sources(self, sources: Mapping[str, str]) -> Self:
        """Return the same settings with their sources."""
        copy = self.model_copy(update={"endpoint": self.endpoint.with_sources(sources)})
        copy._sources = dict(sources)  # noqa: SLF001 # an instance of the same class
        return copy

    def as_dict(self) -> Mapping[str, Any]:
        """Return all settings as JSON values by option name; they contain no secrets."""
        groups = self.model_dump(mode="json")
        return {name: groups[option.group][option.field] for name, option in OPTIONS.items()}


class Option(NamedTuple):
    """The field that an option sets: name of its group, its name, and its definition."""

    group: str
    field: str
    info: FieldInfo

    @property
    def name(self) -> str:
        """Name of the option, with underscores."""
        match self.info.validation_alias:
            case AliasChoices(choices=[str(name), *_]) | str(name):
                return name
            case _:
                return self.field


def _list_options() -> Iterator[Option]:
    for group, group_info in Settings.model_fields.items():
        group_type = cast("type[SettingsGroup]", group_info.annotation)
        for field, info in group_type.model_fields.items():
            yield Option(group, field, info)


OPTIONS: Final[Mapping[str, Option]] = MappingProxyType(
    {option.name: option for option in _list_options()}
)
"""All settings by option name."""
