"""Grouped issues, run history and latencies."""

import json
import sqlite3
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from heapq import merge
from itertools import accumulate, islice
from typing import Any, Final, Literal

from batchcreate.journal.deletions import UNDOING
from batchcreate.models import (
    Bar,
    CauseGroup,
    IssueExample,
    Latencies,
    RowLocation,
    RowShare,
    RunId,
    RunRecord,
    Span,
    Status,
    Target,
    Timeline,
)

BARS_MAX: Final = 30

_NICE: Final = (1, 2, 5)


def answer_times(connection: sqlite3.Connection, run: int | None = None) -> list[tuple[int, int]]:
    """
    Return the milliseconds that answers took, ascending, and how many took so long.

    Args:
        connection: the journal.
        run: which was answered; ``None`` for all runs.

    """
    return connection.execute(
        """
        SELECT duration_ms, count(*) FROM answers
        WHERE run = coalesce(?, run) AND http_status IS NOT NULL
        GROUP BY duration_ms ORDER BY duration_ms
        """,
        (run,),
    ).fetchall()


def latencies(connection: sqlite3.Connection, run: int | None = None) -> Latencies | None:
    """
    Return how the answers are spread, ``None`` if there were none.

    Args:
        connection: the journal.
        run: which was answered; ``None`` for all runs.

    """
    counted = answer_times(connection, run)
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
        least_ms=times_ms[0],
        median_ms=quantile_ms(50),
        p95_ms=quantile_ms(95),
        p99_ms=quantile_ms(99),
        most_ms=times_ms[-1],
        bars=bars,
        beyond=answers - sum(bar.answers for bar in bars),
    )


