"""Failed requests, in our own words: what the HTTP library raises holds secrets."""

import ssl
from typing import Final

import aiohttp

from batchcreate.errors import MaybeSentError, NotSentError, TransportError
from batchcreate.text import printable

_NEVER_SENT: Final = (aiohttp.ClientConnectorCertificateError, aiohttp.InvalidURL)
_NOT_SENT: Final = (
    *_NEVER_SENT,
    aiohttp.ClientConnectorError,
    aiohttp.ClientHttpProxyError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.ServerFingerprintMismatch,
)
_MESSAGES: Final = (
    (aiohttp.ConnectionTimeoutError, "no connection in time"),
    (TimeoutError, "no answer in time"),
    (aiohttp.ServerDisconnectedError, "the server closed the connection without an answer"),
    (ConnectionResetError, "the connection was reset"),
    (aiohttp.ClientOSError, "the connection broke"),
    (aiohttp.ClientPayloadError, "the answer broke off"),
    (aiohttp.ClientResponseError, "the answer is not valid HTTP"),
)


def translate(error: Exception) -> TransportError:
    """
    Turn what the HTTP library raised into one of our errors.

    Not sent is what provably failed while the connection was being made: only the library's
    connector raises these classes, before a request is written. All the rest may have been
    sent. A status on the library's exception is never believed: for an answer that is not
    HTTP it makes up a 400. Only a cleaned message survives.
    """
    if isinstance(error, _NOT_SENT):
        is_permanent = isinstance(error, _NEVER_SENT) or _is_certificate_failure(error)
        return NotSentError(_describe(error), is_permanent=is_permanent)
    return MaybeSentError(_describe(error))


def _describe(error: Exception) -> str:
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return (
            f"the proxy let nothing through: HTTP {error.status}; check --proxy, "
            "BATCHCREATE_PROXY_USER and BATCHCREATE_PROXY_PASSWORD"
        )
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"no connection to {error.host}:{error.port}: {_cause(error)}"
    for kind, message in _MESSAGES:
        if isinstance(error, kind):
            return message
    return printable(type(error).__name__)


def _cause(error: aiohttp.ClientConnectorError) -> str:
    cause = error.os_error
    return printable(cause.strerror or str(cause) or type(cause).__name__, limit=300)


def _is_certificate_failure(error: Exception) -> bool:
    return isinstance(getattr(error, "os_error", None), ssl.SSLCertVerificationError)
