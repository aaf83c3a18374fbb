import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from aiohttp import ClientResponse, ClientSession

from batchcreate.errors import SettingsError
from batchcreate.simulator import RequestRecord, Simulator, SimulatorSettings, serve

BASE = "/v2/p1/fdi/instances/i1"
NOW = datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)
TOKENS = "/v3/auth/tokens"


class FakeClock:
    def __init__(self) -> None:
        self.now_s = 0.0
        self.slept_s: list[float] = []

    def __call__(self) -> float:
        return self.now_s

    async def sleep(self, wait_s: float) -> None:
        self.slept_s.append(wait_s)


@asynccontextmanager
async def calling(
    clock: FakeClock | None = None, **knobs: Any
) -> AsyncIterator[tuple[Simulator, ClientSession]]:
    """The session sends no credentials by default."""
    clock = clock or FakeClock()
    async with (
        serve(
            SimulatorSettings(**knobs), clock=clock, now=lambda: NOW, sleep=clock.sleep
        ) as simulator,
        ClientSession(simulator.url) as session,
    ):
        yield simulator, session


async def list_tasks(session: ClientSession, **headers: str) -> tuple[int, str]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with session.get(f"{BASE}/tasks", headers=named) as response:
        return await read_code(response)


async def read_code(response: ClientResponse) -> tuple[int, str]:
    answer = await response.json()
    return response.status, answer.get("error_code", "")


def login(password: str, **scope: object) -> dict[str, object]:
    user = {"name": "engineer", "password": password, "domain": {"name": "acme"}}
    identity = {"methods": ["password"], "password": {"user": user}}
    return {"auth": {"identity": identity, **({"scope": scope} if scope else {})}}


async def test_it_listens_on_loopback_only() -> None:
    """The address is IPv4 loopback with the port that was taken."""
    async with calling() as (simulator, _):
        assert re.fullmatch(r"http://127\.0\.0\.1:[0-9]+", simulator.url)


async def test_a_taken_port_is_refused() -> None:
    """The message names the port."""
    async with calling() as (simulator, _):
        port = int(simulator.url.rpartition(":")[2])

        with pytest.raises(SettingsError, match=rf"port {port} on 127\.0\.0\.1 cannot be used"):
            async with serve(SimulatorSettings(port=port)):
                pass


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", f"{BASE}/multi-tasks"),
        ("PUT", f"{BASE}/tasks"),
        ("HEAD", f"{BASE}/tasks"),
        ("POST", f"{BASE}/multi-tasks/"),
        ("POST", "/v2//fdi/instances/i1/multi-tasks"),
        ("POST", "/v2/p1/fdi/instances//multi-tasks"),
    ],
)
async def test_an_unknown_path_or_method_is_not_found(method: str, path: str) -> None:
    """The gateway answers 404 to whatever the document does not name."""
    async with (
        calling() as (_, session),
        session.request(method, path, headers={"X-Auth-Token": "any"}) as response,
    ):
        status = response.status
        answer = None if method == "HEAD" else await response.json()

    assert status == 404
    assert answer is None or answer["error_code"] == "APIGW.0101"


async def test_another_host_is_not_found() -> None:
    """A request that was meant for another host reaches nothing."""
    async with calling() as (_, session):
        foreign = await list_tasks(session, Host="roma.example.com", X_Auth_Token="any")
        local = await list_tasks(session, Host="LOCALHOST:80", X_Auth_Token="any")

    assert (foreign, local) == ((404, "APIGW.0101"), (200, ""))


async def test_errors_of_the_gateway_carry_their_request_id() -> None:
    """The id in the body is that of the header; the service's own errors have it in the header only."""
    async with calling() as (_, session):
        async with session.get(f"{BASE}/tasks") as response:
            gateway = (response.headers["X-Request-Id"], await response.json())
        async with session.get(f"{BASE}/tasks/t1", headers={"X-Auth-Token": "t"}) as response:
            service = (response.headers["X-Request-Id"], await response.json())

    assert gateway[1]["request_id"] == gateway[0]
    assert re.fullmatch(r"[0-9a-f]{32}", service[0])
    assert set(service[1]) == {"error_code", "error_msg"}


