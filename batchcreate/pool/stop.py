"""Why and how a run ends early: in-flight requests finish, waiting workers go home."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar, cast

Found = TypeVar("Found")


class Cause(StrEnum):
    """What ended a run before its rows did."""

    INTERRUPTED = "interrupted"
    DECLINED = "declined"
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    REDIRECTED = "redirected"
    UNTRUSTED = "untrusted"
    OUTAGE = "outage"
    JOURNAL = "journal"
    REPORT = "report"


@dataclass(frozen=True, slots=True, kw_only=True)
class Halt:
    """
    An early end.

    Attributes:
        cause: what kind of end it is.
        message: what was found and what to do, for the person at the keyboard.
        signal: the number of the signal that ended the run, 0 if none did.

    """

    cause: Cause
    message: str
    signal: int = 0


class Stop:
    """
    The one switch that ends a run; it is pulled once, later pulls change nothing.

    Workers that wait for their turn are sent home at once; those with a request under way
    finish it. `cancel` ends those too: their rows are then unsettled.
    """

    def __init__(self) -> None:
        self.halt: Halt | None = None
        self._waiting: set[asyncio.Task[Any]] = set()
        self._working: set[asyncio.Task[Any]] = set()
        self._listeners: list[Callable[[Halt], None]] = []

    def on_pull(self, listener: Callable[[Halt], None]) -> None:
        """Call *listener* when the run is told to end."""
        self._listeners.append(listener)

    def pull(self, halt: Halt) -> None:
        """End the run as soon as the requests under way are answered."""
        if self.halt is not None:
            return
        self.halt = halt
        for task in tuple(self._waiting):
            task.cancel()
        for listener in self._listeners:
            listener(halt)

    def cancel(self) -> None:
        """Do not wait for the requests under way either."""
        for task in (*self._waiting, *self._working):
            task.cancel()

    def _is_pulled(self) -> bool:
        return self.halt is not None

    @property
    def has_work(self) -> bool:
        """Whether a request is under way."""
        return bool(self._working)

    async def unless_pulled(self, step: Coroutine[Any, Any, Found]) -> Found | None:
        """Take *step*, and give it up when the run is told to end: then return ``None``."""
        if self._is_pulled():
            step.close()
            return None
        me = cast("asyncio.Task[Any]", asyncio.current_task())
        was_working = me in self._working
        self.wait_begins(me)
        try:
            return await step
        except asyncio.CancelledError:
            if not self._is_pulled():
                raise
            while me.uncancel():
                pass
            return None
        finally:
            self.leaves(me)
            if was_working:
                self.work_begins(me)

    def wait_begins(self, task: asyncio.Task[Any]) -> None:
        """Note that *task* has nothing under way: when the run ends, it need not finish."""
        self._working.discard(task)
        self._waiting.add(task)

    def work_begins(self, task: asyncio.Task[Any]) -> None:
        """Note that *task* has a request under way from now on."""
        self._waiting.discard(task)
        self._working.add(task)

    def leaves(self, task: asyncio.Task[Any]) -> None:
        """Forget *task*."""
        self._waiting.discard(task)
        self._working.discard(task)
