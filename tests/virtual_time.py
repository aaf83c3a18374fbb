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
    """Every worker waits, and nothing is left that could wake one."""


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """
    A loop that never sleeps: with nothing ready, `time` jumps to the next timer.

    The clock starts at 0 and gains a nanosecond with every turn of the loop, because code that
    waits for time to pass may rely on a clock that never stands still: compare times with
    `pytest.approx`. Sockets count only as far as their input has arrived.

    Args:
        grain_s: timers fire late, at the next multiple of this after they were awaited, as a
            real loop's do: 0.001 for epoll.

    """

    def __init__(self, grain_s: float = 1e-9) -> None:
        self._grain_ns = round(grain_s * 1e9)
        self._now_ns = 0
        self._outsiders = 0
        super().__init__(_JumpingSelector(self))

    def time(self) -> float:
        """Return the virtual seconds since the loop was made."""
        return self._now_ns / 1e9

    @property
    def is_awaiting_outsiders(self) -> bool:
        """Whether something beyond the loop, such as a thread, is going to wake it."""
        return self._outsiders > 0

    @contextmanager
    def awaiting_outsiders(self) -> Iterator[None]:
        """
        Stop the clock and wait for real: another thread will call `call_soon_threadsafe`.

        Not needed for `run_in_executor` and `asyncio.to_thread`.
        """
        self._outsiders += 1
        try:
            yield
        finally:
            self._outsiders -= 1

    def tick(self) -> None:
        """Let one turn of the loop take a nanosecond."""
        self._now_ns += 1

    def jump(self, wait_s: float | None) -> None:
        """
        Pass *wait_s* seconds at once.

        Raises:
            DeadlockError: *wait_s* is ``None``: there is no timer to wait for.

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
        """Hand *func* to a thread; the clock stands still until it is done."""
        future = super().run_in_executor(executor, func, *args)
        self._outsiders += 1
        future.add_done_callback(self._outsider_is_done)
        return future

    async def shutdown_default_executor(self, *args: Any, **kwargs: Any) -> None:
        """Wait for the executor's threads to end."""
        with self.awaiting_outsiders():
            await super().shutdown_default_executor(*args, **kwargs)

    def _outsider_is_done(self, _future: asyncio.Future[Any]) -> None:
        self._outsiders -= 1


class _JumpingSelector(selectors.DefaultSelector):
    """Looks for input without waiting; where it would have to wait, the clock jumps."""

    def __init__(self, loop: VirtualTimeLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self._loop.tick()
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if self._loop.is_awaiting_outsiders:
            return super().select()
        self._loop.jump(timeout)
        return ready


def run_virtually(main: Coroutine[Any, Any, T], *, grain_s: float = 1e-9) -> T:
    """Run *main* to its end in a loop of its own, without a moment of real waiting."""
    with asyncio.Runner(loop_factory=partial(VirtualTimeLoop, grain_s)) as runner:
        return runner.run(main)


@pytest.fixture
def virtual_runner() -> Iterator[asyncio.Runner]:
    """Give a runner in whose loop several coroutines may follow one another."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        yield runner
