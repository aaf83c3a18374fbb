"""The values that flow between the rooms: frozen, keyword-only, without behaviour of their own."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, NewType

TaskId = NewType("TaskId", str)
RunId = NewType("RunId", str)


class Status(StrEnum):
    """Where a row stands; the six counts of a summary add up to the number of input rows."""

    REJECTED = "rejected"
    NOT_ATTEMPTED = "not_attempted"
    CREATED = "created"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """
    One ROMA Connect instance at one endpoint.

    Attributes:
        endpoint: origin such as ``https://roma.cn-north-4.myhuaweicloud.com``, no trailing slash;
            empty where no network is involved (``check``).
        project_id: path parameter, 1-64 characters.
        instance_id: path parameter, 1-64 characters.

    """

    endpoint: str
    project_id: str
    instance_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """
    Where a row stands in the analyst's files.

    Attributes:
        file: the file's name as reports show it.
        sheet: worksheet name, empty for CSV.
        number: the row number that a spreadsheet program shows, the header being row 1.

    """

    file: str
    sheet: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """
    One column of a table that belongs to a field of the API.

    Attributes:
        header: the heading as the analyst typed it.
        index: zero-based position in the sheet (0 is column A).

    """

    header: str
    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """
    Some consecutive rows of one sheet, column by column.

    Attributes:
        file: the file's name as reports show it.
        sheet: worksheet name, empty for CSV.
        columns: the known columns by field name (``task_name`` ...); others are not carried.
        numbers: row numbers as the spreadsheet program shows them, ascending, blank rows left out.
        cells: for each field of *columns*, its texts; each list is as long as *numbers*.

    """

    file: str
    sheet: str
    columns: Mapping[str, Column]
    numbers: Sequence[int]
    cells: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """
    One broken rule in one cell.

    Attributes:
        place: the row.
        column: the heading as typed, or the field's name where the sheet has no such column.
        cell: spreadsheet address such as ``C7``, empty where the sheet has no such column.
        value: the cell's text as typed.
        rule: stable id such as ``task_name.charset``.
        message: what is wrong and what to type, for somebody without the API reference.
        suggestion: a value to type instead, empty where none is plain.

    """

    place: Place
    column: str
    cell: str
    value: str
    rule: str
    message: str
    suggestion: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """What a row is known by: its target and its name, never its position."""

    target: Target
    task_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """
    A valid row, ready to be sent.

    Attributes:
        place: the row it came from.
        key: target and name.
        body: the request body: compact UTF-8 JSON with sorted keys.

    """

    place: Place
    key: Key
    body: bytes

    @property
    def digest(self) -> bytes:
        """SHA-256 of the body: tells a changed row from the same row moved elsewhere."""
        return hashlib.sha256(self.body).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """A row that broke at least one rule; never sent."""

    place: Place
    task_name: str
    project_id: str
    instance_id: str
    issues: tuple[Issue, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatedRow:
    """
    One of several rows with the same target and task name.

    Attributes:
        place: the row.
        column: the column of the task name in that row's sheet.
        task_name: as typed.

    """

    place: Place
    column: Column
    task_name: str


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

    place: Place
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
    """What became of a task that undo was to remove."""

    DELETED = "deleted"
    GONE = "gone"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """
    What became of one task that undo was to remove.

    Attributes:
        status: deleted now, already gone, refused by the server, or not known.
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
