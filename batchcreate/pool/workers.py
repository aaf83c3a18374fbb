"""The attempt loop (gate, intent, request, outcome), and the workers that create tasks with it."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from random import Random
from typing import Any, Protocol, cast

import structlog

from batchcreate import responses
from batchcreate.errors import CredentialError, JournalError, TransportError
from batchcreate.journal import AttemptOutcome, Writer
from batchcreate.models import Created, Decision, Failed, Reply, Signal, Target, Unknown
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
from batchcreate.responses import describe
from batchcreate.retry import RetryPolicy


class CreateClient(Protocol):
    """The HTTP client of the workers."""

    async def create(self, target: Target, body: bytes) -> Reply:
        """
        Send one create request.

        Raises:
            TransportError: there is no usable reply.

        """
        ...


class Credential(Protocol):
    """The credential of the workers; both methods raise `CredentialError` if there is none."""

    async def ready(self) -> None:
        """Ensure that the credential is valid in every project whose tasks were listed."""
        ...

    async def renew(self, project_id: str, used_at: float) -> bool:
        """Replace a credential that was refused. Return True if there is a new one."""
        ...


class Request(Protocol):
    """One request for one task, as the attempt loop sends it."""

    async def commit_intent(self) -> None:
        """Commit the intent of the next attempt. Called before each attempt."""
        ...

    def withdraw_intent(self) -> bool:
        """Withdraw the intent of an attempt that the run no longer sends, if possible."""
        ...

    async def send(self) -> Decision:
        """Send one request and record its outcome."""
        ...

    async def renew_credential(self, sent_at: float) -> bool:
        """Replace a refused credential. Return True if the request can be sent with a new one."""
        ...

    def log(self, decision: Decision, attempt: int, *, is_final: bool) -> None:
        """Log how attempt number *attempt*, counted from 1, was read."""
        ...


class AttemptLoop:
    """
    Send requests until their outcome is final: gate, intent, request, outcome.

    Args:
        gate: paces the requests.
        stop: ends the run early.
        retry: when to retry.
        random: source of the jitter.
        has_more: returns True while the run has further requests to send.

    """

    def __init__(
        self,
        *,
        gate: Gate,
        stop: StopSwitch,
        retry: RetryPolicy,
        random: Random,
        has_more: Callable[[], bool],
    ) -> None:
        self._gate = gate
        self._stop = stop
        self._retry = retry
        self._random = random
        self._has_more = has_more
        self._breaker = CircuitBreaker()
        self._budget = RetryBudget()

    async def run(self, request: Request) -> Decision | None:
        """
        Send *request*, with retries, until its outcome is final or the run is stopped.

        Return the last decision, or None if the run was stopped before the first attempt.
        """
        me = cast("asyncio.Task[Any]", asyncio.current_task())
        self._stop.mark_waiting(me)
        first_sent_at = await self._gate.acquire()
        sent_at: float | None = first_sent_at
        decision: Decision | None = None
        is_renewed = False
        retries_left = self._retry.attempts_max - 1
        for attempt in count(1):  # pragma: no branch # the count has no end
            if sent_at is None:
                break
            self._stop.mark_busy(me)
            await request.commit_intent()
            if self._stop.reason is not None and request.withdraw_intent():
                break
            decision = await request.send()
            is_renewal = not is_renewed and await self._renew(request, decision, sent_at)
            if is_renewal:
                is_renewed = True
                decision = replace(decision, signal=Signal.NONE)
            is_waiting = self._is_waiting(decision, first_sent_at)
            if is_waiting and not retries_left:
                retries_left = self._retry.attempts_max
            is_final = not (
                is_renewal or self._may_retry(decision, retries_left, is_waiting=is_waiting)
            )
            # An attempt with an expired token does not count.
            retries_left -= not is_renewal
            self._learn(decision, sent_at, is_final=is_final)
            request.log(decision, attempt, is_final=is_final)
            if is_final:
                break
            wait = self._next_turn(decision, attempt, is_renewal=is_renewal)
            sent_at = await self._stop.run_unless_stopped(wait)
        return decision

    def _is_waiting(self, decision: Decision, first_sent_at: float) -> bool:
        """Return True while every request is throttled: its rows do not fail meanwhile."""
        return decision.signal is Signal.THROTTLED and self._gate.may_wait(first_sent_at)

    def _may_retry(self, decision: Decision, retries_left: int, *, is_waiting: bool) -> bool:
        can_retry = decision.may_resend and retries_left > 0
        return can_retry and (is_waiting or self._budget.spend(decision.signal))

    async def _renew(self, request: Request, decision: Decision, sent_at: float) -> bool:
        """Replace an expired credential, unless the run is over and nothing more is sent."""
        if decision.signal is not Signal.UNAUTHORIZED or self._stop.reason is not None:
            return False
        return bool(await self._stop.run_unless_stopped(request.renew_credential(sent_at)))

    def _learn(self, decision: Decision, sent_at: float, *, is_final: bool) -> None:
        """Pass a response on to the gate, the retry budget and the circuit breaker."""
        if decision.signal is Signal.THROTTLED:
            self._gate.throttled(sent_at, decision.wait_s)
        elif decision.signal is Signal.UNREACHABLE:
            self._gate.unreachable()
        elif decision.outcome.http_status is not None:
            self._gate.succeeded(sent_at)
        if isinstance(decision.outcome, Created):
            self._budget.earn()
        reason = self._breaker.observe(decision, is_final=is_final)
        # An outage does not stop a run that has nothing left to send.
        if reason is not None and (reason.cause is not StopCause.OUTAGE or self._has_more()):
            self._stop.request_stop(reason)

    async def _next_turn(self, decision: Decision, attempt: int, *, is_renewal: bool) -> float:
        """
        Wait until the next attempt may leave; return the loop time of its admission.

        After a first 429 response the gate slows the whole run down, which is sufficient; after
        the next one the row itself waits too, until the server's time window has passed.
        """
        is_first_throttling = decision.signal is Signal.THROTTLED and attempt == 1
        if not (is_renewal or is_first_throttling):
            await asyncio.sleep(self._retry.wait_s(attempt, self._random))
        return await self._gate.acquire()


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateContext:
    """
    The collaborators of all create requests of a run.

    Attributes:
        client: sends the requests.
        credential: renewed when the server reports that it has expired.
        feed: the tasks to create, with their intents.
        writer: commits the outcomes.
        counters: the progress of the run.
        now: the wall clock, in UTC; for time stamps only.
        log: the log of the run.

    """

    client: CreateClient
    credential: Credential
    feed: Feed
    writer: Writer
    counters: RunCounters
    now: Callable[[], datetime]
    log: structlog.typing.FilteringBoundLogger


class CreateRequest:
    """The create request of the next pending task; its first intent takes the task from the feed."""

    def __init__(self, context: CreateContext) -> None:
        self._context = context
        self._work: Work | None = None

    @property
    def work(self) -> Work:
        """The task and its committed intent; available after the first intent."""
        return cast("Work", self._work)

    async def commit_intent(self) -> None:
        """Take the next task, or commit another intent for the same task."""
        feed = self._context.feed
        self._work = await (feed.take() if self._work is None else feed.take_again(self._work))

    def withdraw_intent(self) -> bool:
        """Withdraw the intent: the task was not sent."""
        self._context.feed.withdraw(self.work)
        return True

    async def send(self) -> Decision:
        """Send one create request and pass its outcome to the journal."""
        context, pending = self._context, self.work.pending
        loop = asyncio.get_running_loop()
        started = loop.time()
        context.counters.request_sent()
        try:
            reply = await context.client.create(pending.key.target, pending.body)
        except TransportError as error:
            decision = responses.read_failure(error)
        else:
            decision = responses.read_reply(reply, now=context.now())
        finally:
            context.counters.request_ended()
        if decision.signal is Signal.THROTTLED:
            context.counters.request_throttled()
        context.writer.record_outcome(
            AttemptOutcome(
                intent=self.work.intent,
                outcome=decision.outcome,
                duration_ms=round((loop.time() - started) * 1000),
            )
        )
        return decision

    async def renew_credential(self, sent_at: float) -> bool:
        """Replace the credential of the task's project."""
        project_id = self.work.pending.key.target.project_id
        return await self._context.credential.renew(project_id, sent_at)

    def log(self, decision: Decision, attempt: int, *, is_final: bool) -> None:
        """Log the attempt; created tasks are logged only if the log is verbose."""
        log = self._context.log
        is_created = isinstance(decision.outcome, Created)
        # Checked first: binding values for a million events that are not written takes seconds.
        if not log.is_enabled_for(logging.DEBUG if is_created else logging.INFO):
            return
        location, key = self.work.pending.location, self.work.pending.key
        log = log.bind(
            file=location.file,
            sheet=location.sheet,
            row=location.number,
            task_name=key.task_name,
            attempt=attempt,
        )
        if not is_final:
            log.info("attempt.retry_scheduled", reason=describe(decision.outcome))
            return
        match decision.outcome:
            case Created(task_id=task_id):
                log.debug("task.created", task_id=task_id)
            case Failed(http_status=status, error_code=code, error_msg=message):
                log.info("task.failed", http_status=status, error_code=code, error_msg=message)
            case Unknown() as unknown:  # pragma: no branch # the last type of the union
                log.info("task.unknown", reason=describe(unknown))


