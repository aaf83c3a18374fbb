"""Rates, progress and displays of a run."""

import asyncio
import io
from dataclasses import dataclass
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchcreate.cli.progress import (
    LARGE_ROWS,
    LineDisplay,
    LiveDisplay,
    QuietDisplay,
    select_display,
)
from batchcreate.cli.progress_model import Part, ProgressModel, RateMeter, pack, progress_line
from batchcreate.pool import RunCounters
from batchcreate.rate_limiter import Gate, Waiting
from batchcreate.settings import Settings
from tests.virtual_time import run_virtually


@dataclass
class FakeGate:
    """The attributes of a gate that are displayed."""

    rate_per_s: float = 10.0
    slowdowns: int = 0
    waiting: Waiting | None = None
    resume_at: float = 0.0
    max_wait_s: float = 600.0


def model_of(counters: RunCounters, gate: FakeGate | None = None) -> ProgressModel:
    return ProgressModel(counters, cast("Gate", gate or FakeGate()), rate_per_s=10.0, at=0.0)


class TestRateMeter:
    @pytest.mark.parametrize(
        ("samples", "per_s"),
        [
            pytest.param([(0, 0)], 0.0, id="one sample"),
            pytest.param([(0, 0), (0, 7)], 0.0, id="two samples at once"),
            pytest.param([(0, 0), (2, 10)], 5.0, id="two samples"),
            pytest.param([(0, 0), (1, 100), (6, 110)], 2.0, id="first second outside"),
            pytest.param([(0, 0), (1, 100), (5.9, 110)], 110 / 5.9, id="first second inside"),
            pytest.param([(0, 5), (60, 5)], 0.0, id="no growth"),
            pytest.param([(0, 0), (60, 60)], 1.0, id="a long pause between samples"),
        ],
    )
    def test_rate_is_measured_over_the_window(
        self, samples: list[tuple[float, int]], per_s: float
    ) -> None:
        """Growth before the last five seconds does not count."""
        meter = RateMeter(5)

        for at, count in samples:
            meter.record(at, count)

        assert meter.per_s == pytest.approx(per_s)

    @given(st.lists(st.tuples(st.floats(0.01, 10), st.integers(0, 50)), min_size=1, max_size=50))
    def test_rate_is_between_the_slowest_and_the_fastest(
        self, steps: list[tuple[float, int]]
    ) -> None:
        """This holds for all sequences of samples."""
        meter, at, count = RateMeter(5), 0.0, 0
        meter.record(at, count)
        for wait_s, growth in steps:
            at, count = at + wait_s, count + growth
            meter.record(at, count)

        rates = [growth / wait_s for wait_s, growth in steps]
        assert min(rates) - 1e-6 <= meter.per_s <= max(rates) + 1e-6


class TestProgressLine:
    def test_contains_counts_rates_and_remaining_time(self) -> None:
        """Counts of zero are omitted, except for created tasks."""
        counters = RunCounters(planned=800)
        model = model_of(counters)
        counters.created, counters.attempts, counters.in_flight = 40, 44, 4
        model.update(4.0)

        assert progress_line(model) == (
            "40/800 done: 40 created, 4 in flight, 11/s now, 10/s allowed, about 1 min 16 s left"
        )

    def test_contains_failed_and_unknown_tasks(self) -> None:
        """Tasks that wait for the task list have their own count."""
        counters = RunCounters(planned=10)
        model = model_of(counters)
        counters.created, counters.failed, counters.unknown, counters.to_reconcile = 1, 2, 3, 1
        model.update(3.0)

        assert progress_line(model) == (
            "6/10 done: 1 created, 2 failed, 3 unknown, 1 to reconcile, 0 in flight, 0/s now, "
            "10/s allowed, about 2 s left"
        )

    @pytest.mark.parametrize(
        ("counters", "remaining"),
        [
            pytest.param(RunCounters(planned=50), "about 5 s left", id="nothing is done yet"),
            pytest.param(RunCounters(planned=50, created=50), "done", id="all is done"),
            pytest.param(
                RunCounters(planned=3, created=1, to_reconcile=2, check_at=13.2),
                "waiting for the task list, next look in 12 s",
                id="task list",
            ),
            pytest.param(
                RunCounters(planned=3, created=1, to_reconcile=2),
                "waiting for the task list, next look in 0 s",
                id="task list that is being read",
            ),
            pytest.param(RunCounters(planned=2, created=1), "about 1 s left", id="at least 1 s"),
        ],
    )
    def test_ends_with_the_remaining_time(self, counters: RunCounters, remaining: str) -> None:
        """It is estimated from the rate of the last half minute."""
        created, counters.created = counters.created, 0
        model = model_of(counters)
        counters.created = created
        model.update(1.0)

        assert model.parts()[-1] == Part(text=remaining)

    @pytest.mark.parametrize(
        ("gate", "waits", "remaining"),
        [
            pytest.param(
                FakeGate(resume_at=311.0, waiting=Waiting(since=10.0, is_throttled=True)),
                ["paused by the server for 5 min"],
                "about 5 min 5 s left",
                id="pause",
            ),
            pytest.param(
                FakeGate(resume_at=12.0, waiting=Waiting(since=1.0, is_throttled=True)),
                ["every request is throttled: stopping in 9 min 50 s without a success"],
                "about 6 s left",
                id="no success",
            ),
            pytest.param(
                FakeGate(max_wait_s=5, waiting=Waiting(since=1.0, is_throttled=False)),
                ["no connection: stopping in 0 s without a success"],
                "about 5 s left",
                id="no connection",
            ),
        ],
    )
    def test_waits_are_shown_with_their_end(
        self, gate: FakeGate, waits: list[str], remaining: str
    ) -> None:
        """The remaining time includes the pause; short waits are not shown."""
        model = model_of(RunCounters(planned=50), gate)

        model.update(11.0)

        assert [part.text for part in model.parts()[4:]] == [*waits, remaining]

    def test_remaining_time_is_unknown_without_progress(self) -> None:
        """An older rate is not used."""
        counters = RunCounters(planned=50)
        model = model_of(counters)
        counters.created = 10
        for at in (1.0, 40.0):
            model.update(at)

        assert model.parts()[-1].text == "remaining time unknown"


