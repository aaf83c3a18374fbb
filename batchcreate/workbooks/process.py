"""The child process, and how long it is listened to."""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import BinaryIO, Final, cast

from batchcreate.workbooks.frames import BrokenFrameError, Value, frame, read_frame

_START: Final = (
    "import sys, json;"
    "sys.path[:] = json.loads(sys.argv[1]);"
    "from batchcreate.workbooks.child import main;"
    "main()"
)
_SECRETS: Final = ("BATCHCREATE_", "HUAWEICLOUD_")
_END_S: Final = 1.0
_PIECE_BYTES: Final = 1 << 20


class ChildError(Exception):
    """The child says no more."""


class ChildSlowError(ChildError):
    """It took more time than it was given."""


class ChildCrashedError(ChildError):
    """It was killed, it crashed, or it said what nobody understands."""


class Child:
    """
    A process that reads one open file, and answers.

    It ends with the parent: its streams close then.
    """

    def __init__(self, file: BinaryIO, *words: str) -> None:
        descriptor = file.fileno()
        # -I keeps the working folder and PYTHON* variables out, and what the user installed for
        # one account as well; so the folders to import from are handed over.
        self._process = subprocess.Popen(  # noqa: S603 # our own program
            [sys.executable, "-I", "-c", _START, json.dumps(sys.path), str(descriptor), *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pass_fds=[descriptor],
            env=_environment(),
            # A key that interrupts the parent is the parent's to act on.
            process_group=0,
        )
        self._stdin, self._stdout = _streams(self._process)

    def say(self, request: Value) -> None:
        """
        Send *request*.

        Raises:
            ChildError: nobody listens any more.

        """
        try:
            self._stdin.write(frame(request))
            self._stdin.flush()
        except BrokenPipeError as error:
            raise self._ended() from error

    def hear(self, wait_s: Callable[[], float]) -> Value:
        """
        Return the next answer.

        Args:
            wait_s: tells how much longer to wait, asked before each piece.

        Raises:
            ChildError: there is none.

        """
        try:
            return read_frame(lambda count: self._exactly(count, wait_s))
        except BrokenFrameError as error:
            raise ChildCrashedError from error

    def end(self) -> None:
        """Let the process end, if need be by force, and wait until it has."""
        with contextlib.suppress(BrokenPipeError):
            self._stdin.close()
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._stdout.close()

    def _exactly(self, count: int, wait_s: Callable[[], float]) -> bytes:
        pieces = bytearray()
        descriptor = self._stdout.fileno()
        ready = select.poll()
        ready.register(descriptor, select.POLLIN)
        while len(pieces) < count:
            if not ready.poll(max(0.0, wait_s()) * 1000):
                raise ChildSlowError
            piece = os.read(descriptor, min(count - len(pieces), _PIECE_BYTES))
            if not piece:
                raise self._ended()
            pieces += piece
        return bytes(pieces)

    def _ended(self) -> ChildError:
        try:
            code = self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            return ChildCrashedError()
        return ChildSlowError() if code == -signal.SIGXCPU else ChildCrashedError()


def _streams(process: subprocess.Popen[bytes]) -> tuple[BinaryIO, BinaryIO]:
    return cast("BinaryIO", process.stdin), cast("BinaryIO", process.stdout)


def _environment() -> dict[str, str]:
    """Return the environment without what may be secret, and with memory kept in one piece."""
    own = {name: text for name, text in os.environ.items() if not name.startswith(_SECRETS)}
    return {**own, "MALLOC_ARENA_MAX": "1"}
