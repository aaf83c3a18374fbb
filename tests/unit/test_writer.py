"""An intent is on disk before its request is sent, and confirmed commits are durable."""

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


def open_writer(journal: Journal) -> Writer:
    run = journal.start_run(RunId("run"), at="")
    return journal.writer(run=run, now_ms=lambda: NOW_MS)


def attempt_of(intent: int, outcome: Outcome) -> AttemptOutcome:
    return AttemptOutcome(intent=intent, outcome=outcome, duration_ms=7)


def on_disk(folder: Path, copy: Path) -> list[str]:
    """Return the report of the next run if this process ended now."""
    copy.mkdir(exist_ok=True)
    for name in ("journal.db", "journal.db-wal"):
        shutil.copyfile(folder / name, copy / name)
    with Journal.open(copy) as journal:
        return shown(journal)


def fail(_: sqlite3.Connection) -> None:
    raise sqlite3.OperationalError("disk I/O error")


async def test_intent_is_on_disk_when_its_future_resolves(folder: Path, tmp_path: Path) -> None:
    """A copy of the files at that time contains the attempt."""
    journal = opened(folder, {"a.csv": ["x", "y"]})

    async with open_writer(journal) as writer:
        await writer.intend([number_of(journal, "x")])
        found = on_disk(folder, tmp_path / "copy")

    assert found == ["a.csv:2 x unknown", "a.csv:3 y not_attempted"]


async def test_outcome_is_on_disk_with_the_next_commit(folder: Path, tmp_path: Path) -> None:
    """The next future that resolves confirms the outcome as well."""
    journal = opened(folder, {"a.csv": ["x", "y"]})
    x, y = number_of(journal, "x"), number_of(journal, "y")

    async with open_writer(journal) as writer:
        (intent,) = await writer.intend([x])
        writer.record_outcome(attempt_of(intent, created("1")))
        await writer.intend([y])
        found = on_disk(folder, tmp_path / "copy")

    assert found == ["a.csv:2 x created 1", "a.csv:3 y unknown"]


