"""Progress display of a run."""

import asyncio
import contextlib
import os
import sys
from collections import deque
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TextIO

from batchcreate.cli.descriptions import describe_outlook, describe_plan, question
from batchcreate.cli.terminal import (
    ask,
    can_ask,
    hanging,
    is_terminal,
    print_message,
    terminal_width,
)
from batchcreate.pipeline.background import calling_periodically
from batchcreate.pipeline.plan import Forecast, Plan
from batchcreate.pipeline.values import Observer
from batchcreate.pool import RunCounters
from batchcreate.rate_limiter import Gate
from batchcreate.report.formatting import format_duration, format_rate
from batchcreate.settings import QuotaSettings, RateSettings, Settings


class RateMeter:
    """
    Measures how fast a count grows.

    Args:
        window_s: what happened earlier than that does not count.

    """

    def __init__(self, window_s: float) -> None:
        self._window_s = window_s
        self._seen: deque[tuple[float, int]] = deque()

    def note(self, at: float, count: int) -> None:
        """Note that the count is *count* at the moment *at*, in seconds."""
        self._seen.append((at, count))
        while len(self._seen) > 2 and self._seen[1][0] <= at - self._window_s:  # noqa: PLR2004 # a rate needs two
            self._seen.popleft()

    @property
    def per_s(self) -> float:
        """How much the count grows in a second; 0 before it was noted twice."""
        (first_at, first), (last_at, last) = self._seen[0], self._seen[-1]
        return (last - first) / (last_at - first_at) if last_at > first_at else 0.0


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


class ProgressModel:
    """
    Looks at a run from time to time.

    Args:
        counters: its counts.
        gate: its rate.
        rate_per_s: the most that the gate ever allows.
        at: the present, in seconds.

    """

    def __init__(self, counters: RunCounters, gate: Gate, *, rate_per_s: float, at: float) -> None:
        self._counters = counters
        self._gate = gate
        self._rate_per_s = rate_per_s
        self._sending = RateMeter(RATE_WINDOW_S)
        self._settling = RateMeter(PACE_WINDOW_S)
        self._slowdowns = 0
        self._is_slow = False
        self._told_at = at - NEWS_EVERY_S
        self.look(at)

    def look(self, at: float) -> None:
        """Take the counts of the moment *at* into account."""
        self._sending.note(at, self._counters.attempts)
        self._settling.note(at, self._counters.finished)

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
            yield f"429: slowed down to {format_rate(gate.rate_per_s)}/s"
        else:
            yield f"429 no more: back to {format_rate(self._rate_per_s)}/s"

    @property
    def done(self) -> tuple[int, int]:
        """How many tasks the run is through with, and how many it means to be."""
        return self._counters.finished, self._counters.planned

    def parts(self) -> list[Part]:
        """Return the facts of the moment, the most wanted first."""
        counters = self._counters
        counts = (
            (counters.created, "created"),
            (counters.failed, "failed"),
            (counters.unknown, "unknown"),
        )
        parts = [
            Part(text=f"{count} {kind}", kind=kind)
            for count, kind in counts
            if count or kind == "created"
        ]
        if counters.to_reconcile:
            parts.append(Part(text=f"{counters.to_reconcile} to be looked up"))
        parts += [
            Part(text=f"{counters.in_flight} in flight"),
            Part(text=f"{format_rate(self._sending.per_s)}/s now"),
            Part(text=f"{format_rate(self._gate.rate_per_s)}/s allowed"),
            Part(text=self._left()),
        ]
        return parts

    def _left(self) -> str:
        counters = self._counters
        left = counters.planned - counters.finished
        if left <= counters.to_reconcile:
            return "waiting for the server's list" if left else "done"
        per_s = self._settling.per_s if counters.finished else self._gate.rate_per_s
        left_s = max(1, round(left / per_s)) if per_s else 0
        return f"about {format_duration(left_s)} left" if left_s else "time left unknown"


def line(watch: ProgressModel) -> str:
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


if TYPE_CHECKING:
    from rich.console import RenderableType

EVERY_S: Final = 0.2
"""Five times a second is as often as eyes ask for, and costs the requests next to nothing."""

BAR_CHARS_MAX: Final = 60

_STYLES: Final = {"created": "green", "failed": "red", "unknown": "yellow"}


@asynccontextmanager
async def live(watch: ProgressModel, stream: TextIO, *, has_color: bool) -> AsyncIterator[None]:
    """Keep a display of *watch* on *stream* for the length of a block, then take it away."""
    from rich.console import Console
    from rich.live import Live

    console = Console(file=Forgiving(stream), no_color=not has_color or None)  # type: ignore[arg-type] # all that it uses of a stream
    display = Live(console=console, auto_refresh=False, transient=True, redirect_stdout=False)
    now = asyncio.get_running_loop().time

    def show() -> None:
        watch.look(now())
        for news in watch.news(now()):
            print_message(news)
        display.update(picture(watch, console.width), refresh=True)

    with display:
        show()
        async with calling_periodically(EVERY_S, show):
            yield


