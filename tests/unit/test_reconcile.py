"""The task list decides about unknown rows, as far as it is evidence."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchcreate.models import Created, Failed, TaskId, Unknown
from batchcreate.reconcile import (
    CLOCK_DIFFERENCE_MS,
    Question,
    Resend,
    Resolution,
    SentRow,
    Wait,
    decide,
    find_difference,
)
from batchcreate.task_list import Details, Incomplete, TaskList

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


def unknown(reason: str, last: Unknown = LAST) -> Unknown:
    return replace(last, reason=reason)


def test_list_without_a_task_of_the_batch_is_no_evidence_of_absence() -> None:
    """The message names the tasks that should have been listed; five of them are sufficient."""
    tasks = [(f"n{number}", TaskId(f"id-{number}")) for number in range(7)]

    one = decide(replace(question(), missing=tasks[:1]), EMPTY)
    seven = decide(replace(question(may_resend=False), missing=tasks), EMPTY)
    early = decide(replace(question(is_window_over=False), missing=tasks), EMPTY)
    found = decide(replace(question(), missing=tasks), holding("orders", "7"))

    assert one == unknown(
        "the task list is wrong: it does not contain n0 (id-0), which this batch created before; "
        "run the same command again once the list is correct"
    )
    assert isinstance(seven, Unknown)
    assert "n3 (id-3), n4 (id-4), 2 more, which" in seven.reason
    assert early == Wait()
    assert found == Created(task_id=TaskId("7"), how="reconciled", http_status=500)


@pytest.mark.parametrize("may_resend", [True, False])
def test_name_that_exists_is_never_absent(*, may_resend: bool) -> None:
    """The server reported that the name exists, and the list does not contain it."""
    taken = Unknown(reason="exists", http_status=409, error_code="FDI.409")

    resolution = decide(question(last=taken, may_resend=may_resend), EMPTY)

    assert isinstance(resolution, Unknown)
    assert (resolution.http_status, resolution.error_code) == (409, "FDI.409")
    assert resolution.reason.startswith("the server reported that a task with this name exists")


@pytest.mark.parametrize(
    ("details", "reason"),
    [
        (Details(fields={"task_tag": "other"}), "its task_tag is other, the row has t1"),
        (Details(fields={"source_app_id": "a"}), "its source_app_id is a, the row has none"),
        (
            Details(created_ms=1_735_787_045_000 - CLOCK_DIFFERENCE_MS - 1),
            (
                "it was created at 2025-01-02T02:59:04.999Z, before the row was sent at "
                "2025-01-02T03:04:05.000Z"
            ),
        ),
        (Details(created_ms=1_735_787_045_000 - CLOCK_DIFFERENCE_MS), ""),
        (Details(fields={"task_tag": "t1"}), ""),
        (Details(), ""),
        (None, ""),
    ],
    ids=["other tag", "value not sent", "before", "just possible", "same tag", "empty", "none"],
)
def test_task_belongs_to_the_row_only_if_nothing_rules_it_out(
    details: Details | None, reason: str
) -> None:
    """Otherwise the row stays unknown, and the message states what differs."""
    sent = SentRow(values={"task_tag": "t1"}, first_sent_ms=1_735_787_045_000)
    found = replace(holding("orders", "7"), details={TaskId("7"): details} if details else {})

    resolution = decide(replace(question(), sent=sent), found)

    assert find_difference(sent, details) == reason
    assert resolution == (
        unknown(
            f"task 7 has this name, but cannot belong to this row: {reason}; delete or rename that "
            "task, or change task_name, then run the same command again"
        )
        if reason
        else Created(task_id=TaskId("7"), how="reconciled", http_status=500)
    )


def test_foreign_tasks_are_discarded() -> None:
    """A single other task belongs to the row; a foreign task alone leaves it unknown."""
    asked = replace(question(), foreign={TaskId("1"): "it existed before the row was sent"})

    both = decide(asked, holding("orders", "1", "2"))
    alone = decide(asked, holding("orders", "1"))

    assert both == Created(task_id=TaskId("2"), how="reconciled", http_status=500)
    assert isinstance(alone, Unknown)
    assert "task 1 has this name, but cannot belong to this row: it existed" in alone.reason


IDS = st.lists(st.sampled_from(["1", "2", "3"]), unique=True)


@given(
    listed=IDS,
    foreign=IDS,
    missing=IDS,
    status=st.sampled_from([None, 200, 400, 409, 500]),
    tag=st.sampled_from([None, "mine", "other"]),
    flags=st.tuples(st.booleans(), st.booleans(), st.booleans()),
)
def test_nothing_is_concluded_without_evidence(
    listed: Sequence[str],
    foreign: Sequence[str],
    missing: Sequence[str],
    status: int | None,
    tag: str | None,
    flags: tuple[bool, bool, bool],
) -> None:
    """For all lists: what a row becomes, and when it is sent again, follows from the evidence."""
    is_window_over, may_resend, is_complete = flags
    details: Mapping[TaskId, Details] = {
        TaskId(text): Details(fields={"task_tag": tag} if tag else {}) for text in listed
    }
    asked = Question(
        task_name="orders",
        last=Unknown(reason="oops", http_status=status),
        is_window_over=is_window_over,
        may_resend=may_resend,
        sent=SentRow(values={"task_tag": "mine"}),
        foreign=dict.fromkeys(map(TaskId, foreign), "foreign"),
        missing=[(text, TaskId(text)) for text in missing],
    )
    found = replace(holding("orders", *listed), details=details)

    resolution = decide(asked, found if is_complete else REFUSED)

    own = [text for text in listed if text not in foreign]
    is_absent = is_window_over and is_complete and not listed and not missing
    is_concluded = is_absent and status not in {400, 409}
    assert isinstance(resolution, Created) == (is_complete and len(own) == 1 and tag != "other")
    assert isinstance(resolution, Resend) == (is_concluded and may_resend)
    assert isinstance(resolution, Failed) == (is_concluded and not may_resend)
    assert isinstance(resolution, Wait) == (not is_window_over and not (is_complete and listed))


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
