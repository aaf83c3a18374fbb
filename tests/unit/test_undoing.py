"""Deleting: asked on disk first, repeated after faults, stopped where going on makes no sense."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest

from batchcreate.errors import (
    CredentialError,
    MaybeSentError,
    NotSentError,
    NotSentReason,
    TransportError,
)
from batchcreate.journal import CreatedTask, Journal
from batchcreate.models import DeletionStatus, Reply, RunId, Target, TaskId
from batchcreate.pipeline.undo import Deleter
from batchcreate.pool import AttemptLoop, StopCause, StopReason, StopSwitch
from batchcreate.rate_limiter import Gate, RateLimit
from batchcreate.retry import RetryPolicy
from tests.fakes import InlineWriter, answer, error
from tests.journals import NOW_MS, attempt, created, read
from tests.virtual_time import run_virtually

DELETED: Final = answer(204, b"")
LOST: Final = MaybeSentError("no answer in time")
INTERRUPTED: Final = StopReason(cause=StopCause.INTERRUPTED, message="ended by SIGINT", signal=2)

Said = Reply | TransportError | CredentialError


class Client:
    """Answers deletions as scripted, each after a tenth of a second; the rest goes well."""

    def __init__(self, *said: Said) -> None:
        self.asked: list[TaskId] = []
        self.on_ask: Callable[[], None] = lambda: None
        self._said = list(said)

    async def delete(self, target: Target, task_id: TaskId) -> Reply:
        assert target.instance_id == "i1"
        self.asked.append(task_id)
        self.on_ask()
        await asyncio.sleep(0.1)
        said = self._said.pop(0) if self._said else DELETED
        if isinstance(said, Exception):
            raise said
        return said


class Rig:
    """Undoes a batch of so many tasks."""

    def __init__(self, folder: Path, client: Client, *, tasks: int = 3) -> None:
        self.client = client
        self.stop = StopSwitch()
        self.deleter: Deleter | None = None
        self.journal = Journal.open(folder)
        # Processes die in these tests, the machine does not.
        self.journal._connection.execute("PRAGMA synchronous = OFF")
        names = [f"task-{number}" for number in range(1, tasks + 1)]
        read(self.journal, {"a.csv": names})
        asyncio.run(attempt(self.journal, {name: created(f"id-{name}") for name in names}))
        self.tasks: Sequence[CreatedTask] = self.journal.created_tasks()

    @property
    def counts(self) -> dict[str, int]:
        """How many tasks came to which end, without those that nobody came to."""
        assert self.deleter is not None
        return {status.value: count for status, count in self.deleter.counts.items() if count}

    @property
    def lines(self) -> list[tuple[str, str, str]]:
        """What undo.csv would say: name, status and why."""
        return [
            (key.task_name, deletion.status.value, deletion.error_msg)
            for key, _, deletion in self.journal.deletions()
        ]

    @property
    def left(self) -> list[str]:
        """The names of the tasks that the journal still calls created."""
        return [task.key.task_name for task in self.journal.created_tasks()]

    def undo(self, *, concurrency: int = 1, also: Any = None, rate_per_s: float = 1000) -> float:
        """Delete the tasks; return after how many seconds that was over."""

        async def remove() -> float:
            gate = Gate(RateLimit(rate_per_s=rate_per_s))
            attempts = AttemptLoop(
                gate=gate,
                stop=self.stop,
                retry=RetryPolicy(),
                random=Random(1),  # noqa: S311 # jitter, not a secret
                has_more=lambda: True,
            )
            number = self.journal.start_run(RunId("undo"), at="2025-01-02T03:04:05Z")
            connection = self.journal._connection
            async with InlineWriter(connection, run=number, now_ms=lambda: NOW_MS) as writer:
                self.deleter = Deleter(self.client, attempts, writer, self.stop)
                if also is not None:
                    asyncio.get_running_loop().call_later(*also)
                await self.deleter.delete(self.tasks, concurrency)
            return asyncio.get_running_loop().time()

        return run_virtually(remove())


@pytest.mark.parametrize("concurrency", [1, 2, 8])
def test_every_task_is_deleted_once(concurrency: int, tmp_path: Path) -> None:
    """However many workers there are."""
    rig = Rig(tmp_path, Client(), tasks=20)

    rig.undo(concurrency=concurrency)

    assert sorted(rig.client.asked) == sorted(task.task_id for task in rig.tasks)
    assert (rig.counts, rig.left, rig.stop.reason) == ({"deleted": 20}, [], None)


def test_intent_is_on_disk_before_the_request(tmp_path: Path) -> None:
    """Who is killed here finds the task unknown."""
    rig = Rig(tmp_path, Client(), tasks=1)
    seen = []
    rig.client.on_ask = lambda: seen.append(list(rig.lines))

    rig.undo()

    assert seen == [[("task-1", "unknown", "")]]
    assert rig.lines == [("task-1", "deleted", "")]


@pytest.mark.parametrize(
    ("said", "status", "reason"),
    [
        (answer(200, {}), "deleted", ""),
        (answer(202, {}), "deleted", ""),
        (error(404, "FDI.3081", "no such task"), "gone", ""),
        (error(400, "FDI.3028", "the task is running"), "refused", "the task is running"),
        (error(403, "APIGW.0302", "not allowed"), "refused", "not allowed"),
        (error(404, "APIG.0101", "no such instance"), "refused", "no such instance"),
    ],
    ids=["200", "202", "gone", "running", "forbidden", "no such path"],
)
def test_answer_is_final(said: Reply, status: str, reason: str, tmp_path: Path) -> None:
    """It concerns one task; the next one is asked for all the same."""
    rig = Rig(tmp_path, Client(said), tasks=2)

    rig.undo()

    assert rig.lines == [("task-1", status, reason), ("task-2", "deleted", "")]
    assert rig.left == (["task-1"] if status == "refused" else [])
    assert rig.stop.reason is None


def test_many_forbidden_tasks_are_all_asked_for(tmp_path: Path) -> None:
    """Permissions may differ from task to task."""
    rig = Rig(tmp_path, Client(*[error(403, "APIGW.0302")] * 4), tasks=5)

    rig.undo()

    assert (rig.counts, rig.stop.reason) == ({"refused": 4, "deleted": 1}, None)


@pytest.mark.parametrize(
    "said",
    [
        error(500),
        error(504),
        error(429, "APIGW.0308"),
        LOST,
        NotSentError("no connection"),
    ],
    ids=["500", "504", "429", "no answer", "no connection"],
)
def test_fault_is_waited_out(said: Said, tmp_path: Path) -> None:
    """A deletion by id may be asked for again: the second time its task is gone."""
    rig = Rig(tmp_path, Client(said, said, error(404, "FDI.3081")), tasks=1)

    rig.undo()

    assert (rig.counts, len(rig.client.asked)) == ({"gone": 1}, 3)


@pytest.mark.parametrize(
    ("said", "reason"),
    [(error(500, "FDI.9", "no"), "HTTP 500: no"), (LOST, "no answer in time")],
    ids=["500", "no answer"],
)
def test_lasting_fault_leaves_the_task_unknown(said: Said, reason: str, tmp_path: Path) -> None:
    """After five requests; the next undo looks into the list."""
    rig = Rig(tmp_path, Client(*[said] * 5), tasks=2)

    rig.undo()

    assert rig.client.asked == ["id-task-1"] * 5 + ["id-task-2"]
    assert rig.lines == [("task-1", "unknown", reason), ("task-2", "deleted", "")]
    assert (rig.counts, rig.left) == ({"unknown": 1, "deleted": 1}, ["task-1"])


def test_outage_ends_it(tmp_path: Path) -> None:
    """Ten tasks in a row, and the rest is left for later."""
    rig = Rig(tmp_path, Client(*[NotSentError("no connection")] * 50), tasks=12)

    rig.undo()

    assert rig.stop.reason is not None
    assert (rig.stop.reason.cause, rig.counts) == (StopCause.OUTAGE, {"unknown": 10})


@pytest.mark.parametrize(
    ("said", "cause", "status"),
    [
        (error(401, "APIGW.0307", "expired"), StopCause.UNAUTHORIZED, "refused"),
        (error(400, "ROMA.1000", "who are you"), StopCause.UNAUTHORIZED, "refused"),
        (answer(302, location="https://x.example/"), StopCause.REDIRECTED, "unknown"),
        (
            NotSentError("bad certificate", reason=NotSentReason.CERTIFICATE),
            StopCause.UNTRUSTED,
            "unknown",
        ),
        (CredentialError("IAM gave no token"), StopCause.UNAUTHORIZED, "unknown"),
    ],
    ids=["401", "400", "redirect", "certificate", "login"],
)
def test_what_concerns_all_tasks_ends_it(
    said: Said, cause: StopCause, status: str, tmp_path: Path
) -> None:
    """One request more could lock a key, or tell somebody else a token."""
    rig = Rig(tmp_path, Client(said), tasks=3)

    rig.undo()

    assert len(rig.client.asked) == 1
    assert rig.stop.reason is not None
    assert (rig.stop.reason.cause, rig.counts) == (cause, {status: 1})
    assert rig.left == ["task-1", "task-2", "task-3"]


def test_first_signal_lets_the_requests_under_way_finish(tmp_path: Path) -> None:
    """Whoever waits for a turn goes home."""
    rig = Rig(tmp_path, Client(), tasks=20)

    rig.undo(concurrency=4, also=(0.05, rig.stop.request_stop, INTERRUPTED), rate_per_s=50)

    under_way = len(rig.client.asked)
    assert 1 <= under_way <= 4
    assert (rig.counts, len(rig.left)) == ({"deleted": under_way}, 20 - under_way)


@pytest.mark.parametrize("after_s", [0.05, 0.15], ids=["in the request", "in the wait"])
def test_first_signal_ends_the_repeating(after_s: float, tmp_path: Path) -> None:
    """A fault is not waited out any more."""
    rig = Rig(tmp_path, Client(*[LOST] * 5), tasks=1)

    rig.undo(also=(after_s, rig.stop.request_stop, INTERRUPTED))

    assert (rig.client.asked, rig.counts) == (["id-task-1"], {"unknown": 1})


def test_nothing_is_repeated_after_the_end(tmp_path: Path) -> None:
    """A throttled request is not waited for, and not sent once more where it was refused."""
    throttled = error(429, "APIGW.0308", "slow down", retry_after="100")
    rig = Rig(tmp_path, Client(throttled, error(401, "APIGW.0307", "expired")), tasks=5)

    ended_at_s = rig.undo(concurrency=2)

    assert rig.client.asked == ["id-task-1", "id-task-2"]
    assert rig.stop.reason is not None
    assert (rig.stop.reason.cause, rig.counts) == (
        StopCause.UNAUTHORIZED,
        {"unknown": 1, "refused": 1},
    )
    assert rig.lines == [
        ("task-1", "unknown", "HTTP 429, APIGW.0308, slow down"),
        ("task-2", "refused", "expired"),
    ]
    assert ended_at_s < 1


def test_second_signal_ends_a_request_that_is_repeated(tmp_path: Path) -> None:
    """As it ends one that is sent for the first time."""
    rig = Rig(tmp_path, Client(error(429, "APIGW.0308", "slow down", retry_after="3")), tasks=1)

    def interrupt() -> None:
        rig.stop.request_stop(INTERRUPTED)
        rig.stop.cancel()

    ended_at_s = rig.undo(also=(3.15, interrupt))

    assert len(rig.client.asked) == 2
    assert (rig.counts, rig.lines) == ({"unknown": 1}, [("task-1", "unknown", "")])
    assert ended_at_s == pytest.approx(3.15, abs=0.01)


def test_second_signal_ends_the_requests_under_way(tmp_path: Path) -> None:
    """Their tasks are unknown, in the counts and on disk."""
    rig = Rig(tmp_path, Client(), tasks=20)

    def interrupt() -> None:
        rig.stop.request_stop(INTERRUPTED)
        rig.stop.cancel()

    rig.undo(concurrency=4, also=(0.05, interrupt))

    assert rig.counts == {"unknown": len(rig.client.asked)}
    assert {status for _, status, _ in rig.lines} == {"unknown"}
    assert len(rig.left) == 20


def test_second_signal_ends_a_request_that_was_waited_for(tmp_path: Path) -> None:
    """After its wait it is under way like any other."""
    rig = Rig(tmp_path, Client(LOST), tasks=1)

    def interrupt() -> None:
        rig.stop.request_stop(INTERRUPTED)
        rig.stop.cancel()

    def on_ask() -> None:
        if len(rig.client.asked) > 1:
            asyncio.get_running_loop().call_later(0.05, interrupt)

    rig.client.on_ask = on_ask
    rig.undo()

    assert (len(rig.client.asked), rig.counts, rig.left) == (2, {"unknown": 1}, ["task-1"])


def test_journal_that_takes_nothing_more_ends_it(tmp_path: Path) -> None:
    """No request leaves without its intent on disk."""
    rig = Rig(tmp_path, Client(), tasks=5)
    rig.journal._connection.execute(
        "CREATE TEMP TRIGGER full BEFORE INSERT ON main.deletions WHEN new.task = 3 "
        "BEGIN SELECT RAISE(ABORT, 'disk full'); END"
    )

    with pytest.raises(Exception, match="disk full"):
        rig.undo()

    assert rig.stop.reason is not None
    assert (rig.stop.reason.cause, len(rig.client.asked)) == (StopCause.JOURNAL, 2)
    assert rig.counts == {DeletionStatus.DELETED.value: 2}
