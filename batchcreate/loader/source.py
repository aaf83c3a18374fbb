"""The text of one open file, as a stream of bytes in UTF-8 that hold what its encoding says."""

import codecs
import io
from collections.abc import Iterator
from typing import BinaryIO, Final

from batchcreate.errors import LoadError

BLOCK_BYTES: Final = 1 << 21
"""How much of a file is in memory at once."""

HEAD_BYTES: Final = 1 << 20
"""How far from the start of a file its headings may end."""

_MARK: Final = "\ufeff"
_PLAIN: Final = frozenset({"utf-8", "utf-8-sig", "ascii"})


class Source:
    """
    An open text file in a known encoding.

    Reading it raises `LoadError` at the first bytes that are not of this encoding.
    """

    def __init__(
        self, file: BinaryIO, label: str, encoding: str, *, block_bytes: int = BLOCK_BYTES
    ) -> None:
        self._file = file
        self._label = label
        self._encoding = encoding
        self._block_bytes = block_bytes

    def head(self) -> str:
        """Return the beginning of the text, without a byte order mark."""
        return self._head().removeprefix(_MARK)

    def blocks(self, *, skip_chars: int) -> Iterator[bytes]:
        """Yield the text in UTF-8, but for its byte order mark and its first characters."""
        head = self._head()
        left = len(head[: skip_chars + head.startswith(_MARK)].encode())
        decoder = self._decoder()
        self._file.seek(0)
        while block := self._file.read(self._block_bytes):
            text = self._decoded(decoder, block, is_end=False)
            # What is UTF-8 already need not be encoded again.
            data = block if self._encoding in _PLAIN else text.encode()
            yield data[left:]
            left = max(0, left - len(data))
        self._decoded(decoder, b"", is_end=True)

    def _head(self) -> str:
        self._file.seek(0)
        block = self._file.read(HEAD_BYTES)
        return self._decoded(self._decoder(), block, is_end=len(block) < HEAD_BYTES)

    def _decoder(self) -> codecs.IncrementalDecoder:
        name = "utf-8" if self._encoding == "utf-8-sig" else self._encoding
        return codecs.getincrementaldecoder(name)()

    def _decoded(self, decoder: codecs.IncrementalDecoder, block: bytes, *, is_end: bool) -> str:
        try:
            return decoder.decode(block, final=is_end)
        except UnicodeDecodeError as error:
            strange = error.object[error.start : error.end]
            offset = self._file.tell() - len(error.object) + error.start
            line = line_at(self._file, offset, self._encoding)
            message = (
                f"{self._label}, line {line}: the byte {strange.hex(' ').upper()} is not"
                f" {self._encoding}, as which the file is read. Save the spreadsheet again as"
                " 'CSV UTF-8' or as .xlsx, or say with --encoding what it is."
            )
            raise LoadError(message) from error


def line_at(file: BinaryIO, offset: int, encoding: str) -> int:
    """Return the number of the line of *file* in which the byte at *offset* stands."""
    strict = codecs.getincrementaldecoder(encoding)
    decoder = io.IncrementalNewlineDecoder(strict("replace"), translate=True)
    file.seek(0)
    breaks = 0
    while block := file.read(min(offset, BLOCK_BYTES)):
        breaks += decoder.decode(block).count("\n")
        offset -= len(block)
    return breaks + decoder.decode(b"", final=True).count("\n") + 1
