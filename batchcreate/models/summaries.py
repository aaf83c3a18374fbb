"""Grouped issues and run history for the reports."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from batchcreate.models.results import Status
from batchcreate.models.rows import RowLocation, RunId


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueExample:
    """
    One row of a group.

    Attributes:
        location: the row.
        cell: the address of the bad cell such as ``C7``, empty where no single one is to blame.
        value: that cell's text as typed.
        suggestion: a value to type instead, empty where none is plain.

    """

    location: RowLocation
    cell: str = ""
    value: str = ""
    suggestion: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseGroup:
    """
    Rows that are not created for the same reason.

    A rejected row with two issues counts in the groups of both, so that the groups may hold
    more rows than there are. What is beyond the most frequent causes is one group for each
    status, with *causes* above 1 and neither message nor examples.

    Attributes:
        status: rejected, not attempted, failed or unknown.
        http_status: of the last answer, ``None`` where there was none.
        error_code: the server's code as it came, ``INVALID_ROW``, ``CONNECT``, or empty.
        rule: the broken rule of rejected rows, else empty.
        column: the heading of the bad cells of rejected rows, else empty.
        rows: how many there are.
        message: that of the first row.
        examples: the first rows, in input order.
        causes: how many causes the group stands for.

    """

    status: Status
    http_status: int | None = None
    error_code: str = ""
    rule: str = ""
    column: str = ""
    rows: int
    message: str = ""
    examples: Sequence[IssueExample] = ()
    causes: int = 1

    @property
    def codes(self) -> Sequence[str]:
        """The error code and the HTTP status, each if it was there and says more than the other."""
        http = f"HTTP {self.http_status}" if self.http_status is not None else ""
        code = "" if self.error_code == http.replace(" ", "_") else self.error_code
        return [word for word in (code, http) if word]

    @property
    def words(self) -> str:
        """The message, without the HTTP status that it may begin with."""
        http = f"HTTP {self.http_status}"
        return self.message.removeprefix(http).removeprefix(": ").strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """
    One run of the tool on a batch: what it sent, and what became of that.

    The counts are of requests: a row that was sent twice counts twice.

    Attributes:
        number: in its journal, counted from 1.
        run_id: names it in log and summary.
        started_at: UTC, ISO 8601.
        finished_at: the same; empty for a run that was killed.
        facts: what it noted of itself when it ended; JSON values.
        attempts: requests that left.
        created: those that created a task, as far as is known by now.
        throttled: those that were answered with 429.
        failed: those that the server refused for another reason, or that never reached it.
        unknown: those whose outcome is not known by now.

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
    Some time of a run.

    Attributes:
        created: tasks that the server confirmed.
        throttled: answers with 429.
        others: requests that ended in any other way.
        rate_per_s: the lowest rate that requests might leave at, ``None`` where none was noted.

    """

    created: int = 0
    throttled: int = 0
    others: int = 0
    rate_per_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """
    A run from its first request to its last answer, in spans of one length.

    Attributes:
        start_ms: when the first span begins, in milliseconds since 1970.
        elapsed_ms: from the first request to the last answer.
        width_ms: the length of a span.
        spans: one after the other, without gaps; a few hundred at most.

    """

    start_ms: int
    elapsed_ms: int
    width_ms: int
    spans: Sequence[Span]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """How many answers took from *low_ms* up to, but not including, *high_ms*."""

    low_ms: int
    high_ms: int
    answers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Latencies:
    """
    How long a server took to answer the requests of a run.

    Attributes:
        answers: how many there were.
        min_ms: the quickest.
        median_ms: half of them took no longer.
        p95_ms: 95 in 100 took no longer.
        p99_ms: 99 in 100 took no longer.
        max_ms: the slowest.
        bars: how they are spread, from the quickest to nearly the slowest.
        beyond: how many were slower than the last bar.

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
    The rows of one file, or of one instance.

    Attributes:
        name: of the file or the instance; ``None`` for all but the largest ones together.
        counts: rows per status.

    """

    name: str | None
    counts: Mapping[Status, int]

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return sum(self.counts.values())
