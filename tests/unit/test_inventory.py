"""An instance is listed page by page, or the listing proves nothing."""

import asyncio
from collections.abc import Sequence
from random import Random

import pytest

from batchcreate.errors import CredentialError, MaybeSentError, NotSentError
from batchcreate.inventory import PAGE_TASKS, list_all
from batchcreate.listing import Incomplete, Inventory
from batchcreate.models import Reply, Signal, Target, TaskId
from batchcreate.rate_limiter import Gate, RateLimit
from batchcreate.retry import RetryPolicy
from tests.fakes import ListFault, ModelServer, ScriptedClient, answer, error
from tests.journals import target
from tests.virtual_time import run_virtually

RESET = MaybeSentError("the connection was reset")
NO_CONNECTION = NotSentError("no connection")
EXPIRED = NotSentError("the certificate has expired", is_permanent=True)
ONE = Inventory(ids={"n0": [TaskId("id-1")]}, total=1)
MALFORMED = "the list of tasks is not as documented"


def listing(
    *lists: ListFault | None, tasks: int = 0, page_tasks: int = 1000
) -> tuple[Inventory | Incomplete, int, float]:
    """List an instance; return what came of it, the calls it took and the seconds."""

    async def main() -> tuple[Inventory | Incomplete, int, float]:
        server = ModelServer()
        for number in range(tasks):
            server.hold(target(), f"n{number % 1000}")
        server.hold(target("i2"), "elsewhere")
        client = ScriptedClient(server, lists=lists, page_tasks=page_tasks)
        gate = Gate(RateLimit(rate_per_s=1000))
        found = await list_all(
            client,
            target(),
            gate=gate,
            retry=RetryPolicy(),
            random=Random(1),  # noqa: S311 # jitter
        )
        return found, client.listed, asyncio.get_running_loop().time()

    return run_virtually(main())


@pytest.mark.parametrize(
    ("tasks", "page_tasks", "calls"),
    [(0, 1000, 1), (PAGE_TASKS, 1000, 1), (PAGE_TASKS + 1, 1000, 2), (7, 3, 3), (6, 3, 2)],
    ids=["none", "a full page", "one more", "a server with small pages", "whole small pages"],
)
def test_all_pages_are_read(tasks: int, page_tasks: int, calls: int) -> None:
    """The next page begins after what the last one held, whatever was asked for."""
    found, listed, _ = listing(tasks=tasks, page_tasks=page_tasks)

    ids = {f"n{number}": [TaskId(f"id-{number + 1}")] for number in range(tasks)}
    assert (found, listed) == (Inventory(ids=ids, total=tasks), calls)


@pytest.mark.parametrize(
    "fault",
    [RESET, NO_CONNECTION, error(500), answer(200, b"{"), answer(204, b""), error(408)],
    ids=["reset", "no connection", "HTTP 500", "half a page", "nothing", "HTTP 408"],
)
def test_a_page_that_a_fault_kept_is_asked_for_again(fault: ListFault) -> None:
    """Four faults in a row are survived, after waits."""
    found, listed, elapsed_s = listing(*[fault] * 4, tasks=1)

    assert (found, listed) == (ONE, 5)
    assert 0.25 < elapsed_s < 0.25 + 0.5 + 1 + 2 + 4


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (RESET, Incomplete(reason="the connection was reset", signal=Signal.SERVER_FAULT)),
        (NO_CONNECTION, Incomplete(reason="no connection", signal=Signal.UNREACHABLE)),
        (
            error(503, "FDI.5", "busy"),
            Incomplete(reason="HTTP 503: busy", signal=Signal.SERVER_FAULT),
        ),
        (answer(200, []), Incomplete(reason=MALFORMED)),
        (answer(202, {"task_id": "7"}), Incomplete(reason=MALFORMED)),
        (
            error(429, "APIG.0308", "slow down"),
            Incomplete(reason="HTTP 429, APIG.0308, slow down", signal=Signal.THROTTLED),
        ),
    ],
    ids=["reset", "no connection", "HTTP 503", "no page", "another answer", "throttled"],
)
def test_the_fifth_fault_in_a_row_ends_it(fault: ListFault, expected: Incomplete) -> None:
    """The listing proves nothing and says why."""
    found, listed, _ = listing(*[fault] * 5, tasks=1)

    assert (found, listed) == (expected, 5)


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (
            error(400, "FDI.4", "wrong offset"),
            Incomplete(reason="HTTP 400, FDI.4, wrong offset"),
        ),
        (
            error(401, "APIG.0301", "who are you"),
            Incomplete(reason="HTTP 401, APIG.0301, who are you", signal=Signal.UNAUTHORIZED),
        ),
        (
            error(403, "APIG.0302", "not allowed"),
            Incomplete(reason="HTTP 403, APIG.0302, not allowed", signal=Signal.FORBIDDEN),
        ),
        (
            answer(307, location="https://elsewhere.example/x"),
            Incomplete(
                reason="the endpoint redirects to elsewhere.example", signal=Signal.REDIRECTED
            ),
        ),
        (EXPIRED, Incomplete(reason="the certificate has expired", signal=Signal.UNTRUSTED)),
    ],
    ids=["HTTP 400", "HTTP 401", "HTTP 403", "redirect", "certificate"],
)
def test_a_refusal_ends_it_at_once(fault: ListFault, expected: Incomplete) -> None:
    """To ask again would only bring the same answer."""
    found, listed, elapsed_s = listing(fault, tasks=1)

    assert (found, listed) == (expected, 1)
    assert elapsed_s < 0.1


def test_a_throttled_page_waits_as_long_as_the_server_says() -> None:
    """The gate pauses; the listing adds no wait of its own."""
    found, listed, elapsed_s = listing(error(429, retry_after="7"), tasks=1)

    assert (found, listed) == (ONE, 2)
    assert elapsed_s == pytest.approx(7.1, abs=0.02)


def test_pages_that_do_not_fit_prove_nothing() -> None:
    """One task too few on the page, and none on the next."""
    found, listed, _ = listing(
        lambda page: page | {"total": 3}, lambda page: page | {"total": 3}, tasks=2
    )

    assert (found, listed) == (
        Incomplete(
            reason="the list of tasks is not consistent: "
            "2 tasks were listed where 3 were announced",
            is_moving=True,
        ),
        2,
    )


def test_a_credential_that_cannot_be_renewed_is_no_list() -> None:
    """It reads like a refused authentication."""

    class Lister:
        async def list_tasks(self, target: Target, *, offset: int, limit: int) -> Reply:
            del target, offset, limit
            raise CredentialError("the token has ended")

    async def main() -> Inventory | Incomplete:
        return await list_all(
            Lister(),
            target(),
            gate=Gate(RateLimit()),
            retry=RetryPolicy(),
            random=Random(1),  # noqa: S311 # jitter
        )

    assert run_virtually(main()) == Incomplete(
        reason="the token has ended", signal=Signal.UNAUTHORIZED
    )


def test_every_page_goes_through_the_gate() -> None:
    """A long list leaves at the rate of all requests."""

    async def main(pages: Sequence[int]) -> float:
        server = ModelServer()
        for number in pages:
            server.hold(target(), f"n{number}")
        await list_all(
            ScriptedClient(server, page_tasks=1),
            target(),
            gate=Gate(RateLimit(rate_per_s=2, headroom=0)),
            retry=RetryPolicy(),
            random=Random(1),  # noqa: S311 # jitter
        )
        return asyncio.get_running_loop().time()

    assert run_virtually(main(range(9))) == pytest.approx(8 / 2 + 0.05, abs=0.05)
