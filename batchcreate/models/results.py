"""Outcomes, statuses, server responses and rows to fix."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from batchcreate.models.rows import Issue, Layout, RowLocation, TaskId


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


class Status(StrEnum):
    """Where a row stands; the six counts of a summary add up to the number of input rows."""

    REJECTED = "rejected"
    NOT_ATTEMPTED = "not_attempted"
    CREATED = "created"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultRow:
    """
    One line of the results: an input row and what became of it.

    Times are UTC in ISO 8601 with milliseconds, empty where nothing was sent.

    Attributes:
        task_id: of the created or already existing task, else empty.
        http_status: of the last answer, ``None`` where there was none.
        error_code: the server's code as it came, ``INVALID_ROW`` or ``CONNECT``, else empty.
        error_msg: the server's message, or why the row stands where it stands.
        attempts: how often it was sent.
        duration_ms: of the last attempt.

    """

    location: RowLocation
    task_name: str
    status: Status
    task_id: str
    http_status: int | None
    error_code: str
    error_msg: str
    attempts: int
    first_sent_at: str
    finished_at: str
    duration_ms: int | None
    project_id: str
    instance_id: str


class DeletionStatus(StrEnum):
    """What became of a task that undo was to remove; kept: it has another name by now."""

    DELETED = "deleted"
    GONE = "gone"
    KEPT = "kept"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """
    What became of one task that undo was to remove.

    Attributes:
        status: deleted now, already gone, left alone, refused by the server, or not known.
        http_status: of the answer, if there was one.
        error_code: of a refusal, as it came.
        error_msg: of a refusal, or why it is not known.

    """

    status: DeletionStatus
    http_status: int | None = None
    error_code: str = ""
    error_msg: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """
    One count per status.

    Attributes:
        counts: every status, zero included.

    """

    counts: Mapping[Status, int] = field(default_factory=lambda: dict.fromkeys(Status, 0))

    @property
    def total(self) -> int:
        """The number of input rows."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetToFix:
    """
    A sheet with rows that are not created.

    Attributes:
        sources: its numbers in the journal, one for each time that it was read.
        layout: how it was read; headings of no field are not listed.
        original_file: label of the file that its rows stood in at first.
        rows: how many are not created.

    """

    sources: Sequence[int]
    layout: Layout
    original_file: str
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RowToFix:
    """
    A row that is not created.

    Attributes:
        number: of the row, as the spreadsheet program shows it.
        status: where it stands.
        http_status: of the last answer, ``None`` where there was none.
        error_code: the server's code as it came, ``INVALID_ROW`` or ``CONNECT``, else empty.
        error_msg: the server's message, or why the row stands where it stands.
        issues: its broken rules.
        origin: the text that says where it stood at first, see `Origin`.

    """

    number: int
    status: Status
    http_status: int | None
    error_code: str
    error_msg: str
    issues: tuple[Issue, ...]
    origin: str
