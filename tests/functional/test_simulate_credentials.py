"""``batchcreate simulate`` with configured credentials, and its limits."""

import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp import ClientSession

from batchcreate.auth.signing import AccessKey, sign
from batchcreate.secret import Secret
from tests.functional.inside import invoke
from tests.functional.program import (
    end,
    start,
    wait_for_output,
)

AK, SK, STS, TOKEN = "AKEXAMPLE", "canary-sk-77", "canary-sts-78", "canary-token-79"
TASKS = "/v2/p1/fdi/instances/i1/tasks"
CREATE = "/v2/p1/fdi/instances/i1/multi-tasks"
LOGIN = {
    "auth": {
        "identity": {
            "methods": ["password"],
            "password": {"user": {"name": "e", "password": "x", "domain": {"name": "a"}}},
        }
    }
}


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Return a folder with a file for each secret, as an editor leaves them."""
    for name, text in (("sk", SK), ("sts", STS), ("token", TOKEN)):
        path = tmp_path / name
        path.touch(mode=0o600)
        path.write_text(f"{text}\n", encoding="ascii")
    return tmp_path


@asynccontextmanager
async def simulating(
    *options: str, folder: Path, warnings: Sequence[str] = ()
) -> AsyncIterator[ClientSession]:
    """Serve a simulator in a separate process, which prints only *warnings* in addition."""
    process = await start("simulate", "--port", "0", *options, folder=folder)
    try:
        for warning in warnings:
            await wait_for_output(process, warning)
        line = await wait_for_output(process, "ROMA Connect simulator at ")
        url = line.split()[4].rstrip(";")
        async with ClientSession(url) as session:
            yield session
    finally:
        process.send_signal(signal.SIGINT)
        ended = await end(process)
    assert (ended.code, ended.out, ended.err) == (0, "", "")


async def status_with_key(session: ClientSession, sk: str, security_token: str | None) -> int:
    """List tasks, signed, and return the status."""
    headers = sign(
        method="GET",
        url=str(session._build_url(TASKS)),
        headers={},
        body=b"",
        key=AccessKey(
            ak=Secret(AK),
            sk=Secret(sk),
            security_token=None if security_token is None else Secret(security_token),
        ),
        moment=datetime.now(UTC),
    )
    return await status_with(session, headers)


async def status_with(session: ClientSession, headers: dict[str, str]) -> int:
    async with session.get(TASKS, headers=headers) as response:
        return response.status


async def test_a_key_from_a_file_is_asked_for(files: Path) -> None:
    """Right signatures are accepted, wrong ones and tokens are not."""
    async with simulating("--ak", AK, "--sk-file", "sk", folder=files) as session:
        found = [
            await status_with_key(session, SK, None),
            await status_with_key(session, "wrong", None),
            await status_with(session, {"X-Auth-Token": "any"}),
        ]

    assert found == [200, 401, 401]


async def test_a_temporary_key_asks_for_its_token(files: Path) -> None:
    """The security token comes from a file as well; one that others may read is warned of."""
    (files / "sk").chmod(0o644)
    warning = "warning: --sk-file sk is readable by other users; run chmod 600 sk"
    options = ("--ak", AK, "--sk-file", "sk", "--security-token-file", "sts")

    async with simulating(*options, folder=files, warnings=[warning]) as session:
        found = [
            await status_with_key(session, SK, STS),
            await status_with_key(session, SK, "other"),
            await status_with_key(session, SK, None),
        ]

    assert found == [200, 401, 401]


async def test_issued_tokens_have_the_configured_lifetime(tmp_path: Path) -> None:
    """A lifetime of a millisecond ends before the next request; the response is a refusal."""
    async with simulating("--token-ttl", "0.001", folder=tmp_path) as session:
        async with session.post("/v3/auth/tokens", json=LOGIN) as response:
            token = response.headers["X-Subject-Token"]
        while await status_with(session, {"X-Auth-Token": token}) == 200:
            pass
        async with session.get(TASKS, headers={"X-Auth-Token": token}) as response:
            found = (response.status, (await response.json())["error_code"])

    assert found == (401, "APIGW.0307")


async def test_token_quota_and_lag_are_options(files: Path) -> None:
    """Another token is refused, the second task is one too many, and the first is not listed yet."""
    headers = {"X-Auth-Token": TOKEN}
    options = ("--token-file", "token", "--quota", "1", "--list-lag", "3600")
    found = []

    async with simulating(*options, folder=files) as session:
        refused = await status_with(session, {"X-Auth-Token": "other"})
        for name in ("task-1", "task-2"):
            body = {"task_name": name, "operation_types": ["INSERT"]}
            async with session.post(CREATE, json=body, headers=headers) as response:
                found.append((response.status, (await response.json()).get("error_code")))
        async with session.get(TASKS, headers=headers) as response:
            total = (await response.json())["total"]

    assert refused == 401
    assert (found, total) == ([(200, None), (400, "FDI.3902")], 0)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(None, "--sk-file sk: cannot be read: No such file", id="missing"),
        pytest.param(b"\n", "sk is empty", id="empty"),
        pytest.param(b"canary\xe4", "--sk-file sk: not a secret", id="not ASCII"),
        pytest.param(b"canary\nx", "--sk-file sk: not a secret", id="two lines"),
        pytest.param(b"x" * 65_537, "--sk-file sk: not a secret", id="too long"),
    ],
)
async def test_a_file_without_a_secret_is_refused(
    content: bytes | None, words: str, tmp_path: Path
) -> None:
    """One line names option and file, and shows nothing of what is in it."""
    if content is not None:
        (tmp_path / "sk").touch(mode=0o600)
        (tmp_path / "sk").write_bytes(content)

    ended = await invoke("simulate", "--ak", AK, "--sk-file", "sk", folder=tmp_path)

    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(f"error: {words}")
    assert len(ended.err.splitlines()) == 1
    assert "canary" not in ended.err


async def test_half_a_key_is_refused(files: Path) -> None:
    """What is missing is named."""
    found = [
        (await invoke("simulate", *options, folder=files)).err
        for options in (
            ("--ak", AK),
            ("--sk-file", "sk"),
            ("--security-token-file", "sts"),
        )
    ]

    assert found == [
        "error: sk is missing: ak is given, and an access key has both\n",
        "error: ak is missing: sk is given, and an access key has both\n",
        "error: ak is missing: security_token is given, which belongs to an access key\n",
    ]
