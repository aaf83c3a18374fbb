"""
HTTP exchanges, limited in size and time; redirects are not followed.

Errors of aiohttp are translated here, because they contain the request headers and thus secrets.
"""

import errno
import socket
import ssl
import zlib
from base64 import b64encode
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from batchcreate.errors import (
    MaybeSentError,
    NotSentError,
    NotSentReason,
    SettingsError,
    TransportError,
)
from batchcreate.models import Reply
from batchcreate.secret import Secret, mask
from batchcreate.text import printable
from batchcreate.version import __version__

CONTENT_TYPE: Final = "application/json;charset=utf-8"
"""Content type of every request with a body; part of the signed headers."""

RESPONSE_BYTES_MAX: Final = 64 * 1024
"""Maximum bytes read of the response to a create or delete request."""

CONNECT_MAX_S: Final = 10.0
"""Timeout for connecting; shorter than that of the attempt, so that it is reported as not sent."""

CONNECT_SHARE: Final = 0.8
"""Maximum share of the attempt's timeout that is available for connecting."""

# Shorter than the keep-alive time of common servers and gateways, so that a request is rarely
# written to a connection that the server is closing.
_KEEPALIVE_S: Final = 15.0

_HEADERS: Final = {
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    "Content-Type": CONTENT_TYPE,
    "User-Agent": f"batchcreate/{__version__}",
}

_COMPRESSED: Final = frozenset({"gzip", "x-gzip", "deflate"})
_ANY_FORMAT: Final = 32  # added to the window size of zlib: the header decides on the format

_SEPARATOR: Final = "\x1e"  # is not part of a secret or of an escape
_CAUSE_CHARS_MAX: Final = 300

