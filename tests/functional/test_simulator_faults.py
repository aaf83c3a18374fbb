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
        (FaultKind.ERROR_200, 200, "FDI.3026", 0),
        (FaultKind.EXISTS, 400, "FDI.3901", 0),
        (FaultKind.CREATED_EXISTS, 400, "FDI.3901", 1),
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


async def create(session: ClientSession, *names: str) -> list[Any]:
    """Create tasks one after another, and return their ids as sent."""
    ids = []
    for name in names:
        async with session.post(
            f"{BASE}/multi-tasks", json=BODY | {"task_name": name}
        ) as response:
            ids.append((await response.json()).get("task_id"))
    return ids


async def page(session: ClientSession, query: str = "") -> tuple[Any, list[Any], Any]:
    """Return the total, the names and the ids of one page."""
    async with session.get(f"{BASE}/tasks?{query}") as response:
        body = await response.json()
    entities = body["entities"]
    return (
        body["total"],
        [entity["task_name"] for entity in entities],
        [entity["task_id"] for entity in entities],
    )


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        pytest.param(FaultKind.LIST_EMPTY, [], [], id="empty"),
        pytest.param(FaultKind.LIST_FROZEN, ["one", "two"], ["one", "two"], id="frozen"),
        pytest.param(FaultKind.LIST_CAPPED, ["one"], ["one", "two"], id="capped"),
        pytest.param(
            FaultKind.LIST_FOREIGN,
            ["one", "two", "one", "two"],
            ["one", "two", "three", "four", "one", "two", "three", "four"],
            id="foreign",
        ),
    ],
)
async def test_a_wrong_list_agrees_with_its_total(
    kind: FaultKind, before: list[str], after: list[str]
) -> None:
    """A wrong list is consistent in itself, before and after two more tasks are created."""
    async with calling(kind) as (simulator, session):
        ids = await create(session, "one", "two")
        first = await page(session)
        await create(session, "three", "four")
        second = await page(session)

    assert (first[:2], second[:2]) == ((len(before), before), (len(after), after))
    assert first[2][:1] == ids[: len(before[:1])]
    assert simulator.faults_seen == {kind: 2}


async def test_another_id_is_listed_under_the_name() -> None:
    """The names are right, the ids are the same in every list, and none is that of the response."""
    async with calling(FaultKind.LIST_OTHER_IDS) as (_, session):
        ids = await create(session, "one", "two")
        first, second = await page(session), await page(session)

    assert first == second
    assert first[:2] == (2, ["one", "two"])
    assert not set(first[2]) & set(ids)


async def test_shifting_pages_hide_tasks_and_keep_the_total() -> None:
    """The first task of every further page is in no page, and two lists are never equal."""
    async with calling(FaultKind.LIST_SHIFTING, list_page_max=2) as (_, session):
        await create(session, "one", "two", "three", "four", "five")
        first = [await page(session, f"offset={offset}") for offset in (0, 2, 4, 6)]
        again = await page(session, "offset=4")

    assert [total for total, _, _ in first] == [5, 5, 5, 5]
    assert [names for _, names, _ in first[:2]] == [["one", "two"], ["four", "five"]]
    assert [len(names) for _, names, _ in first[2:]] == [1, 0]
    assert first[2][1] != again[1] != ["five"]


async def test_another_user_takes_the_name() -> None:
    """The task with the name of the request has another tag, and the call fails."""
    async with calling(FaultKind.FOREIGN_500) as (simulator, session):
        async with session.post(f"{BASE}/multi-tasks", json=BODY) as response:
            status = response.status
        (task,) = simulator.tasks("p1", "i1")

    assert (status, task.name, task.body["task_tag"]) == (500, "orders", "other-team")


async def test_a_late_response_answers_the_next_call_on_its_connection() -> None:
    """The connection stays one response behind, and other connections are right."""
    async with calling(FaultKind.LATE) as (simulator, session):
        late = await create(session, "one")
        simulator.change_faults({})
        shifted = await create(session, "two", "three")
        async with ClientSession(simulator.url, headers=TOKEN) as other:
            right = await create(other, "four")
        ids = [task.task_id for task in simulator.tasks("p1", "i1")]

    assert (late, shifted, right) == ([None], ids[:2], ids[3:])


async def test_a_numeric_id_is_a_number_everywhere() -> None:
    """The id is a number in the response and in lists, and digits in paths."""
    async with calling(FaultKind.NUMERIC_ID) as (simulator, session):
        (created,) = await create(session, "one")
        _, _, listed = await page(session)
        async with session.delete(f"{BASE}/tasks/{created}") as response:
            status = response.status

    assert isinstance(created, int)
    assert (listed, status, simulator.tasks("p1", "i1")) == ([created], 204, [])


async def test_messages_come_in_other_formats() -> None:
    """A firewall answers with text, and a service with a message in an object."""
    bodies = []
    for kind in (FaultKind.FIREWALL, FaultKind.NESTED_ERROR):
        async with (
            calling(kind) as (simulator, session),
            session.post(f"{BASE}/multi-tasks", json=BODY) as response,
        ):
            bodies.append((response.status, await response.text(), simulator.tasks("p1", "i1")))

    (firewall, text, none), (refusal, document, also_none) = bodies
    assert (firewall, refusal, none, also_none) == (418, 400, [], [])
    assert "blocked" in text
    assert document == (
        '{"badRequest":{"message":"The source application is disabled.","code":400}}'
    )


async def test_lists_come_in_other_formats() -> None:
    """A total is text, entities are null or not tasks, and a body is compressed."""
    async with calling(FaultKind.LIST_SPELLING) as (_, session):
        async with session.get(f"{BASE}/tasks") as response:
            empty = await response.json()
        await create(session, "one")
        async with session.get(f"{BASE}/tasks") as response:
            spelled = await response.json()
    async with (
        calling(FaultKind.LIST_GZIP) as (_, session),
        session.get(f"{BASE}/tasks") as response,
    ):
        compressed = await response.json()

    assert empty == {"total": "0", "entities": None}
    assert spelled["total"] == "5"
    assert [type(entity) for entity in spelled["entities"]] == [dict, dict, dict, type(None), str]
    assert response.headers["Content-Encoding"] == "gzip"
    assert compressed == {"total": 0, "size": 0, "entities": []}


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
