"""Run history, timelines and latencies are computed from the attempts."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import count, pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batchcreate.journal import AttemptOutcome, Journal, statistics
from batchcreate.journal.deletions import UNDO_RUN_ID
from batchcreate.journal.writer import add_intents, add_outcomes, add_rates
from batchcreate.models import (
    Bar,
    Created,
    Failed,
    Outcome,
    RowShare,
    RunId,
    RunRecord,
    Span,
    Status,
    TaskId,
    Timeline,
)
from tests.journals import (
    ENDPOINT,
    LOST,
    NOW_MS,
    REFUSED,
    add,
    attempt,
    created,
    explain,
    read,
    target,
)

THROTTLED = Failed(http_status=429, error_code="APIGW.0308", error_msg="slow down")
UNSENT = Failed(http_status=None, error_code="CONNECT", error_msg="refused")


@dataclass(frozen=True, slots=True)
class Sent:
    """A request that was sent *after_ms* milliseconds after *NOW_MS*."""

    after_ms: int
    outcome: Outcome | None
    duration_ms: int = 7


def send(journal: Journal, requests: Iterable[Sent]) -> int:
    """Send *requests* for the first task in one run; return its number."""
    run = journal.start_run(RunId("run"), at="2025-01-02T03:04:05Z")
    first = journal._connection.execute("SELECT coalesce(max(id), 0) + 1 FROM intents").fetchone()
    for intent, sent in zip(count(first[0]), requests, strict=False):
        at_ms = NOW_MS + sent.after_ms
        add_intents(journal._connection, [(intent, 1)], run=run, at_ms=at_ms)
        if sent.outcome is not None:
            sent_outcome = AttemptOutcome(
                intent=intent, outcome=sent.outcome, duration_ms=sent.duration_ms
            )
            add_outcomes(journal._connection, [sent_outcome], at_ms=at_ms + sent.duration_ms)
    return run


@pytest.fixture
def journal(tmp_path: Path) -> Iterable[Journal]:
    with Journal.open(tmp_path) as journal:
        read(journal, {"a.csv": ["one", "two", "three", "four"]})
        yield journal


class TestRuns:
    def test_batch_without_runs_has_no_statistics(self, journal: Journal) -> None:
        """There are no runs, no timeline and no latencies."""
        assert journal.statistics.runs() == []
        assert journal.statistics.last_run_with_attempts() is None
        assert journal.statistics.timeline(1) is None
        assert journal.statistics.latencies(1) is None

    async def test_each_run_has_its_counts(self, journal: Journal) -> None:
        """Requests are counted in the run that sent them, by outcome."""
        await attempt(journal, {"one": created("1"), "two": REFUSED, "three": LOST, "four": None})
        await attempt(journal, {"two": THROTTLED, "four": UNSENT})
        last = journal.start_run(RunId("last"), at="2025-01-03T03:04:05Z")
        journal.finish_run(last, at="2025-01-03T03:04:06Z", facts={"rate": 5})

        counted = [
            (run.number, run.attempts, run.created, run.throttled, run.failed, run.unknown)
            for run in journal.statistics.runs()
        ]
        assert counted == [(3, 0, 0, 0, 0, 0), (2, 2, 0, 1, 1, 0), (1, 4, 1, 0, 1, 2)]
        assert journal.statistics.runs()[0] == RunRecord(
            number=3,
            run_id=RunId("last"),
            started_at="2025-01-03T03:04:05Z",
            finished_at="2025-01-03T03:04:06Z",
            facts={"rate": 5},
            attempts=0,
            created=0,
            throttled=0,
            failed=0,
            unknown=0,
        )
        assert journal.statistics.last_run_with_attempts() == 2

    async def test_reconciled_task_counts_for_the_run_that_sent_it(self, journal: Journal) -> None:
        """A task that a later run finds is a created task of the earlier run."""
        await attempt(journal, {"one": LOST})
        intent = journal._connection.execute("SELECT max(id) FROM intents").fetchone()[0]
        found = Created(task_id=TaskId("1"), how="reconciled")
        later = AttemptOutcome(intent=intent, outcome=found, duration_ms=0)
        add_outcomes(journal._connection, [later], at_ms=NOW_MS + 86_400_000)

        (run,) = journal.statistics.runs()

        assert (run.created, run.unknown) == (1, 0)

    def test_undo_is_not_in_the_history(self, journal: Journal) -> None:
        """A run that deletes tasks creates none."""
        journal.start_run(UNDO_RUN_ID, at="")

        assert journal.statistics.runs() == []

    def test_only_the_last_runs_are_returned(self, journal: Journal) -> None:
        """The history of a batch with many runs is limited."""
        for _ in range(statistics.RUNS_MAX + 3):
            journal.start_run(RunId("run"), at="")

        assert [run.number for run in journal.statistics.runs()] == list(
            range(statistics.RUNS_MAX + 3, 3, -1)
        )


class TestTimeline:
    def test_outcomes_are_counted_in_their_spans(self, journal: Journal) -> None:
        """Created, throttled and other outcomes are counted separately; spans can be empty."""
        run = send(
            journal,
            [
                *(Sent(at, created(str(at))) for at in range(0, 993, 25)),
                Sent(1000, THROTTLED),
                Sent(1100, REFUSED),
                Sent(1200, LOST),
                Sent(1300, None),
                Sent(3995, created("last"), duration_ms=5),
            ],
        )

        found = journal.statistics.timeline(run)

        assert found == Timeline(
            start_ms=NOW_MS,
            elapsed_ms=4000,
            width_ms=1000,
            spans=[
                Span(created=40),
                Span(throttled=1, others=2),
                Span(),
                Span(),
                Span(created=1),
            ],
        )

    def test_reconciled_outcomes_are_not_in_the_timeline(self, journal: Journal) -> None:
        """An outcome from a later run does not extend the earlier run."""
        run = send(journal, [Sent(0, LOST), Sent(10, LOST)])
        found = Created(task_id=TaskId("1"), how="reconciled")
        add_outcomes(
            journal._connection,
            [AttemptOutcome(intent=1, outcome=found, duration_ms=0)],
            at_ms=NOW_MS + 86_400_000,
        )

        line = journal.statistics.timeline(run)

        assert line is not None
        assert (line.elapsed_ms, sum(span.others for span in line.spans)) == (17, 2)

    def test_clock_that_is_set_back_is_tolerated(self, journal: Journal) -> None:
        """Responses before the first request are in the first span."""
        run = send(journal, [Sent(0, REFUSED, duration_ms=-5000)])

        assert journal.statistics.timeline(run) == Timeline(
            start_ms=NOW_MS, elapsed_ms=0, width_ms=200, spans=[Span(others=1)]
        )

    def test_span_has_the_lowest_rate(self, journal: Journal) -> None:
        """A short reduction is visible; a rate applies until the next change."""
        run = send(journal, [Sent(at, REFUSED, duration_ms=0) for at in range(0, 1001, 10)])
        for at_ms, rates in ((-5, [50.0]), (250, [20.0, 30.0]), (590, [40.0]), (999, [10.0])):
            add_rates(journal._connection, rates, run=run, at_ms=NOW_MS + at_ms)
        another = journal.start_run(RunId("another"), at="")
        add_rates(journal._connection, [0.1], run=another, at_ms=NOW_MS)

        line = journal.statistics.timeline(run)

        assert line is not None
        assert [span.rate_per_s for span in line.spans] == [50, 20, 30, 40, 10, 10]

    async def test_rates_are_recorded(self, journal: Journal) -> None:
        """The writer stores each change of the rate."""
        run = journal.start_run(RunId("run"), at="")
        async with journal.writer(run=run, now_ms=lambda: NOW_MS) as writer:
            writer.record_rate(50.0)
            writer.record_rate(12.5)

        assert journal._connection.execute("SELECT * FROM rates").fetchall() == [
            (run, NOW_MS, 50.0),
            (run, NOW_MS, 12.5),
        ]

    @settings(max_examples=60)
    @given(
        times_ms=st.lists(st.integers(0, 10**8), min_size=1, max_size=40),
        rates=st.lists(st.tuples(st.integers(-10, 10**8), st.floats(0.1, 1e6)), max_size=9),
    )
    def test_every_outcome_is_in_one_span(
        self, times_ms: list[int], rates: list[tuple[int, float]]
    ) -> None:
        """The spans have no gaps, and their number is limited."""
        with Journal.scratch() as journal:
            read_one(journal)
            run = send(journal, [Sent(at, REFUSED, 0) for at in sorted(times_ms)])
            for at_ms, per_s in sorted(rates):
                add_rates(journal._connection, [per_s], run=run, at_ms=NOW_MS + at_ms)
            line = journal.statistics.timeline(run)

        assert line is not None
        assert sum(span.others for span in line.spans) == len(times_ms)
        assert len(line.spans) <= statistics.SPANS_MAX + 1
        assert len(line.spans) * line.width_ms > line.elapsed_ms
        assert (line.spans[-1].rate_per_s is None) == (not rates)


def read_one(journal: Journal) -> None:
    with journal.enrol(endpoint=ENDPOINT) as enrolment:
        add(enrolment, "a.csv", ["one"])
        enrolment.finish(explain)


class TestLatencies:
    def test_percentiles_are_measured_times(self, journal: Journal) -> None:
        """Percentiles are measured times, and responses above the last bar are counted."""
        run = send(journal, [Sent(0, REFUSED, duration_ms=ms) for ms in range(1, 101)])

        found = journal.statistics.latencies(run)

        assert found is not None
        assert (found.answers, found.min_ms, found.max_ms) == (100, 1, 100)
        assert (found.median_ms, found.p95_ms, found.p99_ms) == (50, 95, 99)
        assert found.bars[:2] == [
            Bar(low_ms=0, high_ms=5, answers=4),
            Bar(low_ms=5, high_ms=10, answers=5),
        ]
        assert (len(found.bars), found.beyond) == (20, 1)

    def test_latencies_of_all_runs_are_combined(self, journal: Journal) -> None:
        """Without the number of a run, the responses of all runs count."""
        send(journal, [Sent(0, REFUSED, duration_ms=3)])
        send(journal, [Sent(0, REFUSED, duration_ms=5)])

        found = journal.statistics.latencies()

        assert found is not None
        assert (found.answers, found.min_ms, found.max_ms) == (2, 3, 5)

    def test_requests_without_a_response_have_no_latency(self, journal: Journal) -> None:
        """A timeout is not a response time."""
        run = send(journal, [Sent(0, UNSENT, 30_000), Sent(0, None), Sent(0, REFUSED, 3)])

        found = journal.statistics.latencies(run)

        assert found is not None
        assert (found.answers, found.max_ms, found.bars) == (
            1,
            3,
            [Bar(low_ms=3, high_ms=4, answers=1)],
        )

    @settings(max_examples=60)
    @given(durations_ms=st.lists(st.integers(0, 10**6), min_size=1, max_size=60))
    def test_every_response_is_in_a_bar_or_beyond(self, durations_ms: Sequence[int]) -> None:
        """The bars have no gaps, and at most one percent of the responses is beyond them."""
        with Journal.scratch() as journal:
            read_one(journal)
            run = send(journal, [Sent(0, REFUSED, ms) for ms in durations_ms])
            found = journal.statistics.latencies(run)

        assert found is not None
        drawn = Counter[Bar]()
        for bar in found.bars:
            drawn[bar] += sum(bar.low_ms <= ms < bar.high_ms for ms in durations_ms)
        assert all(bar.answers == drawn[bar] for bar in found.bars)
        assert all(left.high_ms == right.low_ms for left, right in pairwise(found.bars))
        assert len(found.bars) <= statistics.BARS_MAX + 2
        assert found.beyond == len(durations_ms) - drawn.total() <= len(durations_ms) / 100


class TestShares:
    async def test_files_have_counts_per_status(self, tmp_path: Path) -> None:
        """Each status has a count, zero included; the file with the most rows is first."""
        with Journal.open(tmp_path) as journal:
            read(journal, {"small.csv": ["one"], "large.csv": ["two", "!three", "four@i2"]})
            await attempt(journal, {"one": created("1"), "two": REFUSED})

            by_file = journal.statistics.shares("file")
            by_instance = journal.statistics.shares("instance_id")

        none = dict.fromkeys(Status, 0)
        assert by_file == [
            RowShare(
                name="large.csv",
                counts=none | {Status.REJECTED: 1, Status.FAILED: 1, Status.NOT_ATTEMPTED: 1},
            ),
            RowShare(name="small.csv", counts=none | {Status.CREATED: 1}),
        ]
        assert [(share.name, share.rows) for share in by_instance] == [("i1", 3), ("i2", 1)]

    def test_small_instances_are_combined(self, tmp_path: Path) -> None:
        """All instances except the largest ones are one share."""
        names = [f"n{number}@i{number}" for number in range(statistics.SHARES_MAX + 5)]
        with Journal.open(tmp_path) as journal:
            read(journal, {"a.csv": [*names, "more@i3"]})
            found = journal.statistics.shares("instance_id")

        assert found[0].name == "i3"
        assert [share.rows for share in found] == [2, *[1] * (statistics.SHARES_MAX - 1), 5]
        assert found[-1].name is None


class TestTargets:
    def test_instances_of_tasks_are_returned(self, tmp_path: Path) -> None:
        """The first ones are returned and all are counted, without instances without tasks."""
        names = [f"n{number}@i{number}" for number in range(statistics.SHARES_MAX + 5)]
        with Journal.open(tmp_path) as journal:
            assert journal.statistics.targets() == ([], 0)
            read(journal, {"a.csv": [*names, "!bad"]})
            named, count = journal.statistics.targets()

        assert named == [target(f"i{number}") for number in range(statistics.SHARES_MAX)]
        assert count == statistics.SHARES_MAX + 5
