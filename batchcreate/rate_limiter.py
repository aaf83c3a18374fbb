"""Rate limiter: even pacing of requests, with a rate that adapts to throttling."""

import asyncio
import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from aiolimiter import AsyncLimiter

from batchcreate.errors import SettingsError

REDUCED_SHARE: Final = 0.9
"""Share of the accepted rate that is used after a slowdown."""

RECOVERY_S: Final = 10.0
"""Minimum time from a slowdown back to the accepted rate, in seconds."""

SAMPLE: Final = 10
"""Number of requests to measure or to wait for if the rate is low."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RateReduction:
    """
    One slowdown: the rate that the server accepted just before it throttled a request.

    Attributes:
        before_per_s: rate before this slowdown and the earlier slowdowns of the same trial.
        tried_per_s: rate at which the request was throttled.
        min_per_s: lower limit of the accepted rate, for windows with few requests.
        at: loop time of the response; it covers all requests admitted until then.
        since: loop time of the start of the measured window.
        until: loop time at which the throttled request was admitted, the end of the window.
        accepted: number of requests in the window that were not throttled, as far as is known.
        is_on_trial: True until the next responses show whether the slowdown helped.

    """

    before_per_s: float
    tried_per_s: float
    min_per_s: float
    at: float = -math.inf
    since: float = -1.0
    until: float = 0.0
    accepted: int = 0
    is_on_trial: bool = False

    @property
    def accepted_per_s(self) -> float:
        """Estimate of the rate that the server accepts."""
        measured = self.accepted / (self.until - self.since)
        return min(self.tried_per_s, max(self.min_per_s, measured))

    @property
    def is_deep(self) -> bool:
        """True if a server limit near the earlier rate cannot explain further throttling."""
        return self.rate_after(0.0) <= self.before_per_s / 2

    def rate_after(self, elapsed_s: float) -> float:
        """
        Return the rate for *elapsed_s* seconds after sending resumed.

        A cubic function, as in TCP CUBIC: it rises quickly towards the accepted rate, is flat
        around it, then rises faster and faster to find a higher limit.
        """
        accepted_per_s = self.accepted_per_s
        recovery_s = max(RECOVERY_S, SAMPLE / accepted_per_s)
        return accepted_per_s * (1 + (1 - REDUCED_SHARE) * (elapsed_s / recovery_s - 1) ** 3)


SLACK_S: Final = 0.005
"""Maximum time lost to late timers that is caught up, in seconds."""


class Pacer:
    """
    Admits one request at a time, in the order of the calls, evenly spaced, and not in a pause.

    The bucket has room for one request and a little slack, so that no second exceeds the rate.
    The lock makes it fair: without it, a new caller could overtake those that wait in the limiter.

    Args:
        rate_per_s: initial rate in requests per second.
        headroom: share of the rate that is not used.

    Attributes:
        rate_per_s: current rate in requests per second.
        resume_at: loop time of the end of the pause.
    """

    def __init__(self, rate_per_s: float, headroom: float) -> None:
        self.rate_per_s = rate_per_s
        self.resume_at = 0.0
        self._headroom = headroom
        self._limiter = self._make_limiter()
        self._is_stale = False
        self._turn = asyncio.Lock()
        self._has_permit = False

    def change(self, rate_per_s: float) -> None:
        """Change the rate, starting with the next request."""
        self.rate_per_s = rate_per_s
        self._is_stale = True

    def pause(self, until: float) -> None:
        """Admit no request before *until* (loop time); the later of two pauses applies."""
        self.resume_at = max(self.resume_at, until)
        self._is_stale = True

    async def acquire(self) -> float:
        """Wait until the request is admitted; return the loop time."""
        async with self._turn:
            # If a caller is cancelled in a pause, the next caller uses its permit.
            if not self._has_permit:
                await self._limiter.acquire()
                self._has_permit = True
            while (wait_s := self.resume_at - now()) > 0:  # noqa: ASYNC110 - it can be extended
                await asyncio.sleep(wait_s)
            if self._is_stale:
                self._limiter = self._make_limiter()
                # Filled, as if this request had used it: a new limiter must not admit a burst.
                await self._limiter.acquire(self._limiter.max_rate)
                self._is_stale = False
            self._has_permit = False
            return now()

    def _make_limiter(self) -> AsyncLimiter:
        capacity = 1 + min(SLACK_S, self._headroom) * self.rate_per_s
        return AsyncLimiter(capacity, capacity / (self.rate_per_s * (1 - self._headroom)))


def now() -> float:
    """Return the loop time."""
    return asyncio.get_running_loop().time()


RATE_MIN_PER_S: Final = 0.01
RATE_MAX_PER_S: Final = 1_000_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimit:
    """
    Configured rate limit.

    Attributes:
        rate_per_s: maximum requests per second, 0.01 to 1,000,000; one second can have one more.
        headroom: share of the rate that is not used, at least 0 and less than 1. It is used to
            catch up time lost to late timers: without headroom, high rates are not reached.
        floor_per_s: lowest rate after slowdowns in requests per second, 0.01 to 1,000,000; not
            above *rate_per_s*.
        max_wait_s: how long throttled requests are repeated without a success, in seconds.

    Raises:
        SettingsError: a value is out of range.

    """

    rate_per_s: float = 10.0
    headroom: float = 0.01
    floor_per_s: float = 0.1
    max_wait_s: float = 600.0

    def __post_init__(self) -> None:
        for name in ("rate_per_s", "floor_per_s"):
            value = getattr(self, name)
            if not RATE_MIN_PER_S <= value <= RATE_MAX_PER_S:
                span = f"from {RATE_MIN_PER_S} to {RATE_MAX_PER_S:.0f}"
                msg = f"{name} is {value}; give requests per second {span}"
                raise SettingsError(msg)
        if not 0 <= self.headroom < 1:
            msg = f"headroom is {self.headroom}; give a share of at least 0 and less than 1"
            raise SettingsError(msg)


PAUSE_MAX_S: Final = 300.0  # longest pause that a server can request
BACKOFF_MAX_S: Final = 20.0  # longest pause that the gate chooses
MIN_SHARE: Final = 0.2  # of the rate is assumed to be accepted: early counts are too low
STEP: Final = 1.02  # smallest increase: each one creates a limiter and a log event
STEP_MAX: Final = 1.07  # largest increase per accepted request: ten of them double the rate
MEASURED_MAX: Final = 20_000  # responses kept for measuring; no server throttles higher rates
TRIAL: Final = 100  # responses that show whether a slowdown helped
TRIAL_THROTTLED: Final = 3  # throttled requests that show that it did not
SHARE_OF: Final = 40  # minimum denominator of a share: three of ten responses mean little
SHARE_MARGIN: Final = 0.05  # tolerance of a measured share
TOLERATED_MAX: Final = 0.2  # throttling of more than twice this share is always about the rate
CERTAIN: Final = 5  # and so is throttling after this many slowdowns without an accepted request


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """
    A time in which no request succeeded: all were throttled or not sent.

    Attributes:
        since: loop time of its start.
        is_throttled: True if the last request was throttled.
        requested_s: the delay that the server requested last, in seconds, or ``None``.

    """

    since: float
    is_throttled: bool
    requested_s: float | None = None


class Gate:
    """
    Paces requests and adapts the rate to the responses of the server.

    Each response is reported with the time that `acquire` returned for its request.

    A server with a rate limit does not throttle a rate below the limit. Therefore each slowdown
    is on trial: further throttling causes further slowdowns, down to half of the earlier rate.
    Throttling below that has another cause, such as the load of other clients. Then the
    configured rate is restored, and the next slowdown follows when more than twice that share
    of the requests is throttled.

    Args:
        limit: configured rate limit.
        on_change: called with the new rate in requests per second after each change.

    Attributes:
        slowdowns: number of slowdowns.
        waiting: the time without a success, or None if the last request succeeded.

    """

    def __init__(
        self, limit: RateLimit, on_change: Callable[[float], None] = lambda _rate_per_s: None
    ) -> None:
        self.slowdowns = 0
        self.waiting: Waiting | None = None
        self._succeeded_at = -math.inf
        self._limit = limit
        self._on_change = on_change
        self._pacer = Pacer(limit.rate_per_s, limit.headroom)
        kept = int(min(max(limit.rate_per_s, SAMPLE), MEASURED_MAX)) + 1
        self._accepted_at = deque[float](maxlen=kept)
        rate = limit.rate_per_s
        self._reduction = self._no_reduction = RateReduction(
            before_per_s=rate, tried_per_s=rate, min_per_s=rate
        )
        self._resumed_at = 0.0
        self._slowdowns_in_a_row = 0
        self._throttled = deque[bool](maxlen=TRIAL)
        self._tolerated_share = 0.0

    @property
    def configured_per_s(self) -> float:
        """The configured rate, which the gate never exceeds."""
        return self._limit.rate_per_s

    @property
    def rate_per_s(self) -> float:
        """Current rate in requests per second, at most the configured rate."""
        return self._pacer.rate_per_s

    @property
    def max_wait_s(self) -> float:
        """How long the gate waits without a success, in seconds."""
        return self._limit.max_wait_s

    @property
    def resume_at(self) -> float:
        """Loop time of the end of the last pause."""
        return self._pacer.resume_at

    def may_wait(self, since: float) -> bool:
        """
        Return True if a throttled request may be repeated, however often it was throttled.

        Args:
            since: loop time at which the request was sent first. If another request has succeeded
                since then, the server does not throttle all of them.

        """
        waited_s = 0.0 if self.waiting is None else now() - self.waiting.since
        return self._succeeded_at < since and waited_s < self._limit.max_wait_s

    async def acquire(self) -> float:
        """Wait until the next request can be sent, in the order of calls; return the loop time."""
        return await self._pacer.acquire()

    def throttled(self, admitted_at: float, wait_s: float | None = None) -> None:
        """
        Slow down after a response with HTTP 429.

        The rate is reduced at most once per round trip. All requests pause for at least *wait_s*,
        or longer if the gate estimates a longer delay.

        Args:
            admitted_at: loop time that `acquire` returned for the request.
            wait_s: delay that the server requested in seconds, limited to 5 minutes, or ``None``.

        """
        self._wait(is_throttled=True, requested_s=wait_s)
        pause_s = max(0.0, min(wait_s or 0.0, PAUSE_MAX_S))
        if admitted_at > self._reduction.at:
            self._throttled.append(True)
            if self._is_slowdown_due():
                pause_s = max(pause_s, self._slow_down(admitted_at))
                self._resumed_at = now() + pause_s
            self._evaluate_trial()
        if pause_s > 0:
            self._pacer.pause(now() + pause_s)

    def succeeded(self, admitted_at: float) -> None:
        """Return towards the configured rate after any response except HTTP 429."""
        self._succeeded_at = now()
        if self.waiting is not None:
            # A request that was in flight when the server requested a pause does not end it.
            is_paused = self.resume_at > now()
            self.waiting = replace(self.waiting, since=now()) if is_paused else None
        self._accepted_at.append(admitted_at)
        if admitted_at > self._reduction.at:
            self._slowdowns_in_a_row = 0
            self._throttled.append(False)
            self._evaluate_trial()
        elif self._reduction.since < admitted_at <= self._reduction.until:
            self._reduction = replace(self._reduction, accepted=self._reduction.accepted + 1)
        # No increase while other clients can be the cause.
        if self._reduction.is_on_trial and self._reduction.is_deep:
            self._resumed_at = max(self._resumed_at, now())
        rate_per_s = self._reduction.rate_after(max(0.0, now() - self._resumed_at))
        rate_per_s = min(rate_per_s, self.rate_per_s * STEP_MAX)
        if rate_per_s >= self.rate_per_s * STEP:
            self._change(rate_per_s)

    def unreachable(self) -> None:
        """Report that a request was not sent, because there was no connection."""
        self._wait(is_throttled=False)

    def _wait(self, *, is_throttled: bool, requested_s: float | None = None) -> None:
        since = now() if self.waiting is None else self.waiting.since
        self.waiting = Waiting(since=since, is_throttled=is_throttled, requested_s=requested_s)

    def _is_slowdown_due(self) -> bool:
        if not self._reduction.is_on_trial:
            return self._is_throttled_above(2 * self._tolerated_share)
        if 2 * sum(self._throttled) > len(self._throttled):
            return True
        return self._is_throttled_above(self._tolerated_share) and not self._reduction.is_deep

    def _is_throttled_above(self, share: float) -> bool:
        return sum(self._throttled) > share * max(len(self._throttled), SHARE_OF)

    def _evaluate_trial(self) -> None:
        """End the trial of the current slowdown when there are enough responses."""
        throttled, responses = sum(self._throttled), len(self._throttled)
        if responses == TRIAL and not throttled:
            self._tolerated_share = 0.0
        if not self._reduction.is_on_trial or (responses < TRIAL and throttled < TRIAL_THROTTLED):
            return
        if self._is_throttled_above(self._tolerated_share):
            self._tolerated_share = min(throttled / responses + SHARE_MARGIN, TOLERATED_MAX)
            self._reduction = replace(self._no_reduction, at=self._reduction.at)
        elif responses == TRIAL:
            self._reduction = replace(self._reduction, is_on_trial=False)

    def _slow_down(self, admitted_at: float) -> float:
        """Reduce the rate; return the pause in seconds until the server accepts requests again."""
        since = admitted_at - max(1.0, SAMPLE / self.rate_per_s)
        accepted_at = [at for at in self._accepted_at if since < at <= admitted_at]
        is_unmeasured = self._slowdowns_in_a_row > 0 or not accepted_at
        is_trial = self._slowdowns_in_a_row < CERTAIN
        is_resumed = is_trial and self._reduction.is_on_trial
        before_per_s = self._reduction.before_per_s if is_resumed else self.rate_per_s
        self._reduction = RateReduction(
            before_per_s=before_per_s,
            tried_per_s=self.rate_per_s,
            min_per_s=self.rate_per_s / 2 if is_unmeasured else before_per_s * MIN_SHARE,
            at=now(),
            since=since,
            until=admitted_at,
            accepted=len(accepted_at),
            is_on_trial=is_trial,
        )
        self._throttled.clear()
        self._change(self._reduction.rate_after(0.0))
        self.slowdowns += 1
        # The throttled request would have been accepted when the oldest one had left the window.
        drain_s = min(accepted_at, default=since) - since
        backoff_s = 2.0 ** min(max(self._slowdowns_in_a_row - 1, 0), 10) if is_unmeasured else 0.0
        self._slowdowns_in_a_row += 1
        return min(max(drain_s, backoff_s), BACKOFF_MAX_S)

    def _change(self, rate_per_s: float) -> None:
        rate_per_s = min(max(rate_per_s, self._limit.floor_per_s), self._limit.rate_per_s)
        if rate_per_s != self.rate_per_s:
            self._pacer.change(rate_per_s)
            self._on_change(rate_per_s)
