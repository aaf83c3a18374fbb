"""Shows a run: the plan, the question, and what happens, live on a terminal and in lines elsewhere."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Final, TextIO

from batchcreate.cli.asking import ask, can_ask, is_terminal
from batchcreate.cli.live import live
from batchcreate.cli.planning import describe_outlook, describe_plan, question
from batchcreate.cli.progress import Watch, line
from batchcreate.cli.say import say
from batchcreate.cli.wrapping import hanging, terminal_width
from batchcreate.limiter import Gate
from batchcreate.pipeline.ticking import ticking
from batchcreate.pipeline.values import Observer, Outlook, Plan
from batchcreate.pool import Tally
from batchcreate.settings import Settings

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
    if settings.quiet or stream is None:
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

    async def confirm(self, outlook: Outlook) -> bool:
        """Ask whether to send, where there is somebody to ask and something to lose."""
        if self._settings.yes or outlook.is_simulated or not can_ask():
            return True
        return await ask(question(outlook))

    @asynccontextmanager
    async def watching(self, tally: Tally, gate: Gate) -> AsyncIterator[None]:
        """Show nothing."""
        del tally, gate
        yield


class PlainScreen(QuietScreen):
    """Prints a line now and then."""

    def planned(self, plan: Plan) -> None:
        """Print what was read, and what would go where if nothing is to be sent."""
        _say_all(describe_plan(plan))
        if self._settings.dry_run:
            _say_all(describe_outlook(_imagined(plan, self._settings)))

    def noted(self, message: str) -> None:
        """Print *message*."""
        say(message)

    async def confirm(self, outlook: Outlook) -> bool:
        """Print what goes where, then ask."""
        _say_all(describe_outlook(outlook))
        return await super().confirm(outlook)

    @asynccontextmanager
    async def watching(self, tally: Tally, gate: Gate) -> AsyncIterator[None]:
        """Print a line now and then, and slow-downs as they happen."""
        now = asyncio.get_running_loop().time
        began_at = now()
        watch = Watch(tally, gate, rate_per_s=self._settings.rate, at=began_at)
        due_at = began_at + LINE_EVERY_S

        def show() -> None:
            nonlocal due_at
            watch.look(now())
            _say_all(watch.news(now()))
            if now() >= due_at:
                say(line(watch))
                wait_s = LINE_SHARE * (now() - began_at)
                due_at = now() + min(max(wait_s, LINE_EVERY_S), LINE_EVERY_MAX_S)

        async with ticking(LOOK_EVERY_S, show):
            yield
        _tell_what_follows(tally)


class LiveScreen(PlainScreen):
    """Keeps a display up to date."""

    def __init__(self, settings: Settings, stream: TextIO) -> None:
        super().__init__(settings)
        self._stream = stream

    @asynccontextmanager
    async def watching(self, tally: Tally, gate: Gate) -> AsyncIterator[None]:
        """Show a bar and the facts, and slow-downs above them as they happen."""
        now = asyncio.get_running_loop().time()
        watch = Watch(tally, gate, rate_per_s=self._settings.rate, at=now)
        async with live(watch, self._stream, has_color=self._settings.color):
            yield
        _tell_what_follows(tally)


def _tell_what_follows(tally: Tally) -> None:
    """Say why it is silent for a while, where it will be."""
    if tally.planned >= LARGE_ROWS:
        say("writing the reports")


def _say_all(lines: Iterable[str]) -> None:
    width = terminal_width(sys.stderr)
    for each in lines:
        say(hanging(each, width, indent=INDENT))


def _imagined(plan: Plan, settings: Settings) -> Outlook:
    """Return what sending would take, as far as it is known without asking the server."""
    return Outlook(
        to_send=plan.to_send,
        quota=settings.quota,
        rate_per_s=settings.rate,
        headroom=settings.headroom,
    )
