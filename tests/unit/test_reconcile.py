"""What the server's list says of an unsettled task: silence is never taken for absence."""

import pytest

from batchcreate.listing import Incomplete, Inventory
from batchcreate.models import Created, Failed, TaskId, Unknown
from batchcreate.reconcile import Question, Resend, Verdict, Wait, decide

LAST = Unknown(reason="HTTP 500: oops", http_status=500, error_code="FDI.9")
MUTE = Unknown(reason="the connection was reset")
REFUSED = Incomplete(reason="HTTP 403, APIG.0302")
EMPTY = Inventory(ids={}, total=0)


def holding(name: str, *ids: str) -> Inventory:
    return Inventory(ids={name: [TaskId(text) for text in ids]}, total=len(ids))


def question(
    *, last: Unknown = LAST, is_window_over: bool = True, may_resend: bool = True
) -> Question:
    return Question(
        task_name="orders", last=last, is_window_over=is_window_over, may_resend=may_resend
    )


@pytest.mark.parametrize("is_window_over", [False, True], ids=["early", "late"])
def test_one_task_of_the_name_is_its_own(*, is_window_over: bool) -> None:
    """It is created, whenever it is found, and keeps the status of its last answer."""
    found = decide(question(is_window_over=is_window_over), holding("orders", "7"))

    assert found == Created(task_id=TaskId("7"), how="reconciled", http_status=500)


@pytest.mark.parametrize(
    ("listing", "is_window_over", "may_resend", "verdict"),
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
                error_msg="HTTP 500: oops; the server's list shows that no task was created",
            ),
        ),
        (REFUSED, False, True, Wait()),
        (
            REFUSED,
            True,
            True,
            Unknown(
                reason="the server's list cannot tell: HTTP 403, APIG.0302",
                http_status=500,
                error_code="FDI.9",
            ),
        ),
        (
            holding("orders", "3", "1", "2"),
            False,
            True,
            Unknown(
                reason="3 tasks of this name exist (1, 2, 3); delete the ones that are too many "
                "on the server, then run the same command again",
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
def test_what_the_list_shows_decides(
    listing: Inventory | Incomplete, verdict: Verdict, *, is_window_over: bool, may_resend: bool
) -> None:
    """Absence counts after the window only, and only from a complete list."""
    asked = question(is_window_over=is_window_over, may_resend=may_resend)

    assert decide(asked, listing) == verdict


def test_a_task_that_never_got_an_answer_fails_with_a_code_of_ours() -> None:
    """Every failed row has an error code."""
    assert decide(question(last=MUTE, may_resend=False), EMPTY) == Failed(
        http_status=None,
        error_code="NO_ANSWER",
        error_msg="the connection was reset; the server's list shows that no task was created",
    )


def test_of_many_ids_five_are_named() -> None:
    """The message stays readable."""
    verdict = decide(question(last=MUTE), holding("orders", *"7654321"))

    assert isinstance(verdict, Unknown)
    assert verdict.reason.startswith("7 tasks of this name exist (1, 2, 3, 4, 5); delete")
