import asyncio
import errno
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import ClientOSError, ClientPayloadError, ClientSession, ServerDisconnectedError

from batchcreate.simulator import FaultKind, Simulator, SimulatorSettings, serve

BASE = "/v2/p1/fdi/instances/i1"
TOKEN = {"X-Auth-Token": "any"}
BODY = {"task_name": "orders", "operation_types": ["INSERT"]}
ACTING = [kind for kind in FaultKind if kind.is_executed and not kind.is_list]


class Turnstile:
    """Makes the server sleep until the test continues it."""

    def __init__(self) -> None:
        self.slept_s: list[float] = []
        self.gate = asyncio.Event()

    async def sleep(self, wait_s: float) -> None:
        self.slept_s.append(wait_s)
        await self.gate.wait()


@asynccontextmanager
async def calling(
    *faults: FaultKind, turnstile: Turnstile | None = None, **knobs: Any
) -> AsyncIterator[tuple[Simulator, ClientSession]]:
    shares = dict.fromkeys(faults, 1.0)
    settings = SimulatorSettings(faults=shares, unique_names=False, record=True, **knobs)
    sleep = turnstile.sleep if turnstile else asyncio.sleep
    async with (
        serve(settings, sleep=sleep) as simulator,
        ClientSession(simulator.url, headers=TOKEN) as session,
    ):
        yield simulator, session


async def wait_until(session: ClientSession, is_over: Callable[[], object]) -> None:
    """Ask the server for other things until it is over with the one that matters."""
    async with asyncio.timeout(5):
        while not is_over():
            async with session.get(f"{BASE}/tasks"):
                pass


def ends(simulator: Simulator) -> list[int | None]:
    return [record.status for record in simulator.requests if record.method == "POST"]


async def attempt_in_vain(session: ClientSession, url: str) -> None:
    with pytest.raises(ServerDisconnectedError):
        await session.post(url, json=BODY)


@pytest.mark.parametrize(
    ("kind", "status", "code", "created"),
    [
        (FaultKind.TOO_MANY_REQUESTS, 429, "APIGW.0308", 0),
        (FaultKind.UNAUTHORIZED, 401, "APIGW.0301", 0),
        (FaultKind.FORBIDDEN, 403, "APIGW.0302", 0),
        (FaultKind.SERVER_ERROR, 500, "FDI.9999", 0),
        (FaultKind.UNAVAILABLE, 503, "APIGW.0613", 0),
        (FaultKind.CREATED_500, 500, "FDI.9999", 1),
        (FaultKind.CREATED_504, 504, "APIGW.0201", 1),
    ],
)
async def test_an_error_is_answered_whether_or_not_the_task_exists(
    kind: FaultKind, status: int, code: str, created: int
) -> None:
    """The status alone does not determine if the task was created."""
    async with calling(kind) as (simulator, session):
        async with session.post(f"{BASE}/multi-tasks", json=BODY) as response:
            answer = await response.json()
        stored = len(simulator.tasks("p1", "i1"))

    assert (response.status, answer["error_code"], stored) == (status, code, created)
    assert simulator.faults_seen == {kind: 1}


@pytest.mark.parametrize(
    ("kind", "body", "created"),
    [
        (FaultKind.NO_ID, b"{}", 1),
        (FaultKind.REFUSED_NO_ID, b'{"task_id":""}', 0),
    ],
)
async def test_success_without_an_id_is_ambiguous(
    kind: FaultKind, body: bytes, created: int
) -> None:
    """Both answers look alike, one task exists."""
    async with calling(kind) as (simulator, session):
        async with session.post(f"{BASE}/multi-tasks", json=BODY) as response:
            answer = (response.status, await response.read())
        stored = len(simulator.tasks("p1", "i1"))

    assert (answer, stored) == ((200, body), created)


async def test_a_bad_gateway_answers_html() -> None:
    """The body is a page, not JSON."""
    async with calling(FaultKind.BAD_GATEWAY_HTML) as (simulator, session):
        async with session.post(f"{BASE}/multi-tasks", json=BODY) as response:
            text = await response.text()
        stored = simulator.tasks("p1", "i1")

    assert (response.status, response.content_type, stored) == (502, "text/html", [])
    assert "<html>" in text


async def test_a_redirect_leads_to_another_host() -> None:
    """The method would be kept and the host does not exist."""
    async with (
        calling(FaultKind.REDIRECT) as (simulator, session),
        session.post(f"{BASE}/multi-tasks", json=BODY, allow_redirects=False) as response,
    ):
        stored = simulator.tasks("p1", "i1")

    assert (response.status, stored) == (307, [])
    assert response.headers["Location"] == f"http://redirected.invalid{BASE}/multi-tasks"


@pytest.mark.parametrize(
    ("kind", "created"), [(FaultKind.RESET_BEFORE, 0), (FaultKind.RESET_AFTER, 1)]
)
async def test_a_reset_connection_gives_no_answer(kind: FaultKind, created: int) -> None:
    """The connection is reset, not closed, with or without a task."""
    async with calling(kind) as (simulator, session):
        with pytest.raises(ClientOSError) as caught:
            await session.post(f"{BASE}/multi-tasks", json=BODY)
        await wait_until(session, lambda: ends(simulator))
        stored = len(simulator.tasks("p1", "i1"))

    assert (caught.value.errno, stored) == (errno.ECONNRESET, created)
    assert ends(simulator) == [None]


