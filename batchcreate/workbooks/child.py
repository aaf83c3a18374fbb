"""The child's side: opens the workbook that it is given and answers for its sheets."""

import gc
import resource
import sys
from collections.abc import Iterator
from itertools import chain
from typing import Final

from batchcreate.workbooks.batches import Batch, has_cells, head
from batchcreate.workbooks.binary import open_xls, open_xlsb
from batchcreate.workbooks.blocks import Covering, cut
from batchcreate.workbooks.content import Format, format_of
from batchcreate.workbooks.frames import Value
from batchcreate.workbooks.limits import SHEETS_MAX, Limits, limits_for
from batchcreate.workbooks.ods import OdsBook
from batchcreate.workbooks.package import Package
from batchcreate.workbooks.refusal import COPY, Refusal
from batchcreate.workbooks.source import Source
from batchcreate.workbooks.streams import Requests, Voice
from batchcreate.workbooks.tables import HEAD_ROWS, Book, Table
from batchcreate.workbooks.xlsx import XlsxBook

CAREFUL: Final = "careful"
"""Said to a child that shall do without calamine where it can."""

_TOO_MUCH_MEMORY: Final = f"needs far more memory than a workbook of its size should. It is damaged or made to do harm. {COPY}"


class Desk:
    """Answers for one workbook."""

    def __init__(self, source: Source, limits: Limits, *, is_careful: bool) -> None:
        self._source = source
        self._limits = limits
        self._is_careful = is_careful
        self._book: Book
        self._table: Table
        self._batches: Iterator[Batch]

    def answers(self, request: Value) -> Iterator[Value]:
        """Yield what there is to say to *request*."""
        match request:
            case {"ask": "sheets"}:
                yield self._sheets()
            case {"ask": "head", "sheet": index, "chunk_rows": chunk_rows}:
                yield self._head(index, chunk_rows)
            case {"ask": "rows", "columns": columns, "after": after, "chunk_rows": chunk_rows}:
                covering = Covering(self._table.merges)
                for batch in self._batches:
                    for block in cut(
                        batch,
                        columns=columns,
                        after=after,
                        covering=covering,
                        chunk_rows=chunk_rows,
                    ):
                        yield {"numbers": block.numbers, "columns": block.columns}
                yield {"is_end": True}
            case _:
                yield {"refused": "does not answer this question."}

    def _sheets(self) -> Value:
        found = format_of(self._source, self._limits)
        self._book = self._opened(found)
        sheets = [[sheet.name, sheet.is_visible] for sheet in self._book.sheets]
        if len(sheets) > SHEETS_MAX:
            text = f"has {len(sheets):,} sheets, and more than {SHEETS_MAX:,} are not read. {COPY}"
            raise Refusal(text)
        return {"format": found.value, "sheets": sheets}

    def _opened(self, found: Format) -> Book:
        match found:
            case Format.XLSX:
                return XlsxBook(self._source, self._limits, is_careful=self._is_careful)
            case Format.XLSB:
                return open_xlsb(self._source, self._limits)
            case Format.ODS:
                return OdsBook(Package(self._source, self._limits))
            case Format.XLS:
                return open_xls(self._source)

    def _head(self, index: int, chunk_rows: int) -> Value:
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


def answer(request: Value, desk: Desk) -> Iterator[Value]:
    """Yield the answers of *desk* to *request*, and why there are no more."""
    try:
        yield from desk.answers(request)
    except Refusal as refusal:
        yield {"refused": str(refusal)}
    except MemoryError:
        yield {"refused": _TOO_MUCH_MEMORY}


def main() -> None:
    """Answer the parent's requests until there are no more."""
    # Nothing here makes circles that matter, and looking for them takes a fifth of the time.
    gc.disable()
    source = Source(int(sys.argv[2]))
    limits = limits_for(source.size_bytes)
    _lower(limits)
    desk = Desk(source, limits, is_careful=CAREFUL in sys.argv)
    with Voice(sys.stdout.buffer) as voice:
        for request in Requests(sys.stdin.buffer):
            for said in answer(request, desk):
                voice.say(said)


def _lower(limits: Limits) -> None:
    for kind, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, limits.cpu_s),
        (resource.RLIMIT_AS, limits.memory_bytes),
    ):
        _, hard = resource.getrlimit(kind)
        soft = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (soft, hard))
