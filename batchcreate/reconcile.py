"""
Reconciliation of an unknown row with the task list of its instance; pure.

The task list is evidence, not truth: it can be complete in itself and wrong. A listed task belongs
to a row only if nothing rules it out, and the absence of a task is concluded only from a list that
begins after the reconcile window and contains every task that it must contain.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from batchcreate.clock import stamp_of_ms
from batchcreate.models import Created, Failed, Outcome, TaskId, Unknown
from batchcreate.responses import is_name_taken
from batchcreate.task_list import SHOWN_FIELDS, Details, Incomplete, TaskList
from batchcreate.text import printable

RESENDS_MAX: Final = 2
"""How often a task that is proven absent is resent in one run: three attempts at most."""

CHECK_SHARES: Final = (0.0, 1 / 12, 1 / 4, 1 / 2, 1.0)
"""
Times of the checks as shares of the reconcile window: after 5, 15, 30 and 60 s of 60.

The first one is only for rows of earlier runs, whose tasks may be listed already.
"""

NO_ANSWER: Final = "NO_ANSWER"
"""Error code of a row whose attempts were not answered and whose task is proven absent."""

SHOWN_MAX: Final = 5
"""Maximum number of ids or tasks in a message."""

CLOCK_DIFFERENCE_MS: Final = 5 * 60 * 1000
"""How much earlier than the request the server's clock may show the creation of its task."""

_ABSENT: Final = "according to the task list no task was created"


@dataclass(frozen=True, slots=True)
class Wait:
    """Check again later."""


@dataclass(frozen=True, slots=True)
class Resend:
    """The task is proven absent: send it again."""


Resolution = Outcome | Wait | Resend


@dataclass(frozen=True, slots=True, kw_only=True)
class SentRow:
    """
    What a row sent, for the comparison with a listed task.

    Attributes:
        values: the values of `SHOWN_FIELDS` that it sent.
        first_sent_ms: time of its first intent, in milliseconds since 1970.

    """

    values: Mapping[str, str] = field(default_factory=dict)
    first_sent_ms: int = 0


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
        sent: what the row sent.
        foreign: listed tasks that cannot belong to the row, each with the reason.
        missing: name and id of the tasks that the list must contain and does not: tasks of this
            batch whose ids were returned before the last attempt of the row ended.

    """

    task_name: str
    last: Unknown
    is_window_over: bool
    may_resend: bool
    sent: SentRow = field(default_factory=SentRow)
    foreign: Mapping[TaskId, str] = field(default_factory=dict)
    missing: Sequence[tuple[str, TaskId]] = ()


def sent_row(body: bytes, *, first_sent_ms: int) -> SentRow:
    """Return what a row sent with the request body *body*."""
    content = json.loads(body)
    values = {name: content[name] for name in SHOWN_FIELDS if content.get(name)}
    return SentRow(values=values, first_sent_ms=first_sent_ms)


def decide(question: Question, found: TaskList | Incomplete) -> Resolution:
    """Return the outcome of a row according to the task list of its instance."""
    if isinstance(found, Incomplete):
        reason = f"the task list is not conclusive: {found.reason}"
        return _unknown(question, reason) if question.is_window_over else Wait()
    listed = found.ids.get(question.task_name, ())
    ids = [task_id for task_id in listed if task_id not in question.foreign]
    if len(ids) > 1:
        return _unknown(question, _several(ids))
    if ids:
        return _claim(question, ids[0], found.details.get(ids[0]))
    if listed:
        return _unknown(question, _foreign(listed[0], question.foreign[listed[0]]))
    if not question.is_window_over:
        return Wait()
    return _conclude_absence(question)


def find_difference(sent: SentRow, details: Details | None) -> str:
    """
    Return what rules out that a listed task was created from a row, or an empty text.

    Args:
        sent: what the row sent.
        details: what the task list shows about the task; None if it is nothing.

    """
    if details is None:
        return ""
    for name in SHOWN_FIELDS:
        shown, wanted = details.fields.get(name), sent.values.get(name, "")
        if shown is not None and shown != wanted:
            return f"its {name} is {printable(shown)}, the row has {wanted or 'none'}"
    created_ms = details.created_ms
    if created_ms is not None and created_ms < sent.first_sent_ms - CLOCK_DIFFERENCE_MS:
        return (
            f"it was created at {stamp_of_ms(created_ms)}, before the row was sent at "
            f"{stamp_of_ms(sent.first_sent_ms)}"
        )
    return ""


def _claim(question: Question, task_id: TaskId, details: Details | None) -> Outcome:
    if difference := find_difference(question.sent, details):
        return _unknown(question, _foreign(task_id, difference))
    status = question.last.http_status
    return Created(task_id=task_id, how="reconciled", http_status=status)


def _conclude_absence(question: Question) -> Resolution:
    if question.missing:
        return _unknown(question, _missing(question.missing))
    if is_name_taken(question.last):
        return _unknown(
            question,
            "the server reported that a task with this name exists, but the task list does not "
            "contain it; look for it in the console, then run the same command again",
        )
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


def _foreign(task_id: TaskId, difference: str) -> str:
    return (
        f"task {printable(task_id)} has this name, but cannot belong to this row: {difference}; "
        "delete or rename that task, or change task_name, then run the same command again"
    )


def _several(ids: Sequence[TaskId]) -> str:
    shown = ", ".join(sorted(map(printable, ids))[:SHOWN_MAX])
    return (
        f"{len(ids)} tasks have this name ({shown}); delete the duplicates on the server, then run "
        "the same command again"
    )


def _missing(tasks: Sequence[tuple[str, TaskId]]) -> str:
    shown = [f"{name} ({task_id})" for name, task_id in tasks[:SHOWN_MAX]]
    if others := len(tasks) - len(shown):
        shown.append(f"{others} more")
    return (
        f"the task list is wrong: it does not contain {', '.join(shown)}, which this batch created "
        "before; run the same command again once the list is correct"
    )
