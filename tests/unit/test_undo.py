"""Deleting writes the intent first, retries after faults and stops after an error of the service."""

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
from tests.fakes import InlineWriter, error_reply, json_reply
from tests.journals import NOW_MS, attempt, created, read
from tests.virtual_time import run_virtually

DELETED: Final = json_reply(204, b"")
LOST: Final = MaybeSentError("no answer in time")
INTERRUPTED: Final = StopReason(cause=StopCause.INTERRUPTED, message="ended by SIGINT", signal=2)

Response = Reply | TransportError | CredentialError


class ScriptedClient:
    """Responds to deletions with the given responses, each after 0.1 s; the following ones succeed."""

    def __init__(self, *responses: Response) -> None:
        self.requested: list[TaskId] = []
        self.on_request: Callable[[], None] = lambda: None
        self._responses = list(responses)

    async def delete(self, target: Target, task_id: TaskId) -> Reply:
        assert target.instance_id == "i1"
        self.requested.append(task_id)
        self.on_request()
        await asyncio.sleep(0.1)
        response = self._responses.pop(0) if self._responses else DELETED
        if isinstance(response, Exception):
            raise response
        return response


class UndoUnderTest:
    """One undo of a batch of *tasks* tasks."""

    def __init__(self, folder: Path, client: ScriptedClient, *, tasks: int = 3) -> None:
        self.client = client
        self.stop = StopSwitch()
        self.deleter: Deleter | None = None
        self.journal = Journal.open(folder)
        # These tests end processes, not the machine, so no commit has to be synced.
        self.journal._connection.execute("PRAGMA synchronous = OFF")
        names = [f"task-{number}" for number in range(1, tasks + 1)]
        read(self.journal, {"a.csv": names})
        asyncio.run(attempt(self.journal, {name: created(f"id-{name}") for name in names}))
        self.tasks: Sequence[CreatedTask] = self.journal.created_tasks()

    @property
    def counts(self) -> dict[str, int]:
        """The number of tasks per deletion status, without zeros."""
        assert self.deleter is not None
        return {status.value: count for status, count in self.deleter.counts.items() if count}

    @property
    def lines(self) -> list[tuple[str, str, str]]:
        """Name, status and error message of each task, as in undo.csv."""
        return [
            (key.task_name, deletion.status.value, deletion.error_msg)
            for key, _, deletion in self.journal.deletions()
        ]

    @property
    def remaining(self) -> list[str]:
        """The names of the tasks whose status in the journal is created."""
        return [task.key.task_name for task in self.journal.created_tasks()]

    def undo(
        self,
        *,
        concurrency: int = 1,
        at_time: Any = None,
        rate_per_s: float = 1000,
        writer: type[InlineWriter] = InlineWriter,
    ) -> float:
        """Delete the tasks; return the duration in seconds."""

        async def delete_all() -> float:
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
            async with writer(connection, run=number, now_ms=lambda: NOW_MS) as opened:
                self.deleter = Deleter(self.client, attempts, opened, self.stop)
                if at_time is not None:
                    asyncio.get_running_loop().call_later(*at_time)
                await self.deleter.delete(self.tasks, concurrency)
            return asyncio.get_running_loop().time()

        return run_virtually(delete_all())


@pytest.mark.parametrize("concurrency", [1, 2, 8])
def test_every_task_is_deleted_once(concurrency: int, tmp_path: Path) -> None:
    """The number of workers does not matter."""
    tested = UndoUnderTest(tmp_path, ScriptedClient(), tasks=20)

    tested.undo(concurrency=concurrency)

    assert sorted(tested.client.requested) == sorted(task.task_id for task in tested.tasks)
    assert (tested.counts, tested.remaining, tested.stop.reason) == ({"deleted": 20}, [], None)


def test_intent_is_on_disk_before_the_request(tmp_path: Path) -> None:
    """A task is recorded as unknown while its request is in flight."""
    tested = UndoUnderTest(tmp_path, ScriptedClient(), tasks=1)
    seen = []
    tested.client.on_request = lambda: seen.append(list(tested.lines))

    tested.undo()

    assert seen == [[("task-1", "unknown", "")]]
    assert tested.lines == [("task-1", "deleted", "")]


@pytest.mark.parametrize(
    ("response", "status", "reason"),
    [
        (json_reply(200, {}), "deleted", ""),
        (json_reply(202, {}), "deleted", ""),
        (error_reply(404, "FDI.3081", "no such task"), "gone", ""),
        (error_reply(400, "FDI.3028", "the task is running"), "refused", "the task is running"),
        (error_reply(403, "APIGW.0302", "not allowed"), "refused", "not allowed"),
        (error_reply(404, "APIG.0101", "no such instance"), "refused", "no such instance"),
    ],
    ids=["200", "202", "gone", "running", "forbidden", "no such path"],
)
def test_response_is_final_for_one_task(
    response: Reply, status: str, reason: str, tmp_path: Path
) -> None:
    """The next task is deleted, whatever the response to the first one is."""
    tested = UndoUnderTest(tmp_path, ScriptedClient(response), tasks=2)

    tested.undo()

    assert tested.lines == [("task-1", status, reason), ("task-2", "deleted", "")]
    assert tested.remaining == (["task-1"] if status == "refused" else [])
    assert tested.stop.reason is None


