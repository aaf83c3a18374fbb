"""The simulator with an access key: signed requests over HTTP, in addition to tokens."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest
from aiohttp import ClientSession
from yarl import URL

from batchcreate.auth.signing import AccessKey, sign
from batchcreate.secret import Secret
from batchcreate.simulator import Simulator, SimulatorSettings, serve

NOW = datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)
BASE = "/v2/p1/fdi/instances/i1"
AK, SK = "AKEXAMPLE", "SKEXAMPLE"
BODY = b'{"task_name":"task-1","operation_types":["INSERT"]}'
LOGIN = {
    "auth": {
        "identity": {
            "methods": ["password"],
            "password": {"user": {"name": "e", "password": "x", "domain": {"name": "a"}}},
        }
    }
}


@asynccontextmanager
async def calling(**knobs: Any) -> AsyncIterator[tuple[Simulator, ClientSession]]:
    """The clock does not advance: no lock ends, and every signature is current."""
    settings = SimulatorSettings(**knobs)
    async with (
        serve(settings, clock=lambda: 0.0, now=lambda: NOW) as simulator,
        ClientSession() as session,
    ):
        yield simulator, session


async def send(
    session: ClientSession, url: str, body: bytes = b"", *, sk: str = SK, **headers: str
) -> tuple[int, str]:
    """Send one signed request, a POST if it has a body; *headers* are sent unsigned in addition."""
    method = "POST" if body else "GET"
    signed = sign(
        method=method,
        url=url,
        headers={"Content-Type": "application/json"},
        body=body,
        key=AccessKey(ak=Secret(AK), sk=Secret(sk)),
        moment=NOW,
    )
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    # A stream, because aiohttp warns of large bodies that are not one.
    async with session.request(
        method, URL(url, encoded=True), data=BytesIO(body), headers={**signed, **named}
    ) as response:
        answer = await response.json()
        return response.status, answer.get("error_code", "")


async def read_status(session: ClientSession, url: str, **headers: str) -> int:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with session.get(url, headers=named) as response:
        return response.status


async def test_a_signed_create_reaches_the_service() -> None:
    """The body is read for the signature and still there for the service."""
    async with calling(ak=AK, sk=SK) as (simulator, session):
        created = await send(session, f"{simulator.url}{BASE}/multi-tasks", BODY)
        listed = await send(session, f"{simulator.url}{BASE}/tasks?name=%74ask+1%2F&limit=5")
        projects = await send(session, f"{simulator.url}/v3/projects?name=eu-west-101")
        names = [task.name for task in simulator.tasks("p1", "i1")]

    assert (created, listed, projects, names) == ((200, ""), (200, ""), (200, ""), ["task-1"])


async def test_a_wrong_key_creates_nothing() -> None:
    """The gateway refuses before the service sees the request; IAM refuses as well."""
    async with calling(ak=AK, sk=SK) as (simulator, session):
        refused = await send(session, f"{simulator.url}{BASE}/multi-tasks", BODY, sk="wrong")
        projects = await send(session, f"{simulator.url}/v3/projects", sk="wrong")
        tasks = simulator.tasks("p1", "i1")

    assert (refused, projects[0], tasks) == ((401, "APIGW.0301"), 401, [])


async def test_a_signature_goes_before_a_token() -> None:
    """A valid token with a wrong signature is refused."""
    async with calling(ak=AK, sk=SK, token="right") as (simulator, session):
        url = f"{simulator.url}{BASE}/tasks"

        wrong = await send(session, url, sk="wrong", X_Auth_Token="right")
        right = await send(session, url, X_Auth_Token="wrong")

    assert (wrong, right) == ((401, "APIGW.0301"), (200, ""))


@pytest.mark.parametrize(
    ("token", "sent", "status"),
    [(None, "any", 401), ("right", "right", 200), ("right", "wrong", 401)],
    ids=["no token is known", "right token", "wrong token"],
)
async def test_a_key_leaves_tokens_as_they_are(token: str | None, sent: str, status: int) -> None:
    """With a key, only the configured token is accepted."""
    async with calling(ak=AK, sk=SK, token=token) as (simulator, session):
        url = f"{simulator.url}{BASE}/tasks"

        assert await read_status(session, url, X_Auth_Token=sent) == status


async def test_issued_token_works_in_addition_to_a_key() -> None:
    """A user with a password needs no key."""
    async with calling(ak=AK, sk=SK) as (simulator, session):
        async with session.post(f"{simulator.url}/v3/auth/tokens", json=LOGIN) as response:
            token = response.headers["X-Subject-Token"]

        assert (
            await read_status(session, f"{simulator.url}{BASE}/tasks", X_Auth_Token=token) == 200
        )


async def test_a_signed_body_above_12_mb_is_refused() -> None:
    """The gateway answers 413 instead of reading on."""
    async with calling(ak=AK, sk=SK) as (simulator, session):
        body = b" " * (12 * 1024 * 1024 + 1)

        assert await send(session, f"{simulator.url}{BASE}/multi-tasks", body) == (
            413,
            "APIGW.0201",
        )
