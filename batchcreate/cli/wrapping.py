"""Lines that are too long for a terminal, broken between words and hung below their beginnings."""

import os
from collections.abc import Iterator
from typing import Final, TextIO

from batchcreate.cli.asking import is_terminal
from batchcreate.cli.say import LINE_CHARS_MAX
from batchcreate.text import printable, width_of

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
    if width is None or width < WIDTH_MIN or width_of(line) < width:
        return line
    return "\n".join(_broken(line, width - 1, indent))


def _broken(line: str, width: int, indent: int) -> Iterator[str]:
    start = len(line) - len(line.lstrip())
    shown = line[:start]
    for word in line[start:].split(" "):
        if shown.strip() and width_of(shown) + width_of(word) > width:
            yield shown.rstrip()
            shown = " " * indent
        shown += f"{word} "
    yield shown.rstrip()
