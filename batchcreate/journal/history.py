"""What the runs of a batch did over time: counts of every attempt, made by SQLite."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from typing import Final, Literal

from batchcreate.journal.deletions import UNDOING
from batchcreate.models import (
    RunId,
    RunRecord,
    Share,
    Span,
    Status,
    Target,
    Timeline,
)

RUNS_MAX: Final = 20
"""How many of the last runs are told of."""

SHARES_MAX: Final = 12
"""How many files or instances are told apart."""

SPANS_MAX: Final = 120

ANSWERS_PER_SPAN: Final = 10
"""A span is so long that it holds this many answers on average: fewer say little of a rate."""

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


def runs(connection: sqlite3.Connection) -> list[RunRecord]:
    """Return the last runs that were to create something, the latest first."""
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
        ) in connection.execute(_RUNS, (UNDOING, RUNS_MAX))
    ]  # fmt: skip


def last_sending(connection: sqlite3.Connection) -> int | None:
    """Return the number of the last run that sent anything."""
    found: tuple[int | None] = connection.execute("SELECT max(run) FROM intents").fetchone()
    return found[0]


def timeline(connection: sqlite3.Connection, run: int) -> Timeline | None:
    """Return what became of the requests of *run* over time; ``None`` before any answer."""
    answers, start_ms, end_ms = connection.execute(
        """
        SELECT count(*), (SELECT min(at_ms) FROM intents WHERE run = ?1), max(at_ms)
        FROM answers WHERE run = ?1
        """,
        (run,),
    ).fetchone()
    if not answers:
        return None
    # A clock that was set back must not make time run backwards.
    elapsed_ms = max(end_ms - start_ms, 0)
    width_ms = _span_ms(elapsed_ms, answers)
    spans = [Span()] * (elapsed_ms // width_ms + 1)
    for at, created, throttled, others in connection.execute(
        """
        SELECT max(at_ms - ?2, 0) / ?3 AS span,
               count(*) FILTER (WHERE status = 'created'),
               count(*) FILTER (WHERE http_status = 429),
               count(*) FILTER (WHERE status <> 'created' AND http_status IS NOT 429)
        FROM answers WHERE run = ?1 GROUP BY span
        """,
        (run, start_ms, width_ms),
    ):
        spans[at] = Span(created=created, throttled=throttled, others=others)
    lowest = _lowest_rates(connection, run, start_ms, width_ms, len(spans))
    return Timeline(
        start_ms=start_ms,
        elapsed_ms=elapsed_ms,
        width_ms=width_ms,
        spans=[replace(span, rate_per_s=rate) for span, rate in zip(spans, lowest, strict=True)],
    )


def shares(connection: sqlite3.Connection, by: Literal["file", "instance_id"]) -> list[Share]:
    """Return the statuses of each file or instance, the largest first; the rest is one share."""
    sums = ", ".join(f"count(*) FILTER (WHERE status = '{status}')" for status in Status)
    found = connection.execute(
        f"SELECT {by}, {sums} FROM results GROUP BY {by} ORDER BY count(*) DESC, min(source), {by}"  # noqa: S608 # a column of ours
    )
    named = [_share(name, counts) for name, *counts in islice(found, SHARES_MAX)]
    rest = [0] * len(Status)
    for _, *counts in found:
        rest = [before + count for before, count in zip(rest, counts, strict=True)]
    return [*named, _share(None, rest)] if any(rest) else named


def targets(connection: sqlite3.Connection) -> tuple[list[Target], int]:
    """Return the first instances that the batch has tasks for, and how many there are."""
    found = connection.execute(
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


def _share(name: str | None, counts: Sequence[int]) -> Share:
    return Share(name=name, counts=dict(zip(Status, counts, strict=True)))


def _span_ms(elapsed_ms: int, answers: int) -> int:
    """Return the shortest span that is not too short, and not shorter than one of many."""
    least_ms = max(elapsed_ms / SPANS_MAX, ANSWERS_PER_SPAN * elapsed_ms / answers)
    days = int(least_ms // _SPANS_MS[-1]) + 1
    return next((span for span in _SPANS_MS if span >= least_ms), days * _SPANS_MS[-1])


def _lowest_rates(
    connection: sqlite3.Connection, run: int, start_ms: int, width_ms: int, spans: int
) -> list[float | None]:
    """Return the lowest rate that was in force in each span."""
    lowest: list[float | None] = [None] * spans
    in_force: float | None = None
    reached = 0
    for at_ms, per_s in connection.execute(
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
