"""Workers, reconciler and rate limiter of one run."""

import asyncio
import uuid
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from platform import python_version
from random import Random
from typing import Any

import structlog

from batchcreate.client import RomaClient, connect
from batchcreate.clock import epoch_ms, stamp, utc_now
from batchcreate.errors import JournalError, ReportError
from batchcreate.inventory import list_all
from batchcreate.journal import Journal, UnknownTask, Writer
from batchcreate.logs import Log
from batchcreate.models import RunId
from batchcreate.pipeline.background import run_log
from batchcreate.pipeline.preflight import forecast, run_preflight, skip_existing
from batchcreate.pipeline.reports import as_next_run_sees, gather, lost_outcomes, write_reports
from batchcreate.pipeline.service import SIMULATED, Service, name_credential
from batchcreate.pipeline.values import Forecast, Observer, Plan, Reports, RunResult
from batchcreate.pool import (
    AttemptLoop,
    CreateContext,
    Feed,
    ListTasks,
    Pool,
    Reconciler,
    RunCounters,
    StopCause,
    StopReason,
    StopSwitch,
)
from batchcreate.rate_limiter import Gate, RateLimit
from batchcreate.retry import RetryPolicy
from batchcreate.settings import Settings
from batchcreate.text import counted
from batchcreate.version import __version__


def facts_of(
    settings: Settings,
    counters: RunCounters,
    gate: Gate,
    *,
    endpoint: str,
    reason: StopReason | None,
) -> dict[str, Any]:
    """Return what summary.json tells of a run beside its times and the counts of its batch."""
    return {
        "endpoint": endpoint,
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
            "configured_per_s": settings.rate,
            "learned_per_s": round(gate.rate_per_s, 3),
            "slowdowns": gate.slowdowns,
        },
        "concurrency": settings.concurrency,
        "stopped": None if reason is None else {"cause": reason.cause, "message": reason.message},
        "versions": {"batchcreate": __version__, "python": python_version()},
    }


WAITING_PER_WORKER = 2
WAITING_MIN = 5
"""How many unsettled rows may wait while new ones are sent: two for each worker, at least five."""


