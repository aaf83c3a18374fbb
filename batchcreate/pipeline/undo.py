"""Deletion of the tasks that a batch created."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final, Protocol

from batchcreate.client import RomaClient
from batchcreate.clock import epoch_ms, stamp, utc_now
from batchcreate.errors import CredentialError, JournalError, StoppedError, TransportError
from batchcreate.journal import UNDO_RUN_ID, CreatedTask, Journal, Writer
from batchcreate.models import (
    Audit,
    Decision,
    Deletion,
    DeletionStatus,
    Failed,
    Reply,
    Signal,
    Target,
    TaskId,
)
from batchcreate.pipeline.audit import AuditClock, audit
from batchcreate.pipeline.preflight import run_preflight
from batchcreate.pipeline.reports import write_reports
from batchcreate.pipeline.service import (
    Connection,
    Service,
    connect,
    name_credential,
    named_stop_reason,
    open_gate,
    service_of,
)
from batchcreate.pipeline.undo_plan import Kept, Search, classify, confirmed, select
from batchcreate.pipeline.values import Answer
from batchcreate.pool import AttemptLoop, StopCause, StopReason, StopSwitch
from batchcreate.report.csv_tables import write_deletions
from batchcreate.responses import describe, read_deletion, read_failure
from batchcreate.settings import Settings, language_of
from batchcreate.text import counted


class DeleteClient(Protocol):
    """The HTTP client of undo."""

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
    Delete tasks with concurrent workers.

    Attributes:
        counts: number of tasks per deletion status.

    Args:
        client: sends the requests.
        attempts: sends a request until its outcome is final.
        writer: commits intents and outcomes.
        stop: ends the deletion early.

    """

    def __init__(
        self, client: DeleteClient, attempts: AttemptLoop, writer: Writer, stop: StopSwitch
    ) -> None:
        self.counts = dict.fromkeys(DeletionStatus, 0)
        self._client = client
        self._attempts = attempts
        self._writer = writer
        self._stop = stop

    async def record(self, tasks: Sequence[Kept], status: DeletionStatus) -> None:
        """Record that *tasks* are not deleted, with their reasons."""
        for task, reason in tasks:
            deletion = Deletion(status=status, error_msg=reason)
            await self._writer.record_deletion(task, deletion)
            self.counts[status] += 1

    async def delete(self, tasks: Sequence[CreatedTask], concurrency: int) -> None:
        """Delete *tasks*; on a stop, the requests in flight finish."""
        remaining = iter(tasks)
        async with asyncio.TaskGroup() as group:
            for _ in range(concurrency):
                worker = group.create_task(self._work(remaining))
                worker.add_done_callback(self._stop.unregister)

    async def _work(self, remaining: Iterator[CreatedTask]) -> None:
        try:
            while self._stop.reason is None and (task := next(remaining, None)) is not None:
                await self._delete(task)
        except JournalError as error:
            self._stop.request_stop(StopReason(cause=StopCause.JOURNAL, message=str(error)))

    async def _delete(self, task: CreatedTask) -> None:
        request = DeleteRequest(task, self._client, self._writer, self._stop, self.counts)
        decision = await self._attempts.run(request)
        if decision is None:  # pragma: no cover # a deletion is never withdrawn
            return
        deletion = request.deletion or Deletion(
            status=DeletionStatus.UNKNOWN, error_msg=describe(decision.outcome)
        )
        await self._writer.record_deletion(task, deletion)
        self.counts[DeletionStatus.UNKNOWN] -= 1
        self.counts[deletion.status] += 1


class DeleteRequest:
    """
    The delete request of one task; it may be sent again after any fault.

    Attributes:
        deletion: the result, or None as long as no response states it.

    Args:
        task: the task to delete.
        client: sends the request.
        writer: commits the intent.
        stop: ends the deletion early.
        counts: number of tasks per status; a task counts as unknown from its intent on.

    """

    def __init__(
        self,
        task: CreatedTask,
        client: DeleteClient,
        writer: Writer,
        stop: StopSwitch,
        counts: dict[DeletionStatus, int],
    ) -> None:
        self.deletion: Deletion | None = None
        self._task = task
        self._client = client
        self._writer = writer
        self._stop = stop
        self._counts = counts
        self._has_intent = False

    async def commit_intent(self) -> None:
        """Commit that the task is about to be deleted; once for all attempts."""
        if not self._has_intent:
            await self._writer.record_deletion_intent(self._task)
            self._counts[DeletionStatus.UNKNOWN] += 1
            self._has_intent = True

    def withdraw_intent(self) -> bool:
        """Return False: a deletion whose intent is committed is sent."""
        return False

    async def send(self) -> Decision:
        """Send one request; retry unless the response is final for the task."""
        try:
            reply = await self._client.delete(self._task.key.target, self._task.task_id)
        except TransportError as error:
            return replace(read_failure(error), may_resend=True)
        except CredentialError as error:
            reason = StopReason(cause=StopCause.UNAUTHORIZED, message=str(error))
            self._stop.request_stop(reason)
            refusal = Failed(http_status=None, error_code="", error_msg=str(error))
            return Decision(outcome=refusal)
        decision, self.deletion = read_deletion(reply, now=utc_now())
        decision = replace(decision, may_resend=self.deletion is None)
        # A single task may be forbidden; the report lists each of them.
        is_forbidden = decision.signal is Signal.FORBIDDEN
        return replace(decision, signal=Signal.NONE) if is_forbidden else decision

    async def renew_credential(self, sent_at: float) -> bool:
        """Return False: the client renews the credential of a request that it may repeat."""
        del sent_at
        return False

    def log(self, decision: Decision, attempt: int, *, is_final: bool) -> None:
        """Log nothing: undo has no log."""


