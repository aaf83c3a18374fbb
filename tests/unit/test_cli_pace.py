"""How fast a count grows is measured over its last seconds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchcreate.cli.progress import RateMeter


@pytest.mark.parametrize(
    ("seen", "per_s"),
    [
        pytest.param([(0, 0)], 0.0, id="one look"),
        pytest.param([(0, 0), (0, 7)], 0.0, id="two looks at once"),
        pytest.param([(0, 0), (2, 10)], 5.0, id="two looks"),
        pytest.param([(0, 0), (1, 100), (6, 110)], 2.0, id="the first second is over"),
        pytest.param([(0, 0), (1, 100), (5.9, 110)], 110 / 5.9, id="it is not yet"),
        pytest.param([(0, 5), (60, 5)], 0.0, id="nothing happens"),
        pytest.param([(0, 0), (60, 60)], 1.0, id="a long pause between looks"),
    ],
)
def test_rate_is_that_of_the_window(seen: list[tuple[float, int]], per_s: float) -> None:
    """What happened earlier than five seconds ago does not count."""
    pace = RateMeter(5)

    for at, count in seen:
        pace.note(at, count)

    assert pace.per_s == pytest.approx(per_s)


@given(st.lists(st.tuples(st.floats(0.01, 10), st.integers(0, 50)), min_size=1, max_size=50))
def test_rate_lies_between_the_slowest_and_the_fastest(steps: list[tuple[float, int]]) -> None:
    """Whatever the looks were like."""
    pace, at, count = RateMeter(5), 0.0, 0
    pace.note(at, count)
    for wait_s, more in steps:
        at, count = at + wait_s, count + more
        pace.note(at, count)

    rates = [more / wait_s for wait_s, more in steps]
    assert min(rates) - 1e-6 <= pace.per_s <= max(rates) + 1e-6
