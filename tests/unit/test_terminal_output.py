"""Output and wrapping of messages."""

import asyncio
import io
import json
import os
import pty
import signal
import socket
import struct
import sys
import termios
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

import pytest

from batchcreate.cli import terminal
from batchcreate.cli.terminal import (
    LINE_CHARS_MAX,
    print_document,
    print_json,
    print_message,
    terminal_width,
    wrap,
)
from tests.hostile import SENT

LINE = "  skipped: sheet 说明 Notes of a-very-long-name.xlsx (no known headings)"


def test_messages_go_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    """Standard output is reserved for documents."""
    print_message("two\nlines")

    assert capsys.readouterr() == ("", "two\nlines\n")


def test_documents_go_to_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    """A document is not changed."""
    print_document('{"a": "任务"}')

    assert capsys.readouterr() == ('{"a": "任务"}\n', "")


def test_json_has_no_control_characters(capsys: pytest.CaptureFixture[str]) -> None:
    """Control characters become JSON escapes; letters of all languages are kept."""
    document = {"a": ["任务", *SENT]}

    print_json(document)

    shown = capsys.readouterr().out
    assert json.loads(shown) == document
    assert shown.removesuffix("\n").isprintable()
    assert "任务" in shown


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        pytest.param("a\x1b[2Jb", "a\\x1b[2Jb", id="escape"),
        pytest.param("a\rb", "a\\rb", id="carriage return"),
        pytest.param("a\u202eb", "a\\u202eb", id="bidirectional"),
        pytest.param("\ud800", "\\ud800", id="surrogate"),
        pytest.param("x" * 5000, "x" * LINE_CHARS_MAX + "…", id="long"),
        pytest.param("", "", id="empty"),
    ],
)
def test_control_characters_of_messages_are_escaped(
    message: str, shown: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Text from files and servers does not move the cursor."""
    print_message(message)

    assert capsys.readouterr().err == f"{shown}\n"


@pytest.mark.parametrize(
    ("encoding", "written"),
    [
        ("ascii", b"\\u4efb\\xe9\n"),
        ("latin-1", b"\\u4efb\xe9\n"),
        ("gbk", b"\xc8\xce\xa8\xa6\n"),
        ("utf-8", "任é\n".encode()),
    ],
)
def test_characters_outside_the_encoding_are_escaped(
    encoding: str, written: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The encoding is that of the stream."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="")
    monkeypatch.setattr(sys, "stderr", stream)

    print_message("任é")

    stream.flush()
    assert stream.buffer.read1() == b""
    stream.buffer.seek(0)
    assert stream.buffer.read() == written


def test_stream_without_an_encoding_gets_ascii(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other characters are escaped."""
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stdout", stream)

    print_document("任")

    assert stream.getvalue() == "\\u4efb\n"


def test_missing_stream_raises_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program can be started without standard error."""
    monkeypatch.setattr(sys, "stderr", None)

    print_message("lost")


def test_closed_stream_raises_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run continues if its terminal is closed."""
    stream = io.StringIO()
    stream.close()
    monkeypatch.setattr(sys, "stderr", stream)

    print_message("lost")

    assert stream.closed


def test_closed_pipe_raises_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe to ``head`` can be closed at any time."""
    reading, writing = os.pipe()
    os.close(reading)
    stream = os.fdopen(writing, "w", encoding="utf-8")
    monkeypatch.setattr(sys, "stdout", stream)

    print_document("lost")

    with pytest.raises(BrokenPipeError):
        stream.close()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is full")
def test_full_disk_raises_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Standard error can be a file on a full disk."""
    stream = Path("/dev/full").open("w", encoding="utf-8")  # noqa: SIM115 # closing it fails too
    monkeypatch.setattr(sys, "stderr", stream)

    print_message("lost")

    with pytest.raises(OSError, match="No space left on device"):
        stream.close()


@pytest.mark.parametrize("width", [40, 56, 72])
def test_no_line_is_longer_than_the_terminal(width: int) -> None:
    """No word is lost, and continuation lines are indented."""
    first, *rest = wrap(LINE, width, indent=4).split("\n")

    assert " ".join([first.strip(), *map(str.strip, rest)]) == LINE.strip()
    assert rest
    assert all(line.startswith("    ") for line in rest)
    assert all(len(line) + line.count("说") + line.count("明") < width for line in (first, *rest))


@pytest.mark.parametrize("width", [None, 20, 200], ids=["no terminal", "tiny", "wide"])
def test_other_lines_stay_whole(width: int | None) -> None:
    """A file has no width, and a tiny terminal wraps by itself."""
    assert wrap(LINE, width, indent=4) == LINE


def test_word_that_is_too_long_stays_whole() -> None:
    """It can be copied, and no empty line precedes it."""
    assert wrap(f"  {'x' * 90} y", 40, indent=4) == f"  {'x' * 90}\n    y"


def test_escapes_have_their_displayed_width() -> None:
    """Control characters are escaped before the line is wrapped."""
    shown = wrap(f"  {'a ' * 12}\x1b[2J\x1b[2J\x1b[2J end", 40, indent=4).split("\n")

    assert shown == [f"  {'a ' * 12}".rstrip(), r"    \x1b[2J\x1b[2J\x1b[2J end"]


@pytest.mark.parametrize("width", [None, 40])
def test_line_break_in_a_name_starts_no_line(width: int | None) -> None:
    """A file name cannot imitate the line with the next command."""
    shown = wrap("  skipped: sheet a\nnext: evil of b.xlsx", width, indent=4)

    assert not [line for line in shown.split("\n") if line.startswith("next")]
    assert "\\nnext:" in shown


def test_hostile_text_does_not_move_the_cursor(monkeypatch: pytest.MonkeyPatch) -> None:
    """The terminal receives printable characters and line ends only."""
    with watched_terminal() as (stream, shown):
        monkeypatch.setattr(sys, "stderr", stream)
        for text in SENT:
            print_message(text)
            print_message(wrap(f"a {text} b", 80, indent=4))

    output = b"".join(shown).decode()
    assert output.count("\n") > 2 * len(SENT)
    assert [char for char in output.replace("\r\n", "") if not char.isprintable()] == []


@contextmanager
def watched_terminal() -> Iterator[tuple[TextIO, list[bytes]]]:
    """Yield a terminal and its output."""
    shown: list[bytes] = []
    leader, follower = pty.openpty()

    def watch() -> None:
        with suppress(OSError):  # the end of the output
            while data := os.read(leader, 65_536):
                shown.append(data)

    watcher = threading.Thread(target=watch)
    watcher.start()
    with os.fdopen(follower, "w", encoding="utf-8") as stream:
        yield stream, shown
    watcher.join()
    os.close(leader)


class FakeTerminal(io.StringIO):
    """A stream that reports to be a terminal."""

    def isatty(self) -> bool:
        return True


def test_width_of_a_terminal() -> None:
    """It is None for streams that are not a terminal."""
    leader, follower = pty.openpty()
    with os.fdopen(leader, "rb"), os.fdopen(follower, "w") as stream:
        unknown = terminal_width(stream)
        termios.tcsetwinsize(follower, (24, 57))
        known = terminal_width(stream)
    closed = io.StringIO()
    closed.close()

    assert (unknown, known) == (None, 57)
    assert [terminal_width(each) for each in (None, io.StringIO(), closed, FakeTerminal())] == [
        None
    ] * 4


def test_clear_key_deletes_the_line_typed_so_far() -> None:
    """Backspace deletes one character, Ctrl-U all of them."""
    reading, writing = os.pipe()
    os.write(writing, b"abc\x15def\x7fg\n")

    try:
        assert asyncio.run(terminal._read_line(reading)) == "deg"
    finally:
        os.close(reading)
        os.close(writing)


def test_line_ends_with_its_input() -> None:
    """A terminal that is closed before the end of the line returns what was typed."""
    reading, writing = os.pipe()
    os.write(writing, b"abc")
    os.close(writing)

    try:
        assert asyncio.run(terminal._read_line(reading)) == "abc"
    finally:
        os.close(reading)


@pytest.mark.parametrize("read", [terminal._read_line, terminal._read_answer])
def test_signal_that_interrupts_no_system_call_ends_the_input(
    read: Callable[[int], Coroutine[None, None, str]],
) -> None:
    """As if it arrived after the last check for signals and before the wait for a key."""
    reading, writing = os.pipe()

    def interrupt() -> None:
        has_ended.wait(0.1)  # long enough for the wait to begin
        signal.pthread_kill(threading.get_ident(), signal.SIGINT)
        if not has_ended.wait(5):
            missed.append(True)
            os.write(writing, b"\n")

    async def main() -> str:
        asyncio.get_running_loop().call_soon(another.start)
        return await read(reading)

    missed: list[bool] = []
    has_ended = threading.Event()
    another = threading.Thread(target=interrupt)
    # The event loop handles the signal only if nothing else does.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            asyncio.run(main())
    finally:
        signal.signal(signal.SIGINT, before)
        has_ended.set()
        another.join()
        os.close(reading)
        os.close(writing)
    assert missed == []


async def test_answer_is_empty_if_the_terminal_fails() -> None:
    """The question is then answered with no."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        peer = socket.create_connection(server.getsockname())
        accepted, _ = server.accept()
        reading = asyncio.ensure_future(terminal._read_answer(accepted.fileno()))
        await asyncio.sleep(0)
        # Closing with pending data and no linger time resets the connection.
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        peer.close()

        with accepted:
            assert await reading == ""
