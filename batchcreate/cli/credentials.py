"""A token from the person at the keyboard, where no credentials are configured."""

import os
import sys
from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from batchcreate.cli.asking import can_ask
from batchcreate.cli.say import ask_for, say
from batchcreate.errors import NoCredentialsError
from batchcreate.settings import Settings

Result = TypeVar("Result")

TOKEN_BYTES_MAX: Final = 64 * 1024
_READ_BYTES: Final = 4096
_ERASES: Final = (0x08, 0x7F)
_KILLS: Final = (0x15,)
_ENDS: Final = (0x04, 0x0A, 0x0D)


def with_credentials(command: Callable[[Mapping[str, str]], Result], settings: Settings) -> Result:
    """
    Carry out *command* with the environment; where that has no credentials, ask for a token.

    Raises:
        NoCredentialsError: there are none, and nobody to ask.

    """
    from batchcreate.auth import PROMPT

    try:
        return command(os.environ)
    except NoCredentialsError as error:
        if settings.yes or not can_ask():
            raise
        say("no credentials are configured: type or paste a project-scoped IAM token")
        token = read_hidden("token (not shown): ")
        if not token:
            raise NoCredentialsError(str(error)) from None
    return command({**os.environ, PROMPT: token})


def read_hidden(question: str) -> str:
    """
    Return a line that is typed or pasted at the terminal; nothing of it is shown.

    A terminal that hands over whole lines cuts them at 4,095 characters, and tokens are longer.
    """
    import termios

    handle = sys.stdin.fileno()
    before = termios.tcgetattr(handle)
    *flags, characters = before
    flags[3] &= ~(termios.ECHO | termios.ICANON)
    one_by_one = [*characters]
    one_by_one[termios.VMIN], one_by_one[termios.VTIME] = 1, 0
    termios.tcsetattr(handle, termios.TCSAFLUSH, [*flags, one_by_one])
    try:
        ask_for(question)
        return _typed(handle)
    finally:
        termios.tcsetattr(handle, termios.TCSAFLUSH, before)
        say("")


def _typed(handle: int) -> str:
    """Read up to the end of the line, and heed the keys that a terminal would have heeded."""
    line = bytearray()
    while len(line) <= TOKEN_BYTES_MAX and (data := os.read(handle, _READ_BYTES)):
        for byte in data:
            if byte in _ENDS:
                return line.decode("utf-8", "replace").strip()
            if byte in _ERASES:
                del line[-1:]
            elif byte in _KILLS:
                line.clear()
            else:
                line.append(byte)
    return line.decode("utf-8", "replace").strip()
