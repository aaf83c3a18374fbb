"""
Retry policy of requests that had no effect, or that may be sent again.

A short module: it is a value that several packages share.
"""

from dataclasses import dataclass
from random import Random

from batchcreate.errors import SettingsError


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """
    Number of attempts, and waits between them.

    Attributes:
        attempts_max: maximum number of requests for one row, 1-20, the first one included.
        base_s: upper bound of the first wait in seconds; it doubles with every attempt.
        cap_s: upper bound of every wait in seconds.

    """

    attempts_max: int = 5
    base_s: float = 0.5
    cap_s: float = 20.0

    def __post_init__(self) -> None:
        if not 1 <= self.attempts_max <= 20:  # noqa: PLR2004 # the message contains the range
            msg = f"attempts_max is {self.attempts_max}; give a number from 1 to 20"
            raise SettingsError(msg)

    def wait_s(self, attempt: int, random: Random) -> float:
        """Return a full-jitter wait after attempt number *attempt*, counted from 1."""
        return random.uniform(0.0, min(self.cap_s, self.base_s * 2 ** (attempt - 1)))
