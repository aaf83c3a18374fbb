"""Time as an argument: what tells it and what waits for it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

Clock = Callable[[], float]
Now = Callable[[], datetime]
Sleep = Callable[[float], Awaitable[object]]


def utc_now() -> datetime:
    """Return the wall clock's time in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clocks:
    """
    The clocks of one simulator.

    Attributes:
        monotonic: seconds, for lags, limits and lifetimes.
        now: wall clock in UTC, for what is shown.
        sleep: waits some seconds.

    """

    monotonic: Clock
    now: Now = utc_now
    sleep: Sleep = asyncio.sleep
