"""The open file that the child is given."""

import io
import os
from typing import Any, BinaryIO, Final

_BUFFER_BYTES: Final = 1 << 20


class Source:
    """
    A file that several readers may read at the same time.

    Attributes:
        size_bytes: of the file.

    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.size_bytes = os.fstat(descriptor).st_size

    def open(self) -> BinaryIO:
        """Return a reader with a position of its own, at the start of the file."""
        return io.BufferedReader(_FileAt(self._descriptor), _BUFFER_BYTES)


class _FileAt(io.RawIOBase):
    """Reads an open file without moving the position that the parent's handle shares."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._position = 0
        self._size_bytes = os.fstat(descriptor).st_size

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def seekable(self) -> bool:
        """Say that it can be read anywhere."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to *offset*."""
        bases = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size_bytes}
        self._position = bases[whence] + offset
        return self._position

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 # whatever can be written to
        """Fill *buffer*."""
        count = os.preadv(self._descriptor, [buffer], self._position)
        self._position += count
        return count
