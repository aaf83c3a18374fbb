"""Where a run stands is said in the same words on a terminal and elsewhere."""

from dataclasses import dataclass
from typing import cast

import pytest

from batchcreate.cli.progress import Part, ProgressModel, line, pack
from batchcreate.pool import RunCounters
from batchcreate.rate_limiter import Gate


@dataclass
class Rate:
    """What is looked at of a gate."""

    rate_per_s: float = 10.0
    slowdowns: int = 0


def watch(counters: RunCounters, rate: Rate | None = None) -> ProgressModel:
    return ProgressModel(counters, cast("Gate", rate or Rate()), rate_per_s=10.0, at=0.0)


def test_facts_stand_on_one_line() -> None:
    """What there is none of is left out, but for what is wanted most."""
    counters = RunCounters(planned=800)
    seen = watch(counters)
    counters.created, counters.attempts, counters.in_flight = 40, 44, 4
    seen.look(4.0)

    assert line(seen) == (
        "40/800 done: 40 created, 4 in flight, 11/s now, 10/s allowed, about 1 min 16 s left"
    )


def test_everything_that_can_be_told_is_told() -> None:
    """Failed, unknown and unsettled rows have their place."""
    counters = RunCounters(planned=10)
    seen = watch(counters)
    counters.created, counters.failed, counters.unknown, counters.to_reconcile = 1, 2, 3, 1
    seen.look(3.0)

    assert line(seen) == (
        "6/10 done: 1 created, 2 failed, 3 unknown, 1 to be looked up, 0 in flight, 0/s now, "
        "10/s allowed, about 2 s left"
    )


@pytest.mark.parametrize(
    ("counters", "seconds", "left"),
    [
        pytest.param(RunCounters(planned=50), 0, "about 5 s left", id="nothing is done yet"),
        pytest.param(RunCounters(planned=50, created=50), 9, "done", id="all is done"),
        pytest.param(
            RunCounters(planned=3, created=1, to_reconcile=2),
            9,
            "waiting for the server's list",
            id="list",
        ),
        pytest.param(
            RunCounters(planned=2, created=1), 1000, "about 1 s left", id="never nothing"
        ),
    ],
)
def test_time_left(counters: RunCounters, seconds: float, left: str) -> None:
    """It is judged by what was done in the last half minute."""
    seen = watch(counters)
    start = watch(RunCounters(planned=counters.planned))
    start.look(seconds)
    done, counters.created = counters.created, 0
    seen = watch(counters)
    counters.created = done
    seen.look(1.0)

    assert seen.parts()[-1] == Part(text=left)


def test_time_left_is_not_known_while_nothing_happens() -> None:
    """A guess from long ago would be none."""
    counters = RunCounters(planned=50)
    seen = watch(counters)
    counters.created = 10
    for at in (1.0, 40.0):
        seen.look(at)

    assert seen.parts()[-1].text == "time left unknown"


class TestNews:
    def test_slow_down_is_told_once(self) -> None:
        """With what is allowed from now on."""
        rate = Rate()
        seen = watch(RunCounters(), rate)
        rate.slowdowns, rate.rate_per_s = 1, 7.25

        assert [list(seen.news(at)) for at in (1.0, 2.0)] == [["429: slowed down to 7.25/s"], []]

    def test_slow_downs_in_a_row_are_told_as_one(self) -> None:
        """At most one line in a second."""
        rate = Rate()
        seen = watch(RunCounters(), rate)
        told = []
        for at in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0):
            rate.slowdowns += 1
            rate.rate_per_s -= 1
            told.append(list(seen.news(at)))

        assert told == [["429: slowed down to 9/s"], [], [], [], [], ["429: slowed down to 4/s"]]

    def test_end_of_it_is_told_too(self) -> None:
        """When the rate that was asked for is allowed again, and not before."""
        rate = Rate(slowdowns=1, rate_per_s=5)
        seen = watch(RunCounters(), rate)
        told = [*seen.news(1.0)]
        rate.rate_per_s = 8
        told += seen.news(3.0)
        rate.rate_per_s = 10
        told += [*seen.news(5.0), *seen.news(7.0)]

        assert told == ["429: slowed down to 5/s", "429 no more: back to 10/s"]

    def test_a_second_slow_down_after_that_is_new(self) -> None:
        """Counting goes on where it was."""
        rate = Rate(slowdowns=1, rate_per_s=10)
        seen = watch(RunCounters(), rate)
        told = [*seen.news(1.0), *seen.news(3.0)]
        rate.slowdowns = 2
        told += [*seen.news(5.0)]

        assert told == [
            "429: slowed down to 10/s", "429 no more: back to 10/s", "429: slowed down to 10/s",
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("width", "lines"),
    [
        (80, [["aaaa", "bbbb", "cccccccc"]]),
        (20, [["aaaa", "bbbb", "cccccccc"]]),
        (19, [["aaaa", "bbbb"], ["cccccccc"]]),
        (10, [["aaaa", "bbbb"], ["cccccccc"]]),
        (3, [["aaaa"], ["bbbb"], ["cccccccc"]]),
    ],
)
def test_facts_are_packed_into_the_width(width: int, lines: list[list[str]]) -> None:
    """As many on a line as fit; one that is too long has a line of its own."""
    parts = [Part(text=text) for text in ("aaaa", "bbbb", "cccccccc")]

    assert [[part.text for part in each] for each in pack(parts, width)] == lines
