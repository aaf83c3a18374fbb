"""What became of rows and of tasks that were to be deleted."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from batchcreate.models.rows import Place


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
