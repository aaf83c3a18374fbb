"""Writer thread that commits intents and outcomes."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from batchcreate.errors import JournalError
from batchcreate.journal.database import insert, transaction
from batchcreate.models import Created, Failed, Outcome, Status, Unknown

_INTENTS: Final = "intents (id, task, run, at_ms)"
_RATES: Final = "rates (run, at_ms, per_s)"
_OUTCOMES: Final = "outcomes (intent, status, http_status, error_code, error_msg, task_id, how, at_ms, duration_ms)"


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptOutcome:
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
    connection: sqlite3.Connection, settlements: Iterable[AttemptOutcome], *, at_ms: int
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


def _columns(settlement: AttemptOutcome, at_ms: int) -> _Columns:
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


Value = TypeVar("Value")

COMMIT_EVERY_S: Final = 0.002
"""
Commits follow each other no faster than this. A busy run puts more into each of them; one
that is not busy does not wait.
"""


@dataclass(slots=True)
class _Batch:
    """What the workers handed over during one turn of the event loop."""

    at_ms: int = 0
    is_last: bool = False
    intents: list[tuple[int, int]] = field(default_factory=list)
    withdrawn: list[int] = field(default_factory=list)
    settlements: list[AttemptOutcome] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    calls: list[Callable[[sqlite3.Connection], object]] = field(default_factory=list)
    promises: list[tuple[asyncio.Future[Any], object]] = field(default_factory=list)
    answers: list[asyncio.Future[Any]] = field(default_factory=list)


class Writer:
    """
    A thread that owns the journal's connection while workers run.

    An intent is awaited: once it is on disk, its request may leave.
    An outcome is handed over and committed with whatever comes next; should the process die
    first, its task is still unsettled, which is true. After the first failed commit nothing
    more is written, every `intend` fails, and `unwritten` holds the outcomes that are lost.

    Args:
        connection: the journal's; nobody else uses it while the writer is open.
        run: number of the run.
        now_ms: the wall clock, in milliseconds since 1970.

    """

    def __init__(
        self, connection: sqlite3.Connection, *, run: int, now_ms: Callable[[], int]
    ) -> None:
        self._connection = connection
        self._run = run
        self._now_ms = now_ms
        self._last_intent: int = connection.execute(
            "SELECT coalesce(max(id), 0) FROM intents"
        ).fetchone()[0]
        self._batch = _Batch()
        self._is_flush_due = False
        self._batches: SimpleQueue[_Batch] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="journal", daemon=True)
        self._loop = asyncio.get_running_loop()
        self._broken: JournalError | None = None
        self.unwritten: list[AttemptOutcome] = []

    def intend(self, tasks: Sequence[int]) -> asyncio.Future[Sequence[int]]:
        """
        Put on disk that *tasks* are about to be sent.

        The future gives the numbers of their intents, in the same order, once they are on
        disk. It raises `JournalError` where they could not be written: then the requests
        must not leave.
        """
        done: asyncio.Future[Sequence[int]] = self._loop.create_future()
        if self._broken is not None:
            done.set_exception(self._broken)
            return done
        first = self._last_intent + 1
        self._last_intent += len(tasks)
        numbers = range(first, first + len(tasks))
        self._batch.intents.extend(zip(numbers, tasks, strict=True))
        self._batch.promises.append((done, numbers))
        self._plan_flush()
        return done

    def withdraw(self, intents: Sequence[int]) -> None:
        """Take back intents whose requests were never sent."""
        self._batch.withdrawn.extend(intents)
        self._plan_flush()

    def settle(self, settlement: AttemptOutcome) -> None:
        """Hand over what became of an attempt; it is on disk with the next commit."""
        self._batch.settlements.append(settlement)
        self._plan_flush()

    def note_rate(self, per_s: float) -> None:
        """Hand over how fast requests may leave from now on."""
        self._batch.rates.append(per_s)
        self._plan_flush()

    def call(self, function: Callable[[sqlite3.Connection], Value]) -> asyncio.Future[Value]:
        """
        Run *function* on the journal's connection, after all that was handed over before.

        The future raises `JournalError` where the journal cannot be read or written.
        """
        done: asyncio.Future[Value] = self._loop.create_future()
        self._batch.calls.append(function)
        self._batch.answers.append(done)
        self._plan_flush()
        return done

    async def __aenter__(self) -> Self:
        self._thread.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._batch.is_last = True
        self._flush()
        # Not awaited through an executor: a second interrupt must find the journal closed.
        self._thread.join()
        if self._broken is not None and error is None:
            raise self._broken

    def _plan_flush(self) -> None:
        if not self._is_flush_due:
            self._is_flush_due = True
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        """Hand the batch to the thread: one wake-up for all that a loop turn brought."""
        self._is_flush_due = False
        batch, self._batch = self._batch, _Batch()
        batch.at_ms = self._now_ms()
        self._batches.put(batch)

    def _work(self) -> None:
        is_open = True
        commits_again_at = 0.0
        while is_open:
            batches = [self._batches.get()]
            if (wait_s := commits_again_at - time.monotonic()) > 0:
                time.sleep(wait_s)
            commits_again_at = time.monotonic() + COMMIT_EVERY_S
            while not self._batches.empty():
                batches.append(self._batches.get())
            is_open = not batches[-1].is_last
            self._carry_out(batches)

    def _carry_out(self, batches: Sequence[_Batch]) -> None:
        """Commit what was handed over since the last commit, then say so."""
        unwritten = [settlement for batch in batches for settlement in batch.settlements]
        if self._broken is None:
            try:
                with transaction(self._connection):
                    _write(self._connection, self._run, batches)
                unwritten.clear()
                answers = [[call(self._connection) for call in batch.calls] for batch in batches]
            except Exception as error:  # noqa: BLE001 # a dead thread would keep its callers waiting for ever
                self._broken = (
                    error if isinstance(error, JournalError) else JournalError(str(error))
                )
            else:
                if any(batch.promises or batch.calls for batch in batches):
                    self._loop.call_soon_threadsafe(_resolve, batches, answers)
                return
        self.unwritten.extend(unwritten)
        self._loop.call_soon_threadsafe(_refuse, batches, self._broken)


def _write(connection: sqlite3.Connection, run: int, batches: Sequence[_Batch]) -> None:
    for batch in batches:
        add_outcomes(connection, batch.settlements, at_ms=batch.at_ms)
        add_intents(connection, batch.intents, run=run, at_ms=batch.at_ms)
        withdraw(connection, batch.withdrawn)
        add_rates(connection, batch.rates, run=run, at_ms=batch.at_ms)


def _resolve(batches: Sequence[_Batch], answers: Sequence[Sequence[object]]) -> None:
    for batch, found in zip(batches, answers, strict=True):
        for done, value in (*batch.promises, *zip(batch.answers, found, strict=True)):
            if not done.done():
                done.set_result(value)


def _refuse(batches: Sequence[_Batch], error: JournalError) -> None:
    for batch in batches:
        for done in (*(done for done, _ in batch.promises), *batch.answers):
            if not done.done():
                done.set_exception(error)
