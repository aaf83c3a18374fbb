"""What one refusal taught about the rate that the server accepts."""

import math
from dataclasses import dataclass
from typing import Final

CUT_TO: Final = 0.9
"""Of what the server accepted, after a throttle."""

PLATEAU_S: Final = 10.0
"""From a cut back to the rate that was accepted."""

SAMPLE: Final = 10
"""Requests to measure or to wait for where the rate is low."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
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
