"""Writer thread that commits intents and outcomes."""

import asyncio
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from batchcreate.errors import JournalError
from batchcreate.journal import deletions
from batchcreate.journal.database import insert, transaction
from batchcreate.journal.deletions import CreatedTask
from batchcreate.journal.work import Pending, Work
from batchcreate.models import Created, Deletion, Failed, Outcome, Status, Unknown

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
    """
    What the workers handed over during one turn of the event loop.

    Attributes:
        failure: why the batch cannot be written, or None.
        is_committed: its intents and outcomes are on disk; set by the thread.

    """

    at_ms: int = 0
    failure: Exception | None = None
    is_committed: bool = False
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
    first, its task is still unsettled, which is true. After the first failure of any kind the
    thread ends: nothing more is written, every future fails with `JournalError`, those of
    earlier calls included, and `unwritten` holds the outcomes that are lost.

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
        self._batches: SimpleQueue[_Batch | None] = SimpleQueue()
        self._unanswered: deque[_Batch] = deque()
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

    def record_outcome(self, settlement: AttemptOutcome) -> None:
        """Hand over the outcome of an attempt; it is on disk after the next commit."""
        self._batch.settlements.append(settlement)
        self._plan_flush()

    def note_rate(self, per_s: float) -> None:
        """Hand over how fast requests may leave from now on."""
        self._batch.rates.append(per_s)
        self._plan_flush()

    def read_pending(self, *, after: int, limit: int) -> asyncio.Future[tuple[list[Pending], int]]:
        """Return the next tasks to send, see `Work.pending`."""
        return self.call(lambda connection: Work(connection).pending(after=after, limit=limit))

    def record_deletion_intent(self, task: CreatedTask) -> asyncio.Future[None]:
        """Put on disk that *task* is about to be deleted; the request must wait for the future."""
        now_ms = self._now_ms()
        return self.call(lambda connection: deletions.add_intent(connection, task, at_ms=now_ms))

    def record_deletion(self, task: CreatedTask, deletion: Deletion) -> asyncio.Future[None]:
        """Put the outcome of deleting *task* on disk."""
        now_ms = self._now_ms()
        return self.call(
            lambda connection: deletions.add_outcome(connection, task, deletion, at_ms=now_ms)
        )

    def call(self, function: Callable[[sqlite3.Connection], Value]) -> asyncio.Future[Value]:
        """
        Run *function* on the journal's connection, after all that was handed over before.

        The future raises `JournalError` where the journal cannot be read or written.
        """
        done: asyncio.Future[Value] = self._loop.create_future()
        if self._broken is not None:
            done.set_exception(self._broken)
            return done
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
        self._flush()
        self._batches.put(None)
        # Not awaited through an executor: a second interrupt must find the journal closed.
        self._thread.join()
        if self._broken is not None:
            self._refuse()
            if error is None:
                raise self._broken

    def _plan_flush(self) -> None:
        if not self._is_flush_due:
            self._is_flush_due = True
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        """Hand the batch to the thread: one wake-up for all that a loop turn brought."""
        self._is_flush_due = False
        batch, self._batch = self._batch, _Batch()
        try:
            batch.at_ms = self._now_ms()
        except Exception as error:  # noqa: BLE001 # a batch that is not handed over is never answered
            batch.failure = error
        self._unanswered.append(batch)
        if self._broken is None:
            self._batches.put(batch)
        else:
            self._refuse()

    def _work(self) -> None:
        """Write batches until the last one or the first failure, which fails every future."""
        try:
            self._write_until_closed()
        except BaseException as error:  # noqa: BLE001 # a dead thread would keep its callers waiting for ever
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        """Have every future fail; called where the batches are written."""
        if not isinstance(error, JournalError):
            error = JournalError(str(error) or type(error).__name__)
        self._broken = error
        self._loop.call_soon_threadsafe(self._refuse)

    def _write_until_closed(self) -> None:
        commits_again_at = 0.0
        is_open = True
        while is_open:
            taken = [self._batches.get()]
            if (wait_s := commits_again_at - time.monotonic()) > 0:
                time.sleep(wait_s)
            commits_again_at = time.monotonic() + COMMIT_EVERY_S
            while not self._batches.empty():
                taken.append(self._batches.get())
            is_open = taken[-1] is not None
            if batches := [batch for batch in taken if batch is not None]:
                self._write(batches)

    def _write(self, batches: Sequence[_Batch]) -> None:
        """Commit what was handed over since the last commit, make the calls, then say so."""
        with transaction(self._connection):
            for batch in batches:
                if batch.failure is not None:
                    raise batch.failure
                _add_records(self._connection, self._run, batch)
        for batch in batches:
            batch.is_committed = True
        answers = [[call(self._connection) for call in batch.calls] for batch in batches]
        self._loop.call_soon_threadsafe(self._answer, answers)

    def _answer(self, answers: Sequence[Sequence[object]]) -> None:
        """Resolve the futures of the oldest batches, in the order in which they were written."""
        for found in answers:
            batch = self._unanswered.popleft()
            for done, value in (*batch.promises, *zip(batch.answers, found, strict=True)):
                if not done.done():
                    done.set_result(value)

    def _refuse(self) -> None:
        """Fail the futures of all batches that are not answered, and keep what is not written."""
        while self._unanswered:
            batch = self._unanswered.popleft()
            if not batch.is_committed:
                self.unwritten.extend(batch.settlements)
            for done in (*(done for done, _ in batch.promises), *batch.answers):
                if not done.done():
                    done.set_exception(self._broken or JournalError("the journal is closed"))


def _add_records(connection: sqlite3.Connection, run: int, batch: _Batch) -> None:
    add_outcomes(connection, batch.settlements, at_ms=batch.at_ms)
    add_intents(connection, batch.intents, run=run, at_ms=batch.at_ms)
    withdraw(connection, batch.withdrawn)
    add_rates(connection, batch.rates, run=run, at_ms=batch.at_ms)
