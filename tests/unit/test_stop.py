"""A run stops once and for one reason: on request, or after repeated failures of the service."""

import asyncio
import re
from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchcreate.models import Created, Decision, Failed, Outcome, Signal, TaskId, Unknown
from batchcreate.pool.stop import (
    FAULTS_MAX,
    CircuitBreaker,
    RetryBudget,
    RunCounters,
    StopCause,
    StopReason,
    StopSwitch,
)
from tests.virtual_time import run_virtually

INTERRUPTED = StopReason(cause=StopCause.INTERRUPTED, message="ended by SIGINT", signal=2)
LATER = StopReason(cause=StopCause.OUTAGE, message="10 consecutive rows")


async def work(stop: StopSwitch, *, is_waiting: bool) -> str:
    """Wait, or have a request in flight, for a second; return 'finished' or 'cancelled'."""
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


async def results_of_two_workers(action: Callable[[StopSwitch], None]) -> list[str]:
    """Return the results of a waiting and a busy worker if *action* runs meanwhile."""
    stop = StopSwitch()
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(work(stop, is_waiting=is_waiting)) for is_waiting in (True, False)
        ]
        await asyncio.sleep(0.5)
        action(stop)
    return [task.result() for task in tasks]


@pytest.mark.parametrize(
    ("action", "results"),
    [
        pytest.param(lambda stop: None, ["finished", "finished"], id="nothing"),  # noqa: ARG005 # the case without an action
        pytest.param(
            lambda stop: stop.request_stop(INTERRUPTED), ["cancelled", "finished"], id="stopped"
        ),
        pytest.param(lambda stop: stop.cancel(), ["cancelled", "cancelled"], id="cancelled"),
        pytest.param(
            lambda stop: (stop.request_stop(INTERRUPTED), stop.cancel()),
            ["cancelled", "cancelled"],
            id="stopped and cancelled",
        ),
    ],
)
def test_stop_keeps_requests_in_flight_and_cancel_does_not(
    action: Callable[[StopSwitch], None], results: list[str]
) -> None:
    """A request to stop cancels waiting workers only; cancel cancels all."""
    assert run_virtually(results_of_two_workers(action)) == results


def test_first_reason_counts() -> None:
    """Later requests to stop do not change the reason."""
    stop = StopSwitch()
    reasons = [stop.reason]

    for reason in (INTERRUPTED, LATER):
        stop.request_stop(reason)
        reasons.append(stop.reason)

    assert reasons == [None, INTERRUPTED, INTERRUPTED]


def test_worker_that_waits_after_a_request_is_cancelled() -> None:
    """Between two requests a worker does not have a request in flight."""

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


def test_unregistered_worker_is_not_cancelled() -> None:
    """A stop does not affect a worker that has left the switch."""

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


def test_run_counters_start_at_zero() -> None:
    """All counts are zero before the run is planned."""
    assert set(asdict(RunCounters()).values()) == {0, None}
    assert RunCounters().finished == 0


@given(st.lists(st.sampled_from([CREATED, FAILED, UNKNOWN])))
def test_every_outcome_is_counted_once(outcomes: list[Outcome]) -> None:
    """The number of finished tasks is the sum of the created, failed and unknown ones."""
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


def refused(status: int, signal: Signal = Signal.NONE) -> Decision:
    outcome = Failed(http_status=status, error_code="X.1", error_msg="No")
    return Decision(outcome=outcome, signal=signal)


CREATED_ROW: Final = Decision(outcome=Created(task_id=TaskId("t")))
REFUSED: Final = refused(400)
FORBIDDEN: Final = refused(403, Signal.FORBIDDEN)
UNAUTHORIZED: Final = refused(401, Signal.UNAUTHORIZED)
THROTTLED: Final = refused(429, Signal.THROTTLED)
FAULT: Final = Decision(outcome=Unknown(reason="HTTP 500: Oops"), signal=Signal.SERVER_FAULT)
UNREACHABLE: Final = Decision(
    outcome=Failed(http_status=None, error_code="CONNECT", error_msg="no connection"),
    may_resend=True,
    signal=Signal.UNREACHABLE,
)
ORDINARY: Final = (CREATED_ROW, REFUSED, THROTTLED)


