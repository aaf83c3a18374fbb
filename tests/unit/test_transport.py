"""Errors of the HTTP library are translated, and none of their secrets is kept."""

import asyncio
import errno
import inspect
import socket
import ssl
import traceback
from collections.abc import Iterator
from typing import Any, Final, NoReturn

import aiohttp
import pytest
from aiohttp import client_exceptions, http_exceptions
from aiohttp.client_reqrep import ConnectionKey
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from batchcreate.errors import MaybeSentError, NotSentError, NotSentReason, TransportError
from batchcreate.transport import translate

TOKEN: Final = "MIIDkgYJKoZIhvcNAQcC-canary"  # noqa: S105 # opens nothing
URL_SENT: Final = URL("https://roma.example/v2/p/fdi/instances/i/multi-tasks")


def below(kind: type[Any]) -> Iterator[type[Any]]:
    """Yield *kind* and all its subclasses, depth first."""
    yield kind
    for child in kind.__subclasses__():
        yield from below(child)


def request_info() -> aiohttp.RequestInfo:
    """Return the library's copy of a request, with the token in its headers."""
    headers = CIMultiDictProxy(CIMultiDict({"X-Auth-Token": TOKEN}))
    return aiohttp.RequestInfo(URL_SENT, "POST", headers, URL_SENT)


def connection_key() -> ConnectionKey:
    fields = dict.fromkeys(ConnectionKey._fields)
    return ConnectionKey(**(fields | {"host": "roma.example", "port": 443, "is_ssl": True}))  # type: ignore[arg-type] # the proxy's fields do not matter


def verification_failure() -> ssl.SSLCertVerificationError:
    return ssl.SSLCertVerificationError(1, "certificate verify failed: self-signed certificate")


OS_ERROR: Final = ConnectionRefusedError(111, "Connection refused")
CLIENT_ERRORS: Final = sorted(
    {
        *below(client_exceptions.ClientError),
        *below(http_exceptions.HttpProcessingError),
        *(
            kind
            for _, kind in inspect.getmembers(client_exceptions, inspect.isclass)
            if issubclass(kind, BaseException) and kind.__module__ == client_exceptions.__name__
        ),
    },
    key=lambda kind: kind.__name__,
)
"""Every error that the installed version of the library may raise."""


def make(kind: type[Any]) -> Any:
    """Return an instance of *kind* as the library creates it, with a token wherever possible."""
    name = next(base.__name__ for base in kind.__mro__ if base.__name__ in ARGUMENTS)
    arguments, keywords = ARGUMENTS[name]
    return kind(*arguments, **keywords)


def lost(cause: OSError) -> aiohttp.ClientConnectorError:
    """Return the library's error for a connection that failed because of *cause*."""
    return aiohttp.ClientConnectorError(connection_key(), cause)


ARGUMENTS: Final[dict[str, tuple[tuple[object, ...], dict[str, object]]]] = {
    "ClientResponseError": (
        (request_info(), ()),
        {"status": 400, "message": TOKEN, "headers": request_info().headers},
    ),
    "ClientConnectorCertificateError": ((connection_key(), verification_failure()), {}),
    "UnixClientConnectorError": (("/run/socket", connection_key(), OS_ERROR), {}),
    "ClientConnectorError": ((connection_key(), OS_ERROR), {}),
    "ServerFingerprintMismatch": ((b"expected", b"got", "roma.example", 443), {}),
    "LineTooLong": ((TOKEN.encode(),), {}),
    "HttpProcessingError": ((), {"message": TOKEN}),
    "BadHttpMessage": ((TOKEN,), {}),
    "InvalidHeader": ((TOKEN,), {}),
    "Exception": ((TOKEN,), {}),
}
"""Arguments for creating the errors of a class and its subclasses."""

