"""Child process that opens one workbook and answers requests about its sheets."""

import gc
import os
import sys
import threading
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import chain
from queue import Queue, SimpleQueue
from types import TracebackType
from typing import BinaryIO, Final, Self

from batchcreate.workbooks.binary import open_xls, open_xlsb
from batchcreate.workbooks.cell_values import Cell
from batchcreate.workbooks.file_types import FileType, detect_file_type
from batchcreate.workbooks.merged_cells import MergedCells, MergedRange
from batchcreate.workbooks.ods import OdsBook
from batchcreate.workbooks.protocol import (
    COPY,
    NO_CALAMINE,
    SHEETS_MAX,
    Limits,
    Message,
    RefusedError,
    apply_limits,
    encode_message,
    limits_for,
    read_message,
)
from batchcreate.workbooks.stamps import read_stamp
from batchcreate.workbooks.tables import (
    HEAD_ROWS,
    Book,
    ColumnsToRead,
    RowGroup,
    Table,
    has_cells,
    head_texts,
    to_chunks,
)
from batchcreate.workbooks.unnamed_columns import unnamed_cells
from batchcreate.workbooks.untrusted import Package, SharedFile
from batchcreate.workbooks.xlsx import XlsxBook

_TOO_MUCH_MEMORY: Final = (
    f"needs far more memory than expected for its size. It is damaged or malicious. {COPY}"
)
_WAITING_MAX: Final = 2
_EXIT_ORPHANED: Final = 3
_GRACE_S: Final = 0.5


class WorkbookServer:
    """
    Answers requests about one workbook.

    Args:
        file: the workbook.
        limits: for its size.
        uses_calamine: False if .xlsx sheets must be read without calamine.

    """

    def __init__(self, file: SharedFile, limits: Limits, *, uses_calamine: bool) -> None:
        self._file = file
        self._limits = limits
        self._uses_calamine = uses_calamine
        self._book: Book
        self._table: Table
        self._groups: Iterator[RowGroup]

    def respond(self, request: Message) -> Iterator[Message]:
        """
        Yield the responses to *request*.

        Raises:
            RefusedError: the workbook is not read.

        """
        match request:
            case {"request": "sheets"}:
                yield self._sheets()
            case {"request": "head", "sheet": index, "chunk_rows": chunk_rows}:
                yield self._head(index, chunk_rows)
            case {"request": "rows"}:
                yield from self._rows(request)
            case _:
                yield {"refused": "unknown request."}

    def _sheets(self) -> Message:
        file_type = detect_file_type(self._file, self._limits)
        self._book = self._open(file_type)
        sheets = [[sheet.name, sheet.is_visible] for sheet in self._book.sheets]
        if len(sheets) > SHEETS_MAX:
            text = f"has {len(sheets):,} sheets; the maximum is {SHEETS_MAX:,}. {COPY}"
            raise RefusedError(text)
        stamp = read_stamp(self._file, self._limits, file_type)
        return {"file_type": file_type.value, "sheets": sheets, "stamp": stamp}

    def _open(self, file_type: FileType) -> Book:
        if file_type is FileType.XLSX:
            return XlsxBook(self._file, self._limits, uses_calamine=self._uses_calamine)
        if file_type is FileType.XLSB:
            return open_xlsb(self._file, self._limits)
        if file_type is FileType.ODS:
            return OdsBook(Package(self._file, self._limits))
        return open_xls(self._file)

    def _head(self, index: int, chunk_rows: int) -> Message:
        self._table = self._book.table(index, chunk_rows)
        read: list[RowGroup] = []
        is_blank = True
        for group in self._table.groups:
            is_blank = not has_cells(group)
            if not read or not is_blank:
                read.append(group)
            if not is_blank:
                break
        self._groups = chain(read, self._table.groups)
        return {
            "head": _displayed(read[0], self._table.merges) if read else [],
            "is_blank": is_blank,
            "merges": [
                [merge.top, merge.left, merge.right]
                for merge in self._table.merges
                if merge.top <= HEAD_ROWS and merge.left < merge.right
            ],
            "hidden_columns": self._table.marks.columns,
        }

    def _rows(self, request: Message) -> Iterator[Message]:
        merged = MergedCells(self._table.merges)
        after = request["after"]
        read = ColumnsToRead(
            columns=request["columns"],
            ignored=request.get("ignored"),
            cut=request.get("cut", ()),
        )
        for group in self._groups:
            chunks = to_chunks(
                group, read, after=after, merged=merged, chunk_rows=request["chunk_rows"]
            )
            unnamed = unnamed_cells(
                group, after=after, named=request.get("named"), covered=request.get("covered", ())
            )
            for chunk in chunks:
                yield {
                    "numbers": chunk.numbers,
                    "columns": chunk.columns,
                    **unnamed.take(chunk.numbers[-1]),
                    **self._table.marks.take(chunk.numbers, partial(_cells_of, group)),
                }
        yield {"is_end": True}


