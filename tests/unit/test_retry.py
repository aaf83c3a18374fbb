"""Waits between attempts grow, are random and are limited."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchcreate.errors import SettingsError
from batchcreate.retry import RetryPolicy


class TopRandom(Random):
    """Always draws the largest value."""

    def uniform(self, a: float, b: float) -> float:
        return max(a, b)


def test_the_bound_doubles_up_to_the_cap() -> None:
    """The first wait is at most half a second, the last one twenty seconds."""
    policy = RetryPolicy()

    waits = [policy.wait_s(attempt, TopRandom()) for attempt in range(1, 9)]

    assert waits == [0.5, 1, 2, 4, 8, 16, 20, 20]


@given(attempt=st.integers(1, 20), seed=st.integers())
def test_waits_stay_within_bounds(attempt: int, seed: int) -> None:
    """With full jitter, a wait is between zero and the bound."""
    wait_s = RetryPolicy(base_s=2, cap_s=30).wait_s(attempt, Random(seed))  # noqa: S311 # jitter

    assert 0 <= wait_s <= min(30, 2**attempt)


@pytest.mark.parametrize("attempts", [0, 21])
def test_attempts_are_limited(attempts: int) -> None:
    """The message contains the range."""
    message = f"attempts_max is {attempts}; give a number from 1 to 20"

    with pytest.raises(SettingsError, match=message):
        RetryPolicy(attempts_max=attempts)


@pytest.mark.parametrize("attempts", [1, 20])
def test_limits_are_inclusive(attempts: int) -> None:
    """One attempt and twenty attempts are valid."""
    assert RetryPolicy(attempts_max=attempts).attempts_max == attempts
