"""The part of undo that deletes: pace, intent, request, outcome, in that order."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import count
from random import Random
from typing import Final, Protocol

from batchcreate.clock import epoch_ms, utc_now
from batchcreate.errors import CredentialError, JournalError, TransportError
from batchcreate.journal import CreatedTask, Writer, deletions
from batchcreate.limiter import Gate
from batchcreate.models import (
    Decision,
    Deletion,
    DeletionStatus,
    Failed,
    Reply,
    Signal,
    Target,
    TaskId,
)
from batchcreate.outcome import describe, read_deletion, read_failure, read_reply
from batchcreate.pool import Cause, Halt, Stop
from batchcreate.pool.breaker import Breaker
from batchcreate.retry import RetryPolicy

_WHY: Final = {DeletionStatus.KEPT: "it has another name by now: left alone"}


class Client(Protocol):
    """What undo needs of an HTTP client, once it knows what to delete."""

    async def delete(self, target: Target, task_id: TaskId) -> Reply:
        """
        Send one DeleteTask request.

        Raises:
            CredentialError: the credential cannot be obtained.
            TransportError: there is no usable reply.

        """
        ...


class Undoing:
    """
    Workers that delete tasks.

    Attributes:
        counts: how many tasks came to which end.
        stop: ends it early when pulled.

    Args:
        client: sends the requests.
        gate: lets them go.
        stop: see above.

    """

    def __init__(self, client: Client, gate: Gate, stop: Stop) -> None:
        self.counts = dict.fromkeys(DeletionStatus, 0)
        self.stop = stop
        self._client = client
        self._gate = gate
        self._breaker = Breaker()
        self._retry = RetryPolicy()
        self._random = Random()  # noqa: S311 # jitter, no secret

    async def note(
        self, tasks: Sequence[CreatedTask], status: DeletionStatus, writer: Writer
    ) -> None:
        """Put on disk that *tasks* need no request, because of their *status*."""
        deletion = Deletion(status=status, error_msg=_WHY.get(status, ""))
        for task in tasks:
            await self._finish(task, deletion, writer)
            self.counts[status] += 1

    async def remove(self, tasks: Sequence[CreatedTask], writer: Writer, concurrency: int) -> None:
        """Delete *tasks*; a second signal ends the requests under way, too."""
        left = iter(tasks)
        async with asyncio.TaskGroup() as group:
            for _ in range(concurrency):
                worker = group.create_task(self._work(left, writer))
                worker.add_done_callback(self.stop.leaves)

    async def _work(self, left: Iterator[CreatedTask], writer: Writer) -> None:
        me = asyncio.current_task()
        if me is None:  # pragma: no cover # a coroutine of a TaskGroup always has its task
            return
        try:
            while self.stop.halt is None and (task := next(left, None)) is not None:
                self.stop.wait_begins(me)
                admitted_at = await self._gate.acquire()
                self.stop.work_begins(me)
                await self._settle(task, admitted_at, writer)
        except JournalError as error:
            self.stop.pull(Halt(cause=Cause.JOURNAL, message=str(error)))

    async def _settle(self, task: CreatedTask, admitted_at: float, writer: Writer) -> None:
        await writer.call(partial(deletions.ask, task=task, at_ms=epoch_ms()))
        self.counts[DeletionStatus.UNKNOWN] += 1
        deletion = await self._delete(task, admitted_at)
        await self._finish(task, deletion, writer)
        self.counts[DeletionStatus.UNKNOWN] -= 1
        self.counts[deletion.status] += 1

    async def _finish(self, task: CreatedTask, deletion: Deletion, writer: Writer) -> None:
        await writer.call(
            partial(deletions.finish, task=task, deletion=deletion, at_ms=epoch_ms())
        )

    async def _delete(self, task: CreatedTask, admitted_at: float) -> Deletion:
        """Delete one task; a deletion by id may be asked for again after any fault."""
        for attempt in count(1):
            decision, deletion = await self._attempt(task)
            is_final = deletion is not None or attempt >= self._retry.attempts_max
            self._learn(decision, admitted_at, is_final=is_final)
            if deletion is not None:
                return deletion
            if is_final or (again_at := await self._next_turn(decision, attempt)) is None:
                reason = describe(decision.outcome)
                return Deletion(status=DeletionStatus.UNKNOWN, error_msg=reason)
            admitted_at = again_at
        raise AssertionError  # pragma: no cover # the count has no end

    async def _next_turn(self, decision: Decision, attempt: int) -> float | None:
        """Let the fault pass; return when the request may leave again, ``None`` for never."""

        async def wait() -> float:
            if decision.signal is not Signal.THROTTLED:
                await asyncio.sleep(self._retry.wait_s(attempt, self._random))
            return await self._gate.acquire()

        return await self.stop.unless_pulled(wait())

    async def _attempt(self, task: CreatedTask) -> tuple[Decision, Deletion | None]:
        """Send once; return how the answer is read, and what it says of the task, if anything."""
        try:
            reply = await self._client.delete(task.key.target, task.task_id)
        except TransportError as error:
            return read_failure(error), None
        except CredentialError as error:
            self.stop.pull(Halt(cause=Cause.UNAUTHORIZED, message=str(error)))
            refusal = Failed(http_status=None, error_code="", error_msg=str(error))
            return Decision(outcome=refusal), None
        return read_reply(reply, now=utc_now()), read_deletion(reply)

    def _learn(self, decision: Decision, admitted_at: float, *, is_final: bool) -> None:
        """Draw the conclusions that concern all tasks."""
        if decision.signal is Signal.THROTTLED:
            self._gate.throttled(admitted_at, decision.wait_s)
        elif decision.outcome.http_status is not None:
            self._gate.succeeded(admitted_at)
        # One task may be forbidden and the next one not: the report names each.
        if decision.signal is Signal.FORBIDDEN:
            decision = replace(decision, signal=Signal.NONE)
        halt = self._breaker.observe(decision, is_final=is_final)
        if halt is not None:
            self.stop.pull(halt)
