"""A run ends when its answers say that going on makes no sense, and not before."""

import re
from collections.abc import Iterable
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchcreate.models import Created, Decision, Failed, Signal, TaskId, Unknown
from batchcreate.pool.stop import (
    FAULTS_MAX,
    FORBIDDEN_MAX,
    CircuitBreaker,
    RetryBudget,
    StopCause,
    StopReason,
)


def refusal(status: int, signal: Signal = Signal.NONE) -> Decision:
    outcome = Failed(http_status=status, error_code="X.1", error_msg="No")
    return Decision(outcome=outcome, signal=signal)


CREATED: Final = Decision(outcome=Created(task_id=TaskId("t")))
REFUSED: Final = refusal(400)
FORBIDDEN: Final = refusal(403, Signal.FORBIDDEN)
UNAUTHORIZED: Final = refusal(401, Signal.UNAUTHORIZED)
THROTTLED: Final = refusal(429, Signal.THROTTLED)
FAULT: Final = Decision(outcome=Unknown(reason="HTTP 500: Oops"), signal=Signal.SERVER_FAULT)
UNREACHABLE: Final = Decision(
    outcome=Failed(http_status=None, error_code="CONNECT", error_msg="no connection"),
    may_resend=True,
    signal=Signal.UNREACHABLE,
)
ORDINARY: Final = (CREATED, REFUSED, THROTTLED)


def observed(
    decisions: Iterable[Decision], breaker: CircuitBreaker | None = None
) -> list[StopCause | None]:
    """Return what a breaker says to each of *decisions*, each the last of its row."""
    breaker = breaker or CircuitBreaker()
    halts = [breaker.observe(decision, is_final=True) for decision in decisions]
    return [halt.cause if halt is not None else None for halt in halts]


class TestAtOnce:
    @pytest.mark.parametrize("is_final", [True, False], ids=["last attempt", "not the last"])
    def test_refused_credentials_end_the_run(self, *, is_final: bool) -> None:
        """More refusals in a row could lock the key."""
        assert CircuitBreaker().observe(UNAUTHORIZED, is_final=is_final) == StopReason(
            cause=StopCause.UNAUTHORIZED,
            message="the server does not accept the credentials (HTTP 401, X.1, No); "
            "renew them and run the same command again",
        )

    def test_redirection_ends_the_run(self) -> None:
        """No other host gets the requests."""
        reason = "the server redirects to elsewhere.example"
        decision = Decision(outcome=Unknown(reason=reason), signal=Signal.REDIRECTED)

        assert CircuitBreaker().observe(decision, is_final=True) == StopReason(
            cause=StopCause.REDIRECTED,
            message=f"{reason}; redirects are not followed: correct --endpoint "
            "and run the same command again",
        )

    def test_untrusted_server_ends_the_run(self) -> None:
        """A certificate that does not verify is not argued with."""
        outcome = Failed(http_status=None, error_code="CONNECT", error_msg="bad certificate")

        assert CircuitBreaker().observe(
            Decision(outcome=outcome, signal=Signal.UNTRUSTED), is_final=True
        ) == StopReason(
            cause=StopCause.UNTRUSTED,
            message="bad certificate; check --endpoint and the certificate, "
            "then run the same command again",
        )

    def test_braces_in_an_answer_are_text(self) -> None:
        """What a server says is never taken for a placeholder."""
        outcome = Failed(http_status=401, error_code="{0}", error_msg="{x!r} {}")

        halt = CircuitBreaker().observe(
            Decision(outcome=outcome, signal=Signal.UNAUTHORIZED), is_final=True
        )

        assert halt is not None
        assert "(HTTP 401, {0}, {x!r} {})" in halt.message


