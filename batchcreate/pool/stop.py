"""Stop switch, stop reasons, circuit breaker and run counters."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypeVar, cast

from batchcreate.models import Created, Decision, Failed, Outcome, Signal, Unknown
from batchcreate.outcome import describe

Found = TypeVar("Found")


class StopCause(StrEnum):
    """What ended a run before its rows did."""

    INTERRUPTED = "interrupted"
    DECLINED = "declined"
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    REDIRECTED = "redirected"
    UNTRUSTED = "untrusted"
    OUTAGE = "outage"
    JOURNAL = "journal"
    REPORT = "report"


@dataclass(frozen=True, slots=True, kw_only=True)
class StopReason:
    """
    An early end.

    Attributes:
        cause: what kind of end it is.
        message: what was found and what to do, for the person at the keyboard.
        signal: the number of the signal that ended the run, 0 if none did.

    """

    cause: StopCause
    message: str
    signal: int = 0


class StopSwitch:
    """
    The one switch that ends a run; it is pulled once, later pulls change nothing.

    Workers that wait for their turn are sent home at once; those with a request under way
    finish it. `cancel` ends those too: their rows are then unsettled.
    """

    def __init__(self) -> None:
        self.halt: StopReason | None = None
        self._waiting: set[asyncio.Task[Any]] = set()
        self._working: set[asyncio.Task[Any]] = set()
        self._listeners: list[Callable[[StopReason], None]] = []

    def on_pull(self, listener: Callable[[StopReason], None]) -> None:
        """Call *listener* when the run is told to end."""
        self._listeners.append(listener)

    def pull(self, halt: StopReason) -> None:
        """End the run as soon as the requests under way are answered."""
        if self.halt is not None:
            return
        self.halt = halt
        for task in tuple(self._waiting):
            task.cancel()
        for listener in self._listeners:
            listener(halt)

    def cancel(self) -> None:
        """Do not wait for the requests under way either."""
        for task in (*self._waiting, *self._working):
            task.cancel()

    def _is_pulled(self) -> bool:
        return self.halt is not None

    @property
    def has_work(self) -> bool:
        """Whether a request is under way."""
        return bool(self._working)

    async def unless_pulled(self, step: Coroutine[Any, Any, Found]) -> Found | None:
        """Take *step*, and give it up when the run is told to end: then return ``None``."""
        if self._is_pulled():
            step.close()
            return None
        me = cast("asyncio.Task[Any]", asyncio.current_task())
        was_working = me in self._working
        self.wait_begins(me)
        try:
            return await step
        except asyncio.CancelledError:
            if not self._is_pulled():
                raise
            while me.uncancel():
                pass
            return None
        finally:
            self.leaves(me)
            if was_working:
                self.work_begins(me)

    def wait_begins(self, task: asyncio.Task[Any]) -> None:
        """Note that *task* has nothing under way: when the run ends, it need not finish."""
        self._working.discard(task)
        self._waiting.add(task)

    def work_begins(self, task: asyncio.Task[Any]) -> None:
        """Note that *task* has a request under way from now on."""
        self._waiting.discard(task)
        self._working.add(task)

    def leaves(self, task: asyncio.Task[Any]) -> None:
        """Forget *task*."""
        self._waiting.discard(task)
        self._working.discard(task)


@dataclass(slots=True, kw_only=True)
class RunCounters:
    """
    What happened so far in this run.

    Attributes:
        planned: tasks that this run means to send.
        existing: tasks that were there before, and are not sent.
        created: confirmed by the server.
        failed: refused for good, in this run.
        unknown: sent, outcome not known for good.
        unsettled: waiting to be looked up in the server's list.
        in_flight: sent, no answer yet.
        attempts: requests that left, repeated ones included.
        throttled: answers with 429.

    """

    planned: int = 0
    existing: int = 0
    created: int = 0
    failed: int = 0
    unknown: int = 0
    unsettled: int = 0
    in_flight: int = 0
    attempts: int = 0
    throttled: int = 0

    @property
    def settled(self) -> int:
        """How many tasks this run is through with."""
        return self.created + self.failed + self.unknown

    def count(self, outcome: Outcome) -> None:
        """Count a task that this run is through with."""
        match outcome:
            case Created():
                self.created += 1
            case Failed():
                self.failed += 1
            case Unknown():  # pragma: no branch # there is no other
                self.unknown += 1


FORBIDDEN_MAX: Final = 3
"""Refusals of the whole instance in a row, none created before, that end a run."""

FAULTS_MAX: Final = 10
"""Rows in a row that ended in a server fault, or could not reach the server, that end a run."""

_AT_ONCE: Final[Mapping[Signal, tuple[StopCause, str]]] = {
    Signal.UNAUTHORIZED: (
        StopCause.UNAUTHORIZED,
        "the server does not accept the credentials ({}); renew them and run the same command again",
    ),
    Signal.REDIRECTED: (
        StopCause.REDIRECTED,
        "{}; nothing is sent to another host: correct --endpoint and run the same command again",
    ),
    Signal.UNTRUSTED: (
        StopCause.UNTRUSTED,
        "{}; check --endpoint and the certificate, then run the same command again",
    ),
}


def halt_at_once(signal: Signal, said: str) -> StopReason | None:
    """
    Return why one answer is reason enough to end a run, if it is.

    Args:
        signal: what it says about the server.
        said: the same in words.

    """
    if signal not in _AT_ONCE:
        return None
    cause, message = _AT_ONCE[signal]
    return StopReason(cause=cause, message=message.format(said))


class CircuitBreaker:
    """Watches the answers of one run, in the order in which they come."""

    def __init__(self) -> None:
        self._has_created = False
        self._forbidden = 0
        self._faults = 0

    def observe(self, decision: Decision, *, is_final: bool) -> StopReason | None:
        """
        Return why the run should end, or ``None`` while it may go on.

        Args:
            decision: how the last attempt was read.
            is_final: the row is not sent again in this run.

        """
        signal = decision.signal
        if (halt := halt_at_once(signal, describe(decision.outcome))) is not None:
            return halt
        self._has_created |= isinstance(decision.outcome, Created)
        self._forbidden = self._forbidden + 1 if signal is Signal.FORBIDDEN else 0
        if self._forbidden >= FORBIDDEN_MAX and not self._has_created:
            message = (
                f"the server refused the first {FORBIDDEN_MAX} rows in the same way "
                f"({describe(decision.outcome)}); check --project-id, --instance-id and the "
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
            f"{FAULTS_MAX} rows in a row met a fault of the server, the last one: "
            f"{describe(decision.outcome)}; run the same command again when it has recovered"
        )
        return StopReason(cause=StopCause.OUTAGE, message=message)


class RetryBudget:
    """
    Limits what a whole run may spend on repeated requests, so that an outage fails fast.

    A repeated connection costs 14, a repeated throttled request 5, a success returns 1.
    """

    _COSTS: Final = {Signal.UNREACHABLE: 14, Signal.THROTTLED: 5}

    def __init__(self, tokens: int = 500) -> None:
        self._tokens_max = tokens
        self._tokens = tokens

    def spend(self, signal: Signal) -> bool:
        """Pay for repeating a request after *signal*; tell whether there was enough left."""
        cost = self._COSTS.get(signal, 0)
        if cost > self._tokens:
            return False
        self._tokens -= cost
        return True

    def earn(self) -> None:
        """Take a success into account."""
        self._tokens = min(self._tokens_max, self._tokens + 1)
