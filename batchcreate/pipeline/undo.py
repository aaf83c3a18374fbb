"""Deletion of the tasks that a batch created."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from pathlib import Path
from random import Random
from typing import Final, Protocol

from batchcreate.client import RomaClient, connect
from batchcreate.clock import epoch_ms, stamp, utc_now
from batchcreate.errors import CredentialError, JournalError, StoppedError, TransportError
from batchcreate.inventory import list_all
from batchcreate.journal import CreatedTask, Journal, Writer, deletions
from batchcreate.listing import Inventory
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
from batchcreate.pipeline.preflight import run_preflight
from batchcreate.pipeline.reports import write_reports
from batchcreate.pipeline.service import Service, name_credential, service_of
from batchcreate.pool import StopCause, StopReason, StopSwitch
from batchcreate.pool.stop import CircuitBreaker
from batchcreate.rate_limiter import Gate, RateLimit
from batchcreate.report import write_deletions
from batchcreate.retry import RetryPolicy
from batchcreate.settings import Settings, language_of

_WHY: Final = {DeletionStatus.KEPT: "it has another name by now: left alone"}


class DeleteClient(Protocol):
    """What undo needs of an HTTP client, once it knows what to delete."""

    async def delete(self, target: Target, task_id: TaskId) -> Reply:
        """
        Send one DeleteTask request.

        Raises:
            CredentialError: the credential cannot be obtained.
            TransportError: there is no usable reply.

        """
        ...


class Deleter:
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

    def __init__(self, client: DeleteClient, gate: Gate, stop: StopSwitch) -> None:
        self.counts = dict.fromkeys(DeletionStatus, 0)
        self.stop = stop
        self._client = client
        self._gate = gate
        self._breaker = CircuitBreaker()
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
            self.stop.pull(StopReason(cause=StopCause.JOURNAL, message=str(error)))

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
            self.stop.pull(StopReason(cause=StopCause.UNAUTHORIZED, message=str(error)))
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


REPORT: Final = "undo.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """
    Where the tasks of a batch are.

    Attributes:
        there: listed under the same id and name: to be deleted.
        gone: not listed any more.
        renamed: listed under the same id and another name: left alone.

    """

    there: Sequence[CreatedTask]
    gone: Sequence[CreatedTask]
    renamed: Sequence[CreatedTask]


Confirm = Callable[[Search, str], bool]
"""Is shown what would be deleted, and a warning if there is one; says yes or no."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """
    What became of the tasks of a batch.

    Attributes:
        counts: how many tasks came to which end.
        halt: why it ended early; ``None`` if it did not.
        is_confirmed: the user agreed; without that nothing was deleted.

    """

    counts: Mapping[DeletionStatus, int]
    halt: StopReason | None = None
    is_confirmed: bool = True


async def undo(
    results: Path,
    settings: Settings,
    *,
    environment: Mapping[str, str],
    confirm: Confirm,
    stop: StopSwitch,
) -> Undone:
    """
    Delete the tasks that the batch of a results folder created.

    A task is deleted where the journal says that this batch created it and the server's list
    still shows it under the same id and the same name. Everything else is left alone.

    Args:
        results: the results folder.
        settings: endpoint, pace and the like.
        environment: where credentials may be.
        confirm: asked once, with the tasks at hand, before anything is deleted.
        stop: ends it early when pulled.

    Raises:
        SettingsError: there is no batch, or the options do not make a run.
        JournalError: the journal cannot be opened or trusted; nothing was deleted.
        StoppedError: the server's tasks cannot be listed; nothing was deleted.
        ReportError: a report cannot be written; the journal is intact.

    """
    with Journal.open(results, is_new_allowed=False) as journal:
        service = service_of(journal, settings, environment, results)
        tasks = deletions.created(journal.connection)
        if not tasks:
            return Undone(counts={})
        gate = Gate(RateLimit(rate_per_s=settings.rate, headroom=settings.headroom))
        async with (
            service.open() as base_url,
            connect(
                base_url,
                service.credential,
                timeout_s=settings.timeout,
                connections=settings.concurrency,
                network=service.network,
            ) as client,
        ):
            found = await find(tasks, client, gate, service)
            if not confirm(found, service.warning):
                return Undone(counts={}, is_confirmed=False)
            undoing = Deleter(client, gate, stop)
            await _remove(found, undoing, journal, settings.concurrency)
        write_deletions(results / REPORT, deletions.deletions(journal.connection))
        write_reports(journal, results, language=language_of(settings, environment))
        halt = None if stop.halt is None else name_credential(stop.halt, service)
        return Undone(counts=undoing.counts, halt=halt)


async def find(
    tasks: Sequence[CreatedTask], client: RomaClient, gate: Gate, service: Service
) -> Search:
    """
    Look for *tasks* in the server's list.

    Raises:
        StoppedError: an instance cannot be listed.

    """
    look = partial(list_all, client, gate=gate, retry=RetryPolicy(), random=Random())  # noqa: S311 # jitter, no secret
    targets = dict.fromkeys(task.key.target for task in tasks)
    inventories = await run_preflight(targets, look, service.credential)
    if isinstance(inventories, StopReason):
        raise StoppedError(name_credential(inventories, service).message)
    return sort_out(tasks, inventories)


def sort_out(tasks: Sequence[CreatedTask], inventories: Mapping[Target, Inventory]) -> Search:
    """Tell which of *tasks* are there, gone or renamed."""
    there, gone, renamed = [], [], []
    listed = {
        target: {task_id for ids in inventory.ids.values() for task_id in ids}
        for target, inventory in inventories.items()
    }
    for task in tasks:
        target, name = task.key.target, task.key.task_name
        if task.task_id in inventories[target].ids.get(name, ()):
            there.append(task)
        elif task.task_id in listed[target]:
            renamed.append(task)
        else:
            gone.append(task)
    return Search(there=there, gone=gone, renamed=renamed)


async def _remove(found: Search, undoing: Deleter, journal: Journal, concurrency: int) -> None:
    number = journal.start_run(deletions.UNDOING, at=stamp(utc_now()))
    try:
        async with Writer(journal.connection, run=number, now_ms=epoch_ms) as writer:
            await undoing.note(found.gone, DeletionStatus.GONE, writer)
            await undoing.note(found.renamed, DeletionStatus.KEPT, writer)
            await undoing.remove(found.there, writer, concurrency)
    except JournalError as error:
        undoing.stop.pull(StopReason(cause=StopCause.JOURNAL, message=str(error)))