_NOT_SENT: Final = (
    aiohttp.ClientConnectorError,
    aiohttp.ClientHttpProxyError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.InvalidURL,
    aiohttp.ServerFingerprintMismatch,
)
_REASONS: Final[tuple[tuple[type[Exception], NotSentReason], ...]] = (
    (aiohttp.ClientConnectorCertificateError, NotSentReason.CERTIFICATE),
    (ssl.SSLCertVerificationError, NotSentReason.CERTIFICATE),
    (aiohttp.ClientConnectorDNSError, NotSentReason.NAME),
    (socket.gaierror, NotSentReason.NAME),
    (aiohttp.ClientHttpProxyError, NotSentReason.PROXY),
    (TimeoutError, NotSentReason.TIMEOUT),
    (aiohttp.InvalidURL, NotSentReason.URL),
)
_REFUSED: Final = frozenset(
    {
        errno.ECONNREFUSED,
        errno.EHOSTDOWN,
        errno.EHOSTUNREACH,
        errno.ENETDOWN,
        errno.ENETUNREACH,
    }
)
_MESSAGES: Final = (
    (aiohttp.ConnectionTimeoutError, "connection timed out"),
    (TimeoutError, "response timed out"),
    (aiohttp.ServerDisconnectedError, "the server closed the connection without a response"),
    (ConnectionResetError, "connection reset"),
    (aiohttp.ClientOSError, "connection lost"),
    (aiohttp.ClientPayloadError, "response incomplete"),
    (aiohttp.ClientResponseError, "the response is not valid HTTP"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """
    Proxy and trusted certificates.

    Attributes:
        trust: the trusted certificates, see `load_trust`; verification cannot be disabled.
        proxy: URL of an HTTP proxy; proxies of the environment are ignored.
        proxy_user: user name for the proxy, empty if none.
        proxy_password: password for the proxy.

    """

    trust: ssl.SSLContext | Literal[True] = True
    proxy: str | None = None
    proxy_user: str = ""
    proxy_password: Secret | None = None

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """The password of the proxy, also in its encoded form; masked in every message."""
        if self.proxy_password is None:
            return ()
        pair = f"{self.proxy_user}:{self.proxy_password.reveal()}"
        return (self.proxy_password, Secret(b64encode(pair.encode("latin-1")).decode()))


def load_trust(ca_file: Path | None) -> ssl.SSLContext | Literal[True]:
    """
    Return the trusted certificates: those of the system, and those of *ca_file* (PEM).

    The file is read once, because it may be gone when a long run logs in again.

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
    Send one POST request on a separate connection, such as a login at IAM.

    Raises:
        TransportError: there is no usable response.

    """
    async with open_session(network, timeout_s=timeout_s, connections=1) as session:
        reply = await exchange(session, "POST", URL(url), headers=headers, body=body)
    return mask_reply(reply, network.secrets)


async def get(
    network: Network, url: str, headers: Mapping[str, str], *, timeout_s: float
) -> Reply:
    """
    Send one GET request on a separate connection.

    Raises:
        TransportError: there is no usable response.

    """
    encoded = URL(url, encoded=True)
    async with open_session(network, timeout_s=timeout_s, connections=1) as session:
        reply = await exchange(session, "GET", encoded, headers=headers, body=b"")
    return mask_reply(reply, network.secrets)


async def exchange(
    session: aiohttp.ClientSession,
    method: str,
    url: URL,
    *,
    headers: Mapping[str, str],
    body: bytes,
    response_bytes_max: int = RESPONSE_BYTES_MAX,
) -> Reply:
    """
    Send one request and read the response.

    Raises:
        NotSentError: the request was definitely not received.
        MaybeSentError: the server may have acted on it.

    """
    try:
        async with session.request(
            method, url, data=body or None, headers=headers, allow_redirects=False
        ) as response:
            content, is_truncated = await _read(response.content, response_bytes_max)
            reply = Reply(
                status=response.status,
                headers=response.headers,
                body=content,
                is_truncated=is_truncated,
            )
            return _decompress(reply, response_bytes_max)
    except Exception as error:  # noqa: BLE001 # every exception of the library is translated
        failure = translate(error)
    # Raised outside of the handler: otherwise the library's exception, which contains the
    # request headers, would be the context of this one.
    raise failure


def mask_reply(reply: Reply, secrets: Iterable[Secret]) -> Reply:
    """
    Return *reply* with *secrets* masked, and the same object if it does not contain any.

    A gateway that refuses a signature returns everything that was signed, headers included.
    """
    secrets = tuple(secrets)
    texts = [text for header in reply.headers.items() for text in header]
    # Nearly all replies are searched once, as a whole.
    content = _SEPARATOR.join([*texts, ""]).encode("utf-8", "surrogateescape") + reply.body
    if mask(content, secrets) == content:
        return reply
    headers = CIMultiDict(
        (_mask_text(name, secrets), _mask_text(value, secrets))
        for name, value in reply.headers.items()
    )
    body = mask(reply.body, secrets)
    return replace(
        reply, headers=headers, body=body, is_masked=reply.is_masked or body != reply.body
    )


def _mask_text(text: str, secrets: Iterable[Secret]) -> str:
    content = text.encode("utf-8", "surrogateescape")
    return mask(content, secrets).decode("utf-8", "surrogateescape")


def translate(error: Exception) -> TransportError:
    """
    Translate an exception of the HTTP library.

    The exceptions that mean "not sent" are raised only by the connector of the library, before
    a request is written; after any other exception the request may have been sent. The status
    of an exception is ignored: for a response that is not HTTP, the library reports 400.
    """
    if isinstance(error, _NOT_SENT):
        return NotSentError(_describe(error), reason=_reason(error))
    return MaybeSentError(_describe(error))


def _reason(error: Exception) -> NotSentReason:
    cause = getattr(error, "os_error", None)
    for kind, reason in _REASONS:
        if isinstance(error, kind) or isinstance(cause, kind):
            return reason
    is_refused = isinstance(cause, OSError) and cause.errno in _REFUSED
    return NotSentReason.REFUSED if is_refused else NotSentReason.OTHER


def _describe(error: Exception) -> str:
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return (
            f"the proxy refused the connection: HTTP {error.status}; check --proxy, "
            "BATCHCREATE_PROXY_USER and BATCHCREATE_PROXY_PASSWORD"
        )
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"cannot connect to {error.host}:{error.port}: {_cause(error.os_error)}"
    for kind, message in _MESSAGES:
        if isinstance(error, kind):
            return message
    return printable(type(error).__name__)


def _cause(cause: OSError) -> str:
    return printable(cause.strerror or str(cause) or type(cause).__name__, limit=_CAUSE_CHARS_MAX)


async def _read(content: aiohttp.StreamReader, bytes_max: int) -> tuple[bytes, bool]:
    """Return at most *bytes_max* bytes, and True if there were more."""
    body = await content.read(bytes_max + 1)
    while len(body) <= bytes_max and (more := await content.read(bytes_max + 1 - len(body))):
        body += more
    return body[:bytes_max], len(body) > bytes_max


def _decompress(reply: Reply, bytes_max: int) -> Reply:
    """
    Return *reply* with a plain body, of at most *bytes_max* bytes.

    Some gateways compress whatever they are asked for. The limit applies to the result, because
    a small body can expand to any size; an incomplete body counts as truncated.
    """
    if reply.headers.get("content-encoding", "").strip().lower() not in _COMPRESSED:
        return reply
    expander = zlib.decompressobj(zlib.MAX_WBITS | _ANY_FORMAT)
    try:
        body = expander.decompress(reply.body, bytes_max + 1)
    except zlib.error:
        return reply
    is_truncated = reply.is_truncated or len(body) > bytes_max or not expander.eof
    return replace(reply, body=body[:bytes_max], is_truncated=is_truncated)


def _proxy_url(network: Network) -> URL | None:
    if network.proxy is None or network.proxy_password is None:
        return None if network.proxy is None else URL(network.proxy)
    password = network.proxy_password.reveal()
    return URL(network.proxy).with_user(network.proxy_user).with_password(password)
