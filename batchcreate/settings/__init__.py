"""Settings of a command: options, then environment, then ``batchcreate.toml``, then defaults."""

from batchcreate.settings.endpoint_group import AccessSetting, EndpointSettings
from batchcreate.settings.groups import (
    AttemptSettings,
    LoadSettings,
    OutputSettings,
    QuotaSettings,
    RateSettings,
    ReconcileSettings,
    RunSettings,
    SelectionSettings,
    Settings,
    TargetSettings,
    TerminalSettings,
)
from batchcreate.settings.settings import language_of, load, unknown_variables

__all__ = [
    "AccessSetting",
    "AttemptSettings",
    "EndpointSettings",
    "LoadSettings",
    "OutputSettings",
    "QuotaSettings",
    "RateSettings",
    "ReconcileSettings",
    "RunSettings",
    "SelectionSettings",
    "Settings",
    "TargetSettings",
    "TerminalSettings",
    "language_of",
    "load",
    "unknown_variables",
]
