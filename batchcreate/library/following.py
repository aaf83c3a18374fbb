"""A run beside a block of code, followed with ``async for``."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial

from batchcreate.errors import BatchCreateError
from batchcreate.library.calls import AnyPath, run
from batchcreate.library.progress import Progress
from batchcreate.pipeline.values import Ending, Plan
from batchcreate.pool import Cause, Halt, Stop
from batchcreate.settings import Settings


class Running:
    """
    A run under way: iterate over it for its `Plan` and `Progress`, then ask for its `ending`.

    Leaving the block of `running` early ends the run in good order.
    """

    def __init__(self) -> None:
        self._news: asyncio.Queue[Plan | Progress | None] = asyncio.Queue()
        self._ended: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()

    def __aiter__(self) -> AsyncIterator[Plan | Progress]:
        return self._events()

    async def ending(self) -> Ending:
        """
        Wait for the end of the run and return how it ended.

        Raises:
            BatchCreateError: what ended it instead.

        """
        return await asyncio.shield(self._ended)

    async def _events(self) -> AsyncIterator[Plan | Progress]:
        while (news := await self._news.get()) is not None:
            yield news
        self._news.put_nowait(None)  # for whoever iterates again

    async def _follow(self, run: Callable[..., Awaitable[Ending]]) -> None:
        try:
            ending = await run(on_event=self._news.put_nowait)
        except BatchCreateError as error:
            self._ended.set_exception(error)
            self._ended.exception()  # nobody needs to ask
        else:
            self._ended.set_result(ending)
        finally:
            self._ended.cancel()
            self._news.put_nowait(None)


@asynccontextmanager
async def running(
    files: Sequence[AnyPath],
    settings: Settings | None = None,
    *,
    environment: Mapping[str, str] | None = None,
) -> AsyncIterator[Running]:
    """
    Carry out `run` beside the block, for ``async for event in ...``.

    Where the block ends first, the requests under way finish, and the reports are written. An
    error that ends the block is raised as it is.
    """
    stop = Stop()
    started = Running()
    carry_out = partial(run, files, settings, environment=environment, stop=stop)
    failure: Exception | None = None
    async with asyncio.TaskGroup() as group:
        group.create_task(started._follow(carry_out))  # noqa: SLF001 # its other half
        try:
            yield started
        except Exception as error:  # noqa: BLE001 # raised below: the group would wrap it
            failure = error
        finally:
            stop.pull(Halt(cause=Cause.INTERRUPTED, message="ended by the calling program"))
    if failure is not None:
        raise failure
