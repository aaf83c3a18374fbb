"""Waits of a run: pauses that the server requests are reported, and the time without a success ends."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Final

from batchcreate.clock import utc_now
from batchcreate.pipeline.background import calling_periodically
from batchcreate.pool import StopCause, StopReason, StopSwitch
from batchcreate.rate_limiter import Gate, Waiting
from batchcreate.report.formatting import format_duration

CHECK_EVERY_S: Final = 0.2
SHOWN_S: Final = 5.0
"""Shorter pauses are not reported, and neither are shorter extensions of a pause."""


class WaitWatch:
    """
    Reports the pauses of a gate, and stops a run that waits too long.

    Args:
        gate: paces the requests.
        stop: ends the run.
        on_wait: called with a message when a pause begins or becomes longer.

    """

    def __init__(self, gate: Gate, stop: StopSwitch, *, on_wait: Callable[[str], object]) -> None:
        self._gate = gate
        self._stop = stop
        self._on_wait = on_wait
        self._reported_until = 0.0

    def check(self, at: float) -> None:
        """Report and limit the waits, at the loop time *at*."""
        gate, waiting = self._gate, self._gate.waiting
        if self._stop.reason is not None or waiting is None:
            return
        if at - waiting.since >= gate.max_wait_s:
            self._stop.request_stop(self._stop_reason(waiting))
            return
        pause_s = gate.resume_at - at
        if pause_s >= SHOWN_S and gate.resume_at >= self._reported_until + SHOWN_S:
            self._reported_until = gate.resume_at
            until = (utc_now() + timedelta(seconds=pause_s)).astimezone()
            wait = format_duration(round(pause_s))
            self._on_wait(f"{_problem(waiting)}; waiting {wait}, until {until:%H:%M:%S}")

    def _stop_reason(self, waiting: Waiting) -> StopReason:
        limit = format_duration(self._gate.max_wait_s)
        message = (
            f"no request has succeeded for {limit}: {_problem(waiting)}; run the same command again "
            "later, or raise --max-wait"
        )
        return StopReason(cause=StopCause.WAITED, message=message)


def _problem(waiting: Waiting) -> str:
    if not waiting.is_throttled:
        return "there is no connection to the server"
    if waiting.requested_s is None:
        return "the server throttles every request (HTTP 429)"
    return f"the server asks to wait {format_duration(waiting.requested_s)} (HTTP 429)"


def watching_waits(
    gate: Gate, stop: StopSwitch, *, on_wait: Callable[[str], object]
) -> AbstractAsyncContextManager[None]:
    """Report and limit the waits of *gate* until the end of the block; see `WaitWatch`."""
    watch = WaitWatch(gate, stop, on_wait=on_wait)
    loop = asyncio.get_running_loop()
    return calling_periodically(CHECK_EVERY_S, lambda: watch.check(loop.time()))
