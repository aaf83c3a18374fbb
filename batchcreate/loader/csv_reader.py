"""Reader of text files: chunks of rows with the cells as typed, and the problems of rows."""

import re
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, BinaryIO

from batchcreate.errors import LoadError
from batchcreate.frames import Chunk, matches
from batchcreate.loader.csv_dialect import Dialect, find_dialect, unknown_headings
from batchcreate.loader.csv_format import find_encoding, has_known_headings
from batchcreate.loader.csv_parser import RowParser, Table
from batchcreate.loader.csv_records import (
    BLOCK_BYTES,
    HEAD_BYTES,
    LongRowError,
    Piece,
    TextSource,
    whole_rows,
)
from batchcreate.loader.hidden_rows import unfixed_problems
from batchcreate.loader.inputs import LoadEvent, LoadOptions
from batchcreate.loader.split_rows import SplitRows, enclosed_rows, split_lists
from batchcreate.models import RowProblem

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from pandas import DataFrame, Series

_VISIBLE = "[!-~]"
_QUOTED = re.compile('"[^"]*"')


def read_csv(
    file: BinaryIO, *, label: str, options: LoadOptions, block_bytes: int = BLOCK_BYTES
) -> Iterator[LoadEvent]:
    """
    Yield the layout of a text file and its rows in chunks.

    Args:
        file: open for reading, at any position.
        label: the label of the file.
        options: how to read it, as far as this is not detected.
        block_bytes: number of bytes that are read at once.

    Raises:
        LoadError: the file is not text, has no usable header row, or a row does not end.

    """
    try:
        encoding = find_encoding(file, label=label, options=options)
        source = TextSource(file, label, encoding, block_bytes=block_bytes)
        head = source.head()
        _require_no_nul(source, head.encode(), 0, skip_chars=0)
    except LoadError:
        _require_known_headings(file, label, options)
        raise
    dialect = find_dialect(head, label=label, options=options)
    yield dialect.header.layout(encoding=encoding, delimiter=dialect.delimiter)
    rows = _Rows(dialect, line_end=_line_end(head), chunk_rows=options.chunk_rows)
    blocks = _blocks(source, skip_chars=dialect.chars)
    try:
        for piece in whole_rows(blocks, dialect.delimiter):
            yield from rows.chunks(piece)
    except LongRowError as error:
        line = source.line(error.offset, skip_chars=dialect.chars)
        where = f"row {rows.next}" if line == rows.next else f"row {rows.next} (line {line})"
        message = f"{label}, {where}: {error}"
        raise LoadError(message) from error
    except UnicodeDecodeError:
        source.require_valid()
    yield from rows.last_chunks()


def _require_known_headings(file: BinaryIO, label: str, options: LoadOptions) -> None:
    """Report unknown headings in preference to an unreadable cell in a later row."""
    file.seek(0)
    head = file.read(HEAD_BYTES).removeprefix(BOM_UTF8)
    if has_known_headings(head, options):
        return
    if message := unknown_headings(head.decode("ascii", "replace"), label=label, options=options):
        raise LoadError(message)


def _line_end(head: str) -> str:
    """Return the last character of most line breaks in *head* outside of quoted cells."""
    text = _QUOTED.sub("", head)
    feeds = text.count("\n")
    return "\r" if text.count("\r") - text.count("\r\n") > feeds else "\n"


def _blocks(source: TextSource, *, skip_chars: int) -> Iterator[bytes]:
    offset = 0
    for block in source.blocks(skip_chars=skip_chars):
        _require_no_nul(source, block, offset, skip_chars=skip_chars)
        yield block
        offset += len(block)


def _require_no_nul(source: TextSource, text: bytes, offset: int, *, skip_chars: int) -> None:
    at = text.find(b"\0")
    if at >= 0:
        line = source.line(offset + at, skip_chars=skip_chars)
        message = (
            f"{source.label}: line {line} contains a NUL byte, so the file is binary or damaged."
            " Save the spreadsheet again as 'CSV UTF-8' or as .xlsx."
        )
        raise LoadError(message)


