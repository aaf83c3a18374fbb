"""The commands run and retry, and signals."""

import asyncio
import gc
import signal
import sys
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from batchcreate.cli.exit_codes import code_of, code_of_error, code_of_plan, code_of_stop
from batchcreate.cli.options import configure
from batchcreate.cli.progress import screen_for
from batchcreate.cli.run_summary import last_lines
from batchcreate.cli.terminal import print_json, print_message, terminal_width, with_credentials
from batchcreate.errors import StoppedError
from batchcreate.pipeline.run import retry as retry_batch
from batchcreate.pipeline.run import run as run_batch
from batchcreate.pipeline.values import RunResult
from batchcreate.pool import StopCause, StopReason, StopSwitch
from batchcreate.settings import Settings, language_of

_DRAIN_S: Final = {signal.SIGINT: 30.0, signal.SIGTERM: 10.0, signal.SIGHUP: 10.0}


def _receives_signals() -> bool:
    """Return True in the main thread, the only one that may handle signals."""
    return threading.current_thread() is threading.main_thread()


def listen(stop: StopSwitch) -> None:
    """
    Have the first signal stop the run, and a second one end it immediately.

    A command that runs in another thread is not interrupted by signals.
    """
    if not _receives_signals():
        return
    loop = asyncio.get_running_loop()
    for number, drain_s in _DRAIN_S.items():
        loop.add_signal_handler(number, _on_signal, stop, number, drain_s)


def ignore() -> None:
    """
    Let no signal cut off the last lines of a command whose work is done.

    To be called in the event loop: when that closes, it gives up its handlers, and a signal would
    end the program with another exit code than the one that is due.
    """
    if not _receives_signals():
        return
    loop = asyncio.get_running_loop()
    for number in _DRAIN_S:
        loop.remove_signal_handler(number)
        signal.signal(number, signal.SIG_IGN)


def _on_signal(stop: StopSwitch, number: signal.Signals, drain_s: float) -> None:
    if stop.reason is not None:
        stop.cancel()
        return
    if stop.is_busy:
        print_message(f"{number.name}: the requests under way may finish; again to end them too")
    message = f"ended by {number.name}; run the same command again for the rest"
    stop.request_stop(StopReason(cause=StopCause.INTERRUPTED, message=message, signal=number))
    asyncio.get_running_loop().call_later(drain_s, stop.cancel)


def run_command(files: Sequence[Path], options: Mapping[str, Any]) -> int:
    """Carry out ``run`` and return its exit code."""
    return _carry_out(partial(run_batch, files), configure(options))


def retry_command(results: Path, only: Sequence[str], options: Mapping[str, Any]) -> int:
    """Carry out ``retry`` and return its exit code."""
    return _carry_out(partial(retry_batch, results, only=only), configure(options))


def _carry_out(command: Callable[..., Awaitable[RunResult]], settings: Settings) -> int:
    gc.freeze()  # what start-up made stays for good; looking through it again costs every run
    attempt = partial(_attempt, command, settings)
    return with_credentials(attempt, settings.run)


def _attempt(
    command: Callable[..., Awaitable[RunResult]],
    settings: Settings,
    environment: Mapping[str, str],
) -> int:
    stop = StopSwitch()
    told = partial(command, settings, environment=environment)
    try:
        ending = asyncio.run(_with_signals(told, settings, stop))
    except StoppedError as error:
        print_message(f"error: {error}")
        return code_of_stop(stop.reason) if stop.reason is not None else code_of_error(error)
    _conclude(ending, settings, language=language_of(settings.output, environment))
    if settings.run.is_dry_run and ending.stop_reason is None:
        return code_of_plan(ending.summary)
    return code_of(ending.summary, ending.stop_reason)


def _conclude(ending: RunResult, settings: Settings, *, language: str) -> None:
    for problem in ending.problems:
        print_message(problem)
    if settings.terminal.is_json:
        print_json(ending.reports.document)
    width = terminal_width(sys.stderr)
    print_message(last_lines(ending, settings, sys.argv, language=language, width=width))


async def _with_signals(
    command: Callable[..., Awaitable[RunResult]], settings: Settings, stop: StopSwitch
) -> RunResult:
    listen(stop)
    ending = await command(observer=screen_for(settings, sys.stderr), stop=stop)
    ignore()
    return ending
