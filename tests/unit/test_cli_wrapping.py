"""Long lines are broken between words, and hang below their beginnings."""

import io
import os
import pty
import sys
import termios
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

import pytest

from batchcreate.cli.terminal import hanging, print_message, terminal_width
from tests.hostile import SENT

LINE = "  left out: sheet 说明 Notes of a-very-long-name.xlsx (no known headings)"


@pytest.mark.parametrize("width", [40, 56, 72])
def test_no_line_is_longer_than_the_terminal(width: int) -> None:
    """Nothing is lost, and what follows stands further in."""
    first, *rest = hanging(LINE, width, indent=4).split("\n")

    assert " ".join([first.strip(), *map(str.strip, rest)]) == LINE.strip()
    assert rest
    assert all(line.startswith("    ") for line in rest)
    assert all(len(line) + line.count("说") + line.count("明") < width for line in (first, *rest))


@pytest.mark.parametrize("width", [None, 20, 200], ids=["no terminal", "tiny", "wide"])
def test_other_lines_stay_whole(width: int | None) -> None:
    """A file takes any line; a tiny terminal breaks them itself."""
    assert hanging(LINE, width, indent=4) == LINE


def test_word_that_is_too_long_stays_whole() -> None:
    """It can be copied as it is; no empty line stands before it."""
    assert hanging(f"  {'x' * 90} y", 40, indent=4) == f"  {'x' * 90}\n    y"


def test_escapes_count_as_they_are_shown() -> None:
    """What cannot be printed is spelled out before the line is broken."""
    shown = hanging(f"  {'a ' * 12}\x1b[2J\x1b[2J\x1b[2J end", 40, indent=4).split("\n")

    assert shown == [f"  {'a ' * 12}".rstrip(), r"    \x1b[2J\x1b[2J\x1b[2J end"]


@pytest.mark.parametrize("width", [None, 40])
def test_name_with_a_line_break_begins_no_line(width: int | None) -> None:
    """Nobody can put a command of their own where the next one is looked for."""
    shown = hanging("  left out: sheet a\nnext: evil of b.xlsx", width, indent=4)

    assert not [line for line in shown.split("\n") if line.startswith("next")]
    assert "\\nnext:" in shown


def test_hundreds_of_hostile_texts_move_no_cursor(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal gets letters and the ends of lines, whatever is said."""
    with watched_terminal() as (far, shown):
        monkeypatch.setattr(sys, "stderr", far)
        for text in SENT:
            print_message(text)
            print_message(hanging(f"a {text} b", 80, indent=4))

    told = b"".join(shown).decode()
    assert told.count("\n") > 2 * len(SENT)
    assert [char for char in told.replace("\r\n", "") if not char.isprintable()] == []


@contextmanager
def watched_terminal() -> Iterator[tuple[TextIO, list[bytes]]]:
    """Give a terminal and all that it shows."""
    shown: list[bytes] = []
    leader, follower = pty.openpty()

    def watch() -> None:
        with suppress(OSError):  # that is how a terminal ends
            while data := os.read(leader, 65_536):
                shown.append(data)

    watcher = threading.Thread(target=watch)
    watcher.start()
    with os.fdopen(follower, "w", encoding="utf-8") as far:
        yield far, shown
    watcher.join()
    os.close(leader)


class Pretending(io.StringIO):
    """Says that it is a terminal, and knows no more."""

    def isatty(self) -> bool:
        return True


def test_terminal_says_how_wide_it_is() -> None:
    """Whatever standard output is; nothing else is a terminal."""
    leader, follower = pty.openpty()
    with os.fdopen(leader, "rb"), os.fdopen(follower, "w") as stream:
        untold = terminal_width(stream)
        termios.tcsetwinsize(follower, (24, 57))
        told = terminal_width(stream)
    closed = io.StringIO()
    closed.close()

    assert (untold, told) == (None, 57)
    assert [terminal_width(each) for each in (None, io.StringIO(), closed, Pretending())] == [
        None
    ] * 4
