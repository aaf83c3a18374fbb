"""Bulk-create composite data-integration tasks on Huawei Cloud ROMA Connect from spreadsheets."""

from batchcreate.errors import (
    BatchCreateError,
    CredentialError,
    JournalError,
    JournalLockedError,
    LoadError,
    MaybeSentError,
    NotSentError,
    PlanError,
    ReportError,
    SettingsError,
    StoppedError,
    TransportError,
)

__version__ = "0.1.0"

__all__ = [
    "BatchCreateError",
    "CredentialError",
    "JournalError",
    "JournalLockedError",
    "LoadError",
    "MaybeSentError",
    "NotSentError",
    "PlanError",
    "ReportError",
    "SettingsError",
    "StoppedError",
    "TransportError",
    "__version__",
]
