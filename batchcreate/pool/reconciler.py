"""Reconcile unknown rows against the task list, without occupying workers."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

import structlog

from batchcreate.errors import JournalError
from batchcreate.journal import AttemptOutcome, Evidence, Pending, UnknownTask, Writer
from batchcreate.models import Created, Failed, Target, TaskId, Unknown
from batchcreate.pool.feed import Feed
from batchcreate.pool.stop import (
    RunCounters,
    StopCause,
    StopReason,
    StopSwitch,
    immediate_stop,
)
from batchcreate.reconcile import (
    CHECK_SHARES,
    RESENDS_MAX,
    Question,
    Resend,
    Wait,
    decide,
    sent_row,
)
from batchcreate.responses import describe
from batchcreate.task_list import Incomplete, TaskList

ListTasks = Callable[[Target], Awaitable[TaskList | Incomplete]]
"""Reads the whole task list of an instance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnresolvedTask:
    """
    A row with unknown outcome that waits for the task list.

    Attributes:
        pending: the task.
        intent: number of the last attempt.
        ended_at: loop time of the end of that attempt, or of the start of this run.
        last: how that attempt was read.
        may_resend: the task may be sent again if it is absent.
        checks: number of scheduled checks that are done or omitted.

    """

    pending: Pending
    intent: int
    ended_at: float
    last: Unknown
    may_resend: bool = True
    checks: int = 1


