"""The status of a task is the last outcome of its last attempt."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from batchcreate.journal import AttemptOutcome, Journal
from batchcreate.journal.database import REUSED_ID
from batchcreate.models import Created, Outcome, RunId, Status, TaskId
from tests.journals import (
    LOST,
    NOW_MS,
    REFUSED,
    attempt,
    created,
    number_of,
    opened,
    read,
    shown,
    task,
    waiting,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "results"


def all_tasks(journal: Journal) -> list[object]:
    return journal._connection.execute("SELECT * FROM tasks").fetchall()


async def send_in_turn(journal: Journal, name: str, outcomes: list[Outcome | None]) -> None:
    """Send the task called *name* several times in one run, a second apart."""
    clock = iter(range(NOW_MS, NOW_MS + 60_000, 1000))
    run = journal.start_run(RunId("run"), at="")
    async with journal.writer(run=run, now_ms=lambda: next(clock)) as writer:
        for outcome in outcomes:
            (intent,) = await writer.intend([number_of(journal, name)])
            if outcome is not None:
                writer.record_outcome(
                    AttemptOutcome(intent=intent, outcome=outcome, duration_ms=7)
                )
                await writer._call(lambda _: None)


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ({"x": created("1")}, "created 1"),
        ({"x": Created(task_id=TaskId("1"), how="reconciled", http_status=None)}, "created 1"),
        ({"x": REFUSED}, "failed"),
        ({"x": LOST}, "unknown"),
        ({"x": None}, "unknown"),
        ({}, "not_attempted"),
    ],
    ids=["created", "reconciled", "refused", "lost", "no outcome", "not sent"],
)
async def test_status_follows_from_the_outcome(
    folder: Path, outcomes: Mapping[str, Outcome | None], expected: str
) -> None:
    """An attempt without an outcome is unknown, because the request may have arrived."""
    journal = opened(folder, {"a.csv": ["x"]})

    await attempt(journal, outcomes)

    assert shown(journal) == [f"a.csv:2 x {expected}"]


async def test_attempt_without_an_outcome_has_a_reason(folder: Path) -> None:
    """The journal supplies the reason, because none was recorded."""
    journal = opened(folder, {"a.csv": ["x"]})

    await attempt(journal, {"x": None})

    (row,) = journal.results()
    assert (row.error_msg, row.attempts) == ("sent, but no answer was recorded", 1)
    assert (row.first_sent_at, row.finished_at) == ("2025-01-02T03:04:05.000Z", "")


async def test_only_the_last_attempt_counts(folder: Path) -> None:
    """All attempts are counted, and the time of the first one is kept."""
    journal = opened(folder, {"a.csv": ["x"]})

    await send_in_turn(journal, "x", [REFUSED, REFUSED, created("1")])
    journal.apply_log()

    (row,) = journal.results()
    assert (row.status, row.task_id, row.attempts) == (Status.CREATED, "1", 3)
    assert (row.error_code, row.error_msg, row.http_status) == ("", "", 200)
    assert row.first_sent_at == "2025-01-02T03:04:05.000Z"
    assert row.finished_at > row.first_sent_at


async def test_refusal_before_an_unknown_attempt_does_not_count(folder: Path) -> None:
    """The last attempt may have created the task."""
    journal = opened(folder, {"a.csv": ["x"]})

    await send_in_turn(journal, "x", [REFUSED, None])
    journal.apply_log()

    (row,) = journal.results()
    assert (row.status, row.error_code, row.http_status) == (Status.UNKNOWN, "", None)
    assert waiting(journal) == {}


async def test_attempts_of_several_runs_add_up(folder: Path) -> None:
    """The next run continues the count of the previous run."""
    journal = opened(folder, {"a.csv": ["x"]})
    await attempt(journal, {"x": REFUSED})

    await attempt(journal, {"x": created("1")})

    (row,) = journal.results()
    assert (row.status, row.attempts) == (Status.CREATED, 2)


async def test_applying_the_log_twice_changes_nothing(folder: Path) -> None:
    """Entries that are applied already are skipped."""
    journal = opened(folder, {"a.csv": ["x", "y", "z"]})
    await attempt(journal, {"x": created("1"), "y": REFUSED, "z": None})
    before = all_tasks(journal)

    journal.apply_log()

    assert all_tasks(journal) == before


async def test_log_is_applied_when_the_journal_is_opened(folder: Path) -> None:
    """Nothing is lost if the process crashes before it applies the log."""
    outcomes: dict[str, Outcome | None] = {"x": created("1"), "y": REFUSED, "z": None}
    with opened(folder, {"a.csv": ["x", "y", "z"]}) as journal:
        await attempt(journal, outcomes, is_log_applied=False)

    with Journal.open(folder) as journal:
        found = shown(journal)

    assert found == ["a.csv:2 x created 1", "a.csv:3 y failed", "a.csv:4 z unknown"]


async def test_id_that_is_returned_twice_in_a_run_counts_once(folder: Path) -> None:
    """A server that returns an id twice has not created two tasks; the first one keeps it."""
    journal = opened(folder, {"a.csv": ["x", "y"]})

    await attempt(journal, {"x": created("1"), "y": created("1")})

    assert shown(journal) == ["a.csv:2 x created 1", "a.csv:3 y unknown"]
    assert [row.error_msg for row in journal.results()] == ["", REUSED_ID]


@pytest.mark.parametrize("order", ["xy", "yx"], ids=["input order", "other order"])
async def test_id_of_an_earlier_run_is_not_accepted_again(folder: Path, order: str) -> None:
    """The first task keeps the id, independent of the order of the rows."""
    journal = opened(folder, {"a.csv": list(order)})
    await attempt(journal, {"x": created("1")})

    await attempt(journal, {"y": created("1")})

    assert sorted(row.split(maxsplit=1)[1] for row in shown(journal)) == [
        "x created 1",
        "y unknown",
    ]


async def test_id_of_a_removed_row_is_not_accepted_again(folder: Path) -> None:
    """The task still exists on the server, although its row was removed."""
    journal = opened(folder, {"a.csv": ["x"]})
    await attempt(journal, {"x": created("1")})
    read(journal, {"a.csv": ["y"]})

    await attempt(journal, {"y": created("1")})

    assert shown(journal) == ["a.csv:2 x created 1", "a.csv:2 y unknown"]


async def test_id_of_another_instance_is_another_id(folder: Path) -> None:
    """Ids are unique per instance only."""
    journal = opened(folder, {"a.csv": ["x@i1", "y@i2"]})

    await attempt(journal, {"x": created("1"), "y": created("1")})

    assert shown(journal) == ["a.csv:2 x created 1", "a.csv:3 y created 1"]


async def test_id_of_another_instance_and_run_is_another_id(folder: Path) -> None:
    """The same is true for tasks of earlier runs."""
    journal = opened(folder, {"a.csv": ["x@i1", "y@i2"]})
    await attempt(journal, {"x": created("1")})

    await attempt(journal, {"y": created("1")})

    assert shown(journal) == ["a.csv:2 x created 1", "a.csv:3 y created 1"]


async def test_the_last_outcome_of_an_attempt_counts(folder: Path) -> None:
    """An unknown task that is found in the task list later is created."""
    journal = opened(folder, {"a.csv": ["x"]})
    await attempt(journal, {"x": LOST})
    reconciled = Created(task_id=TaskId("1"), how="reconciled")

    async with journal.writer(run=1, now_ms=lambda: NOW_MS + 5000) as writer:
        writer.record_outcome(AttemptOutcome(intent=1, outcome=reconciled, duration_ms=7))
    journal.apply_log()

    (row,) = journal.results()
    assert (row.status, row.task_id, row.attempts) == (Status.CREATED, "1", 1)
    assert (row.error_code, row.finished_at) == ("", "2025-01-02T03:04:10.000Z")


async def test_id_that_was_not_accepted_is_free(folder: Path) -> None:
    """Only a created task owns its id."""
    journal = opened(folder, {"a.csv": ["x", "y"]})
    await attempt(journal, {"x": created("1"), "y": created("1")})
    assert shown(journal)[1] == "a.csv:3 y unknown"

    await attempt(journal, {"y": created("2")})

    assert shown(journal) == ["a.csv:2 x created 1", "a.csv:3 y created 2"]


async def test_row_is_compared_with_the_content_that_was_sent(folder: Path) -> None:
    """A row that changes after a crash differs from the content that was sent."""
    with opened(folder, {"a.csv": ["x=old"]}) as journal:
        await attempt(journal, {"x": created("1")}, is_log_applied=False)

    with opened(folder, {"a.csv": ["x=new"]}) as journal:
        found = shown(journal)

    assert found == ["a.csv:2 x skipped 1"]


async def test_unknown_task_keeps_its_content_until_it_is_sent_again(folder: Path) -> None:
    """A task that is reconciled later has the content that was sent, not that of the row."""
    with opened(folder, {"a.csv": ["x=old"]}) as journal:
        await attempt(journal, {"x": None})
        read(journal, {"a.csv": ["x=new"]})
        (intent,) = journal._connection.execute("SELECT id FROM intents").fetchone()
        reconciled = Created(task_id=TaskId("1"), how="reconciled")
        async with journal.writer(run=1, now_ms=lambda: NOW_MS) as writer:
            writer.record_outcome(AttemptOutcome(intent=intent, outcome=reconciled, duration_ms=7))

        journal.apply_log()

        assert shown(journal) == ["a.csv:2 x skipped 1"]
        sent = journal._connection.execute("SELECT sent_digest FROM tasks").fetchone()[0]
        assert sent == task("x=old", 2).digest
