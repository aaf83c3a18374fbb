"""Single requests to real servers on loopback, with every kind of failure."""

import asyncio
import gzip
import socket
import ssl
import struct
import subprocess
import traceback
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

import pytest

from batchcreate.auth import AccessKey, SignedKey, Token
from batchcreate.client import RomaClient, connect
from batchcreate.errors import MaybeSentError, NotSentError, TransportError
from batchcreate.models import Created, Reply, Target, TaskId
from batchcreate.responses import read_reply
from batchcreate.secret import Secret
from batchcreate.transport import RESPONSE_BYTES_MAX
from batchcreate.version import __version__
from tests.needs import require_program

TOKEN: Final = "canary-5f2d9c71"  # noqa: S105 # opens nothing
BODY: Final = b'{"task_name":"x"}'
NOW: Final = datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)
SHORT_S: Final = 0.2
CONNECTING_S: Final = 1.0  # the last fifth separates the two timeouts on a busy machine

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def target(project: str = "p1", instance: str = "i1") -> Target:
    return Target(endpoint="https://roma.example", project_id=project, instance_id=instance)


def answer(status: str = "200 OK", body: bytes = b"", *headers: str) -> bytes:
    """Return a response with its Content-Length."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


CREATED: Final = answer("200 OK", b'{"task_id":"27"}', "Content-Type: application/json")


@dataclass
class Server:
    """A server and the requests that it received."""

    port: int = 0
    scheme: str = "http"
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0
    talks: set["asyncio.Task[object]"] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    async def receive(self, reader: asyncio.StreamReader) -> bytes:
        """Read and record one request."""
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            (int(line[15:]) for line in head.split(b"\r\n") if line[:15] == b"Content-Length:"), 0
        )
        self.requests.append(head + await reader.readexactly(length))
        return self.requests[-1]


@asynccontextmanager
async def serving(
    talk: Callable[[Server, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
    *,
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[Server]:
    """Handle every connection with *talk*, until the end of the block."""
    server = Server(scheme="https" if tls else "http")

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if (me := asyncio.current_task()) is not None:
            server.talks.add(me)
        server.connections += 1
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await talk(server, reader, writer)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    listening = await asyncio.start_server(converse, "127.0.0.1", 0, ssl=tls)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
        if server.talks:
            await asyncio.wait(server.talks)


def answering(*answers: bytes) -> Callable[..., Awaitable[None]]:
    """Return a handler that sends these responses in turn on a connection, then closes it."""

    async def talk(
        server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        for each in answers:
            await server.receive(reader)
            writer.write(each)
            await writer.drain()

    return talk


@asynccontextmanager
async def client_of(url: str, *, timeout_s: float = 5.0) -> AsyncIterator[RomaClient]:
    async with connect(url, Token(Secret(TOKEN)), timeout_s=timeout_s, connections=4) as client:
        yield client


async def create(server: Server, *, timeout_s: float = 5.0) -> Reply:
    """Send one create request with a separate client."""
    async with client_of(server.url, timeout_s=timeout_s) as client:
        return await client.create(target(), BODY)


async def failure(server: Server, *, timeout_s: float = 5.0) -> TransportError:
    """Send one create request that fails; return the error, checked for secrets."""
    with pytest.raises(TransportError) as caught:
        await create(server, timeout_s=timeout_s)
    assert_contains_no_secret(caught.value)
    return caught.value


def assert_contains_no_secret(error: BaseException) -> None:
    """Check that no text of *error* contains the token, and that it has no cause or context."""
    texts = [str(error), repr(error), repr(error.args), *traceback.format_exception(error)]
    assert TOKEN not in "".join(texts)
    assert (error.__cause__, error.__context__) == (None, None)


def reset(writer: asyncio.StreamWriter) -> None:
    """End the connection with RST instead of FIN."""
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


class TestRequest:
    async def test_has_exactly_these_headers(self) -> None:
        """Request line, headers and body are exactly these."""
        async with serving(answering(CREATED)) as server:
            await create(server)

        (request,) = server.requests
        head, _, body = request.partition(b"\r\n\r\n")
        first, *headers = head.decode().split("\r\n")
        assert first == "POST /v2/p1/fdi/instances/i1/multi-tasks HTTP/1.1"
        assert sorted(headers) == [
            "Accept-Encoding: identity",
            "Accept: application/json",
            f"Content-Length: {len(BODY)}",
            "Content-Type: application/json;charset=utf-8",
            f"Host: 127.0.0.1:{server.port}",
            f"User-Agent: batchcreate/{__version__}",
            f"X-Auth-Token: {TOKEN}",
        ]
        assert body == BODY

    async def test_for_a_list_asks_for_one_page(self) -> None:
        """No filter is sent, and no body."""
        async with (
            serving(answering(answer("200 OK", b'{"total":0}'))) as server,
            client_of(server.url) as client,
        ):
            reply = await client.list_tasks(target(), offset=1000, limit=999)

        assert (reply.status, reply.body) == (200, b'{"total":0}')
        assert server.requests[0].startswith(
            b"GET /v2/p1/fdi/instances/i1/tasks?limit=999&offset=1000 HTTP/1.1\r\n"
        )
        assert server.requests[0].endswith(b"\r\n\r\n")

    async def test_for_a_deletion_names_the_task(self) -> None:
        """The id is one segment of the path, with any characters."""
        async with (
            serving(answering(answer("204 No Content"))) as server,
            client_of(server.url) as client,
        ):
            reply = await client.delete(target(), TaskId("a/b?c#d%2f e"))

        assert reply.status == 204
        assert server.requests[0].startswith(
            b"DELETE /v2/p1/fdi/instances/i1/tasks/a%2Fb%3Fc%23d%252f%20e HTTP/1.1\r\n"
        )

    @pytest.mark.parametrize(
        ("part", "encoded"),
        [
            ("../../admin", "..%2F..%2Fadmin"),
            ("x?y=z", "x%3Fy%3Dz"),
            ("x#y", "x%23y"),
            ("x%2fy", "x%252fy"),
            ("a b", "a%20b"),
            ("@host:80", "%40host%3A80"),
            ("\r\nX-Evil: 1", "%0D%0AX-Evil%3A%201"),
            ("租户", "%E7%A7%9F%E6%88%B7"),
            ("x;y&z", "x%3By%26z"),
            ("\\..\\", "%5C..%5C"),
        ],
        ids=[
            "folders", "query", "fragment", "encoded", "space", "host", "line", "unicode",
            "parameters", "backslash",
        ],
    )  # fmt: skip
    async def test_ids_stay_in_their_segment_of_the_path(self, part: str, encoded: str) -> None:
        """The text of a cell does not become a folder, a query, a host or a header."""
        async with (
            serving(answering(CREATED)) as server,
            client_of(server.url) as client,
        ):
            await client.create(target(part, part), BODY)

        first = server.requests[0].split(b"\r\n")[0].decode()
        assert first == f"POST /v2/{encoded}/fdi/instances/{encoded}/multi-tasks HTTP/1.1"

    async def test_goes_straight_to_the_server(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Proxies and passwords from the environment are not used."""
        async with serving(answering(CREATED)) as proxy, serving(answering(CREATED)) as server:
            for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
                monkeypatch.setenv(name, proxy.url)
            for name in ("NO_PROXY", "no_proxy"):
                monkeypatch.delenv(name, raising=False)

            reply = await create(server)

        assert reply.status == 200
        assert (proxy.connections, server.connections) == (0, 1)

    async def test_carries_no_cookies(self) -> None:
        """A cookie of one response is not sent with the next request."""
        cookie = answer("200 OK", b"{}", "Set-Cookie: session=abc; Path=/")
        async with (
            serving(answering(cookie, CREATED)) as server,
            # a name, because the library does not keep cookies of bare addresses
            client_of(f"http://localhost:{server.port}") as client,
        ):
            await client.create(target(), BODY)
            await client.create(target(), BODY)

        assert server.connections == 1
        assert b"Cookie" not in b"".join(server.requests)


