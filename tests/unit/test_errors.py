"""Errors form the tree that is drawn, and no error of the HTTP library gets through."""

import asyncio
import inspect
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

from batchcreate import errors
from batchcreate.errors import BatchCreateError, MaybeSentError, NotSentError, TransportError
from batchcreate.transport import translate

TOKEN: Final = "MIIDkgYJKoZIhvcNAQcC-canary"  # noqa: S105 # opens nothing
URL_SENT: Final = URL("https://roma.example/v2/p/fdi/instances/i/multi-tasks")


def below(kind: type[Any]) -> Iterator[type[Any]]:
    """Yield *kind* and every class below it, depth first."""
    yield kind
    for child in kind.__subclasses__():
        yield from below(child)


class TestTree:
    def test_is_as_drawn(self) -> None:
        """The docstring of the module shows every class where it stands."""
        drawn = [
            (line.split()[0], (len(line) - len(line.lstrip())) // 4)
            for line in (errors.__doc__ or "").splitlines()
            if line.startswith("    ")
        ]
        real = [
            (kind.__name__, len(kind.__mro__) - BASES)
            for kind in below(BatchCreateError)
            if kind.__module__ == errors.__name__
        ]

        assert drawn == real

    @pytest.mark.parametrize("kind", list(below(BatchCreateError)), ids=lambda kind: kind.__name__)
    def test_message_is_all_that_is_shown(self, kind: type[BatchCreateError]) -> None:
        """The text of an error is its message, to the letter."""
        assert str(kind("tasks.csv: cannot be read")) == "tasks.csv: cannot be read"

    @pytest.mark.parametrize("is_permanent", [True, False], ids=["permanent", "passing"])
    def test_not_sent_says_whether_it_must_fail_again(self, *, is_permanent: bool) -> None:
        """A bad certificate is bad the next time, too."""
        assert NotSentError("m", is_permanent=is_permanent).is_permanent is is_permanent

    def test_not_sent_is_passing_unless_told(self) -> None:
        """Networks recover."""
        assert not NotSentError("m").is_permanent


BASES: Final = len(BatchCreateError.__mro__) - 1


def request_info() -> aiohttp.RequestInfo:
    """Return what the library keeps of a request: its headers, and the token in them."""
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
"""Every error that the library may raise, as the installed version has them."""


def make(kind: type[Any]) -> Any:
    """Return a *kind* as the library builds it, with a token wherever one fits in."""
    name = next(base.__name__ for base in kind.__mro__ if base.__name__ in ARGUMENTS)
    arguments, keywords = ARGUMENTS[name]
    return kind(*arguments, **keywords)


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
"""How to build the errors of a class and of those below it."""

NOT_SENT: Final = {
    "ClientConnectorCertificateError": "no connection to roma.example:443: certificate verify"
    " failed: self-signed certificate",
    "ClientConnectorDNSError": "no connection to roma.example:443: Connection refused",
    "ClientConnectorError": "no connection to roma.example:443: Connection refused",
    "ClientConnectorSSLError": "no connection to roma.example:443: Connection refused",
    "ClientHttpProxyError": "the proxy let nothing through: HTTP 400; check --proxy,"
    " BATCHCREATE_PROXY_USER and BATCHCREATE_PROXY_PASSWORD",
    "ClientProxyConnectionError": "no connection to roma.example:443: Connection refused",
    "ClientSSLError": "no connection to roma.example:443: Connection refused",
    "UnixClientConnectorError": "no connection to roma.example:443: Connection refused",
    "ConnectionTimeoutError": "no connection in time",
    "InvalidURL": "InvalidURL",
    "InvalidUrlClientError": "InvalidUrlClientError",
    "InvalidUrlRedirectClientError": "InvalidUrlRedirectClientError",
    "ServerFingerprintMismatch": "ServerFingerprintMismatch",
}
MAYBE_SENT: Final = {
    "ClientConnectionResetError": "the connection was reset",
    "ClientOSError": "the connection broke",
    "ClientPayloadError": "the answer broke off",
    "ClientResponseError": "the answer is not valid HTTP",
    "ContentTypeError": "the answer is not valid HTTP",
    "ServerDisconnectedError": "the server closed the connection without an answer",
    "ServerTimeoutError": "no answer in time",
    "SocketTimeoutError": "no answer in time",
    "TooManyRedirects": "the answer is not valid HTTP",
}


def everything_of(error: BaseException | None, seen: set[int] | None = None) -> str:
    """Return every text by which *error*, or one that it drags along, could show itself."""
    seen = set() if seen is None else seen
    if error is None or id(error) in seen:
        return ""
    seen.add(id(error))
    own = [
        str(error),
        repr(error),
        repr(error.args),
        repr(vars(error)),
        *traceback.format_exception(error),
    ]
    return "\n".join(
        [*own, everything_of(error.__cause__, seen), everything_of(error.__context__, seen)]
    )


class TestTranslate:
    @pytest.mark.parametrize("kind", CLIENT_ERRORS, ids=lambda kind: kind.__name__)
    def test_every_library_error_has_a_translation(self, kind: type[Any]) -> None:
        """Whatever the installed library can raise becomes one of our two errors."""
        failure = translate(make(kind))

        expected = NotSentError if kind.__name__ in NOT_SENT else MaybeSentError
        assert type(failure) is expected
        assert str(failure)
        assert str(failure).isprintable()

    @pytest.mark.parametrize("kind", CLIENT_ERRORS, ids=lambda kind: kind.__name__)
    def test_no_token_comes_along(self, kind: type[Any]) -> None:
        """Neither text nor arguments, cause or context of our error hold a header of the request."""
        assert TOKEN not in everything_of(translate(make(kind)))

    @pytest.mark.parametrize("kind", CLIENT_ERRORS, ids=lambda kind: kind.__name__)
    def test_no_token_comes_along_from_a_handler(self, kind: type[Any]) -> None:
        """Raised as the client raises it, our error has no context that holds the header."""

        def request() -> NoReturn:
            raise make(kind)

        def attempt() -> None:
            try:
                request()
            except Exception as error:  # noqa: BLE001 # as the client does
                failure = translate(error)
            raise failure

        with pytest.raises(TransportError) as caught:
            attempt()

        assert caught.value.__cause__ is None
        assert caught.value.__context__ is None
        assert TOKEN not in everything_of(caught.value)

    @pytest.mark.parametrize(("name", "message"), [*NOT_SENT.items(), *MAYBE_SENT.items()])
    def test_message_says_what_happened(self, name: str, message: str) -> None:
        """The words are ours, and those of the operating system."""
        assert str(translate(make(getattr(client_exceptions, name)))) == message

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
    def test_error_of_anybody_else_may_have_been_sent(self, error: Exception) -> None:
        """What is not known to precede the request counts as sent."""
        failure = translate(error)

        assert type(failure) is MaybeSentError
        assert TOKEN not in everything_of(failure)
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
    def test_what_must_fail_again_is_permanent(self, error: Exception) -> None:
        """A certificate that does not verify, or an address that is none, is not tried again."""
        failure = translate(error)

        assert isinstance(failure, NotSentError)
        assert failure.is_permanent

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
    def test_lost_connection_names_host_and_reason(self, cause: OSError, words: str) -> None:
        """Who reads it knows which machine could not be reached and why."""
        failure = translate(aiohttp.ClientConnectorError(connection_key(), cause))

        assert isinstance(failure, NotSentError)
        assert not failure.is_permanent
        assert str(failure) == f"no connection to roma.example:443: {words}"
