"""The sliding window of the gateway's rate limit."""

from hypothesis import given
from hypothesis import strategies as st

from batchcreate.simulator.gateway import SlidingWindow


class FakeClock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@given(
    rate=st.integers(1, 5),
    gaps=st.lists(st.integers(0, 1000).map(lambda milliseconds: milliseconds / 1024)),
)
def test_no_second_admits_more_than_the_rate(rate: int, gaps: list[float]) -> None:
    """No half-open second contains more admitted calls than the rate, for any arrival times."""
    clock = FakeClock()
    window = SlidingWindow(rate, clock)
    admitted = []

    for gap in gaps:
        clock.now_s += gap
        if window.admit():
            admitted.append(clock.now_s)

    assert all(sum(start <= other < start + 1 for other in admitted) <= rate for start in admitted)


def test_refused_calls_are_not_counted() -> None:
    """Many refused calls do not keep the window closed."""
    clock = FakeClock()
    window = SlidingWindow(2, clock)

    first = [window.admit() for _ in range(10)]
    clock.now_s = 1.0
    second = [window.admit() for _ in range(3)]

    assert first == [True, True] + [False] * 8
    assert second == [True, True, False]


def test_a_fraction_stretches_the_window() -> None:
    """Half a call per second is one call in two seconds."""
    clock = FakeClock()
    window = SlidingWindow(0.5, clock)

    admitted = []
    for now_s in (0.0, 1.9, 2.0):
        clock.now_s = now_s
        admitted.append(window.admit())

    assert admitted == [True, False, True]
    assert (window.limit, window.window_s) == (1, 2)
