"""The journal knows which tasks a task list must contain, and which cannot belong to a row."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from batchcreate.journal import CreatedTask, Evidence, Journal
from batchcreate.journal.deletions import add_outcome
from batchcreate.journal.evidence import ReturnedTask, SentTask, read_evidence
from batchcreate.models import Deletion, DeletionStatus, Outcome, RunId, TaskId
from tests.journals import LOST, NOW_MS, attempt, created, number_of, opened, target


def evidence(
    journal: Journal, *tasks: str, listed: Sequence[str] = (), candidates: Sequence[str] = ()
) -> Evidence:
    return read_evidence(
        journal._connection,
        target(),
        listed=map(TaskId, listed),
        candidates=map(TaskId, candidates),
        tasks=[number_of(journal, name) for name in tasks],
    )


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    """Return a journal with two created tasks, an unknown one, and one of another instance."""
    journal = opened(tmp_path / "results", {"a.csv": ["a", "lost", "b", "c@i2", "killed"]})
    outcomes: dict[str, Outcome | None] = {
        "a": created("id-a"),
        "lost": LOST,
        "b": created("id-b"),
        "killed": None,
    }
    asyncio.run(attempt(journal, outcomes, is_log_applied=False))
    journal.work.select_from_input()
    return journal


def test_tasks_that_are_not_listed_are_returned_with_their_positions(journal: Journal) -> None:
    """The unknown attempt ended between the two created ones; a killed one ended at the start."""
    number = {name: number_of(journal, name) for name in ("a", "b", "lost", "killed")}

    before = evidence(journal, "lost", "killed", listed=["id-b"])
    journal.apply_log()
    later = evidence(journal, "lost", "killed", listed=["id-b"])

    missing = ReturnedTask(number["a"], "a", TaskId("id-a"), position=1, is_listed=0)
    assert before == Evidence(
        returned=[missing],
        listed={},
        sent={number["lost"]: SentTask(NOW_MS, 1, 2), number["killed"]: SentTask(NOW_MS, 1, 0)},
    )
    assert {sent.ended_at for sent in later.sent.values()} == {3}


def test_owners_of_ids_in_question_are_returned(journal: Journal) -> None:
    """An id under the name of another row belongs to the row whose response contained it."""
    found = evidence(journal, "lost", listed=["id-a", "id-b"], candidates=["id-b"])

    assert [(task.name, task.is_listed) for task in found.returned] == [("b", 1)]


@pytest.mark.parametrize(
    ("status", "is_expected"),
    [
        (DeletionStatus.DELETED, False),
        (DeletionStatus.GONE, False),
        (DeletionStatus.UNKNOWN, False),
        (DeletionStatus.REFUSED, True),
    ],
)
def test_deleted_tasks_are_no_evidence(
    journal: Journal, status: DeletionStatus, *, is_expected: bool
) -> None:
    """A task that may be deleted need not be listed."""
    journal.apply_log()
    task = next(each for each in journal.created_tasks() if each.key.task_name == "a")
    assert isinstance(task, CreatedTask)
    add_outcome(journal._connection, task, Deletion(status=status), at_ms=NOW_MS)

    found = evidence(journal, "lost", listed=["id-b"])

    assert [each.name for each in found.returned] == ["a"] * is_expected


def test_first_preflight_list_with_a_task_is_kept(journal: Journal) -> None:
    """A task that existed before a row was sent cannot belong to the row, but to earlier rows."""
    journal.record_preflight({target(): [TaskId("old")]}, {})
    journal.start_run(RunId("second"), at="2025-01-02T03:04:05Z")
    journal.record_preflight({target(): [TaskId("old"), TaskId("new")]}, {})

    found = evidence(journal, "lost", candidates=["old", "new", "newest"])

    assert found.listed == {"old": 1, "new": 2}