def test_forbidden_tasks_do_not_stop_the_undo(tmp_path: Path) -> None:
    """A deletion is requested for every task, because permissions may differ between tasks."""
    tested = UndoUnderTest(
        tmp_path, ScriptedClient(*[error_reply(403, "APIGW.0302")] * 4), tasks=5
    )

    tested.undo()

    assert (tested.counts, tested.stop.reason) == ({"refused": 4, "deleted": 1}, None)


@pytest.mark.parametrize(
    "response",
    [
        error_reply(500),
        error_reply(504),
        error_reply(429, "APIGW.0308"),
        LOST,
        NotSentError("no connection"),
    ],
    ids=["500", "504", "429", "no answer", "no connection"],
)
def test_deletion_is_retried_after_a_fault(response: Response, tmp_path: Path) -> None:
    """A task that an earlier attempt deleted is recorded as gone."""
    tested = UndoUnderTest(
        tmp_path, ScriptedClient(response, response, error_reply(404, "FDI.3081")), tasks=1
    )

    tested.undo()

    assert (tested.counts, len(tested.client.requested)) == ({"gone": 1}, 3)


@pytest.mark.parametrize(
    ("response", "reason"),
    [(error_reply(500, "FDI.9", "no"), "HTTP 500: no"), (LOST, "no answer in time")],
    ids=["500", "no answer"],
)
def test_task_is_unknown_after_five_faults(
    response: Response, reason: str, tmp_path: Path
) -> None:
    """The next task is deleted, and the next undo reads the task list."""
    tested = UndoUnderTest(tmp_path, ScriptedClient(*[response] * 5), tasks=2)

    tested.undo()

    assert tested.client.requested == ["id-task-1"] * 5 + ["id-task-2"]
    assert tested.lines == [("task-1", "unknown", reason), ("task-2", "deleted", "")]
    assert (tested.counts, tested.remaining) == ({"unknown": 1, "deleted": 1}, ["task-1"])


def test_ten_consecutive_faults_stop_the_undo(tmp_path: Path) -> None:
    """The remaining tasks are not requested."""
    tested = UndoUnderTest(
        tmp_path, ScriptedClient(*[NotSentError("no connection")] * 50), tasks=12
    )

    tested.undo()

    assert tested.stop.reason is not None
    assert (tested.stop.reason.cause, tested.counts) == (StopCause.OUTAGE, {"unknown": 10})


@pytest.mark.parametrize(
    ("response", "cause", "status"),
    [
        (error_reply(401, "APIGW.0307", "expired"), StopCause.UNAUTHORIZED, "refused"),
        (error_reply(400, "ROMA.1000", "who are you"), StopCause.UNAUTHORIZED, "refused"),
        (json_reply(302, location="https://x.example/"), StopCause.REDIRECTED, "unknown"),
        (
            NotSentError("bad certificate", reason=NotSentReason.CERTIFICATE),
            StopCause.UNTRUSTED,
            "unknown",
        ),
        (CredentialError("IAM gave no token"), StopCause.UNAUTHORIZED, "unknown"),
    ],
    ids=["401", "400", "redirect", "certificate", "login"],
)
def test_response_that_concerns_all_tasks_stops_the_undo(
    response: Response, cause: StopCause, status: str, tmp_path: Path
) -> None:
    """A further request could lock the key or send a token to another host."""
    tested = UndoUnderTest(tmp_path, ScriptedClient(response), tasks=3)

    tested.undo()

    assert len(tested.client.requested) == 1
    assert tested.stop.reason is not None
    assert (tested.stop.reason.cause, tested.counts) == (cause, {status: 1})
    assert tested.remaining == ["task-1", "task-2", "task-3"]


def test_first_signal_keeps_the_requests_in_flight(tmp_path: Path) -> None:
    """Workers that wait for the rate limiter stop without a request."""
    tested = UndoUnderTest(tmp_path, ScriptedClient(), tasks=20)

    tested.undo(
        concurrency=4, at_time=(0.05, tested.stop.request_stop, INTERRUPTED), rate_per_s=50
    )

    requested = len(tested.client.requested)
    assert 1 <= requested <= 4
    assert (tested.counts, len(tested.remaining)) == ({"deleted": requested}, 20 - requested)


