"""Decoded text of a CSV file as a stream of bytes in UTF-8 that is cut at record ends."""

import codecs
import csv
import io
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, BinaryIO, Final

from batchcreate.errors import LoadError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BLOCK_BYTES: Final = 1 << 21
"""Number of bytes read from a file at once."""

HEAD_BYTES: Final = 1 << 20
"""Size of the beginning of a file that must contain its header row."""

RECORD_BYTES: Final = 1 << 20
"""Maximum length of a row; spreadsheet programs write none of this length."""

UNCLOSED: Final = "unclosed quotation mark. Close it or remove it."
STRAY: Final = (
    "text follows the closing quotation mark of a cell. Add the missing mark or remove the"
    " surplus one, in this row or in a row above; double a mark that is part of a cell."
)
TOO_LONG: Final = (
    f"the row is longer than {RECORD_BYTES >> 20} MiB. The cause is probably an unclosed quotation"
    " mark. Close it or remove it."
)

_MARK: Final = "\ufeff"
_UTF_8: Final = frozenset({"utf-8", "utf-8-sig", "ascii"})
_FIELD_CHARS_MAX: Final = (1 << 31) - 1


class TextSource:
    """
    The text of an open file in a known encoding.

    All methods raise `LoadError` at the first bytes that are not valid in this encoding.
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
        """Yield the text in UTF-8, except the byte order mark and the first *skip_chars*."""
        head = self._head()
        to_skip = len(head[: skip_chars + head.startswith(_MARK)].encode())
        decoder = self._decoder()
        self._file.seek(0)
        while block := self._file.read(self._block_bytes):
            text = self._decode(decoder, block, is_end=False)
            # A block that is UTF-8 already need not be encoded again.
            data = block if self._encoding in _UTF_8 else text.encode()
            yield data[to_skip:]
            to_skip = max(0, to_skip - len(data))
        self._decode(decoder, b"", is_end=True)

    def _head(self) -> str:
        self._file.seek(0)
        block = self._file.read(HEAD_BYTES)
        return self._decode(self._decoder(), block, is_end=len(block) < HEAD_BYTES)

    def _decoder(self) -> codecs.IncrementalDecoder:
        name = "utf-8" if self._encoding == "utf-8-sig" else self._encoding
        return codecs.getincrementaldecoder(name)()

    def _decode(self, decoder: codecs.IncrementalDecoder, block: bytes, *, is_end: bool) -> str:
        try:
            return decoder.decode(block, final=is_end)
        except UnicodeDecodeError as error:
            invalid = error.object[error.start : error.end]
            offset = self._file.tell() - len(error.object) + error.start
            line = line_at(self._file, offset, self._encoding)
            message = (
                f"{self._label}, line {line}: the byte {invalid.hex(' ').upper()} is not valid"
                f" {self._encoding}. Save the spreadsheet again as 'CSV UTF-8' or as .xlsx, or"
                " specify --encoding."
            )
            raise LoadError(message) from error


def line_at(file: BinaryIO, offset: int, encoding: str) -> int:
    """Return the line number of the byte at *offset* of *file*."""
    strict = codecs.getincrementaldecoder(encoding)
    decoder = io.IncrementalNewlineDecoder(strict("replace"), translate=True)
    file.seek(0)
    breaks = 0
    while block := file.read(min(offset, BLOCK_BYTES)):
        breaks += decoder.decode(block).count("\n")
        offset -= len(block)
    return breaks + decoder.decode(b"", final=True).count("\n") + 1


class MalformedRecordError(Exception):
    """
    A row that cannot be parsed; handled inside the loader.

    Attributes:
        rows: number of complete rows before it, counted from the end of the previous piece.
        lines: number of lines before it, counted in the same way.

    """

    def __init__(self, reason: str, *, rows: int = 0, lines: int = 0) -> None:
        super().__init__(reason)
        self.rows = rows
        self.lines = lines


def whole_records(blocks: Iterable[bytes], delimiter: str) -> Iterator[bytes]:
    """
    Yield UTF-8 text in pieces that consist of complete rows.

    Args:
        blocks: the text, cut at any byte.
        delimiter: the separator of the cells.

    Raises:
        MalformedRecordError: a row does not end, or is malformed.

    """
    rest = b""
    for block in blocks:
        data = rest + block
        end = _records_end(data, delimiter)
        if end:
            yield data[:end]
        rest = data[end:]
        if len(rest) > RECORD_BYTES:
            raise MalformedRecordError(TOO_LONG)
    if rest:
        if not _is_well_formed(rest, delimiter):
            _parsed_end(rest, delimiter, is_last=True)
        yield rest


def remove_field_limit() -> None:
    """Remove the field size limit of the csv module; `whole_records` limits the rows instead."""
    csv.field_size_limit(_FIELD_CHARS_MAX)


def line_breaks(data: bytes) -> int:
    r"""Return the number of line breaks in *data*: ``\n``, ``\r`` or ``\r\n``."""
    import numpy as np

    text = np.frombuffer(data, np.uint8)
    feeds, returns = text == ord("\n"), text == ord("\r")
    both = np.count_nonzero(returns[:-1] & feeds[1:])
    return int(np.count_nonzero(feeds) + np.count_nonzero(returns) - both)


def _records_end(data: bytes, delimiter: str) -> int:
    """Return the end of the last complete row of *data*; 0 if there is none."""
    # A line feed may follow a carriage return at the end of the block.
    whole = len(data) - data.endswith(b"\r")
    end = _last_break(data, whole)
    if b'"' not in data:
        return end
    end = _last_unquoted_break(data, end)
    if end and _is_well_formed(data[:end], delimiter):
        return end
    return _parsed_end(data[:whole], delimiter, is_last=False)


def _last_break(data: bytes, whole: int) -> int:
    """Return the end of the last line in the first *whole* bytes; 0 if there is none."""
    feed = data.rfind(b"\n", 0, whole)
    return max(feed, data.rfind(b"\r", feed + 1, whole)) + 1


def _last_unquoted_break(data: bytes, end: int) -> int:
    """Return the end of the last line outside of quotation marks, if all marks are in pairs."""
    import numpy as np

    quotes = _quotes(data)
    if np.searchsorted(quotes, end) % 2 == 0:
        return end
    text = np.frombuffer(data, np.uint8, count=end)
    breaks = np.flatnonzero((text == ord("\n")) | (text == ord("\r")))
    outside = breaks[np.searchsorted(quotes, breaks) % 2 == 0]
    return int(outside[-1]) + 1 if len(outside) else 0


def _is_well_formed(data: bytes, delimiter: str) -> bool:
    """Return True if each quotation mark in *data* opens or closes a whole cell or is doubled."""
    import numpy as np

    quotes = _quotes(data)
    is_border = np.zeros(256, bool)
    is_border[list(b'"\r\n' + delimiter.encode())] = True
    text = np.frombuffer(b"\n" + data + b"\n", np.uint8)
    opening, closing = quotes[0::2], quotes[1::2]
    is_closed = len(opening) == len(closing)
    return is_closed and bool(
        is_border[text[opening]].all() and is_border[text[closing + 2]].all()
    )


def _quotes(data: bytes) -> "NDArray[np.intp]":
    import numpy as np

    return np.flatnonzero(np.frombuffer(data, np.uint8) == ord('"'))


def _parsed_end(data: bytes, delimiter: str, *, is_last: bool) -> int:
    """
    Return the end of the last complete row, found by the csv module.

    This slower way handles text with quotation marks inside of cells.

    Raises:
        MalformedRecordError: text follows a closing mark, or the *last* row does not end.

    """
    end = len(data) if is_last else max(data.rfind(b"\n"), data.rfind(b"\r")) + 1
    lines = io.StringIO(data[:end].decode(), newline="").readlines()
    remove_field_limit()
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    rows, whole = 0, 0
    try:
        for _ in reader:
            rows, whole = rows + 1, reader.line_num
    except csv.Error as error:
        is_open = "unexpected end" in str(error)
        if is_last or not is_open:
            reason = UNCLOSED if is_open else STRAY
            raise MalformedRecordError(reason, rows=rows, lines=whole) from error
    return sum(len(line.encode()) for line in lines[:whole])