def causes_after(
    decisions: Iterable[Decision], breaker: CircuitBreaker | None = None
) -> list[StopCause | None]:
    """Return the stop cause after each of *decisions*, each the last one of its row."""
    breaker = breaker or CircuitBreaker()
    reasons = [breaker.observe(decision, is_final=True) for decision in decisions]
    return [reason.cause if reason is not None else None for reason in reasons]


class TestImmediateStop:
    @pytest.mark.parametrize("is_final", [True, False], ids=["last attempt", "not the last"])
    def test_refused_credentials_stop_the_run(self, *, is_final: bool) -> None:
        """Further refusals could lock the key, so neither attempt nor row is repeated."""
        assert CircuitBreaker().observe(UNAUTHORIZED, is_final=is_final) == StopReason(
            cause=StopCause.UNAUTHORIZED,
            message="the server does not accept the credentials (HTTP 401, X.1, No); "
            "renew them and run the same command again",
        )

    def test_redirect_stops_the_run(self) -> None:
        """Requests are not sent to another host."""
        reason = "the server redirects to elsewhere.example"
        decision = Decision(outcome=Unknown(reason=reason), signal=Signal.REDIRECTED)

        assert CircuitBreaker().observe(decision, is_final=True) == StopReason(
            cause=StopCause.REDIRECTED,
            message=f"{reason}; redirects are not followed: correct --endpoint "
            "and run the same command again",
        )

    def test_untrusted_server_stops_the_run(self) -> None:
        """A certificate that cannot be verified stops the run at its first response."""
        outcome = Failed(http_status=None, error_code="CONNECT", error_msg="bad certificate")

        assert CircuitBreaker().observe(
            Decision(outcome=outcome, signal=Signal.UNTRUSTED), is_final=True
        ) == StopReason(
            cause=StopCause.UNTRUSTED,
            message="bad certificate; check --endpoint and the certificate, "
            "then run the same command again",
        )

    def test_braces_in_a_response_are_text(self) -> None:
        """The text of a server is not read as a format string."""
        outcome = Failed(http_status=401, error_code="{0}", error_msg="{x!r} {}")

        reason = CircuitBreaker().observe(
            Decision(outcome=outcome, signal=Signal.UNAUTHORIZED), is_final=True
        )

        assert reason is not None
        assert "(HTTP 401, {0}, {x!r} {})" in reason.message


class TestForbidden:
    def test_third_consecutive_refusal_stops_the_run(self) -> None:
        """The run stops if the first three rows are forbidden to the account."""
        breaker = CircuitBreaker()
        first = [breaker.observe(FORBIDDEN, is_final=True) for _ in range(2)]

        last = breaker.observe(FORBIDDEN, is_final=True)

        assert first == [None, None]
        assert last == StopReason(
            cause=StopCause.FORBIDDEN,
            message="the server refused 3 consecutive rows because of the account or the instance "
            "(last: HTTP 403, X.1, No); check --project-id, --instance-id and the permissions of the account, "
            "then run the same command again",
        )

    @pytest.mark.parametrize(
        "other", [REFUSED, THROTTLED, FAULT], ids=["refused", "throttled", "fault"]
    )
    def test_other_response_resets_the_count(self, other: Decision) -> None:
        """Three refusals count only if they are consecutive."""
        assert causes_after([FORBIDDEN, FORBIDDEN, other, FORBIDDEN, FORBIDDEN]) == [None] * 5

    def test_fifth_consecutive_refusal_stops_a_run_that_created_tasks(self) -> None:
        """After a created task, up to four consecutive refusals may concern single rows."""
        four = [FORBIDDEN] * 4
        decisions = [FORBIDDEN, FORBIDDEN, CREATED_ROW, *four, CREATED_ROW, *four, FORBIDDEN]

        assert causes_after(decisions) == [None] * 12 + [StopCause.FORBIDDEN]