def _bars(counted: Sequence[tuple[int, int]], most_ms: int) -> Iterator[Bar]:
    """Yield bars of one width, from the quickest answer to about *most_ms*."""
    width_ms = _nice((most_ms - counted[0][0]) / BARS_MAX)
    low_ms = counted[0][0] // width_ms * width_ms
    spread = [0] * ((most_ms - low_ms) // width_ms + 1)
    for duration_ms, count in counted:
        if (at := (duration_ms - low_ms) // width_ms) < len(spread):
            spread[at] += count
    for at, answers in enumerate(spread):
        begin_ms = low_ms + at * width_ms
        yield Bar(low_ms=begin_ms, high_ms=begin_ms + width_ms, answers=answers)


def _nice(least: float) -> int:
    """Return the smallest of 1, 2, 5, 10, 20 ... that is not less than *least*."""
    power = 1
    while True:
        for digit in _NICE:
            if digit * power >= least:
                return digit * power
        power *= 10


GROUPS_MAX: Final = 50
"""How many causes are told apart."""

SPOTS_MAX: Final = 5
"""How many rows of each cause are named."""

# One number for source and row: what SQLite returns beside a minimum is of the same row.
_FIRST: Final = "min(source << 40 | number)"

# A cell that breaks a rule twice is one row all the same.
_ONCE: Final = """
position = 0 OR NOT EXISTS (
    SELECT 1 FROM issues AS earlier
    WHERE earlier.source = issues.source AND earlier.number = issues.number
    AND earlier.position < issues.position
    AND earlier.rule = issues.rule AND earlier.column_header = issues.column_header
)
"""

_LEFT: Final = "status IN ('not_attempted', 'failed', 'unknown')"

_RULES: Final = f"""
SELECT 'rejected', NULL, 'INVALID_ROW', rule, column_header, count(*) AS count, message,
       {_FIRST} AS first
FROM issues WHERE {_ONCE}
GROUP BY rule, column_header ORDER BY count DESC, first
"""  # noqa: S608 # no values in it

_ANSWERS: Final = f"""
SELECT status, http_status, error_code, '', '', count(*) AS count, error_msg, {_FIRST} AS first
FROM results WHERE {_LEFT}
GROUP BY status, http_status, error_code ORDER BY count DESC, first
"""  # noqa: S608 # no values in it

_CELLS: Final = f"""
SELECT 'rejected', NULL, 'INVALID_ROW', rule, column_header, file, sheet, number, cell,
       value, suggestion
FROM issues JOIN sources ON sources.id = issues.source
WHERE {_ONCE} ORDER BY source, number, position
"""  # noqa: S608 # no values in it

_ROWS: Final = f"""
SELECT status, http_status, error_code, '', '', file, sheet, number, '', '', ''
FROM results WHERE {_LEFT} ORDER BY source, number
"""  # noqa: S608 # no values in it

_Cause = tuple[str, int | None, str, str, str]
"""Status, HTTP status, error code, rule and column heading."""


def causes(
    connection: sqlite3.Connection, *, groups_max: int = GROUPS_MAX, spots_max: int = SPOTS_MAX
) -> list[CauseGroup]:
    """
    Return why rows are not created, the most frequent causes first.

    Rejected rows are grouped by rule and column heading, the others by status, HTTP status and
    error code: messages differ from row to row by the names that they quote.

    Args:
        connection: the journal.
        groups_max: how many causes are told apart; the rest is one group for each status.
        spots_max: how many rows of each cause are named, at least 1.

    """
    counted = merge(connection.execute(_RULES), connection.execute(_ANSWERS), key=_frequency)
    groups = {row[:5]: _group(row) for row in islice(counted, groups_max)}
    rest = _rest(counted)
    rules = {cause: group.rows for cause, group in groups.items() if group.rule}
    answers = {cause: group.rows for cause, group in groups.items() if not group.rule}
    spots = {
        **_spots(connection, _CELLS, rules, spots_max),
        **_spots(connection, _ROWS, answers, spots_max),
    }
    return [*(replace(group, spots=spots[cause]) for cause, group in groups.items()), *rest]


def _frequency(row: tuple[Any, ...]) -> tuple[int, int]:
    """Return what sorts the most rows first, then the earliest row."""
    *_, rows, _, first = row
    return -rows, first


def _group(row: tuple[Any, ...]) -> CauseGroup:
    status, http_status, error_code, rule, column, rows, message, _ = row
    return CauseGroup(
        status=Status(status),
        http_status=http_status,
        error_code=error_code,
        rule=rule,
        column=column,
        rows=rows,
        message=message,
    )


def _rest(counted: Iterable[tuple[Any, ...]]) -> list[CauseGroup]:
    """Sum up what is left, per status, without holding it."""
    kinds, rows = Counter[Status](), Counter[Status]()
    for group in map(_group, counted):
        kinds[group.status] += 1
        rows[group.status] += group.rows
    return [
        CauseGroup(status=status, rows=count, causes=kinds[status])
        for status, count in rows.most_common()
    ]


def _spots(
    connection: sqlite3.Connection, query: str, sizes: Mapping[_Cause, int], spots_max: int
) -> dict[_Cause, tuple[IssueExample, ...]]:
    """Read rows in input order until each cause, given with its number of rows, has its first."""
    spots: dict[_Cause, tuple[IssueExample, ...]] = dict.fromkeys(sizes, ())
    wanted = {cause: min(size, spots_max) for cause, size in sizes.items()}
    with closing(connection.execute(query)) as found:
        while wanted:
            row = next(found)
            cause = row[:5]
            if cause in wanted:
                spots[cause] = (*spots[cause], _spot(*row[5:]))
                if len(spots[cause]) == wanted[cause]:
                    del wanted[cause]
    return spots


def _spot(file: str, sheet: str, number: int, *texts: str) -> IssueExample:
    cell, value, suggestion = texts
    place = RowLocation(file=file, sheet=sheet, number=number)
    return IssueExample(place=place, cell=cell, value=value, suggestion=suggestion)


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


def shares(connection: sqlite3.Connection, by: Literal["file", "instance_id"]) -> list[RowShare]:
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


def _share(name: str | None, counts: Sequence[int]) -> RowShare:
    return RowShare(name=name, counts=dict(zip(Status, counts, strict=True)))


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