class TestResponse:
    @pytest.mark.parametrize(
        "status",
        ["200 OK", "201 Created", "299 What", "400 Bad Request", "429 Slow Down", "503 Away"],
        ids=lambda status: status.split()[0],
    )
    async def test_is_returned_unchanged(self, status: str) -> None:
        """Status, headers and body are those of the server."""
        response = answer(status, b'{"task_id":"27"}', "Retry-After: 7")
        async with serving(answering(response)) as server:
            reply = await create(server)

        assert (reply.status, reply.body) == (int(status[:3]), b'{"task_id":"27"}')
        assert (reply.headers["retry-after"], reply.is_truncated) == ("7", False)

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    async def test_that_redirects_is_not_followed(self, status: int) -> None:
        """The other host receives no request and no token."""
        async with serving(answering(CREATED)) as other:
            there = answer(f"{status} Elsewhere", b"", f"Location: {other.url}/v2/")
            async with serving(answering(there)) as server:
                reply = await create(server)

        assert (reply.status, reply.headers["location"]) == (status, f"{other.url}/v2/")
        assert (other.connections, len(server.requests)) == (0, 1)

    async def test_that_is_compressed_is_read_up_to_the_limit(self) -> None:
        """A body within the limit is read; a small body cannot grow in memory."""
        fits = b'{"task_id":"27"}'.ljust(RESPONSE_BYTES_MAX)
        compressed = gzip.compress(fits)
        bodies = {
            "gzip": (compressed, (fits, False)),
            "X-GZip": (compressed, (fits, False)),
            "deflate": (zlib.compress(fits), (fits, False)),
            "br": (compressed, (compressed, False)),
            "gzip ": (compressed[:-5], (fits, True)),
            " gzip": (gzip.compress(fits + b" "), (fits, True)),
            "GZIP": (fits, (fits, False)),
        }

        found = {}
        for encoding, (body, _) in bodies.items():
            response = answer("200 OK", body, f"Content-Encoding: {encoding}")
            async with serving(answering(response)) as server:
                reply = await create(server)
            found[encoding] = (reply.body[: len(fits)], reply.is_truncated)

        assert found == {encoding: expected for encoding, (_, expected) in bodies.items()}

    async def test_that_expands_is_limited_in_memory(self) -> None:
        """Of ten megabytes in a small body, only those up to the limit are expanded."""
        response = answer("200 OK", gzip.compress(b" " * 10_000_000), "Content-Encoding: gzip")
        async with serving(answering(response)) as server, client_of(server.url) as client:
            tracemalloc.start()
            reply = await client.create(target(), BODY)
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()

        assert (reply.body, reply.is_truncated) == (b" " * RESPONSE_BYTES_MAX, True)
        assert peak < 2_000_000

    async def test_that_is_huge_is_truncated(self) -> None:
        """64 KiB of ten megabytes are read."""
        chunk = b"x" * 65536
        written = 0

        async def flood(
            server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
        ) -> None:
            nonlocal written
            sock = writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
            await server.receive(reader)
            writer.write(b"HTTP/1.1 500 Oops\r\nContent-Length: 10485760\r\n\r\n")
            for _ in range(160):
                writer.write(chunk)
                await writer.drain()
                written += len(chunk)

        async with serving(flood) as server, client_of(server.url) as client:
            tracemalloc.start()
            reply = await client.create(target(), BODY)
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()

        assert (reply.body, reply.is_truncated) == (b"x" * RESPONSE_BYTES_MAX, True)
        assert peak < 2_000_000
        assert written < 10_485_760

    @pytest.mark.parametrize(
        ("size", "is_truncated"),
        [(RESPONSE_BYTES_MAX, False), (RESPONSE_BYTES_MAX + 1, True)],
        ids=["fits", "one byte more"],
    )
    async def test_is_truncated_from_one_byte_too_many(
        self, size: int, *, is_truncated: bool
    ) -> None:
        """A complete response is not marked as truncated."""
        async with serving(answering(answer("200 OK", b"x" * size))) as server:
            reply = await create(server)

        assert (len(reply.body), reply.is_truncated) == (RESPONSE_BYTES_MAX, is_truncated)

    async def test_that_is_chunked_is_joined(self) -> None:
        """The chunks are joined."""
        response = (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            b'4\r\n{"ta\r\nc\r\nsk_id":"27"}\r\n0\r\n\r\n'
        )
        async with serving(answering(response)) as server:
            reply = await create(server)

        assert reply.body == b'{"task_id":"27"}'


