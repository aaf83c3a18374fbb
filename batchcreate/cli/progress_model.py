"""Progress of a run as numbers and text, for the displays."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from batchcreate.pool import RunCounters
from batchcreate.rate_limiter import Gate
from batchcreate.report.formatting import format_duration, format_rate

RATE_WINDOW_S: Final = 5.0
"""Window of the displayed rate."""

REMAINING_WINDOW_S: Final = 30.0
"""Window of the rate for the remaining time; longer, so that the estimate is stable."""

MESSAGES_EVERY_S: Final = 1.0
"""Slowdowns within this time are reported as one."""


WAIT_SHOWN_S: Final = 2.0
"""Shorter pauses, as between two slowdowns, are not shown."""


class RateMeter:
    """
    Rate of a growing count.

    Args:
        window_s: time over which the rate is measured, in seconds.

    """

    def __init__(self, window_s: float) -> None:
        self._window_s = window_s
        self._samples: deque[tuple[float, int]] = deque()

    def record(self, at: float, count: int) -> None:
        """Record the *count* at the time *at*, in seconds."""
        samples = self._samples
        samples.append((at, count))
        while len(samples) > 2 and samples[1][0] <= at - self._window_s:  # noqa: PLR2004 # a rate needs two
            samples.popleft()

    @property
    def per_s(self) -> float:
        """Growth per second; 0 before the second sample."""
        (first_at, first), (last_at, last) = self._samples[0], self._samples[-1]
        return (last - first) / (last_at - first_at) if last_at > first_at else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of the progress: its text, and its kind, such as ``created``, if it has a colour."""

    text: str
    kind: str = ""


class ProgressModel:
    """
    Progress of a run, as numbers and text.

    Args:
        counters: counters of the run.
        gate: the rate limiter.
        rate_per_s: maximum of the rate limit.
        at: current time, in seconds.

    """

    def __init__(self, counters: RunCounters, gate: Gate, *, rate_per_s: float, at: float) -> None:
        self._counters = counters
        self._gate = gate
        self._rate_per_s = rate_per_s
        self._attempts = RateMeter(RATE_WINDOW_S)
        self._finished = RateMeter(REMAINING_WINDOW_S)
        self._slowdowns = 0
        self._is_slow = False
        self._reported_at = at - MESSAGES_EVERY_S
        self.update(at)

    def update(self, at: float) -> None:
        """Record the counters at the time *at*."""
        self._at = at
        self._attempts.record(at, self._counters.attempts)
        self._finished.record(at, self._counters.finished)

    def messages(self, at: float) -> Iterator[str]:
        """Yield changes of the rate limit since the last call."""
        gate = self._gate
        is_back = self._is_slow and gate.rate_per_s >= self._rate_per_s
        is_recent = at - self._reported_at < MESSAGES_EVERY_S
        if is_recent or (gate.slowdowns == self._slowdowns and not is_back):
            return
        self._reported_at = at
        self._is_slow = gate.slowdowns > self._slowdowns
        self._slowdowns = gate.slowdowns
        if self._is_slow:
            yield f"server returned 429: slowing down to {format_rate(gate.rate_per_s)}/s"
        else:
            yield f"no further 429 responses: back to {format_rate(self._rate_per_s)}/s"

    @property
    def finished(self) -> int:
        """The number of tasks with a final outcome."""
        return self._counters.finished

    @property
    def planned(self) -> int:
        """The number of tasks of the run."""
        return self._counters.planned

    def parts(self) -> list[Part]:
        """Return counts, rates and remaining time, most important first."""
        counters = self._counters
        counts = {
            "created": counters.created,
            "failed": counters.failed,
            "unknown": counters.unknown,
        }
        parts = [
            Part(text=f"{count} {kind}", kind=kind)
            for kind, count in counts.items()
            if count or kind == "created"
        ]
        if counters.to_reconcile:
            parts.append(Part(text=f"{counters.to_reconcile} to reconcile"))
        return [
            *parts,
            Part(text=f"{counters.in_flight} in flight"),
            Part(text=f"{format_rate(self._attempts.per_s)}/s now"),
            Part(text=f"{format_rate(self._gate.rate_per_s)}/s allowed"),
            *self._waits(),
            Part(text=self._remaining()),
        ]

    @property
    def _pause_s(self) -> float:
        """Rest of the pause that the server requested, in seconds."""
        return max(0.0, self._gate.resume_at - self._at)

    def _waits(self) -> Iterator[Part]:
        """Yield what the run waits for, and until when."""
        if self._pause_s >= WAIT_SHOWN_S:
            yield Part(text=f"paused by the server for {_rounded(self._pause_s)}")
        waiting = self._gate.waiting
        if waiting is None or self._at - waiting.since < WAIT_SHOWN_S:
            return
        left_s = max(0.0, waiting.since + self._gate.max_wait_s - self._at)
        problem = "every request is throttled" if waiting.is_throttled else "no connection"
        yield Part(text=f"{problem}: stopping in {_rounded(left_s)} without a success")

    def _remaining(self) -> str:
        counters = self._counters
        remaining = counters.planned - counters.finished
        if not remaining:
            return "done"
        if remaining <= counters.to_reconcile:
            check_at = self._at if counters.check_at is None else counters.check_at
            next_s = max(0.0, check_at - self._at)
            return f"waiting for the task list, next look in {_rounded(next_s)}"
        per_s = self._finished.per_s if counters.finished else self._gate.rate_per_s
        if not per_s:
            return "remaining time unknown"
        return f"about {_rounded(max(1, remaining / per_s + self._pause_s))} left"


def _rounded(seconds: float) -> str:
    return format_duration(round(seconds))


def progress_line(model: ProgressModel) -> str:
    """Return the progress as one line."""
    parts = ", ".join(part.text for part in model.parts())
    return f"{model.finished}/{model.planned} done: {parts}"


def pack(parts: Sequence[Part], width: int, gap: int = 2) -> list[list[Part]]:
    """Divide *parts* into lines of at most *width* characters; a longer part has its own line."""
    lines: list[list[Part]] = []
    used = width
    for part in parts:
        if used + gap + len(part.text) > width:
            lines.append([])
            used = -gap
        lines[-1].append(part)
        used += gap + len(part.text)
    return lines
