"""Ending a run early sends the waiting home, lets the working finish, and happens once."""

import asyncio
from collections.abc import Callable
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchcreate.models import Created, Failed, Outcome, TaskId, Unknown
from batchcreate.pool.stop import RunCounters, StopCause, StopReason, StopSwitch
from tests.virtual_time import run_virtually

INTERRUPTED = StopReason(cause=StopCause.INTERRUPTED, message="ended by SIGINT", signal=2)
LATER = StopReason(cause=StopCause.OUTAGE, message="10 rows in a row")


async def work(stop: StopSwitch, *, is_waiting: bool) -> str:
    """Wait, or have a request under way, for a second; return how it ended."""
    me = asyncio.current_task()
    assert me is not None
    stop.mark_waiting(me)
    if not is_waiting:
        stop.mark_busy(me)
    try:
        await asyncio.sleep(1)
    except asyncio.CancelledError:
        return "cancelled"
    else:
        return "finished"
    finally:
        stop.unregister(me)


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
        pytest.param(
            lambda stop: stop.request_stop(INTERRUPTED), ["cancelled", "finished"], id="pulled"
        ),
        pytest.param(lambda stop: stop.cancel(), ["cancelled", "cancelled"], id="cancelled"),
        pytest.param(
            lambda stop: (stop.request_stop(INTERRUPTED), stop.cancel()),
            ["cancelled", "cancelled"],
            id="pulled and cancelled",
        ),
    ],
)
def test_waiting_go_home_and_working_finish(
    act: Callable[[StopSwitch], None], ends: list[str]
) -> None:
    """A pull spares the requests under way; cancelling spares nobody."""
    assert run_virtually(ends_of_two(act)) == ends


def test_the_first_reason_counts() -> None:
    """Later requests to stop do not change the reason."""
    stop = StopSwitch()
    reasons = [stop.reason]

    for reason in (INTERRUPTED, LATER):
        stop.request_stop(reason)
        reasons.append(stop.reason)

    assert reasons == [None, INTERRUPTED, INTERRUPTED]


def test_who_waits_again_after_working_goes_home() -> None:
    """Between two requests a worker has nothing under way."""

    async def again(stop: StopSwitch) -> str:
        me = asyncio.current_task()
        assert me is not None
        stop.mark_busy(me)
        stop.mark_waiting(me)
        try:
            await asyncio.sleep(1)
        except asyncio.CancelledError:
            return "cancelled"
        return "finished"

    async def main() -> str:
        stop = StopSwitch()
        async with asyncio.TaskGroup() as group:
            task = group.create_task(again(stop))
            await asyncio.sleep(0.5)
            stop.request_stop(INTERRUPTED)
        return task.result()

    assert run_virtually(main()) == "cancelled"


def test_who_has_left_is_not_disturbed() -> None:
    """A worker that has gone does something else undisturbed."""

    async def leave(stop: StopSwitch) -> str:
        me = asyncio.current_task()
        assert me is not None
        stop.mark_waiting(me)
        stop.unregister(me)
        await asyncio.sleep(1)
        return "finished"

    async def main() -> str:
        stop = StopSwitch()
        async with asyncio.TaskGroup() as group:
            task = group.create_task(leave(stop))
            await asyncio.sleep(0.5)
            stop.request_stop(INTERRUPTED)
            stop.cancel()
        return task.result()

    assert run_virtually(main()) == "finished"


CREATED = Created(task_id=TaskId("t"))
FAILED = Failed(http_status=400, error_code="X.1", error_msg="No")
UNKNOWN = Unknown(reason="no answer in time")


def test_begins_with_nothing() -> None:
    """Before anything is planned every count is zero."""
    assert set(asdict(RunCounters()).values()) == {0}
    assert RunCounters().finished == 0


@given(st.lists(st.sampled_from([CREATED, FAILED, UNKNOWN])))
def test_every_outcome_counts_once(outcomes: list[Outcome]) -> None:
    """The finished tasks are the created, failed and unknown ones."""
    counters = RunCounters(planned=len(outcomes))

    for outcome in outcomes:
        counters.task_finished(outcome)

    assert counters == RunCounters(
        planned=len(outcomes),
        created=outcomes.count(CREATED),
        failed=outcomes.count(FAILED),
        unknown=outcomes.count(UNKNOWN),
    )
    assert counters.finished == counters.planned
