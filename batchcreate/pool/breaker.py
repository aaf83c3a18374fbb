"""Notices from the answers that going on makes no sense; pure."""

from collections.abc import Mapping
from typing import Final

from batchcreate.models import Created, Decision, Signal
from batchcreate.outcome import describe
from batchcreate.pool.stop import Cause, Halt

FORBIDDEN_MAX: Final = 3
"""Refusals of the whole instance in a row, none created before, that end a run."""

FAULTS_MAX: Final = 10
"""Rows in a row that ended in a server fault, or could not reach the server, that end a run."""

_AT_ONCE: Final[Mapping[Signal, tuple[Cause, str]]] = {
    Signal.UNAUTHORIZED: (
        Cause.UNAUTHORIZED,
        "the server does not accept the credentials ({}); renew them and run the same command again",
    ),
    Signal.REDIRECTED: (
        Cause.REDIRECTED,
        "{}; nothing is sent to another host: correct --endpoint and run the same command again",
    ),
    Signal.UNTRUSTED: (
        Cause.UNTRUSTED,
        "{}; check --endpoint and the certificate, then run the same command again",
    ),
}


def halt_at_once(signal: Signal, said: str) -> Halt | None:
    """
    Return why one answer is reason enough to end a run, if it is.

    Args:
        signal: what it says about the server.
        said: the same in words.

    """
    if signal not in _AT_ONCE:
        return None
    cause, message = _AT_ONCE[signal]
    return Halt(cause=cause, message=message.format(said))


class Breaker:
    """Watches the answers of one run, in the order in which they come."""

    def __init__(self) -> None:
        self._has_created = False
        self._forbidden = 0
        self._faults = 0

    def observe(self, decision: Decision, *, is_final: bool) -> Halt | None:
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
            return Halt(cause=Cause.FORBIDDEN, message=message)
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
        return Halt(cause=Cause.OUTAGE, message=message)


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
