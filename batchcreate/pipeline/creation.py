"""The part of a run that talks to the server, and the reports at its end."""

import asyncio
import io
import os
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, cast

import structlog

from batchcreate.client import RomaClient, connect
from batchcreate.clock import epoch_ms, stamp, utc_now
from batchcreate.errors import JournalError, ReportError, SettingsError
from batchcreate.inventory import list_all
from batchcreate.journal import Journal, Settlement, Unsettled, Writer, find_unsettled, work
from batchcreate.limiter import Gate, RateLimit
from batchcreate.listing import Inventory
from batchcreate.logs import Log, open_log
from batchcreate.models import RunId, Summary, Target
from batchcreate.outcome import describe
from batchcreate.pipeline.baseline import require_room, skip_existing, take_baseline
from batchcreate.pipeline.reporting import folded, write_reports
from batchcreate.pipeline.service import Service, name_credential
from batchcreate.pipeline.values import Ending, Observer, Plan
from batchcreate.pool import Cause, Feed, Halt, Pool, Settling, Stop, Tally
from batchcreate.pool.settling import Look
from batchcreate.retry import RetryPolicy
from batchcreate.settings import Settings
from batchcreate.version import __version__

WAITING_PER_WORKER = 2
WAITING_MIN = 5
"""How many unsettled rows may wait while new ones are sent: two for each worker, at least five."""


