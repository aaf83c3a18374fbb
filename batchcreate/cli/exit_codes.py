"""Exit codes of all commands."""

from typing import TYPE_CHECKING, Final

from batchcreate.errors import (
    BatchCreateError,
    CredentialError,
    JournalLockedError,
    ReportError,
    StoppedError,
)

if TYPE_CHECKING:  # these cost more than all the rest of --help
    from batchcreate.models import Summary
    from batchcreate.pool import StopReason

DONE: Final = 0
INCOMPLETE: Final = 1
USAGE: Final = 2
UNKNOWN: Final = 3
STOPPED: Final = 4
LOCKED: Final = 5
INTERRUPTED: Final = 130

DECLINED: Final = "declined"
"""`Cause.DECLINED`, by its value: a no is an answer, not a failure."""


def code_of_error(error: BatchCreateError) -> int:
    """Return the exit code of a command that ended with *error*."""
    if isinstance(error, JournalLockedError):
        return LOCKED
    return STOPPED if isinstance(error, CredentialError | ReportError | StoppedError) else USAGE


def code_of_plan(summary: "Summary") -> int:
    """Return the exit code of a dry run: rows that are left to send are no failure of it."""
    from batchcreate.models import Status

    return INCOMPLETE if summary.counts[Status.REJECTED] else DONE


def code_of_stop(reason: "StopReason") -> int:
    """Return the exit code of a command that *reason* ended early."""
    if reason.cause == DECLINED:
        return INCOMPLETE
    return 128 + reason.signal if reason.signal else STOPPED


def code_of(summary: "Summary", reason: "StopReason | None") -> int:
    """Return the exit code of a run that left the batch in the state of *summary*."""
    from batchcreate.models import Status

    if reason is not None:
        return code_of_stop(reason)
    if summary.counts[Status.UNKNOWN]:
        return UNKNOWN
    settled = summary.counts[Status.CREATED] + summary.counts[Status.SKIPPED]
    return DONE if settled == summary.total else INCOMPLETE
