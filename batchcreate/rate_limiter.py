"""Even pacing of requests with a rate that adapts to throttling."""

import asyncio
import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from aiolimiter import AsyncLimiter

from batchcreate.errors import SettingsError

CUT_TO: Final = 0.9
"""Of what the server accepted, after a throttle."""

PLATEAU_S: Final = 10.0
"""From a cut back to the rate that was accepted."""

SAMPLE: Final = 10
"""Requests to measure or to wait for where the rate is low."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RateReduction:
    """
    What a throttle taught: how much the server accepted just before it refused.

    Attributes:
        before_per_s: the rate before this cut and those that its trial made necessary.
        tried_per_s: the rate that was refused.
        least_per_s: the server is believed to accept this, however few were counted.
        at: loop time of the answer; requests admitted until then are covered by this cut.
        since: loop time at which the measured window begins.
        until: loop time at which the refused request was admitted; ends the window.
        accepted: requests of the window that the server took, as far as it has answered.
        is_on_trial: the next answers tell whether the cut helped.

    """

    before_per_s: float
    tried_per_s: float
    least_per_s: float
    at: float = -math.inf
    since: float = -1.0
    until: float = 0.0
    accepted: int = 0
    is_on_trial: bool = False

    @property
    def accepted_per_s(self) -> float:
        """The rate that the server is believed to accept."""
        measured = self.accepted / (self.until - self.since)
        return min(self.tried_per_s, max(self.least_per_s, measured))

    @property
    def is_deep(self) -> bool:
        """Whether no limit near the earlier rate can explain a refusal after this cut."""
        return self.rate_after(0.0) <= self.before_per_s / 2

    def rate_after(self, elapsed_s: float) -> float:
        """
        Return the rate to try *elapsed_s* seconds after sending resumed.

        A cubic, as in TCP CUBIC: from the cut quickly back towards the accepted rate, flat
        around it, then ever faster in search of a limit that has risen.
        """
        accepted_per_s = self.accepted_per_s
        plateau_s = max(PLATEAU_S, SAMPLE / accepted_per_s)
        return accepted_per_s * (1 + (1 - CUT_TO) * (elapsed_s / plateau_s - 1) ** 3)


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


RATE_MIN_PER_S: Final = 0.01
RATE_MAX_PER_S: Final = 1_000_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimit:
    """
    How fast requests may leave.

    Attributes:
        rate_per_s: requests per second, 0.01 to 1,000,000; no second sees more than one beyond it.
        headroom: share of the rate that is left unused, 0 up to but not including 1. Time lost
            to late timers is caught up out of it: with 0 a high rate is not reached.
        floor_per_s: throttling slows no further than this, 0.01 to 1,000,000; a lower
            *rate_per_s* wins.

    Raises:
        SettingsError: a value lies outside its range.

    """

    rate_per_s: float = 10.0
    headroom: float = 0.01
    floor_per_s: float = 0.1

    def __post_init__(self) -> None:
        for knob in ("rate_per_s", "floor_per_s"):
            value = getattr(self, knob)
            if not RATE_MIN_PER_S <= value <= RATE_MAX_PER_S:
                span = f"from {RATE_MIN_PER_S} to {RATE_MAX_PER_S:.0f}"
                msg = f"{knob} is {value}; give requests per second {span}"
                raise SettingsError(msg)
        if not 0 <= self.headroom < 1:
            msg = f"headroom is {self.headroom}; give a share from 0 up to, but not including, 1"
            raise SettingsError(msg)


PAUSE_MAX_S: Final = 300.0  # the longest pause that a server may ask for
BACKOFF_MAX_S: Final = 20.0  # the longest pause that the gate chooses by itself
CUT_LEAST: Final = 0.2  # of the rate remains, about: the first moments show less than is accepted
STEP: Final = (
    1.02  # the rate rises by this factor at a time: each rise costs a limiter and a log line
)
STEP_MAX: Final = 1.07  # and by no more for each accepted request: ten of them double it
MEASURED_MAX: Final = 20_000  # answers kept to measure a rate by: beyond it nothing is throttled
TRIAL: Final = 100  # answers that tell whether a cut helped
TRIAL_REFUSED: Final = 3  # refusals that tell that it did not
SHARE_OF: Final = 40  # a share of fewer answers is taken of so many: three of ten mean little
SHARE_MARGIN: Final = 0.05  # by which a share may be off
BORNE_MAX: Final = 0.2  # refusals of more than twice this share are always about the rate
CONVICTED: Final = 5  # and so are those that follow this many cuts with nothing accepted between


class Gate:
    """
    Paces every request and learns from the answers how fast the server lets them go.

    Each answer is handed back with the time that `acquire` returned for its request.

    A limit refuses nothing once the rate is below it, so a cut is on trial: a refusal cuts
    again, down to half the earlier rate. Where some go on below that, they are not about the
    rate (others' load, say). Then the configured rate returns, and the next cut comes when
    more than twice that share of the answers are refusals.

    Attributes:
        slowdowns: how often the rate was cut.

    """

    def __init__(
        self, limit: RateLimit, on_change: Callable[[float], None] = lambda _rate_per_s: None
    ) -> None:
        self.slowdowns = 0
        self._limit = limit
        self._on_change = on_change
        self._pacer = Pacer(limit.rate_per_s, limit.headroom)
        kept = int(min(max(limit.rate_per_s, SAMPLE), MEASURED_MAX)) + 1
        self._accepted_at = deque[float](maxlen=kept)
        rate = limit.rate_per_s
        self._cut = self._no_cut = RateReduction(
            before_per_s=rate, tried_per_s=rate, least_per_s=rate
        )
        self._resumed_at = 0.0
        self._failures = 0
        self._refusals = deque[bool](maxlen=TRIAL)
        self._borne = 0.0

    @property
    def configured_per_s(self) -> float:
        """The configured rate, which the gate never exceeds."""
        return self._limit.rate_per_s

    @property
    def rate_per_s(self) -> float:
        """The rate in force, at most the configured one."""
        return self._pacer.rate_per_s

    async def acquire(self) -> float:
        """Return the loop time once one request may leave; first come, first served."""
        return await self._pacer.acquire()

    def throttled(self, admitted_at: float, wait_s: float | None = None) -> None:
        """
        Slow down: the server answered 429 to the request admitted at *admitted_at*.

        The rate is cut once per round trip at most. All requests pause for at least *wait_s*,
        what the server asked for (5 minutes at most), and longer where the gate knows better.
        """
        pause_s = max(0.0, min(wait_s or 0.0, PAUSE_MAX_S))
        if admitted_at > self._cut.at:
            self._refusals.append(True)
            if self._is_cut_due():
                pause_s = max(pause_s, self._slow_down(admitted_at))
                self._resumed_at = now() + pause_s
            self._judge()
        if pause_s > 0:
            self._pacer.pause(now() + pause_s)

    def succeeded(self, admitted_at: float) -> None:
        """Take any answer but 429 as leave to return towards the configured rate."""
        self._accepted_at.append(admitted_at)
        if admitted_at > self._cut.at:
            self._failures = 0
            self._refusals.append(False)
            self._judge()
        elif self._cut.since < admitted_at <= self._cut.until:
            self._cut = replace(self._cut, accepted=self._cut.accepted + 1)
        if self._cut.is_on_trial and self._cut.is_deep:  # no rise while others may be to blame
            self._resumed_at = max(self._resumed_at, now())
        rate_per_s = self._cut.rate_after(max(0.0, now() - self._resumed_at))
        rate_per_s = min(rate_per_s, self.rate_per_s * STEP_MAX)
        if rate_per_s >= self.rate_per_s * STEP:
            self._change(rate_per_s)

    def _is_cut_due(self) -> bool:
        if not self._cut.is_on_trial:
            return self._is_refused_beyond(2 * self._borne)
        if 2 * sum(self._refusals) > len(self._refusals):
            return True
        return self._is_refused_beyond(self._borne) and not self._cut.is_deep

    def _is_refused_beyond(self, share: float) -> bool:
        return sum(self._refusals) > share * max(len(self._refusals), SHARE_OF)

    def _judge(self) -> None:
        """End the trial of the cut in force once enough answers are in."""
        refused, answered = sum(self._refusals), len(self._refusals)
        if answered == TRIAL and not refused:
            self._borne = 0.0
        if not self._cut.is_on_trial or (answered < TRIAL and refused < TRIAL_REFUSED):
            return
        if self._is_refused_beyond(self._borne):
            self._borne = min(refused / answered + SHARE_MARGIN, BORNE_MAX)
            self._cut = replace(self._no_cut, at=self._cut.at)
        elif answered == TRIAL:
            self._cut = replace(self._cut, is_on_trial=False)

    def _slow_down(self, admitted_at: float) -> float:
        """Cut the rate and return the seconds to pause until the server has room again."""
        since = admitted_at - max(1.0, SAMPLE / self.rate_per_s)
        accepted_at = [at for at in self._accepted_at if since < at <= admitted_at]
        is_blind = self._failures > 0 or not accepted_at
        is_trial = self._failures < CONVICTED
        is_resumed = is_trial and self._cut.is_on_trial
        before_per_s = self._cut.before_per_s if is_resumed else self.rate_per_s
        self._cut = RateReduction(
            before_per_s=before_per_s,
            tried_per_s=self.rate_per_s,
            least_per_s=self.rate_per_s / 2 if is_blind else before_per_s * CUT_LEAST,
            at=now(),
            since=since,
            until=admitted_at,
            accepted=len(accepted_at),
            is_on_trial=is_trial,
        )
        self._refusals.clear()
        self._change(self._cut.rate_after(0.0))
        self.slowdowns += 1
        # The refused request would have fitted once the oldest accepted one was a window old.
        drain_s = min(accepted_at, default=since) - since
        backoff_s = 2.0 ** min(max(self._failures - 1, 0), 10) if is_blind else 0.0
        self._failures += 1
        return min(max(drain_s, backoff_s), BACKOFF_MAX_S)

    def _change(self, rate_per_s: float) -> None:
        rate_per_s = min(max(rate_per_s, self._limit.floor_per_s), self._limit.rate_per_s)
        if rate_per_s != self.rate_per_s:
            self._pacer.change(rate_per_s)
            self._on_change(rate_per_s)
