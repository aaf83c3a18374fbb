"""A headless Chromium for tests, controlled with the DevTools protocol."""

import asyncio
import base64
import shutil
import tempfile
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any, cast

import aiohttp

from tests.needs import require_program

LIMIT_S = 60.0
NARROW, WIDE = 360, 1400

_QUIET = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--disable-dev-shm-usage", "--hide-scrollbars", "--remote-debugging-port=0"),
)


@dataclass(slots=True)
class Tab:
    """
    A tab whose console and requests are recorded.

    Attributes:
        messages: console messages, including warnings and policy violations.
        requests: requested URLs.

    """

    _socket: aiohttp.ClientWebSocketResponse
    messages: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    _numbers: Any = field(default_factory=lambda: count(1))
    _events: list[Mapping[str, Any]] = field(default_factory=list)

    async def ask(self, method: str, **parameters: Any) -> Mapping[str, Any]:
        """Send a command of the protocol and return its result."""
        number = next(self._numbers)
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        while True:
            answer = await self._socket.receive_json()
            if answer.get("id") == number:
                assert "error" not in answer, f"{method}: {answer}"
                return cast("Mapping[str, Any]", answer["result"])
            self._handle(answer)

    async def open(self, address: str, *, width: int = WIDE, is_dark: bool = False) -> None:
        """Load *address* and wait until the page is complete."""
        await self.resize(width)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if is_dark else "light"}
        await self.ask("Emulation.setEmulatedMedia", features=[scheme])
        for domain in ("Page", "Runtime", "Log", "Network"):
            await self.ask(f"{domain}.enable")
        self._events.clear()
        await self.ask("Page.navigate", url=address)
        while not any(event["method"] == "Page.loadEventFired" for event in self._events):
            self._handle(await self._socket.receive_json())

    async def resize(self, width: int, height: int = 900) -> None:
        """Set the size of the screen, in pixels."""
        await self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )

    async def evaluate(self, expression: str) -> Any:
        """Return the value of *expression* in the page; a promise is awaited."""
        result = await self.ask(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    async def press(self, key: str, code: int) -> None:
        """Press a key such as ``Tab`` (9) or ``Enter`` (13)."""
        text = {"text": "\r"} if key == "Enter" else {}
        for kind in ("keyDown", "keyUp"):
            await self.ask(
                "Input.dispatchKeyEvent",
                **{"type": kind, "key": key, "windowsVirtualKeyCode": code, **text},
            )

    async def print_pdf(self) -> bytes:
        """Return the printed page, a PDF."""
        return base64.b64decode((await self.ask("Page.printToPDF"))["data"])

    def _handle(self, event: Mapping[str, Any]) -> None:
        self._events.append(event)
        match event:
            case {"method": "Runtime.consoleAPICalled", "params": {"args": args}}:
                self.messages.append(str(args))
            case {"method": "Runtime.exceptionThrown", "params": {"exceptionDetails": details}}:
                self.messages.append(str(details))
            case {"method": "Log.entryAdded", "params": {"entry": entry}}:
                self.messages.append(entry["text"])
            case {"method": "Network.requestWillBeSent", "params": {"request": request}}:
                self.requests.append(request["url"])
            case _:
                pass


@asynccontextmanager
async def browsing() -> AsyncIterator[Tab]:
    """Start a separate browser and return its empty tab."""
    chromium = require_program("chromium", "chromium-browser")
    profile = tempfile.mkdtemp(prefix="chromium-")
    process = await asyncio.create_subprocess_exec(
        *(chromium, *_QUIET, f"--user-data-dir={profile}", "about:blank"),
        stdin=DEVNULL,
        stdout=DEVNULL,
        stderr=PIPE,
    )
    try:
        async with asyncio.timeout(LIMIT_S), aiohttp.ClientSession() as session:
            address = await _listening(cast("asyncio.StreamReader", process.stderr))
            async with session.get(f"http://{address}/json/list") as reply:
                (page,) = [each for each in await reply.json() if each["type"] == "page"]
            async with session.ws_connect(page["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                yield Tab(socket)
    finally:
        process.kill()
        await process.communicate()
        shutil.rmtree(profile, ignore_errors=True)


async def _listening(stream: asyncio.StreamReader) -> str:
    """Return the host and port of the protocol, which the browser prints when it is ready."""
    while line := (await stream.readline()).decode(errors="replace"):
        if "DevTools listening on ws://" in line:
            return line.split("ws://", 1)[1].split("/", 1)[0]
    message = "chromium ended before it was ready"
    raise AssertionError(message)
