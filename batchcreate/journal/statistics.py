"""Run history, request latencies and shares of files and instances."""

import json
import sqlite3
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate, islice
from typing import Final, Literal

from batchcreate.journal.deletions import UNDO_RUN_ID
from batchcreate.models import (
    Bar,
    Latencies,
    RowShare,
    RunId,
    RunRecord,
    Span,
    Status,
    Target,
    Timeline,
)

BARS_MAX: Final = 30

_STEPS: Final = (1, 2, 5)


def _bars(counted: Sequence[tuple[int, int]], max_ms: int) -> Iterator[Bar]:
    """Yield bars of equal width, from the fastest response to about *max_ms*."""
    width_ms = _round_up((max_ms - counted[0][0]) / BARS_MAX)
    low_ms = counted[0][0] // width_ms * width_ms
    spread = [0] * ((max_ms - low_ms) // width_ms + 1)
    for duration_ms, count in counted:
        if (at := (duration_ms - low_ms) // width_ms) < len(spread):
            spread[at] += count
    for at, answers in enumerate(spread):
        begin_ms = low_ms + at * width_ms
        yield Bar(low_ms=begin_ms, high_ms=begin_ms + width_ms, answers=answers)


def _round_up(minimum: float) -> int:
    """Return the smallest of 1, 2, 5, 10, 20 ... that is at least *minimum*."""
    power = 1
    while True:
        for digit in _STEPS:
            if digit * power >= minimum:
                return digit * power
        power *= 10


RUNS_MAX: Final = 20
"""Maximum number of runs, the latest ones."""

SHARES_MAX: Final = 12
"""Maximum number of files or instances."""

SPANS_MAX: Final = 120

RESPONSES_PER_SPAN: Final = 10
"""Minimum number of responses per span, on average: fewer do not show a rate."""

_SPANS_MS: Final = (
    *(200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000),
    *(minutes * 60_000 for minutes in (1, 2, 5, 10, 15, 30, 60, 120, 240, 720, 1440)),
)

_RUNS: Final = """
WITH ended AS (
    SELECT intents.run, outcomes.status, outcomes.http_status
    FROM intents LEFT JOIN outcomes ON outcomes.id = (
        SELECT max(id) FROM outcomes WHERE intent = intents.id
    )
)
SELECT runs.id, runs.run_id, runs.started_at, runs.finished_at, runs.facts,
       count(ended.run),
       count(*) FILTER (WHERE status = 'created'),
       count(*) FILTER (WHERE http_status = 429),
       count(*) FILTER (WHERE status = 'failed' AND http_status IS NOT 429),
       count(*) FILTER (
           WHERE ended.run IS NOT NULL AND coalesce(status, 'unknown') = 'unknown'
           AND http_status IS NOT 429
       )
FROM runs LEFT JOIN ended ON ended.run = runs.id WHERE runs.run_id <> ?
GROUP BY runs.id ORDER BY runs.id DESC LIMIT ?
"""


def _share(name: str | None, counts: Sequence[int]) -> RowShare:
    return RowShare(name=name, counts=dict(zip(Status, counts, strict=True)))


def _span_ms(elapsed_ms: int, answers: int) -> int:
    """Return the span length that limits the number of spans and has enough responses per span."""
    min_ms = max(elapsed_ms / SPANS_MAX, RESPONSES_PER_SPAN * elapsed_ms / answers)
    days = int(min_ms // _SPANS_MS[-1]) + 1
    return next((span for span in _SPANS_MS if span >= min_ms), days * _SPANS_MS[-1])


class Statistics:
    """
    Run history, request latencies and shares of a batch.

    Args:
        connection: connection of the journal.

    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def _answer_times(self, run: int | None = None) -> list[tuple[int, int]]:
        """
        Return response times in milliseconds, ascending, each with the number of responses.

        Args:
            run: number of a run; ``None`` for all runs.

        """
        return self._connection.execute(
            """
            SELECT duration_ms, count(*) FROM responses
            WHERE run = coalesce(?, run) AND http_status IS NOT NULL
            GROUP BY duration_ms ORDER BY duration_ms
            """,
            (run,),
        ).fetchall()

    def latencies(self, run: int | None = None) -> Latencies | None:
        """
        Return the distribution of response times, or None if there are no responses.

        Args:
            run: number of a run; ``None`` for all runs.

        """
        counted = self._answer_times(run)
        if not counted:
            return None
        times_ms = [duration_ms for duration_ms, _ in counted]
        so_far = list(accumulate(count for _, count in counted))
        answers = so_far[-1]

        def quantile_ms(percent: int) -> int:
            return times_ms[bisect_left(so_far, answers * percent / 100)]

        bars = list(_bars(counted, quantile_ms(99)))
        return Latencies(
            answers=answers,
            min_ms=times_ms[0],
            median_ms=quantile_ms(50),
            p95_ms=quantile_ms(95),
            p99_ms=quantile_ms(99),
            max_ms=times_ms[-1],
            bars=bars,
            beyond=answers - sum(bar.answers for bar in bars),
        )

    def runs(self) -> list[RunRecord]:
        """Return the last runs that create tasks, latest first."""
        return [
            RunRecord(
                number=number,
                run_id=RunId(run_id),
                started_at=started_at,
                finished_at=finished_at,
                facts=json.loads(facts),
                attempts=attempts,
                created=created,
                throttled=throttled,
                failed=failed,
                unknown=unknown,
            )
            for (
                number, run_id, started_at, finished_at, facts,
                attempts, created, throttled, failed, unknown,
            ) in self._connection.execute(_RUNS, (UNDO_RUN_ID, RUNS_MAX))
        ]  # fmt: skip

    def last_run_with_attempts(self) -> int | None:
        """Return the number of the last run with an attempt, or None."""
        found: tuple[int | None] = self._connection.execute(
            "SELECT max(run) FROM intents"
        ).fetchone()
        return found[0]

    def timeline(self, run: int) -> Timeline | None:
        """Return the outcomes of *run* over time, or None if there are no responses."""
        answers, start_ms, end_ms = self._connection.execute(
            """
            SELECT count(*), (SELECT min(at_ms) FROM intents WHERE run = ?1), max(at_ms)
            FROM responses WHERE run = ?1
            """,
            (run,),
        ).fetchone()
        if not answers:
            return None
        # The clock can have been set back.
        elapsed_ms = max(end_ms - start_ms, 0)
        width_ms = _span_ms(elapsed_ms, answers)
        spans = [Span()] * (elapsed_ms // width_ms + 1)
        for at, created, throttled, others in self._connection.execute(
            """
            SELECT max(at_ms - ?2, 0) / ?3 AS span,
                   count(*) FILTER (WHERE status = 'created'),
                   count(*) FILTER (WHERE http_status = 429),
                   count(*) FILTER (WHERE status <> 'created' AND http_status IS NOT 429)
            FROM responses WHERE run = ?1 GROUP BY span
            """,
            (run, start_ms, width_ms),
        ):
            spans[at] = Span(created=created, throttled=throttled, others=others)
        lowest = self._lowest_rates(run, start_ms, width_ms, len(spans))
        return Timeline(
            start_ms=start_ms,
            elapsed_ms=elapsed_ms,
            width_ms=width_ms,
            spans=[
                replace(span, rate_per_s=rate) for span, rate in zip(spans, lowest, strict=True)
            ],
        )

    def shares(self, by: Literal["file", "instance_id"]) -> list[RowShare]:
        """Return the rows per status of each file or instance, largest first; the rest is one share."""
        sums = ", ".join(f"count(*) FILTER (WHERE status = '{status}')" for status in Status)
        found = self._connection.execute(
            f"SELECT {by}, {sums} FROM results WHERE status <> 'withdrawn' GROUP BY {by} ORDER BY count(*) DESC, min(source), {by}"  # noqa: S608 # constant names
        )
        named = [_share(name, counts) for name, *counts in islice(found, SHARES_MAX)]
        rest = [0] * len(Status)
        for _, *counts in found:
            rest = [before + count for before, count in zip(rest, counts, strict=True)]
        return [*named, _share(None, rest)] if any(rest) else named

    def targets(self) -> tuple[list[Target], int]:
        """Return the first instances of the tasks of the batch, and the number of instances."""
        found = self._connection.execute(
            """
            SELECT endpoint, project_id, instance_id, count(*) OVER () FROM targets
            WHERE id IN (SELECT target FROM tasks) ORDER BY id LIMIT ?
            """,
            (SHARES_MAX,),
        ).fetchall()
        named = [
            Target(endpoint=endpoint, project_id=project, instance_id=instance)
            for endpoint, project, instance, _ in found
        ]
        return named, found[0][-1] if found else 0

    def _lowest_rates(
        self, run: int, start_ms: int, width_ms: int, spans: int
    ) -> list[float | None]:
        """Return the lowest rate limit in each span."""
        lowest: list[float | None] = [None] * spans
        in_force: float | None = None
        reached = 0
        for at_ms, per_s in self._connection.execute(
            "SELECT at_ms, per_s FROM rates WHERE run = ? ORDER BY rowid", (run,)
        ):
            at = min(max((at_ms - start_ms) // width_ms, reached), spans - 1)
            for passed in range(reached, at + 1):
                if lowest[passed] is None:
                    lowest[passed] = in_force
            before = lowest[at]
            lowest[at] = per_s if before is None else min(before, per_s)
            in_force, reached = per_s, at
        return lowest[: reached + 1] + [in_force] * (spans - reached - 1)
