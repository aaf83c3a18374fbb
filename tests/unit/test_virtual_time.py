"""The loop that never sleeps keeps the promises on which the other tests build."""

import asyncio
import socket
import threading
import time

import pytest

from tests.virtual_time import DeadlockError, VirtualTimeLoop, run_virtually, virtual_runner

__all__ = ["virtual_runner"]


def test_sleeping_takes_virtual_time_only() -> None:
    """A year of sleep passes in the loop and hardly a moment outside it."""

    async def main() -> float:
        await asyncio.sleep(365 * 86_400)
        return asyncio.get_running_loop().time()

    begin = time.monotonic()
    assert run_virtually(main()) == pytest.approx(365 * 86_400)
    assert time.monotonic() - begin < 5


def test_timers_fire_in_their_order() -> None:
    """Workers wake in the order of their timers, not in the order of their start."""
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


def test_timeouts_end_what_takes_longer() -> None:
    """A timeout ends a wait that nothing else would end, at its virtual time."""

    async def main() -> float:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(30):
                await asyncio.Event().wait()
        return asyncio.get_running_loop().time()

    assert run_virtually(main()) == pytest.approx(30)


def test_clock_never_stands_still() -> None:
    """Code that spins until time passes gets its time."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        begin = loop.time()
        while loop.time() == begin:  # noqa: ASYNC110 - this is what is tested
            await asyncio.sleep(0)

    run_virtually(main())


def test_coarse_timers_fire_late() -> None:
    """With a grain of a millisecond a timer is up to a millisecond late, never early."""

    async def main() -> float:
        await asyncio.sleep(0.0101)
        return asyncio.get_running_loop().time()

    assert run_virtually(main(), grain_s=0.001) == pytest.approx(0.011, abs=1e-6)


def test_deadlock_raises_and_names_the_waiting() -> None:
    """With nothing ready and no timer the loop raises instead of hanging."""

    async def wait_in_vain() -> None:
        await asyncio.sleep(2)
        await asyncio.Event().wait()

    with pytest.raises(DeadlockError, match=r"(?s)at 2\.000 s nothing is ready.*wait_in_vain"):
        run_virtually(wait_in_vain())


def test_deadlock_leaves_no_worker_behind() -> None:
    """After a deadlock the workers are cancelled, so that they clean up."""
    cleaned = []

    async def wait_in_vain() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cleaned.append(True)

    with pytest.raises(DeadlockError):
        run_virtually(wait_in_vain())

    assert cleaned == [True]


def test_errors_of_the_coroutine_come_through() -> None:
    """What the coroutine raises is raised to the caller."""

    async def fail() -> None:
        await asyncio.sleep(1)
        msg = "on purpose"
        raise LookupError(msg)

    with pytest.raises(LookupError, match="on purpose"):
        run_virtually(fail())


def test_clock_waits_for_threads() -> None:
    """Work in a thread takes no virtual time and is not taken for a deadlock."""
    may_end = threading.Event()

    async def main() -> tuple[object, object]:
        async with asyncio.timeout(10):
            asyncio.get_running_loop().call_soon(may_end.set)
            answer = await asyncio.to_thread(lambda: may_end.wait(30))
        return answer, asyncio.get_running_loop().time()

    assert run_virtually(main()) == (True, pytest.approx(0, abs=1e-6))


def test_clock_jumps_again_after_a_thread() -> None:
    """Once the thread is done, timers are jumped to as before."""

    async def main() -> float:
        await asyncio.to_thread(int)
        await asyncio.sleep(100)
        return asyncio.get_running_loop().time()

    assert run_virtually(main()) == pytest.approx(100)


def test_clock_waits_for_an_announced_outsider() -> None:
    """A thread of one's own is waited for while it is announced."""
    loop = VirtualTimeLoop()
    called = asyncio.Event()
    thread = threading.Thread(target=lambda: loop.call_soon_threadsafe(called.set))

    async def main() -> None:
        with loop.awaiting_outsiders():
            thread.start()
            await called.wait()

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(main())
    thread.join()

    assert called.is_set()


def test_sockets_are_read() -> None:
    """Input that has arrived at a socket goes before any timer."""

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
    """Coroutines that follow one another on the fixture's runner share one clock."""

    async def main() -> float:
        await asyncio.sleep(7)
        return asyncio.get_running_loop().time()

    assert virtual_runner.run(main()) == pytest.approx(7)
    assert virtual_runner.run(main()) == pytest.approx(14)
