"""
Bulk-create composite data-integration tasks on Huawei Cloud ROMA Connect from spreadsheets.

As a library::

    result = await batchcreate.run(["tasks.xlsx"], batchcreate.configure(region="cn-north-4", ...))

All names except the errors are imported on first access.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from batchcreate.errors import (
    BatchCreateError,
    CredentialError,
    DeclinedError,
    InternalError,
    JournalError,
    JournalLockedError,
    LoadError,
    MaybeSentError,
    NoCredentialsError,
    NotSentError,
    NotSentReason,
    PlanError,
    ReportError,
    SettingsError,
    StoppedError,
    TransportError,
    UntrustedConfigError,
)
from batchcreate.version import __version__

if TYPE_CHECKING:
    from batchcreate.library import (
        Progress,
        check,
        configure,
        read_issues,
        read_results,
        rebuild_reports,
        resume,
        run,
    )
    from batchcreate.models import Issue, ResultRow, RowLocation, Status, Summary
    from batchcreate.pipeline.check import CheckResult
    from batchcreate.pipeline.plan import Plan
    from batchcreate.pipeline.values import RunResult
    from batchcreate.pool import StopCause, StopReason, StopSwitch
    from batchcreate.settings import (
        Settings,
    )

__all__ = [
    "BatchCreateError",
    "CheckResult",
    "CredentialError",
    "DeclinedError",
    "InternalError",
    "Issue",
    "JournalError",
    "JournalLockedError",
    "LoadError",
    "MaybeSentError",
    "NoCredentialsError",
    "NotSentError",
    "NotSentReason",
    "Plan",
    "PlanError",
    "Progress",
    "ReportError",
    "ResultRow",
    "RowLocation",
    "RunResult",
    "Settings",
    "SettingsError",
    "Status",
    "StopCause",
    "StopReason",
    "StopSwitch",
    "StoppedError",
    "Summary",
    "TransportError",
    "UntrustedConfigError",
    "__version__",
    "check",
    "configure",
    "read_issues",
    "read_results",
    "rebuild_reports",
    "resume",
    "run",
]

_DEFINED_IN = {
    "Progress": "batchcreate.library",
    "check": "batchcreate.library",
    "configure": "batchcreate.library",
    "read_issues": "batchcreate.library",
    "read_results": "batchcreate.library",
    "rebuild_reports": "batchcreate.library",
    "resume": "batchcreate.library",
    "run": "batchcreate.library",
    "Issue": "batchcreate.models",
    "RowLocation": "batchcreate.models",
    "ResultRow": "batchcreate.models",
    "Status": "batchcreate.models",
    "Summary": "batchcreate.models",
    "RunResult": "batchcreate.pipeline.values",
    "CheckResult": "batchcreate.pipeline.check",
    "Plan": "batchcreate.pipeline.plan",
    "StopCause": "batchcreate.pool",
    "StopReason": "batchcreate.pool",
    "StopSwitch": "batchcreate.pool",
    "Settings": "batchcreate.settings",
}


def __getattr__(name: str) -> object:
    if name not in _DEFINED_IN:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(_DEFINED_IN[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
