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

Found = TypeVar("Found")


async def run_in_thread(work: Callable[[Callable[[], bool]], Found]) -> Found:
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


@contextmanager
def run_log(folder: Path, run_id: RunId, *, is_verbose: bool) -> Iterator[Log]:
    """
    Append to the log of a results folder for the length of a block.

    Raises:
        SettingsError: it cannot be opened.

    """
    path = folder / "log.jsonl"
    try:
        file = io.FileIO(path, "a", opener=_open_own)
    except OSError as error:
        msg = (
            f"{path}: cannot be written ({error.strerror or error}); nothing was sent: mend "
            "this, or choose another folder with --results"
        )
        raise SettingsError(msg) from error
    with _LogStream(file, encoding="utf-8", write_through=True) as stream:
        yield open_log(stream, run_id=run_id, verbose=is_verbose)


class _LogStream(io.TextIOWrapper):
    """Drops what its disk does not take: no run fails for want of its log."""

    def write(self, text: str, /) -> int:
        """Write *text*, or lose it."""
        with suppress(OSError):
            return super().write(text)
        return len(text)


def _open_own(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW, 0o600)


@asynccontextmanager
async def calling_periodically(
    every_s: float, action: Callable[[], object]
) -> AsyncIterator[None]:
    """Carry out *action* every *every_s* seconds until the block ends."""

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
