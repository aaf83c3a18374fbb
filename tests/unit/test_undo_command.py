"""The text of undo: the tasks, the question and the last lines."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from batchcreate.cli.undo_command import describe_end, describe_search, question
from batchcreate.journal import CreatedTask
from batchcreate.models import DeletionStatus, Key, Target, TaskId
from batchcreate.pipeline.undo import Undone
from batchcreate.pipeline.undo_plan import Search
from batchcreate.pool import StopCause, StopReason

OUTAGE = StopReason(cause=StopCause.OUTAGE, message="the server is unavailable")
DETAILS = "details: out/undo.csv"
NEXT = "next: batchcreate undo out"


def task(number: int, instance_id: str = "i1") -> CreatedTask:
    target = Target(endpoint="https://roma.example", project_id="p1", instance_id=instance_id)
    key = Key(target=target, task_name=f"crm-{number}")
    return CreatedTask(task=number, key=key, task_id=TaskId(f"id{number}"))


@pytest.mark.parametrize(
    ("counts", "stop_reason", "lines"),
    [
        pytest.param({}, None, ["undo: this batch has no tasks on the server"], id="no tasks"),
        pytest.param(
            {"deleted": 2, "gone": 1}, None, ["undo: 2 deleted, 1 gone", DETAILS], id="deleted"
        ),
        pytest.param(
            {"deleted": 2, "not_listed": 1},
            None,
            ["undo: 2 deleted, 1 not listed", DETAILS, NEXT],
            id="not listed",
        ),
        pytest.param(
            {"deleted": 1, "refused": 1, "unknown": 1},
            None,
            ["undo: 1 deleted, 1 refused, 1 unknown", DETAILS, NEXT],
            id="unknown",
        ),
        pytest.param(
            {"deleted": 1},
            OUTAGE,
            ["undo: 1 deleted", DETAILS, "the server is unavailable", NEXT],
            id="stopped",
        ),
    ],
)
def test_last_lines(
    counts: Mapping[str, int], stop_reason: StopReason | None, lines: list[str]
) -> None:
    """Counts, report, stop reason and next command, if they apply."""
    every = {status: counts.get(status.value, 0) for status in DeletionStatus}
    undone = Undone(counts=every if counts else {}, stop_reason=stop_reason)

    assert list(describe_end(undone, Path("out"), ["undo", "out"])) == lines


def test_changes_during_the_question_are_reported() -> None:
    """They follow the counts."""
    undone = Undone(counts={DeletionStatus.DELETED: 1}, note="1 task changed")

    lines = list(describe_end(undone, Path("out"), []))

    assert lines == ["undo: 1 deleted", "1 task changed", DETAILS]


def test_declined_undo_reports_that_nothing_was_deleted() -> None:
    """There are no counts and no report."""
    undone = Undone(counts={}, is_confirmed=False)

    assert list(describe_end(undone, Path("out"), [])) == ["Cancelled; nothing was deleted."]


def test_tasks_are_listed_before_the_question() -> None:
    """The first twenty have a line; tasks that are not deleted are counted."""
    search = Search(
        there=[task(n) for n in range(22)],
        reconciled=[task(40)],
        gone=[(task(29), "")],
        not_listed=[(task(30), "why")],
        kept=[(task(31), "renamed")] * 2,
    )

    lines = list(describe_search(search))

    assert lines[0] == "  crm-0  id0  (instance i1)"
    assert lines[19:] == [
        "  crm-19  id19  (instance i1)",
        "  … and 2 more",
        "found in the task list, not in the responses to their requests:",
        "  crm-40  id40  (instance i1)",
        "already deleted: 1 task of this batch",
        "not listed, so not deleted: 1 task of this batch",
        "not deleted: 2 tasks of this batch (renamed)",
    ]


@pytest.mark.parametrize(
    ("tasks", "text"),
    [
        ([task(1)], "Delete 1 task of instance i1, project p1, at https://roma.example?"),
        ([task(1), task(2, "i2")], "Delete 2 tasks of 2 instances at https://roma.example?"),
    ],
    ids=["one instance", "two instances"],
)
def test_question_contains_the_target(tasks: list[CreatedTask], text: str) -> None:
    """The user sees what is deleted, and where."""
    assert question(Search(there=tasks)) == text