NOT_SENT: Final = {
    "ClientConnectorCertificateError": "cannot connect to roma.example:443: certificate verify"
    " failed: self-signed certificate",
    "ClientConnectorDNSError": "cannot connect to roma.example:443: Connection refused",
    "ClientConnectorError": "cannot connect to roma.example:443: Connection refused",
    "ClientConnectorSSLError": "cannot connect to roma.example:443: Connection refused",
    "ClientHttpProxyError": "the proxy refused the connection: HTTP 400; check --proxy,"
    " BATCHCREATE_PROXY_USER and BATCHCREATE_PROXY_PASSWORD",
    "ClientProxyConnectionError": "cannot connect to roma.example:443: Connection refused",
    "ClientSSLError": "cannot connect to roma.example:443: Connection refused",
    "UnixClientConnectorError": "cannot connect to roma.example:443: Connection refused",
    "ConnectionTimeoutError": "connection timed out",
    "InvalidURL": "InvalidURL",
    "InvalidUrlClientError": "InvalidUrlClientError",
    "InvalidUrlRedirectClientError": "InvalidUrlRedirectClientError",
    "ServerFingerprintMismatch": "ServerFingerprintMismatch",
}
MAYBE_SENT: Final = {
    "ClientConnectionResetError": "connection reset",
    "ClientOSError": "connection lost",
    "ClientPayloadError": "response incomplete",
    "ClientResponseError": "the response is not valid HTTP",
    "ContentTypeError": "the response is not valid HTTP",
    "ServerDisconnectedError": "the server closed the connection without a response",
    "ServerTimeoutError": "response timed out",
    "SocketTimeoutError": "response timed out",
    "TooManyRedirects": "the response is not valid HTTP",
}


def all_texts_of(error: BaseException | None, seen: set[int] | None = None) -> str:
    """Return every text of *error*, its cause and its context."""
    seen = set() if seen is None else seen
    if error is None or id(error) in seen:
        return ""
    seen.add(id(error))
    texts = [
        str(error),
        repr(error),
        repr(error.args),
        repr(vars(error)),
        *traceback.format_exception(error),
    ]
    return "\n".join(
        [*texts, all_texts_of(error.__cause__, seen), all_texts_of(error.__context__, seen)]
    )


