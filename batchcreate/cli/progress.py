"""Progress display of a run."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, ClassVar, Final, TextIO

from batchcreate.cli.descriptions import describe_forecast, describe_plan, question
from batchcreate.cli.progress_model import ProgressModel, pack, progress_line
from batchcreate.cli.terminal import ask, can_ask, is_terminal, print_message, print_wrapped
from batchcreate.pipeline.background import calling_periodically
from batchcreate.pipeline.plan import Forecast, Plan
from batchcreate.pipeline.values import Answer, Observer
from batchcreate.pool import RunCounters
from batchcreate.rate_limiter import Gate
from batchcreate.settings import Settings, language_of

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.progress import Progress

DISPLAY_EVERY_S: Final = 0.2

CHECK_EVERY_S: Final = 1.0
LINE_EVERY_S: Final = 5.0
LINE_EVERY_MAX_S: Final = 60.0
LINE_SHARE: Final = 0.1
"""The time between lines grows with the duration of the run: a tenth of it, within the limits."""

BAR_WIDTH_MAX: Final = 60
INDENT: Final = 4

LARGE_ROWS: Final = 10_000
"""Writing the reports of more rows takes seconds."""

_STYLES: Final = {"created": "green", "failed": "red", "unknown": "yellow"}


def select_display(settings: Settings, stream: TextIO | None) -> Observer:
    """Return the display for *settings* and *stream*, which may be closed or missing."""
    if settings.terminal.is_quiet or stream is None:
        return QuietDisplay(settings)
    if is_terminal(stream) and os.environ.get("TERM", "dumb") not in {"dumb", "unknown", ""}:
        return LiveDisplay(settings, stream)
    return LineDisplay(settings)


class QuietDisplay:
    """A display that only asks for confirmation."""

    SHOWS_ALL: ClassVar = False

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def planned(self, plan: Plan) -> None:
        """Print nothing."""

    def noted(self, message: str) -> None:
        """Print nothing."""

    async def confirm(self, forecast: Forecast) -> Answer:
        """Ask if there is a terminal and the server is real."""
        asks = not (self._settings.run.is_confirmed or forecast.is_simulated) and can_ask()
        if self.SHOWS_ALL or (asks and len(forecast.targets) > 1):
            self._show(forecast)
        is_yes = asks and await ask(question(forecast))
        return (Answer.YES if is_yes else Answer.NO) if asks else Answer.NOT_ASKED

    def _show(self, forecast: Forecast) -> None:
        _print(describe_forecast(forecast, self._settings.endpoint))

    @asynccontextmanager
    async def watching(self, counters: RunCounters, gate: Gate) -> AsyncIterator[None]:
        """Print nothing."""
        del counters, gate
        yield


class LineDisplay(QuietDisplay):
    """A display for pipes and simple terminals: a line every few seconds."""

    SHOWS_ALL = True

    def planned(self, plan: Plan) -> None:
        """Print the plan; for a dry run, also the forecast."""
        _print(describe_plan(plan, language=language_of(self._settings.output, os.environ)))
        if self._settings.run.is_dry_run:
            self._show(_offline_forecast(plan, self._settings))

    def noted(self, message: str) -> None:
        """Print *message*."""
        print_message(message)

    @asynccontextmanager
    async def watching(self, counters: RunCounters, gate: Gate) -> AsyncIterator[None]:
        """Print the progress every few seconds, and slowdowns as they happen."""
        now = asyncio.get_running_loop().time
        started_at = now()
        model = self._model(counters, gate)
        due_at = started_at + LINE_EVERY_S

        def show() -> None:
            nonlocal due_at
            model.update(now())
            _print(model.messages(now()))
            if now() >= due_at:
                print_message(progress_line(model))
                wait_s = LINE_SHARE * (now() - started_at)
                due_at = now() + min(max(wait_s, LINE_EVERY_S), LINE_EVERY_MAX_S)

        async with calling_periodically(CHECK_EVERY_S, show):
            yield
        _announce_reports(counters)

    def _model(self, counters: RunCounters, gate: Gate) -> ProgressModel:
        now = asyncio.get_running_loop().time()
        rate_per_s = self._settings.rate.rate_per_s
        return ProgressModel(counters, gate, rate_per_s=rate_per_s, at=now)


class LiveDisplay(LineDisplay):
    """A display for terminals: a progress bar that is updated in place."""

    def __init__(self, settings: Settings, stream: TextIO) -> None:
        super().__init__(settings)
        self._stream = stream

    @asynccontextmanager
    async def watching(self, counters: RunCounters, gate: Gate) -> AsyncIterator[None]:
        """Show a bar with counts and rates, and slowdowns above it as they happen."""
        now = asyncio.get_running_loop().time
        model = self._model(counters, gate)
        has_color = self._settings.terminal.has_color
        progress = _rich_progress(model, self._stream, has_color=has_color)
        task = progress.add_task("", total=model.planned)

        def show() -> None:
            model.update(now())
            for message in model.messages(now()):
                print_message(message)
            progress.update(task, completed=model.finished, total=model.planned, refresh=True)

        with progress:
            show()
            async with calling_periodically(DISPLAY_EVERY_S, show):
                yield
        _announce_reports(counters)


class SafeStream:
    """A stream that ignores errors: output is lost if the terminal was closed."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.encoding = stream.encoding or "ascii"

    def write(self, text: str) -> int:
        """Write *text*; characters outside the encoding are escaped."""
        encoded = text.encode(self.encoding, "backslashreplace").decode(self.encoding)
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(encoded)
        return len(text)

    def flush(self) -> None:
        """Flush the stream."""
        with contextlib.suppress(OSError, ValueError):
            self._stream.flush()

    def isatty(self) -> bool:
        """Return True: the stream was a terminal at the start."""
        return True


def _rich_progress(model: ProgressModel, stream: TextIO, *, has_color: bool) -> "Progress":
    """Return a progress bar of rich, with the parts of *model* below it."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn
    from rich.text import Text

    safe_stream: Any = SafeStream(stream)  # has all methods that are used
    console = Console(file=safe_stream, no_color=not has_color or None)

    class ProgressWithParts(Progress):
        def get_renderables(self) -> "Iterable[RenderableType]":
            yield from super().get_renderables()
            for parts in pack(model.parts(), console.width - 1):
                texts = (Text(part.text, style=_STYLES.get(part.kind, "")) for part in parts)
                yield Text("  ").join(texts)

    return ProgressWithParts(
        BarColumn(BAR_WIDTH_MAX, complete_style="green", finished_style="green"),
        MofNCompleteColumn(),
        TaskProgressColumn(),
        console=console,
        auto_refresh=False,
        transient=True,
        redirect_stdout=False,
    )


def _announce_reports(counters: RunCounters) -> None:
    if counters.planned >= LARGE_ROWS:
        print_message("writing reports")


def _print(lines: Iterable[str]) -> None:
    print_wrapped(lines, indent=INDENT)


def _offline_forecast(plan: Plan, settings: Settings) -> Forecast:
    """Return the forecast as far as it is known without a request."""
    return Forecast(
        to_send=plan.to_send,
        quota=settings.quota.quota_tasks,
        rate_per_s=settings.rate.rate_per_s,
        headroom=settings.rate.headroom_share,
    )
