"""Output, wrapping, questions and hidden input."""

import contextlib
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Final, TextIO, TypeVar

from batchcreate.errors import DeclinedError, NoCredentialsError, UntrustedConfigError
from batchcreate.text import display_width, printable

if TYPE_CHECKING:
    from batchcreate.settings import RunSettings

Result = TypeVar("Result")

LINE_CHARS_MAX: Final = 4096

WIDTH_MIN: Final = 30
"""Minimum width for wrapping; narrower terminals wrap by themselves."""

TOKEN_BYTES_MAX: Final = 64 * 1024

_ANSWER_BYTES_MAX: Final = 4096
_READ_BYTES: Final = 4096
_ERASE_KEYS: Final = (0x08, 0x7F)
_CLEAR_KEYS: Final = (0x15,)
_END_KEYS: Final = (0x04, 0x0A, 0x0D)


def print_message(message: str) -> None:
    """Print *message* to standard error, without control characters."""
    _write(f"{printable_lines(message)}\n", sys.stderr)


def print_error(message: str, code: int, *, is_json: bool, prefix: str = "error: ") -> None:
    """Print the reason why a command ends with the exit code *code*; also as JSON if requested."""
    print_message(f"{prefix}{message}")
    if is_json:
        print_json({"error": message, "exit_code": code})


def print_wrapped(lines: Iterable[str], *, indent: int) -> None:
    """Print *lines* to standard error, wrapped to the width of the terminal."""
    width = terminal_width(sys.stderr)
    for line in lines:
        print_message(wrap(line, width, indent=indent))


def print_prompt(question: str) -> None:
    """Print *question* to standard error, without a line break."""
    _write(printable_lines(question), sys.stderr)


def print_document(document: str) -> None:
    """Print *document* to standard output."""
    _write(f"{document}\n", sys.stdout)


def print_json(document: object) -> None:
    """Print *document* as one line of JSON, with control characters as JSON escapes."""
    text = json.dumps(document, ensure_ascii=False)
    print_document(text if text.isprintable() else "".join(map(_escape, text)))


def printable_lines(message: str) -> str:
    """Return *message* with all control characters except line breaks escaped."""
    return "\n".join(printable(line, limit=LINE_CHARS_MAX) for line in message.split("\n"))


def can_ask() -> bool:
    """Return True if standard input and standard error are terminals."""
    return is_terminal(sys.stdin) and is_terminal(sys.stderr)


