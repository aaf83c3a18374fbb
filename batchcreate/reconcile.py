"""Reads the server's list for one unsettled task; pure, and never takes silence for absence."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from batchcreate.listing import Incomplete, Inventory
from batchcreate.models import Created, Failed, Outcome, TaskId, Unknown

RESENDS_MAX: Final = 2
"""How often a task that is proven absent is sent again in one run: three attempts at most."""

LOOKS: Final = (1 / 12, 1 / 4, 1 / 2, 1.0)
"""When to look, as shares of the settling window: 5, 15, 30 and 60 s of 60."""

NO_ANSWER: Final = "NO_ANSWER"
"""The error code of a row whose attempts went unanswered and whose absence is proven."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Look again later."""


@dataclass(frozen=True, slots=True)
class Resend:
    """The task is proven absent: send it again."""


Verdict = Outcome | Wait | Resend


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """
    What is known of one unsettled task when its instance's list is at hand.

    Attributes:
        task_name: compared exactly, case included.
        last: how its last attempt was read.
        is_window_over: the look began after the settling window of the last attempt.
        may_resend: it may be sent again.

    """

    task_name: str
    last: Unknown
    is_window_over: bool
    may_resend: bool


def decide(question: Question, listing: Inventory | Incomplete) -> Verdict:
    """
    Return what the list of its instance says of an unsettled task.

    Whatever carries its name is its own: a name that existed before the batch was never
    sent, and no two tasks of a batch share a name on one instance.
    """
    if isinstance(listing, Incomplete):
        reason = f"the server's list cannot tell: {listing.reason}"
        return _undecided(question, reason) if question.is_window_over else Wait()
    found = listing.ids.get(question.task_name, ())
    if len(found) == 1:
        status = question.last.http_status
        return Created(task_id=found[0], how="reconciled", http_status=status)
    if found:
        return _undecided(question, _several(found))
    if not question.is_window_over:
        return Wait()
    return Resend() if question.may_resend else _absent(question.last)


def _absent(last: Unknown) -> Failed:
    return Failed(
        http_status=last.http_status,
        error_code=last.error_code or NO_ANSWER,
        error_msg=f"{last.reason}; the server's list shows that no task was created",
    )


def _undecided(question: Question, reason: str) -> Unknown:
    last = question.last
    return Unknown(reason=reason, http_status=last.http_status, error_code=last.error_code)


def _several(found: Sequence[TaskId]) -> str:
    ids = ", ".join(sorted(found)[:5])
    return (
        f"{len(found)} tasks of this name exist ({ids}); delete the ones that are too many on "
        "the server, then run the same command again"
    )
