"""Reads what came back from one create attempt, and never guesses in favour of a resend."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from batchcreate.errors import NotSentError, TransportError
from batchcreate.models import (
    Created,
    Decision,
    Failed,
    Outcome,
    Reply,
    Signal,
    TaskId,
    Unknown,
)
from batchcreate.outcome.bodies import error_of, parse_json
from batchcreate.text import printable

WAIT_MAX_S: Final = 300.0
"""The longest wait that a server may ask for."""

CONNECT: Final = "CONNECT"
"""The error code of a row whose request never reached the server."""

REFUSALS: Final = frozenset(
    {400, 403, 404, 405, 409, 411, 413, 414, 415, 416, 417, 421, 422, 426, 428, 431}
)
"""Statuses of answers that refuse one request: nothing was created."""

NAME_TAKEN: Final = re.compile(
    r"\b(already|name)\b.{0,40}\bexist|\bduplicate|已存在|重复", re.IGNORECASE | re.DOTALL
)
"""Found in messages that say that there is such a task: no page names the code for it."""

_CREATED_STATUSES: Final = frozenset({200, 201, 202})
# The ROMA pages give these authentication and permission codes with HTTP 400 (ErrorCode_server).
_UNAUTHORIZED_CODES: Final = frozenset({"ROMA.1000", "ROMA.1002"})
_FORBIDDEN_CODES: Final = frozenset({"ROMA.1006"})
_NAMES_TARGET: Final = re.compile(r"\b(instance|project)\b|实例|项目", re.IGNORECASE)
# "... limit:10 time:1 minute": the policy as the gateway's throttling message words it.
_POLICY_PERIOD: Final = re.compile(r"\btime:\s*(\d{1,4})\s*(minute|hour|day)", re.IGNORECASE)
_PERIOD_S: Final = {"minute": 60.0, "hour": 3600.0, "day": 86400.0}


def read_reply(reply: Reply, *, now: datetime, may_exist: bool = False) -> Decision:
    """
    Read the answer to a create request.

    Statuses are read before codes, because one code may come with several statuses
    (API Request Signing Guide, Error Codes), and a server fault is never taken for a
    refusal, whatever its body says.

    Args:
        reply: the answer.
        now: the present, to read a ``Retry-After`` date by; timezone-aware.
        may_exist: an earlier attempt of the same row may have created the task, so
            that "this name exists" may speak of our own task.

    """
    status = reply.status
    if status in _CREATED_STATUSES:
        return _read_success(reply)
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return _read_redirect(reply)
    code, message = error_of(reply)
    if is_unauthorized(reply):
        refusal = Failed(http_status=status, error_code=code, error_msg=message)
        return Decision(outcome=refusal, may_resend=True, signal=Signal.UNAUTHORIZED)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Decision(
            outcome=Failed(http_status=status, error_code=code, error_msg=message),
            may_resend=True,
            wait_s=_requested_wait_s(reply.headers, message, now),
            signal=Signal.THROTTLED,
        )
    if status in REFUSALS:
        return _read_refusal(status, code, message, may_exist=may_exist)
    return Decision(
        outcome=Unknown(
            reason=f"HTTP {status}: {message}" if message else f"HTTP {status}",
            http_status=status,
            error_code=code,
        ),
        signal=Signal.SERVER_FAULT if status >= HTTPStatus.INTERNAL_SERVER_ERROR else Signal.NONE,
    )


def read_failure(error: TransportError) -> Decision:
    """Read an attempt that ended without a usable reply."""
    if not isinstance(error, NotSentError):
        return Decision(outcome=Unknown(reason=str(error)), signal=Signal.SERVER_FAULT)
    return Decision(
        outcome=Failed(http_status=None, error_code=CONNECT, error_msg=str(error)),
        may_resend=not error.is_permanent,
        signal=Signal.UNTRUSTED if error.is_permanent else Signal.UNREACHABLE,
    )


def is_unauthorized(reply: Reply) -> bool:
    """Tell whether the server does not accept the credentials, also where it says so with 400."""
    return reply.status == HTTPStatus.UNAUTHORIZED or (
        reply.status == HTTPStatus.BAD_REQUEST and error_of(reply)[0] in _UNAUTHORIZED_CODES
    )


def describe(outcome: Outcome) -> str:
    """Say in a few words what the server answered."""
    match outcome:
        case Created(task_id=task_id):
            return f"created as {task_id}"
        case Failed(http_status=None, error_msg=message):
            return message
        case Failed(http_status=status, error_code=code, error_msg=message):
            return ", ".join(part for part in (f"HTTP {status}", code, message) if part)
        case Unknown(reason=reason):  # pragma: no branch # there is no other
            return reason


def _read_success(reply: Reply) -> Decision:
    parsed = None if reply.is_truncated else parse_json(reply.body)
    task_id = parsed.get("task_id") if isinstance(parsed, dict) else None
    if isinstance(task_id, str) and task_id.strip() and task_id.isprintable():
        return Decision(outcome=Created(task_id=TaskId(task_id), http_status=reply.status))
    return Decision(
        outcome=Unknown(
            reason=f"HTTP {reply.status} without a usable task_id", http_status=reply.status
        )
    )


def _read_redirect(reply: Reply) -> Decision:
    location = reply.headers.get("location", "")
    try:
        host = urlsplit(location).hostname or location
    except ValueError:
        host = location
    return Decision(
        outcome=Unknown(
            reason=f"the endpoint redirects to {printable(host, limit=256) or 'nowhere'}",
            http_status=reply.status,
            error_code=f"HTTP_{reply.status}",
        ),
        signal=Signal.REDIRECTED,
    )


def _read_refusal(status: int, code: str, message: str, *, may_exist: bool) -> Decision:
    if may_exist and (status == HTTPStatus.CONFLICT or NAME_TAKEN.search(message)):
        reason = f"the name exists, perhaps from an earlier attempt of this row ({code})"
        return Decision(outcome=Unknown(reason=reason, http_status=status, error_code=code))
    is_forbidden = (
        status == HTTPStatus.FORBIDDEN
        or code in _FORBIDDEN_CODES
        or (status == HTTPStatus.NOT_FOUND and bool(_NAMES_TARGET.search(message)))
    )
    return Decision(
        outcome=Failed(http_status=status, error_code=code, error_msg=message),
        signal=Signal.FORBIDDEN if is_forbidden else Signal.NONE,
    )


def _requested_wait_s(headers: Mapping[str, str], message: str, now: datetime) -> float | None:
    wait_s = _retry_after_s(headers.get("retry-after", "").strip(), now)
    if wait_s is None and (policy := _POLICY_PERIOD.search(message)):
        wait_s = int(policy[1]) * _PERIOD_S[policy[2].lower()]
    return None if wait_s is None else min(wait_s, WAIT_MAX_S)


def _retry_after_s(value: str, now: datetime) -> float | None:
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    if date.tzinfo is None:
        date = date.replace(tzinfo=UTC)
    return max((date - now).total_seconds(), 0.0)
