"""Messages for people, on standard error; a closed or full terminal never changes a run."""

import contextlib
import json
import sys
from typing import TextIO

from batchcreate.text import printable

LINE_CHARS_MAX = 4096


def say(message: str) -> None:
    """Print *message* to standard error, each of its lines made harmless."""
    _write(f"{harmless(message)}\n", sys.stderr)


def ask_for(question: str) -> None:
    """Print *question* to standard error; the answer is typed behind it."""
    _write(harmless(question), sys.stderr)


def put(document: str) -> None:
    """Print *document* to standard output."""
    _write(f"{document}\n", sys.stdout)


def put_json(document: object) -> None:
    """Print *document* as JSON on one line; what a terminal could act on is escaped as JSON does."""
    text = json.dumps(document, ensure_ascii=False)
    put(text if text.isprintable() else "".join(map(_escaped, text)))


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
