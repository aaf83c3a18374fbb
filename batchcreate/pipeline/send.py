"""Workers, reconciler and rate limiter of one run."""

import asyncio
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from platform import python_version
from typing import Any, Final

from batchcreate.clock import epoch_ms, stamp, utc_now
from batchcreate.errors import JournalError
from batchcreate.journal import Journal, UnknownTask, Writer
from batchcreate.logs import Log, run_log
from batchcreate.models import Audit, RunId, Target
from batchcreate.pipeline.audit import AuditClock, audit
from batchcreate.pipeline.plan import Forecast, Plan
from batchcreate.pipeline.preflight import forecast, run_preflight, skip_existing
from batchcreate.pipeline.service import (
    ApiClient,
    Connection,
    connect,
    named_stop_reason,
    open_gate,
)
from batchcreate.pipeline.values import Answer, Batch
from batchcreate.pipeline.waiting import watching_waits
from batchcreate.pool import (
    CreateContext,
    Feed,
    Pool,
    Reconciler,
    RunCounters,
    StopCause,
    StopReason,
    StopSwitch,
)
from batchcreate.rate_limiter import Gate
from batchcreate.settings.endpoint_group import SIMULATED
from batchcreate.text import counted
from batchcreate.version import __version__

WAITING_PER_WORKER: Final = 2
WAITING_MIN: Final = 5
"""Rows that may wait for the task list while new ones are sent: two per worker, at least five."""


@dataclass(slots=True, kw_only=True)
class Run:
    """
    One execution of `run` or `retry`, from its record in the journal to its reports.

    Attributes:
        batch: the results folder and the collaborators of the run.
        journal: the open journal.
        run_id: identifies the run in log and summary.
        number: number of the run in the journal, counted from 1.
        log: the log of the run.
        writer: commits intents, outcomes and rates.
        gate: paces the requests.
        counters: the progress of the run.
        started_at: start of the run, in UTC.
        started: start of the run, as loop time.
        lost: outcomes that the journal could not store, one line each.
        audit: the comparison of the task lists with the journal; None if there was none.

    """

    batch: Batch
    journal: Journal
    run_id: RunId
    number: int
    log: Log
    writer: Writer
    gate: Gate
    counters: RunCounters
    started_at: datetime
    started: float
    lost: list[str] = field(default_factory=list)
    audit: Audit | None = None

    @property
    def stop_reason(self) -> StopReason | None:
        """The reason why the run ended early, with the refused credential; or None."""
        return named_stop_reason(self.batch.stop, self.batch.service)

    def finish(self) -> dict[str, Any]:
        """Record the end of the run; return its facts for summary.json."""
        facts = self._facts()
        try:
            self.journal.finish_run(self.number, at=stamp(utc_now()), facts=facts)
        except JournalError as error:
            self.batch.stop.request_stop(StopReason(cause=StopCause.JOURNAL, message=str(error)))
        return facts

    def _facts(self) -> dict[str, Any]:
        settings, counters, reason = self.batch.settings, self.counters, self.stop_reason
        return {
            "started_at": stamp(self.started_at),
            "finished_at": stamp(utc_now()),
            "elapsed_s": round(asyncio.get_running_loop().time() - self.started, 3),
            "endpoint": self.batch.service.endpoint,
            "this_run": {
                "planned": counters.planned,
                "existing": counters.existing,
                "created": counters.created,
                "failed": counters.failed,
                "unknown": counters.unknown,
                "attempts": counters.attempts,
                "throttled": counters.throttled,
            },
            "rate": {
                "configured_per_s": settings.rate.rate_per_s,
                "learned_per_s": round(self.gate.rate_per_s, 3),
                "slowdowns": self.gate.slowdowns,
            },
            "concurrency": settings.rate.concurrency,
            "stopped": reason
            and {
                "cause": reason.cause,
                "message": reason.message,
                "exit_code": reason.exit_code,
            },
            "versions": {"batchcreate": __version__, "python": python_version()},
        }


