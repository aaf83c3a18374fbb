"""The feed returns every task once, after its intent is on disk."""

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
from tests.fakes import InlineWriter, open_for_sending
from tests.journals import NOW_MS
from tests.virtual_time import run_virtually

COMMIT_S = 0.01
BREAK_READING = "DROP TABLE temp.work"
BREAK_WRITING = """
CREATE TEMP TRIGGER full BEFORE INSERT ON main.intents
BEGIN SELECT RAISE(FAIL, 'disk is full'); END
"""


def journal_of(folder: Path, count: int) -> Journal:
    return open_for_sending(folder / "results", [f"n{number}" for number in range(count)])


def intended(journal: Journal) -> list[str]:
    """Return the names of the tasks that have an intent in the journal."""
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
    """Take all tasks and return their names."""
    names = []
    while await feed.claim():
        names.append((await feed.take()).pending.key.task_name)
    return names


async def claimed(feed: Feed) -> Work:
    assert await feed.claim()
    return await feed.take()


async def within(seconds: float, waiting: Coroutine[Any, Any, bool]) -> bool | None:
    """Return the result of *waiting*, or None if it takes longer than *seconds*."""
    try:
        async with asyncio.timeout(seconds):
            return await waiting
    except TimeoutError:
        return None


@pytest.mark.parametrize("rate_per_s", [50.0, 1000.0, 1e6], ids=["slow", "fast", "unbounded"])
@pytest.mark.parametrize("count", [1, 40, READ_ROWS * 2 + 1])
def test_every_task_is_returned_once(tmp_path: Path, count: int, rate_per_s: float) -> None:
    """Each task has an intent on disk; without intents committed ahead, tasks are in order."""
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
    """A worker that waits for an intent does not delay the others."""
    journal = journal_of(tmp_path, 30)

    async def main() -> list[str]:
        async with (
            feeding(journal, planned=30, rate_per_s=500) as (feed, _),
            asyncio.TaskGroup() as g,
        ):
            workers = [g.create_task(names_of(feed)) for _ in range(4)]
        return [name for worker in workers for name in worker.result()]

    assert sorted(run_virtually(main())) == sorted(f"n{number}" for number in range(30))


@pytest.mark.parametrize(
    ("rate_per_s", "ahead"), [(99.0, 0), (1000.0, 10), (1e6, AHEAD_MAX)], ids=str
)
def test_intents_are_committed_ahead_at_a_high_rate(
    tmp_path: Path, rate_per_s: float, ahead: int
) -> None:
    """The first commit contains the intents of the tasks that will be sent soon after."""
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


def test_close_withdraws_intents_that_are_being_committed(tmp_path: Path) -> None:
    """The feed can be closed during a commit."""
    journal = journal_of(tmp_path, 100)

    async def main() -> list[str]:
        async with feeding(journal, planned=100, rate_per_s=1000) as (feed, _):
            taken = [(await claimed(feed)).pending.key.task_name for _ in range(6)]
            await feed.close()
        return taken

    assert run_virtually(main()) == [f"n{number}" for number in range(6)]
    assert sorted(intended(journal)) == [f"n{number}" for number in range(6)]


@pytest.mark.parametrize("is_retry", [False, True], ids=["first attempt", "retry"])
def test_cancelled_worker_leaves_no_intent(tmp_path: Path, *, is_retry: bool) -> None:
    """The intent is withdrawn even if the worker was waiting for its commit."""
    journal = journal_of(tmp_path, 3)

    async def main() -> None:
        async with feeding(journal, planned=3) as (feed, _):
            work = await claimed(feed)
            async with asyncio.TaskGroup() as group:
                worker = group.create_task(feed.take_again(work) if is_retry else claimed(feed))
                await asyncio.sleep(COMMIT_S / 2)
                worker.cancel()
            await feed.close()

    run_virtually(main())
    assert intended(journal) == ["n0"]


def test_task_can_be_sent_again(tmp_path: Path) -> None:
    """It has a separate intent for each request."""
    journal = journal_of(tmp_path, 1)

    async def main() -> tuple[Work, Work]:
        async with feeding(journal, planned=1) as (feed, _):
            first = await claimed(feed)
            return first, await feed.take_again(first)

    first, second = run_virtually(main())
    assert (first.pending, first.intent + 1) == (second.pending, second.intent)
    assert intended(journal) == ["n0", "n0"]


def test_intent_can_be_withdrawn(tmp_path: Path) -> None:
    """The journal does not contain a withdrawn intent."""
    journal = journal_of(tmp_path, 2)

    async def main() -> None:
        async with feeding(journal, planned=2) as (feed, _):
            feed.withdraw(await claimed(feed))
            await claimed(feed)

    run_virtually(main())
    assert intended(journal) == ["n1"]


def test_held_feed_blocks_the_workers(tmp_path: Path) -> None:
    """Tasks are available again when the feed is no longer held."""
    journal = journal_of(tmp_path, 1)

    async def main() -> list[bool | None]:
        async with feeding(journal, planned=1) as (feed, _):
            feed.hold(is_held=True)
            found = [await within(9, feed.claim())]
            feed.hold(is_held=False)
            return [*found, await within(0, feed.claim()), await within(0, feed.claim())]

    assert run_virtually(main()) == [None, True, False]


def test_held_feed_without_tasks_does_not_block(tmp_path: Path) -> None:
    """A worker ends if no task is left."""
    journal = journal_of(tmp_path, 1)

    async def main() -> bool:
        async with feeding(journal, planned=0) as (feed, _):
            feed.hold(is_held=True)
            return await feed.claim()

    assert run_virtually(main()) is False


def test_workers_wait_for_tasks_that_may_return(tmp_path: Path) -> None:
    """A returned task is available again; workers end when the last one is final."""
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


def test_missing_tasks_raise_an_error(tmp_path: Path) -> None:
    """A worker does not wait for a task that the journal does not contain."""
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
def test_broken_journal_raises_an_error_in_every_worker(
    tmp_path: Path, statement: str, message: str, taken: int, rate_per_s: float
) -> None:
    """Each error contains the message of the journal, and the feed can still be closed."""
    journal = journal_of(tmp_path, 700)
    messages: list[str] = []

    async def take_all(take: Callable[[], Coroutine[Any, Any, Work]]) -> None:
        try:
            while True:
                await take()
        except JournalError as error:
            messages.append(str(error))

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

    assert len(messages) == 3
    assert all(message in text for text in messages)


def test_feed_is_closed_after_a_failed_commit(tmp_path: Path) -> None:
    """Intents that cannot be withdrawn stay in the journal, and their tasks are unknown."""
    journal = journal_of(tmp_path, 100)

    async def main() -> None:
        async with feeding(journal, planned=100, rate_per_s=1000) as (feed, _):
            for _ in range(6):
                await claimed(feed)
            journal._connection.execute(BREAK_WRITING)
            await feed.close()

    with pytest.raises(JournalError, match="disk is full"):
        run_virtually(main())


def test_lost_outcome_ends_the_feed(tmp_path: Path) -> None:
    """A task is not returned even if its intent is on disk already."""
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


def test_feed_is_closed_during_an_endless_commit(tmp_path: Path) -> None:
    """The intents stay in the journal, and the next run reconciles their tasks."""
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
