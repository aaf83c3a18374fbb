"""A run sends only tasks that certainly do not exist."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from batchcreate.journal import Journal, UnknownTask
from batchcreate.models import Failed, Outcome, RowLocation, TaskId
from tests.journals import (
    LOST,
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
    """One task with each status, and one rejected row."""
    journal = opened(
        tmp_path / "results",
        {"a.csv": ["made", "new", "refused", "lost", "silent", "throttled", "!bad"]},
    )
    outcomes: dict[str, Outcome | None] = {
        "made": created("1"),
        "refused": REFUSED,
        "lost": LOST,
        "silent": None,
        "throttled": THROTTLED,
    }
    await attempt(journal, outcomes)
    return journal


def names(journal: Journal) -> list[str]:
    tasks, _ = journal.work.pending(after=0, limit=100)
    return [found.key.task_name for found in tasks]


def test_created_and_unknown_tasks_are_not_pending(journal: Journal) -> None:
    """New and failed tasks are pending."""
    assert list(waiting(journal)) == ["new", "refused", "throttled"]


def test_pending_tasks_have_their_row(journal: Journal) -> None:
    """Location, key and body are those of the row."""
    journal.work.select_from_input()

    (found,), after = journal.work.pending(after=0, limit=1)

    sent = task("new", 3)
    assert (found.location, found.key, found.body) == (sent.location, sent.key, sent.body)
    assert found.task == number_of(journal, "new")
    assert journal.work.pending(after=after, limit=1)[1] > after


def test_cursor_is_kept_at_the_end(journal: Journal) -> None:
    """Further calls return no tasks."""
    journal.work.select_from_input()

    assert journal.work.pending(after=1000, limit=5) == ([], 1000)


@pytest.mark.parametrize(
    ("only", "selected", "to_reconcile"),
    [
        ((), ["new", "refused", "throttled"], ["lost", "silent"]),
        (["failed"], ["refused", "throttled"], []),
        (["APIG.0308", "not_attempted"], ["new", "throttled"], []),
        (["unknown"], [], ["lost", "silent"]),
        (["FDI.9"], [], ["lost"]),
        (["created"], [], []),
    ],
    ids=["all", "a status", "a code and a status", "unknown", "a code", "created"],
)
def test_retry_selects_by_status_and_code(
    journal: Journal, only: Sequence[str], selected: list[str], to_reconcile: list[str]
) -> None:
    """Created tasks are never selected."""
    journal.work.select_for_retry(only)

    reconciled = [
        found.pending.key.task_name for found in journal.work.find_unknown() if found.may_resend
    ]
    assert (names(journal), reconciled) == (selected, to_reconcile)


def test_skipped_tasks_are_selected_only_by_their_status(tmp_path: Path) -> None:
    """They are not counted as tasks to send until their names are free, and not limited."""
    journal = opened(tmp_path / "results", {"a.csv": ["x", "y", "z"]})
    numbers = waiting(journal)
    journal.record_preflight({}, {numbers[name]: TaskId(f"t-{name}") for name in "xy"})

    journal.work.select_for_retry(["failed"])
    by_other = names(journal)
    journal.work.select_for_retry()
    by_default = names(journal)
    journal.work.select_for_retry(["skipped", "not_attempted"])
    journal.work.limit_to(0)
    counts = journal.work.count_per_target(), journal.work.count_per_target(is_skipped=True)
    journal.record_preflight({}, {numbers["y"]: TaskId("t-y2")})

    assert (by_other, by_default, counts) == ([], ["z"], ({}, {target(): 2}))
    assert names(journal) == ["x"]
    assert shown(journal) == [
        "a.csv:2 x not_attempted",
        "a.csv:3 y skipped t-y2",
        "a.csv:4 z not_attempted",
    ]


async def test_rows_changed_after_creation_stay_skipped(tmp_path: Path) -> None:
    """Their tasks are created; only the rows are skipped."""
    journal = opened(tmp_path / "results", {"a.csv": ["x=1"]})
    await attempt(journal, {"x": created("t")})
    read(journal, {"a.csv": ["x=2"]})

    journal.work.select_for_retry(["skipped"])

    assert (names(journal), shown(journal)) == ([], ["a.csv:2 x skipped t"])


def test_skipped_task_has_the_content_of_its_newest_row(tmp_path: Path) -> None:
    """If its name is free later, the edited row is sent."""
    journal = opened(tmp_path / "results", {"a.csv": ["x=1"]})
    journal.record_preflight({}, {waiting(journal)["x"]: TaskId("t")})
    read(journal, {"a.csv": ["x=2"]})

    journal.work.select_for_retry(["skipped"])
    (found,), _ = journal.work.pending(after=0, limit=1)

    assert found.body == task("x=2", 2).body


def test_retry_selects_rows_of_all_enrolments(journal: Journal) -> None:
    """A run selects rows of its files, a retry rows of the whole journal."""
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
def test_limit_keeps_the_first_tasks_and_all_unknown_ones(
    journal: Journal, limit: int, left: list[str]
) -> None:
    """Reconciling a task does not send it."""
    journal.work.select_from_input()

    journal.work.limit_to(limit)

    assert names(journal) == left
    assert [found.may_resend for found in journal.work.find_unknown()] == [True, True]


def test_tasks_are_counted_per_target(tmp_path: Path) -> None:
    """Targets are in the order of their first rows."""
    journal = opened(tmp_path / "results", {"a.csv": ["x@i2", "y@i1", "z@i2"]})
    journal.work.select_from_input()

    found = journal.work.count_per_target()

    assert list(found.items()) == [(target("i2"), 2), (target("i1"), 1)]


def test_unknown_tasks_have_their_last_response(journal: Journal) -> None:
    """Without a response there is no status."""
    journal.work.select_from_input()

    lost, silent = journal.work.find_unknown()

    assert lost == UnknownTask(
        pending=lost.pending,
        intent=3,
        http_status=500,
        error_code="FDI.9",
        reason="HTTP 500",
        is_recorded=True,
        may_resend=True,
    )
    assert lost.pending.location == RowLocation(file="a.csv", sheet="", number=5)
    assert (silent.intent, silent.http_status, silent.reason) == (4, None, "")
    assert not silent.is_recorded


def test_unknown_tasks_of_other_files_are_reconciled_but_not_sent(journal: Journal) -> None:
    """A run with another file does not send tasks of this file."""
    read(journal, {"b.csv": ["other"]})
    journal.work.select_from_input()

    assert [found.may_resend for found in journal.work.find_unknown()] == [False, False]


def test_existing_tasks_are_found_by_name(journal: Journal) -> None:
    """Only exact names of pending tasks of the same instance match."""
    journal.work.select_from_input()

    here = journal.work.existing(target(), ["new", "NEW", "made", "lost", "throttled"])
    elsewhere = journal.work.existing(target("i2"), ["new"])

    assert here == [
        (number_of(journal, "new"), "new"),
        (number_of(journal, "throttled"), "throttled"),
    ]
    assert elsewhere == []


async def test_existing_tasks_stay_skipped(journal: Journal) -> None:
    """They keep the id of the server, and later runs do not send them."""
    journal.work.select_from_input()

    journal.record_preflight({}, {number_of(journal, "refused"): TaskId("77")})

    assert names(journal) == ["new", "throttled"]
    read(journal, {"a.csv": ["refused"]})
    assert "a.csv:2 refused skipped 77" in shown(journal)
    assert waiting(journal) == {}
    (row,) = (row for row in journal.results() if row.task_name == "refused")
    assert row.error_msg == "a task with this name existed before this batch"
    assert (row.error_code, row.http_status) == ("", None)


async def test_id_of_a_skipped_task_is_not_accepted_again(journal: Journal) -> None:
    """A server that returns it for a new task has not created that task."""
    journal.work.select_from_input()
    journal.record_preflight({}, {number_of(journal, "refused"): TaskId("77")})

    await attempt(journal, {"new": created("77")})

    assert "a.csv:3 new unknown" in shown(journal)


def test_journal_without_rows_has_no_endpoint(tmp_path: Path) -> None:
    """The first enrolment sets the endpoint."""
    with Journal.open(tmp_path / "results") as fresh:
        before = fresh.endpoint
        read(fresh, {"a.csv": ["x"]})

        assert (before, fresh.endpoint) == ("", "https://roma.example")