def is_terminal(stream: TextIO | None) -> bool:
    """Return True if *stream*, which may be closed or missing, is a terminal."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:
        return False


async def ask(question: str) -> bool:
    """Return True if the answer to *question* is yes; earlier input is discarded."""
    import asyncio
    import termios

    handle = sys.stdin.fileno()
    termios.tcflush(handle, termios.TCIFLUSH)
    print_prompt(f"{question} [y/N] ")
    try:
        answer = await _read_answer(handle)
    except asyncio.CancelledError:
        print_message("")
        raise
    if not answer.endswith("\n"):
        print_message("")
    return answer.strip().lower() in {"y", "yes"}


def with_credentials(
    command: Callable[[Mapping[str, str]], Result], run_settings: "RunSettings"
) -> Result:
    """
    Call *command* with the environment and with the answers to its questions.

    On a terminal, the user is asked for a token if no credentials are configured, and whether
    the configuration file may decide where credentials are sent.

    Raises:
        NoCredentialsError: no credentials are configured, and no token was entered.
        UntrustedConfigError: the user cannot be asked, or must not be.
        DeclinedError: the user answered no.

    """
    from batchcreate.auth import PROMPT
    from batchcreate.settings.config_file import CONFIRMED

    answers: dict[str, str] = {}
    while True:
        try:
            return command({**os.environ, **answers})
        except (NoCredentialsError, UntrustedConfigError) as error:
            if run_settings.is_confirmed or not can_ask():
                raise
            if isinstance(error, UntrustedConfigError):
                _confirm_config(error)
                answers[CONFIRMED] = "yes"
            elif not (token := _ask_for_token()):
                raise NoCredentialsError(str(error)) from None
            else:
                answers[PROMPT] = token


def _confirm_config(error: UntrustedConfigError) -> None:
    """Show the settings of *error* and ask whether they apply; raise an error if not."""
    import asyncio

    print_message("settings that decide where the credentials are sent:")
    for setting in error.settings:
        print_message(f"  {setting}")
    if not asyncio.run(ask("Send the credentials with these settings of batchcreate.toml?")):
        msg = "Cancelled; nothing was sent."
        raise DeclinedError(msg)


def _ask_for_token() -> str:
    print_message("No credentials are configured. Paste a project-scoped IAM token.")
    return read_hidden("token (input is hidden): ")


def read_hidden(question: str) -> str:
    """
    Return a line from the terminal, without echo.

    Keys are read one by one: in line mode, a terminal cuts lines at 4,095 characters, and tokens
    can be longer.
    """
    import asyncio
    import termios

    handle = sys.stdin.fileno()
    before = termios.tcgetattr(handle)
    *flags, characters = before
    flags[3] &= ~(termios.ECHO | termios.ICANON)
    unbuffered = [*characters]
    unbuffered[termios.VMIN], unbuffered[termios.VTIME] = 1, 0
    termios.tcsetattr(handle, termios.TCSAFLUSH, [*flags, unbuffered])
    try:
        print_prompt(question)
        return asyncio.run(_read_line(handle))
    finally:
        termios.tcsetattr(handle, termios.TCSAFLUSH, before)
        print_message("")


def terminal_width(stream: TextIO | None) -> int | None:
    """Return the width of the terminal *stream* in columns, or None if it is unknown."""
    if stream is None or not is_terminal(stream):
        return None
    try:
        # A terminal of unknown size reports 0.
        return os.get_terminal_size(stream.fileno()).columns or None
    except (OSError, ValueError):
        return None


def wrap(line: str, width: int | None, *, indent: int) -> str:
    """
    Return *line* wrapped at spaces, if it is longer than *width* columns.

    Control characters are escaped first, so that a line break in a name starts no line.
    Text without spaces is not broken. Chinese characters occupy two columns.
    """
    line = printable(line, limit=LINE_CHARS_MAX)
    if width is None or width < WIDTH_MIN or display_width(line) < width:
        return line
    return "\n".join(_wrapped_lines(line, width - 1, indent))


def _escape(char: str) -> str:
    return char if char.isprintable() else json.dumps(char)[1:-1]


def _write(text: str, stream: TextIO | None) -> None:
    if stream is None:
        return
    encoding = getattr(stream, "encoding", None) or "ascii"
    with contextlib.suppress(OSError, ValueError):
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        stream.flush()


async def _read_answer(handle: int) -> str:
    """Read a line without blocking the event loop and its signal handlers."""
    try:
        return (await _read(handle, _ANSWER_BYTES_MAX)).decode(errors="replace")
    except OSError:  # the terminal was closed
        return ""


async def _read(handle: int, size: int) -> bytes:
    """
    Wait for input and read it; a signal ends the wait.

    A signal that arrives immediately before a wait is noticed only after it, unless the event loop
    handles a signal: then each signal wakes it. The signal for the size of the window is used.
    """
    import asyncio

    loop = asyncio.get_running_loop()
    arrived = asyncio.Event()
    receives_signals = threading.current_thread() is threading.main_thread()
    if receives_signals:
        loop.add_signal_handler(signal.SIGWINCH, lambda: None)
    loop.add_reader(handle, arrived.set)
    try:
        await arrived.wait()
    finally:
        loop.remove_reader(handle)
        if receives_signals:
            loop.remove_signal_handler(signal.SIGWINCH)
    return os.read(handle, size)


async def _read_line(handle: int) -> str:
    """Read one line; handle Backspace and Ctrl-U."""
    line = bytearray()
    while len(line) <= TOKEN_BYTES_MAX and (data := await _read(handle, _READ_BYTES)):
        for byte in data:
            if byte in _END_KEYS:
                return line.decode("utf-8", "replace").strip()
            if byte in _ERASE_KEYS:
                del line[-1:]
            elif byte in _CLEAR_KEYS:
                line.clear()
            else:
                line.append(byte)
    return line.decode("utf-8", "replace").strip()


def _wrapped_lines(line: str, width: int, indent: int) -> Iterator[str]:
    start = len(line) - len(line.lstrip())
    current = line[:start]
    for word in line[start:].split(" "):
        if current.strip() and display_width(current) + display_width(word) > width:
            yield current.rstrip()
            current = " " * indent
        current += f"{word} "
    yield current.rstrip()
