"""Hands out the journal's pending tasks one by one, a few hundred of them in memory."""

import asyncio
from collections import deque
from functools import partial
from typing import Final

from batchcreate.journal import Pending, Writer
from batchcreate.journal.queries import START, pending

BATCH: Final = 256
"""How many tasks are read at once."""


class Feed:
    """
    The tasks of one run in input order, shared by all workers.

    Args:
        writer: the journal's thread; the tasks are read through it.
        limit: hand out at most that many; ``None`` for all.

    """

    def __init__(self, writer: Writer, *, limit: int | None = None) -> None:
        self._writer = writer
        self._left = limit
        self._cursor = START
        self._ready: deque[Pending] = deque()
        self._is_over = False
        self._refilling = asyncio.Lock()

    async def take(self) -> Pending | None:
        """
        Return the next task, or ``None`` when there is no more.

        Raises:
            JournalError: the journal cannot be read.

        """
        if not self._ready:
            await self._refill()
        return self._ready.popleft() if self._ready else None

    async def _refill(self) -> None:
        async with self._refilling:
            if self._ready or self._is_over:
                return
            wanted = BATCH if self._left is None else min(BATCH, self._left)
            found, self._cursor = await self._writer.call(
                partial(pending, after=self._cursor, limit=wanted)
            )
            self._ready.extend(found)
            if self._left is not None:
                self._left -= len(found)
            self._is_over = len(found) < BATCH or self._left == 0
