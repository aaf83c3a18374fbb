"""Commands on a terminal, in the process of the tests or in a separate one; what they show is kept."""

import asyncio
import fcntl
import os
import re
import struct
import sys
import termios
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, cast

from tests.functional.inside import run_on_terminal
from tests.functional.program import LIMIT_S, TOKEN

CONTROL: Final = re.compile(r"\x1b(?:\[[?0-9;]*[A-Za-z])|\r")
"""What a display needs: the cursor moved, a line cleared, the cursor hidden, colours."""

COLOR: Final = re.compile(r"\x1b\[[0-9;]*m")

_FOREIGN: Final = ("BATCHCREATE_", "HUAWEICLOUD_SDK_", "NO_COLOR", "FORCE_COLOR", "COLUMNS")


@dataclass(kw_only=True)
class Terminal:
    """
    A command on a terminal.

    Attributes:
        near: the tests' end of the terminal.
        ending: the exit code and the standard output, which is redirected.
        shown: all that the terminal was sent, escapes and all.
        out: what went to standard output, once the command has ended.

    """

    near: int
    ending: Awaitable[tuple[int, str]]
    shown: str = ""
    out: str = ""
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _is_open: bool = True

    @property
    def plain(self) -> str:
        """What was shown, without what moves the cursor."""
        return CONTROL.sub("", self.shown)

    @property
    def lines(self) -> Sequence[str]:
        return self.plain.splitlines()

    async def sees(self, words: str) -> None:
        """Wait until *words* are shown."""
        async with asyncio.timeout(LIMIT_S):
            while words not in self.plain:
                assert self._is_open, f"the program ended without showing {words!r}: {self.plain}"
                self._news.clear()
                await self._news.wait()

    async def draws(self, characters: int) -> None:
        """Wait until so many more characters are shown."""
        wanted = len(self.shown) + characters
        async with asyncio.timeout(LIMIT_S):
            while len(self.shown) < wanted:
                assert self._is_open, f"the program ended: {self.plain}"
                self._news.clear()
                await self._news.wait()

    def type(self, text: str) -> None:
        os.write(self.near, text.encode())

    def resize(self, columns: int, rows: int = 24) -> None:
        _set_size(self.near, columns, rows)

    async def end(self) -> int:
        """Wait for the end of the command and return its exit code."""
        async with asyncio.timeout(LIMIT_S):
            code, self.out = await self.ending
            while self._is_open:
                self._news.clear()
                await self._news.wait()
        return code

    def hang_up(self) -> None:
        """Take the terminal away."""
        if self._is_open:
            self._is_open = False
            asyncio.get_running_loop().remove_reader(self.near)
            os.close(self.near)
            self._news.set()

    def read(self) -> None:
        """Take what the program shows; on its end the terminal is closed."""
        with suppress(OSError):
            if data := os.read(self.near, 65_536):
                self.shown += data.decode(errors="replace")
                self._news.set()
                return
        self.hang_up()


@asynccontextmanager
async def terminal(
    *arguments: str, folder: Path, columns: int = 100, **variables: str
) -> AsyncIterator[Terminal]:
    """
    Run a command on a terminal, in a thread; keys such as Ctrl-C send no signals.

    Args:
        arguments: as typed.
        folder: the working folder.
        columns: width of the terminal.
        variables: override the environment; an empty one is removed from it.

    """
    near, far = os.openpty()
    _set_size(near, columns, 24)
    own = {**_environment(), "COLUMNS": str(columns), **variables}

    async def run() -> tuple[int, str]:
        try:
            device = os.ttyname(far)
            ended = await asyncio.to_thread(run_on_terminal, arguments, folder, own, device)
        finally:
            os.close(far)
        return ended.code, ended.out

    running = asyncio.ensure_future(run())
    shown = Terminal(near=near, ending=running)
    asyncio.get_running_loop().add_reader(near, shown.read)
    try:
        yield shown
    finally:
        shown.hang_up()
        async with asyncio.timeout(LIMIT_S):
            await asyncio.wait([running])


@asynccontextmanager
async def process_terminal(
    *arguments: str,
    folder: Path,
    columns: int = 100,
    is_own: bool = True,
    **variables: str,
) -> AsyncIterator[tuple[Terminal, Process]]:
    """
    Start the program on a terminal; at the end of the block it is gone.

    Args:
        arguments: as typed.
        folder: the working folder.
        columns: width of the terminal.
        is_own: keys such as Ctrl-C send signals, and a hang-up does, too.
        variables: override the environment; an empty one is removed from it.

    """
    near, far = os.openpty()
    _set_size(near, columns, 24)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "error", "-m", "batchcreate", *arguments),
        cwd=folder,
        env={name: text for name, text in (_environment() | variables).items() if text},
        stdin=far,
        stdout=PIPE,
        stderr=far,
        start_new_session=True,
        preexec_fn=_take_terminal if is_own else None,
    )
    os.close(far)

    async def run() -> tuple[int, str]:
        out = await cast("asyncio.StreamReader", process.stdout).read()
        return await process.wait(), out.decode()

    running = asyncio.ensure_future(run())
    shown = Terminal(near=near, ending=running)
    asyncio.get_running_loop().add_reader(near, shown.read)
    try:
        yield shown, process
    finally:
        shown.hang_up()
        if process.returncode is None:
            process.kill()
        await asyncio.wait([running])


def _environment() -> dict[str, str]:
    """Return the environment of the tests without what concerns terminals and this program."""
    own = {name: text for name, text in os.environ.items() if not name.startswith(_FOREIGN)}
    return own | {"BATCHCREATE_TOKEN": TOKEN, "BATCHCREATE_SETTLE": "1", "TERM": "xterm"}


def _take_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _set_size(handle: int, columns: int, rows: int) -> None:
    fcntl.ioctl(handle, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