def _displayed(group: RowGroup, merges: Sequence[MergedRange]) -> list[list[str]]:
    """Return the texts of the first rows of *group*, without those of covered cells."""
    texts = head_texts(group, HEAD_ROWS)
    for merge in merges:
        for row in range(merge.top - 1, min(merge.bottom, len(texts))):
            start = merge.left + (row == merge.top - 1)
            end = min(merge.right + 1, len(texts[row]))
            texts[row][start:end] = [""] * (end - start)
    return texts


def _cells_of(group: RowGroup, number: int) -> Mapping[int, Cell]:
    return group.row(bisect_left(group.numbers, number))


def respond(server: WorkbookServer, request: Message) -> Iterator[Message]:
    """Yield the responses of *server* to *request*; the last one may be a refusal."""
    try:
        yield from server.respond(request)
    except RefusedError as refusal:
        yield {"refused": str(refusal)}
    except MemoryError:
        yield {"refused": _TOO_MUCH_MEMORY}


class RequestReader:
    """
    Reads the requests of the parent in a separate thread.

    The thread ends the process as soon as the parent closes the stream, even in the middle of a
    response.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._requests: SimpleQueue[Message | None] = SimpleQueue()
        self._is_idle = threading.Event()
        threading.Thread(target=self._read, daemon=True).start()

    def __iter__(self) -> Iterator[Message]:
        """Yield the requests until the parent closes the stream."""
        self._is_idle.set()
        while request := self._requests.get():
            self._is_idle.clear()
            yield request
            self._is_idle.set()

    def _read(self) -> None:
        try:
            while True:
                self._requests.put(read_message(self._read_exactly))
        except EOFError:
            if not self._is_idle.wait(_GRACE_S):
                os._exit(_EXIT_ORPHANED)
            self._requests.put(None)

    def _read_exactly(self, count: int) -> bytes:
        content = self._stream.read(count)
        if len(content) < count:
            raise EOFError
        return content


class AnswerWriter:
    """Writes responses in a separate thread, while the next response is prepared."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._waiting: Queue[bytes] = Queue(_WAITING_MAX)
        self._thread = threading.Thread(target=self._write_all, daemon=True)

    def __enter__(self) -> Self:
        """Start the thread."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Wait until all responses are written."""
        self._waiting.put(b"")
        self._thread.join()

    def write(self, response: Message) -> None:
        """Write *response* after the earlier ones."""
        self._waiting.put(encode_message(response))

    def _write_all(self) -> None:
        try:
            while content := self._waiting.get():
                self._stream.write(content)
                self._stream.flush()
        except BrokenPipeError:
            os._exit(_EXIT_ORPHANED)


def main(arguments: Sequence[str]) -> None:
    """
    Answer the parent's requests until it closes standard input.

    Args:
        arguments: the descriptor of the workbook, and `NO_CALAMINE` or nothing.

    """
    descriptor, *options = arguments
    file = SharedFile(int(descriptor))
    limits = limits_for(file.size_bytes)
    apply_limits(cpu_s=limits.cpu_s, memory_bytes=limits.memory_bytes)
    # Reference cycles are rare here, and the collector takes a fifth of the time.
    gc.disable()
    server = WorkbookServer(file, limits, uses_calamine=NO_CALAMINE not in options)
    with AnswerWriter(sys.stdout.buffer) as writer:
        for request in RequestReader(sys.stdin.buffer):
            for response in respond(server, request):
                writer.write(response)
