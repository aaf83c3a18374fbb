"""One request after the other, evenly spaced."""

import asyncio
from typing import Final

from aiolimiter import AsyncLimiter

SLACK_S: Final = 0.005
"""Timers fire late; this much lost time may be caught up, never more."""


class Pacer:
    """
    Lets one request go at a time: in the order of asking, evenly spaced, never in a pause.

    A bucket of one call and a little slack keeps any second at or below the rate. The lock is
    what makes it fair: a newcomer would overtake those who wait inside the limiter.
    """

    def __init__(self, rate_per_s: float, headroom: float) -> None:
        self.rate_per_s = rate_per_s
        self.resume_at = 0.0
        self._headroom = headroom
        self._limiter = self._make_limiter()
        self._is_stale = False
        self._turn = asyncio.Lock()
        self._has_leave = False

    def change(self, rate_per_s: float) -> None:
        """Space the requests anew, counted from the next one that goes."""
        self.rate_per_s = rate_per_s
        self._is_stale = True

    def pause(self, until: float) -> None:
        """Let nobody go before *until* (loop time); the later of two pauses holds."""
        self.resume_at = max(self.resume_at, until)
        self._is_stale = True

    async def acquire(self) -> float:
        """Wait for a turn and return the loop time at which it came."""
        async with self._turn:
            # Kept when a waiter is cancelled in a pause: the next one has its turn.
            if not self._has_leave:
                await self._limiter.acquire()
                self._has_leave = True
            while (wait_s := self.resume_at - now()) > 0:  # noqa: ASYNC110 - it may be prolonged
                await asyncio.sleep(wait_s)
            if self._is_stale:
                self._limiter = self._make_limiter()
                # Full, as this very request would have left it: a new limiter grants no burst.
                await self._limiter.acquire(self._limiter.max_rate)
                self._is_stale = False
            self._has_leave = False
            return now()

    def _make_limiter(self) -> AsyncLimiter:
        capacity = 1 + min(SLACK_S, self._headroom) * self.rate_per_s
        return AsyncLimiter(capacity, capacity / (self.rate_per_s * (1 - self._headroom)))


def now() -> float:
    """Return the loop time."""
    return asyncio.get_running_loop().time()