BROKEN: Final = {
    "no HTTP": b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
    "no status": b"HTTP/1.1 OK\r\n\r\n",
    "four digits": b"HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n",
    "binary": bytes(range(256)) * 4,
    "header without colon": b"HTTP/1.1 200 OK\r\nContent-Length 2\r\n\r\n{}",
    "header too long": b"HTTP/1.1 200 OK\r\nX: " + b"x" * 20_000 + b"\r\n\r\n",
    "length twice": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "length below zero": b"HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\n{}",
    "nothing": b"",
    "half a header": b"HTTP/1.1 200 OK\r\nContent-Le",
    "half a body": b'HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n{"task_',
    "no body": b"HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n",
    "bad chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    "no last chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
}


class TestMasking:
    async def test_task_list_with_a_secret_is_not_used(self) -> None:
        """A name in which a part is masked would look absent."""
        page = (
            f'{{"total":1,"size":1,"entities":[{{"task_id":"1","task_name":"{TOKEN[:16]}-1"}}]}}'
        )
        async with (
            serving(answering(answer("200 OK", page.encode()))) as server,
            client_of(server.url) as client,
        ):
            with pytest.raises(MaybeSentError, match="contains a part of the credentials"):
                await client.list_tasks(target(), offset=0, limit=1)

    async def test_signature_is_masked(self) -> None:
        """It is valid for some minutes; the gateway returns the headers that it refuses."""
        key = AccessKey(ak=Secret("CANARYAK77"), sk=Secret("canary-sk"), security_token=None)
        signed = SignedKey(key, name="the key", now=lambda: NOW)

        async def repeat(
            server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
        ) -> None:
            received = await server.receive(reader)
            writer.write(answer("401 Unauthorized", received.upper()))
            await writer.drain()

        async with (
            serving(repeat) as server,
            connect(server.url, signed, timeout_s=5, connections=1) as client,
        ):
            reply = await client.create(target(), BODY)

        signature = server.requests[0].partition(b"Signature=")[2][:64]
        assert b"SIGNATURE=***\r\n" in reply.body
        assert signature.upper() not in reply.body


