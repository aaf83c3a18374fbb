"""How fast requests may leave, as the user says it."""

from dataclasses import dataclass
from typing import Final

from batchcreate.errors import SettingsError

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
