"""What a run appends to the journal: intents before requests, outcomes after them."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from batchcreate.journal.inserting import insert
from batchcreate.models import Created, Failed, Outcome, Status, Unknown

_INTENTS: Final = "intents (id, task, run, at_ms)"
_RATES: Final = "rates (run, at_ms, per_s)"
_OUTCOMES: Final = "outcomes (intent, status, http_status, error_code, error_msg, task_id, how, at_ms, duration_ms)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """
    What became of one attempt.

    Attributes:
        intent: its number, as `Writer.intend` returned it.
        outcome: as it was read.
        duration_ms: from sending to the end of the answer.

    """

    intent: int
    outcome: Outcome
    duration_ms: int


def add_intents(
    connection: sqlite3.Connection, intents: Iterable[tuple[int, int]], *, run: int, at_ms: int
) -> None:
    """Append the numbers and tasks of *intents*."""
    insert(connection, _INTENTS, [(intent, task, run, at_ms) for intent, task in intents])


def add_outcomes(
    connection: sqlite3.Connection, settlements: Iterable[Settlement], *, at_ms: int
) -> None:
    """Append what became of attempts."""
    insert(connection, _OUTCOMES, [_columns(settlement, at_ms) for settlement in settlements])


def add_rates(
    connection: sqlite3.Connection, rates: Iterable[float], *, run: int, at_ms: int
) -> None:
    """Append the rates that requests might leave at, in the order in which they held."""
    insert(connection, _RATES, [(run, at_ms, per_s) for per_s in rates])


def withdraw(connection: sqlite3.Connection, intents: Iterable[int]) -> None:
    """Remove intents whose requests were never sent."""
    connection.executemany("DELETE FROM intents WHERE id = ?", [(intent,) for intent in intents])


_Columns = tuple[int, Status, int | None, str, str, str, str, int, int]


def _columns(settlement: Settlement, at_ms: int) -> _Columns:
    intent, times = settlement.intent, (at_ms, settlement.duration_ms)
    match settlement.outcome:
        case Created(task_id=task_id, how=how, http_status=http_status):
            return (intent, Status.CREATED, http_status, "", "", task_id, how, *times)
        case Failed(http_status=http_status, error_code=code, error_msg=message):
            return (intent, Status.FAILED, http_status, code, message, "", "", *times)
        case Unknown(
            reason=reason, http_status=http_status, error_code=code
        ):  # pragma: no branch # there is no other
            return (intent, Status.UNKNOWN, http_status, code, reason, "", "", *times)
