"""What the log says of an attempt: every one but the plain successes, and those on request."""

import logging

import structlog

from batchcreate.journal import Pending
from batchcreate.models import Created, Decision, Failed, Unknown
from batchcreate.outcome import describe


def tell(
    log: structlog.typing.FilteringBoundLogger,
    pending: Pending,
    decision: Decision,
    attempt: int,
    *,
    is_final: bool,
) -> None:
    """
    Log how an attempt was read.

    Args:
        log: of the run.
        pending: the task that was sent.
        decision: how the attempt was read.
        attempt: its number in this run, counted from 1.
        is_final: the task is not sent again in this run.

    """
    is_created = isinstance(decision.outcome, Created)
    # Asked first: what a million successes do not write must not cost anything either.
    if not log.is_enabled_for(logging.DEBUG if is_created else logging.INFO):
        return
    log = log.bind(
        file=pending.place.file,
        sheet=pending.place.sheet,
        row=pending.place.number,
        task_name=pending.key.task_name,
        attempt=attempt,
    )
    if not is_final:
        log.info("attempt.repeated", reason=describe(decision.outcome))
        return
    match decision.outcome:
        case Created(task_id=task_id):
            log.debug("task.created", task_id=task_id)
        case Failed(http_status=status, error_code=code, error_msg=message):
            log.info("task.failed", http_status=status, error_code=code, error_msg=message)
        case Unknown(reason=reason):  # pragma: no branch # there is no other
            log.info("task.unknown", reason=reason)
