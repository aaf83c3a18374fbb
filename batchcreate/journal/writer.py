"""The one writer of a run: intents and outcomes of many workers share each commit."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from batchcreate.errors import JournalError
from batchcreate.journal.file import transaction
from batchcreate.models import Created, Failed, Outcome, Status, Unknown

Value = TypeVar("Value")

COMMIT_EVERY_S: Final = 0.004
"""
Commits follow each other no faster than this. A busy run puts more into each of them; one
that is not busy does not wait.
"""


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


@dataclass(slots=True)
class _Batch:
    """What the workers handed over during one turn of the event loop."""

    at_ms: int = 0
    is_last: bool = False
    intents: list[tuple[int, int]] = field(default_factory=list)
    settlements: list[Settlement] = field(default_factory=list)
    calls: list[Callable[[sqlite3.Connection], object]] = field(default_factory=list)
    intents_done: list[asyncio.Future[None]] = field(default_factory=list)
    calls_done: list[asyncio.Future[Any]] = field(default_factory=list)


class Writer:
    """
    A thread that owns the journal's connection while workers run.

    An intent is awaited: when `intend` returns, it is on disk and its request may leave.
    An outcome is handed over and committed with whatever comes next; should the process die
    first, its task is still unsettled, which is true. After the first failed commit nothing
    more is written, every `intend` raises, and `unwritten` holds the outcomes that are lost.

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
        self.unwritten: list[Settlement] = []

    async def intend(self, task: int) -> int:
        """
        Put on disk that *task* is about to be sent; return the number of this intent.

        Raises:
            JournalError: it could not be written; the request must not leave.

        """
        if self._broken is not None:
            raise self._broken
        done = self._loop.create_future()
        self._last_intent += 1
        intent = self._last_intent
        self._batch.intents.append((intent, task))
        self._batch.intents_done.append(done)
        self._plan_flush()
        await done
        return intent

    def settle(self, settlement: Settlement) -> None:
        """Hand over what became of an attempt; it is on disk with the next commit."""
        self._batch.settlements.append(settlement)
        self._plan_flush()

    async def call(self, function: Callable[[sqlite3.Connection], Value]) -> Value:
        """
        Run *function* on the journal's connection, after all that was handed over before.

        Raises:
            JournalError: the journal cannot be read or written.

        """
        done: asyncio.Future[Value] = self._loop.create_future()
        self._batch.calls.append(function)
        self._batch.calls_done.append(done)
        self._plan_flush()
        return await done

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
        try:
            if self._broken is not None:
                raise self._broken
            with transaction(self._connection):
                for batch in batches:
                    self._write_outcomes(batch)
                    self._write_intents(batch)
            answers = [[call(self._connection) for call in batch.calls] for batch in batches]
        except (JournalError, sqlite3.Error) as error:
            broken = error if isinstance(error, JournalError) else JournalError(str(error))
            self._broken = broken
            for batch in batches:
                self.unwritten.extend(batch.settlements)
            self._loop.call_soon_threadsafe(_refuse, batches, broken)
        else:
            if any(batch.intents or batch.calls for batch in batches):
                self._loop.call_soon_threadsafe(_resolve, batches, answers)

    def _write_intents(self, batch: _Batch) -> None:
        self._connection.executemany(
            "INSERT INTO intents VALUES (?, ?, ?, ?)",
            [(intent, task, self._run, batch.at_ms) for intent, task in batch.intents],
        )

    def _write_outcomes(self, batch: _Batch) -> None:
        self._connection.executemany(
            "INSERT INTO outcomes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [_columns(settlement, batch.at_ms) for settlement in batch.settlements],
        )


def _resolve(batches: Sequence[_Batch], answers: Sequence[Sequence[object]]) -> None:
    for batch, found in zip(batches, answers, strict=True):
        for done in batch.intents_done:
            if not done.done():
                done.set_result(None)
        for called, answer in zip(batch.calls_done, found, strict=True):
            if not called.done():
                called.set_result(answer)


def _refuse(batches: Sequence[_Batch], error: JournalError) -> None:
    for batch in batches:
        for done in (*batch.intents_done, *batch.calls_done):
            if not done.done():
                done.set_exception(error)


_Columns = tuple[int, Status, int | None, str, str, str, str, int, int]


def _columns(settlement: Settlement, at_ms: int) -> _Columns:
    intent, times = settlement.intent, (at_ms, settlement.duration_ms)
    match settlement.outcome:
        case Created(task_id=task_id, how=how, http_status=http_status):
            return (intent, Status.CREATED, http_status, "", "", task_id, how, *times)
        case Failed(http_status=http_status, error_code=code, error_msg=message):
            return (intent, Status.FAILED, http_status, code, message, "", "", *times)
        case Unknown(reason=reason, http_status=http_status, error_code=code):
            return (intent, Status.UNKNOWN, http_status, code, reason, "", "", *times)
