"""Writer thread that commits intents and outcomes."""

import asyncio
import sqlite3
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from batchcreate.errors import JournalError
from batchcreate.journal import deletions
from batchcreate.journal.database import insert, transaction
from batchcreate.journal.deletions import CreatedTask
from batchcreate.journal.evidence import Evidence, read_evidence
from batchcreate.journal.work import Pending, Work
from batchcreate.models import (
    Created,
    Deletion,
    Failed,
    Outcome,
    Status,
    Target,
    TaskId,
    Unknown,
)

_INTENTS: Final = "intents (id, task, run, at_ms)"
_RATES: Final = "rates (run, at_ms, per_s)"
_OUTCOMES: Final = (
    "outcomes (intent, status, http_status, error_code, error_msg, not_sent_reason, task_id, how,"
    " at_ms, duration_ms)"
)


RECONCILED: Final = "found in the task list, not in the response to its request"
"""Message of a created row whose task_id comes from a task list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptOutcome:
    """
    Outcome of one attempt.

    Attributes:
        intent: number of its intent, from `Writer.intend`.
        outcome: the outcome.
        duration_ms: time from sending the request to the end of the response, in milliseconds.

    """

    intent: int
    outcome: Outcome
    duration_ms: int


def add_intents(
    connection: sqlite3.Connection, intents: Iterable[tuple[int, int]], *, run: int, at_ms: int
) -> None:
    """Append intents, each given by its number and its task."""
    insert(connection, _INTENTS, [(intent, task, run, at_ms) for intent, task in intents])


def add_outcomes(
    connection: sqlite3.Connection, outcomes: Iterable[AttemptOutcome], *, at_ms: int
) -> None:
    """Append the outcomes of attempts."""
    insert(connection, _OUTCOMES, [_values(attempt, at_ms) for attempt in outcomes])


def add_rates(
    connection: sqlite3.Connection, rates: Iterable[float], *, run: int, at_ms: int
) -> None:
    """Append rate limits, in the order in which they took effect."""
    insert(connection, _RATES, [(run, at_ms, per_s) for per_s in rates])


def withdraw(connection: sqlite3.Connection, intents: Iterable[int]) -> None:
    """Remove intents whose requests were never sent."""
    connection.executemany("DELETE FROM intents WHERE id = ?", [(intent,) for intent in intents])


_Values = tuple[int, Status, int | None, str, str, str, str, str, int, int]


def _values(attempt: AttemptOutcome, at_ms: int) -> _Values:
    intent, times = attempt.intent, (at_ms, attempt.duration_ms)
    match attempt.outcome:
        case Created(task_id=task_id, how=how, http_status=http_status):
            message = RECONCILED if how == "reconciled" else ""
            return (intent, Status.CREATED, http_status, "", message, "", task_id, how, *times)
        case Failed(http_status=http_status, error_code=code, error_msg=message) as failed:
            reason = failed.not_sent_reason or ""
            return (intent, Status.FAILED, http_status, code, message, reason, "", "", *times)
        case Unknown(
            reason=reason, http_status=http_status, error_code=code
        ):  # pragma: no branch # there is no other
            return (intent, Status.UNKNOWN, http_status, code, reason, "", "", "", *times)


Value = TypeVar("Value")

COMMIT_EVERY_S: Final = 0.002
"""
Minimum time between commits, in seconds. During a busy run each commit contains more records; a
run that is not busy does not wait.
"""


IDLE_S: Final = 1.0
"""How often an idle thread looks if the event loop still exists, in seconds."""


@dataclass(slots=True)
class _Batch:
    """
    Records that the workers added during one iteration of the event loop.

    Attributes:
        failure: the reason the records cannot be written, or None.
        is_committed: True if the records are on disk; set by the thread.

    """

    at_ms: int = 0
    failure: Exception | None = None
    is_committed: bool = False
    intents: list[tuple[int, int]] = field(default_factory=list)
    withdrawn: list[int] = field(default_factory=list)
    outcomes: list[AttemptOutcome] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    calls: list[Callable[[sqlite3.Connection], object]] = field(default_factory=list)
    promises: list[tuple[asyncio.Future[Any], object]] = field(default_factory=list)
    answers: list[asyncio.Future[Any]] = field(default_factory=list)


class Writer:
    """
    Thread that has exclusive use of the journal while workers run.

    Workers await an intent: its request is sent only after it is on disk. They do not await an
    outcome, which is written with the next commit; if the process ends before, the task is
    unknown, which is correct. After the first failure of any kind the thread ends: nothing else
    is written, every future fails with `JournalError`, including those of earlier calls, and
    `unwritten` contains the lost outcomes.

    Args:
        connection: connection of the journal, not used elsewhere while the writer is open.
        run: number of the run.
        now_ms: wall clock, in milliseconds since 1970.

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
        self._unresolved: deque[_Batch] = deque()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="journal")
        self._loop = asyncio.get_running_loop()
        self._broken: JournalError | None = None
        self.unwritten: list[AttemptOutcome] = []

    def intend(self, tasks: Sequence[int]) -> asyncio.Future[Sequence[int]]:
        """
        Write the intents to send *tasks*.

        The future returns the numbers of the intents, in the same order, after they are on disk.
        It raises `JournalError` if they could not be written; then the requests must not be sent.
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
        self._schedule_flush()
        return done

    def withdraw(self, intents: Sequence[int]) -> None:
        """Remove intents whose requests were never sent."""
        self._batch.withdrawn.extend(intents)
        self._schedule_flush()

    def record_outcome(self, attempt: AttemptOutcome) -> None:
        """Write the outcome of an attempt with the next commit."""
        self._batch.outcomes.append(attempt)
        self._schedule_flush()

    def record_rate(self, per_s: float) -> None:
        """Write the rate limit that applies from now on with the next commit."""
        self._batch.rates.append(per_s)
        self._schedule_flush()

    def read_pending(self, *, after: int, limit: int) -> asyncio.Future[tuple[list[Pending], int]]:
        """Return the next tasks to send, see `Work.pending`."""
        return self._call(lambda connection: Work(connection).pending(after=after, limit=limit))

    def read_evidence(
        self,
        target: Target,
        *,
        listed: Collection[TaskId],
        candidates: Sequence[TaskId],
        tasks: Sequence[int],
    ) -> asyncio.Future[Evidence]:
        """Return the evidence of the journal about a task list, see `read_evidence`."""
        return self._call(
            lambda connection: read_evidence(
                connection, target, listed=listed, candidates=candidates, tasks=tasks
            )
        )

    def record_deletion_intent(self, task: CreatedTask) -> asyncio.Future[None]:
        """Write that *task* is about to be deleted; the request must wait for the future."""
        now_ms = self._now_ms()
        return self._call(lambda connection: deletions.add_intent(connection, task, at_ms=now_ms))

    def record_deletion(self, task: CreatedTask, deletion: Deletion) -> asyncio.Future[None]:
        """Write the outcome of deleting *task*."""
        now_ms = self._now_ms()
        return self._call(
            lambda connection: deletions.add_outcome(connection, task, deletion, at_ms=now_ms)
        )

    def _call(self, function: Callable[[sqlite3.Connection], Value]) -> asyncio.Future[Value]:
        """
        Call *function* with the connection, after earlier records are written.

        The future raises `JournalError` if the journal cannot be read or written.
        """
        done: asyncio.Future[Value] = self._loop.create_future()
        if self._broken is not None:
            done.set_exception(self._broken)
            return done
        self._batch.calls.append(function)
        self._batch.answers.append(done)
        self._schedule_flush()
        return done

    async def __aenter__(self) -> Self:
        writing = self._thread.submit(self._write_until_closed)
        writing.add_done_callback(self._on_end)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self._flush()
        finally:
            self._batches.put(None)
            # Not awaited: the journal must be closed before a second interrupt.
            self._thread.shutdown()
        if self._broken is not None:
            self._reject_all()
            if error is None:
                raise self._broken

    def _schedule_flush(self) -> None:
        if not self._is_flush_due:
            self._is_flush_due = True
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        """Pass the records of one iteration of the event loop to the thread, with one wake-up."""
        self._is_flush_due = False
        batch, self._batch = self._batch, _Batch()
        try:
            batch.at_ms = self._now_ms()
        except Exception as error:  # noqa: BLE001 # without the batch, its futures would never be resolved
            batch.failure = error
        self._unresolved.append(batch)
        if self._broken is None:
            self._batches.put(batch)
        else:
            self._reject_all()

    def _on_end(self, writing: Future[None]) -> None:
        """Reject all futures if the thread has failed: callers would wait forever for it."""
        error = writing.exception()
        if error is not None:
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        """Make every future fail; called in the thread that writes."""
        if not isinstance(error, JournalError):
            reason = str(error) or type(error).__name__
            error = JournalError(f"journal.db cannot be written: {reason}")
        self._broken = error
        with suppress(RuntimeError):  # the event loop is closed: no caller waits
            self._loop.call_soon_threadsafe(self._reject_all)

    def _write_until_closed(self) -> None:
        """Write batches until the writer is closed, or until the first failure."""
        commits_again_at = 0.0
        is_open = True
        while is_open:
            taken = [self._next()]
            if (wait_s := commits_again_at - time.monotonic()) > 0:
                time.sleep(wait_s)
            commits_again_at = time.monotonic() + COMMIT_EVERY_S
            while not self._batches.empty():
                taken.append(self._batches.get())
            is_open = taken[-1] is not None
            self._write([batch for batch in taken if batch is not None])

    def _next(self) -> _Batch | None:
        """Wait for the next batch; None if there is none, also if the writer was never closed."""
        while True:
            try:
                return self._batches.get(timeout=IDLE_S)
            except Empty:
                if self._loop.is_closed():
                    return None

    def _write(self, batches: Sequence[_Batch]) -> None:
        """Commit *batches*, make their calls, then resolve their futures."""
        with transaction(self._connection):
            for batch in batches:
                if batch.failure is not None:
                    raise batch.failure
                _add_records(self._connection, self._run, batch)
        for batch in batches:
            batch.is_committed = True
        answers = [[call(self._connection) for call in batch.calls] for batch in batches]
        self._loop.call_soon_threadsafe(self._resolve, answers)

    def _resolve(self, answers: Sequence[Sequence[object]]) -> None:
        """Resolve the futures of the oldest batches, in the order of writing."""
        for found in answers:
            batch = self._unresolved.popleft()
            for done, value in (*batch.promises, *zip(batch.answers, found, strict=True)):
                if not done.done():
                    done.set_result(value)

    def _reject_all(self) -> None:
        """Make the futures of all unresolved batches fail, and keep the lost outcomes."""
        while self._unresolved:
            batch = self._unresolved.popleft()
            if not batch.is_committed:
                self.unwritten.extend(batch.outcomes)
            for done in (*(done for done, _ in batch.promises), *batch.answers):
                if not done.done():
                    done.set_exception(self._broken or JournalError("the journal is closed"))


def _add_records(connection: sqlite3.Connection, run: int, batch: _Batch) -> None:
    add_outcomes(connection, batch.outcomes, at_ms=batch.at_ms)
    add_intents(connection, batch.intents, run=run, at_ms=batch.at_ms)
    withdraw(connection, batch.withdrawn)
    add_rates(connection, batch.rates, run=run, at_ms=batch.at_ms)