async def test_confirmed_intents_survive_a_kill(folder: Path) -> None:
    """After kill -9 the tasks are unknown and not pending."""
    opened(folder, {"a.csv": [f"task-{number}" for number in range(50)]}).close()

    with subprocess.Popen(  # noqa: S603, ASYNC220 # a program of this module
        [sys.executable, "-c", SENDER, str(folder)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        confirmed = list(iter(process.stdout.readline, "all\n"))
        process.kill()

    with Journal.open(folder) as journal:
        assert len(confirmed) == 50
        assert {row.split()[2] for row in shown(journal)} == {"unknown"}
        assert waiting(journal) == {}


async def test_confirmed_intents_survive_a_kill_during_writing(folder: Path) -> None:
    """Confirmed intents are unknown, and only the other tasks are pending."""
    names = [f"task-{number}" for number in range(500)]
    opened(folder, {"a.csv": names}).close()

    with subprocess.Popen(  # noqa: S603, ASYNC220 # a program of this module
        [sys.executable, "-c", SENDER, str(folder)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        confirmed = {process.stdout.readline().strip() for _ in range(100)}
        process.kill()

    with Journal.open(folder) as journal:
        unknown = {row.split()[1] for row in shown(journal) if row.endswith("unknown")}
        assert confirmed <= unknown
        assert set(waiting(journal)) == set(names) - unknown


async def test_intents_of_many_workers_share_a_commit(folder: Path) -> None:
    """A hundred intents need far fewer than a hundred commits."""
    journal = opened(folder, {"a.csv": [f"task-{number}" for number in range(100)]})
    tasks = list(waiting(journal).values())
    commits: list[str] = []

    async with open_writer(journal) as writer:
        journal._connection.set_trace_callback(
            lambda statement: commits.append(statement) if statement == "COMMIT" else None
        )
        async with asyncio.TaskGroup() as group:
            intents = [group.create_task(worker(writer, task)) for task in tasks]
        await writer._call(lambda connection: connection.set_trace_callback(None))

    assert [intent.result() for intent in intents] == list(range(1, 101))
    assert len(commits) < 5


async def test_records_during_a_commit_share_the_next_one(folder: Path) -> None:
    """A slow disk makes commits larger."""
    journal = opened(folder, {"a.csv": ["x", "y"]})
    x, y = waiting(journal).values()
    is_busy, is_free = threading.Event(), threading.Event()
    moments = iter(range(10))
    run = journal.start_run(RunId("run"), at="")

    def keep_busy(_: sqlite3.Connection) -> None:
        is_busy.set()
        is_free.wait()

    async with journal.writer(run=run, now_ms=lambda: next(moments)) as writer:
        busy = writer._call(keep_busy)
        await asyncio.to_thread(is_busy.wait)
        first = writer.intend([x])
        await asyncio.sleep(0)  # the iteration of the event loop that passes it to the thread
        second = writer.intend([y])
        await asyncio.sleep(0)
        is_free.set()
        await busy
        intents = [*await first, *await second]

    found = journal._connection.execute("SELECT id, task, at_ms FROM intents").fetchall()
    assert found == [(intents[0], x, 1), (intents[1], y, 2)]


async def worker(writer: Writer, task: int) -> int:
    (intent,) = await writer.intend([task])
    writer.record_outcome(attempt_of(intent, REFUSED))
    return intent


async def test_more_rows_than_fit_in_one_statement_are_written(folder: Path) -> None:
    """The rows are split into several statements, in the same order."""
    count = 2 * ROWS_MAX + 1
    journal = opened(folder, {"a.csv": [f"task-{number}" for number in range(count)]})
    tasks = list(waiting(journal).values())

    async with open_writer(journal) as writer:
        intents = await writer.intend(tasks)
        for intent in intents:
            writer.record_outcome(attempt_of(intent, created(f"id-{intent}")))
    journal.apply_log()

    assert [row.rsplit(maxsplit=1)[1] for row in shown(journal)] == [
        f"id-{number}" for number in range(1, count + 1)
    ]


async def test_empty_list_of_tasks_writes_nothing(folder: Path) -> None:
    """The future resolves, and there is no intent."""
    journal = opened(folder, {"a.csv": ["x"]})

    async with open_writer(journal) as writer:
        found = await writer.intend([])

    assert list(found) == []
    assert journal._connection.execute("SELECT count(*) FROM intents").fetchone() == (0,)


async def test_withdrawn_intent_is_removed(folder: Path) -> None:
    """A task whose request was never sent has its earlier status and is pending."""
    journal = opened(folder, {"a.csv": ["x", "y", "z"]})
    await attempt(journal, {"z": REFUSED})
    tasks = list(waiting(journal).values())

    async with open_writer(journal) as writer:
        writer.withdraw(await writer.intend(tasks))
    journal.apply_log()

    assert shown(journal) == [
        "a.csv:2 x not_attempted",
        "a.csv:3 y not_attempted",
        "a.csv:4 z failed",
    ]
    assert [row.attempts for row in journal.results()] == [0, 0, 1]
    assert list(waiting(journal)) == ["x", "y", "z"]


async def test_intents_after_withdrawn_ones_are_applied(folder: Path) -> None:
    """Numbers that are used again are not mistaken for applied ones."""
    journal = opened(folder, {"a.csv": ["x"]})
    async with open_writer(journal) as writer:
        writer.withdraw(await writer.intend([number_of(journal, "x")]))
    journal.apply_log()

    await attempt(journal, {"x": created("1")})

    assert shown(journal) == ["a.csv:2 x created 1"]


async def test_call_sees_earlier_records(folder: Path) -> None:
    """The call is made after earlier records are written."""
    journal = opened(folder, {"a.csv": ["x"]})

    async with open_writer(journal) as writer:
        (intent,) = await writer.intend([number_of(journal, "x")])
        writer.record_outcome(attempt_of(intent, REFUSED))
        found = await writer._call(
            lambda connection: connection.execute("SELECT status FROM outcomes").fetchall()
        )

    assert found == [("failed",)]


async def test_cancelled_futures_are_tolerated(folder: Path) -> None:
    """The intent of a cancelled worker is on disk: the request may have been sent."""
    journal = opened(folder, {"a.csv": ["x"]})

    async with open_writer(journal) as writer:
        writer.intend([number_of(journal, "x")]).cancel()
        writer._call(lambda _: None).cancel()
        await writer._call(lambda _: None)
    journal.apply_log()

    assert shown(journal) == ["a.csv:2 x unknown"]


async def test_all_records_are_written_at_the_end(folder: Path) -> None:
    """The end of the block waits for the last commit, also after an error."""
    journal = opened(folder, {"a.csv": ["x"]})

    async def interrupted() -> None:
        async with open_writer(journal) as writer:
            (intent,) = await writer.intend([number_of(journal, "x")])
            writer.record_outcome(attempt_of(intent, created("1")))
            raise KeyError

    with pytest.raises(KeyError):
        await interrupted()
    journal.apply_log()

    assert shown(journal) == ["a.csv:2 x created 1"]


async def test_nothing_is_written_after_the_first_failure(folder: Path) -> None:
    """Intents fail, outcomes are kept as unwritten, and the block raises the error."""
    journal = opened(folder, {"a.csv": ["x", "y"]})
    x, y = number_of(journal, "x"), number_of(journal, "y")
    writer = open_writer(journal)
    late = attempt_of(1, created("1"))

    async def broken() -> None:
        async with writer:
            await writer.intend([x])
            with pytest.raises(JournalError, match="disk I/O error"):
                await writer._call(fail)
            writer.record_outcome(late)
            writer._call(lambda _: None).cancel()
            with pytest.raises(JournalError, match="disk I/O error"):
                await writer.intend([y])
            with pytest.raises(JournalError, match="disk I/O error"):
                await writer._call(lambda _: None)

    with pytest.raises(JournalError, match="disk I/O error"):
        await broken()
    journal.apply_log()

    assert writer.unwritten == [late]
    assert shown(journal) == ["a.csv:2 x unknown", "a.csv:3 y not_attempted"]


async def test_error_of_the_run_is_not_hidden_by_the_writer(folder: Path) -> None:
    """The block raises its own error."""
    journal = opened(folder, {"a.csv": ["x"]})

    async def broken() -> None:
        async with open_writer(journal) as writer:
            with pytest.raises(JournalError):
                await writer._call(fail)
            raise KeyError

    with pytest.raises(KeyError):
        await broken()


async def test_outcome_before_a_failing_call_is_written(folder: Path) -> None:
    """A committed outcome is not reported as unwritten."""
    journal = opened(folder, {"a.csv": ["x"]})
    writer = open_writer(journal)

    async def broken() -> None:
        async with writer:
            (intent,) = await writer.intend([number_of(journal, "x")])
            writer.record_outcome(attempt_of(intent, created("1")))
            await writer._call(fail)

    with pytest.raises(JournalError):
        await broken()
    journal.apply_log()

    assert shown(journal) == ["a.csv:2 x created 1"]
    assert writer.unwritten == []


async def test_text_that_cannot_be_stored_fails_the_futures(folder: Path) -> None:
    """The thread does not end silently: each caller gets the error."""
    journal = opened(folder, {"a.csv": ["x", "y"]})
    writer = open_writer(journal)
    surrogate = Failed(http_status=400, error_code="\ud800", error_msg="")

    async def broken() -> None:
        async with writer:
            (intent,) = await writer.intend([number_of(journal, "x")])
            writer.record_outcome(attempt_of(intent, surrogate))
            async with asyncio.timeout(5):
                await writer.intend([number_of(journal, "y")])

    with pytest.raises(JournalError, match="surrogates not allowed"):
        await broken()

    assert writer.unwritten == [attempt_of(1, surrogate)]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 384 KiB."""
    with small_disk(tmp_path / "disk", size_kib=384) as disk:
        yield disk


def test_full_disk_is_reported_when_the_journal_is_created(disk: Path) -> None:
    """The journal is not locked, and with free space the same command works."""
    filler = fill(disk, pages_left=2)

    with pytest.raises(JournalError, match="full"):
        Journal.open(disk / "results")
    filler.unlink()

    with opened(disk / "results", {"a.csv": ["x"]}) as journal:
        assert shown(journal) == ["a.csv:2 x not_attempted"]


def test_full_disk_is_reported_during_the_enrolment(disk: Path) -> None:
    """The enrolment is rolled back, and earlier rows are kept."""
    journal = opened(disk / "results", {"a.csv": ["x"]})
    fill(disk, pages_left=1)

    with pytest.raises(JournalError, match=r"full.*free some space"):
        read(journal, {"b.csv": [f"{'n' * 60}{number}" for number in range(1000)]})

    assert shown(journal) == ["a.csv:2 x not_attempted"]


@pytest.mark.parametrize("pages_left", range(12))
async def test_disk_that_fills_up_loses_no_confirmed_record(disk: Path, pages_left: int) -> None:
    """Tasks with lost outcomes are unknown, and the lost outcomes are available."""
    folder = disk / "results"
    journal = opened(folder, {"a.csv": [f"task-{number}" for number in range(100)]})
    tasks = waiting(journal)
    writer = open_writer(journal)
    filler = fill(disk, pages_left=pages_left)
    confirmed, names = [], {}

    async def send() -> None:
        async with writer:
            for name, task in tasks.items():
                (intent,) = await writer.intend([task])
                confirmed.append(name)
                names[intent] = name
                writer.record_outcome(attempt_of(intent, created(f"id-{intent}")))

    with pytest.raises(JournalError, match="full"):
        await send()
    journal.close()
    filler.unlink()

    lost = {names[unwritten.intent] for unwritten in writer.unwritten}
    with Journal.open(folder) as reopened:
        states = {row.split()[1]: row.split()[2] for row in shown(reopened)}
        created_names = [name for name in confirmed if name not in lost]
        assert [name for name, state in states.items() if state == "created"] == created_names
        assert {name for name, state in states.items() if state == "unknown"} == lost
        assert list(waiting(reopened)) == [name for name in tasks if name not in confirmed]


def wal_size(folder: Path) -> int:
    return (folder / "journal.db-wal").stat().st_size


async def test_truncated_write_ahead_log_has_complete_commits_only(
    folder: Path, tmp_path: Path
) -> None:
    """If the log is truncated at any byte, only the transactions after it are lost."""
    make_folder(folder)
    with closing(sqlite3.connect(folder / "journal.db")) as connection:
        # With the smallest pages the log is short enough to truncate it at every byte.
        connection.execute("PRAGMA page_size = 512")
        connection.execute("VACUUM")
    journal = opened(folder, {"a.csv": ["x", "y", "z"]})
    journal._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    x, y, z = waiting(journal).values()
    ends: list[tuple[int, Sequence[int]]] = []

    async with open_writer(journal) as writer:
        intents = await writer.intend([x, y])
        ends.append((wal_size(folder), (2, 0)))
        writer.record_outcome(attempt_of(intents[0], created("1")))
        writer.record_outcome(attempt_of(intents[1], LOST))
        await writer.intend([z])
        ends.append((wal_size(folder), (3, 2)))
        writer.record_outcome(attempt_of(3, REFUSED))
        await writer._call(lambda _: None)
        ends.append((wal_size(folder), (3, 3)))
        truncated = tmp_path / "truncated"
        truncated.mkdir()
        for name in ("journal.db", "journal.db-wal"):
            shutil.copyfile(folder / name, truncated / name)
    starts = [(0, (0, 0)), *ends]

    # Each byte is read with a plain connection, which does not change the files.
    for (begin, before), (end, after) in reversed(list(pairwise(starts))):
        for size in range(end, begin, -1):
            os.truncate(truncated / "journal.db-wal", size)
            assert counts(truncated) == (after if size == end else before), size
    assert len(ends) == 3


def counts(folder: Path) -> tuple[int, int]:
    """Return the numbers of intents and outcomes."""
    uri = f"file:{folder / 'journal.db'}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as connection:
        found = connection.execute(
            "SELECT (SELECT count(*) FROM intents), (SELECT count(*) FROM outcomes)"
        ).fetchone()
    return int(found[0]), int(found[1])


async def test_journal_opens_with_a_truncated_log(folder: Path, tmp_path: Path) -> None:
    """The next run sees all complete commits and does not send those tasks."""
    journal = opened(folder, {"a.csv": ["x", "y"]})
    journal._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    await attempt(journal, {"x": created("1"), "y": REFUSED}, is_log_applied=False)
    log = (folder / "journal.db-wal").read_bytes()
    database = (folder / "journal.db").read_bytes()
    copy = tmp_path / "copy"
    copy.mkdir()
    stages = []

    for size in [*range(0, len(log), 1031), len(log)]:
        (copy / "journal.db").write_bytes(database)
        (copy / "journal.db-wal").write_bytes(log[:size])
        with Journal.open(copy) as truncated:
            stages.append((*(row.split()[2] for row in shown(truncated)), *waiting(truncated)))

    assert list(dict.fromkeys(stages)) == [
        ("not_attempted", "not_attempted", "x", "y"),
        ("unknown", "unknown"),
        ("created", "failed", "y"),
    ]


async def test_damaged_transaction_is_dropped(folder: Path, tmp_path: Path) -> None:
    """If one bit of the last transaction is changed, only that transaction is lost."""
    journal = opened(folder, {"a.csv": ["x"]})
    journal._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    await attempt(journal, {"x": created("1")}, is_log_applied=False)
    log = bytearray((folder / "journal.db-wal").read_bytes())
    log[-100] ^= 1
    copy = tmp_path / "copy"
    copy.mkdir()
    shutil.copyfile(folder / "journal.db", copy / "journal.db")
    (copy / "journal.db-wal").write_bytes(log)

    with Journal.open(copy) as truncated:
        found = shown(truncated)

    assert found == ["a.csv:2 x unknown"]


class FailingCall:
    """
    Profile function that makes one call in the module of the writer fail.

    Args:
        number: number of the call that fails, counted from 1.

    """

    def __init__(self, number: int) -> None:
        self.function = ""
        self._left = number

    def __call__(self, frame: FrameType, event: str, _argument: object) -> None:
        # `_on_end` is called after the last record, or after another failure.
        name = frame.f_code.co_name
        if event != "call" or frame.f_code.co_filename != WRITER_FILE or name == "_on_end":
            return
        self._left -= 1
        if self._left == 0:
            self.function = name
            raise InjectedError(name)


class InjectedError(Exception):
    """An error that the writer does not expect."""


async def fail_call(folder: Path, number: int) -> str:
    """
    Make call *number* in the thread of a writer fail.

    Return the name of the function that failed; all futures have ended then.
    """
    journal = opened(folder, {"a.csv": ["x", "y"]})
    x, y = waiting(journal).values()
    failing = FailingCall(number)
    writer = open_writer(journal)
    waited: list[asyncio.Future[Any]] = []

    async def work() -> None:
        async with writer:
            for _ in range(2):
                waited.extend((writer.intend([x]), writer._call(lambda _: None)))
                await asyncio.wait(waited)
            writer.record_outcome(attempt_of(1, created("1")))
            waited.append(writer.intend([y]))
            await asyncio.wait(waited)

    threading.setprofile(failing)
    try:
        async with asyncio.timeout(5):
            if bool(await failed(work())) is not bool(failing.function):
                pytest.fail(f"{failing.function} failed, and the block did not raise it")
    finally:
        threading.setprofile(None)
    assert {type(error) for done in waited if (error := done.exception())} <= {JournalError}
    journal.close()
    return failing.function


async def failed(work: Awaitable[None]) -> str:
    """Return the message of the `JournalError` that *work* ends with, or an empty string."""
    try:
        await work
    except JournalError as error:
        return str(error)
    return ""


async def test_failure_of_any_function_fails_all_futures(tmp_path: Path) -> None:
    """If any call in the thread fails, no future waits forever."""
    functions = []
    number = 1

    while function := await fail_call(tmp_path / str(number), number):
        functions.append(function)
        number += 1

    assert len(functions) >= 5
    assert len(set(functions)) >= 3


async def test_call_that_ends_the_thread_fails_all_futures(folder: Path) -> None:
    """An error that is not an `Exception` fails the futures as well."""
    journal = opened(folder, {"a.csv": ["x"]})
    (x,) = waiting(journal).values()

    def leave(_: sqlite3.Connection) -> None:
        raise SystemExit

    async def broken() -> None:
        async with open_writer(journal) as writer, asyncio.timeout(5):
            first, second = writer._call(leave), writer.intend([x])
            writer.intend([x]).cancel()
            with pytest.raises(JournalError, match="SystemExit"):
                await first
            with pytest.raises(JournalError, match="SystemExit"):
                await writer.intend([x])
            await second

    with pytest.raises(JournalError, match="SystemExit"):
        await broken()


async def test_cancelled_future_of_a_failed_writer_is_tolerated(folder: Path) -> None:
    """A worker can be cancelled before the writer fails."""
    journal = opened(folder, {"a.csv": ["x"]})

    async def broken() -> None:
        async with open_writer(journal) as writer:
            failed = writer._call(fail)
            writer.intend([number_of(journal, "x")]).cancel()
            await failed

    with pytest.raises(JournalError, match="disk I/O error"):
        await broken()


async def test_failing_clock_fails_all_futures(folder: Path) -> None:
    """An error before the batch is passed to the thread fails its futures as well."""
    journal = opened(folder, {"a.csv": ["x"]})
    (x,) = waiting(journal).values()
    run = journal.start_run(RunId("run"), at="")

    def stopped() -> int:
        raise OSError("no clock")

    writer = journal.writer(run=run, now_ms=stopped)
    lost = attempt_of(1, created("1"))

    async def broken() -> None:
        async with writer, asyncio.timeout(5):
            writer.record_outcome(lost)
            await writer.intend([x])

    with pytest.raises(JournalError, match="no clock"):
        await broken()

    assert writer.unwritten == [lost]


def test_writer_that_was_never_closed_ends_after_its_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its thread must not keep the program from ending."""
    journal = Journal.open(tmp_path / "results")
    monkeypatch.setattr("batchcreate.journal.writer.IDLE_S", 0.01)

    async def start() -> Writer:
        writer = open_writer(journal)
        await writer.__aenter__()
        return writer

    writer = asyncio.run(start())

    assert writer._next() is None
