"""Shows a run while it happens: a live display on a terminal, a plain line now and then elsewhere."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final, TextIO

from batchcreate.cli.say import say
from batchcreate.limiter import Gate
from batchcreate.models import Status
from batchcreate.pipeline import Observer, Outlook, Plan
from batchcreate.pool import Tally
from batchcreate.settings import Settings

PLAIN_EVERY_S: Final = 5.0
LIVE_EVERY_S: Final = 0.2


def screen_for(settings: Settings, stream: TextIO | None) -> Observer:
    """Return the screen that suits *settings* and *stream*, which may be closed or missing."""
    if settings.quiet or stream is None:
        return QuietScreen()
    if _is_terminal(stream):
        return LiveScreen(has_color=settings.color)
    return PlainScreen()


class QuietScreen:
    """Shows nothing."""

    def planned(self, plan: Plan) -> None:
        """Say nothing."""

    def noted(self, message: str) -> None:
        """Say nothing."""

    async def confirm(self, outlook: Outlook) -> bool:
        """Agree."""
        del outlook
        return True

    @asynccontextmanager
    async def watching(self, tally: Tally, gate: Gate) -> AsyncIterator[None]:
        """Show nothing."""
        del tally, gate
        yield


class _TalkingScreen:
    """Prints what is known before anything is sent."""

    def planned(self, plan: Plan) -> None:
        """Print what was read and what will be sent."""
        say(describe_plan(plan))

    def noted(self, message: str) -> None:
        """Print *message*."""
        say(message)

    async def confirm(self, outlook: Outlook) -> bool:
        """Agree."""
        del outlook
        return True


class PlainScreen(_TalkingScreen):
    """Prints a line every few seconds."""

    @asynccontextmanager
    async def watching(self, tally: Tally, gate: Gate) -> AsyncIterator[None]:
        """Print a line now and then."""
        async with _repeating(PLAIN_EVERY_S, lambda: say(describe_progress(tally, gate))):
            yield


class LiveScreen(_TalkingScreen):
    """Keeps one line with a bar up to date."""

    def __init__(self, *, has_color: bool) -> None:
        self._has_color = has_color

    @asynccontextmanager
    async def watching(self, tally: Tally, gate: Gate) -> AsyncIterator[None]:
        """Show a progress bar."""
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        console = Console(stderr=True, no_color=not self._has_color or None)
        columns = (BarColumn(), TextColumn("{task.description}"), TimeRemainingColumn())
        with Progress(*columns, console=console, transient=True) as progress:
            bar = progress.add_task("", total=tally.planned)

            def show() -> None:
                progress.update(
                    bar, completed=tally.settled, description=describe_progress(tally, gate)
                )

            async with _repeating(LIVE_EVERY_S, show):
                yield


def describe_plan(plan: Plan) -> str:
    """Return the plan on one line."""
    has = plan.summary.counts
    to_send = sum(plan.to_send.values())
    parts = [f"{plan.rows} rows read", f"{to_send} to send"]
    if len(plan.to_send) > 1:
        parts[-1] += f" to {len(plan.to_send)} instances"
    for status, words in (
        (Status.REJECTED, "rejected"),
        (Status.CREATED, "created earlier"),
        (Status.SKIPPED, "skipped"),
        (Status.UNKNOWN, "unknown"),
    ):
        if has[status]:
            parts.append(f"{has[status]} {words}")
    return ", ".join(parts)


def describe_progress(tally: Tally, gate: Gate) -> str:
    """Return where the run stands on one line."""
    text = f"{tally.settled}/{tally.planned} done: {tally.created} created"
    for count, word in (
        (tally.failed, "failed"),
        (tally.unknown, "unknown"),
        (tally.unsettled, "to be looked up"),
    ):
        if count:
            text += f", {count} {word}"
    return f"{text} · {tally.in_flight} in flight · at most {gate.rate_per_s:.4g}/s"


@asynccontextmanager
async def _repeating(every_s: float, action: Callable[[], None]) -> AsyncIterator[None]:
    async def repeat() -> None:
        while True:
            await asyncio.sleep(every_s)
            action()

    async with asyncio.TaskGroup() as group:
        repeater = group.create_task(repeat())
        try:
            yield
        finally:
            repeater.cancel()


def _is_terminal(stream: TextIO) -> bool:
    try:
        return stream.isatty()
    except ValueError:
        return False
