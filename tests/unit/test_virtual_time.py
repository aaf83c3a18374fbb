"""The event loop with virtual time behaves like a real one, without waiting."""

import asyncio
import socket
import threading
import time

import pytest

from tests.virtual_time import DeadlockError, VirtualTimeLoop, run_virtually, virtual_runner

__all__ = ["virtual_runner"]


def test_sleeping_takes_virtual_time_only() -> None:
    """A sleep of one year takes less than five seconds."""

    async def main() -> float:
        await asyncio.sleep(365 * 86_400)
        return asyncio.get_running_loop().time()

    begin = time.monotonic()
    assert run_virtually(main()) == pytest.approx(365 * 86_400)
    assert time.monotonic() - begin < 5


def test_timers_fire_in_order() -> None:
    """The order of the timers counts, not the order in which the workers started."""
    woken: list[tuple[float, object]] = []

    async def sleep(wait_s: float) -> None:
        await asyncio.sleep(wait_s)
        woken.append((wait_s, asyncio.get_running_loop().time()))

    async def main() -> None:
        async with asyncio.TaskGroup() as workers:
            for wait_s in (3, 1, 2):
                workers.create_task(sleep(wait_s))

    run_virtually(main())

    assert woken == [(1, pytest.approx(1)), (2, pytest.approx(2)), (3, pytest.approx(3))]


def test_timeout_ends_a_longer_wait() -> None:
    """The timeout occurs at its virtual time."""

    async def main() -> float:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(30):
                await asyncio.Event().wait()
        return asyncio.get_running_loop().time()

    assert run_virtually(main()) == pytest.approx(30)


def test_clock_advances_with_each_iteration() -> None:
    """A loop that waits for the time to change ends."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        begin = loop.time()
        while loop.time() == begin:  # noqa: ASYNC110 - this is what is tested
            await asyncio.sleep(0)

    run_virtually(main())


def test_coarse_timers_fire_late() -> None:
    """With a grain of one millisecond a timer is late by up to one millisecond, never early."""

    async def main() -> float:
        await asyncio.sleep(0.0101)
        return asyncio.get_running_loop().time()

    assert run_virtually(main(), grain_s=0.001) == pytest.approx(0.011, abs=1e-6)


def test_deadlock_raises_an_error_with_the_waiting_tasks() -> None:
    """If nothing is ready and there is no timer, the loop raises an error."""

    async def wait_forever() -> None:
        await asyncio.sleep(2)
        await asyncio.Event().wait()

    with pytest.raises(DeadlockError, match=r"(?s)at 2\.000 s nothing is ready.*wait_forever"):
        run_virtually(wait_forever())


def test_deadlock_cancels_the_workers() -> None:
    """The workers run their cleanup code."""
    cleaned = []

    async def wait_forever() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cleaned.append(True)

    with pytest.raises(DeadlockError):
        run_virtually(wait_forever())

    assert cleaned == [True]


def test_error_of_the_coroutine_is_raised() -> None:
    """The caller receives the error of the coroutine."""

    async def fail() -> None:
        await asyncio.sleep(1)
        msg = "on purpose"
        raise LookupError(msg)

    with pytest.raises(LookupError, match="on purpose"):
        run_virtually(fail())


def test_clock_waits_for_threads() -> None:
    """Work in a thread takes no virtual time and is not a deadlock."""
    may_end = threading.Event()

    async def main() -> tuple[object, object]:
        async with asyncio.timeout(10):
            asyncio.get_running_loop().call_soon(may_end.set)
            answer = await asyncio.to_thread(lambda: may_end.wait(30))
        return answer, asyncio.get_running_loop().time()

    assert run_virtually(main()) == (True, pytest.approx(0, abs=1e-6))


def test_clock_jumps_again_after_a_thread() -> None:
    """After the end of the thread, the clock jumps to the next timer."""

    async def main() -> float:
        await asyncio.to_thread(int)
        await asyncio.sleep(100)
        return asyncio.get_running_loop().time()

    assert run_virtually(main()) == pytest.approx(100)


def test_clock_waits_for_an_announced_thread() -> None:
    """The loop waits for any thread within awaiting_threads."""
    loop = VirtualTimeLoop()
    called = asyncio.Event()
    thread = threading.Thread(target=lambda: loop.call_soon_threadsafe(called.set))

    async def main() -> None:
        with loop.awaiting_threads():
            thread.start()
            await called.wait()

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(main())
    thread.join()

    assert called.is_set()


def test_sockets_are_read() -> None:
    """Input that has arrived at a socket is handled before any timer."""

    async def main() -> bytes:
        loop = asyncio.get_running_loop()
        left, right = socket.socketpair()
        with left, right:
            left.setblocking(False)
            right.setblocking(False)
            await loop.sock_sendall(left, b"hello")
            async with asyncio.timeout(1):
                return await loop.sock_recv(right, 5)

    assert run_virtually(main()) == b"hello"


def test_fixture_keeps_its_loop(virtual_runner: asyncio.Runner) -> None:
    """Consecutive coroutines on the runner of the fixture share one clock."""

    async def main() -> float:
        await asyncio.sleep(7)
        return asyncio.get_running_loop().time()

    assert virtual_runner.run(main()) == pytest.approx(7)
    assert virtual_runner.run(main()) == pytest.approx(14)