@contextmanager
def start_run(batch: Batch, journal: Journal, plan: Plan) -> Iterator[Run]:
    """
    Record the start of a run; its log is open until the end of the block.

    Raises:
        SettingsError: the log cannot be opened; nothing was sent.

    """
    settings, started_at = batch.settings, utc_now()
    run_id = RunId(uuid.uuid4().hex[:12])
    number = journal.start_run(run_id, at=stamp(started_at))
    with run_log(batch.results, run_id, is_verbose=settings.terminal.verbosity > 0) as log:
        log.info("run.started", endpoint=batch.service.endpoint, rows=plan.rows)
        log.info("config.loaded", settings=settings.as_dict(), sources=settings.sources)
        writer = journal.writer(run=number, now_ms=epoch_ms)

        def on_rate_change(rate_per_s: float) -> None:
            log.info("rate.changed", rate_per_s=round(rate_per_s, 3))
            writer.record_rate(rate_per_s)

        yield Run(
            batch=batch,
            journal=journal,
            run_id=run_id,
            number=number,
            log=log,
            writer=writer,
            gate=open_gate(settings.rate, on_rate_change),
            counters=RunCounters(),
            started_at=started_at,
            started=asyncio.get_running_loop().time(),
        )


async def send(run: Run, plan: Plan) -> None:
    """
    Run the preflight, ask for confirmation, then create the tasks of *plan*.

    Raises:
        PlanError: the batch does not fit into the instances; nothing was sent.

    """
    settings = run.batch.settings
    unknown = run.journal.work.find_unknown() if settings.reconcile.is_enabled else []
    is_held = settings.run.is_strict and not plan.is_clean
    if is_held or not (plan.to_send or plan.to_check_again or unknown):
        return
    stop, observer = run.batch.stop, run.batch.observer
    async with (
        connect(run.batch.service, settings.rate, settings.attempt, run.gate) as connection,
        watching_waits(run.gate, stop, on_wait=observer.noted),
    ):
        expected = await _preflight(run, plan, unknown, connection)
        if expected is None or (answer := await _ask(run, expected)) is None:
            return
        if answer is Answer.YES:
            expected = await _preflight(run, plan, unknown, connection)
        if expected is not None:
            run.counters.run_planned(
                planned=expected.total + len(unknown), existing=run.counters.existing
            )
            await _send(run, unknown, connection)
            await _audit(run, plan, unknown, connection)


async def _send(
    run: Run, unknown: Sequence[UnknownTask], connection: Connection[ApiClient]
) -> None:
    settings = run.batch.settings
    sender = Sender(
        connection, run.writer, counters=run.counters, stop=run.batch.stop, log=run.log
    )
    try:
        async with run.writer, run.batch.observer.watching(run.counters, run.gate):
            await sender.send(
                unknown,
                concurrency=settings.rate.concurrency,
                window_s=settings.reconcile.window_s,
                waiting_max=max(WAITING_MIN, WAITING_PER_WORKER * settings.rate.concurrency),
            )
        run.journal.apply_log()
    except JournalError as error:
        run.batch.stop.request_stop(StopReason(cause=StopCause.JOURNAL, message=str(error)))


async def _audit(
    run: Run, plan: Plan, unknown: Sequence[UnknownTask], connection: Connection[ApiClient]
) -> None:
    """Compare the task lists with the journal, if anything was sent and the run goes on."""
    if not run.counters.attempts or run.batch.stop.reason is not None:
        return
    time = asyncio.get_running_loop().time
    comparison = audit(
        run.journal,
        _targets(plan, unknown),
        connection.list_tasks,
        AuditClock(
            window_s=run.batch.settings.reconcile.reconcile_window_s,
            elapsed_s=lambda: time() - run.started,
        ),
    )
    try:
        run.audit = await run.batch.stop.run_unless_stopped(comparison)
    except JournalError as error:
        run.batch.stop.request_stop(StopReason(cause=StopCause.JOURNAL, message=str(error)))


def _targets(plan: Plan, unknown: Sequence[UnknownTask]) -> Sequence[Target]:
    unknown_targets = (row.pending.key.target for row in unknown)
    return list(dict.fromkeys([*plan.to_send, *plan.to_check_again, *unknown_targets]))


