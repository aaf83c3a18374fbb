"""What signals do to a command: the first one ends it in good order, a second one at once."""

import asyncio
import signal
from typing import Final

from batchcreate.cli.say import say
from batchcreate.pool import Cause, Halt, Stop

_DRAIN_S: Final = {signal.SIGINT: 30.0, signal.SIGTERM: 10.0, signal.SIGHUP: 10.0}


def listen(stop: Stop) -> None:
    """Let the first signal end the run in good order, and a second one at once."""
    loop = asyncio.get_running_loop()
    for number, drain_s in _DRAIN_S.items():
        loop.add_signal_handler(number, _on_signal, stop, number, drain_s)


def ignore() -> None:
    """
    Let no signal cut off the last lines of a command whose work is done.

    To be called in the event loop: when that closes, it gives up its handlers, and a signal would
    end the program with another exit code than the one that is due.
    """
    loop = asyncio.get_running_loop()
    for number in _DRAIN_S:
        loop.remove_signal_handler(number)
        signal.signal(number, signal.SIG_IGN)


def _on_signal(stop: Stop, number: signal.Signals, drain_s: float) -> None:
    if stop.halt is not None:
        stop.cancel()
        return
    if stop.has_work:
        say(f"{number.name}: the requests under way may finish; again to end them too")
    message = f"ended by {number.name}; run the same command again for the rest"
    stop.pull(Halt(cause=Cause.INTERRUPTED, message=message, signal=number))
    asyncio.get_running_loop().call_later(drain_s, stop.cancel)
