"""Pauses are reported once with their end, and a run without a success ends."""

import asyncio
import re
from collections.abc import Callable

import pytest

from batchcreate.pipeline.waiting import watching_waits
from batchcreate.pool import StopCause, StopReason, StopSwitch
from batchcreate.rate_limiter import Gate, RateLimit
from tests.virtual_time import run_virtually


def watch(
    *events: tuple[float, Callable[[Gate], None]], max_wait_s: float = 600
) -> tuple[list[str], StopReason | None]:
    """Report *events* to a gate, each at its time; return the messages and the stop reason."""
    messages: list[str] = []
    stop = StopSwitch()

    async def main() -> None:
        gate = Gate(RateLimit(rate_per_s=1000, max_wait_s=max_wait_s))
        async with watching_waits(gate, stop, on_wait=messages.append):
            now_s = 0.0
            for at, report in events:
                await asyncio.sleep(at - now_s)
                now_s = at
                report(gate)
            await asyncio.sleep(1)

    run_virtually(main())
    return messages, stop.reason


def throttle(wait_s: float | None = None) -> Callable[[Gate], None]:
    return lambda gate: gate.throttled(asyncio.get_running_loop().time(), wait_s)


def succeed(gate: Gate) -> None:
    gate.succeeded(asyncio.get_running_loop().time())


@pytest.mark.parametrize(
    ("wait_s", "message"),
    [
        pytest.param(
            86_400.0,
            r"the server asks to wait 24 h \(HTTP 429\); waiting 5 min, until \d\d:\d\d:\d\d",
            id="longer than accepted",
        ),
        pytest.param(
            42.0,
            r"the server asks to wait 42 s \(HTTP 429\); waiting 42 s, until \d\d:\d\d:\d\d",
            id="accepted",
        ),
    ],
)
def test_requested_and_actual_wait_are_reported(wait_s: float, message: str) -> None:
    """Both are named, and the time of day at which the run continues."""
    (found,), reason = watch((0, throttle(wait_s)))

    assert re.fullmatch(message, found)
    assert reason is None


def test_pause_is_reported_once_and_again_if_it_becomes_longer() -> None:
    """Responses to the other requests in flight extend a pause by little."""
    messages, _ = watch(
        (0, throttle(60)), (1, throttle(60)), (2, throttle(60)), (20, throttle(200)), (21, succeed)
    )

    assert [text.partition("; ")[0] for text in messages] == [
        "the server asks to wait 1 min (HTTP 429)",
        "the server asks to wait 3 min 20 s (HTTP 429)",
    ]


def test_request_in_flight_does_not_end_a_pause() -> None:
    """Its success is the last one: the time without a success begins with it."""
    events = [(0.0, throttle(60)), (1.0, succeed)]

    messages, running = watch(*events, max_wait_s=2.5)
    _, stopped = watch(*events, (3.0, Gate.unreachable), max_wait_s=2.5)

    assert (len(messages), running) == (1, None)
    assert stopped is not None


def test_short_pauses_are_not_reported() -> None:
    """The gate pauses for a second with every slowdown."""
    assert watch((0, throttle(2)), (3, throttle()), (6, succeed)) == ([], None)


def test_own_pauses_are_reported() -> None:
    """Without a request of the server, the message names the status only."""
    throttles = [(float(at), throttle()) for at in range(0, 100, 10)]

    messages, _ = watch(*throttles)

    assert messages
    assert {text.partition("; ")[0] for text in messages} == {
        "the server throttles every request (HTTP 429)"
    }


@pytest.mark.parametrize(
    ("report", "problem"),
    [
        pytest.param(
            throttle(86_400), "the server asks to wait 24 h (HTTP 429)", id="requested wait"
        ),
        pytest.param(
            throttle(), "the server throttles every request (HTTP 429)", id="no requested wait"
        ),
        pytest.param(Gate.unreachable, "there is no connection to the server", id="connection"),
    ],
)
def test_run_without_a_success_stops(report: Callable[[Gate], None], problem: str) -> None:
    """The message names the problem."""
    _, stopped = watch((0.0, report), (5.5, report), max_wait_s=6)

    assert stopped == StopReason(
        cause=StopCause.WAITED,
        message=f"no request has succeeded for 6 s: {problem}; run the same command again later, "
        "or raise --max-wait",
    )


def test_time_without_a_success_begins_after_the_last_one() -> None:
    """A success ends it; the monotonic clock counts."""
    fail = Gate.unreachable
    events = [(0.0, fail), (5.0, succeed), (8.0, fail), (12.0, fail)]

    _, running = watch(*events, max_wait_s=6)
    _, stopped = watch(*events, (13.5, fail), max_wait_s=6)

    assert running is None
    assert stopped is not None
