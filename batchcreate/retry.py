"""When a request that had no effect, or cannot have a second one, is sent again."""

from dataclasses import dataclass
from random import Random

from batchcreate.errors import SettingsError


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """
    When a request that provably had no effect is sent again within a run.

    Attributes:
        attempts_max: requests for one row, 1-20; the first one counts.
        base_s: upper bound of the first wait; it doubles with every attempt.
        cap_s: upper bound of every wait.

    """

    attempts_max: int = 5
    base_s: float = 0.5
    cap_s: float = 20.0

    def __post_init__(self) -> None:
        if not 1 <= self.attempts_max <= 20:  # noqa: PLR2004 # the range stands in the message
            msg = f"attempts_max is {self.attempts_max}; give a number from 1 to 20"
            raise SettingsError(msg)

    def wait_s(self, attempt: int, random: Random) -> float:
        """Return a full-jitter wait after attempt number *attempt*, counted from 1."""
        return random.uniform(0.0, min(self.cap_s, self.base_s * 2 ** (attempt - 1)))
