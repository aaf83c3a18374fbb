"""What the child hears and says: the parent's questions and its own answers."""

import os
import threading
from collections.abc import Iterator
from queue import Queue, SimpleQueue
from types import TracebackType
from typing import BinaryIO, Final, Self

from batchcreate.workbooks.frames import Value, frame, read_frame

_WAITING_MAX: Final = 2
_ORPHANED: Final = 3
_GRACE_S: Final = 0.5


class Requests:
    """
    What the parent asks, heard on a thread of its own.

    So the child ends with its parent at once, even in the middle of a workbook.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._heard: SimpleQueue[Value | None] = SimpleQueue()
        self._is_idle = threading.Event()
        threading.Thread(target=self._listen, daemon=True).start()

    def __iter__(self) -> Iterator[Value]:
        """Yield one request after the other, until the parent has no more."""
        self._is_idle.set()
        while request := self._heard.get():
            self._is_idle.clear()
            yield request
            self._is_idle.set()

    def _listen(self) -> None:
        try:
            while True:
                self._heard.put(read_frame(self._exactly))
        except EOFError:
            if not self._is_idle.wait(_GRACE_S):
                os._exit(_ORPHANED)
            self._heard.put(None)

    def _exactly(self, count: int) -> bytes:
        content = self._stream.read(count)
        if len(content) < count:
            raise EOFError
        return content


class Voice:
    """Says answers on a thread of its own, so that the next one is made meanwhile."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._waiting: Queue[bytes] = Queue(_WAITING_MAX)
        self._thread = threading.Thread(target=self._speak, daemon=True)

    def __enter__(self) -> Self:
        """Start."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Wait until all is said."""
        self._waiting.put(b"")
        self._thread.join()

    def say(self, value: Value) -> None:
        """Say *value*, when those before it are said."""
        self._waiting.put(frame(value))

    def _speak(self) -> None:
        try:
            while said := self._waiting.get():
                self._stream.write(said)
                self._stream.flush()
        except BrokenPipeError:
            os._exit(_ORPHANED)