class TestForbidden:
    def test_third_refusal_in_a_row_ends_the_run(self) -> None:
        """What is refused to the account three times at the start is refused for good."""
        breaker = CircuitBreaker()
        first = [breaker.observe(FORBIDDEN, is_final=True) for _ in range(FORBIDDEN_MAX - 1)]

        last = breaker.observe(FORBIDDEN, is_final=True)

        assert first == [None, None]
        assert last == StopReason(
            cause=StopCause.FORBIDDEN,
            message="the server refused the first 3 rows with the same error (HTTP 403, X.1, No); "
            "check --project-id, --instance-id and the permissions of the account, "
            "then run the same command again",
        )

    @pytest.mark.parametrize(
        "other", [REFUSED, THROTTLED, FAULT], ids=["refused", "throttled", "fault"]
    )
    def test_another_answer_breaks_the_row(self, other: Decision) -> None:
        """Three refusals count only without anything between them."""
        assert observed([FORBIDDEN, FORBIDDEN, other, FORBIDDEN, FORBIDDEN]) == [None] * 5

    def test_one_created_task_proves_the_permission(self) -> None:
        """Where a task could be created, refusals concern single rows."""
        assert observed([FORBIDDEN, FORBIDDEN, CREATED, *[FORBIDDEN] * 50]) == [None] * 53


class TestOutage:
    @pytest.mark.parametrize(
        ("decision", "words"),
        [(FAULT, "HTTP 500: Oops"), (UNREACHABLE, "no connection")],
        ids=["server fault", "unreachable"],
    )
    def test_tenth_faulty_row_in_a_row_ends_the_run(self, decision: Decision, words: str) -> None:
        """A server that is down is not asked for every row."""
        breaker = CircuitBreaker()
        first = [breaker.observe(decision, is_final=True) for _ in range(FAULTS_MAX - 1)]

        last = breaker.observe(decision, is_final=True)

        assert first == [None] * 9
        assert last == StopReason(
            cause=StopCause.OUTAGE,
            message="10 consecutive rows failed with a server error (last: "
            f"{words}); run the same command again once the service has recovered",
        )

    def test_attempts_that_are_repeated_do_not_count(self) -> None:
        """Rows are counted, not attempts."""
        breaker = CircuitBreaker()

        halts = [breaker.observe(UNREACHABLE, is_final=False) for _ in range(100)]

        assert halts == [None] * 100
        assert observed([UNREACHABLE] * 10, breaker)[-2:] == [None, StopCause.OUTAGE]

    @pytest.mark.parametrize("other", ORDINARY, ids=["created", "refused", "throttled"])
    def test_another_answer_breaks_the_row(self, other: Decision) -> None:
        """A server that answers now and then is not down."""
        assert observed([*[FAULT] * 9, other, *[FAULT] * 9]) == [None] * 19


class TestEveryRun:
    @given(st.lists(st.sampled_from([*ORDINARY, FAULT, UNREACHABLE, FORBIDDEN]), max_size=60))
    def test_ends_only_after_its_reason(self, decisions: list[Decision]) -> None:
        """A run ends where the last three or ten answers give the reason, and only there."""
        causes = observed(decisions)

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
    if letters.endswith("b" * 3) and "c" not in letters:
        return StopCause.FORBIDDEN
    return StopCause.OUTAGE if re.search("f{10}$", letters) else None


class TestRetryBudget:
    def test_outage_exhausts_it(self) -> None:
        """35 repeated connections are what a run affords."""
        budget = RetryBudget()

        spent = [budget.spend(Signal.UNREACHABLE) for _ in range(40)]

        assert spent == [True] * 35 + [False] * 5

    def test_throttling_costs_less(self) -> None:
        """100 repeated throttled requests are what a run affords."""
        budget = RetryBudget()

        spent = [budget.spend(Signal.THROTTLED) for _ in range(101)]

        assert spent == [True] * 100 + [False]

    def test_success_pays_back(self) -> None:
        """14 created tasks are worth one connection."""
        budget = RetryBudget(tokens=14)
        assert budget.spend(Signal.UNREACHABLE)

        for _ in range(13):
            budget.earn()

        assert not budget.spend(Signal.UNREACHABLE)
        budget.earn()
        assert budget.spend(Signal.UNREACHABLE)

    def test_success_is_not_saved_up(self) -> None:
        """However many tasks were created, an outage later on fails as fast."""
        budget = RetryBudget(tokens=28)

        for _ in range(1000):
            budget.earn()

        assert [budget.spend(Signal.UNREACHABLE) for _ in range(3)] == [True, True, False]

    def test_other_repetitions_are_free(self) -> None:
        """Renewing credentials is limited elsewhere."""
        budget = RetryBudget(tokens=0)

        assert budget.spend(Signal.UNAUTHORIZED)
