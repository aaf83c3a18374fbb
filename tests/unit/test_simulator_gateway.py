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
    """Whatever the arrivals, a half-open second never holds more admitted calls than the rate."""
    clock = FakeClock()
    window = SlidingWindow(rate, clock)
    admitted = []

    for gap in gaps:
        clock.now_s += gap
        if window.is_open():
            admitted.append(clock.now_s)

    assert all(sum(start <= other < start + 1 for other in admitted) <= rate for start in admitted)


def test_refused_calls_do_not_count() -> None:
    """A storm of refused calls does not keep the window shut."""
    clock = FakeClock()
    window = SlidingWindow(2, clock)

    first = [window.is_open() for _ in range(10)]
    clock.now_s = 1.0
    second = [window.is_open() for _ in range(3)]

    assert first == [True, True] + [False] * 8
    assert second == [True, True, False]


def test_a_fraction_stretches_the_window() -> None:
    """Half a call per second is one call in two seconds."""
    clock = FakeClock()
    window = SlidingWindow(0.5, clock)

    answers = []
    for now_s in (0.0, 1.9, 2.0):
        clock.now_s = now_s
        answers.append(window.is_open())

    assert answers == [True, False, True]
    assert (window.limit, window.window_s) == (1, 2)
