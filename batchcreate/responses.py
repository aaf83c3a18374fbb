"""Interpretation of responses and transport errors as outcomes; pure."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final, cast
from urllib.parse import urlsplit

from batchcreate.errors import NotSentError, TransportError
from batchcreate.models import (
    Created,
    Decision,
    Deletion,
    DeletionStatus,
    Failed,
    Outcome,
    Reply,
    Signal,
    TaskId,
    Unknown,
)
from batchcreate.text import SHOWN_CHARS, printable

WAIT_MAX_S: Final = 365 * 86_400.0
"""Longest wait that is read from a response; how long a run waits is decided elsewhere."""

CONNECT: Final = "CONNECT"
"""Error code of a row whose request was not sent."""

REFUSALS: Final = frozenset(
    {400, 403, 404, 405, 409, 411, 413, 414, 415, 416, 417, 418, 421, 422, 426, 428, 431}
)
"""Statuses of responses that refuse a single request: nothing was created."""

NAME_TAKEN: Final = re.compile(
    r"\b(already|name)\b.{0,40}\bexist|\bduplicate|已存在|重复", re.IGNORECASE | re.DOTALL
)
"""Matches messages about an existing task with the same name; the error code is undocumented."""

_CREATED_STATUSES: Final = frozenset({200, 201, 202})
_DELETED_STATUSES: Final = frozenset({200, 202, 204})
# The ROMA pages give these authentication and permission codes with HTTP 400 (ErrorCode_server).
_UNAUTHORIZED_CODES: Final = frozenset({"ROMA.1000", "ROMA.1002"})
_FORBIDDEN_CODES: Final = frozenset({"ROMA.1006"})
_TARGET_WORDS: Final = re.compile(r"\b(instance|project)\b|实例|项目", re.IGNORECASE)
# "... limit:10 time:1 minute": the policy in the throttling message of the gateway.
_POLICY_PERIOD: Final = re.compile(r"\btime:\s*(\d{1,4})\s*(minute|hour|day)", re.IGNORECASE)
_PERIOD_S: Final = {"minute": 60.0, "hour": 3600.0, "day": 86400.0}
# Names are compared in lower case, without separators; earlier ones have precedence.
_CODE_NAMES: Final = ("errorcode", "code")
_MESSAGE_NAMES: Final = (
    "errormsg",
    "errormessage",
    "message",
    "msg",
    "errordescription",
    "description",
    "detail",
    "reason",
    "error",
    "errors",
)
_DEPTH_MAX: Final = 4
_CODE_CHARS_MAX: Final = 64
_HOST_CHARS_MAX: Final = 256


def read_reply(reply: Reply, *, now: datetime) -> Decision:
    """
    Interpret the response to a create request.

    The status has precedence over the code, because a code may come with several statuses
    (API Request Signing Guide, Error Codes), and a server fault is never read as a refusal,
    whatever its body contains.

    Args:
        reply: the response.
        now: the current time, for ``Retry-After`` dates; timezone-aware.

    """
    if reply.status in _CREATED_STATUSES:
        return _read_success(reply)
    if _is_redirect(reply.status):
        return _read_redirect(reply)
    code, message = error_of(reply)
    if reply.status in REFUSALS and _is_name_taken(reply.status, message):
        return Decision(
            outcome=Unknown(
                reason=f"the service reports that the name exists: {message}",
                http_status=reply.status,
                error_code=code,
            )
        )
    return _read_error(reply, code, message, now=now)


def read_deletion(reply: Reply, *, now: datetime) -> tuple[Decision, Deletion | None]:
    """
    Interpret the response to a delete request; the deletion is None if it must be retried.

    A deletion by id may be repeated safely: the second time, the task does not exist. Only the
    service itself can report that; a 404 of the gateway is about the path, project or instance.

    Args:
        reply: the response.
        now: the current time, for ``Retry-After`` dates; timezone-aware.

    """
    status = reply.status
    if status in _DELETED_STATUSES:
        decision = Decision(outcome=Unknown(reason="", http_status=status))
        return decision, Deletion(status=DeletionStatus.DELETED, http_status=status)
    if _is_redirect(status):
        return _read_redirect(reply), None
    code, message = error_of(reply)
    decision = _read_error(reply, code, message, now=now)
    if status == HTTPStatus.NOT_FOUND and code.startswith("FDI."):
        return decision, Deletion(status=DeletionStatus.GONE, http_status=status)
    if status not in REFUSALS and status != HTTPStatus.UNAUTHORIZED:
        return decision, None
    return decision, Deletion(
        status=DeletionStatus.REFUSED, http_status=status, error_code=code, error_msg=message
    )


def read_failure(error: TransportError) -> Decision:
    """Interpret an attempt that ended without a usable response."""
    if not isinstance(error, NotSentError):
        return Decision(outcome=Unknown(reason=str(error)), signal=Signal.SERVER_FAULT)
    return Decision(
        outcome=Failed(
            http_status=None,
            error_code=CONNECT,
            error_msg=str(error),
            not_sent_reason=error.reason,
        ),
        may_resend=not error.is_permanent,
        signal=Signal.UNTRUSTED if error.is_permanent else Signal.UNREACHABLE,
    )


def is_unauthorized(reply: Reply) -> bool:
    """Return True if the server refused the credential, with HTTP 401 or with a code and 400."""
    if reply.status != HTTPStatus.BAD_REQUEST:
        return reply.status == HTTPStatus.UNAUTHORIZED
    return error_of(reply)[0] in _UNAUTHORIZED_CODES


def is_name_taken(outcome: Unknown) -> bool:
    """
    Return True if the service refused a create request because a task with the name exists.

    The name was free before the batch, so the task may be that of the row: an earlier attempt,
    or a gateway that repeated the request, may have created it.
    """
    return outcome.http_status in REFUSALS


def describe(outcome: Outcome) -> str:
    """Return a short description of *outcome*."""
    match outcome:
        case Created(task_id=task_id):
            return f"created as {task_id}"
        case Failed(http_status=None, error_msg=message):
            return message
        case Failed(http_status=status, error_code=code, error_msg=message):
            return ", ".join(part for part in (f"HTTP {status}", code, message) if part)
        case Unknown(http_status=None, reason=reason):
            return reason
        case Unknown(
            http_status=status, reason=reason
        ):  # pragma: no branch # the last type of the union
            return f"HTTP {status}: {reason}" if reason else f"HTTP {status}"


def error_of(reply: Reply) -> tuple[str, str]:
    """
    Return the error code and the message of a response.

    Supports ``error_code``/``error_msg`` (FDI and gateway pages), the ``error`` object of the
    IAM pages, the spellings that the vendor's SDK accepts, and other common ones, also in nested
    objects and lists. The code is not changed; if there is none, it is ``HTTP_<status>``. It is
    found even if the message has another encoding or contains raw control characters. Without a
    message, the whole body is the message.
    """
    text = reply.body.decode("utf-8-sig", "replace")
    parsed = _loads(text, is_strict=False)
    code = _first_text(parsed, _CODE_NAMES)
    message = _first_text(parsed, _MESSAGE_NAMES) or " ".join(text[: 4 * SHOWN_CHARS].split())
    return printable(code, limit=_CODE_CHARS_MAX) or f"HTTP_{reply.status}", printable(message)


def created_id(reply: Reply) -> TaskId | None:
    """Return the id in a successful response to a create request, or None if there is none."""
    parsed = None if reply.is_truncated else parse_json(reply.body)
    return read_id(parsed.get("task_id")) if isinstance(parsed, dict) else None


def read_id(value: object) -> TaskId | None:
    """Return a task_id of a response as text, also if it is a number; None if it is invalid."""
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return TaskId(str(value))
    is_valid = isinstance(value, str) and value.strip() and value.isprintable()
    return TaskId(cast("str", value)) if is_valid else None


def parse_json(body: bytes) -> object:
    """Return the value of *body*, or None if it is not valid JSON."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    return _loads(text, is_strict=True)


