"""Deletes what a batch created, and only that: same id, same name, still in the list."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from random import Random

from batchcreate.client import RomaClient, connect
from batchcreate.clock import epoch_ms, stamp, utc_now
from batchcreate.errors import StoppedError, TransportError
from batchcreate.inventory import list_all
from batchcreate.journal import CreatedTask, Journal, Writer, deletions
from batchcreate.limiter import Gate, RateLimit
from batchcreate.listing import Inventory
from batchcreate.models import Deletion, DeletionStatus, RunId, Signal, Target
from batchcreate.outcome import describe, read_deletion, read_reply
from batchcreate.pipeline.baseline import take_baseline
from batchcreate.pipeline.reporting import write_reports
from batchcreate.pipeline.service import service_at
from batchcreate.pool import Halt, Stop
from batchcreate.report import write_deletions
from batchcreate.retry import RetryPolicy
from batchcreate.settings import Settings

REPORT = "undo.csv"

Confirm = Callable[[Sequence[CreatedTask], int], bool]
"""Is shown what would be deleted, and how much of the batch is gone already; says yes or no."""


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
    halt: Halt | None = None
    is_confirmed: bool = True


async def undo(
    results: Path,
    settings: Settings,
    *,
    environment: Mapping[str, str],
    confirm: Confirm,
    stop: Stop,
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
        JournalError: the journal cannot be opened, trusted or written.
        StoppedError: the server's tasks cannot be listed; nothing was deleted.
        ReportError: a report cannot be written; the journal is intact.

    """
    with Journal.open(results, is_new_allowed=False) as journal:
        service = service_at(journal.endpoint, settings, environment, results)
        tasks = deletions.created(journal.connection)
        if not tasks:
            return Undone(counts={})
        limit = RateLimit(rate_per_s=settings.rate, headroom=settings.headroom)
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
            undoing = Undoing(client, Gate(limit), stop)
            there, gone = await undoing.find(tasks)
            if not confirm(there, len(gone)):
                return Undone(counts={}, is_confirmed=False)
            number = journal.start_run(RunId("undo"), at=stamp(utc_now()))
            async with Writer(journal.connection, run=number, now_ms=epoch_ms) as writer:
                counts = await undoing.remove(there, gone, writer, settings.concurrency)
        write_deletions(results / REPORT, deletions.deletions(journal.connection))
        write_reports(journal, results)
        return Undone(counts=counts, halt=stop.halt)


class Undoing:
    """
    The part of undo that talks to the server.

    Args:
        client: lists and deletes.
        gate: lets the requests go.
        stop: ends it early when pulled.

    """

    def __init__(self, client: RomaClient, gate: Gate, stop: Stop) -> None:
        self._client = client
        self._gate = gate
        self._stop = stop
        self._retry = RetryPolicy()
        self._random = Random()  # noqa: S311 # jitter, no secret

    async def find(
        self, tasks: Sequence[CreatedTask]
    ) -> tuple[list[CreatedTask], list[CreatedTask]]:
        """
        Return the tasks that the server's list shows, and those that it does not.

        Raises:
            StoppedError: an instance cannot be listed.

        """
        look = partial(
            list_all, self._client, gate=self._gate, retry=self._retry, random=self._random
        )
        inventories = await take_baseline(dict.fromkeys(task.key.target for task in tasks), look)
        if isinstance(inventories, Halt):
            raise StoppedError(inventories.message)
        there = [task for task in tasks if _is_listed(task, inventories)]
        listed = {task.task for task in there}
        return there, [task for task in tasks if task.task not in listed]

    async def remove(
        self,
        there: Sequence[CreatedTask],
        gone: Sequence[CreatedTask],
        writer: Writer,
        concurrency: int,
    ) -> Mapping[DeletionStatus, int]:
        """Delete the tasks *there*, note those *gone*, and count how each of them ended."""
        counts = dict.fromkeys(DeletionStatus, 0)
        for task in gone:
            await self._note(writer, task, Deletion(status=DeletionStatus.GONE))
        counts[DeletionStatus.GONE] = len(gone)
        left = iter(there)
        async with asyncio.TaskGroup() as group:
            for _ in range(concurrency):
                group.create_task(self._work(left, writer, counts))
        return counts

    async def _work(
        self, left: Iterator[CreatedTask], writer: Writer, counts: dict[DeletionStatus, int]
    ) -> None:
        for task in left:
            if self._stop.halt is not None:
                return
            await writer.call(partial(deletions.ask, task=task, at_ms=epoch_ms()))
            deletion = await self._delete(task)
            await self._note(writer, task, deletion)
            counts[deletion.status] += 1

    async def _note(self, writer: Writer, task: CreatedTask, deletion: Deletion) -> None:
        await writer.call(
            partial(deletions.finish, task=task, deletion=deletion, at_ms=epoch_ms())
        )

    async def _delete(self, task: CreatedTask) -> Deletion:
        """Delete one task; a deletion by id may be asked for again after any fault."""
        for attempt in count(1):
            admitted_at = await self._gate.acquire()
            try:
                reply = await self._client.delete(task.key.target, task.task_id)
            except TransportError as error:
                reason = str(error)
            else:
                if (deletion := read_deletion(reply)) is not None:
                    self._gate.succeeded(admitted_at)
                    return deletion
                decision = read_reply(reply, now=utc_now())
                reason = describe(decision.outcome)
                if decision.signal is Signal.THROTTLED:
                    self._gate.throttled(admitted_at, decision.wait_s)
            if attempt >= self._retry.attempts_max:
                return Deletion(status=DeletionStatus.UNKNOWN, error_msg=reason)
            await asyncio.sleep(self._retry.wait_s(attempt, self._random))
        raise AssertionError  # pragma: no cover # the count has no end


def _is_listed(task: CreatedTask, inventories: Mapping[Target, Inventory]) -> bool:
    inventory = inventories[task.key.target]
    return task.task_id in inventory.ids.get(task.key.task_name, ())
