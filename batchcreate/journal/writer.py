"""The one writer of a run: intents and outcomes of many workers share each commit."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import SimpleQueue
from types import TracebackType
from typing import Final, Self, TypeVar

from batchcreate.errors import JournalError
from batchcreate.journal.file import transaction
from batchcreate.models import Created, Failed, Outcome, Status, Unknown

Value = TypeVar("Value")

UNANSWERED: Final = "sent, but no answer was recorded"
REUSED_ID: Final = "the server answered with the task_id of another task"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """
    What became of one attempt.

    Attributes:
        task: the task's number in the journal.
        outcome: as it was read.
        finished_at: UTC, ISO 8601.
        duration_ms: from sending to the end of the answer.

    """

    task: int
    outcome: Outcome
    finished_at: str
    duration_ms: int


@dataclass(frozen=True, slots=True)
class _Intent:
    task: int
    at: str
    done: asyncio.Future[None]


@dataclass(frozen=True, slots=True)
class _Call:
    function: Callable[[sqlite3.Connection], object]
    done: asyncio.Future[object]


_Order = _Intent | Settlement | _Call | None


class Writer:
    """
    A thread that owns the journal's connection while workers run.

    An intent is awaited: when `intend` returns, it is on disk and its request may leave.
    An outcome is handed over and committed with whatever comes next; should the process die
    first, its task is still unsettled, which is true. After the first failed commit nothing
    more is written, every `intend` raises, and `unwritten` holds the outcomes that are lost.
    """

    def __init__(self, connection: sqlite3.Connection, *, run: int) -> None:
        self._connection = connection
        self._run = run
        self._orders: SimpleQueue[_Order] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="journal", daemon=True)
        self._loop = asyncio.get_running_loop()
        self._broken: JournalError | None = None
        self.unwritten: list[Settlement] = []

    async def intend(self, task: int, *, at: str) -> None:
        """
        Put on disk that *task* is about to be sent.

        Raises:
            JournalError: it could not be written; the request must not leave.

        """
        if self._broken is not None:
            raise self._broken
        done = self._loop.create_future()
        self._orders.put(_Intent(task, at, done))
        await done

    def settle(self, settlement: Settlement) -> None:
        """Hand over what became of an attempt; it is on disk with the next commit."""
        self._orders.put(settlement)

    async def call(self, function: Callable[[sqlite3.Connection], Value]) -> Value:
        """
        Run *function* on the journal's connection, after all that was handed over before.

        Raises:
            JournalError: the journal cannot be read or written.

        """
        done: asyncio.Future[object] = self._loop.create_future()
        self._orders.put(_Call(function, done))
        return await done  # type: ignore[return-value] # the queue does not carry the type

    async def __aenter__(self) -> Self:
        self._thread.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._orders.put(None)
        # Not awaited through an executor: a second interrupt must find the journal closed.
        self._thread.join()
        if self._broken is not None and error is None:
            raise self._broken

    def _work(self) -> None:
        is_open = True
        while is_open:
            orders = [self._orders.get()]
            while not self._orders.empty():
                orders.append(self._orders.get())
            is_open = orders[-1] is not None
            self._carry_out([order for order in orders if order is not None])

    def _carry_out(self, orders: Sequence[_Intent | Settlement | _Call]) -> None:
        settlements = [order for order in orders if isinstance(order, Settlement)]
        intents = [order for order in orders if isinstance(order, _Intent)]
        calls = [order for order in orders if isinstance(order, _Call)]
        try:
            if self._broken is not None:
                raise self._broken
            if settlements or intents:
                with transaction(self._connection):
                    self._write_outcomes(settlements)
                    self._write_intents(intents)
            answers = [call.function(self._connection) for call in calls]
        except (JournalError, sqlite3.Error) as error:
            self._break(error, settlements, [*intents, *calls])
        else:
            self._tell(intents, calls, answers)

    def _write_intents(self, intents: Sequence[_Intent]) -> None:
        self._connection.executemany(
            """
            UPDATE tasks SET
                status = 'unknown', attempts = attempts + 1, sent_digest = digest, run = ?,
                first_sent_at = CASE first_sent_at WHEN '' THEN ? ELSE first_sent_at END,
                finished_at = '', duration_ms = NULL,
                http_status = NULL, error_code = '', error_msg = ?
            WHERE id = ?
            """,
            [(self._run, intent.at, UNANSWERED, intent.task) for intent in intents],
        )

    def _write_outcomes(self, settlements: Sequence[Settlement]) -> None:
        if not settlements:
            return
        values = [_columns(settlement) for settlement in settlements]
        # An id that another task has already is ignored here: that task stays unknown.
        cursor = self._connection.executemany(
            """
            UPDATE OR IGNORE tasks SET
                status = ?, http_status = ?, error_code = ?, error_msg = ?,
                finished_at = ?, duration_ms = ?, task_id = ?, how = ?
            WHERE id = ?
            """,
            values,
        )
        if cursor.rowcount != len(values):
            self._connection.executemany(
                "UPDATE tasks SET error_msg = ? WHERE id = ? AND status <> ?",
                [(REUSED_ID, row[-1], row[0]) for row in values],
            )
        self._connection.executemany(
            """
            INSERT INTO attempts (
                run, status, http_status, error_code, finished_at, duration_ms, task
            ) VALUES (?, ?, ?, ?, ?, ?, ?)
            """,
            [
                (self._run, status, http_status, code, finished_at, duration_ms, task)
                for status, http_status, code, _, finished_at, duration_ms, _, _, task in values
            ],
        )

    def _tell(
        self, intents: Sequence[_Intent], calls: Sequence[_Call], answers: Sequence[object]
    ) -> None:
        def resolve() -> None:
            for intent in intents:
                if not intent.done.done():
                    intent.done.set_result(None)
            for call, answer in zip(calls, answers, strict=True):
                if not call.done.done():
                    call.done.set_result(answer)

        if intents or calls:
            self._loop.call_soon_threadsafe(resolve)

    def _break(
        self,
        error: Exception,
        settlements: Sequence[Settlement],
        waiting: Sequence[_Intent | _Call],
    ) -> None:
        self._broken = error if isinstance(error, JournalError) else JournalError(str(error))
        self.unwritten.extend(settlements)
        broken = self._broken

        def refuse() -> None:
            for order in waiting:
                if not order.done.done():
                    order.done.set_exception(broken)

        self._loop.call_soon_threadsafe(refuse)


_Columns = tuple[Status, int | None, str, str, str, int, str, str, int]


def _columns(settlement: Settlement) -> _Columns:
    times = (settlement.finished_at, settlement.duration_ms)
    match settlement.outcome:
        case Created(task_id=task_id, how=how, http_status=http_status):
            return (Status.CREATED, http_status, "", "", *times, task_id, how, settlement.task)
        case Failed(http_status=http_status, error_code=code, error_msg=message):
            return (Status.FAILED, http_status, code, message, *times, "", "", settlement.task)
        case Unknown(reason=reason, http_status=http_status, error_code=code):
            return (Status.UNKNOWN, http_status, code, reason, *times, "", "", settlement.task)
