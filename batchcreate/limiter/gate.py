"""Learns from the answers how fast requests may leave."""

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from batchcreate.limiter.cut import SAMPLE, Cut
from batchcreate.limiter.pacer import Pacer, now
from batchcreate.limiter.rate import RateLimit

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
        self._cut = self._no_cut = Cut(before_per_s=rate, tried_per_s=rate, least_per_s=rate)
        self._resumed_at = 0.0
        self._failures = 0
        self._refusals = deque[bool](maxlen=TRIAL)
        self._borne = 0.0

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
        self._cut = Cut(
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