class TestTranslate:
    def test_every_library_error_has_a_translation(self) -> None:
        """Each becomes one of the two transport errors, with a printable message."""
        wrong = []
        for kind in CLIENT_ERRORS:
            failure = translate(make(kind))
            expected = NotSentError if kind.__name__ in NOT_SENT else MaybeSentError
            if type(failure) is not expected or not str(failure) or not str(failure).isprintable():
                wrong.append((kind.__name__, failure))

        assert wrong == []

    def test_no_translation_contains_a_token(self) -> None:
        """Neither text nor arguments, cause or context contain a header of the request."""
        leaks = [kind for kind in CLIENT_ERRORS if TOKEN in all_texts_of(translate(make(kind)))]

        assert leaks == []

    @pytest.mark.parametrize("kind", CLIENT_ERRORS, ids=lambda kind: kind.__name__)
    def test_error_raised_outside_of_the_handler_has_no_context(self, kind: type[Any]) -> None:
        """Raised as in `exchange`, the translation does not refer to the library's error."""

        def request() -> NoReturn:
            raise make(kind)

        def attempt() -> None:
            try:
                request()
            except Exception as error:  # noqa: BLE001 # as in exchange
                failure = translate(error)
            raise failure

        with pytest.raises(TransportError) as caught:
            attempt()

        assert caught.value.__cause__ is None
        assert caught.value.__context__ is None
        assert TOKEN not in all_texts_of(caught.value)

    def test_message_states_the_problem(self) -> None:
        """The texts are those of this package and of the operating system."""
        expected = NOT_SENT | MAYBE_SENT

        assert expected == {
            name: str(translate(make(getattr(client_exceptions, name)))) for name in expected
        }

    @pytest.mark.parametrize(
        "error",
        [
            TimeoutError(TOKEN),
            asyncio.IncompleteReadError(TOKEN.encode(), 99),
            ConnectionResetError(TOKEN),
            BrokenPipeError(TOKEN),
            OSError(5, TOKEN),
            ssl.SSLError(1, TOKEN),
            ssl.SSLEOFError(8, TOKEN),
            ValueError(TOKEN),
            UnicodeEncodeError("ascii", TOKEN, 0, 1, TOKEN),
            RuntimeError(TOKEN),
            AssertionError(TOKEN),
            type("Odd\x1b[2J", (Exception,), {})(TOKEN),
        ],
        ids=lambda error: ascii(type(error).__name__),
    )
    def test_any_other_error_may_have_been_sent(self, error: Exception) -> None:
        """Only errors that are raised before the request is written count as not sent."""
        failure = translate(error)

        assert type(failure) is MaybeSentError
        assert TOKEN not in all_texts_of(failure)
        assert str(failure).isprintable()

    @pytest.mark.parametrize(
        "error",
        [
            client_exceptions.ClientConnectorCertificateError(
                connection_key(), verification_failure()
            ),
            client_exceptions.ClientConnectorCertificateError(connection_key(), ValueError("bad")),
            client_exceptions.ClientConnectorError(connection_key(), verification_failure()),
            client_exceptions.InvalidURL("https://"),
        ],
        ids=["certificate", "certificate without details", "verification", "address"],
    )
    def test_invalid_certificates_and_urls_are_permanent(self, error: Exception) -> None:
        """A certificate that cannot be verified, or an invalid URL, is not retried."""
        failure = translate(error)

        assert isinstance(failure, NotSentError)
        assert failure.is_permanent

    @pytest.mark.parametrize(
        ("error", "reason"),
        [
            (make(client_exceptions.ClientConnectorCertificateError), NotSentReason.CERTIFICATE),
            (make(client_exceptions.ClientConnectorDNSError), NotSentReason.NAME),
            (make(client_exceptions.ClientHttpProxyError), NotSentReason.PROXY),
            (make(client_exceptions.ConnectionTimeoutError), NotSentReason.TIMEOUT),
            (make(client_exceptions.InvalidURL), NotSentReason.URL),
            (make(client_exceptions.ServerFingerprintMismatch), NotSentReason.OTHER),
            (lost(verification_failure()), NotSentReason.CERTIFICATE),
            (lost(socket.gaierror(-2, "Name or service not known")), NotSentReason.NAME),
            (lost(TimeoutError(errno.ETIMEDOUT, "timed out")), NotSentReason.TIMEOUT),
            (lost(OSError(errno.ECONNREFUSED, "refused")), NotSentReason.REFUSED),
            (lost(OSError(errno.EHOSTUNREACH, "No route to host")), NotSentReason.REFUSED),
            (lost(OSError(errno.ENETUNREACH, "unreachable")), NotSentReason.REFUSED),
            (lost(OSError(errno.EMFILE, "Too many open files")), NotSentReason.OTHER),
            (lost(OSError("certificate name refused, timed out")), NotSentReason.OTHER),
        ],
        ids=[
            *("certificate", "name", "proxy", "timeout", "url", "fingerprint"),
            *("verification", "lookup", "connect timeout", "refused", "no route", "no network"),
            *("too many files", "text only"),
        ],
    )
    def test_reason_depends_on_the_type_and_the_error_number(
        self, error: Exception, reason: NotSentReason
    ) -> None:
        """Texts of the operating system do not matter, because they can contain any word."""
        failure = translate(error)

        assert isinstance(failure, NotSentError)
        assert failure.reason is reason

    @pytest.mark.parametrize(
        ("cause", "words"),
        [
            (OSError(-2, "Name or service not known"), "Name or service not known"),
            (OSError("no address"), "no address"),
            (OSError(), "OSError"),
            (OSError(1, "a\x1b\u202e"), "a\\x1b\\u202e"),
            (OSError(1, "x" * 400), "x" * 300 + "…"),
        ],
        ids=["reason", "text", "nothing", "unprintable", "long"],
    )
    def test_failed_connection_contains_host_and_cause(self, cause: OSError, words: str) -> None:
        """The message states which host could not be reached, and why."""
        failure = translate(aiohttp.ClientConnectorError(connection_key(), cause))

        assert isinstance(failure, NotSentError)
        assert not failure.is_permanent
        assert str(failure) == f"cannot connect to roma.example:443: {words}"
