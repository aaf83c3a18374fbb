"""Exit codes of commands."""

import itertools
import signal

import pytest

from batchcreate.cli import exit_codes
from batchcreate.errors import (
    BatchCreateError,
    DeclinedError,
    JournalError,
    JournalLockedError,
    LoadError,
    PlanError,
    ReportError,
    SettingsError,
    StoppedError,
)
from batchcreate.models import (
    Audit,
    Contradiction,
    ContradictionKind,
    DeletionStatus,
    Status,
    Summary,
)
from batchcreate.pipeline.undo import Undone
from batchcreate.pool.stop import StopCause, StopReason
from tests.journals import target

OUTAGE = StopReason(cause=StopCause.OUTAGE, message="10 consecutive rows")
DECLINED = StopReason(cause=StopCause.DECLINED, message="Cancelled")
BY_SIGINT = StopReason(cause=StopCause.INTERRUPTED, message="Stopped", signal=signal.SIGINT)
BY_SIGTERM = StopReason(cause=StopCause.INTERRUPTED, message="Stopped", signal=signal.SIGTERM)
BY_SIGHUP = StopReason(cause=StopCause.INTERRUPTED, message="Stopped", signal=signal.SIGHUP)


def batch(**counts: int) -> Summary:
    return Summary(
        counts=dict.fromkeys(Status, 0) | {Status(name): n for name, n in counts.items()}
    )


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (SettingsError, 2),
        (LoadError, 2),
        (PlanError, 2),
        (JournalError, 2),
        (BatchCreateError, 2),
        (ReportError, 4),
        (StoppedError, 4),
        (JournalLockedError, 5),
        (DeclinedError, 1),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_error_has_its_code(kind: type[BatchCreateError], code: int) -> None:
    """An error before anything is sent is 2, an early stop 4, a locked journal 5."""
    assert exit_codes.code_of_error(kind("m")) == code


def test_error_of_an_interrupted_command_has_the_code_of_the_signal() -> None:
    """The stop reason is more precise than the error."""
    assert exit_codes.code_of_error(StoppedError("stopped"), BY_SIGTERM) == 143


@pytest.mark.parametrize(
    ("summary", "stop_reason", "code"),
    [
        pytest.param(batch(), None, 0, id="no rows"),
        pytest.param(batch(created=3), None, 0, id="all created"),
        pytest.param(batch(created=3, skipped=2), None, 0, id="some skipped"),
        pytest.param(batch(skipped=2), None, 0, id="all skipped"),
        pytest.param(batch(created=3, failed=1), None, 1, id="failed"),
        pytest.param(batch(created=3, rejected=1), None, 1, id="rejected"),
        pytest.param(batch(created=3, not_attempted=1), None, 1, id="not attempted"),
        pytest.param(batch(unknown=1), None, 3, id="unknown"),
        pytest.param(batch(failed=1, unknown=1), None, 3, id="unknown and failed"),
        pytest.param(batch(unknown=1), OUTAGE, 4, id="stopped and unknown"),
        pytest.param(batch(created=1), OUTAGE, 4, id="stopped with all created"),
        pytest.param(batch(unknown=1), BY_SIGINT, 130, id="SIGINT"),
        pytest.param(batch(created=1), BY_SIGTERM, 143, id="SIGTERM"),
        pytest.param(batch(), BY_SIGHUP, 129, id="SIGHUP"),
        pytest.param(batch(not_attempted=1), DECLINED, 1, id="declined"),
    ],
)
def test_run_has_the_code_of_its_most_severe_result(
    summary: Summary, stop_reason: StopReason | None, code: int
) -> None:
    """The order is signal, stopped, unknown, failed."""
    assert exit_codes.code_of_run(summary, stop_reason) == code


@pytest.mark.parametrize(
    ("summary", "code"),
    [
        (batch(not_attempted=3, created=1), 0),
        (batch(), 0),
        (batch(not_attempted=3, rejected=1), 1),
    ],
    ids=["not sent", "no rows", "rejected"],
)
def test_dry_run_fails_only_on_rejected_rows(summary: Summary, code: int) -> None:
    """A dry run sends nothing, so rows that are not attempted are expected."""
    assert exit_codes.code_of_run(summary, None, is_dry_run=True) == code


def test_stopped_dry_run_has_the_code_of_the_stop() -> None:
    """A signal ends a dry run like any other run."""
    assert exit_codes.code_of_run(batch(), BY_SIGINT, is_dry_run=True) == 130


@pytest.mark.parametrize(
    ("counts", "stop_reason", "code"),
    [
        pytest.param({}, None, 0, id="no tasks"),
        pytest.param({"deleted": 2, "gone": 1}, None, 0, id="all deleted"),
        pytest.param({"deleted": 2, "refused": 1}, None, 1, id="refused"),
        pytest.param({"kept": 1}, None, 1, id="renamed"),
        pytest.param({"refused": 1, "unknown": 1}, None, 3, id="unknown"),
        pytest.param({"unknown": 1}, OUTAGE, 4, id="stopped"),
        pytest.param({"deleted": 1}, BY_SIGTERM, 143, id="signal"),
    ],
)
def test_undo_has_the_code_of_its_most_severe_result(
    counts: dict[str, int], stop_reason: StopReason | None, code: int
) -> None:
    """The order is signal, stopped, unknown, tasks that still exist."""
    by_status = {DeletionStatus(name): count for name, count in counts.items()}

    assert exit_codes.code_of_undo(Undone(counts=by_status, stop_reason=stop_reason)) == code


def test_declined_undo_is_incomplete() -> None:
    """The tasks still exist."""
    assert exit_codes.code_of_undo(Undone(counts={}, is_confirmed=False)) == 1


def test_codes_are_the_documented_ones() -> None:
    """Scripts depend on these numbers."""
    codes = (
        exit_codes.DONE,
        exit_codes.INCOMPLETE,
        exit_codes.USAGE,
        exit_codes.UNKNOWN,
        exit_codes.STOPPED,
        exit_codes.LOCKED,
    )

    assert [*codes, exit_codes.INTERRUPTED] == [0, 1, 2, 3, 4, 5, 130]


def test_zero_means_that_every_row_is_created_or_skipped() -> None:
    """All combinations of statuses are checked."""
    for counts in itertools.product(range(2), repeat=len(Status)):
        summary = Summary(counts=dict(zip(Status, counts, strict=True)))

        done = {status for status, count in summary.counts.items() if count}
        is_done = done <= {Status.CREATED, Status.SKIPPED, Status.WITHDRAWN}
        assert (exit_codes.code_of_run(summary, None) == 0) == is_done


def test_contradiction_has_the_code_of_unknown_rows() -> None:
    """The results may be wrong although every row is created or deleted."""
    contradiction = Contradiction(
        kind=ContradictionKind.TWO_IDS, target=target(), task_name="a", task_id="1"
    )
    wrong = Audit(at="", contradictions=[contradiction])

    codes = [
        exit_codes.code_of_run(batch(created=1), None, audit=audit)
        for audit in (Audit(at=""), wrong)
    ]
    undone = exit_codes.code_of_undo(Undone(counts={DeletionStatus.DELETED: 1}, audit=wrong))

    assert (codes, undone) == ([0, 3], 3)


def test_task_that_is_not_listed_makes_undo_incomplete() -> None:
    """It is still recorded as created."""
    assert exit_codes.code_of_undo(Undone(counts={DeletionStatus.NOT_LISTED: 1})) == 1
