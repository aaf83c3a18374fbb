"""
Bulk-create composite data-integration tasks on Huawei Cloud ROMA Connect from spreadsheets.

As a library::

    ending = await batchcreate.run(["tasks.xlsx"], batchcreate.configure(region="cn-north-4", ...))

Everything that needs more than the errors is imported when it is first asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from batchcreate.errors import (
    BatchCreateError,
    CredentialError,
    JournalError,
    JournalLockedError,
    LoadError,
    MaybeSentError,
    NoCredentialsError,
    NotSentError,
    PlanError,
    ReportError,
    SettingsError,
    StoppedError,
    TransportError,
)
from batchcreate.version import __version__

if TYPE_CHECKING:
    from batchcreate.library import (
        Progress,
        Running,
        check,
        configure,
        read_issues,
        read_results,
        rebuild_reports,
        resume,
        run,
        running,
    )
    from batchcreate.models import (
        Issue,
        Place,
        ResultRow,
        Status,
        Summary,
    )
    from batchcreate.pipeline.check import Findings
    from batchcreate.pipeline.values import Ending, Plan
    from batchcreate.pool import (
        Cause,
        Halt,
        Stop,
    )
    from batchcreate.settings import (
        Settings,
    )

__all__ = [
    "BatchCreateError",
    "Cause",
    "CredentialError",
    "Ending",
    "Findings",
    "Halt",
    "Issue",
    "JournalError",
    "JournalLockedError",
    "LoadError",
    "MaybeSentError",
    "NoCredentialsError",
    "NotSentError",
    "Place",
    "Plan",
    "PlanError",
    "Progress",
    "ReportError",
    "ResultRow",
    "Running",
    "Settings",
    "SettingsError",
    "Status",
    "Stop",
    "StoppedError",
    "Summary",
    "TransportError",
    "__version__",
    "check",
    "configure",
    "read_issues",
    "read_results",
    "rebuild_reports",
    "resume",
    "run",
    "running",
]

_ROOMS = {
    "Progress": "batchcreate.library",
    "Running": "batchcreate.library",
    "check": "batchcreate.library",
    "configure": "batchcreate.library",
    "read_issues": "batchcreate.library",
    "read_results": "batchcreate.library",
    "rebuild_reports": "batchcreate.library",
    "resume": "batchcreate.library",
    "run": "batchcreate.library",
    "running": "batchcreate.library",
    "Issue": "batchcreate.models",
    "Place": "batchcreate.models",
    "ResultRow": "batchcreate.models",
    "Status": "batchcreate.models",
    "Summary": "batchcreate.models",
    "Ending": "batchcreate.pipeline.values",
    "Findings": "batchcreate.pipeline.check",
    "Plan": "batchcreate.pipeline.values",
    "Cause": "batchcreate.pool",
    "Halt": "batchcreate.pool",
    "Stop": "batchcreate.pool",
    "Settings": "batchcreate.settings",
}


def __getattr__(name: str) -> object:
    if name not in _ROOMS:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(_ROOMS[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
