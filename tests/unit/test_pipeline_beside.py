"""Work beside the event loop ends before its caller goes on, also where that is cancelled."""

import asyncio
import threading
from collections.abc import Callable

import pytest

from batchcreate.pipeline.background import run_in_thread


async def test_returns_what_the_work_returns() -> None:
    """And the work is told that nobody gave up."""
    assert await run_in_thread(lambda is_given_up: (is_given_up(), 7)) == (False, 7)


async def test_error_of_the_work_is_raised() -> None:
    """As it is."""

    def fail(_: Callable[[], bool]) -> None:
        msg = "no"
        raise LookupError(msg)

    with pytest.raises(LookupError, match="no"):
        await run_in_thread(fail)


@pytest.mark.parametrize("is_failing", [False, True], ids=["returns", "fails"])
async def test_cancelled_caller_waits_for_the_work_to_give_up(*, is_failing: bool) -> None:
    """However often it is cancelled; what the work then returns or raises is of no interest."""
    loop = asyncio.get_running_loop()
    begun, may_end = asyncio.Event(), threading.Event()
    seen: list[bool] = []

    def work(is_given_up: Callable[[], bool]) -> None:
        loop.call_soon_threadsafe(begun.set)
        may_end.wait()
        seen.append(is_given_up())
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
