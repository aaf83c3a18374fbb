"""No request leaves before its intent is on disk, and a commit that was confirmed stays."""

import asyncio
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Awaitable, Iterator, Sequence
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from batchcreate.errors import JournalError
from batchcreate.journal import AttemptOutcome, Journal, Writer, make_folder
from batchcreate.journal import writer as writer_module
from batchcreate.journal.database import ROWS_MAX
from batchcreate.models import Failed, Outcome, RunId
from tests.disks import fill, small_disk
from tests.journals import (
    LOST,
    NOW_MS,
    REFUSED,
    attempt,
    created,
    number_of,
    opened,
    read,
    shown,
    waiting,
)

ROOT = Path(__file__).parents[2]
WRITER_FILE = str(writer_module.__file__)

# Reports each task whose future has resolved, then waits to be killed.
SENDER = """
import asyncio, sys
from pathlib import Path
from types import FrameType
from typing import Any
from batchcreate.journal import Journal, Writer
from batchcreate.models import RunId
from tests.journals import waiting

async def send(journal, tasks):
    run = journal.start_run(RunId("run"), at="")
    async with journal.writer(run=run, now_ms=lambda: 1) as writer:
        async def one(name, task):
            await writer.intend([task])
            print(name, flush=True)
        async with asyncio.TaskGroup() as group:
            for name, task in tasks.items():
                group.create_task(one(name, task))
        print("all", flush=True)
        await asyncio.Event().wait()

with Journal.open(Path(sys.argv[1])) as journal:
    asyncio.run(send(journal, waiting(journal)))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "results"


def writing(journal: Journal) -> Writer:
    run = journal.start_run(RunId("run"), at="")
    return journal.writer(run=run, now_ms=lambda: NOW_MS)


def settlement(intent: int, outcome: Outcome) -> AttemptOutcome:
    return AttemptOutcome(intent=intent, outcome=outcome, duration_ms=7)


def on_disk(folder: Path, copy: Path) -> list[str]:
    """Return what the next run would find if this process died now."""
    copy.mkdir(exist_ok=True)
    for name in ("journal.db", "journal.db-wal"):
        shutil.copyfile(folder / name, copy / name)
    with Journal.open(copy) as journal:
        return shown(journal)


def fail(_: sqlite3.Connection) -> None:
    raise sqlite3.OperationalError("disk I/O error")


async def test_an_intent_is_on_disk_once_its_future_resolves(folder: Path, tmp_path: Path) -> None:
    """A copy of the files made at that moment knows the attempt."""
    journal = opened(folder, {"a.csv": ["x", "y"]})

    async with writing(journal) as writer:
        await writer.intend([number_of(journal, "x")])
        found = on_disk(folder, tmp_path / "copy")

    assert found == ["a.csv:2 x unknown", "a.csv:3 y not_attempted"]


async def test_an_outcome_is_on_disk_with_the_next_commit(folder: Path, tmp_path: Path) -> None:
    """Whatever is awaited after an outcome was handed over confirms it as well."""
    journal = opened(folder, {"a.csv": ["x", "y"]})
    x, y = number_of(journal, "x"), number_of(journal, "y")

    async with writing(journal) as writer:
        (intent,) = await writer.intend([x])
        writer.record_outcome(settlement(intent, created("1")))
        await writer.intend([y])
        found = on_disk(folder, tmp_path / "copy")

    assert found == ["a.csv:2 x created 1", "a.csv:3 y unknown"]


async def test_a_killed_process_leaves_every_intent_that_it_was_told_of(folder: Path) -> None:
    """After kill -9 each of those tasks is unknown, and none of them is handed out again."""
    opened(folder, {"a.csv": [f"task-{number}" for number in range(50)]}).close()

    with subprocess.Popen(  # noqa: S603, ASYNC220 # a program of this module
        [sys.executable, "-c", SENDER, str(folder)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        told = list(iter(process.stdout.readline, "all\n"))
        process.kill()

    with Journal.open(folder) as journal:
        assert len(told) == 50
        assert {row.split()[2] for row in shown(journal)} == {"unknown"}
        assert waiting(journal) == {}


async def test_a_process_killed_in_the_middle_leaves_what_it_was_told_of(folder: Path) -> None:
    """However far it came: told means unknown, and only the rest is handed out."""
    names = [f"task-{number}" for number in range(500)]
    opened(folder, {"a.csv": names}).close()

    with subprocess.Popen(  # noqa: S603, ASYNC220 # a program of this module
        [sys.executable, "-c", SENDER, str(folder)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        told = {process.stdout.readline().strip() for _ in range(100)}
        process.kill()

    with Journal.open(folder) as journal:
        unknown = {row.split()[1] for row in shown(journal) if row.endswith("unknown")}
        assert told <= unknown
        assert set(waiting(journal)) == set(names) - unknown


async def test_intents_of_many_workers_share_a_commit(folder: Path) -> None:
    """A hundred intents cost far fewer than a hundred commits."""
    journal = opened(folder, {"a.csv": [f"task-{number}" for number in range(100)]})
    tasks = list(waiting(journal).values())
    commits: list[str] = []

    async with writing(journal) as writer:
        journal._connection.set_trace_callback(
            lambda statement: commits.append(statement) if statement == "COMMIT" else None
        )
        async with asyncio.TaskGroup() as group:
            intents = [group.create_task(worker(writer, task)) for task in tasks]
        await writer.call(lambda connection: connection.set_trace_callback(None))

    assert [intent.result() for intent in intents] == list(range(1, 101))
    assert len(commits) < 5


async def test_what_comes_during_a_commit_shares_the_next_one(folder: Path) -> None:
    """A slow disk makes commits larger, not more frequent."""
    journal = opened(folder, {"a.csv": ["x", "y"]})
    x, y = waiting(journal).values()
    is_busy, is_free = threading.Event(), threading.Event()
    moments = iter(range(10))
    run = journal.start_run(RunId("run"), at="")

    def keep_busy(_: sqlite3.Connection) -> None:
        is_busy.set()
        is_free.wait()

    async with journal.writer(run=run, now_ms=lambda: next(moments)) as writer:
        busy = writer.call(keep_busy)
        await asyncio.to_thread(is_busy.wait)
        first = writer.intend([x])
        await asyncio.sleep(0)  # the turn of the event loop that hands it over
        second = writer.intend([y])
        await asyncio.sleep(0)
        is_free.set()
        await busy
        intents = [*await first, *await second]

    found = journal._connection.execute("SELECT id, task, at_ms FROM intents").fetchall()
    assert found == [(intents[0], x, 1), (intents[1], y, 2)]


async def worker(writer: Writer, task: int) -> int:
    (intent,) = await writer.intend([task])
    writer.record_outcome(settlement(intent, REFUSED))
    return intent


async def test_more_rows_than_one_statement_takes_are_written(folder: Path) -> None:
    """A batch larger than a statement is split, and its order is kept."""
    count = 2 * ROWS_MAX + 1
    journal = opened(folder, {"a.csv": [f"task-{number}" for number in range(count)]})
    tasks = list(waiting(journal).values())

    async with writing(journal) as writer:
        intents = await writer.intend(tasks)
        for intent in intents:
            writer.record_outcome(settlement(intent, created(f"id-{intent}")))
    journal.apply_log()

    assert [row.rsplit(maxsplit=1)[1] for row in shown(journal)] == [
        f"id-{number}" for number in range(1, count + 1)
    ]


async def test_no_tasks_are_no_intents(folder: Path) -> None:
    """An empty request is answered and writes nothing."""
    journal = opened(folder, {"a.csv": ["x"]})

    async with writing(journal) as writer:
        found = await writer.intend([])

    assert list(found) == []
    assert journal._connection.execute("SELECT count(*) FROM intents").fetchone() == (0,)


async def test_a_withdrawn_intent_leaves_no_trace(folder: Path) -> None:
    """A task whose request never left is as it was before, and may be sent."""
    journal = opened(folder, {"a.csv": ["x", "y", "z"]})
    await attempt(journal, {"z": REFUSED})
    tasks = list(waiting(journal).values())

    async with writing(journal) as writer:
        writer.withdraw(await writer.intend(tasks))
    journal.apply_log()

    assert shown(journal) == [
        "a.csv:2 x not_attempted",
        "a.csv:3 y not_attempted",
        "a.csv:4 z failed",
    ]
    assert [row.attempts for row in journal.results()] == [0, 0, 1]
    assert list(waiting(journal)) == ["x", "y", "z"]


async def test_intents_after_withdrawn_ones_are_folded(folder: Path) -> None:
    """Numbers that become free again are not taken for folded ones."""
    journal = opened(folder, {"a.csv": ["x"]})
    async with writing(journal) as writer:
        writer.withdraw(await writer.intend([number_of(journal, "x")]))
    journal.apply_log()

    await attempt(journal, {"x": created("1")})

    assert shown(journal) == ["a.csv:2 x created 1"]


async def test_a_call_sees_what_was_handed_over_before(folder: Path) -> None:
    """Work is read through the writer, which is the only one to use the connection."""
    journal = opened(folder, {"a.csv": ["x"]})

    async with writing(journal) as writer:
        (intent,) = await writer.intend([number_of(journal, "x")])
        writer.record_outcome(settlement(intent, REFUSED))
        found = await writer.call(
            lambda connection: connection.execute("SELECT status FROM outcomes").fetchall()
        )

    assert found == [("failed",)]


async def test_futures_that_nobody_waits_for_any_more_harm_nobody(folder: Path) -> None:
    """A worker that was interrupted leaves its intent on disk: the request may have left."""
    journal = opened(folder, {"a.csv": ["x"]})

    async with writing(journal) as writer:
        writer.intend([number_of(journal, "x")]).cancel()
        writer.call(lambda _: None).cancel()
        await writer.call(lambda _: None)
    journal.apply_log()

    assert shown(journal) == ["a.csv:2 x unknown"]


async def test_everything_handed_over_is_written_at_the_end(folder: Path) -> None:
    """Leaving the block waits for the last commit, also after an error in it."""
    journal = opened(folder, {"a.csv": ["x"]})

    async def interrupted() -> None:
        async with writing(journal) as writer:
            (intent,) = await writer.intend([number_of(journal, "x")])
            writer.record_outcome(settlement(intent, created("1")))
            raise KeyError

    with pytest.raises(KeyError):
        await interrupted()
    journal.apply_log()

    assert shown(journal) == ["a.csv:2 x created 1"]


async def test_nothing_is_written_after_the_first_failure(folder: Path) -> None:
    """Intents fail, outcomes are kept for the operator, and leaving the block says why."""
    journal = opened(folder, {"a.csv": ["x", "y"]})
    x, y = number_of(journal, "x"), number_of(journal, "y")
    writer = writing(journal)
    late = settlement(1, created("1"))

    async def broken() -> None:
        async with writer:
            await writer.intend([x])
            with pytest.raises(JournalError, match="disk I/O error"):
                await writer.call(fail)
            writer.record_outcome(late)
            writer.call(lambda _: None).cancel()
            with pytest.raises(JournalError, match="disk I/O error"):
                await writer.intend([y])
            with pytest.raises(JournalError, match="disk I/O error"):
                await writer.call(lambda _: None)

    with pytest.raises(JournalError, match="disk I/O error"):
        await broken()
    journal.apply_log()

    assert writer.unwritten == [late]
    assert shown(journal) == ["a.csv:2 x unknown", "a.csv:3 y not_attempted"]


async def test_an_error_of_the_run_is_not_hidden_by_one_of_the_journal(folder: Path) -> None:
    """The block raises what ended it."""
    journal = opened(folder, {"a.csv": ["x"]})

    async def broken() -> None:
        async with writing(journal) as writer:
            with pytest.raises(JournalError):
                await writer.call(fail)
            raise KeyError

    with pytest.raises(KeyError):
        await broken()


async def test_an_outcome_beside_a_failing_call_is_not_lost(folder: Path) -> None:
    """What was committed before the call failed is not reported as unwritten."""
    journal = opened(folder, {"a.csv": ["x"]})
    writer = writing(journal)

    async def broken() -> None:
        async with writer:
            (intent,) = await writer.intend([number_of(journal, "x")])
            writer.record_outcome(settlement(intent, created("1")))
            await writer.call(fail)

    with pytest.raises(JournalError):
        await broken()
    journal.apply_log()

    assert shown(journal) == ["a.csv:2 x created 1"]
    assert writer.unwritten == []


async def test_a_text_that_cannot_be_stored_breaks_the_writer_not_the_run(folder: Path) -> None:
    """The thread never dies silently: whoever waits for it hears of the error."""
    journal = opened(folder, {"a.csv": ["x", "y"]})
    writer = writing(journal)
    surrogate = Failed(http_status=400, error_code="\ud800", error_msg="")

    async def broken() -> None:
        async with writer:
            (intent,) = await writer.intend([number_of(journal, "x")])
            writer.record_outcome(settlement(intent, surrogate))
            async with asyncio.timeout(5):
                await writer.intend([number_of(journal, "y")])

    with pytest.raises(JournalError, match="surrogates not allowed"):
        await broken()

    assert writer.unwritten == [settlement(1, surrogate)]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 256 KiB."""
    with small_disk(tmp_path / "disk", size_kib=256) as disk:
        yield disk


