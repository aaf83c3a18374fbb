"""The text of one open CSV file, checked byte for byte while it flows into the parser."""

import codecs
from collections.abc import Iterator
from typing import BinaryIO

from batchcreate.errors import LoadError

HEAD_CHARS = 1 << 20
"""How far the headings may stand from the start of a file."""


class Source:
    """
    A reader that gives UTF-8 text, with or without a byte order mark, and nothing else.

    Reading raises `LoadError` at the first byte that is no text, naming its line.
    """

    def __init__(self, handle: BinaryIO, label: str) -> None:
        self._handle = handle
        self._label = label
        self._rewind()

    def head(self) -> str:
        """Return the beginning of the text and go back to the start."""
        text = self.read(HEAD_CHARS)
        self._rewind()
        return text

    def read(self, size: int = -1) -> str:
        """Return the text of at most *size* further bytes; nothing at the end of the file."""
        while True:
            block = self._handle.read(size)
            text = self._decoded(block)
            self._lines += block.count(b"\n")
            # A block may end inside the only character that it holds.
            if text or not block:
                return text

    def __iter__(self) -> Iterator[str]:
        """Give the rest of the text at once; pandas takes only what can be iterated."""
        yield self.read()

    def _rewind(self) -> None:
        self._handle.seek(0)
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._lines = 0

    def _decoded(self, block: bytes) -> str:
        at = block.find(b"\0")
        if at >= 0:
            line = self._lines + block.count(b"\n", 0, at) + 1
            raise LoadError(self._not_text(f"line {line} holds a NUL byte"))
        try:
            return self._decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            line = self._lines + error.object.count(b"\n", 0, error.start) + 1
            byte = error.object[error.start]
            found = f"line {line} holds the byte 0x{byte:02X}, which is not UTF-8"
            raise LoadError(self._not_text(found)) from error

    def _not_text(self, found: str) -> str:
        return (
            f"{self._label}: {found}. The file is not UTF-8 text: save the spreadsheet again"
            " as 'CSV UTF-8' or as .xlsx."
        )