class _Rows:
    """
    The rows below the header row of one file.

    Attributes:
        next: number of the first row that was not read.

    """

    def __init__(self, dialect: Dialect, *, line_end: str, chunk_rows: int) -> None:
        self._header = dialect.header
        self._parser = RowParser(
            header=dialect.header, delimiter=dialect.delimiter, line_end=line_end
        )
        self._chunk_rows = chunk_rows
        self._split = SplitRows(dialect.header)
        self._tables: list[Table] = []
        self._problems: dict[int, RowProblem] = {}
        self._after_return = False
        self.next = dialect.header.number + 1

    def chunks(self, piece: Piece) -> Iterator[Chunk]:
        """Yield the rows up to the end of *piece*, except those that its next rows may continue."""
        after_return, self._after_return = self._after_return, self._ends_with_return(piece)
        for table in self._parser.tables(piece, self.next, after_return=after_return):
            self.next += len(table.frame)
            self._tables.append(table)
            self._add_problems(table.problems)
            if table.has_inner_breaks:
                self._add_problems(enclosed_rows(table, self._header, self._parser.delimiter))
            self._add_problems(self._split.add(table))
            while self._tables[0].frame.index[-1] < (self._split.first or 0):
                yield from self._table_chunks(self._tables.pop(0))

    def _ends_with_return(self, piece: Piece) -> bool:
        return self._parser.line_end == "\n" and piece.text.endswith(b"\r")

    def last_chunks(self) -> Iterator[Chunk]:
        """Yield the remaining rows."""
        self._add_problems(self._split.finish())
        for table in self._tables:
            yield from self._table_chunks(table)

    def _add_problems(self, problems: Iterable[RowProblem]) -> None:
        for problem in problems:
            self._problems.setdefault(problem.number, problem)

    def _table_chunks(self, table: Table) -> Iterator[Chunk]:
        for start in range(0, len(table.frame), self._chunk_rows):
            frame = table.frame.iloc[start : start + self._chunk_rows]
            blank = blank_rows(self._own_cells(frame), self._header.columns["task_name"].index)
            if blank.size:
                numbers = frame.index[blank].difference(list(table.filled))
                frame = frame.drop(index=numbers)
            if len(frame):
                yield self._chunk(frame, {} if start else table.beyond)

    def _own_cells(self, frame: "DataFrame") -> "DataFrame":
        """Return *frame* without the column that a to-fix file adds."""
        added = self._header.added
        return frame if added is None else frame.drop(columns=added)

    def _chunk(self, frame: "DataFrame", beyond: Mapping[int, int]) -> Chunk:
        header = self._header
        counts = {
            index: count_filled(frame[index]) for index in header.unnamed() if index in frame
        }
        return Chunk(
            file=header.file,
            sheet=header.sheet,
            columns=header.columns,
            frame=frame[list(header.wanted())].set_axis(header.names(), axis="columns"),
            problems=self._chunk_problems(frame),
            unnamed={index: count for index, count in (counts | dict(beyond)).items() if count},
        )

    def _chunk_problems(self, frame: "DataFrame") -> list[RowProblem]:
        last = frame.index[-1]
        numbers = sorted(number for number in self._problems if number <= last)
        problems = [self._problems.pop(number) for number in numbers]
        at = self._header.list_column
        if at is not None and at + 1 < self._header.width and at + 1 != self._header.added:
            column = self._header.column(at + 1)
            problems += split_lists(frame[at], frame[at + 1], column)
            problems.sort(key=_number)
        if (added := self._header.added) is not None:
            unfixed = unfixed_problems(frame.index.tolist(), frame[added].tolist(), added)
            problems = sorted([*problems, *unfixed], key=_number)
        return problems


def _number(problem: RowProblem) -> int:
    return problem.number


def blank_rows(frame: "DataFrame", first: int) -> "NDArray[np.intp]":
    """
    Return the positions of the rows whose cells are all blank.

    Args:
        frame: cells by column position.
        first: position of the column that is rarely blank, which is looked at first.

    """
    blank = (~matches(frame[first], _VISIBLE)).nonzero()[0]
    for index in frame if blank.size else ():
        texts = frame[index].iloc[blank]
        if not (texts == "").all():
            blank = blank[(texts.str.strip() == "").to_numpy()]
        if not blank.size:
            break
    return blank


def count_filled(texts: "Series[str]") -> int:
    """Return the number of *texts* that are not blank."""
    filled = texts[texts != ""]
    return int((filled.str.strip() != "").sum()) if len(filled) else 0
