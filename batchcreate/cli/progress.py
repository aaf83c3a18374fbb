"""Where a run stands, in words: the same facts for the live display and for plain lines."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from batchcreate.cli.pace import Pace
from batchcreate.limiter import Gate
from batchcreate.pool import Tally
from batchcreate.report.wording import per_second, spell_duration

RATE_WINDOW_S: Final = 5.0
"""The rate of now is that of the last seconds."""

PACE_WINDOW_S: Final = 30.0
"""What is left is judged by a longer time: it should not jump."""

NEWS_EVERY_S: Final = 1.0
"""Slow-downs that follow each other faster are told as one."""


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
        self._is_slow = False
        self._told_at = at - NEWS_EVERY_S
        self.look(at)

    def look(self, at: float) -> None:
        """Take the counts of the moment *at* into account."""
        self._sending.note(at, self._tally.attempts)
        self._settling.note(at, self._tally.settled)

    def news(self, at: float) -> Iterator[str]:
        """Yield what happened since it was asked last and should be said as it happens."""
        gate = self._gate
        is_back = self._is_slow and gate.rate_per_s >= self._rate_per_s
        if at - self._told_at < NEWS_EVERY_S or (
            gate.slowdowns == self._slowdowns and not is_back
        ):
            return
        self._told_at = at
        self._is_slow = gate.slowdowns > self._slowdowns
        self._slowdowns = gate.slowdowns
        if self._is_slow:
            yield f"429: slowed down to {per_second(gate.rate_per_s)}/s"
        else:
            yield f"429 no more: back to {per_second(self._rate_per_s)}/s"

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
            Part(text=f"{per_second(self._sending.per_s)}/s now"),
            Part(text=f"{per_second(self._gate.rate_per_s)}/s allowed"),
            Part(text=self._left()),
        ]
        return parts

    def _left(self) -> str:
        tally = self._tally
        left = tally.planned - tally.settled
        if left <= tally.unsettled:
            return "waiting for the server's list" if left else "done"
        per_s = self._settling.per_s if tally.settled else self._gate.rate_per_s
        left_s = max(1, round(left / per_s)) if per_s else 0
        return f"about {spell_duration(left_s)} left" if left_s else "time left unknown"


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
