"""Decoded text of a CSV file as a stream of bytes in UTF-8 that is cut at record ends."""

import codecs
import csv
import io
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO, Final

from batchcreate.errors import LoadError
from batchcreate.loader.quotation_marks import WrongMark, normalize_rows

BLOCK_BYTES: Final = 1 << 21
"""Number of bytes read from a file at once."""

HEAD_BYTES: Final = 1 << 20
"""Size of the beginning of a file that must contain its header row."""

RECORD_BYTES: Final = 1 << 20
"""Maximum length of a row; spreadsheet programs write none of this length."""

TOO_LONG: Final = (
    f"the row is longer than {RECORD_BYTES >> 20} MiB. The cause is probably an unclosed quotation"
    " mark. Close it or remove it."
)

_MARK: Final = "\ufeff"
_END: Final = b"\x1a"
_ENDS: Final = _END + b"\r\n"
_UTF_8: Final = frozenset({"utf-8", "utf-8-sig"})
_FIELD_CHARS_MAX: Final = (1 << 31) - 1


class TextSource:
    """
    The text of an open file in a known encoding.

    All methods raise `LoadError` at the first bytes that are not valid in this encoding.

    Attributes:
        label: the label of the file.

    """

    def __init__(
        self, file: BinaryIO, label: str, encoding: str, *, block_bytes: int = BLOCK_BYTES
    ) -> None:
        self._file = file
        self.label = label
        self._encoding = encoding
        self._block_bytes = block_bytes

    def head(self) -> str:
        """Return the beginning of the text, without a byte order mark and end-of-file marks."""
        text = self._head().removeprefix(_MARK)
        at = text.find(_END.decode(), len(text.rstrip(_ENDS.decode())))
        return text if at < 0 else text[:at]

    def blocks(self, *, skip_chars: int) -> Iterator[bytes]:
        """
        Yield the text in UTF-8, which is valid unless the encoding of the file is UTF-8 itself.

        The byte order mark, the first *skip_chars* and the end-of-file marks of old programs are
        omitted.
        """
        head = self._head()
        to_skip = len(head[: skip_chars + head.startswith(_MARK)].encode())
        ends = b""
        for block in self._encoded():
            data = ends + block
            # An editor may have added a line break behind the marks.
            at = data.find(_END, len(data.rstrip(_ENDS)))
            text, ends = (data, b"") if at < 0 else (data[:at], data[at:])
            if text:
                yield text[to_skip:]
                to_skip = max(0, to_skip - len(text))

    def line(self, offset: int, *, skip_chars: int) -> int:
        """Return the line number of the byte at *offset* of the text that `blocks` yields."""
        skipped = len(self.head()[:skip_chars].encode())
        return _count_breaks(self.blocks(skip_chars=0), skipped + offset, "utf-8") + 1

    def require_valid(self) -> None:
        """Decode the whole text, since `blocks` does not check text that is UTF-8 already."""
        deque(self._texts(), maxlen=0)

    def _encoded(self) -> Iterator[bytes]:
        """Yield the text in UTF-8, with a byte order mark if the file has one."""
        if self._encoding not in _UTF_8:
            yield from map(str.encode, self._texts())
            return
        self._file.seek(0)
        while block := self._file.read(self._block_bytes):
            yield block

    def _texts(self) -> Iterator[str]:
        decoder = self._decoder()
        self._file.seek(0)
        while block := self._file.read(self._block_bytes):
            yield self._decode(decoder, block, is_end=False)
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
            text = decoder.decode(block)
            # Behind UTF-16, an end-of-file mark of one byte is half a character.
            if is_end and decoder.getstate()[0].strip(_END):
                text += decoder.decode(b"", final=True)
        except UnicodeDecodeError as error:
            invalid = error.object[error.start : error.end]
            offset = self._file.tell() - len(error.object) + error.start
            line = line_at(self._file, offset, self._encoding)
            message = (
                f"{self.label}, line {line}: the byte {invalid.hex(' ').upper()} is not valid"
                f" {self._encoding}. Save the spreadsheet again as 'CSV UTF-8' or as .xlsx, or"
                " specify --encoding."
            )
            raise LoadError(message) from error
        return text


def line_at(file: BinaryIO, offset: int, encoding: str) -> int:
    """Return the line number of the byte at *offset* of *file*."""
    file.seek(0)
    return _count_breaks(iter(partial(file.read, BLOCK_BYTES), b""), offset, encoding) + 1


