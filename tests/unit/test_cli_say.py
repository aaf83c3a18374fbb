"""Messages reach the terminal harmless, and a broken terminal changes nothing."""

import io
import json
import os
import sys
from pathlib import Path

import pytest

from batchcreate.cli.terminal import LINE_CHARS_MAX, print_document, print_json, print_message
from tests.hostile import SENT


def test_messages_go_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    """Standard output is left to documents."""
    print_message("two\nlines")

    assert capsys.readouterr() == ("", "two\nlines\n")


def test_documents_go_to_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    """A document comes out as it is."""
    print_document('{"a": "任务"}')

    assert capsys.readouterr() == ('{"a": "任务"}\n', "")


def test_documents_move_no_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    """JSON has escapes of its own for what may not be shown; letters of any language stay."""
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
        pytest.param("\ud800", "\\ud800", id="half a pair"),
        pytest.param("x" * 5000, "x" * LINE_CHARS_MAX + "…", id="long"),
        pytest.param("", "", id="empty"),
    ],
)
def test_every_line_is_harmless(
    message: str, shown: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing that was read from a file or a server moves the cursor."""
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
def test_terminal_gets_what_it_can_show(
    encoding: str, written: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A character that the terminal's encoding lacks is spelled out."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="")
    monkeypatch.setattr(sys, "stderr", stream)

    print_message("任é")

    stream.flush()
    assert stream.buffer.read1() == b""
    stream.buffer.seek(0)
    assert stream.buffer.read() == written


def test_stream_without_an_encoding_gets_ascii(monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not say what it can show gets what everything can."""
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stdout", stream)

    print_document("任")

    assert stream.getvalue() == "\\u4efb\n"


def test_missing_stream_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program without a terminal has no standard error at all."""
    monkeypatch.setattr(sys, "stderr", None)

    print_message("nobody listens")


def test_closed_stream_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run goes on when its terminal is gone."""
    stream = io.StringIO()
    stream.close()
    monkeypatch.setattr(sys, "stderr", stream)

    print_message("nobody listens")

    assert stream.closed


def test_reader_that_went_away_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe into ``head`` may close at any time."""
    reading, writing = os.pipe()
    os.close(reading)
    stream = os.fdopen(writing, "w", encoding="utf-8")
    monkeypatch.setattr(sys, "stdout", stream)

    print_document("nobody listens")

    with pytest.raises(BrokenPipeError):
        stream.close()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is full")
def test_full_disk_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Standard error may go to a file on a full disk."""
    stream = Path("/dev/full").open("w", encoding="utf-8")  # noqa: SIM115 # its end fails, too
    monkeypatch.setattr(sys, "stderr", stream)

    print_message("nobody listens")

    with pytest.raises(OSError, match="No space left on device"):
        stream.close()