@pytest.mark.parametrize(
    ("token", "headers", "answer"),
    [
        pytest.param(None, {}, (401, "APIGW.0301"), id="nothing"),
        pytest.param(None, {"X_Auth_Token": ""}, (401, "APIGW.0301"), id="empty token"),
        pytest.param(None, {"Authorization": "Basic eA=="}, (401, "APIGW.0301"), id="basic"),
        pytest.param(None, {"X_Auth_Token": "any"}, (200, ""), id="any token"),
        pytest.param(None, {"Authorization": "SDK-HMAC-SHA256 A=B"}, (200, ""), id="signature"),
        pytest.param("right", {"X_Auth_Token": "right"}, (200, ""), id="right token"),
        pytest.param("right", {"X_Auth_Token": "no"}, (401, "APIGW.0301"), id="wrong token"),
        pytest.param(
            "right",
            {"Authorization": "SDK-HMAC-SHA256 A=B"},
            (401, "APIGW.0301"),
            id="signature where a token is asked for",
        ),
    ],
)
async def test_requests_are_authenticated(
    token: str | None, headers: dict[str, str], answer: tuple[int, str]
) -> None:
    """A token or a signature is asked for, and the right one if one is set."""
    async with calling(token=token) as (_, session):
        assert await list_tasks(session, **headers) == answer


async def test_a_body_above_12_mb_is_refused() -> None:
    """The gateway answers 413 with its own code."""
    sent = BytesIO(b" " * (12 * 1024 * 1024 + 1))

    async with (
        calling() as (_, session),
        session.post(
            f"{BASE}/multi-tasks", data=sent, headers={"X-Auth-Token": "any"}
        ) as response,
    ):
        assert await read_code(response) == (413, "APIGW.0201")


async def test_calls_beyond_the_rate_are_throttled() -> None:
    """Each API admits its calls of one second; the refusal states the policy."""
    clock = FakeClock()

    async with calling(clock, limit_rate=2) as (_, session):
        first = [await list_tasks(session, X_Auth_Token="t") for _ in range(3)]
        async with session.get(f"{BASE}/tasks", headers={"X-Auth-Token": "t"}) as response:
            message = (await response.json())["error_msg"]
            has_wait = "Retry-After" in response.headers
        async with session.get(f"{BASE}/tasks/t1", headers={"X-Auth-Token": "t"}) as response:
            other = await read_code(response)
        unknown = await list_tasks(session)
        clock.now_s = 1.0
        later = await list_tasks(session, X_Auth_Token="t")

    assert first == [(200, ""), (200, ""), (429, "APIGW.0308")]
    assert message == (
        "The throttling threshold has been reached: policy api over ratelimit,"
        "limit:2,time:1 second"
    )
    assert not has_wait
    assert other == (404, "FDI.3081")
    assert unknown == (401, "APIGW.0301")
    assert later == (200, "")


async def test_throttled_response_contains_the_wait_if_configured() -> None:
    """Retry-After is a whole number of seconds."""
    async with calling(limit_rate=1, retry_after_s=1.5) as (_, session):
        await list_tasks(session, X_Auth_Token="t")
        async with session.get(f"{BASE}/tasks", headers={"X-Auth-Token": "t"}) as response:
            assert (response.status, response.headers["Retry-After"]) == (429, "2")


async def test_every_answer_is_delayed_by_the_latency() -> None:
    """A refused call waits as well; without latency nothing waits."""
    clock = FakeClock()

    async with calling(clock, latency_ms=250) as (_, session):
        await list_tasks(session, X_Auth_Token="t")
        await list_tasks(session)
    async with calling(clock) as (_, session):
        await list_tasks(session)

    assert clock.slept_s == [0.25, 0.25]


