"""
Reconciliation of an unknown row with the task list of its instance; pure.

The absence of a task is concluded only from a complete task list, after the reconcile window.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from batchcreate.models import Created, Failed, Outcome, TaskId, Unknown
from batchcreate.task_list import Incomplete, TaskList

RESENDS_MAX: Final = 2
"""How often a task that is proven absent is resent in one run: three attempts at most."""

CHECK_SHARES: Final = (1 / 12, 1 / 4, 1 / 2, 1.0)
"""Times of the checks as shares of the reconcile window: after 5, 15, 30 and 60 s of 60."""

NO_ANSWER: Final = "NO_ANSWER"
"""Error code of a row whose attempts were not answered and whose task is proven absent."""

IDS_SHOWN_MAX: Final = 5
"""Maximum number of ids in the message about several tasks with the same name."""

_ABSENT: Final = "according to the task list no task was created"


@dataclass(frozen=True, slots=True)
class Wait:
    """Check again later."""


@dataclass(frozen=True, slots=True)
class Resend:
    """The task is proven absent: send it again."""


Resolution = Outcome | Wait | Resend


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """
    A row with unknown outcome.

    Attributes:
        task_name: name of the task; compared exactly, in the same case.
        last: the outcome of its last attempt.
        is_window_over: True if the task list was requested after the reconcile window of the
            last attempt.
        may_resend: True if the row may be sent again.

    """

    task_name: str
    last: Unknown
    is_window_over: bool
    may_resend: bool


def decide(question: Question, found: TaskList | Incomplete) -> Resolution:
    """
    Return the outcome of a row according to the task list of its instance.

    A task with the name of the row is its task: rows whose name existed before the batch were
    never sent, and no two tasks of a batch have the same name in one instance.
    """
    if isinstance(found, Incomplete):
        reason = f"the task list is not conclusive: {found.reason}"
        return _unknown(question, reason) if question.is_window_over else Wait()
    ids = found.ids.get(question.task_name, ())
    if len(ids) == 1:
        status = question.last.http_status
        return Created(task_id=ids[0], how="reconciled", http_status=status)
    if ids:
        return _unknown(question, _several(ids))
    if not question.is_window_over:
        return Wait()
    return Resend() if question.may_resend else _absent(question.last)


def _absent(last: Unknown) -> Failed:
    return Failed(
        http_status=last.http_status,
        error_code=last.error_code or NO_ANSWER,
        error_msg="; ".join(filter(None, (last.reason, _ABSENT))),
    )


def _unknown(question: Question, reason: str) -> Unknown:
    last = question.last
    return Unknown(reason=reason, http_status=last.http_status, error_code=last.error_code)


def _several(ids: Sequence[TaskId]) -> str:
    shown = ", ".join(sorted(ids)[:IDS_SHOWN_MAX])
    return (
        f"{len(ids)} tasks have this name ({shown}); delete the duplicates on the server, then run "
        "the same command again"
    )