@pytest.mark.parametrize("after_s", [0.05, 0.15], ids=["in the request", "in the wait"])
def test_first_signal_ends_the_retries(after_s: float, tmp_path: Path) -> None:
    """A deletion with a fault is not retried after the signal."""
    tested = UndoUnderTest(tmp_path, ScriptedClient(*[LOST] * 5), tasks=1)

    tested.undo(at_time=(after_s, tested.stop.request_stop, INTERRUPTED))

    assert (tested.client.requested, tested.counts) == (["id-task-1"], {"unknown": 1})


def test_stopped_undo_does_not_retry(tmp_path: Path) -> None:
    """Neither a throttled nor a refused request is sent again, and the stop does not wait."""
    throttled = error_reply(429, "APIGW.0308", "slow down", retry_after="100")
    tested = UndoUnderTest(
        tmp_path, ScriptedClient(throttled, error_reply(401, "APIGW.0307", "expired")), tasks=5
    )

    ended_at_s = tested.undo(concurrency=2)

    assert tested.client.requested == ["id-task-1", "id-task-2"]
    assert tested.stop.reason is not None
    assert (tested.stop.reason.cause, tested.counts) == (
        StopCause.UNAUTHORIZED,
        {"unknown": 1, "refused": 1},
    )
    assert tested.lines == [
        ("task-1", "unknown", "HTTP 429, APIGW.0308, slow down"),
        ("task-2", "refused", "expired"),
    ]
    assert ended_at_s < 1


def test_second_signal_cancels_a_retried_request(tmp_path: Path) -> None:
    """A retried request is cancelled like a first one."""
    tested = UndoUnderTest(
        tmp_path,
        ScriptedClient(error_reply(429, "APIGW.0308", "slow down", retry_after="3")),
        tasks=1,
    )

    def interrupt() -> None:
        tested.stop.request_stop(INTERRUPTED)
        tested.stop.cancel()

    ended_at_s = tested.undo(at_time=(3.15, interrupt))

    assert len(tested.client.requested) == 2
    assert (tested.counts, tested.lines) == ({"unknown": 1}, [("task-1", "unknown", "")])
    assert ended_at_s == pytest.approx(3.15, abs=0.01)


def test_second_signal_cancels_the_requests_in_flight(tmp_path: Path) -> None:
    """Their tasks are unknown in the counts and in the journal."""
    tested = UndoUnderTest(tmp_path, ScriptedClient(), tasks=20)

    def interrupt() -> None:
        tested.stop.request_stop(INTERRUPTED)
        tested.stop.cancel()

    tested.undo(concurrency=4, at_time=(0.05, interrupt))

    assert tested.counts == {"unknown": len(tested.client.requested)}
    assert {status for _, status, _ in tested.lines} == {"unknown"}
    assert len(tested.remaining) == 20


def test_second_signal_cancels_a_request_after_its_wait(tmp_path: Path) -> None:
    """A request that is sent after a wait is in flight like any other."""
    tested = UndoUnderTest(tmp_path, ScriptedClient(LOST), tasks=1)

    def interrupt() -> None:
        tested.stop.request_stop(INTERRUPTED)
        tested.stop.cancel()

    def on_request() -> None:
        if len(tested.client.requested) > 1:
            asyncio.get_running_loop().call_later(0.05, interrupt)

    tested.client.on_request = on_request
    tested.undo()

    assert (len(tested.client.requested), tested.counts, tested.remaining) == (
        2,
        {"unknown": 1},
        ["task-1"],
    )


def test_failed_journal_stops_the_undo(tmp_path: Path) -> None:
    """No request is sent before its intent is on disk."""
    tested = UndoUnderTest(tmp_path, ScriptedClient(), tasks=5)
    tested.journal._connection.execute(
        "CREATE TEMP TRIGGER full BEFORE INSERT ON main.deletions WHEN new.task = 3 "
        "BEGIN SELECT RAISE(ABORT, 'disk full'); END"
    )

    with pytest.raises(Exception, match="disk full"):
        tested.undo()

    assert tested.stop.reason is not None
    assert (tested.stop.reason.cause, len(tested.client.requested)) == (StopCause.JOURNAL, 2)
    assert tested.counts == {DeletionStatus.DELETED.value: 2}


def test_stop_after_the_intent_sends_the_request(tmp_path: Path) -> None:
    """A deletion whose intent is on disk is sent; the following ones are not."""
    undo = UndoUnderTest(tmp_path, ScriptedClient(), tasks=3)

    class StoppingWriter(InlineWriter):
        def record_deletion_intent(self, task: CreatedTask) -> asyncio.Future[None]:
            undo.stop.request_stop(INTERRUPTED)
            return super().record_deletion_intent(task)

    undo.undo(writer=StoppingWriter)

    assert undo.client.requested == ["id-task-1"]
    assert (undo.counts, undo.remaining) == ({"deleted": 1}, ["task-2", "task-3"])
