"""Grouped causes, run history and statistics for the reports."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from batchcreate.errors import NotSentReason
from batchcreate.models.results import Status
from batchcreate.models.rows import RowLocation, RunId, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueExample:
    """
    Example row of a group.

    Attributes:
        location: the row.
        cell: address of the cell with the issue, such as ``C7``; empty if there is no such cell.
        value: text of the cell as entered.
        suggestion: proposed value; empty if there is none.

    """

    location: RowLocation
    cell: str = ""
    value: str = ""
    suggestion: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseGroup:
    """
    Rows that are not created for the same reason.

    A rejected row with two issues is in two groups, so that the numbers of rows can add up to
    more than the input. The causes beyond the maximum number are one group for each status,
    with *causes* above 1 and without message and examples.

    Attributes:
        status: rejected, not attempted, failed or unknown; not attempted for warnings.
        http_status: status of the last response, ``None`` if there was none.
        error_code: code of the last response, ``INVALID_ROW``, ``CONNECT`` or empty.
        rule: id of the broken rule of rejected rows, or empty.
        column: heading of the cells with the issue, or empty.
        rows: number of rows.
        message: message of the first row.
        not_sent_reason: why the last request of the first row was not sent; ``None`` if it was.
        examples: the first rows, in input order.
        causes: number of causes in the group.
        severity: a warning if the issue does not reject its rows.

    """

    status: Status
    http_status: int | None = None
    error_code: str = ""
    rule: str = ""
    column: str = ""
    rows: int
    message: str = ""
    not_sent_reason: NotSentReason | None = None
    examples: Sequence[IssueExample] = ()
    causes: int = 1
    severity: Severity = Severity.ERROR

    @property
    def codes(self) -> Sequence[str]:
        """Error code and HTTP status, without missing ones and repetitions."""
        http = f"HTTP {self.http_status}" if self.http_status is not None else ""
        code = "" if self.error_code == http.replace(" ", "_") else self.error_code
        return [word for word in (code, http) if word]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """
    One run of a batch, with the outcomes of its requests.

    The counts are requests: a row that was sent twice counts twice.

    Attributes:
        number: number in the journal, counted from 1.
        run_id: id of the run in log and summary.
        started_at: UTC, ISO 8601.
        finished_at: UTC, ISO 8601; empty for a run that was killed.
        facts: values that the run recorded at its end, for the summary (JSON values).
        attempts: number of requests that were sent.
        created: requests that created a task, including tasks that were reconciled later.
        throttled: requests that were answered with HTTP 429.
        failed: requests that failed for another reason.
        unknown: requests whose outcome is unknown.

    """

    number: int
    run_id: RunId
    started_at: str
    finished_at: str
    facts: Mapping[str, Any]
    attempts: int
    created: int
    throttled: int
    failed: int
    unknown: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """
    Interval of a run.

    Attributes:
        created: number of created tasks.
        throttled: number of responses with HTTP 429.
        others: number of other outcomes.
        rate_per_s: lowest rate limit in requests per second, ``None`` if none was recorded.

    """

    created: int = 0
    throttled: int = 0
    others: int = 0
    rate_per_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """
    Course of a run from its first request to its last response, in spans of equal length.

    Attributes:
        start_ms: start of the first span, in milliseconds since 1970.
        elapsed_ms: time from the first request to the last response, in milliseconds.
        width_ms: length of a span in milliseconds.
        spans: consecutive spans without gaps, a few hundred at most.

    """

    start_ms: int
    elapsed_ms: int
    width_ms: int
    spans: Sequence[Span]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """Number of responses that took from *low_ms* up to, but not including, *high_ms*."""

    low_ms: int
    high_ms: int
    answers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Latencies:
    """
    Distribution of response times, in milliseconds.

    Attributes:
        answers: number of responses.
        min_ms: shortest response time.
        median_ms: 50th percentile.
        p95_ms: 95th percentile.
        p99_ms: 99th percentile.
        max_ms: longest response time.
        bars: histogram from the shortest time to about the 99th percentile.
        beyond: number of responses above the last bar.

    """

    answers: int
    min_ms: int
    median_ms: int
    p95_ms: int
    p99_ms: int
    max_ms: int
    bars: Sequence[Bar]
    beyond: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RowShare:
    """
    Rows of one file or of one instance.

    Attributes:
        name: label of the file or id of the instance; ``None`` for all smaller ones together.
        counts: number of rows per status.

    """

    name: str | None
    counts: Mapping[Status, int]

    @property
    def rows(self) -> int:
        """Number of rows."""
        return sum(self.counts.values())
