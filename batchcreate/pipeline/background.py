"""
Work concurrent with the event loop: a thread, periodic calls, failing callbacks.

A short module: both are used by several commands.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TypeVar, cast

from batchcreate.errors import internal_error

Value = TypeVar("Value")


async def run_in_thread(work: Callable[[Callable[[], bool]], Value]) -> Value:
    """
    Run *work* in a thread and return its result; the event loop continues.

    Args:
        work: called with a function that returns True once the caller is cancelled. A cancelled
            caller waits for the end of *work*, because both use the same objects.

    """
    is_cancelled = threading.Event()
    working = asyncio.get_running_loop().run_in_executor(None, work, is_cancelled.is_set)
    cancellation: asyncio.CancelledError | None = None
    while not working.done():
        try:
            await asyncio.wait([working])
        except asyncio.CancelledError as error:
            is_cancelled.set()
            cancellation = error
    if cancellation is not None:
        working.exception()  # a cancelled caller does not need it
        raise cancellation
    return working.result()


@asynccontextmanager
async def calling_periodically(
    every_s: float, action: Callable[[], object]
) -> AsyncIterator[None]:
    """
    Call *action* every *every_s* seconds until the block ends.

    An error of *action* cancels the block and is raised, like an error of the block itself.
    """

    async def repeat() -> None:
        while True:
            await asyncio.sleep(every_s)
            action()

    try:
        async with asyncio.TaskGroup() as tasks:
            repeater = tasks.create_task(repeat())
            try:
                yield
            finally:
                repeater.cancel()
    except BaseExceptionGroup as group:
        raise first_error(group) from None


@contextmanager
def failing_callbacks_raised() -> Iterator[None]:
    """
    Cancel the block when a callback of the event loop fails, and raise the error in its place.

    Otherwise the loop only logs it, and the block may wait forever for what the callback does.
    """
    loop = asyncio.get_running_loop()
    me = cast("asyncio.Task[Any]", asyncio.current_task())
    earlier = loop.get_exception_handler()
    failures: list[BaseException] = []

    def handle(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if "handle" in context and isinstance(context.get("exception"), Exception):
            failures.append(context["exception"])
            me.cancel()
        elif earlier is None:
            loop.default_exception_handler(context)
        else:
            earlier(loop, context)

    loop.set_exception_handler(handle)
    try:
        yield
    except asyncio.CancelledError:
        if not failures:
            raise
        me.uncancel()
    finally:
        loop.set_exception_handler(earlier)
    if failures:
        raise internal_error(failures[0])


def first_error(error: BaseException) -> BaseException:
    """Return the first single error of a group, or *error* itself if it is not a group."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
