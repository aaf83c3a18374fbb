"""Feed: the pending tasks of a run, each with a committed intent."""

import asyncio
from asyncio import Future
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final

from batchcreate.errors import JournalError
from batchcreate.journal import Pending, Writer

READ_ROWS: Final = 256
"""Number of tasks that are read from the journal in one query."""

AHEAD_S: Final = 0.01
"""
Intents are committed ahead for the tasks that may leave within this time.

At up to 100 requests per second there are none. Above, a worker does not wait for the commit,
and a killed process leaves that many more tasks to reconcile.
"""


AHEAD_MAX: Final = 64
"""The maximum number of intents that are committed ahead."""

CLOSE_S: Final = 5.0
"""
Seconds that `Feed.close` waits for intents that are being committed.

Later ones stay in the journal; the next run reconciles their tasks.
"""


@dataclass(frozen=True, slots=True)
class Work:
    """A task to send now, with the number of its committed intent."""

    pending: Pending
    intent: int


class Feed:
    """
    The tasks of one run, shared by all workers; at most a few hundred are in memory.

    Args:
        writer: reads the tasks and commits the intents.
        planned: number of tasks to send.
        rate_per_s: maximum number of tasks taken per second.

    """

    def __init__(self, writer: Writer, *, planned: int, rate_per_s: float) -> None:
        self._writer = writer
        self._unclaimed = planned
        self._expected = 0
        self._is_held = False
        self._is_draining = False
        self._claimed = 0
        self._changed = asyncio.Event()
        self._unread = planned
        self._ahead = min(int(rate_per_s * AHEAD_S), AHEAD_MAX)
        self._cursor = 0
        self._read: deque[Pending] = deque()
        self._ready: deque[Work] = deque()
        self._reading: Future[tuple[list[Pending], int]] | None = None
        self._committing: Future[Sequence[int]] | None = None
        self._cancelled: list[Future[Sequence[int]]] = []
        self._error: BaseException | None = None

    @property
    def has_more(self) -> bool:
        """Return True if there are tasks that no worker has claimed."""
        return self._unclaimed > 0

    async def claim(self) -> bool:
        """
        Claim one task, to be taken later. Return False if none is left.

        Waits while the feed is held or drained, and while taken tasks may be returned.
        Every claim ends with `release`.
        """
        while self._is_held or self._is_draining or not self._unclaimed:
            if not (self._unclaimed or self._expected):
                return False
            await self._changed.wait()
        self._unclaimed -= 1
        self._claimed += 1
        return True

    def release(self) -> None:
        """End a claim."""
        self._claimed -= 1
        if not self._claimed:
            self._notify()

    def hold(self, *, is_held: bool) -> None:
        """Suspend the feed, or resume it."""
        self._is_held = is_held
        self._notify()

    @asynccontextmanager
    async def drained(self) -> AsyncIterator[None]:
        """Wait until all claims have ended; suspend the feed until the end of the block."""
        self._is_draining = True
        try:
            while self._claimed:
                await self._changed.wait()
            yield
        finally:
            self._is_draining = False
            self._notify()

    def expect_return(self) -> None:
        """Record that a taken task may be sent again: `return_task` or `cancel_return` follows."""
        self._expected += 1

    def return_task(self, task: Pending) -> None:
        """Return *task*, which was expected, to the feed."""
        self._expected -= 1
        self._unclaimed += 1
        self._read.appendleft(task)
        self._notify()

    def cancel_return(self) -> None:
        """Record that an expected task is not returned."""
        self._expected -= 1
        self._notify()

    async def take(self) -> Work:
        """
        Return the next task for a claim.

        Raises:
            JournalError: the journal cannot be read or written.

        """
        while True:
            if self._error is not None:
                raise self._error
            if self._writer.unwritten:
                await self._writer.intend(())  # raises the error of the failed commit
            self._read_ahead()
            if self._ready:
                work = self._ready.popleft()
                self._commit_ahead()
                return work
            if self._read:
                task = self._read.popleft()
                self._commit_ahead()
                return await self._commit_intent(task)
            if (next_step := self._committing or self._reading) is None:
                msg = "the journal holds fewer tasks than were counted; run the command again"
                raise JournalError(msg)
            await asyncio.wait([next_step])

    async def take_again(self, work: Work) -> Work:
        """
        Return *work* with an intent for another attempt.

        Raises:
            JournalError: the journal cannot be written.

        """
        return await self._commit_intent(work.pending)

    def withdraw(self, work: Work) -> None:
        """Withdraw the intent of a task that was not sent."""
        self._writer.withdraw([work.intent])

    async def close(self) -> None:
        """Withdraw the intents of all tasks that were not taken; wait a limited time for them."""
        try:
            async with asyncio.timeout(CLOSE_S):
                for intending in self._cancelled:
                    self._writer.withdraw(await intending)
                if self._committing is not None:
                    await asyncio.shield(self._committing)
        except (JournalError, TimeoutError):
            return
        self._writer.withdraw([work.intent for work in self._ready])
        self._ready.clear()

    async def _commit_intent(self, task: Pending) -> Work:
        intending = self._writer.intend([task.task])
        try:
            (intent,) = await asyncio.shield(intending)
        except asyncio.CancelledError:
            self._cancelled.append(intending)
            raise
        return Work(task, intent)

    def _notify(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def _read_ahead(self) -> None:
        wanted = min(self._unread, READ_ROWS)
        if self._reading is None and wanted and len(self._read) < READ_ROWS // 2:
            self._unread -= wanted
            self._reading = self._writer.read_pending(after=self._cursor, limit=wanted)
            self._reading.add_done_callback(self._on_read)

    def _on_read(self, reading: Future[tuple[list[Pending], int]]) -> None:
        self._reading = None
        self._error = self._error or reading.exception()
        if self._error is None:
            found, self._cursor = reading.result()
            self._read.extend(found)

    def _commit_ahead(self) -> None:
        """Commit the next intents together, as soon as half of the previous ones are used."""
        if self._committing is not None or len(self._ready) > self._ahead // 2:
            return
        tasks = [self._read.popleft() for _ in range(min(self._ahead, len(self._read)))]
        if tasks:
            self._committing = self._writer.intend([task.task for task in tasks])
            self._committing.add_done_callback(partial(self._on_committed, tasks))

    def _on_committed(self, tasks: list[Pending], intending: Future[Sequence[int]]) -> None:
        self._committing = None
        self._error = self._error or intending.exception()
        if self._error is None:
            self._ready.extend(map(Work, tasks, intending.result()))
