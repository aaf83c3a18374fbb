"""Work next to the event loop: threads, periodic calls, the log file."""

import asyncio
import io
import os
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from batchcreate.errors import SettingsError
from batchcreate.logs import Log, open_log
from batchcreate.models import RunId

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


@contextmanager
def run_log(folder: Path, run_id: RunId, *, is_verbose: bool) -> Iterator[Log]:
    """
    Append to the log of a results folder until the end of the block.

    Raises:
        SettingsError: the log cannot be opened.

    """
    path = folder / "log.jsonl"
    try:
        file = io.FileIO(path, "a", opener=_open_private)
    except OSError as error:
        msg = (
            f"{path}: cannot be written ({error.strerror or error}); nothing was sent: fix "
            "the problem, or choose another folder with --results"
        )
        raise SettingsError(msg) from error
    with _LogStream(file, encoding="utf-8", write_through=True) as stream:
        yield open_log(stream, run_id=run_id, verbose=is_verbose)


class _LogStream(io.TextIOWrapper):
    """A stream that drops text that the disk does not accept, so that no run fails by its log."""

    def write(self, text: str, /) -> int:
        """Write *text*, or drop it."""
        with suppress(OSError):
            return super().write(text)
        return len(text)


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW, 0o600)


@asynccontextmanager
async def calling_periodically(
    every_s: float, action: Callable[[], object]
) -> AsyncIterator[None]:
    """Call *action* every *every_s* seconds until the block ends."""

    async def repeat() -> None:
        while True:
            await asyncio.sleep(every_s)
            action()

    async with asyncio.TaskGroup() as group:
        repeater = group.create_task(repeat())
        try:
            yield
        finally:
            repeater.cancel()
