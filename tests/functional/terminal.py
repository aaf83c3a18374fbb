"""Runs the real program on a terminal of its own, types on it, and keeps all that it shows."""

import asyncio
import fcntl
import os
import re
import struct
import sys
import termios
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, cast

from tests.functional.program import LIMIT_S, TOKEN

CONTROL: Final = re.compile(r"\x1b(?:\[[?0-9;]*[A-Za-z])|\r")
"""What a display needs: the cursor moved, a line cleared, the cursor hidden, colours."""

COLOR: Final = re.compile(r"\x1b\[[0-9;]*m")

_FOREIGN: Final = ("BATCHCREATE_", "HUAWEICLOUD_SDK_", "NO_COLOR", "FORCE_COLOR", "COLUMNS")


@dataclass(kw_only=True)
class Terminal:
    """
    A program on a terminal.

    Attributes:
        process: the program.
        near: our end of the terminal.
        shown: all that the terminal was told to show, escapes and all.
        out: what went to standard output, which is no terminal, once the program has ended.

    """

    process: Process
    near: int
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
        """Wait for the end of the program and return its exit code."""
        async with asyncio.timeout(LIMIT_S):
            self.out = (await cast("asyncio.StreamReader", self.process.stdout).read()).decode()
            code = await self.process.wait()
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
    *arguments: str,
    folder: Path,
    columns: int = 100,
    is_own: bool = True,
    **variables: str,
) -> AsyncIterator[Terminal]:
    """
    Start the program on a terminal; at the end of the block it is gone.

    Args:
        arguments: as typed.
        folder: where.
        columns: width of the terminal.
        is_own: keys such as Ctrl-C send signals, and a hang-up does, too.
        variables: override the environment; an empty one is taken out of it.

    """
    near, far = os.openpty()
    _set_size(near, columns, 24)
    own = {name: text for name, text in os.environ.items() if not name.startswith(_FOREIGN)}
    own |= {"BATCHCREATE_TOKEN": TOKEN, "BATCHCREATE_SETTLE": "1", "TERM": "xterm"}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "error", "-m", "batchcreate", *arguments),
        cwd=folder,
        env={name: text for name, text in (own | variables).items() if text},
        stdin=far,
        stdout=PIPE,
        stderr=far,
        start_new_session=True,
        preexec_fn=_take_terminal if is_own else None,
    )
    os.close(far)
    shown = Terminal(process=process, near=near)
    asyncio.get_running_loop().add_reader(near, shown.read)
    try:
        yield shown
    finally:
        shown.hang_up()
        if process.returncode is None:
            process.kill()
            await process.communicate()


def _take_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _set_size(handle: int, columns: int, rows: int) -> None:
    fcntl.ioctl(handle, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
