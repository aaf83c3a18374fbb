"""Each kind of failed connection has its own advice."""

import contextlib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from batchcreate.advice import Retry, explain
from batchcreate.errors import NotSentError
from batchcreate.models import Failed, Status
from batchcreate.responses import CONNECT, read_failure
from batchcreate.transport import Network, get
from tests.functional.outside import certify, listening, proxying

REFUSAL = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"


@asynccontextmanager
async def refusing(_: Path) -> AsyncIterator[tuple[str, Network]]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}", Network()


@asynccontextmanager
async def unresolvable(_: Path) -> AsyncIterator[tuple[str, Network]]:
    yield "https://certificate-proxy.invalid", Network()


@asynccontextmanager
async def full(_: Path) -> AsyncIterator[tuple[str, Network]]:
    with contextlib.ExitStack() as held:
        door, *guests = (held.enter_context(socket.socket()) for _ in range(3))
        door.bind(("127.0.0.1", 0))
        door.listen(0)
        for guest in guests:
            guest.settimeout(0)
            guest.connect_ex(door.getsockname())
        yield f"http://127.0.0.1:{door.getsockname()[1]}", Network()


@asynccontextmanager
async def untrusted(folder: Path) -> AsyncIterator[tuple[str, Network]]:
    async with listening(tls=certify(folder / "tls").context) as ear:
        yield ear.url, Network()


@asynccontextmanager
async def behind_proxy(folder: Path) -> AsyncIterator[tuple[str, Network]]:
    tls = certify(folder / "tls").context
    async with listening(tls=tls) as ear, proxying(refusal=REFUSAL) as proxy:
        yield ear.url, Network(proxy=proxy.url)


@pytest.mark.parametrize(
    ("trouble", "meaning", "retry"),
    [
        (refusing, "Not sent: the connection was refused", Retry.HELPS),
        (unresolvable, "Not sent: the host name could not be resolved", Retry.HELPS),
        (full, "Not sent: the connection timed out", Retry.HELPS),
        (untrusted, "Not sent: the server's certificate could not be verified", Retry.AFTER_FIX),
        (behind_proxy, "Not sent: the proxy refused the connection", Retry.HELPS),
    ],
)
async def test_failure_to_connect_is_explained_by_its_kind(
    trouble, meaning: str, retry: Retry, tmp_path: Path
) -> None:
    """All of them have one code; the reason in the outcome selects the advice."""
    async with trouble(tmp_path) as (url, network):
        with pytest.raises(NotSentError) as caught:
            await get(network, url, {}, timeout_s=0.5)
    outcome = read_failure(caught.value).outcome
    assert isinstance(outcome, Failed)

    advice = explain(
        outcome.error_code, status=Status.FAILED, not_sent_reason=outcome.not_sent_reason
    )

    assert advice.meaning.startswith(meaning)
    assert (advice.code, advice.retry) == (CONNECT, retry)
    assert advice.can_retry is not caught.value.is_permanent
