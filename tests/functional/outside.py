"""What lies between the program and a service: proxies, certificates, servers that listen."""

import asyncio
import base64
import html
import json
import re
import ssl
import subprocess
from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from urllib.parse import quote, urlsplit
from zipfile import ZipFile, is_zipfile

from aiohttp import web

from tests.needs import require_program

HOST = "127.0.0.1"


PART = 16
"""So many characters of a secret must not be shown."""

_AUTHENTICATION = ("X-Auth-Token", "Authorization", "X-Security-Token", "Proxy-Authorization")

_SPELLINGS = (
    str,
    html.escape,
    lambda text: "".join(f"&#{ord(char)};" for char in text),
    lambda text: "".join(f"&#x{ord(char):X};" for char in text),
    lambda text: quote(text, safe=""),
    lambda text: re.sub("%..", lambda match: match[0].lower(), quote(text, safe="")),
    json.dumps,
    lambda text: json.dumps(json.dumps(text)[1:-1]),
    lambda text: base64.b64encode(text.encode()).decode(),
    str.upper,
)
"""How servers repeat what they received."""


@dataclass(kw_only=True)
class Ear:
    """A server that records the requests."""

    url: str = ""
    connections: int = 0
    requests: list[str] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)


@asynccontextmanager
async def listening(
    *,
    status: int = 200,
    answer: object = None,
    headers: Mapping[str, str] | None = None,
    tls: ssl.SSLContext | None = None,
    echoes: Collection[str] = (),
) -> AsyncIterator[Ear]:
    """
    Serve one answer for everything.

    Args:
        status: of the answer.
        answer: as JSON; an empty page of tasks by default.
        headers: of the answer.
        tls: the server's side of TLS.
        echoes: methods that are answered with all that was received, each response in another
            spelling; others get an empty page.

    """
    ear = Ear()
    page = {"total": 0, "size": 0, "entities": []} if answer is None else answer

    async def reply(request: web.Request) -> web.Response:
        ear.requests.append(f"{request.method} {request.path_qs}")
        ear.headers.append(dict(request.headers))
        if request.method not in echoes:
            return web.Response(
                status=200 if echoes else status, text=json.dumps(page), headers=headers
            )
        body = (await request.read()).decode()
        secret = {name: text for name, text in request.headers.items() if name in _AUTHENTICATION}
        plain = json.dumps({**secret, "body": body, **request.headers})
        spell = _SPELLINGS[(len(ear.requests) + status) % len(_SPELLINGS)]
        received = f"{spell(plain)} {' '.join(text[2:-2] for text in secret.values())}"
        return web.Response(
            status=status,
            text=json.dumps({"error_code": "APIGW.0301", "error_msg": f"refused: {received}"}),
            headers={
                "Location": f"https://x.example/{quote(received)}",
                "X-Apig-RateLimit-Api": received,
            },
        )

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", reply)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.05)
    await runner.setup()
    await web.TCPSite(runner, HOST, 0, ssl_context=tls).start()
    ear.url = f"{'https' if tls else 'http'}://{HOST}:{runner.addresses[0][1]}"
    try:
        yield ear
    finally:
        await runner.cleanup()


@asynccontextmanager
async def proxying(*, refusal: bytes = b"") -> AsyncIterator[Ear]:
    """
    Serve a proxy: CONNECT is tunnelled, plain requests are passed on as they are.

    Args:
        refusal: sent as the response to every request instead.

    """
    ear = Ear()
    talks: set[asyncio.Task[object]] = set()

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if (me := asyncio.current_task()) is not None:
            talks.add(me)
        ear.connections += 1
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            lines = head.decode("latin-1").split("\r\n")
            ear.requests.append(lines[0])
            ear.headers.append(dict(line.split(": ", 1) for line in lines[1:-2]))
            if refusal:
                writer.write(refusal)
            else:
                await _pass_on(head, reader, writer)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    server = await asyncio.start_server(converse, HOST, 0)
    ear.url = f"http://{HOST}:{server.sockets[0].getsockname()[1]}"
    try:
        yield ear
    finally:
        server.close()
        if talks:
            await asyncio.wait(talks, timeout=5)


