"""Deletes what a batch created, and only that: same id, same name, still in the list."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import Final

from batchcreate.client import RomaClient, connect
from batchcreate.clock import epoch_ms, stamp, utc_now
from batchcreate.errors import JournalError, StoppedError
from batchcreate.inventory import list_all
from batchcreate.journal import CreatedTask, Journal, Writer, deletions
from batchcreate.limiter import Gate, RateLimit
from batchcreate.listing import Inventory
from batchcreate.models import DeletionStatus, Target
from batchcreate.pipeline.baseline import take_baseline
from batchcreate.pipeline.reporting import write_reports
from batchcreate.pipeline.service import Service, name_credential, service_of
from batchcreate.pipeline.undoing import Undoing
from batchcreate.pool import Cause, Halt, Stop
from batchcreate.report import write_deletions
from batchcreate.retry import RetryPolicy
from batchcreate.settings import Settings, language_of

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
            undoing = Undoing(client, gate, stop)
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
    inventories = await take_baseline(targets, look, service.credential)
    if isinstance(inventories, Halt):
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


async def _remove(found: Search, undoing: Undoing, journal: Journal, concurrency: int) -> None:
    number = journal.start_run(deletions.UNDOING, at=stamp(utc_now()))
    try:
        async with Writer(journal.connection, run=number, now_ms=epoch_ms) as writer:
            await undoing.note(found.gone, DeletionStatus.GONE, writer)
            await undoing.note(found.renamed, DeletionStatus.KEPT, writer)
            await undoing.remove(found.there, writer, concurrency)
    except JournalError as error:
        undoing.stop.pull(Halt(cause=Cause.JOURNAL, message=str(error)))