def test_a_full_disk_is_found_when_the_journal_is_made(disk: Path) -> None:
    """Nothing stays locked; with some space the same command works."""
    filler = fill(disk, pages_left=2)

    with pytest.raises(JournalError, match="full"):
        Journal.open(disk / "results")
    filler.unlink()

    with opened(disk / "results", {"a.csv": ["x"]}) as journal:
        assert shown(journal) == ["a.csv:2 x not_attempted"]


def test_a_full_disk_is_found_while_reading(disk: Path) -> None:
    """The rows of the reading are undone, earlier ones stay."""
    journal = opened(disk / "results", {"a.csv": ["x"]})
    fill(disk, pages_left=1)

    with pytest.raises(JournalError, match=r"full.*free some space"):
        read(journal, {"b.csv": [f"{'n' * 60}{number}" for number in range(1000)]})

    assert shown(journal) == ["a.csv:2 x not_attempted"]


@pytest.mark.parametrize("pages_left", range(12))
async def test_a_disk_that_fills_up_during_a_run_loses_nothing_confirmed(
    disk: Path, pages_left: int
) -> None:
    """Confirmed intents are unknown at worst; unwritten outcomes are handed back."""
    folder = disk / "results"
    journal = opened(folder, {"a.csv": [f"task-{number}" for number in range(100)]})
    tasks = waiting(journal)
    writer = writing(journal)
    filler = fill(disk, pages_left=pages_left)
    confirmed, settled = [], {}

    async def send() -> None:
        async with writer:
            for name, task in tasks.items():
                (intent,) = await writer.intend([task])
                confirmed.append(name)
                settled[intent] = name
                writer.record_outcome(settlement(intent, created(f"id-{intent}")))

    with pytest.raises(JournalError, match="full"):
        await send()
    journal.close()
    filler.unlink()

    lost = {settled[unwritten.intent] for unwritten in writer.unwritten}
    with Journal.open(folder) as reopened:
        states = {row.split()[1]: row.split()[2] for row in shown(reopened)}
        created_names = [name for name in confirmed if name not in lost]
        assert [name for name, state in states.items() if state == "created"] == created_names
        assert {name for name, state in states.items() if state == "unknown"} == lost
        assert list(waiting(reopened)) == [name for name in tasks if name not in confirmed]


