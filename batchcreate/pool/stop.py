"""Stop switch, stop reasons, circuit breaker and run counters."""

import asyncio
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypeVar, cast

from batchcreate.models import Created, Decision, Failed, Outcome, Signal, Unknown
from batchcreate.responses import describe

Value = TypeVar("Value")


class StopCause(StrEnum):
    """The kind of event that ended a run before all its rows were processed."""

    INTERRUPTED = "interrupted"
    DECLINED = "declined"
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    REDIRECTED = "redirected"
    UNTRUSTED = "untrusted"
    OUTAGE = "outage"
    WAITED = "waited"
    JOURNAL = "journal"
    REPORT = "report"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True, kw_only=True)
class StopReason:
    """
    Why a run ended before all its rows were processed.

    Attributes:
        cause: the kind of event.
        message: the problem and the remedy, for the user.
        signal: number of the signal that ended the run, or 0.

    """

    cause: StopCause
    message: str
    signal: int = 0

    @property
    def exit_code(self) -> int:
        """The exit code of the command; a declined question is not an error."""
        if self.cause is StopCause.DECLINED:
            return 1
        return 128 + self.signal if self.signal else 4


class StopSwitch:
    """
    Ends a run early; the first request to stop counts, later ones change nothing.

    Asyncio tasks that wait are cancelled at once; those with a request in flight finish it.
    `cancel` cancels the latter too: the outcome of their rows is then unknown.
    """

    def __init__(self) -> None:
        self._reason: StopReason | None = None
        self._waiting: set[asyncio.Task[Any]] = set()
        self._busy: set[asyncio.Task[Any]] = set()

    @property
    def reason(self) -> StopReason | None:
        """The reason to stop, or None while the run continues."""
        return self._reason

    @property
    def is_busy(self) -> bool:
        """Return True if a request is in flight."""
        return bool(self._busy)

    def request_stop(self, reason: StopReason) -> None:
        """End the run as soon as the requests in flight are answered."""
        if self._reason is None:
            self._reason = reason
            for task in tuple(self._waiting):
                task.cancel()

    def cancel(self) -> None:
        """Cancel all registered asyncio tasks, including those with a request in flight."""
        for task in (*self._waiting, *self._busy):
            task.cancel()

    async def run_unless_stopped(self, step: Coroutine[Any, Any, Value]) -> Value | None:
        """Return the result of *step*, or None if the run is stopped before its end."""
        if self.reason is not None:
            step.close()
            return None
        me = cast("asyncio.Task[Any]", asyncio.current_task())
        was_busy = me in self._busy
        self.mark_waiting(me)
        try:
            return await step
        except asyncio.CancelledError:
            if self._is_running():
                raise
            while me.uncancel():
                pass
            return None
        finally:
            self.unregister(me)
            if was_busy:
                self.mark_busy(me)

    def mark_waiting(self, task: asyncio.Task[Any]) -> None:
        """Register *task* as waiting: a stop cancels it."""
        self._busy.discard(task)
        self._waiting.add(task)

    def mark_busy(self, task: asyncio.Task[Any]) -> None:
        """Register *task* as having a request in flight: a stop does not cancel it."""
        self._waiting.discard(task)
        self._busy.add(task)

    def unregister(self, task: asyncio.Task[Any]) -> None:
        """Remove *task* from the switch."""
        self._waiting.discard(task)
        self._busy.discard(task)

    def _is_running(self) -> bool:
        """Return True while the run continues; a call, so that no earlier check narrows it."""
        return self._reason is None


@dataclass(slots=True, kw_only=True)
class RunCounters:
    """
    The progress of a run; its methods are the events that change it.

    Attributes:
        planned: tasks that this run is going to send or reconcile.
        existing: tasks that existed before and are not sent.
        created: tasks confirmed by a response or the task list.
        failed: tasks refused or not sent, final in this run.
        unknown: tasks sent, outcome unknown, final in this run.
        to_reconcile: tasks waiting for the task list.
        in_flight: requests sent and not answered yet.
        attempts: requests sent, retries included.
        throttled: responses with 429.
        check_at: loop time of the next look at the task list, or None.

    """

    planned: int = 0
    existing: int = 0
    created: int = 0
    failed: int = 0
    unknown: int = 0
    to_reconcile: int = 0
    in_flight: int = 0
    attempts: int = 0
    throttled: int = 0
    check_at: float | None = None

    @property
    def finished(self) -> int:
        """The number of tasks with a final outcome in this run."""
        return self.created + self.failed + self.unknown

    def run_planned(self, *, planned: int, existing: int) -> None:
        """Record the size of the run."""
        self.planned = planned
        self.existing = existing

    def request_sent(self) -> None:
        """Count a request that is about to leave."""
        self.attempts += 1
        self.in_flight += 1

    def request_ended(self) -> None:
        """Count the end of a request, answered or not."""
        self.in_flight -= 1

    def request_throttled(self) -> None:
        """Count a response with 429."""
        self.throttled += 1

    def check_planned(self, at: float | None) -> None:
        """Record when the task list is read next, as loop time; None if no task waits for it."""
        self.check_at = at

    def tasks_to_reconcile(self, count: int) -> None:
        """Record how many tasks wait for the task list."""
        self.to_reconcile = count

    def task_finished(self, outcome: Outcome) -> None:
        """Count a task whose *outcome* is final in this run."""
        match outcome:
            case Created():
                self.created += 1
            case Failed():
                self.failed += 1
            case Unknown():  # pragma: no branch # the last type of the union
                self.unknown += 1


