"""What a run may send is chosen from the journal, and nothing that may exist is among it."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from batchcreate.journal import Journal, UnknownTask
from batchcreate.models import Failed, Outcome, RowLocation, TaskId
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
    target,
    task,
    waiting,
)

THROTTLED = Failed(http_status=429, error_code="APIG.0308", error_msg="slow down")


@pytest.fixture
async def journal(tmp_path: Path) -> Journal:
    """One task in every state, and one row that is rejected."""
    journal = opened(
        tmp_path / "results",
        {"a.csv": ["made", "new", "refused", "lost", "mute", "throttled", "!bad"]},
    )
    outcomes: dict[str, Outcome | None] = {
        "made": created("1"),
        "refused": REFUSED,
        "lost": LOST,
        "mute": None,
        "throttled": THROTTLED,
    }
    await attempt(journal, outcomes)
    return journal


def names(journal: Journal) -> list[str]:
    tasks, _ = journal.work.pending(after=0, limit=100)
    return [found.key.task_name for found in tasks]


def test_what_may_be_sent_is_what_certainly_does_not_exist(journal: Journal) -> None:
    """New and refused tasks are handed out; created and unsettled ones are not."""
    assert list(waiting(journal)) == ["new", "refused", "throttled"]


def test_pending_tasks_know_their_row(journal: Journal) -> None:
    """Place, key and body come back as they were read."""
    journal.work.select_from_input()

    (found,), after = journal.work.pending(after=0, limit=1)

    sent = task("new", 3)
    assert (found.location, found.key, found.body) == (sent.location, sent.key, sent.body)
    assert (found.task, found.may_exist) == (number_of(journal, "new"), False)
    assert journal.work.pending(after=after, limit=1)[1] > after


def test_the_end_of_the_work_keeps_the_cursor(journal: Journal) -> None:
    """Whoever asks again gets nothing again."""
    journal.work.select_from_input()

    assert journal.work.pending(after=1000, limit=5) == ([], 1000)


@pytest.mark.parametrize(
    ("only", "chosen", "to_look_for"),
    [
        ((), ["new", "refused", "throttled"], ["lost", "mute"]),
        (["failed"], ["refused", "throttled"], []),
        (["APIG.0308", "not_attempted"], ["new", "throttled"], []),
        (["unknown"], [], ["lost", "mute"]),
        (["FDI.9"], [], ["lost"]),
        (["created"], [], []),
    ],
    ids=["all", "a status", "a code and a status", "unknown", "a code", "created"],
)
def test_a_retry_chooses_by_status_and_code(
    journal: Journal, only: Sequence[str], chosen: list[str], to_look_for: list[str]
) -> None:
    """What is created is never chosen, whatever was asked for."""
    journal.work.select_for_retry(only)

    looked_for = [
        found.pending.key.task_name for found in journal.work.find_unknown() if found.may_resend
    ]
    assert (names(journal), looked_for) == (chosen, to_look_for)


def test_a_retry_takes_rows_of_all_readings(journal: Journal) -> None:
    """A run is about its files, a retry about the whole journal."""
    read(journal, {"b.csv": ["other"]})
    journal.work.select_from_input()
    run = names(journal)

    journal.work.select_for_retry()

    assert run == ["other"]
    assert names(journal) == ["new", "refused", "throttled", "other"]


@pytest.mark.parametrize(
    ("limit", "left"),
    [(0, []), (2, ["new", "refused"]), (9, ["new", "refused", "throttled"])],
    ids=["none", "some", "all"],
)
def test_a_limit_leaves_the_first_tasks_and_all_unsettled_ones(
    journal: Journal, limit: int, left: list[str]
) -> None:
    """Looking for a task on the server is not sending it."""
    journal.work.select_from_input()

    journal.work.limit_to(limit)

    assert names(journal) == left
    assert [found.may_resend for found in journal.work.find_unknown()] == [True, True]


def test_tasks_are_counted_per_target(tmp_path: Path) -> None:
    """Targets come in the order of their first rows."""
    journal = opened(tmp_path / "results", {"a.csv": ["x@i2", "y@i1", "z@i2"]})
    journal.work.select_from_input()

    found = journal.work.count_per_target()

    assert list(found.items()) == [(target("i2"), 2), (target("i1"), 1)]


def test_unsettled_tasks_say_what_is_known(journal: Journal) -> None:
    """The last answer comes with them, and where there was none, that."""
    journal.work.select_from_input()

    lost, mute = journal.work.find_unknown()

    assert lost == UnknownTask(
        pending=lost.pending,
        intent=3,
        last_ms=NOW_MS,
        http_status=500,
        error_code="FDI.9",
        reason="HTTP 500",
        may_resend=True,
    )
    assert lost.pending.may_exist
    assert lost.pending.location == RowLocation(file="a.csv", sheet="", number=5)
    assert (mute.intent, mute.last_ms, mute.http_status, mute.reason) == (4, NOW_MS, None, "")


def test_unsettled_tasks_of_other_files_are_looked_for_but_not_sent(journal: Journal) -> None:
    """A run on another file settles what it can and sends none of it."""
    read(journal, {"b.csv": ["other"]})
    journal.work.select_from_input()

    assert [found.may_resend for found in journal.work.find_unknown()] == [False, False]


def test_tasks_that_exist_already_are_found_by_name(journal: Journal) -> None:
    """Only exact names of tasks that would be sent to that very instance count."""
    journal.work.select_from_input()

    here = journal.work.existing(target(), ["new", "NEW", "made", "lost", "throttled"])
    elsewhere = journal.work.existing(target("i2"), ["new"])

    assert here == [
        (number_of(journal, "new"), "new"),
        (number_of(journal, "throttled"), "throttled"),
    ]
    assert elsewhere == []


async def test_what_existed_before_is_skipped_for_good(journal: Journal) -> None:
    """It leaves the work, keeps the server's id, and no later run sends it."""
    journal.work.select_from_input()

    journal.skip_existing({number_of(journal, "refused"): TaskId("77")})

    assert names(journal) == ["new", "throttled"]
    read(journal, {"a.csv": ["refused"]})
    assert "a.csv:2 refused skipped 77" in shown(journal)
    assert waiting(journal) == {}
    (row,) = (row for row in journal.results() if row.task_name == "refused")
    assert row.error_msg == "a task with this name existed before this batch"
    assert (row.error_code, row.http_status) == ("", None)


async def test_the_id_of_a_skipped_task_belongs_to_it(journal: Journal) -> None:
    """A server that gives it to a new task has not created that one."""
    journal.work.select_from_input()
    journal.skip_existing({number_of(journal, "refused"): TaskId("77")})

    await attempt(journal, {"new": created("77")})

    assert "a.csv:3 new unknown" in shown(journal)


def test_a_journal_without_rows_has_no_endpoint(tmp_path: Path) -> None:
    """It belongs to the endpoint of its first reading."""
    with Journal.open(tmp_path / "results") as fresh:
        before = fresh.endpoint
        read(fresh, {"a.csv": ["x"]})

        assert (before, fresh.endpoint) == ("", "https://roma.example")