def wal_size(folder: Path) -> int:
    return (folder / "journal.db-wal").stat().st_size


async def test_a_write_ahead_log_cut_anywhere_shows_whole_commits_only(
    folder: Path, tmp_path: Path
) -> None:
    """A torn tail costs the transactions in it, never a part of one, and nothing before them."""
    make_folder(folder)
    with closing(sqlite3.connect(folder / "journal.db")) as connection:
        # the smallest pages there are: the log is short enough to be cut at every byte
        connection.execute("PRAGMA page_size = 512")
        connection.execute("VACUUM")
    journal = opened(folder, {"a.csv": ["x", "y", "z"]})
    journal._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    x, y, z = waiting(journal).values()
    ends: list[tuple[int, Sequence[int]]] = []

    async with writing(journal) as writer:
        intents = await writer.intend([x, y])
        ends.append((wal_size(folder), (2, 0)))
        writer.record_outcome(settlement(intents[0], created("1")))
        writer.record_outcome(settlement(intents[1], LOST))
        await writer.intend([z])
        ends.append((wal_size(folder), (3, 2)))
        writer.record_outcome(settlement(3, REFUSED))
        await writer.call(lambda _: None)
        ends.append((wal_size(folder), (3, 3)))
        torn = tmp_path / "torn"
        torn.mkdir()
        for name in ("journal.db", "journal.db-wal"):
            shutil.copyfile(folder / name, torn / name)
    starts = [(0, (0, 0)), *ends]

    # Every single byte with a plain reader, which leaves the files as they are.
    for (begin, before), (end, after) in reversed(list(pairwise(starts))):
        for size in range(end, begin, -1):
            os.truncate(torn / "journal.db-wal", size)
            assert tail(torn) == (after if size == end else before), size
    assert len(ends) == 3


