"""The task list decides about unknown rows, and only a complete one is evidence of absence."""

import pytest

from batchcreate.models import Created, Failed, TaskId, Unknown
from batchcreate.reconcile import Question, Resend, Resolution, Wait, decide
from batchcreate.task_list import Incomplete, TaskList

LAST = Unknown(reason="oops", http_status=500, error_code="FDI.9")
UNANSWERED = Unknown(reason="connection reset")
REFUSED = Incomplete(reason="HTTP 403, APIG.0302")
EMPTY = TaskList(ids={}, total=0)


def holding(name: str, *ids: str) -> TaskList:
    return TaskList(ids={name: [TaskId(text) for text in ids]}, total=len(ids))


def question(
    *, last: Unknown = LAST, is_window_over: bool = True, may_resend: bool = True
) -> Question:
    return Question(
        task_name="orders", last=last, is_window_over=is_window_over, may_resend=may_resend
    )


@pytest.mark.parametrize("is_window_over", [False, True], ids=["early", "late"])
def test_single_task_with_the_name_is_the_task_of_the_row(*, is_window_over: bool) -> None:
    """The row is created, within the window and after it, with the status of its last response."""
    found = decide(question(is_window_over=is_window_over), holding("orders", "7"))

    assert found == Created(task_id=TaskId("7"), how="reconciled", http_status=500)


@pytest.mark.parametrize(
    ("found", "is_window_over", "may_resend", "resolution"),
    [
        (EMPTY, False, True, Wait()),
        (EMPTY, True, True, Resend()),
        (holding("Orders", "1"), True, True, Resend()),
        (holding("orders ", "1"), False, True, Wait()),
        (
            EMPTY,
            True,
            False,
            Failed(
                http_status=500,
                error_code="FDI.9",
                error_msg="oops; according to the task list no task was created",
            ),
        ),
        (REFUSED, False, True, Wait()),
        (
            REFUSED,
            True,
            True,
            Unknown(
                reason="the task list is not conclusive: HTTP 403, APIG.0302",
                http_status=500,
                error_code="FDI.9",
            ),
        ),
        (
            holding("orders", "3", "1", "2"),
            False,
            True,
            Unknown(
                reason="3 tasks have this name (1, 2, 3); delete the duplicates on the "
                "server, then run the same command again",
                http_status=500,
                error_code="FDI.9",
            ),
        ),
    ],
    ids=[
        "absent within the window",
        "absent after it",
        "another case is another name",
        "a blank makes another name",
        "absent for good",
        "no list within the window",
        "no list after it",
        "several",
    ],
)
def test_absence_requires_a_complete_list_after_the_window(
    found: TaskList | Incomplete, resolution: Resolution, *, is_window_over: bool, may_resend: bool
) -> None:
    """Before the end of the window, or without a complete list, nothing is concluded."""
    asked = question(is_window_over=is_window_over, may_resend=may_resend)

    assert decide(asked, found) == resolution


def test_unanswered_row_fails_with_a_code_of_batchcreate() -> None:
    """Every failed row has an error code."""
    assert decide(question(last=UNANSWERED, may_resend=False), EMPTY) == Failed(
        http_status=None,
        error_code="NO_ANSWER",
        error_msg="connection reset; according to the task list no task was created",
    )


def test_message_about_duplicates_contains_five_ids() -> None:
    """The message is short, however many tasks have the name."""
    resolution = decide(question(last=UNANSWERED), holding("orders", *"7654321"))

    assert isinstance(resolution, Unknown)
    assert resolution.reason.startswith("7 tasks have this name (1, 2, 3, 4, 5); delete")


def test_message_of_an_absent_task_works_without_a_response_text() -> None:
    """A server fault may have an empty body."""
    fault = Unknown(reason="", http_status=502, error_code="HTTP_502")

    assert decide(question(last=fault, may_resend=False), EMPTY) == Failed(
        http_status=502,
        error_code="HTTP_502",
        error_msg="according to the task list no task was created",
    )
