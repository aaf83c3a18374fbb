"""Exit codes of all commands."""

from typing import TYPE_CHECKING, Final

from batchcreate.errors import (
    BatchCreateError,
    CredentialError,
    DeclinedError,
    InternalError,
    JournalLockedError,
    ReportError,
    StoppedError,
)

if TYPE_CHECKING:  # these take longer to import than the rest of --help
    from batchcreate.models import Audit, Summary
    from batchcreate.pipeline.undo import Undone
    from batchcreate.pool import StopReason

DONE: Final = 0
INCOMPLETE: Final = 1
USAGE: Final = 2
UNKNOWN: Final = 3
STOPPED: Final = 4
LOCKED: Final = 5
INTERRUPTED: Final = 130


def code_of_error(error: BatchCreateError, stop_reason: "StopReason | None" = None) -> int:
    """Return the exit code of a command that raised *error*, and was stopped by *stop_reason*."""
    if stop_reason is not None:
        return stop_reason.exit_code
    if isinstance(error, DeclinedError):
        return INCOMPLETE
    if isinstance(error, JournalLockedError):
        return LOCKED
    stopping = CredentialError | InternalError | ReportError | StoppedError
    return STOPPED if isinstance(error, stopping) else USAGE


def code_of_run(
    summary: "Summary",
    stop_reason: "StopReason | None",
    *,
    audit: "Audit | None" = None,
    is_dry_run: bool = False,
) -> int:
    """
    Return the exit code of a run or retry.

    Args:
        summary: the counts of the batch after the run.
        stop_reason: why the run ended early, or None.
        audit: the comparison of the task lists with the journal, or None.
        is_dry_run: rows that are not sent are expected.

    """
    from batchcreate.models import Status

    if stop_reason is not None:
        return stop_reason.exit_code
    if is_dry_run:
        return INCOMPLETE if summary.counts[Status.REJECTED] else DONE
    if summary.counts[Status.UNKNOWN] or _has_contradictions(audit):
        return UNKNOWN
    done = summary.counts[Status.CREATED] + summary.counts[Status.SKIPPED]
    return DONE if done == summary.total else INCOMPLETE


def code_of_undo(undone: "Undone") -> int:
    """Return the exit code of undo."""
    from batchcreate.models import DeletionStatus

    if not undone.is_confirmed:
        return INCOMPLETE
    if undone.stop_reason is not None:
        return undone.stop_reason.exit_code
    if undone.counts.get(DeletionStatus.UNKNOWN) or _has_contradictions(undone.audit):
        return UNKNOWN
    remaining = (DeletionStatus.REFUSED, DeletionStatus.KEPT, DeletionStatus.NOT_LISTED)
    return INCOMPLETE if any(undone.counts.get(status) for status in remaining) else DONE


def _has_contradictions(audit: "Audit | None") -> bool:
    return audit is not None and bool(audit.contradictions)
