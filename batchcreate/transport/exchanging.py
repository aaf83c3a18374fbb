"""One HTTP exchange: bounded and never redirected."""

import ssl
from base64 import b64encode
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from http import HTTPStatus
from pathlib import Path
from typing import Final, Literal

import aiohttp
from yarl import URL

from batchcreate.errors import SettingsError
from batchcreate.models import Reply
from batchcreate.secret import Secret, mask
from batchcreate.transport.failures import translate
from batchcreate.version import __version__

CONTENT_TYPE: Final = "application/json;charset=utf-8"
"""Of every request with a body; part of what is signed."""

ANSWER_BYTES_MAX: Final = 64 * 1024
"""How much of an answer to a create or delete is read."""

CONNECT_MAX_S: Final = 10.0
"""How long a connection may take; ends before the attempt does, so that it shows as not sent."""

CONNECT_SHARE: Final = 0.8
"""The same as a share of the time for one attempt, where that is short."""

# Shorter than common servers and gateways keep an idle connection, so that a request is
# rarely written to a connection that the server is just closing.
_KEEPALIVE_S: Final = 15.0

_HEADERS: Final = {
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    "Content-Type": CONTENT_TYPE,
    "User-Agent": f"batchcreate/{__version__}",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """
    How to get through to a server.

    Attributes:
        trust: what certificates are verified with, see `trust_in`; that cannot be switched off.
        proxy: origin of an HTTP proxy; the environment's proxies are never used.
        proxy_user: name at the proxy, empty for none.
        proxy_password: password at the proxy.

    """

    trust: ssl.SSLContext | Literal[True] = True
    proxy: str | None = None
    proxy_user: str = ""
    proxy_password: Secret | None = None

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """What no message may show: the proxy's password, alone and as it travels."""
        if self.proxy_password is None:
            return ()
        pair = f"{self.proxy_user}:{self.proxy_password.reveal()}"
        return (self.proxy_password, Secret(b64encode(pair.encode("latin-1")).decode()))


def trust_in(ca_file: Path | None) -> ssl.SSLContext | Literal[True]:
    """
    Return what certificates are verified with: the system's, and those of *ca_file* (PEM).

    Read once, at the start: a run of days logs in again where the file may be gone by then.

    Raises:
        SettingsError: the file cannot be used.

    """
    if ca_file is None:
        return True
    context = ssl.create_default_context()
    try:
        context.load_verify_locations(ca_file)
    except OSError as error:
        msg = f"--ca-file {ca_file}: cannot be used: {error.strerror or error}"
        raise SettingsError(msg) from error
    return context


@asynccontextmanager
async def open_session(
    network: Network, *, timeout_s: float, connections: int
) -> AsyncIterator[aiohttp.ClientSession]:
    """Open a session; its connections are closed at the end of the block."""
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            limit=connections, keepalive_timeout=_KEEPALIVE_S, ssl=network.trust
        ),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers=_HEADERS,
        timeout=aiohttp.ClientTimeout(
            total=timeout_s, sock_connect=min(CONNECT_MAX_S, timeout_s * CONNECT_SHARE)
        ),
        auto_decompress=False,
        trust_env=False,
        proxy=_proxy_url(network),
    ) as session:
        yield session


async def post(
    network: Network, url: str, headers: Mapping[str, str], body: bytes, *, timeout_s: float
) -> Reply:
    """
    Send one POST on a connection of its own, such as a login at IAM.

    Raises:
        TransportError: there is no usable reply.

    """
    async with open_session(network, timeout_s=timeout_s, connections=1) as session:
        reply = await exchange(session, "POST", URL(url), headers=headers, body=body)
    return masked(reply, network.secrets)


async def get(
    network: Network, url: str, headers: Mapping[str, str], *, timeout_s: float
) -> Reply:
    """
    Send one GET on a connection of its own.

    Raises:
        TransportError: there is no usable reply.

    """
    async with open_session(network, timeout_s=timeout_s, connections=1) as session:
        place = URL(url, encoded=True)
        reply = await exchange(session, "GET", place, headers=headers, body=b"")
    return masked(reply, network.secrets)


async def exchange(
    session: aiohttp.ClientSession,
    method: str,
    url: URL,
    *,
    headers: Mapping[str, str],
    body: bytes,
    answer_bytes_max: int = ANSWER_BYTES_MAX,
) -> Reply:
    """
    Send one request and read the answer.

    Raises:
        NotSentError: the request certainly did not arrive.
        MaybeSentError: it may have been acted on.

    """
    try:
        async with session.request(
            method, url, data=body or None, headers=headers, allow_redirects=False
        ) as response:
            answer, is_truncated = await _read(response.content, answer_bytes_max)
            return Reply(
                status=response.status,
                headers=response.headers,
                body=answer,
                is_truncated=is_truncated,
            )
    except Exception as error:  # noqa: BLE001 # the border: whatever the library raises is translated
        failure = translate(error)
    # Raised out here, so that the library's exception, which carries the request headers, is
    # not kept as the context of ours.
    raise failure


def masked(reply: Reply, secrets: Iterable[Secret]) -> Reply:
    """
    Return *reply* without *secrets*, where it is one whose words people will read.

    A gateway that refuses a signature shows all that was signed, headers included.
    """
    if reply.status < HTTPStatus.MULTIPLE_CHOICES:
        return reply
    secrets = tuple(secrets)
    headers = {
        name.lower(): mask(value.encode("utf-8", "surrogateescape"), secrets).decode(
            "utf-8", "surrogateescape"
        )
        for name, value in reply.headers.items()
    }
    return replace(reply, headers=headers, body=mask(reply.body, secrets))


async def _read(content: aiohttp.StreamReader, bytes_max: int) -> tuple[bytes, bool]:
    """Return at most *bytes_max* bytes, and whether there was more."""
    body = await content.read(bytes_max + 1)
    while len(body) <= bytes_max and (more := await content.read(bytes_max + 1 - len(body))):
        body += more
    return body[:bytes_max], len(body) > bytes_max


def _proxy_url(network: Network) -> URL | None:
    if network.proxy is None or network.proxy_password is None:
        return None if network.proxy is None else URL(network.proxy)
    password = network.proxy_password.reveal()
    return URL(network.proxy).with_user(network.proxy_user).with_password(password)