def picture(watch: ProgressModel, width: int) -> "RenderableType":
    """Return what the display shows on a terminal of *width* columns."""
    from rich.console import Group
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    settled, planned = watch.done
    share = f"{settled}/{planned}  {100 * settled // max(planned, 1)}%"
    bar_chars = min(BAR_CHARS_MAX, width - len(share) - 3)
    head = Table.grid(padding=(0, 2, 0, 0))
    if bar_chars > 0:
        bar = ProgressBar(
            total=planned,
            completed=settled,
            width=bar_chars,
            complete_style="green",
            finished_style="green",
        )
        head.add_row(bar, share)
    else:
        head.add_row(share)
    lines = [
        Text("  ").join(Text(part.text, style=_STYLES.get(part.kind, "")) for part in parts)
        for parts in pack(watch.parts(), width - 1)
    ]
    return Group(head, *lines)


class Forgiving:
    """A stream that may go away: what it does not take is lost, and nobody hears of it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.encoding = stream.encoding or "ascii"

    def write(self, text: str) -> int:
        """Write *text*, or lose it."""
        shown = text.encode(self.encoding, "backslashreplace").decode(self.encoding)
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(shown)
        return len(text)

    def flush(self) -> None:
        """Let go what was written."""
        with contextlib.suppress(OSError, ValueError):
            self._stream.flush()

    def isatty(self) -> bool:
        """Return that it was a terminal, whatever became of it."""
        return True


LOOK_EVERY_S: Final = 1.0
LINE_EVERY_S: Final = 5.0
"""A line every five seconds at first; where a run takes long, a line every tenth of it."""

INDENT: Final = 4
LARGE_ROWS: Final = 10_000
"""The reports of more rows take seconds."""

LINE_SHARE: Final = 0.1
LINE_EVERY_MAX_S: Final = 60.0


def screen_for(settings: Settings, stream: TextIO | None) -> Observer:
    """Return the screen that suits *settings* and *stream*, which may be closed or missing."""
    if settings.terminal.is_quiet or stream is None:
        return QuietScreen(settings)
    if is_terminal(stream) and os.environ.get("TERM", "dumb") not in {"dumb", "unknown", ""}:
        return LiveScreen(settings, stream)
    return PlainScreen(settings)


class QuietScreen:
    """Shows nothing, but asks: what is created cannot be taken back as easily."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def planned(self, plan: Plan) -> None:
        """Say nothing."""

    def noted(self, message: str) -> None:
        """Say nothing."""

    async def confirm(self, outlook: Forecast) -> bool:
        """Ask whether to send, where there is somebody to ask and something to lose."""
        if self._settings.run.is_confirmed or outlook.is_simulated or not can_ask():
            return True
        return await ask(question(outlook))

    @asynccontextmanager
    async def watching(self, counters: RunCounters, gate: Gate) -> AsyncIterator[None]:
        """Show nothing."""
        del counters, gate
        yield


class PlainScreen(QuietScreen):
    """Prints a line now and then."""

    def planned(self, plan: Plan) -> None:
        """Print what was read, and what would go where if nothing is to be sent."""
        _say_all(describe_plan(plan))
        if self._settings.run.is_dry_run:
            _say_all(describe_outlook(_imagined(plan, self._settings.quota, self._settings.rate)))

    def noted(self, message: str) -> None:
        """Print *message*."""
        print_message(message)

    async def confirm(self, outlook: Forecast) -> bool:
        """Print what goes where, then ask."""
        _say_all(describe_outlook(outlook))
        return await super().confirm(outlook)

    @asynccontextmanager
    async def watching(self, counters: RunCounters, gate: Gate) -> AsyncIterator[None]:
        """Print a line now and then, and slow-downs as they happen."""
        now = asyncio.get_running_loop().time
        began_at = now()
        watch = ProgressModel(
            counters, gate, rate_per_s=self._settings.rate.rate_per_s, at=began_at
        )
        due_at = began_at + LINE_EVERY_S

        def show() -> None:
            nonlocal due_at
            watch.look(now())
            _say_all(watch.news(now()))
            if now() >= due_at:
                print_message(line(watch))
                wait_s = LINE_SHARE * (now() - began_at)
                due_at = now() + min(max(wait_s, LINE_EVERY_S), LINE_EVERY_MAX_S)

        async with calling_periodically(LOOK_EVERY_S, show):
            yield
        _tell_what_follows(counters)


class LiveScreen(PlainScreen):
    """Keeps a display up to date."""

    def __init__(self, settings: Settings, stream: TextIO) -> None:
        super().__init__(settings)
        self._stream = stream

    @asynccontextmanager
    async def watching(self, counters: RunCounters, gate: Gate) -> AsyncIterator[None]:
        """Show a bar and the facts, and slow-downs above them as they happen."""
        now = asyncio.get_running_loop().time()
        watch = ProgressModel(counters, gate, rate_per_s=self._settings.rate.rate_per_s, at=now)
        async with live(watch, self._stream, has_color=self._settings.terminal.has_color):
            yield
        _tell_what_follows(counters)


def _tell_what_follows(counters: RunCounters) -> None:
    """Say why it is silent for a while, where it will be."""
    if counters.planned >= LARGE_ROWS:
        print_message("writing the reports")


def _say_all(lines: Iterable[str]) -> None:
    width = terminal_width(sys.stderr)
    for each in lines:
        print_message(hanging(each, width, indent=INDENT))


def _imagined(plan: Plan, quota: QuotaSettings, rate: RateSettings) -> Forecast:
    """Return what sending would take, as far as it is known without asking the server."""
    return Forecast(
        to_send=plan.to_send,
        quota=quota.quota_tasks,
        rate_per_s=rate.rate_per_s,
        headroom=rate.headroom_share,
    )
