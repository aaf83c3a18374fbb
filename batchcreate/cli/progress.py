"""Where a run stands, in words: the same facts for the live display and for plain lines."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from batchcreate.cli.pace import Pace
from batchcreate.cli.planning import duration
from batchcreate.limiter import Gate
from batchcreate.pool import Tally

RATE_WINDOW_S: Final = 5.0
"""The rate of now is that of the last seconds."""

PACE_WINDOW_S: Final = 30.0
"""What is left is judged by a longer time: it should not jump."""

NEWS_EVERY_S: Final = 1.0
"""Slow-downs that follow each other faster are told as one."""

_FINE_PER_S: Final = 100
"""Below this a rate is shown with a decimal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A fact, and what it is: `created`, `failed`, `unknown`, or empty for any other."""

    text: str
    kind: str = ""


class Watch:
    """
    Looks at a run from time to time.

    Args:
        tally: its counts.
        gate: its rate.
        rate_per_s: the most that the gate ever allows.
        at: the present, in seconds.

    """

    def __init__(self, tally: Tally, gate: Gate, *, rate_per_s: float, at: float) -> None:
        self._tally = tally
        self._gate = gate
        self._rate_per_s = rate_per_s
        self._sending = Pace(RATE_WINDOW_S)
        self._settling = Pace(PACE_WINDOW_S)
        self._slowdowns = 0
        self._told_at = at - NEWS_EVERY_S
        self.look(at)

    def look(self, at: float) -> None:
        """Take the counts of the moment *at* into account."""
        self._sending.note(at, self._tally.attempts)
        self._settling.note(at, self._tally.settled)

    def news(self, at: float) -> Iterator[str]:
        """Yield what happened since it was asked last and should be said as it happens."""
        if at - self._told_at < NEWS_EVERY_S:
            return
        if self._gate.slowdowns > self._slowdowns:
            yield f"429: slowed down to {rate(self._gate.rate_per_s)}/s"
        elif self._slowdowns and self._gate.rate_per_s >= self._rate_per_s:
            yield f"429 no more: back to {rate(self._rate_per_s)}/s"
            self._slowdowns = 0
        else:
            return
        self._slowdowns = self._gate.slowdowns
        self._told_at = at

    @property
    def done(self) -> tuple[int, int]:
        """How many tasks the run is through with, and how many it means to be."""
        return self._tally.settled, self._tally.planned

    def parts(self) -> list[Part]:
        """Return the facts of the moment, the most wanted first."""
        tally = self._tally
        counts = ((tally.created, "created"), (tally.failed, "failed"), (tally.unknown, "unknown"))
        parts = [
            Part(text=f"{count} {kind}", kind=kind)
            for count, kind in counts
            if count or kind == "created"
        ]
        if tally.unsettled:
            parts.append(Part(text=f"{tally.unsettled} to be looked up"))
        parts += [
            Part(text=f"{tally.in_flight} in flight"),
            Part(text=f"{rate(self._sending.per_s)}/s now"),
            Part(text=f"{rate(self._gate.rate_per_s)}/s allowed"),
            Part(text=self._left()),
        ]
        return parts

    def _left(self) -> str:
        tally = self._tally
        left = tally.planned - tally.settled
        if left <= tally.unsettled:
            return "waiting for the server's list" if left else "done"
        per_s = self._settling.per_s if tally.settled else self._gate.rate_per_s
        return f"about {duration(left / per_s)} left" if per_s else "time left unknown"


def line(watch: Watch) -> str:
    """Return where the run stands on one line."""
    settled, planned = watch.done
    return f"{settled}/{planned} done: {', '.join(part.text for part in watch.parts())}"


def pack(parts: Sequence[Part], width: int, gap: int = 2) -> list[list[Part]]:
    """Divide *parts* into lines of at most *width* characters; a longer one has its own line."""
    lines: list[list[Part]] = []
    used = width
    for part in parts:
        if used + gap + len(part.text) > width:
            lines.append([])
            used = -gap
        lines[-1].append(part)
        used += gap + len(part.text)
    return lines


def rate(per_s: float) -> str:
    """Return a rate with as many digits as people want."""
    if per_s >= _FINE_PER_S:
        return f"{per_s:.0f}"
    return f"{per_s:.1f}".removesuffix(".0") if per_s >= 1 else f"{per_s:.2g}"
