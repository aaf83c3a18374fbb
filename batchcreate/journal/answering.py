"""How long the server took to answer the requests of a batch."""

import sqlite3
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Final

from batchcreate.models import Bar, Latencies

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