class TestRateMessages:
    def test_slowdown_is_reported_once(self) -> None:
        """The message contains the new rate limit."""
        gate = FakeGate()
        model = model_of(RunCounters(), gate)
        gate.slowdowns, gate.rate_per_s = 1, 7.25

        assert [list(model.messages(at)) for at in (1.0, 2.0)] == [
            ["server returned 429: slowing down to 7.25/s"],
            [],
        ]

    def test_slowdowns_within_a_second_are_one_message(self) -> None:
        """The message contains the last rate limit."""
        gate = FakeGate()
        model = model_of(RunCounters(), gate)
        messages = []
        for at in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0):
            gate.slowdowns += 1
            gate.rate_per_s -= 1
            messages.append(list(model.messages(at)))

        assert messages == [
            ["server returned 429: slowing down to 9/s"],
            [],
            [],
            [],
            [],
            ["server returned 429: slowing down to 4/s"],
        ]

    def test_end_of_throttling_is_reported(self) -> None:
        """It is reported when the configured rate is reached again."""
        gate = FakeGate(slowdowns=1, rate_per_s=5)
        model = model_of(RunCounters(), gate)
        messages = [*model.messages(1.0)]
        gate.rate_per_s = 8
        messages += model.messages(3.0)
        gate.rate_per_s = 10
        messages += [*model.messages(5.0), *model.messages(7.0)]

        assert messages == [
            "server returned 429: slowing down to 5/s",
            "no further 429 responses: back to 10/s",
        ]

    def test_slowdown_after_recovery_is_reported_again(self) -> None:
        """The number of slowdowns continues to grow."""
        gate = FakeGate(slowdowns=1, rate_per_s=10)
        model = model_of(RunCounters(), gate)
        messages = [*model.messages(1.0), *model.messages(3.0)]
        gate.slowdowns = 2
        messages += [*model.messages(5.0)]

        assert messages == [
            "server returned 429: slowing down to 10/s",
            "no further 429 responses: back to 10/s",
            "server returned 429: slowing down to 10/s",
        ]


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
def test_parts_are_packed_into_the_width(width: int, lines: list[list[str]]) -> None:
    """A part that is too long has its own line."""
    parts = [Part(text=text) for text in ("aaaa", "bbbb", "cccccccc")]

    assert [[part.text for part in line] for line in pack(parts, width)] == lines


@pytest.mark.parametrize("stream", [None, io.StringIO()], ids=["no stream", "a file"])
def test_display_needs_a_terminal(stream: io.StringIO | None) -> None:
    """Without standard error nothing is printed, and a file contains lines."""
    expected = QuietDisplay if stream is None else LineDisplay

    assert type(select_display(Settings(), stream)) is expected


@pytest.mark.parametrize(
    ("display", "planned", "message"),
    [
        (LineDisplay, LARGE_ROWS, "writing reports\n"),
        (LineDisplay, LARGE_ROWS - 1, ""),
        (QuietDisplay, LARGE_ROWS, ""),
    ],
    ids=["large", "small", "quiet"],
)
async def test_reports_of_a_large_batch_are_announced(
    display: type[QuietDisplay], planned: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Writing them takes seconds without progress."""
    counters = RunCounters(planned=planned)

    async with display(Settings()).watching(counters, cast("Gate", FakeGate())):
        before = capsys.readouterr().err

    assert (before, capsys.readouterr().err) == ("", message)


class TestDuration:
    """Displays in virtual time, with the real event loop of a run."""

    def test_line_display_prints_a_line_every_few_seconds(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """The first line is printed after five seconds; long runs print fewer lines."""
        counters = RunCounters(planned=100)
        gate = FakeGate()

        async def watch() -> None:
            async with LineDisplay(Settings()).watching(counters, cast("Gate", gate)):
                await asyncio.sleep(4.5)
                assert capsys.readouterr().err == ""
                gate.slowdowns, gate.rate_per_s = 1, 5.0
                await asyncio.sleep(8)

        run_virtually(watch())

        first, *lines = capsys.readouterr().err.splitlines()
        assert first == "server returned 429: slowing down to 5/s"
        assert [line.partition(" done")[0] for line in lines] == ["0/100", "0/100"]

    def test_live_display_prints_slowdowns_above_the_bar(self) -> None:
        """Messages of a run are printed while the bar is shown."""
        counters = RunCounters(planned=100)
        gate = FakeGate()
        stream = io.StringIO()

        async def watch() -> None:
            async with LiveDisplay(Settings(), stream).watching(counters, cast("Gate", gate)):
                await asyncio.sleep(2)
                gate.slowdowns, gate.rate_per_s = 1, 5.0
                await asyncio.sleep(2)

        run_virtually(watch())

        assert "server returned 429: slowing down to 5/s\n" in stream.getvalue()
