"""What a server said, and how it is read."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from batchcreate.models.identity import TaskId


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """
    What a server said: bounded, and free of the HTTP library's types.

    Attributes:
        status: the status code read from a real response.
        headers: names in lower case, or a mapping that does not care about case.
        body: at most 64 KiB.
        is_truncated: the body was longer than what was kept.

    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    is_truncated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Created:
    """
    The server confirmed the task, or its list did.

    Attributes:
        task_id: the server's id.
        how: ``answered`` by the create call itself, or ``reconciled`` with the list.
        http_status: of the answer that confirmed it.

    """

    task_id: TaskId
    how: Literal["answered", "reconciled"] = "answered"
    http_status: int | None = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The server refused the task, or the request provably never left (code ``CONNECT``)."""

    http_status: int | None
    error_code: str
    error_msg: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """The task may exist on the server; only the server's list can tell."""

    reason: str
    http_status: int | None = None
    error_code: str = ""


Outcome = Created | Failed | Unknown


class Signal(StrEnum):
    """What an answer says about the server rather than about the one row."""

    NONE = "none"
    THROTTLED = "throttled"
    UNREACHABLE = "unreachable"
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    REDIRECTED = "redirected"
    SERVER_FAULT = "server_fault"
    UNTRUSTED = "untrusted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """
    How one attempt is read.

    Attributes:
        outcome: what the journal records of this attempt.
        may_resend: the request provably had no effect and may be sent again in this run.
        wait_s: seconds that the server asked for before the next request; ``None`` if it did not.
        signal: what the whole run should learn from it.

    """

    outcome: Outcome
    may_resend: bool = False
    wait_s: float | None = None
    signal: Signal = Signal.NONE
