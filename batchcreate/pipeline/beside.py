"""Work on a thread of its own, beside the event loop, that no cancelled caller leaves behind."""

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")


async def beside_the_loop(work: Callable[[Callable[[], bool]], Found]) -> Found:
    """
    Return what *work* returns, while the event loop goes on.

    Args:
        work: is given a function that tells whether it should give up. A caller that is
            cancelled waits until it has: nobody else may touch what it works on meanwhile.

    """
    given_up = threading.Event()
    working = asyncio.get_running_loop().run_in_executor(None, work, given_up.is_set)
    try:
        return await asyncio.shield(working)
    except asyncio.CancelledError:
        given_up.set()
        await _end_of(working)
        raise


async def _end_of(working: asyncio.Future[Found]) -> None:
    """Wait until *working* is over, however often the caller is cancelled meanwhile."""
    while not working.done():
        try:
            await asyncio.wait([working])
        except asyncio.CancelledError:
            continue
    working.exception()  # of no interest to a caller that is cancelled
