"""Something done again and again beside a block."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager


@asynccontextmanager
async def ticking(every_s: float, action: Callable[[], object]) -> AsyncIterator[None]:
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