class TestOutage:
    @pytest.mark.parametrize(
        ("decision", "words"),
        [(FAULT, "HTTP 500: Oops"), (UNREACHABLE, "no connection")],
        ids=["server fault", "unreachable"],
    )
    def test_tenth_consecutive_fault_stops_the_run(self, decision: Decision, words: str) -> None:
        """The run stops without a request for every remaining row."""
        breaker = CircuitBreaker()
        first = [breaker.observe(decision, is_final=True) for _ in range(FAULTS_MAX - 1)]

        last = breaker.observe(decision, is_final=True)

        assert first == [None] * 9
        assert last == StopReason(
            cause=StopCause.OUTAGE,
            message="10 consecutive rows failed with a server error (last: "
            f"{words}); run the same command again once the service has recovered",
        )

    def test_retried_attempts_do_not_count(self) -> None:
        """Rows are counted, not attempts."""
        breaker = CircuitBreaker()

        reasons = [breaker.observe(UNREACHABLE, is_final=False) for _ in range(100)]

        assert reasons == [None] * 100
        assert causes_after([UNREACHABLE] * 10, breaker)[-2:] == [None, StopCause.OUTAGE]

    @pytest.mark.parametrize("other", ORDINARY, ids=["created", "refused", "throttled"])
    def test_other_response_resets_the_count(self, other: Decision) -> None:
        """A server that responds between faults is not down."""
        assert causes_after([*[FAULT] * 9, other, *[FAULT] * 9]) == [None] * 19


class TestEveryRun:
    @given(st.lists(st.sampled_from([*ORDINARY, FAULT, UNREACHABLE, FORBIDDEN]), max_size=60))
    def test_run_stops_only_for_a_reason(self, decisions: list[Decision]) -> None:
        """The last three or ten responses give the reason for each stop."""
        causes = causes_after(decisions)

        letters = "".join(map(letter, decisions))
        expected = [cause_after(letters[: number + 1]) for number in range(len(letters))]
        assert causes == expected


def letter(decision: Decision) -> str:
    if decision.signal in {Signal.SERVER_FAULT, Signal.UNREACHABLE}:
        return "f"
    if decision.signal is Signal.FORBIDDEN:
        return "b"
    return "c" if isinstance(decision.outcome, Created) else "o"


def cause_after(letters: str) -> StopCause | None:
    if letters.endswith("b" * 5) or (letters.endswith("b" * 3) and "c" not in letters):
        return StopCause.FORBIDDEN
    return StopCause.OUTAGE if re.search("f{10}$", letters) else None


class TestRetryBudget:
    def test_outage_exhausts_the_budget(self) -> None:
        """A run has 35 retries after connection errors."""
        budget = RetryBudget()

        spent = [budget.spend(Signal.UNREACHABLE) for _ in range(40)]

        assert spent == [True] * 35 + [False] * 5

    def test_throttling_costs_less(self) -> None:
        """A run has 100 retries of throttled requests."""
        budget = RetryBudget()

        spent = [budget.spend(Signal.THROTTLED) for _ in range(101)]

        assert spent == [True] * 100 + [False]

    def test_created_tasks_refill_the_budget(self) -> None:
        """A retry after a connection error costs as much as 14 created tasks return."""
        budget = RetryBudget(tokens=14)
        assert budget.spend(Signal.UNREACHABLE)

        for _ in range(13):
            budget.earn()

        assert not budget.spend(Signal.UNREACHABLE)
        budget.earn()
        assert budget.spend(Signal.UNREACHABLE)

    def test_budget_has_a_maximum(self) -> None:
        """After any number of created tasks, an outage stops the run equally soon."""
        budget = RetryBudget(tokens=28)

        for _ in range(1000):
            budget.earn()

        assert [budget.spend(Signal.UNREACHABLE) for _ in range(3)] == [True, True, False]

    def test_other_retries_cost_nothing(self) -> None:
        """The renewal of credentials is limited elsewhere."""
        budget = RetryBudget(tokens=0)

        assert budget.spend(Signal.UNAUTHORIZED)


def test_cancelled_step_of_a_run_that_continues_is_cancelled() -> None:
    """Only a stop turns the cancellation of a step into the result None."""

    async def main() -> bool:
        stop = StopSwitch()
        step = asyncio.ensure_future(stop.run_unless_stopped(asyncio.sleep(1)))
        await asyncio.sleep(0.5)
        step.cancel()
        await asyncio.wait([step])
        return step.cancelled()

    assert run_virtually(main())


def test_stopped_step_ignores_further_cancellations() -> None:
    """A worker that was cancelled several times by a stop continues with the result None."""

    async def main() -> object:
        stop = StopSwitch()
        step = asyncio.ensure_future(stop.run_unless_stopped(asyncio.sleep(1, "done")))
        await asyncio.sleep(0.5)
        stop.request_stop(INTERRUPTED)
        step.cancel()
        return await step

    assert run_virtually(main()) is None