async def _pass_on(
    head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    method, place = head.split(b" ")[:2]
    is_tunnel = method == b"CONNECT"
    parts = urlsplit(f"//{place.decode()}" if is_tunnel else place.decode())
    there, back = await asyncio.open_connection(parts.hostname, parts.port)
    if is_tunnel:
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
    else:
        back.write(head)
    async with asyncio.TaskGroup() as group:
        group.create_task(_pipe(reader, back))
        group.create_task(_pipe(there, writer))


async def _pipe(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while part := await source.read(65_536):
            sink.write(part)
            await sink.drain()
    sink.close()


_CA = """
[ca]
default_ca = own
[own]
dir = {folder}
database = {folder}/index.txt
new_certs_dir = {folder}
serial = {folder}/serial
default_md = sha256
policy = any
x509_extensions = extensions
[any]
commonName = supplied
[extensions]
subjectAltName = {name}
basicConstraints = CA:TRUE
[req]
distinguished_name = names
[names]
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A self-signed certificate; *path* is the file to trust it."""

    path: Path
    context: ssl.SSLContext


def certify(folder: Path, *, name: str = f"IP:{HOST}", ends: str = "2099") -> Certificate:
    """
    Make a certificate.

    Args:
        folder: an empty one.
        name: whom it is for, in OpenSSL's words.
        ends: the year before which it ends.

    """
    openssl = require_program("openssl")
    folder.mkdir()
    key, wish, path, settings = (folder / each for each in ("k.pem", "r.pem", "c.pem", "ca.cnf"))
    settings.write_text(_CA.format(folder=folder, name=name), encoding="utf-8")
    (folder / "index.txt").touch()
    (folder / "serial").write_text("01", encoding="ascii")
    for arguments in (
        ("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-subj", f"/CN={HOST}", "-keyout", str(key), "-out", str(wish)),
        ("ca", "-batch", "-notext", "-selfsign", "-keyfile", str(key), "-in", str(wish),
         "-out", str(path), "-startdate", "20200101000000Z", "-enddate", f"{ends}0101000000Z"),
    ):  # fmt: skip
        command = (openssl, arguments[0], "-config", str(settings), *arguments[1:])
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603 # constant arguments
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path, key)
    return Certificate(path=path, context=context)


def hits(content: bytes, secrets: Iterable[str]) -> list[str]:
    """Return those of *secrets* that *content* holds, in any spelling, or in part."""
    small = content.lower()
    return [secret for secret in secrets if any(form in small for form in _forms(secret))]


def hits_below(folder: Path, secrets: Iterable[str]) -> list[str]:
    """Return which of *secrets* any file in *folder* holds, with the file."""
    wanted = list(secrets)
    return [
        f"{secret} in {path}"
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        for secret in hits(_content(path) + path.name.encode(), wanted)
    ]


def _content(path: Path) -> bytes:
    """Return what *path* holds, and what a workbook holds inside."""
    if not is_zipfile(path):
        return path.read_bytes()
    with ZipFile(path) as archive:
        return b"\n".join(archive.read(name) for name in archive.namelist())


@cache
def _forms(secret: str) -> set[bytes]:
    raw = secret.encode()
    forms = {spell(secret).strip('"').encode() for spell in _SPELLINGS} | {raw.hex().encode()}
    forms |= {raw[start : start + PART] for start in range(max(1, len(raw) - PART + 1))}
    for shift in range(3):
        # Of the middle of a longer text, only whole groups of three bytes look the same.
        begin = -shift % 3
        whole = raw[begin : begin + (len(raw) - begin) // 3 * 3]
        forms.add(base64.b64encode(whole))
        forms.add(base64.urlsafe_b64encode(whole))
    return {form.lower() for form in forms}
