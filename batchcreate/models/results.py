"""Responses, outcomes, statuses and rows to fix."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Literal

from batchcreate.errors import NotSentReason
from batchcreate.models.rows import Issue, Layout, RowLocation, Stamp, TaskId


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """
    Response of a server, limited in size and without types of the HTTP library.

    Attributes:
        status: HTTP status.
        headers: headers with names in lower case, or a mapping that ignores case.
        body: at most 64 KiB.
        is_truncated: True if the body was longer.
        is_masked: True if the body contained a secret, which is masked.

    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    is_truncated: bool = False
    is_masked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Created:
    """
    The response or the task list confirmed the task.

    Attributes:
        task_id: id from the server.
        how: ``created`` if the response contained the id, ``reconciled`` if the task list showed
            a task that can belong to the row.
        http_status: status of the response that confirmed it, ``None`` if there is none.

    """

    task_id: TaskId
    how: Literal["created", "reconciled"] = "created"
    http_status: int | None = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """
    The server refused the task, or the request was definitely not sent (code ``CONNECT``).

    Attributes:
        http_status: status of the response, ``None`` if there was none.
        error_code: code of the response, or ``CONNECT``.
        error_msg: message of the response, or the reason in words.
        not_sent_reason: why the request was not sent; ``None`` if it was.

    """

    http_status: int | None
    error_code: str
    error_msg: str
    not_sent_reason: NotSentReason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """
    The task may exist on the server; only the task list can decide.

    Attributes:
        reason: message of the response, or the reason in words; without the status.
        http_status: status of the response, ``None`` if there was none.
        error_code: code of the response, empty if there was none.

    """

    reason: str
    http_status: int | None = None
    error_code: str = ""


Outcome = Created | Failed | Unknown


class Signal(StrEnum):
    """Information about the server, not the row, in a response or transport error."""

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
    Interpretation of one attempt.

    Attributes:
        outcome: outcome that the journal records.
        may_resend: True if the request had no effect and can be sent again in this run.
        wait_s: delay before the next request in seconds, as the server requested, or ``None``.
        signal: information about the server, for the run as a whole.

    """

    outcome: Outcome
    may_resend: bool = False
    wait_s: float | None = None
    signal: Signal = Signal.NONE


class Status(StrEnum):
    """
    Status of a row.

    The counts of a summary, without that of withdrawn rows, add up to the number of rows.
    """

    REJECTED = "rejected"
    NOT_ATTEMPTED = "not_attempted"
    CREATED = "created"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultRow:
    """
    Status and result of one input row.

    Times are UTC in ISO 8601 with milliseconds; empty if nothing was sent.

    Attributes:
        location: the row.
        task_id: id of the created or existing task, or empty.
        http_status: status of the last response, ``None`` if there was none.
        error_code: code of the last response, ``INVALID_ROW``, ``CONNECT`` or empty.
        error_msg: message of the last response, or the reason of the status.
        attempts: number of requests.
        duration_ms: duration of the last attempt in milliseconds.
        not_sent_reason: why the last request was not sent; ``None`` if it was.
        others: texts of the columns of the row that have no field, by the names of `other_names`;
            empty if all are blank.

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
    not_sent_reason: NotSentReason | None = None
    others: Mapping[str, str] = field(default_factory=dict)


RESULT_COLUMNS: Final = (
    "file",
    "sheet",
    "row",
    "task_name",
    "status",
    "task_id",
    "http_status",
    "error_code",
    "error_msg",
    "advice",
    "attempts",
    "first_sent_at",
    "finished_at",
    "duration_ms",
    "project_id",
    "instance_id",
)
"""Columns of the results, which are followed by the analysts' other columns."""


def other_names(headings: Sequence[str], file: str) -> list[str]:
    """
    Return the names in the results of the columns with these *headings*, which have no field.

    They are the headings; one that is the name of another column of the results is followed by the
    name of the *file*, and one that is repeated in its sheet by a number.
    """
    used = set(RESULT_COLUMNS)
    names: list[str] = []
    for heading in map(str.strip, headings):
        name = first = f"{heading} ({file})" if heading.casefold() in RESULT_COLUMNS else heading
        number = 1
        while name in used:
            number += 1
            name = f"{first} ({number})"
        used.add(name)
        names.append(name)
    return names


class DeletionStatus(StrEnum):
    """
    Status of a task that undo has to delete.

    It is kept if it may belong to another user, or was renamed. A task that is not in the task
    list is not considered deleted.
    """

    DELETED = "deleted"
    GONE = "gone"
    KEPT = "kept"
    NOT_LISTED = "not_listed"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """
    Outcome of deleting one task.

    Attributes:
        status: deleted, already gone, kept, refused by the server, or unknown.
        http_status: status of the response, ``None`` if there was none.
        error_code: code of the response, or empty.
        error_msg: message of the response, or the reason of the status.

    """

    status: DeletionStatus
    http_status: int | None = None
    error_code: str = ""
    error_msg: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """
    Number of rows per status.

    Attributes:
        counts: number of rows for each status, zero included.

    """

    counts: Mapping[Status, int] = field(default_factory=lambda: dict.fromkeys(Status, 0))

    @property
    def total(self) -> int:
        """Number of rows in the newest versions, and of removed rows whose tasks exist."""
        return sum(self.parts.values())

    @property
    def parts(self) -> Mapping[Status, int]:
        """Number of rows for each status of the total, which withdrawn rows do not belong to."""
        return {each: count for each, count in self.counts.items() if each is not Status.WITHDRAWN}


FIXABLE: Final = (Status.REJECTED, Status.FAILED, Status.SKIPPED)
"""Statuses of rows that analysts can fix; the others wait, or have their task."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetToFix:
    """
    A sheet with rows to fix, in the newest version of its input.

    Attributes:
        source: number of the sheet in the journal.
        layout: layout of the sheet, without columns that have no field.
        stamp: stamp of the to-fix file.
        rows: number of rows to fix.

    """

    source: int
    layout: Layout
    stamp: Stamp
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RowToFix:
    """
    A row of a sheet with rows to fix.

    Attributes:
        number: row number that the spreadsheet program shows.
        status: status of the row.
        http_status: status of the last response, ``None`` if there was none.
        error_code: code of the last response, ``INVALID_ROW``, ``CONNECT`` or empty.
        error_msg: message of the last response, or the reason of the status.
        not_sent_reason: why the last request was not sent; ``None`` if it was.
        issues: issues of a rejected row.

    """

    number: int
    status: Status
    http_status: int | None = None
    error_code: str = ""
    error_msg: str = ""
    not_sent_reason: NotSentReason | None = None
    issues: tuple[Issue, ...] = ()
