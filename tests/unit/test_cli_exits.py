"""Exit codes are the documented ones, the gravest reason first."""

import itertools
import signal

import pytest

from batchcreate.cli import exit_codes
from batchcreate.errors import (
    BatchCreateError,
    JournalError,
    JournalLockedError,
    LoadError,
    PlanError,
    ReportError,
    SettingsError,
    StoppedError,
)
from batchcreate.models import Status, Summary
from batchcreate.pool.stop import StopCause, StopReason

FAULTY = StopReason(cause=StopCause.OUTAGE, message="10 rows in a row")
BY_SIGINT = StopReason(cause=StopCause.INTERRUPTED, message="ended", signal=signal.SIGINT)
BY_SIGTERM = StopReason(cause=StopCause.INTERRUPTED, message="ended", signal=signal.SIGTERM)
BY_SIGHUP = StopReason(cause=StopCause.INTERRUPTED, message="ended", signal=signal.SIGHUP)


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
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_error_has_its_code(kind: type[BatchCreateError], code: int) -> None:
    """What was wrong before anything was sent is 2; stopped is 4, locked 5."""
    assert exit_codes.code_of_error(kind("m")) == code


@pytest.mark.parametrize(
    ("summary", "halt", "code"),
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
        pytest.param(batch(unknown=1), FAULTY, 4, id="stopped and unknown"),
        pytest.param(batch(created=1), FAULTY, 4, id="stopped with all created"),
        pytest.param(batch(unknown=1), BY_SIGINT, 130, id="SIGINT"),
        pytest.param(batch(created=1), BY_SIGTERM, 143, id="SIGTERM"),
        pytest.param(batch(), BY_SIGHUP, 129, id="SIGHUP"),
    ],
)
def test_run_has_the_code_of_its_gravest_reason(
    summary: Summary, halt: StopReason | None, code: int
) -> None:
    """Signal, stopped, unknown, failed, in that order."""
    assert exit_codes.code_of(summary, halt) == code


@pytest.mark.parametrize(
    ("summary", "code"),
    [
        (batch(not_attempted=3, created=1), 0),
        (batch(), 0),
        (batch(not_attempted=3, rejected=1), 1),
    ],
    ids=["to be sent", "no rows", "rejected"],
)
def test_plan_fails_by_rejected_rows_only(summary: Summary, code: int) -> None:
    """Rows that a dry run leaves to be sent are what it is for."""
    assert exit_codes.code_of_plan(summary) == code


def test_codes_are_the_documented_ones() -> None:
    """Scripts rely on these numbers."""
    codes = (
        exit_codes.DONE,
        exit_codes.INCOMPLETE,
        exit_codes.USAGE,
        exit_codes.UNKNOWN,
        exit_codes.STOPPED,
        exit_codes.LOCKED,
    )

    assert [*codes, exit_codes.INTERRUPTED] == [0, 1, 2, 3, 4, 5, 130]


def test_zero_means_that_nothing_is_left_to_do() -> None:
    """Over all small batches, 0 is returned exactly where every row is created or skipped."""
    for counts in itertools.product(range(2), repeat=len(Status)):
        summary = Summary(counts=dict(zip(Status, counts, strict=True)))

        done = {status for status, count in summary.counts.items() if count}
        is_done = done <= {Status.CREATED, Status.SKIPPED}
        assert (exit_codes.code_of(summary, None) == 0) == is_done