@pytest.mark.parametrize(("kind", "created"), [(FaultKind.HANG_BEFORE, 0), (FaultKind.HANG, 1)])
async def test_a_hanging_call_ends_with_its_client(kind: FaultKind, created: int) -> None:
    """No answer comes, and the call is over when the client goes away."""
    async with calling(kind) as (simulator, session):
        async with asyncio.TaskGroup() as group:
            attempt = group.create_task(session.post(f"{BASE}/multi-tasks", json=BODY))
            await wait_until(session, lambda: simulator.faults_seen.get(kind))
            attempt.cancel()
        await wait_until(session, lambda: ends(simulator))
        stored = len(simulator.tasks("p1", "i1"))

    assert stored == created
    assert ends(simulator) == [None]


async def test_a_hanging_call_does_not_hold_up_the_end() -> None:
    """Stopping the simulator cuts the connections that still wait."""
    async with (
        asyncio.timeout(5),
        ClientSession(headers=TOKEN) as client,
        asyncio.TaskGroup() as group,
        calling(FaultKind.HANG) as (simulator, session),
    ):
        url = f"{simulator.url}{BASE}/multi-tasks"
        group.create_task(attempt_in_vain(client, url))
        await wait_until(session, lambda: simulator.faults_seen)


async def test_a_truncated_answer_ends_early() -> None:
    """The headers promise more than comes, and the task exists."""
    async with calling(FaultKind.TRUNCATED) as (simulator, session):
        async with session.post(f"{BASE}/multi-tasks", json=BODY) as response:
            with pytest.raises(ClientPayloadError):
                await response.read()
        stored = len(simulator.tasks("p1", "i1"))

    assert (response.status, stored) == (200, 1)


async def test_a_slow_answer_comes_byte_by_byte() -> None:
    """One byte a second is sent, and all of them make the whole answer."""
    turnstile = Turnstile()

    async with calling(FaultKind.SLOW_DRIP, turnstile=turnstile) as (simulator, session):
        async with session.post(f"{BASE}/multi-tasks", json=BODY) as response:
            first = await response.content.read(100)
            turnstile.gate.set()
            rest = await response.content.read()
        task_id = simulator.tasks("p1", "i1")[0].task_id

    assert first == b"{"
    assert first + rest == b'{"task_id":"%s"}' % task_id.encode()
    assert turnstile.slept_s == [1] * len(first + rest)


@pytest.mark.parametrize("kind", ACTING)
async def test_an_invalid_create_is_refused_instead_of_mistreated(kind: FaultKind) -> None:
    """A fault that acts needs a task: the refusal comes as without faults, and does not count."""
    async with (
        calling(kind) as (simulator, session),
        session.post(f"{BASE}/multi-tasks", json={}) as response,
    ):
        answer = await response.json()

    assert (response.status, answer["error_code"]) == (400, "FDI.3033")
    assert simulator.faults_seen == {}


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        (FaultKind.LIST_429, 429, "APIGW.0308"),
        (FaultKind.LIST_403, 403, "APIGW.0302"),
        (FaultKind.LIST_500, 500, "FDI.9999"),
    ],
)
async def test_lists_fail_on_their_own(kind: FaultKind, status: int, code: str) -> None:
    """A fault of lists leaves creates alone."""
    async with calling(kind, retry_after_s=7) as (simulator, session):
        async with session.post(f"{BASE}/multi-tasks", json=BODY) as response:
            created = response.status
        async with session.get(f"{BASE}/tasks") as response:
            answer = await response.json()

    assert (created, response.status, answer["error_code"]) == (200, status, code)
    assert simulator.faults_seen == {kind: 1}
    assert response.headers.get("Retry-After") == ("7" if status == 429 else None)


async def test_a_malformed_list_is_half_of_its_json() -> None:
    """The answer ends in the middle, though its length is right."""
    async with calling(FaultKind.LIST_MALFORMED) as (_, session):
        async with session.post(f"{BASE}/multi-tasks", json=BODY):
            pass
        async with session.get(f"{BASE}/tasks") as response:
            text = await response.text()

    assert response.status == 200
    assert text.startswith('{"total":1,"size":1,"entities":[{')
    assert not text.endswith("}]}")


@pytest.mark.parametrize(("count", "total"), [(2, 2), (0, 1)])
async def test_a_short_page_leaves_a_task_out(count: int, total: int) -> None:
    """The total counts a task that no entity shows."""
    async with calling(FaultKind.LIST_SHORT_PAGE) as (_, session):
        for _ in range(count):
            async with session.post(f"{BASE}/multi-tasks", json=BODY):
                pass
        async with session.get(f"{BASE}/tasks") as response:
            answer = await response.json()

    assert (answer["total"], answer["size"], len(answer["entities"])) == (
        total,
        max(0, count - 1),
        max(0, count - 1),
    )


async def test_an_invalid_list_call_is_refused_instead_of_mistreated() -> None:
    """A page is needed before it can be spoilt."""
    async with (
        calling(FaultKind.LIST_SHORT_PAGE) as (simulator, session),
        session.get(f"{BASE}/tasks?limit=0") as response,
    ):
        assert response.status == 400
        assert simulator.faults_seen == {}


async def test_a_seed_repeats_which_calls_are_hit() -> None:
    """Two runs with one seed mistreat the same calls, another seed others."""

    async def run(seed: int) -> list[int]:
        shares = {FaultKind.SERVER_ERROR: 0.3, FaultKind.NO_ID: 0.2}
        settings = SimulatorSettings(faults=shares, seed=seed, unique_names=False)
        statuses = []
        async with (
            serve(settings) as simulator,
            ClientSession(simulator.url, headers=TOKEN) as session,
        ):
            for _ in range(40):
                async with session.post(f"{BASE}/multi-tasks", json=BODY) as response:
                    statuses.append(response.status)
        return statuses

    first, again, other = [await run(seed) for seed in (1, 1, 2)]

    assert first == again
    assert first != other
