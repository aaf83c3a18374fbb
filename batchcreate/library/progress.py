"""What a program that runs the pipeline is told while it runs."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from batchcreate.limiter import Gate
from batchcreate.pipeline.ticking import ticking
from batchcreate.pipeline.values import Outlook, Plan
from batchcreate.pool import Tally

PROGRESS_EVERY_S: Final = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """
    Where a run stands.

    Attributes:
        planned: tasks that this run means to send.
        created: confirmed by the server.
        failed: refused for good.
        unknown: sent, and the server's list could not tell.
        unsettled: waiting to be looked up in the server's list.
        in_flight: sent, no answer yet.
        attempts: requests that left, repeated ones included.
        throttled: answers with 429.
        rate_per_s: the most requests that may leave in a second now.

    """

    planned: int
    created: int
    failed: int
    unknown: int
    unsettled: int
    in_flight: int
    attempts: int
    throttled: int
    rate_per_s: float


OnEvent = Callable[[Plan | Progress], object]
"""Is called with the plan before anything is sent, then with the progress."""


class EventObserver:
    """Passes on what the pipeline tells; answers nothing and asks nothing."""

    def __init__(self, on_event: OnEvent) -> None:
        self._on_event = on_event

    def planned(self, plan: Plan) -> None:
        """Pass the plan on."""
        self._on_event(plan)

    def noted(self, message: str) -> None:
        """Say nothing: the ending tells the facts."""

    async def confirm(self, outlook: Outlook) -> bool:  # noqa: ARG002 # the program has decided
        """Ask nobody."""
        return True

    @asynccontextmanager
    async def watching(self, tally: Tally, gate: Gate) -> AsyncIterator[None]:
        """Tell the progress now and then, and at the end."""

        def tell() -> None:
            self._on_event(_progress(tally, gate))

        async with ticking(PROGRESS_EVERY_S, tell):
            try:
                yield
            finally:
                tell()


def _progress(tally: Tally, gate: Gate) -> Progress:
    return Progress(
        planned=tally.planned,
        created=tally.created,
        failed=tally.failed,
        unknown=tally.unknown,
        unsettled=tally.unsettled,
        in_flight=tally.in_flight,
        attempts=tally.attempts,
        throttled=tally.throttled,
        rate_per_s=gate.rate_per_s,
    )