FORBIDDEN_FIRST_MAX: Final = 3
"""Consecutive refusals of the whole instance, with no task created before, that stop a run."""

FORBIDDEN_MAX: Final = 5
"""Consecutive refusals of the whole instance that stop a run at any time."""

FAULTS_MAX: Final = 10
"""Consecutive rows that ended with a server error or without a connection, that stop a run."""

_IMMEDIATE: Final[Mapping[Signal, tuple[StopCause, str]]] = {
    Signal.UNAUTHORIZED: (
        StopCause.UNAUTHORIZED,
        "the server does not accept the credentials ({}); renew them and run the same command again",
    ),
    Signal.REDIRECTED: (
        StopCause.REDIRECTED,
        "{}; redirects are not followed: correct --endpoint and run the same command again",
    ),
    Signal.UNTRUSTED: (
        StopCause.UNTRUSTED,
        "{}; check --endpoint and the certificate, then run the same command again",
    ),
}


def immediate_stop(signal: Signal, description: str) -> StopReason | None:
    """
    Return the reason to stop after a single response, or None if there is none.

    Args:
        signal: what the response indicates about the server.
        description: the response in words.

    """
    if signal not in _IMMEDIATE:
        return None
    cause, message = _IMMEDIATE[signal]
    return StopReason(cause=cause, message=message.format(description))


class CircuitBreaker:
    """Stop a run after repeated failures; responses are observed in their order."""

    def __init__(self) -> None:
        self._has_created = False
        self._forbidden = 0
        self._faults = 0

    def observe(self, decision: Decision, *, is_final: bool) -> StopReason | None:
        """
        Return the reason to stop the run, or None.

        Args:
            decision: how the last attempt was read.
            is_final: the task is not retried in this run.

        """
        signal = decision.signal
        if (reason := immediate_stop(signal, describe(decision.outcome))) is not None:
            return reason
        self._has_created |= isinstance(decision.outcome, Created)
        self._forbidden = self._forbidden + 1 if signal is Signal.FORBIDDEN else 0
        if self._forbidden >= (FORBIDDEN_MAX if self._has_created else FORBIDDEN_FIRST_MAX):
            message = (
                f"the server refused {self._forbidden} consecutive rows because of the account or "
                f"the instance (last: {describe(decision.outcome)}); check --project-id, --instance-id and the "
                "permissions of the account, then run the same command again"
            )
            return StopReason(cause=StopCause.FORBIDDEN, message=message)
        if not is_final:
            return None
        is_fault = signal in {Signal.SERVER_FAULT, Signal.UNREACHABLE}
        self._faults = self._faults + 1 if is_fault else 0
        if self._faults < FAULTS_MAX:
            return None
        message = (
            f"{FAULTS_MAX} consecutive rows failed with a server error (last: "
            f"{describe(decision.outcome)}); run the same command again once the service has "
            "recovered"
        )
        return StopReason(cause=StopCause.OUTAGE, message=message)


class RetryBudget:
    """
    Limit the retries of a whole run, so that an outage ends it soon.

    A retry after a connection error costs 14, after a 429 response 5; a created task returns 1.
    """

    _COSTS: Final = {Signal.UNREACHABLE: 14, Signal.THROTTLED: 5}

    def __init__(self, tokens: int = 500) -> None:
        self._tokens_max = tokens
        self._tokens = tokens

    def spend(self, signal: Signal) -> bool:
        """Pay for a retry after *signal*. Return True if the budget was sufficient."""
        cost = self._COSTS.get(signal, 0)
        if cost > self._tokens:
            return False
        self._tokens -= cost
        return True

    def earn(self) -> None:
        """Credit a created task."""
        self._tokens = min(self._tokens_max, self._tokens + 1)
