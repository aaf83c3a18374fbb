"""Questions on the terminal: answered with a line, given up by a signal, never asked elsewhere."""

import asyncio
import os
import sys
from typing import Final, TextIO

from batchcreate.cli.say import ask_for, say

_ANSWER_BYTES_MAX: Final = 4096


def can_ask() -> bool:
    """Tell whether there is a person to ask: both ends of the terminal are there."""
    return is_terminal(sys.stdin) and is_terminal(sys.stderr)


def is_terminal(stream: TextIO | None) -> bool:
    """Tell whether *stream*, which may be closed or missing, is a terminal."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:
        return False


async def ask(question: str) -> bool:
    """Return whether *question* is answered with yes; what was typed before it does not count."""
    import termios

    handle = sys.stdin.fileno()
    termios.tcflush(handle, termios.TCIFLUSH)
    ask_for(f"{question} [y/N] ")
    try:
        answer = await _line(handle)
    except asyncio.CancelledError:
        say("")
        raise
    if not answer.endswith("\n"):
        say("")
    return answer.strip().lower() in {"y", "yes"}


async def _line(handle: int) -> str:
    """Wait for a line without keeping the loop, and the signals that it handles, waiting."""
    loop = asyncio.get_running_loop()
    arrived = asyncio.Event()
    loop.add_reader(handle, arrived.set)
    try:
        await arrived.wait()
    finally:
        loop.remove_reader(handle)
    try:
        return os.read(handle, _ANSWER_BYTES_MAX).decode(errors="replace")
    except OSError:  # the terminal went away
        return ""
