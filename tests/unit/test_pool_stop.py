"""Ending a run early sends the waiting home, lets the working finish, and happens once."""

import asyncio
from collections.abc import Callable

import pytest

from batchcreate.pool.stop import StopCause, StopReason, StopSwitch
from tests.virtual_time import run_virtually

HALT = StopReason(cause=StopCause.INTERRUPTED, message="ended by SIGINT", signal=2)
LATER = StopReason(cause=StopCause.OUTAGE, message="10 rows in a row")


async def work(stop: StopSwitch, *, is_waiting: bool) -> str:
    """Wait, or have a request under way, for a second; return how it ended."""
    me = asyncio.current_task()
    assert me is not None
    stop.wait_begins(me)
    if not is_waiting:
        stop.work_begins(me)
    try:
        await asyncio.sleep(1)
    except asyncio.CancelledError:
        return "sent home"
    else:
        return "finished"
    finally:
        stop.leaves(me)


async def ends_of_two(act: Callable[[StopSwitch], None]) -> list[str]:
    """Return how a waiting and a working worker end when *act* is done in between."""
    stop = StopSwitch()
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(work(stop, is_waiting=is_waiting)) for is_waiting in (True, False)
        ]
        await asyncio.sleep(0.5)
        act(stop)
    return [task.result() for task in tasks]


@pytest.mark.parametrize(
    ("act", "ends"),
    [
        pytest.param(lambda stop: None, ["finished", "finished"], id="nothing"),  # noqa: ARG005 # the case without an act
        pytest.param(lambda stop: stop.pull(HALT), ["sent home", "finished"], id="pulled"),
        pytest.param(lambda stop: stop.cancel(), ["sent home", "sent home"], id="cancelled"),
        pytest.param(
            lambda stop: (stop.pull(HALT), stop.cancel()),
            ["sent home", "sent home"],
            id="pulled and cancelled",
        ),
    ],
)
def test_waiting_go_home_and_working_finish(
    act: Callable[[StopSwitch], None], ends: list[str]
) -> None:
    """A pull spares the requests under way; cancelling spares nobody."""
    assert run_virtually(ends_of_two(act)) == ends


def test_first_reason_stands() -> None:
    """Later pulls change neither the reason nor tell anybody again."""
    stop = StopSwitch()
    told: list[StopReason] = []
    stop.on_pull(told.append)
    halts = [stop.halt]

    for halt in (HALT, LATER):
        stop.pull(halt)
        halts.append(stop.halt)

    assert halts == [None, HALT, HALT]
    assert told == [HALT]


def test_everybody_who_listens_is_told() -> None:
    """Listeners are called in the order in which they came, after the reason stands."""
    stop = StopSwitch()
    told: list[tuple[str, StopReason | None]] = []
    stop.on_pull(lambda _: told.append(("first", stop.halt)))
    stop.on_pull(lambda halt: told.append(("second", halt)))

    stop.pull(HALT)

    assert told == [("first", HALT), ("second", HALT)]


def test_who_waits_again_after_working_goes_home() -> None:
    """Between two requests a worker has nothing under way."""

    async def again(stop: StopSwitch) -> str:
        me = asyncio.current_task()
        assert me is not None
        stop.work_begins(me)
        stop.wait_begins(me)
        try:
            await asyncio.sleep(1)
        except asyncio.CancelledError:
            return "sent home"
        return "finished"

    async def main() -> str:
        stop = StopSwitch()
        async with asyncio.TaskGroup() as group:
            task = group.create_task(again(stop))
            await asyncio.sleep(0.5)
            stop.pull(HALT)
        return task.result()

    assert run_virtually(main()) == "sent home"


def test_who_has_left_is_not_disturbed() -> None:
    """A worker that has gone does something else undisturbed."""

    async def leave(stop: StopSwitch) -> str:
        me = asyncio.current_task()
        assert me is not None
        stop.wait_begins(me)
        stop.leaves(me)
        await asyncio.sleep(1)
        return "finished"

    async def main() -> str:
        stop = StopSwitch()
        async with asyncio.TaskGroup() as group:
            task = group.create_task(leave(stop))
            await asyncio.sleep(0.5)
            stop.pull(HALT)
            stop.cancel()
        return task.result()

    assert run_virtually(main()) == "finished"