def tail(folder: Path) -> tuple[int, int]:
    """Return how many intents and outcomes a reader sees."""
    uri = f"file:{folder / 'journal.db'}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as connection:
        found = connection.execute(
            "SELECT (SELECT count(*) FROM intents), (SELECT count(*) FROM outcomes)"
        ).fetchone()
    return int(found[0]), int(found[1])


async def test_a_journal_opens_whatever_is_missing_of_its_log(
    folder: Path, tmp_path: Path
) -> None:
    """At every torn end the next run knows what was committed, and sends nothing of it."""
    journal = opened(folder, {"a.csv": ["x", "y"]})
    journal._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    await attempt(journal, {"x": created("1"), "y": REFUSED}, is_folded=False)
    log = (folder / "journal.db-wal").read_bytes()
    database = (folder / "journal.db").read_bytes()
    copy = tmp_path / "copy"
    copy.mkdir()
    stages = []

    for size in [*range(0, len(log), 1031), len(log)]:
        (copy / "journal.db").write_bytes(database)
        (copy / "journal.db-wal").write_bytes(log[:size])
        with Journal.open(copy) as torn:
            stages.append((*(row.split()[2] for row in shown(torn)), *waiting(torn)))

    assert list(dict.fromkeys(stages)) == [
        ("not_attempted", "not_attempted", "x", "y"),
        ("unknown", "unknown"),
        ("created", "failed", "y"),
    ]


