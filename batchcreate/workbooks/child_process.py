"""Child processes that get no secrets, and the exchange of messages with one of them."""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Sequence
from typing import BinaryIO, Final, cast

from batchcreate.workbooks.protocol import (
    Message,
    ProtocolError,
    encode_message,
    read_message,
)

_START: Final = (
    "import importlib, json, sys;"
    "sys.path[:] = json.loads(sys.argv[1]);"
    "importlib.import_module(sys.argv[2]).main(sys.argv[3:])"
)
_SECRET_PREFIXES: Final = ("BATCHCREATE_", "HUAWEICLOUD_")
_EXIT_S: Final = 1.0
_READ_BYTES: Final = 1 << 20


class ChildError(Exception):
    """The child process does not answer."""


class ChildSlowError(ChildError):
    """The child process used up its processor time."""


class ChildSilentError(ChildError):
    """The child process sent nothing for too long."""


class ChildCrashedError(ChildError):
    """The child process was killed, crashed, or sent an invalid message."""


def start_child(
    module: str, *arguments: str, files: Sequence[BinaryIO], has_output: bool
) -> subprocess.Popen[bytes]:
    """
    Start a process that calls ``main`` of *module*.

    The process inherits no secrets, no current folder in its import path and no other open files.
    Its function ``main`` must call `apply_limits` first.

    Args:
        module: full name of a module of this package.
        arguments: passed to ``main``, after the descriptors of *files*.
        files: open files that the process inherits.
        has_output: True if the caller reads the standard output of the process.

    """
    descriptors = [file.fileno() for file in files]
    # -I ignores the current folder, PYTHON* variables and packages of the user's account;
    # therefore the import path is passed explicitly.
    command = [sys.executable, "-I", "-c", _START, json.dumps(sys.path), module]
    return subprocess.Popen(  # noqa: S603 # the program is this package
        [*command, *map(str, descriptors), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE if has_output else subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=descriptors,
        env=_environment(),
        # Only the parent handles keys that interrupt.
        process_group=0,
    )


class ChildProcess:
    """
    A child process that reads one open file and answers requests.

    The child exits when its standard input is closed, also if the parent dies.

    Args:
        module: full name of the module whose ``main`` the child calls.
        file: inherited by the child.
        arguments: passed to ``main``.
        silence_s: maximum time that the child may take between two outputs, in seconds.

    """

    def __init__(self, module: str, file: BinaryIO, *arguments: str, silence_s: float) -> None:
        self._silence_s = silence_s
        self._process = start_child(module, *arguments, files=[file], has_output=True)
        self._stdin = cast("BinaryIO", self._process.stdin)
        self._stdout = cast("BinaryIO", self._process.stdout)

    def send(self, request: Message) -> None:
        """
        Send *request*.

        Raises:
            ChildError: the child has exited.

        """
        try:
            self._stdin.write(encode_message(request))
            self._stdin.flush()
        except BrokenPipeError as error:
            raise self._exit_error() from error

    def receive(self) -> Message:
        """
        Return the next response.

        Raises:
            ChildError: the child has exited, or sent nothing for too long.

        """
        try:
            return read_message(self._read_exactly)
        except ProtocolError as error:
            raise ChildCrashedError from error

    def close(self) -> None:
        """Close the streams, wait for the exit of the child, and kill it if it does not exit."""
        with contextlib.suppress(BrokenPipeError):
            self._stdin.close()
        try:
            self._process.wait(_EXIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._stdout.close()

    def _read_exactly(self, count: int) -> bytes:
        content = bytearray()
        descriptor = self._stdout.fileno()
        ready = select.poll()
        ready.register(descriptor, select.POLLIN)
        while len(content) < count:
            # The limit starts again with each part: on a busy machine all of them take long.
            if not ready.poll(self._silence_s * 1000):
                raise ChildSilentError
            part = os.read(descriptor, min(count - len(content), _READ_BYTES))
            if not part:
                raise self._exit_error()
            content += part
        return bytes(content)

    def _exit_error(self) -> ChildError:
        try:
            code = self._process.wait(_EXIT_S)
        except subprocess.TimeoutExpired:
            return ChildCrashedError()
        return ChildSlowError() if code == -signal.SIGXCPU else ChildCrashedError()


def _environment() -> dict[str, str]:
    """Return the environment without variables that may contain secrets."""
    public = {
        name: value for name, value in os.environ.items() if not name.startswith(_SECRET_PREFIXES)
    }
    # Threads with separate arenas would exceed the limit of the address space.
    return {**public, "MALLOC_ARENA_MAX": "1"}