async def _preflight(
    run: Run, plan: Plan, unknown: Sequence[UnknownTask], connection: Connection[ApiClient]
) -> Forecast | None:
    """
    Return what remains to be sent, or None if there is nothing or the run is stopped.

    After a question it is repeated: tasks that were created in the meantime are skipped as well.
    """
    batch = run.batch
    found = await batch.stop.run_unless_stopped(
        run_preflight(_targets(plan, unknown), connection.list_tasks, batch.service.credential)
    )
    if found is None:
        return None
    if isinstance(found, StopReason):
        batch.stop.request_stop(found)
        return None
    is_abort = batch.settings.run.on_existing == "abort"
    existing = skip_existing(run.journal, found, is_abort=is_abort)
    if (limit := batch.settings.selection.limit_rows) is not None:
        run.journal.work.limit_to(limit)
    run.counters.run_planned(planned=0, existing=run.counters.existing + existing)
    if existing:
        batch.observer.noted(f"skipped {counted(existing, 'task')} that already exist")
    is_simulated = batch.service.endpoint == SIMULATED
    expected = forecast(
        run.journal,
        found,
        unknown,
        quota=batch.settings.quota,
        rate=batch.settings.rate,
        is_simulated=is_simulated,
    )
    window_s = batch.settings.reconcile.window_s or 0.0
    return None if expected is None else replace(expected, window_s=window_s)


async def _ask(run: Run, expected: Forecast) -> Answer | None:
    """Ask the observer; the answer no stops the run, and None means that it is stopped."""
    stop = run.batch.stop
    answer = await stop.run_unless_stopped(run.batch.observer.confirm(expected))
    if answer is Answer.NO:
        declined = StopReason(cause=StopCause.DECLINED, message="Cancelled; nothing was sent.")
        stop.request_stop(declined)
        return None
    return answer


class Sender:
    """
    Create the pending tasks of a journal, and reconcile the unknown ones.

    Args:
        connection: client, gate and retry policy.
        writer: commits intents and outcomes; open while tasks are sent.
        counters: the progress of the run.
        stop: ends the run early.
        log: the log of the run.
        now: the wall clock, in UTC.
        reconciler: the class of the reconciler.

    """

    def __init__(  # noqa: PLR0913 # the one place where all collaborators meet
        self,
        connection: Connection[ApiClient],
        writer: Writer,
        *,
        counters: RunCounters,
        stop: StopSwitch,
        log: Log,
        now: Callable[[], datetime] = utc_now,
        reconciler: type[Reconciler] = Reconciler,
    ) -> None:
        self._connection = connection
        self._writer = writer
        self._counters = counters
        self._stop = stop
        self._log = log
        self._now = now
        self._reconciler = reconciler

    async def send(
        self,
        unknown: Sequence[UnknownTask],
        *,
        concurrency: int,
        window_s: float | None,
        waiting_max: int,
    ) -> None:
        """
        Send until every planned task has a final outcome or the run is stopped.

        Args:
            unknown: tasks that earlier runs left unknown.
            concurrency: number of workers.
            window_s: time to look for a task in the task list, in seconds; None to leave tasks
                with unknown outcome unknown.
            waiting_max: maximum number of rows that wait for the task list while others are sent.

        """
        gate = self._connection.gate
        self._writer.record_rate(gate.rate_per_s)
        planned = self._counters.planned - len(unknown)
        feed = Feed(self._writer, planned=planned, rate_per_s=gate.configured_per_s)
        context = CreateContext(
            client=self._connection.client,
            credential=self._connection.credential,
            feed=feed,
            writer=self._writer,
            counters=self._counters,
            now=self._now,
            log=self._log,
        )
        attempts = self._connection.attempts(self._stop, has_more=lambda: feed.has_more)
        reconciler = None
        if window_s is not None:
            reconciler = self._start_reconciler(feed, unknown, window_s, waiting_max)
        await Pool(context, attempts, reconciler, self._stop).run(concurrency)

    def _start_reconciler(
        self, feed: Feed, unknown: Sequence[UnknownTask], window_s: float, waiting_max: int
    ) -> Reconciler:
        reconciler = self._reconciler(
            list_tasks=self._connection.list_tasks,
            feed=feed,
            writer=self._writer,
            stop=self._stop,
            counters=self._counters,
            window_s=window_s,
            waiting_max=waiting_max,
            log=self._log,
        )
        for row in unknown:
            reconciler.resume(row)
        return reconciler
