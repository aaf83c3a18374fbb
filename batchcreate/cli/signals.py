"""Signals that stop a command."""

import asyncio
import signal
import threading
from typing import Final

from batchcreate.cli.terminal import print_message
from batchcreate.pool import StopCause, StopReason, StopSwitch

_DRAIN_S: Final = {signal.SIGINT: 30.0, signal.SIGTERM: 10.0, signal.SIGHUP: 10.0}
"""How long the requests in flight may take after a signal, in seconds."""


def stop_on_signals(stop: StopSwitch) -> None:
    """
    Stop with the first signal, and cancel the requests in flight with the second.

    A command that runs in another thread than the main one receives no signals.
    """
    if not _receives_signals():
        return
    loop = asyncio.get_running_loop()
    for number, drain_s in _DRAIN_S.items():
        loop.add_signal_handler(number, _on_signal, stop, number, drain_s)


def ignore_signals() -> None:
    """
    Ignore signals from now on: the work is done, only the summary is missing.

    Call it in the event loop: a loop removes its handlers when it is closed, and a signal would
    then end the program with a wrong exit code.
    """
    if not _receives_signals():
        return
    loop = asyncio.get_running_loop()
    for number in _DRAIN_S:
        loop.remove_signal_handler(number)
        signal.signal(number, signal.SIG_IGN)


def interrupt_event() -> asyncio.Event:
    """Return an event that SIGINT and SIGTERM set."""
    event = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, event.set)
    return event


def _receives_signals() -> bool:
    return threading.current_thread() is threading.main_thread()


def _on_signal(stop: StopSwitch, number: signal.Signals, drain_s: float) -> None:
    if stop.reason is not None:
        stop.cancel()
        return
    if stop.is_busy:
        print_message(_describe_drain(number))
    name = "Ctrl-C" if number is signal.SIGINT else number.name
    message = f"Stopped by {name}. Run the same command again to continue."
    stop.request_stop(StopReason(cause=StopCause.INTERRUPTED, message=message, signal=number))
    asyncio.get_running_loop().call_later(drain_s, stop.cancel)


def _describe_drain(number: signal.Signals) -> str:
    if number is signal.SIGINT:
        return "Interrupted: finishing the requests in flight. Press Ctrl-C again to stop at once."
    return (
        f"{number.name} received: finishing the requests in flight. "
        "Send another signal to stop at once."
    )