async def test_calls_are_recorded_if_configured() -> None:
    """Each call leaves method, path, query, status and arrival; by default none is kept."""
    clock = FakeClock()

    async with calling(clock, record=True) as (simulator, session):
        async with session.get(f"{BASE}/tasks?name=a", headers={"X-Auth-Token": "t"}):
            pass
        clock.now_s = 2.5
        async with session.put("/nowhere"):
            pass
        recorded = list(simulator.requests)
    async with calling() as (simulator, session):
        await list_tasks(session)
        unrecorded = list(simulator.requests)

    assert recorded == [
        RequestRecord(method="GET", path=f"{BASE}/tasks", query="name=a", status=200, at_s=0.0),
        RequestRecord(method="PUT", path="/nowhere", query="", status=404, at_s=2.5),
    ]
    assert unrecorded == []


async def test_a_password_buys_a_token() -> None:
    """The token is in the header, its life and project in the body; other projects refuse it."""
    body = login("secret", project={"name": "eu-west-101"})

    async with calling(token="other", token_ttl_s=3600) as (_, session):
        async with session.post(f"{TOKENS}?nocatalog=true", json=body) as response:
            status, token = response.status, response.headers["X-Subject-Token"]
            described = (await response.json())["token"]
        path = f"/v2/{described['project']['id']}/fdi/instances/i1/tasks"
        async with session.get(path, headers={"X-Auth-Token": token}) as response:
            used = await read_code(response)
        elsewhere = await list_tasks(session, X_Auth_Token=token)

    expiry = (NOW + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    assert status == 201
    assert described["issued_at"] == "2025-01-02T03:04:05.000000Z"
    assert described["expires_at"] == expiry
    assert described["project"]["name"] == "eu-west-101"
    assert (used, elsewhere) == ((200, ""), (403, "APIGW.0302"))


async def test_an_issued_token_expires() -> None:
    """The gateway requires a new token, and both tokens are valid in the meantime."""
    clock = FakeClock()

    async with calling(clock, token_ttl_s=60) as (_, session):
        async with session.post(TOKENS, json=login("secret")) as response:
            old = response.headers["X-Subject-Token"]
        clock.now_s = 59.9
        fresh = await list_tasks(session, X_Auth_Token=old)
        async with session.post(TOKENS, json=login("secret")) as response:
            new = response.headers["X-Subject-Token"]
        clock.now_s = 60.0
        stale = await list_tasks(session, X_Auth_Token=old)
        renewed = await list_tasks(session, X_Auth_Token=new)

    assert (fresh, stale, renewed) == ((200, ""), (401, "APIGW.0307"), (200, ""))


@pytest.mark.parametrize(
    ("body", "code", "title"),
    [
        pytest.param(login("wrong"), 401, "Unauthorized", id="wrong password"),
        pytest.param({}, 400, "Bad Request", id="empty body"),
        pytest.param(login(""), 400, "Bad Request", id="empty password"),
    ],
)
async def test_a_failed_login_answers_in_the_shape_of_iam(
    body: object, code: int, title: str
) -> None:
    """The error is nested and its code an integer."""
    async with (
        calling(password="right") as (_, session),
        session.post(TOKENS, json=body) as response,
    ):
        status, error = response.status, (await response.json())["error"]

    assert (status, error["code"], error["title"]) == (code, code, title)


async def test_a_project_is_found_by_its_name() -> None:
    """The id is the one that the token's project has, and without a name nothing is listed."""
    headers = {"X-Auth-Token": "any"}

    async with calling() as (_, session):
        async with session.post(
            TOKENS, json=login("secret", project={"name": "eu-west-101"})
        ) as response:
            scoped = (await response.json())["token"]["project"]
        async with session.get("/v3/projects?name=eu-west-101", headers=headers) as response:
            found = await response.json()
        async with session.get("/v3/projects", headers=headers) as response:
            none = await response.json()
        async with session.get(f"/v3/projects?name={'x' * 65}", headers=headers) as response:
            long = (response.status, (await response.json())["error"]["code"])
        async with session.get("/v3/projects") as response:
            unknown = (response.status, (await response.json())["error"]["code"])

    assert found == {"projects": [scoped]}
    assert none == {"projects": []}
    assert (long, unknown) == ((400, 400), (401, 401))