class Pool:
    """
    A fixed number of workers that create the tasks of one feed.

    Errors of a single task are outcomes and are never raised.

    Args:
        context: the collaborators of the create requests.
        attempts: sends a request until its outcome is final.
        reconciler: takes the rows with unknown outcome; None to leave them unknown.
        stop: ends the run early.

    """

    def __init__(
        self,
        context: CreateContext,
        attempts: AttemptLoop,
        reconciler: Reconciler | None,
        stop: StopSwitch,
    ) -> None:
        self._context = context
        self._attempts = attempts
        self._reconciler = reconciler
        self._stop = stop

    async def run(self, concurrency: int) -> None:
        """Work until every row has a final outcome or the run is stopped."""
        try:
            async with asyncio.TaskGroup() as group:
                reconciling = (
                    None if self._reconciler is None else group.create_task(self._reconciler.run())
                )
                async with asyncio.TaskGroup() as workers:
                    for number in range(concurrency):
                        workers.create_task(self._work(), name=f"worker-{number}")
                if reconciling is not None:
                    reconciling.cancel()
        finally:
            await self._context.feed.close()

    async def _work(self) -> None:
        me = cast("asyncio.Task[Any]", asyncio.current_task())
        feed = self._context.feed
        try:
            while self._stop.reason is None:
                self._stop.mark_waiting(me)
                if not await feed.claim():
                    break
                try:
                    await self._create()
                finally:
                    feed.release()
        except JournalError as error:
            self._stop.request_stop(StopReason(cause=StopCause.JOURNAL, message=str(error)))
        except CredentialError as error:
            self._stop.request_stop(StopReason(cause=StopCause.UNAUTHORIZED, message=str(error)))
        finally:
            self._stop.unregister(me)

    async def _create(self) -> None:
        """Create one task; count it, or pass it to the reconciler if its outcome is unknown."""
        await self._context.credential.ready()
        request = CreateRequest(self._context)
        decision = await self._attempts.run(request)
        if decision is None:
            return
        if self._reconciler is None or not isinstance(decision.outcome, Unknown):
            self._context.counters.task_finished(decision.outcome)
            return
        self._reconciler.add(
            UnresolvedTask(
                pending=request.work.pending,
                intent=request.work.intent,
                ended_at=asyncio.get_running_loop().time(),
                last=decision.outcome,
            )
        )