class Creation:
    """
    One run against one service.

    Args:
        service: where to create.
        settings: how.
        results: the results folder.
        observer: is told what happens.
        stop: ends it early.

    """

    def __init__(
        self,
        service: Service,
        settings: Settings,
        results: Path,
        observer: Observer,
        stop: Stop,
    ) -> None:
        self._service = service
        self._settings = settings
        self._results = results
        self._observer = observer
        self._stop = stop
        self._random = Random()  # noqa: S311 # jitter, no secret
        self._retry = RetryPolicy()
        self._started_at = utc_now()
        self._loop = asyncio.get_running_loop()
        self._started = self._loop.time()
        limit = RateLimit(rate_per_s=settings.rate, headroom=settings.headroom)
        self._gate = Gate(limit, on_change=self._note_rate)
        self._tally = Tally()
        self._writer: Writer | None = None
        self._troubles: list[str] = []
        self._existing = 0
        self._log: Log = structlog.get_logger()

    async def carry_out(self, journal: Journal, plan: Plan) -> Ending:
        """
        Send what *plan* says and write the reports.

        Raises:
            PlanError: the batch does not fit what the server has; nothing was sent.
            ReportError: the journal cannot even be read any more.

        """
        run_id = RunId(uuid.uuid4().hex[:12])
        number = journal.start_run(run_id, at=stamp(self._started_at))
        is_verbose = self._settings.verbose > 0
        with logging_to(self._results, run_id, is_verbose=is_verbose) as self._log:
            self._log.info("run.started", endpoint=self._service.endpoint, rows=plan.rows)
            unsettled = find_unsettled(journal.connection) if self._settings.reconcile else []
            is_held = self._settings.strict and plan.rejected > 0
            if (plan.to_send or unsettled) and not is_held:
                await self._talk(journal, plan, unsettled, number)
            self._name_credential()
            facts = self._facts()
            self._finish(journal, number, facts)
            summary = self._report(journal)
            self._log.info("run.finished", counts=dict(summary.counts), **facts)
        return Ending(
            results=self._results,
            plan=plan,
            summary=summary,
            run_id=run_id,
            halt=self._stop.halt,
            facts=facts,
            troubles=self._troubles,
        )

    async def _talk(
        self, journal: Journal, plan: Plan, unsettled: Sequence[Unsettled], number: int
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
            targets = dict.fromkeys(
                [*plan.to_send, *(row.pending.key.target for row in unsettled)]
            )
            inventories = None
            if self._stop.halt is None:
                inventories = await self._look_first(targets, look)
            if inventories is None:
                return
            is_abort = settings.on_existing == "abort"
            self._existing = skip_existing(journal, inventories, is_abort=is_abort)
            if self._existing:
                self._observer.noted(f"{self._existing} tasks exist already: skipped")
            to_send = work.count_per_target(journal.connection)
            require_room(to_send, inventories, quota=settings.quota)
            self._tally.planned = sum(to_send.values()) + len(unsettled)
            await self._send(client, journal, number, look, unsettled)

    async def _send(
        self,
        client: RomaClient,
        journal: Journal,
        number: int,
        look: Look,
        unsettled: Sequence[Unsettled],
    ) -> None:
        settings = self._settings
        self._writer = writer = Writer(journal.connection, run=number, now_ms=epoch_ms)
        writer.note_rate(self._gate.rate_per_s)
        planned = self._tally.planned - len(unsettled)
        feed = Feed(writer, planned=planned, rate_per_s=settings.rate)
        settling = Settling(
            look=look,
            feed=feed,
            writer=writer,
            stop=self._stop,
            tally=self._tally,
            window_s=settings.settle,
            waiting_max=max(WAITING_MIN, WAITING_PER_WORKER * settings.concurrency),
            log=self._log,
        )
        for row in unsettled:
            settling.resume(row, now_ms=epoch_ms())
        pool = Pool(
            client=client,
            gate=self._gate,
            credential=self._service.credential,
            writer=writer,
            feed=feed,
            settling=settling if settings.reconcile else None,
            stop=self._stop,
            tally=self._tally,
            retry=self._retry,
            random=self._random,
            now=utc_now,
            log=self._log,
        )
        try:
            async with writer, self._observer.watching(self._tally, self._gate):
                await pool.run(settings.concurrency)
            journal.fold()
        except JournalError as error:
            self._stop.pull(Halt(cause=Cause.JOURNAL, message=str(error)))
        self._tell_lost(journal, writer.unwritten)

    async def _look_first(
        self, targets: Iterable[Target], look: Look
    ) -> Mapping[Target, Inventory] | None:
        """Take the baseline; ``None`` where the run is to end. A look may be given up halfway."""
        me = cast("asyncio.Task[Any]", asyncio.current_task())
        self._stop.wait_begins(me)
        try:
            found = await take_baseline(targets, look)
        except asyncio.CancelledError:
            if self._stop.halt is None:
                raise
            while me.uncancel():
                pass
            return None
        finally:
            self._stop.leaves(me)
        if isinstance(found, Halt):
            self._stop.pull(found)
            return None
        return found

    def _tell_lost(self, journal: Journal, lost: Sequence[Settlement]) -> None:
        """Tell the person at the keyboard the outcomes that the journal did not take."""
        if not lost:
            return
        with folded(journal):
            rows = {row.intent: row.pending for row in find_unsettled(journal.connection)}
        for settlement in lost:
            if (row := rows.get(settlement.intent)) is not None:
                self._troubles.append(
                    f"not in the journal: row {row.place.number} of {row.place.file}, "
                    f"{row.key.task_name}: {describe(settlement.outcome)}"
                )

    def _name_credential(self) -> None:
        """Say which credential it was, where the server did not accept it."""
        halt = self._stop.halt
        if halt is not None and halt.cause is Cause.UNAUTHORIZED:
            message = name_credential(halt.message, self._service)
            self._stop.halt = replace(halt, message=message)

    def _finish(self, journal: Journal, number: int, facts: Mapping[str, Any]) -> None:
        """Note the end of the run; where the journal takes nothing any more, say so instead."""
        try:
            journal.finish_run(number, at=stamp(utc_now()), facts=facts)
        except JournalError as error:
            self._stop.pull(Halt(cause=Cause.JOURNAL, message=str(error)))

    def _report(self, journal: Journal) -> Summary:
        """Write the reports; where that fails, say so, and return the counts at least."""
        with folded(journal):
            try:
                return write_reports(journal, self._results)
            except ReportError as error:
                if self._stop.halt is not None:
                    self._troubles.append(str(error))
                self._stop.pull(Halt(cause=Cause.REPORT, message=str(error)))
                return journal.summary()

    def _facts(self) -> dict[str, Any]:
        """Return what summary.json tells of this run."""
        halt, tally = self._stop.halt, self._tally
        return {
            "started_at": stamp(self._started_at),
            "finished_at": stamp(utc_now()),
            "elapsed_s": round(self._loop.time() - self._started, 3),
            "endpoint": self._service.endpoint,
            "this_run": {
                "planned": tally.planned,
                "existing": self._existing,
                "created": tally.created,
                "failed": tally.failed,
                "unknown": tally.unknown,
                "attempts": tally.attempts,
                "throttled": tally.throttled,
            },
            "rate": {
                "configured_per_s": self._settings.rate,
                "learned_per_s": round(self._gate.rate_per_s, 3),
                "slowdowns": self._gate.slowdowns,
            },
            "concurrency": self._settings.concurrency,
            "stopped": None if halt is None else {"cause": halt.cause, "message": halt.message},
            "versions": {"batchcreate": __version__},
        }

    def _note_rate(self, rate_per_s: float) -> None:
        self._log.info("rate.changed", rate_per_s=round(rate_per_s, 3))
        if self._writer is not None:
            self._writer.note_rate(rate_per_s)


@contextmanager
def logging_to(folder: Path, run_id: RunId, *, is_verbose: bool) -> Iterator[Log]:
    """Append to the log of a results folder for the length of a block."""
    path = folder / "log.jsonl"
    try:
        file = io.FileIO(path, "a", opener=_open_own)
    except OSError as error:
        msg = (
            f"{path}: cannot be written ({error.strerror or error}); nothing was sent: mend "
            "this, or choose another folder with --results"
        )
        raise SettingsError(msg) from error
    with _LogStream(file, encoding="utf-8", write_through=True) as stream:
        yield open_log(stream, run_id=run_id, verbose=is_verbose)


class _LogStream(io.TextIOWrapper):
    """Drops what its disk does not take: no run fails for want of its log."""

    def write(self, text: str, /) -> int:
        """Write *text*, or lose it."""
        with suppress(OSError):
            return super().write(text)
        return len(text)


def _open_own(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW, 0o600)
