"""The last lines tell how the batch stands and which command to run next."""

import shlex
from pathlib import Path
from typing import Final

import pytest

from batchcreate.cli.ending import counts, last_lines
from batchcreate.models import Status, Summary
from batchcreate.pipeline import Ending, Plan, Reports
from batchcreate.pool.stop import Cause, Halt
from batchcreate.settings import Settings

FOLDER: Final = Path("tasks-results")
TYPED: Final = ("/usr/bin/batchcreate", "run", "my tasks.csv", "--rate", "20")
AGAIN: Final = "batchcreate run 'my tasks.csv' --rate 20"
HALT: Final = Halt(cause=Cause.OUTAGE, message="10 rows in a row met a fault")


def batch(**numbers: int) -> Summary:
    return Summary(
        counts=dict.fromkeys(Status, 0) | {Status(name): n for name, n in numbers.items()}
    )


def ending(summary: Summary, *, halt: Halt | None = None) -> Ending:
    plan = Plan(rows=summary.total, summary=summary, to_send={})
    return Ending(results=FOLDER, plan=plan, reports=Reports(summary=summary), halt=halt)


@pytest.mark.parametrize(
    ("summary", "line"),
    [
        pytest.param(batch(), "0 rows: none", id="no rows"),
        pytest.param(batch(created=7), "7 rows: 7 created", id="all created"),
        pytest.param(
            batch(rejected=1, not_attempted=2, created=3, failed=4, unknown=5, skipped=6),
            "21 rows: 1 rejected, 2 not_attempted, 3 created, 4 failed, 5 unknown, 6 skipped",
            id="every status",
        ),
    ],
)
def test_counts_stand_on_one_line(summary: Summary, line: str) -> None:
    """Statuses that no row has are left out."""
    assert counts(summary) == line


@pytest.mark.parametrize(
    ("summary", "step"),
    [
        pytest.param(batch(created=3, skipped=1), "nothing; every row has its task", id="done"),
        pytest.param(batch(created=3, failed=1), AGAIN, id="failed"),
        pytest.param(batch(created=3, not_attempted=1), AGAIN, id="not attempted"),
        pytest.param(batch(failed=1, unknown=1), AGAIN, id="failed and unknown"),
        pytest.param(
            batch(created=3, unknown=1),
            f"let the server's list settle the unknown rows: {AGAIN}",
            id="unknown",
        ),
        pytest.param(
            batch(rejected=1, failed=1, unknown=1),
            f"mend the cells listed in tasks-results/issues.csv, then {AGAIN}",
            id="rejected",
        ),
    ],
)
def test_next_step_follows_from_the_counts(summary: Summary, step: str) -> None:
    """The command is the one that was typed, ready to be pasted."""
    text = last_lines(ending(summary), Settings(), TYPED)

    assert text.splitlines() == [
        "results: tasks-results/results.csv",
        counts(summary),
        f"next: {step}",
    ]


def test_command_survives_the_shell() -> None:
    """Blanks, quotes and stars in a name are quoted."""
    arguments = ["batchcreate", "run", "it's *new*.csv", "--sheet", "$HOME"]

    text = last_lines(ending(batch(failed=1)), Settings(), arguments)

    assert shlex.split(text.splitlines()[-1].removeprefix("next: ")) == arguments


def test_reason_of_an_early_end_comes_first() -> None:
    """Who reads one line reads why."""
    text = last_lines(ending(batch(not_attempted=2), halt=HALT), Settings(), TYPED)

    assert text.splitlines() == [
        "10 rows in a row met a fault",
        "results: tasks-results/results.csv",
        "2 rows: 2 not_attempted",
        f"next: {AGAIN}",
    ]


@pytest.mark.parametrize(
    ("halt", "first"), [(None, []), (HALT, [HALT.message])], ids=["to its end", "stopped"]
)
def test_dry_run_says_that_nothing_was_sent(halt: Halt | None, first: list[str]) -> None:
    """There are no results to point at."""
    text = last_lines(
        ending(batch(not_attempted=2, rejected=1), halt=halt), Settings(dry_run=True), TYPED
    )

    assert text.splitlines() == [
        *first,
        "dry run: nothing was sent",
        "3 rows: 1 rejected, 2 not_attempted",
    ]


@pytest.mark.parametrize(
    ("summary", "halt", "is_told"),
    [
        (batch(not_attempted=2, rejected=1), None, True),
        (batch(created=3), None, False),
        (batch(not_attempted=2, rejected=1), HALT, False),
    ],
    ids=["rejected", "none rejected", "stopped"],
)
def test_strict_run_says_why_nothing_was_sent(
    summary: Summary, halt: Halt | None, *, is_told: bool
) -> None:
    """One rejected row, and nothing is sent, unless the run ended for another reason."""
    text = last_lines(ending(summary, halt=halt), Settings(strict=True), TYPED)

    assert ("--strict: a row is rejected, so nothing was sent" in text.splitlines()) == is_told