async def test_a_garbled_tail_costs_only_what_is_in_it(folder: Path, tmp_path: Path) -> None:
    """A flipped bit in the last transaction takes that transaction away."""
    journal = opened(folder, {"a.csv": ["x"]})
    journal._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    await attempt(journal, {"x": created("1")}, is_folded=False)
    log = bytearray((folder / "journal.db-wal").read_bytes())
    log[-100] ^= 1
    copy = tmp_path / "copy"
    copy.mkdir()
    shutil.copyfile(folder / "journal.db", copy / "journal.db")
    (copy / "journal.db-wal").write_bytes(log)

    with Journal.open(copy) as torn:
        found = shown(torn)

    assert found == ["a.csv:2 x unknown"]


class Strike:
    """
    Fails one call of a function of the writer's module, in the thread that is profiled.

    Args:
        number: of the call that fails, from 1 on.

    """

    def __init__(self, number: int) -> None:
        self.function = ""
        self._left = number

    def __call__(self, frame: FrameType, event: str, _argument: object) -> None:
        # `_work` itself is one `try`: nothing but its own entry is outside.
        name = frame.f_code.co_name
        if event != "call" or frame.f_code.co_filename != WRITER_FILE or name == "_work":
            return
        self._left -= 1
        if self._left == 0:
            self.function = name
            raise StruckError(name)


