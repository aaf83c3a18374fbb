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
    cancellation: asyncio.CancelledError | None = None
    while not working.done():
        try:
            await asyncio.wait([working])
        except asyncio.CancelledError as error:
            given_up.set()
            cancellation = error
    if cancellation is not None:
        working.exception()  # of no interest to a caller that is cancelled
        raise cancellation
    return working.result()
