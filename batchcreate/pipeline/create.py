"""The main job: spreadsheets in, composite tasks created, reports out."""

import asyncio
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Protocol

from batchcreate import __version__
from batchcreate.client import RomaClient, connect
from batchcreate.clock import epoch_ms, stamp, utc_now
from batchcreate.errors import BatchCreateError, JournalError
from batchcreate.journal import Journal, Settlement, Writer
from batchcreate.limiter import Gate, RateLimit
from batchcreate.logs import Log, open_log
from batchcreate.models import RunId, Summary
from batchcreate.pipeline.intake import Input, Plan, enroll
from batchcreate.pipeline.probe import probe
from batchcreate.pipeline.reporting import write_reports
from batchcreate.pipeline.service import Service, find_service, target_defaults
from batchcreate.pool import Cause, Feed, Halt, Pool, RetryPolicy, Stop, Tally
from batchcreate.settings import Settings, parse_rows


class Observer(Protocol):
    """Whoever wants to see a run while it happens."""

    def planned(self, plan: Plan) -> None:
        """Everything is read and validated; nothing is sent yet."""
        ...

    def watching(self, tally: Tally, gate: Gate) -> AbstractAsyncContextManager[None]:
        """Show *tally* and the rate of *gate* for as long as the block lasts."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """
    How a run ended.

    Attributes:
        results: the results folder.
        plan: what the run set out to do.
        summary: the counts of the whole batch.
        run_id: names the run in log and summary; ``None`` for a dry run.
        halt: why it ended early; ``None`` if it did not.
        facts: what summary.json tells beside the counts.
        lost: outcomes that the journal could not take any more.

    """

    results: Path
    plan: Plan
    summary: Summary
    run_id: RunId | None = None
    halt: Halt | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    lost: Sequence[Settlement] = ()


async def run(
    files: Sequence[Path],
    settings: Settings,
    *,
    environment: Mapping[str, str],
    observer: Observer,
    stop: Stop,
) -> Ending:
    """
    Create one task for every valid row that has none yet.

    Args:
        files: the input, in the order of the report.
        settings: everything else that the user chose.
        environment: where credentials may be.
        observer: is told what happens.
        stop: ends the run early when pulled.

    Raises:
        SettingsError: the options do not make a run; nothing was sent.
        LoadError: an input cannot be read as a table; nothing was sent.
        JournalError: the journal cannot be opened or trusted; nothing was sent.
        ReportError: a report cannot be written; the journal is intact.

    """
    results = results_folder(files, settings)
    service = find_service(settings, environment, results)
    source = Input(
        files=files,
        sheets=settings.sheet,
        defaults=target_defaults(settings),
        selection=parse_rows(settings.rows),
    )
    with _open_journal(results, settings) as journal:
        plan = await _enroll(journal, source, service, settings, stop)
        observer.planned(plan)
        if settings.dry_run:
            return Ending(results=results, plan=plan, summary=plan.summary)
        run_id = RunId(uuid.uuid4().hex[:12])
        number = journal.start_run(run_id, at=stamp(utc_now()))
        with _logging(results, run_id, settings) as log:
            creation = Creation(service, settings, observer, stop, log)
            if plan.to_send and not (settings.strict and plan.rejected):
                await creation.carry_out(journal, plan, number)
            facts = creation.facts()
            _finish(journal, number, facts, stop)
            summary = write_reports(journal, results)
            log.info("run.finished", counts=dict(summary.counts), **facts)
    return Ending(
        results=results,
        plan=plan,
        summary=summary,
        run_id=run_id,
        halt=stop.halt,
        facts=facts,
        lost=creation.lost,
    )


class Creation:
    """The part of a run that talks to the server."""

    def __init__(
        self, service: Service, settings: Settings, observer: Observer, stop: Stop, log: Log
    ) -> None:
        self._service = service
        self._settings = settings
        self._observer = observer
        self._stop = stop
        self._log = log
        self._random = Random()  # noqa: S311 # jitter, no secret
        self._loop = asyncio.get_running_loop()
        self._started_at = utc_now()
        self._started = self._loop.time()
        limit = RateLimit(rate_per_s=settings.rate, headroom=settings.headroom)
        self._gate = Gate(limit, on_change=self._note_rate)
        self.tally = Tally()
        self.lost: Sequence[Settlement] = ()

    async def carry_out(self, journal: Journal, plan: Plan, number: int) -> None:
        """Probe the server and send what *plan* says, as run *number* of the journal."""
        settings, retry = self._settings, RetryPolicy()
        self.tally.planned = min(sum(plan.to_send.values()), settings.limit or 10**9)
        self._log.info("run.started", planned=self.tally.planned, endpoint=self._service.endpoint)
        async with (
            self._service.open() as base_url,
            connect(
                base_url,
                self._service.credential,
                timeout_s=settings.timeout,
                connections=settings.concurrency,
            ) as client,
        ):
            first = next(iter(plan.to_send))
            halt = await probe(client, first, gate=self._gate, retry=retry, random=self._random)
            if halt is not None:
                self._stop.pull(halt)
                return
            await self._send(client, journal, number, retry)

    async def _send(
        self, client: RomaClient, journal: Journal, number: int, retry: RetryPolicy
    ) -> None:
        settings, writer = self._settings, Writer(journal.connection, run=number, now_ms=epoch_ms)
        try:
            async with writer:
                pool = Pool(
                    client=client,
                    gate=self._gate,
                    writer=writer,
                    feed=Feed(writer, planned=self.tally.planned, rate_per_s=settings.rate),
                    stop=self._stop,
                    tally=self.tally,
                    retry=retry,
                    random=self._random,
                    now=utc_now,
                    log=self._log,
                )
                async with self._observer.watching(self.tally, self._gate):
                    await pool.run(settings.concurrency)
        except JournalError as error:
            self._stop.pull(Halt(cause=Cause.JOURNAL, message=str(error)))
        self.lost = writer.unwritten
        if not self.lost:
            journal.fold()

    def facts(self) -> dict[str, Any]:
        """Return what summary.json tells of this run."""
        halt = self._stop.halt
        return {
            "started_at": stamp(self._started_at),
            "finished_at": stamp(utc_now()),
            "elapsed_s": round(self._loop.time() - self._started, 3),
            "endpoint": self._service.endpoint,
            "sent_now": {
                "planned": self.tally.planned,
                "created": self.tally.created,
                "failed": self.tally.failed,
                "unknown": self.tally.unknown,
                "attempts": self.tally.attempts,
                "throttled": self.tally.throttled,
            },
            "rate": {
                "configured_per_s": self._settings.rate,
                "last_per_s": round(self._gate.rate_per_s, 3),
                "slowdowns": self._gate.slowdowns,
            },
            "concurrency": self._settings.concurrency,
            "stopped": None if halt is None else {"cause": halt.cause, "message": halt.message},
            "versions": {"batchcreate": __version__},
        }

    def _note_rate(self, rate_per_s: float) -> None:
        self._log.info("rate.changed", rate_per_s=round(rate_per_s, 3))


def results_folder(files: Sequence[Path], settings: Settings) -> Path:
    """Return the folder for the results: as told, or named after the first file."""
    return settings.results or Path(f"{files[0].stem}-results")


async def _enroll(
    journal: Journal, source: Input, service: Service, settings: Settings, stop: Stop
) -> Plan:
    """Enroll beside the event loop, so that signals are heard; leave nothing after an error."""
    try:
        return await asyncio.to_thread(
            enroll,
            journal,
            source,
            endpoint=service.endpoint,
            is_kept=not settings.dry_run,
            is_stopped=lambda: stop.halt is not None,
        )
    except BatchCreateError:
        journal.discard()
        raise


def _finish(journal: Journal, number: int, facts: dict[str, Any], stop: Stop) -> None:
    """Note the end of the run; where the journal takes nothing any more, say so instead."""
    try:
        journal.finish_run(number, at=stamp(utc_now()), facts=facts)
    except JournalError as error:
        stop.pull(Halt(cause=Cause.JOURNAL, message=str(error)))


def _open_journal(results: Path, settings: Settings) -> Journal:
    """Open the journal; a dry run makes no folder for it."""
    if settings.dry_run and not results.exists():
        return Journal.scratch()
    return Journal.open(results)


@contextmanager
def _logging(results: Path, run_id: RunId, settings: Settings) -> Iterator[Log]:
    with (results / "log.jsonl").open("a", encoding="utf-8") as stream:
        yield open_log(stream, run_id=run_id, verbose=settings.verbose > 0)