def _read_success(reply: Reply) -> Decision:
    task_id = created_id(reply)
    if task_id is not None:
        return Decision(outcome=Created(task_id=task_id, http_status=reply.status))
    code, message = error_of(reply)
    reason = ": ".join(filter(None, ("no valid task_id in the response", message)))
    code = "" if code == f"HTTP_{reply.status}" else code
    return Decision(outcome=Unknown(reason=reason, http_status=reply.status, error_code=code))


def _is_redirect(status: int) -> bool:
    return HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST


def _read_redirect(reply: Reply) -> Decision:
    location = reply.headers.get("location", "")
    try:
        host = urlsplit(location).hostname or location
    except ValueError:
        host = location
    where = f"to {printable(host, limit=_HOST_CHARS_MAX)}" if host else "without a target"
    return Decision(
        outcome=Unknown(
            reason=f"the server redirects {where}",
            http_status=reply.status,
            error_code=f"HTTP_{reply.status}",
        ),
        signal=Signal.REDIRECTED,
    )


def _read_error(reply: Reply, code: str, message: str, *, now: datetime) -> Decision:
    status = reply.status
    if _is_unauthorized(status, code):
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
        return _read_refusal(status, code, message)
    is_fault = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return Decision(
        outcome=Unknown(reason=message, http_status=status, error_code=code),
        signal=Signal.SERVER_FAULT if is_fault else Signal.NONE,
    )


def _is_unauthorized(status: int, code: str) -> bool:
    return status == HTTPStatus.UNAUTHORIZED or (
        status == HTTPStatus.BAD_REQUEST and code in _UNAUTHORIZED_CODES
    )


def _is_name_taken(status: int | None, message: str) -> bool:
    return status == HTTPStatus.CONFLICT or NAME_TAKEN.search(message) is not None


def _read_refusal(status: int, code: str, message: str) -> Decision:
    is_forbidden = (
        status == HTTPStatus.FORBIDDEN
        or code in _FORBIDDEN_CODES
        or (status == HTTPStatus.NOT_FOUND and bool(_TARGET_WORDS.search(message)))
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


def _loads(text: str, *, is_strict: bool) -> object:
    try:
        return json.loads(text, strict=is_strict)
    except (ValueError, RecursionError):
        return None


def _first_text(document: object, names: Sequence[str]) -> str:
    """Return the first text in *document* in a field with one of *names*, the outer level first."""
    return next((text for text in _texts(document, names, _DEPTH_MAX) if text.strip()), "")


def _texts(value: object, names: Sequence[str], depth: int) -> Iterator[str]:
    if isinstance(value, dict):
        fields = {name.lower().replace("_", "").replace("-", ""): name for name in value}
        for name in names:
            if name in fields:
                yield from _texts_of(value[fields[name]], names, depth)
    if depth:
        for inner in _inner(value):
            yield from _texts(inner, names, depth - 1)


def _texts_of(value: object, names: Sequence[str], depth: int) -> Iterator[str]:
    """Yield the text of a field; an object or a list instead of a text is searched for texts."""
    if isinstance(value, str | int) and not isinstance(value, bool):
        yield str(value)
    if depth:
        yield from _texts(value, names, depth - 1)
        yield from (inner for inner in _inner(value) if isinstance(inner, str))


def _inner(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
