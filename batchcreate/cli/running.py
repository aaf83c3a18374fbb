"""``batchcreate run``: settings, signals, screen, and the last lines."""

import asyncio
import gc
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from batchcreate.cli import signals
from batchcreate.cli.configuring import configure
from batchcreate.cli.credentials import with_credentials
from batchcreate.cli.ending import last_lines
from batchcreate.cli.exits import code_for, code_of, code_of_halt, code_of_plan
from batchcreate.cli.measuring import Told, measured
from batchcreate.cli.say import put_json, say
from batchcreate.cli.screen import screen_for
from batchcreate.cli.wrapping import terminal_width
from batchcreate.errors import StoppedError
from batchcreate.pipeline import create
from batchcreate.pipeline.values import Ending
from batchcreate.pool import Stop
from batchcreate.settings import Settings, language_of


def run_command(files: Sequence[Path], options: Mapping[str, Any]) -> int:
    """Carry out ``run`` and return its exit code."""
    return _carry_out(partial(create.run, files), configure(options))


def retry_command(results: Path, only: Sequence[str], options: Mapping[str, Any]) -> int:
    """Carry out ``retry`` and return its exit code."""
    return _carry_out(partial(create.retry, results, only=only), configure(options))


def _carry_out(command: Callable[..., Awaitable[Ending]], settings: Settings) -> int:
    gc.freeze()  # what start-up made stays for good; looking through it again costs every run
    attempt = partial(_attempt, command, settings)
    return measured(partial(with_credentials, attempt, settings), settings)


def _attempt(
    command: Callable[..., Awaitable[Ending]],
    settings: Settings,
    environment: Mapping[str, str],
) -> Told:
    stop = Stop()
    told = partial(command, settings, environment=environment)
    try:
        ending = asyncio.run(_with_signals(told, settings, stop))
    except StoppedError as error:
        say(f"error: {error}")
        return (code_of_halt(stop.halt) if stop.halt is not None else code_for(error)), None
    _conclude(ending, settings, language=language_of(settings, environment))
    if settings.dry_run and ending.halt is None:
        return code_of_plan(ending.summary), None
    return code_of(ending.summary, ending.halt), ending.reports


def _conclude(ending: Ending, settings: Settings, *, language: str) -> None:
    for trouble in ending.troubles:
        say(trouble)
    if settings.json_summary:
        put_json(ending.reports.document)
    width = terminal_width(sys.stderr)
    say(last_lines(ending, settings, sys.argv, language=language, width=width))


async def _with_signals(
    command: Callable[..., Awaitable[Ending]], settings: Settings, stop: Stop
) -> Ending:
    signals.listen(stop)
    ending = await command(observer=screen_for(settings, sys.stderr), stop=stop)
    signals.ignore()
    return ending