class TestMaybeSent:
    @pytest.mark.parametrize("response", BROKEN.values(), ids=BROKEN)
    async def test_if_the_response_is_malformed(self, response: bytes) -> None:
        """A malformed response does not show whether the task exists."""
        async with serving(answering(response)) as server:
            error = await failure(server)

        assert isinstance(error, MaybeSentError)
        assert len(server.requests) == 1

    @pytest.mark.parametrize(
        ("response", "message"),
        [
            (b"", "the server closed the connection without a response"),
            (b"HTTP/1.1 OK\r\n\r\n", "the response is not valid HTTP"),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", "response incomplete"),
        ],
        ids=["closed", "malformed", "cut"],
    )
    async def test_has_a_message_of_this_package(self, response: bytes, message: str) -> None:
        """The messages of the library, which may contain the request, are not used."""
        async with serving(answering(response)) as server:
            error = await failure(server)

        assert str(error) == message

    async def test_if_the_server_resets_the_connection(self) -> None:
        """The server may have acted before."""

        async def hang_up(
            server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
        ) -> None:
            await server.receive(reader)
            reset(writer)

        async with serving(hang_up) as server:
            error = await failure(server)

        assert isinstance(error, MaybeSentError)
        assert str(error) in {"connection lost", "connection reset"}

    async def test_if_the_server_does_not_respond(self) -> None:
        """The timeout of the attempt ends it."""

        async def listen(
            server: Server, reader: asyncio.StreamReader, _: asyncio.StreamWriter
        ) -> None:
            await server.receive(reader)
            await reader.read()

        async with serving(listen) as server:
            error = await failure(server, timeout_s=SHORT_S)

        assert (type(error), str(error)) == (MaybeSentError, "response timed out")

    @pytest.mark.parametrize(
        "response",
        [b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n", b"HTTP/1.1 200 OK\r\nX-Slow: "],
        ids=["body", "header"],
    )
    async def test_if_the_response_is_too_slow(self, response: bytes) -> None:
        """Single bytes do not extend the timeout of an attempt."""

        async def drip(
            server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
        ) -> None:
            await server.receive(reader)
            writer.write(response)
            gone = asyncio.ensure_future(reader.read())
            while not gone.done():
                writer.write(b" ")
                await asyncio.wait([gone], timeout=SHORT_S / 20)

        async with serving(drip) as server:
            error = await failure(server, timeout_s=SHORT_S)

        assert (type(error), str(error)) == (MaybeSentError, "response timed out")

    async def test_if_a_kept_connection_is_closed(self) -> None:
        """The library resends other methods; a create is sent once."""

        async def answer_once(
            server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
        ) -> None:
            await server.receive(reader)
            writer.write(CREATED)
            await server.receive(reader)

        async with serving(answer_once) as server, client_of(server.url) as client:
            await client.create(target(), BODY)
            with pytest.raises(MaybeSentError) as caught:
                await client.create(target(), BODY)

        assert_contains_no_secret(caught.value)
        assert (len(server.requests), server.connections) == (2, 1)

    async def test_is_not_raised_on_cancellation(self) -> None:
        """A cancelled attempt raises the cancellation, not a transport error."""
        is_received = asyncio.Event()

        async def listen(
            server: Server, reader: asyncio.StreamReader, _: asyncio.StreamWriter
        ) -> None:
            await server.receive(reader)
            is_received.set()
            await reader.read()

        async with serving(listen) as server:
            attempt = asyncio.ensure_future(create(server))
            await is_received.wait()
            attempt.cancel()

            with pytest.raises(asyncio.CancelledError):
                await attempt


class TestNotSent:
    async def test_if_the_connection_is_refused(self) -> None:
        """A refused connection may be retried."""
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            unused = Server(port=taken.getsockname()[1])

            error = await failure(unused)

        assert isinstance(error, NotSentError)
        assert not error.is_permanent
        assert str(error).startswith(f"cannot connect to 127.0.0.1:{unused.port}: ")

    async def test_if_the_host_has_no_address(self) -> None:
        """The name server may be available again later."""
        async with client_of("https://roma.invalid") as client:
            with pytest.raises(NotSentError) as caught:
                await client.create(target(), BODY)

        assert_contains_no_secret(caught.value)
        assert str(caught.value).startswith("cannot connect to roma.invalid:443: ")
        assert not caught.value.is_permanent

    async def test_if_the_connection_takes_too_long(self) -> None:
        """With a full queue of the listener, the timeout for connecting ends the attempt."""
        with socket.socket() as door, socket.socket() as first, socket.socket() as second:
            door.bind(("127.0.0.1", 0))
            door.listen(0)
            for guest in (first, second):
                guest.setblocking(False)  # its one parameter
                guest.connect_ex(door.getsockname())

            error = await failure(Server(port=door.getsockname()[1]), timeout_s=CONNECTING_S)

        assert (type(error), str(error)) == (NotSentError, "connection timed out")

    async def test_if_the_handshake_takes_too_long(self) -> None:
        """No request is written before the end of the TLS handshake."""

        async def listen(
            _: Server, reader: asyncio.StreamReader, __: asyncio.StreamWriter
        ) -> None:
            await reader.read()

        async with serving(listen) as server:
            server.scheme = "https"
            error = await failure(server, timeout_s=CONNECTING_S)

        assert (type(error), str(error)) == (NotSentError, "connection timed out")

    async def test_if_the_server_does_not_support_tls(self) -> None:
        """A plain HTTP server receives no request on an https URL."""
        received = b""

        async def shout(
            _: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
        ) -> None:
            nonlocal received
            writer.write(CREATED)
            received = await reader.read()

        async with serving(shout) as server:
            server.scheme = "https"
            error = await failure(server)

        assert isinstance(error, NotSentError)
        assert not error.is_permanent
        assert TOKEN.encode() not in received

    async def test_if_the_certificate_is_not_trusted(self, untrusted: ssl.SSLContext) -> None:
        """The failure is permanent, and verification cannot be disabled."""
        async with serving(answering(CREATED), tls=untrusted) as server:
            error = await failure(server)

        assert isinstance(error, NotSentError)
        assert error.is_permanent
        assert "certificate verify failed" in str(error)
        assert server.requests == []


@pytest.fixture(scope="module")
def untrusted(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """Return a TLS context of a server with a self-signed certificate."""
    openssl = require_program("openssl")
    folder = tmp_path_factory.mktemp("tls")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(  # noqa: S603 # fixed arguments
        [
            openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
            "-nodes", "-days", "1", "-subj", "/CN=127.0.0.1",
            "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate,
        ],
        check=True,
        capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


ENDS: Final = {"close": asyncio.StreamWriter.close, "reset": reset}

RESPONSES: Final = {
    "with a length": CREATED,
    "in chunks": (
        b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n"
        b'10\r\n{"task_id":"27"}\r\n0\r\n\r\n'
    ),
    "until the end": b'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{"task_id":"27"}',
}


class TestEveryOffset:
    @pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
    async def test_of_the_request(self, end: Callable[[asyncio.StreamWriter], None]) -> None:
        """However much of it the server read, the request may have been sent."""
        size = 0

        async def talk(
            _: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
        ) -> None:
            await reader.readexactly(size)
            end(writer)

        async with serving(answering(CREATED)) as whole:
            await create(whole)
        async with serving(talk) as server, client_of(server.url) as client:
            for size in range(len(whole.requests[0]) + 1):  # noqa: B007 # the server reads it
                with pytest.raises(MaybeSentError) as caught:
                    await client.create(target(), BODY)
                assert_contains_no_secret(caught.value)

        assert server.connections == len(whole.requests[0]) + 1

    @pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
    @pytest.mark.parametrize("response", RESPONSES.values(), ids=RESPONSES)
    async def test_of_the_response(
        self, response: bytes, end: Callable[[asyncio.StreamWriter], None]
    ) -> None:
        """A part of a response is not mistaken for the whole: created means the whole id."""
        size = 0

        async def talk(
            server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
        ) -> None:
            await server.receive(reader)
            writer.write(response[:size])
            await writer.drain()
            end(writer)

        created_at = []
        async with serving(talk) as server, client_of(server.url) as client:
            for size in range(len(response) + 1):
                try:
                    reply = await client.create(target(), BODY)
                except MaybeSentError as error:
                    assert_contains_no_secret(error)
                else:
                    outcome = read_reply(reply, now=NOW).outcome
                    if isinstance(outcome, Created):
                        assert outcome.task_id == "27"
                        created_at.append(size)

        assert set(created_at) <= set(range(response.index(b"}") + 1, len(response) + 1))
        assert len(server.requests) == len(response) + 1
        if end is not reset:
            assert len(response) in created_at
