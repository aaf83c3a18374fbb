"""Hands out the journal's pending tasks, each with its intent on disk."""

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
from batchcreate.journal.work import pending

READ_ROWS: Final = 256
"""How many tasks are read from the journal at once."""

AHEAD_S: Final = 0.01
"""
Intents are committed ahead for the tasks that may leave within this time.

At 100 requests a second and below that is none. Above, a worker does not wait for the commit,
and a process that is killed leaves so many more tasks to look up in the server's list.
"""


AHEAD_MAX: Final = 64
"""But never for more tasks than this."""

CLOSE_S: Final = 5.0
"""
Seconds that `Feed.close` waits for intents that are being committed.

Those that take longer stay in the journal; the next run looks their tasks up.
"""


@dataclass(frozen=True, slots=True)
class Work:
    """A task to send now: its intent is on disk."""

    pending: Pending
    intent: int


class Feed:
    """
    The tasks of one run, shared by all workers; a few hundred of them are in memory.

    Args:
        writer: the journal's thread; tasks are read and intents are written through it.
        planned: how many tasks to hand out.
        rate_per_s: how fast they will be wanted at most.

    """

    def __init__(self, writer: Writer, *, planned: int, rate_per_s: float) -> None:
        self._writer = writer
        self._tickets = planned
        self._aside = 0
        self._is_held = False
        self._is_resting = False
        self._claimed = 0
        self._news = asyncio.Event()
        self._unread = planned
        self._ahead = min(int(rate_per_s * AHEAD_S), AHEAD_MAX)
        self._cursor = 0
        self._read: deque[Pending] = deque()
        self._intended: deque[Work] = deque()
        self._reading: Future[tuple[list[Pending], int]] | None = None
        self._intending: Future[Sequence[int]] | None = None
        self._abandoned: list[Future[Sequence[int]]] = []
        self._broken: BaseException | None = None

    @property
    def has_more(self) -> bool:
        """There are tasks that nobody has claimed."""
        return self._tickets > 0

    async def ticket(self) -> bool:
        """
        Claim one of the tasks, to be taken later; tell whether there was one left.

        Waits while the feed is held or at rest, and while tasks that were taken may come back.
        Every claim ends with `done`.
        """
        while self._is_held or self._is_resting or not self._tickets:
            if not (self._tickets or self._aside):
                return False
            await self._news.wait()
        self._tickets -= 1
        self._claimed += 1
        return True

    def done(self) -> None:
        """Note that whoever claimed a task is through with it."""
        self._claimed -= 1
        if not self._claimed:
            self._tell()

    def hold(self, *, is_held: bool) -> None:
        """Hand out nothing for the time being, or go on."""
        self._is_held = is_held
        self._tell()

    @asynccontextmanager
    async def at_rest(self) -> AsyncIterator[None]:
        """Let every claimed task be sent and answered, and hand out nothing until the block ends."""
        self._is_resting = True
        try:
            while self._claimed:
                await self._news.wait()
            yield
        finally:
            self._is_resting = False
            self._tell()

    def expect_back(self) -> None:
        """Note that a task is not settled: either `put_back` or `forget` follows."""
        self._aside += 1

    def put_back(self, task: Pending) -> None:
        """Hand out *task*, which was expected, once more."""
        self._aside -= 1
        self._tickets += 1
        self._read.appendleft(task)
        self._tell()

    def forget(self) -> None:
        """Note that a task that was expected does not come back."""
        self._aside -= 1
        self._tell()

    async def take(self) -> Work:
        """
        Return the next task for a claimed ticket.

        Raises:
            JournalError: the journal cannot be read or written.

        """
        while True:
            if self._broken is not None:
                raise self._broken
            if self._writer.unwritten:
                await self._writer.intend(())  # raises why an outcome is not on disk
            self._read_ahead()
            if self._intended:
                work = self._intended.popleft()
                self._intend_ahead()
                return work
            if self._read:
                task = self._read.popleft()
                self._intend_ahead()
                return await self._intend(task)
            if (coming := self._intending or self._reading) is None:
                msg = "the journal holds fewer tasks than were counted; run the command again"
                raise JournalError(msg)
            await asyncio.wait([coming])

    async def again(self, work: Work) -> Work:
        """
        Return *work* with an intent for one more request.

        Raises:
            JournalError: the journal cannot be written.

        """
        return await self._intend(work.pending)

    def give_back(self, work: Work) -> None:
        """Take back the intent of a task that was not sent."""
        self._writer.withdraw([work.intent])

    async def close(self) -> None:
        """Take back the intents of all tasks that nobody took; wait a limited time for them."""
        try:
            async with asyncio.timeout(CLOSE_S):
                for intending in self._abandoned:
                    self._writer.withdraw(await intending)
                if self._intending is not None:
                    await asyncio.shield(self._intending)
        except (JournalError, TimeoutError):
            return
        self._writer.withdraw([work.intent for work in self._intended])
        self._intended.clear()

    async def _intend(self, task: Pending) -> Work:
        intending = self._writer.intend([task.task])
        try:
            (intent,) = await asyncio.shield(intending)
        except asyncio.CancelledError:
            self._abandoned.append(intending)
            raise
        return Work(task, intent)

    def _tell(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()

    def _read_ahead(self) -> None:
        wanted = min(self._unread, READ_ROWS)
        if self._reading is None and wanted and len(self._read) < READ_ROWS // 2:
            self._unread -= wanted
            self._reading = self._writer.call(partial(pending, after=self._cursor, limit=wanted))
            self._reading.add_done_callback(self._keep_read)

    def _keep_read(self, reading: Future[tuple[list[Pending], int]]) -> None:
        self._reading = None
        self._broken = self._broken or reading.exception()
        if self._broken is None:
            found, self._cursor = reading.result()
            self._read.extend(found)

    def _intend_ahead(self) -> None:
        """Commit the next intents in one go, as soon as half of the last ones are used."""
        if self._intending is not None or len(self._intended) > self._ahead // 2:
            return
        tasks = [self._read.popleft() for _ in range(min(self._ahead, len(self._read)))]
        if tasks:
            self._intending = self._writer.intend([task.task for task in tasks])
            self._intending.add_done_callback(partial(self._keep_intended, tasks))

    def _keep_intended(self, tasks: list[Pending], intending: Future[Sequence[int]]) -> None:
        self._intending = None
        self._broken = self._broken or intending.exception()
        if self._broken is None:
            self._intended.extend(map(Work, tasks, intending.result()))
