"""Work beside the event loop ends before its caller continues, and its errors are raised."""

import asyncio
import threading
from collections.abc import Callable

import pytest

from batchcreate.errors import InternalError
from batchcreate.pipeline.background import (
    calling_periodically,
    failing_callbacks_raised,
    first_error,
    run_in_thread,
)


async def test_result_of_the_work_is_returned() -> None:
    """The predicate passed to the work returns False while the caller is not cancelled."""
    assert await run_in_thread(lambda is_cancelled: (is_cancelled(), 7)) == (False, 7)


async def test_error_of_the_work_is_raised() -> None:
    """The error reaches the caller unchanged."""

    def fail(_: Callable[[], bool]) -> None:
        msg = "no"
        raise LookupError(msg)

    with pytest.raises(LookupError, match="no"):
        await run_in_thread(fail)


@pytest.mark.parametrize("is_failing", [False, True], ids=["returns", "fails"])
async def test_cancelled_caller_waits_for_the_work(*, is_failing: bool) -> None:
    """Repeated cancellations do not matter; the result or error of the work is discarded."""
    loop = asyncio.get_running_loop()
    begun, may_end = asyncio.Event(), threading.Event()
    seen: list[bool] = []

    def work(is_cancelled: Callable[[], bool]) -> None:
        loop.call_soon_threadsafe(begun.set)
        may_end.wait()
        seen.append(is_cancelled())
        if is_failing:
            raise LookupError

    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(run_in_thread(work))
        await begun.wait()
        for _ in range(3):
            waiting.cancel()
            await asyncio.sleep(0)
            assert not waiting.done()
        may_end.set()

    assert seen == [True]
    assert waiting.cancelled()


async def test_error_of_a_block_is_raised_unchanged() -> None:
    """The periodic calls do not wrap it in a group."""
    with pytest.raises(LookupError, match="no"):  # the body is waiting
        async with calling_periodically(10, lambda: None):
            raise LookupError("no")


async def test_error_of_a_periodic_call_ends_the_block() -> None:
    """The block is cancelled, and the error is raised in its place."""
    ended: list[str] = []

    def fail() -> None:
        raise LookupError("no")

    async def block() -> None:
        async with calling_periodically(0, fail):
            try:
                await asyncio.Event().wait()
            finally:
                ended.append("cancelled")

    with pytest.raises(LookupError, match="no"):
        await block()

    assert ended == ["cancelled"]


async def test_failing_callback_ends_the_block() -> None:
    """Otherwise the block would wait forever for what the callback does."""

    def fail() -> None:
        raise LookupError

    loop = asyncio.get_running_loop()

    async def wait() -> None:
        with failing_callbacks_raised():
            loop.call_soon(fail)
            await asyncio.Event().wait()

    with pytest.raises(InternalError, match=r"internal error \(LookupError\)"):
        await wait()

    assert loop.get_exception_handler() is None


@pytest.mark.parametrize("has_handler", [False, True])
async def test_other_problems_of_the_loop_are_reported_as_before(*, has_handler: bool) -> None:
    """They end no block."""
    loop = asyncio.get_running_loop()
    seen: list[str] = []
    if has_handler:
        loop.set_exception_handler(lambda _, context: seen.append(context["message"]))

    with failing_callbacks_raised():
        loop.call_exception_handler({"message": "a warning"})

    assert seen == (["a warning"] if has_handler else [])


async def test_cancelled_block_is_cancelled() -> None:
    """No callback has failed."""

    async def wait() -> None:
        with failing_callbacks_raised():
            await asyncio.Event().wait()

    async with asyncio.TaskGroup() as group:
        task = group.create_task(wait())
        await asyncio.sleep(0)
        task.cancel()

    assert task.cancelled()


def test_first_error_of_nested_groups_is_single() -> None:
    """A single error is returned as it is."""
    error = LookupError("no")

    assert first_error(ExceptionGroup("a", [ExceptionGroup("b", [error])])) is error
    assert first_error(error) is error