class Sender:
    """
    One run against one service.

    Args:
        service: where to create.
        settings: how.
        results: the results folder.
        observer: is told what happens.
        stop: ends it early.
        language: of what analysts read in the reports.

    """

    def __init__(
        self,
        service: Service,
        settings: Settings,
        results: Path,
        observer: Observer,
        stop: StopSwitch,
        *,
        language: str,
    ) -> None:
        self._service = service
        self._settings = settings
        self._results = results
        self._observer = observer
        self._stop = stop
        self._language = language
        self._random = Random()  # noqa: S311 # jitter, no secret
        self._retry = RetryPolicy()
        self._started_at = utc_now()
        self._loop = asyncio.get_running_loop()
        self._started = self._loop.time()
        limit = RateLimit(rate_per_s=settings.rate, headroom=settings.headroom)
        self._gate = Gate(limit, on_change=self._note_rate)
        self._counters = RunCounters()
        self._writer: Writer | None = None
        self._troubles: list[str] = []
        self._log: Log = structlog.get_logger()

    async def carry_out(self, journal: Journal, plan: Plan) -> RunResult:
        """
        Send what *plan* says and write the reports.

        Raises:
            PlanError: the batch does not fit what the server has; nothing was sent.
            ReportError: the journal cannot even be read any more.

        """
        settings = self._settings
        run_id = RunId(uuid.uuid4().hex[:12])
        number = journal.start_run(run_id, at=stamp(self._started_at))
        with run_log(self._results, run_id, is_verbose=settings.verbose > 0) as self._log:
            self._log.info("run.started", endpoint=self._service.endpoint, rows=plan.rows)
            self._log.info("config.loaded", settings=settings.told(), sources=settings.sources)
            unsettled = journal.work.find_unknown() if settings.reconcile else []
            is_held = settings.strict and plan.rejected > 0
            if (plan.to_send or unsettled) and not is_held:
                await self._talk(journal, plan, unsettled, number)
            facts = self._facts()
            self._finish(journal, number, facts)
            reports = self._report(journal)
            self._log.info("run.finished", counts=dict(reports.summary.counts), **facts)
        return RunResult(
            results=self._results,
            plan=plan,
            reports=reports,
            run_id=run_id,
            stop_reason=self._stop_reason(),
            facts=facts,
            instances=journal.instances(),
            troubles=self._troubles,
        )

    async def _talk(
        self, journal: Journal, plan: Plan, unsettled: Sequence[UnknownTask], number: int
    ) -> None:
        """Look at what the server has, then send the rest."""
        settings = self._settings
        async with (
            self._service.open() as base_url,
            connect(
                base_url,
                self._service.credential,
                timeout_s=settings.timeout,
                connections=settings.concurrency + 1,
                network=self._service.network,
            ) as client,
        ):
            look = partial(
                list_all, client, gate=self._gate, retry=self._retry, random=self._random
            )
            outlook = await self._look_ahead(journal, plan, unsettled, look)
            if outlook is not None and await self._is_confirmed(outlook):
                self._counters.run_planned(
                    planned=outlook.total + len(unsettled), existing=self._counters.existing
                )
                await self._send(client, journal, number, look, unsettled)

    async def _look_ahead(
        self, journal: Journal, plan: Plan, unsettled: Sequence[UnknownTask], look: ListTasks
    ) -> Forecast | None:
        """Return what is left to do on the server; ``None`` for nothing, or a run that is to end."""
        settings, service = self._settings, self._service
        targets = dict.fromkeys([*plan.to_send, *(row.pending.key.target for row in unsettled)])
        found = await self._stop.run_unless_stopped(
            run_preflight(targets, look, service.credential)
        )
        if found is None:
            return None
        if isinstance(found, StopReason):
            self._stop.request_stop(found)
            return None
        is_abort = settings.on_existing == "abort"
        existing = skip_existing(journal, found, is_abort=is_abort)
        self._counters.run_planned(planned=0, existing=existing)
        if existing:
            tasks = counted(existing, "task")
            self._observer.noted(f"skipped {tasks} that already exist")
        is_simulated = service.endpoint == SIMULATED
        return forecast(journal, found, unsettled, settings, is_simulated=is_simulated)

    async def _send(
        self,
        client: RomaClient,
        journal: Journal,
        number: int,
        list_tasks: ListTasks,
        unknown: Sequence[UnknownTask],
    ) -> None:
        settings = self._settings
        self._writer = writer = journal.writer(run=number, now_ms=epoch_ms)
        writer.note_rate(self._gate.rate_per_s)
        feed = Feed(
            writer, planned=self._counters.planned - len(unknown), rate_per_s=settings.rate
        )
        reconciler = Reconciler(
            list_tasks=list_tasks,
            feed=feed,
            writer=writer,
            stop=self._stop,
            counters=self._counters,
            window_s=settings.settle,
            waiting_max=max(WAITING_MIN, WAITING_PER_WORKER * settings.concurrency),
            log=self._log,
        )
        for row in unknown:
            reconciler.resume(row, now_ms=epoch_ms())
        context = CreateContext(
            client=client,
            credential=self._service.credential,
            feed=feed,
            writer=writer,
            counters=self._counters,
            now=utc_now,
            log=self._log,
        )
        attempts = AttemptLoop(
            gate=self._gate,
            stop=self._stop,
            retry=self._retry,
            random=self._random,
            has_more=lambda: feed.has_more,
        )
        pool = Pool(context, attempts, reconciler if settings.reconcile else None, self._stop)
        try:
            async with writer, self._observer.watching(self._counters, self._gate):
                await pool.run(settings.concurrency)
            journal.apply_log()
        except JournalError as error:
            self._stop.request_stop(StopReason(cause=StopCause.JOURNAL, message=str(error)))
        self._troubles += lost_outcomes(journal, writer.unwritten)

    async def _is_confirmed(self, outlook: Forecast) -> bool:
        """Ask whoever watches; a no ends the run."""
        answer = await self._stop.run_unless_stopped(self._observer.confirm(outlook))
        if answer is False:
            declined = StopReason(
                cause=StopCause.DECLINED, message="nothing was sent: the answer was no"
            )
            self._stop.request_stop(declined)
        return bool(answer)

    def _finish(self, journal: Journal, number: int, facts: Mapping[str, Any]) -> None:
        """Note the end of the run; where the journal takes nothing any more, say so instead."""
        try:
            journal.finish_run(number, at=stamp(utc_now()), facts=facts)
        except JournalError as error:
            self._stop.request_stop(StopReason(cause=StopCause.JOURNAL, message=str(error)))

    def _report(self, journal: Journal) -> Reports:
        """Write the reports; where that fails, say so, and return what they would have told."""
        with as_next_run_sees(journal):
            try:
                reports = write_reports(journal, self._results, language=self._language)
            except ReportError as error:
                if self._stop.reason is not None:
                    self._troubles.append(str(error))
                self._stop.request_stop(StopReason(cause=StopCause.REPORT, message=str(error)))
                return gather(journal, {})
        for note in reports.notes:
            self._observer.noted(note)
        return reports

    def _facts(self) -> dict[str, Any]:
        """Return what summary.json tells of this run."""
        endpoint, reason = self._service.endpoint, self._stop_reason()
        return {
            "started_at": stamp(self._started_at),
            "finished_at": stamp(utc_now()),
            "elapsed_s": round(self._loop.time() - self._started, 3),
            **facts_of(
                self._settings, self._counters, self._gate, endpoint=endpoint, reason=reason
            ),
        }

    def _stop_reason(self) -> StopReason | None:
        reason = self._stop.reason
        return None if reason is None else name_credential(reason, self._service)

    def _note_rate(self, rate_per_s: float) -> None:
        self._log.info("rate.changed", rate_per_s=round(rate_per_s, 3))
        if self._writer is not None:
            self._writer.note_rate(rate_per_s)
