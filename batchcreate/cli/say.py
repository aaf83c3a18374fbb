"""Messages for people, on standard error; a closed or full terminal never changes a run."""

import contextlib
import sys

import click

from batchcreate.text import printable

LINE_CHARS_MAX = 4096


def say(message: str) -> None:
    """Print *message* to standard error, each of its lines made harmless."""
    _write(
        "\n".join(printable(line, limit=LINE_CHARS_MAX) for line in message.split("\n")), err=True
    )


def put(document: str) -> None:
    """Print *document* to standard output."""
    _write(document, err=False)


def _write(text: str, *, err: bool) -> None:
    stream = sys.stderr if err else sys.stdout
    encoding = getattr(stream, "encoding", None) or "ascii"
    with contextlib.suppress(OSError, ValueError):
        click.echo(text.encode(encoding, "backslashreplace").decode(encoding), err=err)