class Reconciler:
    """
    Reconcile the rows with unknown outcome of this run and of earlier runs.

    One task list serves all waiting rows of its instance. While too many rows wait, the workers
    take no new ones, so that an overloaded server receives no further requests. A task list of
    several pages that changes while this run creates tasks is read again while nothing is sent.

    Args:
        list_tasks: reads the task list of an instance.
        feed: receives the rows that are absent and may be sent again.
        writer: records the outcomes.
        stop: ends the run if too many rows cannot be reconciled or the list must not be read.
        counters: the progress of the run.
        window_s: time until a created task appears in the task list, in seconds.
        waiting_max: maximum number of waiting rows while new rows are sent.
        log: the log of the run.

    """

    def __init__(  # noqa: PLR0913 # the one place where these collaborators meet
        self,
        *,
        list_tasks: ListTasks,
        feed: Feed,
        writer: Writer,
        stop: StopSwitch,
        counters: RunCounters,
        window_s: float,
        waiting_max: int,
        log: structlog.typing.FilteringBoundLogger,
    ) -> None:
        self._list_tasks = list_tasks
        self._feed = feed
        self._writer = writer
        self._stop = stop
        self._counters = counters
        self._window_s = window_s
        self._waiting_max = waiting_max
        self._log = log
        self._loop = asyncio.get_running_loop()
        self._waiting: dict[Target, list[UnresolvedTask]] = defaultdict(list)
        self._checked_at: dict[Target, float] = {}
        self._resends = Counter[int]()
        self._unreconciled = 0
        self._changed = asyncio.Event()

    def add(self, task: UnresolvedTask) -> None:
        """Add *task* to the rows that wait for the task list."""
        self._waiting[task.pending.key.target].append(task)
        self._feed.expect_return()
        self._hold_or_release()
        self._changed.set()

    def resume(self, row: UnknownTask) -> None:
        """
        Add a row that an earlier run left unknown.

        Its window begins now: how long ago its attempt ended is known only from the wall clock,
        which may have changed. Its task may be listed already, so the first check is due now.
        """
        self.add(
            UnresolvedTask(
                pending=row.pending,
                intent=row.intent,
                ended_at=self._loop.time(),
                last=Unknown(
                    reason=row.reason if row.is_recorded else "sent, but no outcome was recorded",
                    http_status=row.http_status,
                    error_code=row.error_code,
                ),
                may_resend=row.may_resend,
                checks=0,
            )
        )

    async def run(self) -> None:
        """Check the rows that are due, until cancelled or the journal fails."""
        try:
            await self._run()
        except JournalError as error:
            self._stop.request_stop(StopReason(cause=StopCause.JOURNAL, message=str(error)))

    async def _run(self) -> None:
        while True:
            self._changed.clear()
            due = min(
                ((self._due_at(target, rows), index, target)
                 for index, (target, rows) in enumerate(self._waiting.items()) if rows),
                default=None,
            )  # fmt: skip
            self._counters.check_planned(None if due is None else due[0])
            wait_s = None if due is None else max(0.0, due[0] - self._loop.time())
            if due is None or wait_s:
                await _wait(self._changed, wait_s)
                continue
            await self._check(due[2])

    async def _check(self, target: Target) -> None:
        began_at = self._loop.time()
        self._checked_at[target] = began_at
        found = await self._list_tasks(target)
        if isinstance(found, Incomplete) and found.is_moving:
            async with self._feed.drained():
                began_at = self._loop.time()
                found = await self._list_tasks(target)
        # An access key is locked after a few refusals, so one refusal is enough.
        if isinstance(found, Incomplete):
            reason = immediate_stop(found.signal, found.reason)
            if reason is not None:
                self._stop.request_stop(reason)
        waiting = self._waiting[target]
        rows = [row for row in waiting if row.ended_at <= began_at]
        self._waiting[target] = [row for row in waiting if row.ended_at > began_at]
        evidence = await self._read_evidence(target, rows, found)
        for row in rows:
            self._decide(row, found, evidence, began_at)
        self._hold_or_release()

    async def _read_evidence(
        self, target: Target, rows: Sequence[UnresolvedTask], found: TaskList | Incomplete
    ) -> Evidence | None:
        if isinstance(found, Incomplete):
            return None
        candidates = [
            task_id for row in rows for task_id in found.ids.get(row.pending.key.task_name, ())
        ]
        return await self._writer.read_evidence(
            target,
            listed=found.names.keys(),
            candidates=candidates,
            tasks=[row.pending.task for row in rows],
        )

    def _question(
        self, row: UnresolvedTask, evidence: Evidence | None, began_at: float
    ) -> Question:
        question = Question(
            task_name=row.pending.key.task_name,
            last=row.last,
            is_window_over=began_at >= row.ended_at + self._window_s,
            may_resend=row.may_resend and self._resends[row.pending.task] < RESENDS_MAX,
        )
        return question if evidence is None else add_evidence(question, row.pending, evidence)

    def _decide(
        self,
        row: UnresolvedTask,
        found: TaskList | Incomplete,
        evidence: Evidence | None,
        began_at: float,
    ) -> None:
        match decide(self._question(row, evidence, began_at), found):
            case Wait():
                checks = sum(
                    began_at >= row.ended_at + share * self._window_s for share in CHECK_SHARES
                )
                self._waiting[row.pending.key.target].append(replace(row, checks=checks))
            case Resend():
                self._resends[row.pending.task] += 1
                self._feed.return_task(row.pending)
            case (
                Created() | Failed() | Unknown() as outcome
            ):  # pragma: no branch # the last types of the union
                self._record(row, outcome)

    def _record(self, row: UnresolvedTask, outcome: Created | Failed | Unknown) -> None:
        self._writer.record_outcome(
            AttemptOutcome(intent=row.intent, outcome=outcome, duration_ms=0)
        )
        self._counters.task_finished(outcome)
        self._feed.cancel_return()
        self._log.info(
            "task.reconciled",
            file=row.pending.location.file,
            sheet=row.pending.location.sheet,
            row=row.pending.location.number,
            task_name=row.pending.key.task_name,
            outcome=describe(outcome),
        )
        if isinstance(outcome, Unknown):
            self._unreconciled += 1
            if self._unreconciled > self._waiting_max and self._feed.has_more:
                message = (
                    f"{self._unreconciled} rows could not be reconciled ({outcome.reason}). Run the "
                    "same command again once the task list is available"
                )
                self._stop.request_stop(StopReason(cause=StopCause.OUTAGE, message=message))

    def _hold_or_release(self) -> None:
        waiting = sum(map(len, self._waiting.values()))
        self._counters.tasks_to_reconcile(waiting)
        self._feed.hold(is_held=waiting > self._waiting_max)

    def _due_at(self, target: Target, rows: list[UnresolvedTask]) -> float:
        """Return the loop time of the next check: when a row is due, or now if too many wait."""
        due_at = min(
            row.ended_at + CHECK_SHARES[min(row.checks, len(CHECK_SHARES) - 1)] * self._window_s
            for row in rows
        )
        if len(rows) > self._waiting_max:
            due_at = min(due_at, rows[-1].ended_at)
        spacing_s = self._window_s * CHECK_SHARES[1] / 4
        return max(due_at, self._checked_at.get(target, -spacing_s) + spacing_s)


def add_evidence(question: Question, pending: Pending, evidence: Evidence) -> Question:
    """Return *question* with what the journal knows about its task and the task list."""
    sent = evidence.sent[pending.task]
    foreign: dict[TaskId, str] = {
        task_id: "it existed before the row was sent"
        for task_id, run in evidence.listed.items()
        if run <= sent.first_run
    }
    foreign |= {
        other.task_id: f"the server returned its id for {other.name}"
        for other in evidence.returned
        if other.task != pending.task
    }
    return replace(
        question,
        sent=sent_row(pending.body, first_sent_ms=sent.first_sent_ms),
        foreign=foreign,
        missing=[
            (other.name, other.task_id)
            for other in evidence.returned
            if not other.is_listed and other.position <= sent.ended_at
        ],
    )


async def _wait(event: asyncio.Event, timeout_s: float | None) -> None:
    try:
        async with asyncio.timeout(timeout_s):
            await event.wait()
    except TimeoutError:
        pass
