"""The child's side: opens the workbook that it is given and answers for its sheets."""

import io
import os
import resource
import sys
import threading
from collections.abc import Iterator
from itertools import chain
from queue import SimpleQueue
from typing import Any, BinaryIO, Final

from batchcreate.workbooks.batches import Batch, cut, has_cells, head
from batchcreate.workbooks.binary import BinaryBook
from batchcreate.workbooks.content import Format, format_of
from batchcreate.workbooks.frames import read_frame, write_frame
from batchcreate.workbooks.limits import Limits, limits_for
from batchcreate.workbooks.package import Package
from batchcreate.workbooks.refusal import COPY, Refusal
from batchcreate.workbooks.tables import HEAD_ROWS, Book, Table
from batchcreate.workbooks.xlsx import XlsxBook

CAREFUL: Final = "careful"
"""Said to a child that shall do without calamine where it can."""

_TOO_MUCH_MEMORY: Final = f"needs far more memory than a workbook of its size should. It is damaged or made to do harm. {COPY}"
_BUFFER_BYTES: Final = 1 << 20
_ORPHANED: Final = 3

Request = dict[str, Any]


class FileAt(io.RawIOBase):
    """Reads an open file without moving the position that the parent's handle shares."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._position = 0
        self.size_bytes = os.fstat(descriptor).st_size

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def seekable(self) -> bool:
        """Say that it can be read anywhere."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to *offset*."""
        bases = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self.size_bytes}
        self._position = bases[whence] + offset
        return self._position

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 # whatever can be written to
        """Fill *buffer*."""
        count = os.preadv(self._descriptor, [buffer], self._position)
        self._position += count
        return count


class Requests:
    """
    What the parent asks, heard on a thread of its own.

    So the child ends with its parent at once, even in the middle of a workbook.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._heard: SimpleQueue[Request | None] = SimpleQueue()
        self._is_busy = False
        threading.Thread(target=self._listen, daemon=True).start()

    def __iter__(self) -> Iterator[Request]:
        """Yield one request after the other, until the parent has no more."""
        while request := self._heard.get():
            self._is_busy = True
            yield request
            self._is_busy = False

    def _listen(self) -> None:
        try:
            while True:
                self._heard.put(read_frame(self._exactly))
        except EOFError:
            if self._is_busy:
                os._exit(_ORPHANED)
            self._heard.put(None)

    def _exactly(self, count: int) -> bytes:
        content = self._stream.read(count)
        if len(content) < count:
            raise EOFError
        return content


class Desk:
    """Answers for one workbook."""

    def __init__(self, file: FileAt, limits: Limits, *, is_careful: bool) -> None:
        self._file = io.BufferedReader(file, _BUFFER_BYTES)
        self._size_bytes = file.size_bytes
        self._limits = limits
        self._is_careful = is_careful
        self._book: Book
        self._table: Table
        self._batches: Iterator[Batch]

    def answers(self, request: Request) -> Iterator[Request]:
        """Yield what there is to say to *request*."""
        match request:
            case {"ask": "sheets"}:
                yield self._sheets()
            case {"ask": "head", "sheet": index, "chunk_rows": chunk_rows}:
                yield self._head(index, chunk_rows)
            case {"ask": "rows", "columns": columns, "after": after, "chunk_rows": chunk_rows}:
                for batch in self._batches:
                    for block in cut(
                        batch,
                        columns=columns,
                        after=after,
                        merges=self._table.merges,
                        chunk_rows=chunk_rows,
                    ):
                        yield {"numbers": block.numbers, "columns": block.columns}
                yield {"is_end": True}
            case _:
                yield {"refused": "does not answer this question."}

    def _sheets(self) -> Request:
        found = format_of(self._file, size_bytes=self._size_bytes, limits=self._limits)
        self._book = self._opened(found)
        sheets = [[sheet.name, sheet.is_visible] for sheet in self._book.sheets]
        return {"format": found.value, "sheets": sheets}

    def _opened(self, found: Format) -> Book:
        size = self._size_bytes
        match found:
            case Format.XLSX:
                return XlsxBook(
                    self._file, size_bytes=size, limits=self._limits, is_careful=self._is_careful
                )
            case Format.XLSB:
                Package(self._file, size_bytes=size, limits=self._limits).require_whole()
                return BinaryBook(self._file)
            case Format.XLS | Format.ODS:
                return BinaryBook(self._file)

    def _head(self, index: int, chunk_rows: int) -> Request:
        self._table = self._book.table(index, chunk_rows)
        seen: list[Batch] = []
        for batch in self._table.batches:
            if not seen or has_cells(batch):
                seen.append(batch)
            if has_cells(batch):
                break
        self._batches = chain(seen, self._table.batches)
        return {
            "head": head(seen[0], HEAD_ROWS) if seen else [],
            "is_blank": not any(map(has_cells, seen)),
        }


def answer(request: Request, desk: Desk) -> Iterator[Request]:
    """Yield the answers of *desk* to *request*, and why there are no more."""
    try:
        yield from desk.answers(request)
    except Refusal as refusal:
        yield {"refused": str(refusal)}
    except MemoryError:
        yield {"refused": _TOO_MUCH_MEMORY}


def main() -> None:
    """Answer the parent's requests until there are no more."""
    file = FileAt(int(sys.argv[2]))
    limits = limits_for(file.size_bytes)
    _lower(limits)
    desk = Desk(file, limits, is_careful=CAREFUL in sys.argv)
    for request in Requests(sys.stdin.buffer):
        for said in answer(request, desk):
            write_frame(sys.stdout.buffer, said)


def _lower(limits: Limits) -> None:
    for kind, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, limits.cpu_s),
        (resource.RLIMIT_AS, limits.memory_bytes),
    ):
        _, hard = resource.getrlimit(kind)
        soft = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (soft, hard))