class StruckError(Exception):
    """A failure that no part of the writer expects."""


async def struck_at(folder: Path, number: int) -> str:
    """
    Let the thread of a writer fail at its call *number*.

    Return the function that failed; all that waited has ended by then.
    """
    journal = opened(folder, {"a.csv": ["x", "y"]})
    x, y = waiting(journal).values()
    strike = Strike(number)
    writer = writing(journal)
    waited: list[asyncio.Future[Any]] = []

    async def work() -> None:
        async with writer:
            for _ in range(2):
                waited.extend((writer.intend([x]), writer.call(lambda _: None)))
                await asyncio.wait(waited)
            writer.record_outcome(settlement(1, created("1")))
            waited.append(writer.intend([y]))
            await asyncio.wait(waited)

    threading.setprofile(strike)
    try:
        async with asyncio.timeout(5):
            if await failed(work()) != strike.function:
                pytest.fail(f"{strike.function} failed, and the block did not raise it")
    finally:
        threading.setprofile(None)
    assert {type(error) for done in waited if (error := done.exception())} <= {JournalError}
    journal.close()
    return strike.function


async def failed(work: Awaitable[None]) -> str:
    """Return the message of the `JournalError` that *work* ends with, or an empty string."""
    try:
        await work
    except JournalError as error:
        return str(error)
    return ""


async def test_a_thread_that_fails_anywhere_keeps_nobody_waiting(tmp_path: Path) -> None:
    """Whichever call of its functions fails, every future that waits for it fails too."""
    functions = []
    number = 1

    while function := await struck_at(tmp_path / str(number), number):
        functions.append(function)
        number += 1

    assert len(functions) >= 5
    assert len(set(functions)) >= 3


async def test_a_call_that_ends_the_thread_keeps_nobody_waiting(folder: Path) -> None:
    """Not even an error that passes every handler of ordinary ones leaves a future open."""
    journal = opened(folder, {"a.csv": ["x"]})
    (x,) = waiting(journal).values()

    def leave(_: sqlite3.Connection) -> None:
        raise SystemExit

    async def broken() -> None:
        async with writing(journal) as writer, asyncio.timeout(5):
            first, second = writer.call(leave), writer.intend([x])
            with pytest.raises(JournalError, match="SystemExit"):
                await first
            with pytest.raises(JournalError, match="SystemExit"):
                await writer.intend([x])
            await second

    with pytest.raises(JournalError, match="SystemExit"):
        await broken()


async def test_a_clock_that_fails_keeps_nobody_waiting(folder: Path) -> None:
    """What fails before the thread has the batch fails its futures as well."""
    journal = opened(folder, {"a.csv": ["x"]})
    (x,) = waiting(journal).values()
    run = journal.start_run(RunId("run"), at="")

    def stopped() -> int:
        raise OSError("no clock")

    writer = journal.writer(run=run, now_ms=stopped)
    lost = settlement(1, created("1"))

    async def broken() -> None:
        async with writer, asyncio.timeout(5):
            writer.record_outcome(lost)
            await writer.intend([x])

    with pytest.raises(JournalError, match="no clock"):
        await broken()

    assert writer.unwritten == [lost]
