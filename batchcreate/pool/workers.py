"""The attempt loop: gate, intent, request, outcome."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from itertools import count
from random import Random
from typing import Protocol

import structlog

from batchcreate import outcome
from batchcreate.errors import CredentialError, JournalError, TransportError
from batchcreate.journal import AttemptOutcome, Pending, Writer
from batchcreate.models import (
    Created,
    Decision,
    Failed,
    Reply,
    Signal,
    Target,
    Unknown,
)
from batchcreate.outcome import describe
from batchcreate.pool.feed import Feed, Work
from batchcreate.pool.reconciler import Reconciler, UnresolvedTask
from batchcreate.pool.stop import (
    CircuitBreaker,
    RetryBudget,
    RunCounters,
    StopCause,
    StopReason,
    StopSwitch,
)
from batchcreate.rate_limiter import Gate
from batchcreate.retry import RetryPolicy


def log_attempt(
    log: structlog.typing.FilteringBoundLogger,
    pending: Pending,
    decision: Decision,
    attempt: int,
    *,
    is_final: bool,
) -> None:
    """
    Log how an attempt was read.

    Args:
        log: of the run.
        pending: the task that was sent.
        decision: how the attempt was read.
        attempt: its number in this run, counted from 1.
        is_final: the task is not sent again in this run.

    """
    is_created = isinstance(decision.outcome, Created)
    # Asked first: what a million successes do not write must not cost anything either.
    if not log.is_enabled_for(logging.DEBUG if is_created else logging.INFO):
        return
    log = log.bind(
        file=pending.place.file,
        sheet=pending.place.sheet,
        row=pending.place.number,
        task_name=pending.key.task_name,
        attempt=attempt,
    )
    if not is_final:
        log.info("attempt.repeated", reason=describe(decision.outcome))
        return
    match decision.outcome:
        case Created(task_id=task_id):
            log.debug("task.created", task_id=task_id)
        case Failed(http_status=status, error_code=code, error_msg=message):
            log.info("task.failed", http_status=status, error_code=code, error_msg=message)
        case Unknown(reason=reason):  # pragma: no branch # there is no other
            log.info("task.unknown", reason=reason)


class CreateClient(Protocol):
    """What the pool needs of an HTTP client."""

    async def create(self, target: Target, body: bytes) -> Reply:
        """
        Send one create request.

        Raises:
            TransportError: there is no usable reply.

        """
        ...


class Credential(Protocol):
    """What the pool needs of a credential; both raise `CredentialError` where there is none."""

    async def ready(self) -> None:
        """Make sure that it will be accepted, in every project that was listed."""
        ...

    async def renew(self, project_id: str, used_at: float) -> bool:
        """Get a new one after a request that left at *used_at* was refused, if there can be one."""
        ...


class Pool:
    """
    A fixed number of workers over one feed.

    Every worker does one thing after the other; between the commit of an intent and its
    request nothing waits. What happens to one task never raises.

    Args:
        client: sends the requests.
        gate: lets them go.
        writer: commits intents and outcomes.
        credential: is renewed where the server says that it ended.
        feed: the work.
        settling: takes the rows whose outcome is not known; ``None`` to leave them unknown.
        stop: ends the run early.
        tally: counts, for progress displays.
        retry: when to send again.
        random: draws the waits.
        now: the wall clock, in UTC, for time stamps only.

    """

    def __init__(  # noqa: PLR0913 # the one place where all collaborators meet
        self,
        *,
        client: CreateClient,
        gate: Gate,
        credential: Credential,
        writer: Writer,
        feed: Feed,
        settling: Reconciler | None,
        stop: StopSwitch,
        tally: RunCounters,
        retry: RetryPolicy,
        random: Random,
        now: Callable[[], datetime],
        log: structlog.typing.FilteringBoundLogger,
    ) -> None:
        self._client = client
        self._gate = gate
        self._credential = credential
        self._writer = writer
        self._feed = feed
        self._settling = settling
        self._stop = stop
        self._tally = tally
        self._retry = retry
        self._random = random
        self._now = now
        self._log = log
        self._loop = asyncio.get_running_loop()
        self._breaker = CircuitBreaker()
        self._budget = RetryBudget()

    async def run(self, concurrency: int) -> None:
        """Work until every row is settled or the run is stopped."""
        try:
            async with asyncio.TaskGroup() as group:
                looking = (
                    None if self._settling is None else group.create_task(self._settling.run())
                )
                async with asyncio.TaskGroup() as workers:
                    for number in range(concurrency):
                        workers.create_task(self._work(), name=f"worker-{number}")
                if looking is not None:
                    looking.cancel()
        finally:
            await self._feed.close()

    async def _work(self) -> None:
        me = asyncio.current_task()
        if me is None:  # pragma: no cover # a coroutine of a TaskGroup always has its task
            return
        self._stop.wait_begins(me)
        try:
            while self._stop.halt is None and await self._feed.ticket():
                try:
                    await self._settle(me)
                finally:
                    self._feed.done()
        except JournalError as error:
            self._stop.pull(StopReason(cause=StopCause.JOURNAL, message=str(error)))
        except CredentialError as error:
            self._stop.pull(StopReason(cause=StopCause.UNAUTHORIZED, message=str(error)))
        finally:
            self._stop.leaves(me)

    async def _settle(self, me: asyncio.Task[None]) -> None:
        """Send one task until its outcome stands or the run ends."""
        await self._credential.ready()
        admitted_at = await self._gate.acquire()
        work = await self._feed.take()
        is_renewed = False
        for attempt in count(1):  # pragma: no branch # the count has no end
            if self._stop.halt is not None:
                self._feed.give_back(work)
                return
            self._stop.work_begins(me)
            decision = await self._attempt(work)
            self._stop.wait_begins(me)
            is_refused = decision.signal is Signal.UNAUTHORIZED
            if is_refused and not is_renewed and self._stop.halt is None:
                project_id = work.pending.key.target.project_id
                is_renewed = await self._credential.renew(project_id, admitted_at)
                decision = replace(decision, signal=Signal.NONE if is_renewed else decision.signal)
            # That a token ended is no attempt of the row's.
            is_final = not self._may_resend(decision, attempt - is_renewed)
            self._learn(decision, admitted_at, is_final=is_final)
            log_attempt(self._log, work.pending, decision, attempt, is_final=is_final)
            if is_final or self._stop.halt is not None:
                self._finish(work, decision)
                return
            if _has_to_wait(decision, attempt):
                await asyncio.sleep(self._retry.wait_s(attempt, self._random))
            admitted_at = await self._gate.acquire()
            work = await self._feed.again(work)

    async def _attempt(self, work: Work) -> Decision:
        """Send once and hand the outcome to the journal."""
        started = self._loop.time()
        self._tally.attempts += 1
        self._tally.in_flight += 1
        try:
            reply = await self._client.create(work.pending.key.target, work.pending.body)
        except TransportError as error:
            decision = outcome.read_failure(error)
        else:
            decision = outcome.read_reply(
                reply, now=self._now(), was_unsettled=work.pending.was_unsettled
            )
        finally:
            self._tally.in_flight -= 1
        self._writer.settle(
            AttemptOutcome(
                intent=work.intent,
                outcome=decision.outcome,
                duration_ms=round((self._loop.time() - started) * 1000),
            )
        )
        return decision

    def _finish(self, work: Work, decision: Decision) -> None:
        """Count the row, or put it aside where only the server's list can tell."""
        if self._settling is None or not isinstance(decision.outcome, Unknown):
            self._tally.count(decision.outcome)
            return
        self._settling.add(
            UnresolvedTask(
                pending=work.pending,
                intent=work.intent,
                ended_at=self._loop.time(),
                last=decision.outcome,
            )
        )

    def _may_resend(self, decision: Decision, attempt: int) -> bool:
        return (
            decision.may_resend
            and attempt < self._retry.attempts_max
            and self._budget.spend(decision.signal)
        )

    def _learn(self, decision: Decision, admitted_at: float, *, is_final: bool) -> None:
        """Draw the conclusions that concern the whole run."""
        if decision.signal is Signal.THROTTLED:
            self._tally.throttled += 1
            self._gate.throttled(admitted_at, decision.wait_s)
        elif decision.outcome.http_status is not None:
            self._gate.succeeded(admitted_at)
        if isinstance(decision.outcome, Created):
            self._budget.earn()
        halt = self._breaker.observe(decision, is_final=is_final)
        # An outage does not matter to a run that has nothing left to send.
        if halt is not None and (halt.cause is not StopCause.OUTAGE or self._feed.has_more):
            self._stop.pull(halt)


def _has_to_wait(decision: Decision, attempt: int) -> bool:
    """
    Tell whether a row waits before its next attempt, beside its turn at the gate.

    A throttled one does from its second refusal on: the first slows the whole run down, and where
    that was not enough the server's window has to pass.
    """
    is_throttled_again = decision.signal is Signal.THROTTLED and attempt > 1
    return decision.signal is Signal.UNREACHABLE or is_throttled_again
