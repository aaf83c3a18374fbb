"""The feed hands out every task once, and never without an intent on disk."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from batchcreate.errors import JournalError
from batchcreate.journal import AttemptOutcome, Journal
from batchcreate.models import Failed, RunId
from batchcreate.pool import Feed
from batchcreate.pool.feed import AHEAD_MAX, CLOSE_S, READ_ROWS, Work
from tests.fakes import InlineWriter, reopened
from tests.journals import NOW_MS
from tests.virtual_time import run_virtually

COMMIT_S = 0.01
BREAK_READING = "DROP TABLE temp.work"
BREAK_WRITING = """
CREATE TEMP TRIGGER full BEFORE INSERT ON main.intents
BEGIN SELECT RAISE(FAIL, 'disk is full'); END
"""


def journal_of(folder: Path, count: int) -> Journal:
    return reopened(folder / "results", [f"n{number}" for number in range(count)])


def intended(journal: Journal) -> list[str]:
    """Return the names of the tasks that have an intent on disk."""
    found = journal._connection.execute(
        "SELECT name FROM intents JOIN tasks ON tasks.id = intents.task ORDER BY intents.id"
    )
    return [name for (name,) in found]


@asynccontextmanager
async def feeding(
    journal: Journal, *, planned: int, rate_per_s: float = 50.0
) -> AsyncIterator[tuple[Feed, InlineWriter]]:
    run = journal.start_run(RunId("run"), at="2025-01-02T03:04:05Z")
    writer = InlineWriter(journal._connection, run=run, now_ms=lambda: NOW_MS, delay_s=COMMIT_S)
    async with writer:
        yield Feed(writer, planned=planned, rate_per_s=rate_per_s), writer


async def names_of(feed: Feed) -> list[str]:
    """Take everything."""
    names = []
    while await feed.claim():
        names.append((await feed.take()).pending.key.task_name)
    return names


async def claimed(feed: Feed) -> Work:
    assert await feed.claim()
    return await feed.take()


async def within(seconds: float, waiting: Coroutine[Any, Any, bool]) -> bool | None:
    """Return what *waiting* gives within *seconds*, or ``None``."""
    try:
        async with asyncio.timeout(seconds):
            return await waiting
    except TimeoutError:
        return None


@pytest.mark.parametrize("rate_per_s", [50.0, 1000.0, 1e6], ids=["slow", "fast", "unbounded"])
@pytest.mark.parametrize("count", [1, 40, READ_ROWS * 2 + 1])
def test_every_task_is_handed_out_once(tmp_path: Path, count: int, rate_per_s: float) -> None:
    """With its intent on disk, whether that was committed ahead or not; where none is, in order."""
    journal = journal_of(tmp_path, count)

    async def main() -> list[str]:
        async with feeding(journal, planned=count, rate_per_s=rate_per_s) as (feed, _):
            names = []
            while await feed.claim():
                names.append((await feed.take()).pending.key.task_name)
                assert names[-1] in intended(journal)
            assert not feed.has_more
            await feed.close()
        return names

    names = [f"n{number}" for number in range(count)]
    taken = run_virtually(main())
    assert sorted(taken) == sorted(intended(journal)) == sorted(names)
    assert taken == names or rate_per_s > 50


def test_several_workers_share_the_tasks(tmp_path: Path) -> None:
    """Whoever waits for an intent does not keep the others from theirs."""
    journal = journal_of(tmp_path, 30)

    async def main() -> list[str]:
        async with (
            feeding(journal, planned=30, rate_per_s=500) as (feed, _),
            asyncio.TaskGroup() as g,
        ):
            taken = [g.create_task(names_of(feed)) for _ in range(4)]
        return [name for task in taken for name in task.result()]

    assert sorted(run_virtually(main())) == sorted(f"n{number}" for number in range(30))


@pytest.mark.parametrize(
    ("rate_per_s", "ahead"), [(99.0, 0), (1000.0, 10), (1e6, AHEAD_MAX)], ids=str
)
def test_intents_are_committed_ahead_where_the_rate_is_high(
    tmp_path: Path, rate_per_s: float, ahead: int
) -> None:
    """The first worker commits its own and those of the tasks that leave soon after."""
    journal = journal_of(tmp_path, 200)

    async def main() -> tuple[list[str], list[str]]:
        async with feeding(journal, planned=200, rate_per_s=rate_per_s) as (feed, _):
            await claimed(feed)
            before = intended(journal)
            await feed.close()
        return before, intended(journal)

    before, after = run_virtually(main())
    assert len(before) == 1 + ahead
    assert after == ["n0"]


def test_intents_under_way_are_taken_back_too(tmp_path: Path) -> None:
    """The feed may be closed while a commit is outstanding."""
    journal = journal_of(tmp_path, 100)

    async def main() -> list[str]:
        async with feeding(journal, planned=100, rate_per_s=1000) as (feed, _):
            taken = [(await claimed(feed)).pending.key.task_name for _ in range(6)]
            await feed.close()
        return taken

    assert run_virtually(main()) == [f"n{number}" for number in range(6)]
    assert sorted(intended(journal)) == [f"n{number}" for number in range(6)]


@pytest.mark.parametrize("again", [False, True], ids=["its first", "another"])
def test_a_worker_sent_home_leaves_no_intent(tmp_path: Path, *, again: bool) -> None:
    """Not even where it waited for the commit: nothing was sent."""
    journal = journal_of(tmp_path, 3)

    async def main() -> None:
        async with feeding(journal, planned=3) as (feed, _):
            work = await claimed(feed)
            async with asyncio.TaskGroup() as group:
                worker = group.create_task(feed.take_again(work) if again else claimed(feed))
                await asyncio.sleep(COMMIT_S / 2)
                worker.cancel()
            await feed.close()

    run_virtually(main())
    assert intended(journal) == ["n0"]


def test_a_task_can_be_sent_again(tmp_path: Path) -> None:
    """It has an intent for every request."""
    journal = journal_of(tmp_path, 1)

    async def main() -> tuple[Work, Work]:
        async with feeding(journal, planned=1) as (feed, _):
            first = await claimed(feed)
            return first, await feed.take_again(first)

    first, second = run_virtually(main())
    assert (first.pending, first.intent + 1) == (second.pending, second.intent)
    assert intended(journal) == ["n0", "n0"]


def test_an_intent_can_be_given_back(tmp_path: Path) -> None:
    """As if it had never been."""
    journal = journal_of(tmp_path, 2)

    async def main() -> None:
        async with feeding(journal, planned=2) as (feed, _):
            feed.withdraw(await claimed(feed))
            await claimed(feed)

    run_virtually(main())
    assert intended(journal) == ["n1"]


def test_nobody_is_served_while_the_feed_is_held(tmp_path: Path) -> None:
    """Afterwards it goes on."""
    journal = journal_of(tmp_path, 1)

    async def main() -> list[bool | None]:
        async with feeding(journal, planned=1) as (feed, _):
            feed.hold(is_held=True)
            found = [await within(9, feed.claim())]
            feed.hold(is_held=False)
            return [*found, await within(0, feed.claim()), await within(0, feed.claim())]

    assert run_virtually(main()) == [None, True, False]


def test_a_held_feed_lets_go_of_those_who_have_nothing_to_wait_for(tmp_path: Path) -> None:
    """Without a task left, to hold makes no difference."""
    journal = journal_of(tmp_path, 1)

    async def main() -> bool:
        async with feeding(journal, planned=0) as (feed, _):
            feed.hold(is_held=True)
            return await feed.claim()

    assert run_virtually(main()) is False


def test_workers_wait_for_tasks_that_may_come_back(tmp_path: Path) -> None:
    """One comes back and is handed out again, one does not, and then all is done."""
    journal = journal_of(tmp_path, 2)

    async def main() -> list[object]:
        async with feeding(journal, planned=2) as (feed, _):
            first, _ = await claimed(feed), await claimed(feed)
            feed.expect_return()
            feed.expect_return()
            found: list[object] = [await within(9, feed.claim())]
            feed.return_task(first.pending)
            found += [feed.has_more, await claimed(feed), await within(9, feed.claim())]
            feed.cancel_return()
            return [*found, await within(9, feed.claim())]

    waiting, has_more, again, still_waiting, end = run_virtually(main())
    assert (waiting, has_more, still_waiting, end) == (None, True, None, False)
    assert isinstance(again, Work)
    assert again.pending.key.task_name == "n0"
    assert intended(journal) == ["n0", "n1", "n0"]


def test_a_journal_that_lost_tasks_is_noticed(tmp_path: Path) -> None:
    """Nobody waits for a task that does not come."""
    journal = journal_of(tmp_path, 1)

    async def main() -> None:
        async with feeding(journal, planned=2) as (feed, _):
            await claimed(feed)
            with pytest.raises(JournalError, match="fewer tasks than were counted"):
                await claimed(feed)

    run_virtually(main())


@pytest.mark.parametrize("rate_per_s", [50.0, 1000.0], ids=["now", "ahead"])
@pytest.mark.parametrize(
    ("statement", "message"),
    [(BREAK_WRITING, "disk is full"), (BREAK_READING, "no such table: work")],
    ids=["writing", "reading"],
)
@pytest.mark.parametrize("taken", [0, 3])
def test_a_broken_journal_is_told_as_such(
    tmp_path: Path, statement: str, message: str, taken: int, rate_per_s: float
) -> None:
    """Every worker hears what the journal said, and the feed can still be closed."""
    journal = journal_of(tmp_path, 700)
    heard: list[str] = []

    async def take_all(take: Callable[[], Coroutine[Any, Any, Work]]) -> None:
        try:
            while True:
                await take()
        except JournalError as error:
            heard.append(str(error))

    async def main() -> None:
        async with feeding(journal, planned=700, rate_per_s=rate_per_s) as (feed, _):
            for _ in range(taken):
                await claimed(feed)
            journal._connection.execute(statement)
            async with asyncio.TaskGroup() as group:
                for _ in range(3):
                    group.create_task(take_all(lambda: claimed(feed)))
            await feed.close()

    with pytest.raises(JournalError, match=message):
        run_virtually(main())

    assert len(heard) == 3
    assert all(message in text for text in heard)


def test_a_feed_is_closed_although_its_last_commit_fails(tmp_path: Path) -> None:
    """What cannot be taken back stays unsettled, which is safe."""
    journal = journal_of(tmp_path, 100)

    async def main() -> None:
        async with feeding(journal, planned=100, rate_per_s=1000) as (feed, _):
            for _ in range(6):
                await claimed(feed)
            journal._connection.execute(BREAK_WRITING)
            await feed.close()

    with pytest.raises(JournalError, match="disk is full"):
        run_virtually(main())


def test_no_task_is_handed_out_once_an_outcome_is_lost(tmp_path: Path) -> None:
    """Not even one whose intent is on disk already."""
    journal = journal_of(tmp_path, 20)
    outcome = Failed(http_status=400, error_code="FDI.1", error_msg="no")

    async def main() -> None:
        async with feeding(journal, planned=20, rate_per_s=1000) as (feed, writer):
            work, _ = await claimed(feed), await claimed(feed)
            journal._connection.execute("DROP TABLE outcomes")
            writer.record_outcome(
                AttemptOutcome(intent=work.intent, outcome=outcome, duration_ms=1)
            )
            await asyncio.sleep(COMMIT_S * 2)
            with pytest.raises(JournalError, match="no such table"):
                await claimed(feed)

    with pytest.raises(JournalError, match="no such table"):
        run_virtually(main())


def test_a_feed_is_closed_although_a_commit_never_ends(tmp_path: Path) -> None:
    """Its intents stay in the journal; the next run looks their tasks up."""
    journal = journal_of(tmp_path, 5)

    async def main() -> float:
        loop = asyncio.get_running_loop()
        async with feeding(journal, planned=5) as (feed, writer):
            await claimed(feed)
            writer.delay_s = 3600
            assert await within(COMMIT_S, has_taken(feed)) is None
            began = loop.time()
            await feed.close()
            return loop.time() - began

    assert run_virtually(main()) == pytest.approx(CLOSE_S)


async def has_taken(feed: Feed) -> bool:
    return (await claimed(feed)).intent > 0