REPORT: Final = "undo.csv"


Confirm = Callable[[Search, str], Awaitable[Answer]]
"""Called with the search and a warning or an empty text; returns whether to delete."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """
    The result of undo.

    Attributes:
        counts: number of tasks per deletion status.
        stop_reason: why it ended early, or None.
        is_confirmed: the user confirmed; otherwise nothing was deleted.
        note: what changed while the question was open, or an empty text.
        audit: the comparison of the task lists with the journal; None if nothing was sent.

    """

    counts: Mapping[DeletionStatus, int]
    stop_reason: StopReason | None = None
    is_confirmed: bool = True
    note: str = ""
    audit: Audit | None = None


async def undo(
    results: Path,
    settings: Settings,
    *,
    environment: Mapping[str, str],
    confirm: Confirm,
    stop: StopSwitch,
    includes_reconciled: bool = False,
) -> Undone:
    """
    Delete the tasks that the batch of a results folder created.

    Args:
        results: the results folder.
        settings: the settings of the command.
        environment: environment variables, for credentials and language.
        confirm: called once before anything is deleted.
        stop: ends the deletion early.
        includes_reconciled: also delete tasks that were found in a task list.

    Raises:
        SettingsError: there is no batch, or the settings are invalid.
        JournalError: the journal cannot be opened or trusted; nothing was deleted.
        StoppedError: no task of the batch is in a readable task list; nothing was deleted.
        ReportError: a report cannot be written; the journal is intact.

    """
    with Journal.open(results, is_new_allowed=False) as journal:
        service = service_of(journal, settings.endpoint, settings.attempt, environment, results)
        if not (tasks := journal.created_tasks()):
            return Undone(counts={})
        gate = open_gate(settings.rate)
        async with connect(service, settings.rate, settings.attempt, gate) as connection:
            search = partial(find, tasks, connection, service, includes_reconciled)
            found, note = await _ask(search, confirm, service.warning)
            if found is None:
                return Undone(counts={}, is_confirmed=False)
            undone = await _delete(found, connection, stop, journal, settings)
        _write(journal, results, language_of(settings.output, environment))
        return replace(undone, note=note, stop_reason=named_stop_reason(stop, service))


def _write(journal: Journal, results: Path, language: str) -> None:
    write_deletions(results / REPORT, journal.deletions())
    write_reports(journal, results, language=language)


async def _ask(
    search: Callable[[], Awaitable[Search]], confirm: Confirm, warning: str
) -> tuple[Search | None, str]:
    """Return what to delete, or None if the answer is no, and what changed meanwhile."""
    found = await search()
    answer = await confirm(found, warning)
    if answer is Answer.NO:
        return None, ""
    return confirmed(found, await search()) if answer is Answer.YES else (found, "")


async def find(
    tasks: Sequence[CreatedTask],
    connection: Connection[RomaClient],
    service: Service,
    includes_reconciled: bool,  # noqa: FBT001 # of a partial
) -> Search:
    """
    Look up *tasks* in the task lists.

    Raises:
        StoppedError: the task list of an instance cannot be read, or the lists contain no task.

    """
    targets = dict.fromkeys(task.key.target for task in tasks)
    task_lists = await run_preflight(targets, connection.list_tasks, service.credential)
    if isinstance(task_lists, StopReason):
        raise StoppedError(name_credential(task_lists, service).message)
    found = classify(tasks, task_lists)
    if found.is_empty:
        msg = (
            f"the task list contains none of the {counted(len(tasks), 'task')} of this batch; "
            "nothing was changed. Check the task list in the console, then run the same command "
            "again"
        )
        raise StoppedError(msg)
    return select(found, includes_reconciled=includes_reconciled)


async def _delete(
    found: Search,
    connection: Connection[RomaClient],
    stop: StopSwitch,
    journal: Journal,
    settings: Settings,
) -> Undone:
    loop = asyncio.get_running_loop()
    started = loop.time()
    number = journal.start_run(UNDO_RUN_ID, at=stamp(utc_now()))
    writer = journal.writer(run=number, now_ms=epoch_ms)
    deleter = Deleter(connection.client, connection.attempts(stop), writer, stop)
    comparison = None
    try:
        async with writer:
            await deleter.record(found.gone, DeletionStatus.GONE)
            await deleter.record(found.not_listed, DeletionStatus.NOT_LISTED)
            await deleter.record(found.kept, DeletionStatus.KEPT)
            await deleter.delete(found.there, settings.rate.concurrency)
        if found.there and stop.reason is None:
            comparison = await audit(
                journal,
                dict.fromkeys(task.key.target for task in found.there),
                connection.list_tasks,
                AuditClock(
                    window_s=settings.reconcile.reconcile_window_s,
                    elapsed_s=lambda: loop.time() - started,
                ),
            )
    except JournalError as error:
        stop.request_stop(StopReason(cause=StopCause.JOURNAL, message=str(error)))
    return Undone(counts=deleter.counts, audit=comparison)