def _count_breaks(blocks: Iterable[bytes], offset: int, encoding: str) -> int:
    """Return the number of line breaks in the first *offset* bytes of *blocks*."""
    strict = codecs.getincrementaldecoder(encoding)
    decoder = io.IncrementalNewlineDecoder(strict("replace"), translate=True)
    breaks = 0
    for block in blocks:
        breaks += decoder.decode(block[:offset]).count("\n")
        offset -= len(block)
        if offset <= 0:
            break
    return breaks + decoder.decode(b"", final=True).count("\n")


class LongRowError(Exception):
    """
    A row that does not end within `RECORD_BYTES`; handled inside the loader.

    Attributes:
        offset: number of bytes before the row.

    """

    def __init__(self, offset: int) -> None:
        super().__init__(TOO_LONG)
        self.offset = offset


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """
    Complete rows in UTF-8, in which every quotation mark is part of a whole cell.

    Attributes:
        text: the rows, each with a line break at its end.
        wrong: rows with a wrong quotation mark, by their positions in *text*.

    """

    text: bytes
    wrong: Sequence[WrongMark] = ()


def whole_rows(blocks: Iterable[bytes], delimiter: str) -> Iterator[Piece]:
    """
    Yield UTF-8 text in pieces that consist of complete rows.

    Args:
        blocks: the text, cut at any byte.
        delimiter: the separator of the cells.

    Raises:
        LongRowError: a row does not end.

    """
    rest, offset = b"", 0
    for block in blocks:
        data = rest + block
        offset += len(block)
        # A line feed may follow a carriage return at the end of the block.
        whole = len(data) - data.endswith(b"\r")
        text = _well_formed_rows(data, whole, delimiter)
        if text:
            yield Piece(text=text)
        rest = data[len(text) :]
        if (b'"' in rest and not text) or len(rest) > RECORD_BYTES:
            rows = normalize_rows(data[len(text) : whole], delimiter, open_bytes_max=RECORD_BYTES)
            if rows.end:
                yield Piece(text=rows.text, wrong=rows.wrong)
            rest = rest[rows.end :]
        if len(rest) > RECORD_BYTES:
            raise LongRowError(offset - len(rest))
    yield from _last_rows(rest, delimiter)


def _last_rows(rest: bytes, delimiter: str) -> Iterator[Piece]:
    if not rest:
        return
    data = rest if rest.endswith((b"\n", b"\r")) else rest + b"\n"
    text = _well_formed_rows(data, len(data), delimiter)
    if text:
        yield Piece(text=text)
    if len(text) < len(data):
        rows = normalize_rows(data[len(text) :], delimiter, open_bytes_max=0)
        yield Piece(text=rows.text, wrong=rows.wrong)


def _well_formed_rows(data: bytes, whole: int, delimiter: str) -> bytes:
    """Return the complete rows in the first *whole* bytes of *data*, or nothing if one is not well formed."""
    import numpy as np

    end = _last_break(data, whole)
    if data.find(b'"', 0, end) < 0:
        return data[:end]
    text = np.frombuffer(data, np.uint8, end)
    marks = np.flatnonzero(text == ord('"'))
    if len(marks) % 2:
        breaks = np.flatnonzero((text == ord("\n")) | (text == ord("\r")))
        outside = breaks[np.searchsorted(marks, breaks) % 2 == 0]
        end = int(outside[-1]) + 1 if len(outside) else 0
        marks = marks[: np.searchsorted(marks, end)]
    is_border = np.zeros(256, bool)
    is_border[list(b'"\r\n' + delimiter.encode())] = True
    before, after = marks[0::2] - 1, marks[1::2] + 1
    # The first mark may be the first byte.
    first = int(before.size > 0 and before[0] < 0)
    is_well_formed = is_border[text[before[first:]]].all() and is_border[text[after]].all()
    return data[:end] if is_well_formed else b""


def _last_break(data: bytes, whole: int) -> int:
    """Return the end of the last line in the first *whole* bytes; 0 if there is none."""
    feed = data.rfind(b"\n", 0, whole)
    return max(feed, data.rfind(b"\r", feed + 1, whole)) + 1


def remove_field_limit() -> None:
    """Remove the field size limit of the csv module; `whole_rows` limits the rows instead."""
    csv.field_size_limit(_FIELD_CHARS_MAX)
