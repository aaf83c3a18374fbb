"""Output, wrapping, questions and hidden input."""

import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Final, TextIO, TypeVar

from batchcreate.errors import NoCredentialsError
from batchcreate.text import display_width, printable

if TYPE_CHECKING:
    from batchcreate.settings import RunSettings

LINE_CHARS_MAX = 4096


def print_message(message: str) -> None:
    """Print *message* to standard error, each of its lines made harmless."""
    _write(f"{harmless(message)}\n", sys.stderr)


def print_prompt(question: str) -> None:
    """Print *question* to standard error; the answer is typed behind it."""
    _write(harmless(question), sys.stderr)


def print_document(document: str) -> None:
    """Print *document* to standard output."""
    _write(f"{document}\n", sys.stdout)


def print_json(document: object) -> None:
    """Print *document* as JSON on one line; what a terminal could act on is escaped as JSON does."""
    text = json.dumps(document, ensure_ascii=False)
    print_document(text if text.isprintable() else "".join(map(_escaped, text)))


def harmless(message: str) -> str:
    """Return *message* with everything but its line breaks made printable."""
    return "\n".join(printable(line, limit=LINE_CHARS_MAX) for line in message.split("\n"))


def _escaped(char: str) -> str:
    return char if char.isprintable() else json.dumps(char)[1:-1]


def _write(text: str, stream: TextIO | None) -> None:
    if stream is None:
        return
    encoding = getattr(stream, "encoding", None) or "ascii"
    with contextlib.suppress(OSError, ValueError):
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        stream.flush()


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
    import asyncio
    import termios

    handle = sys.stdin.fileno()
    termios.tcflush(handle, termios.TCIFLUSH)
    print_prompt(f"{question} [y/N] ")
    try:
        answer = await _line(handle)
    except asyncio.CancelledError:
        print_message("")
        raise
    if not answer.endswith("\n"):
        print_message("")
    return answer.strip().lower() in {"y", "yes"}


async def _line(handle: int) -> str:
    """Wait for a line without keeping the loop, and the signals that it handles, waiting."""
    import asyncio

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


Result = TypeVar("Result")

TOKEN_BYTES_MAX: Final = 64 * 1024
_READ_BYTES: Final = 4096
_ERASES: Final = (0x08, 0x7F)
_KILLS: Final = (0x15,)
_ENDS: Final = (0x04, 0x0A, 0x0D)


def with_credentials(
    command: Callable[[Mapping[str, str]], Result], run_settings: "RunSettings"
) -> Result:
    """
    Carry out *command* with the environment; where that has no credentials, ask for a token.

    Raises:
        NoCredentialsError: there are none, and nobody to ask.

    """
    from batchcreate.auth import PROMPT

    try:
        return command(os.environ)
    except NoCredentialsError as error:
        if run_settings.is_confirmed or not can_ask():
            raise
        print_message("no credentials are configured: type or paste a project-scoped IAM token")
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
        print_prompt(question)
        return _typed(handle)
    finally:
        termios.tcsetattr(handle, termios.TCSAFLUSH, before)
        print_message("")


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


WIDTH_MIN: Final = 30
"""Columns of a few letters help nobody; narrower terminals break lines themselves."""


def terminal_width(stream: TextIO | None) -> int | None:
    """Return how many columns *stream* shows; ``None`` where it is no terminal."""
    if stream is None or not is_terminal(stream):
        return None
    try:
        # Terminals that do not know say 0.
        return os.get_terminal_size(stream.fileno()).columns or None
    except (OSError, ValueError):
        return None


def hanging(line: str, width: int | None, *, indent: int) -> str:
    """
    Return *line* broken between words, if it is too long for *width* columns.

    It is made harmless first: a line break that somebody put into a name begins no line.
    What has no spaces is left to the terminal. Chinese characters take two columns.
    """
    line = printable(line, limit=LINE_CHARS_MAX)
    if width is None or width < WIDTH_MIN or display_width(line) < width:
        return line
    return "\n".join(_broken(line, width - 1, indent))


def _broken(line: str, width: int, indent: int) -> Iterator[str]:
    start = len(line) - len(line.lstrip())
    shown = line[:start]
    for word in line[start:].split(" "):
        if shown.strip() and display_width(shown) + display_width(word) > width:
            yield shown.rstrip()
            shown = " " * indent
        shown += f"{word} "
    yield shown.rstrip()
