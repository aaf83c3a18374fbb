"""An event loop whose clock jumps to the next timer instead of waiting for it."""

import asyncio
import concurrent.futures
import math
import selectors
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

import pytest

T = TypeVar("T")


class DeadlockError(Exception):
    """All workers wait, and there is no event that can resume one."""


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """
    An event loop that does not sleep: if nothing is ready, `time` jumps to the next timer.

    The clock starts at 0 and advances by a nanosecond with each iteration of the loop, because
    code may wait for the clock to change: compare times with `pytest.approx`. The loop does not
    wait for input of sockets; it handles input that has arrived.

    Args:
        grain_s: resolution of timers in seconds; timers fire late, at the next multiple of it,
            as in a real loop, for example 0.001 for epoll.

    """

    def __init__(self, grain_s: float = 1e-9) -> None:
        self._grain_ns = round(grain_s * 1e9)
        self._now_ns = 0
        self._threads = 0
        super().__init__(_JumpingSelector(self))

    def time(self) -> float:
        """Return the virtual time in seconds since the loop was created."""
        return self._now_ns / 1e9

    @property
    def is_awaiting_threads(self) -> bool:
        """Return True if a thread will resume the loop."""
        return self._threads > 0

    @contextmanager
    def awaiting_threads(self) -> Iterator[None]:
        """
        Stop the clock and wait in real time until another thread calls `call_soon_threadsafe`.

        Not required for `run_in_executor` and `asyncio.to_thread`.
        """
        self._threads += 1
        try:
            yield
        finally:
            self._threads -= 1

    def tick(self) -> None:
        """Advance the clock by a nanosecond, for one iteration of the loop."""
        self._now_ns += 1

    def jump(self, wait_s: float | None) -> None:
        """
        Advance the clock by *wait_s* seconds.

        Raises:
            DeadlockError: *wait_s* is None, because there is no timer.

        """
        if wait_s is None:
            waiting = "\n".join(sorted(map(repr, asyncio.all_tasks(self))))
            msg = f"at {self.time():.3f} s nothing is ready and no timer is set:\n{waiting}"
            raise DeadlockError(msg)
        self._now_ns += math.ceil(wait_s * 1e9 / self._grain_ns) * self._grain_ns

    def run_in_executor(  # type: ignore[override]  # typeshed uses TypeVarTuple here
        self,
        executor: concurrent.futures.Executor | None,
        func: Callable[..., T],
        *args: Any,
    ) -> asyncio.Future[T]:
        """Run *func* in a thread; the clock does not advance until it has ended."""
        future = super().run_in_executor(executor, func, *args)
        self._threads += 1
        future.add_done_callback(self._thread_has_ended)
        return future

    async def shutdown_default_executor(self, *args: Any, **kwargs: Any) -> None:
        """Wait for the end of the executor's threads."""
        with self.awaiting_threads():
            await super().shutdown_default_executor(*args, **kwargs)

    def _thread_has_ended(self, _future: asyncio.Future[Any]) -> None:
        self._threads -= 1


class _JumpingSelector(selectors.DefaultSelector):
    """A selector that advances the clock instead of waiting."""

    def __init__(self, loop: VirtualTimeLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self._loop.tick()
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if self._loop.is_awaiting_threads:
            return super().select()
        self._loop.jump(timeout)
        return ready


def run_virtually(main: Coroutine[Any, Any, T], *, grain_s: float = 1e-9) -> T:
    """Run *main* in a new event loop with virtual time and return its result."""
    with asyncio.Runner(loop_factory=partial(VirtualTimeLoop, grain_s)) as runner:
        return runner.run(main)


@pytest.fixture
def virtual_runner() -> Iterator[asyncio.Runner]:
    """Return a runner whose loop can run several coroutines, one after the other."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        yield runner
