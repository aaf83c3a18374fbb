"""Commands that run in the process of the tests: everything but the process itself is real."""

import asyncio
import contextlib
import gc
import os
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import TextIO, cast

from batchcreate.cli.main import run_command_line
from tests.functional.program import TOKEN, Ended, without_settings

_ONE_AT_A_TIME = threading.Lock()
"""The working folder, the environment and the streams belong to the whole process."""


async def invoke(*arguments: str, folder: Path, stdin: str = "", **variables: str) -> Ended:
    """
    Run a command in *folder*, in a thread, with the token and *variables* in its environment.

    Servers of the test go on meanwhile in its event loop. Signals do not reach a thread.

    Args:
        arguments: as typed.
        folder: the working folder.
        stdin: name of the file that is standard input; nothing by default.
        variables: override the environment; an empty one is removed from it.

    """
    given = without_settings() | {"BATCHCREATE_TOKEN": TOKEN, "BATCHCREATE_SETTLE": "1"}
    environment = given | variables
    return await asyncio.to_thread(run_command, arguments, folder, environment, stdin)


def run_command(
    arguments: tuple[str, ...], folder: Path, environment: Mapping[str, str], stdin: str = ""
) -> Ended:
    """Run a command in *folder* with exactly this *environment*, and return what it printed."""
    with (
        _ONE_AT_A_TIME,
        surrounded(arguments, folder, environment),
        Path(stdin or os.devnull).open(encoding="utf-8") as given,
        TemporaryFile("w+", encoding="utf-8") as out,
        TemporaryFile("w+", encoding="utf-8", errors="backslashreplace") as err,
    ):
        with streams(given, out, err):
            code = run_command_line()
        return Ended(code=code, out=_content(out), err=_content(err))


def run_on_terminal(
    arguments: tuple[str, ...], folder: Path, environment: Mapping[str, str], terminal: str
) -> Ended:
    """Run a command with the device *terminal* as its standard input and standard error."""
    with (
        _ONE_AT_A_TIME,
        surrounded(arguments, folder, environment),
        Path(terminal).open(encoding="utf-8") as given,
        TemporaryFile("w+", encoding="utf-8") as out,
        Path(terminal).open("w", encoding="utf-8", errors="backslashreplace") as err,
    ):
        with streams(given, out, err):
            code = run_command_line()
        return Ended(code=code, out=_content(out), err="")


@contextmanager
def surrounded(
    arguments: tuple[str, ...], folder: Path, environment: Mapping[str, str]
) -> Iterator[None]:
    """
    Give the process a command line, a folder and an environment until the block ends.

    An empty variable is removed from the environment.
    """
    before, typed = dict(os.environ), sys.argv
    os.environ.clear()
    os.environ.update({name: text for name, text in environment.items() if text})
    sys.argv = ["batchcreate", *arguments]
    try:
        with contextlib.chdir(folder):
            yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        sys.argv = typed
        gc.unfreeze()


@contextmanager
def streams(stdin: TextIO | None, stdout: TextIO | None, stderr: TextIO | None) -> Iterator[None]:
    """Replace the standard streams until the block ends; None is a closed one."""
    before = sys.stdin, sys.stdout, sys.stderr
    new = (stdin, stdout, stderr)
    sys.stdin, sys.stdout, sys.stderr = cast("tuple[TextIO, TextIO, TextIO]", new)
    try:
        yield
    finally:
        sys.stdin, sys.stdout, sys.stderr = before


def _content(stream: TextIO) -> str:
    stream.flush()
    stream.seek(0)
    return stream.read()
