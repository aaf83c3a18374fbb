"""Reader of text files: chunks of rows, parsed by pandas; no cell moves to another column."""

import csv
import io
from codecs import BOM_UTF8
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

from batchcreate.errors import LoadError
from batchcreate.frames import ORIGIN, Chunk
from batchcreate.loader.csv_dialect import DELIMITERS, Dialect, find_dialect, unknown_headings
from batchcreate.loader.csv_format import find_encoding, has_known_headings
from batchcreate.loader.csv_parser import (
    blank_rows,
    count_filled,
    parse,
    pd_range,
    to_text_frame,
)
from batchcreate.loader.csv_records import (
    BLOCK_BYTES,
    HEAD_BYTES,
    MalformedRecordError,
    TextSource,
    line_breaks,
    remove_field_limit,
    whole_records,
)
from batchcreate.loader.inputs import LoadEvent, LoadOptions
from batchcreate.text import is_blank

if TYPE_CHECKING:
    from pandas import DataFrame


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
        LoadError: the file is not text, has no usable header row, or a row does not fit it.

    """
    try:
        encoding = find_encoding(file, label=label, options=options)
        source = TextSource(file, label, encoding, block_bytes=block_bytes)
        head = source.head()
        _require_no_nul(head.encode(), label, line=1)
    except LoadError:
        _require_known_headings(file, label, options)
        raise
    dialect = find_dialect(head, label=label, options=options)
    yield dialect.header.layout(encoding=encoding, delimiter=dialect.delimiter)
    rows = _Rows(dialect, chunk_rows=options.chunk_rows)
    try:
        for piece in whole_records(source.blocks(skip_chars=dialect.chars), dialect.delimiter):
            _require_no_nul(piece, label, line=rows.line)
            yield from rows.chunks(piece)
    except MalformedRecordError as error:
        where = rows.location(rows=error.rows, lines=error.lines)
        message = f"{where}: {error}"
        raise LoadError(message) from error


def _require_known_headings(file: BinaryIO, label: str, options: LoadOptions) -> None:
    """Report unknown headings in preference to an unreadable cell in a later row."""
    file.seek(0)
    head = file.read(HEAD_BYTES).removeprefix(BOM_UTF8)
    if has_known_headings(head, options):
        return
    if message := unknown_headings(head.decode("ascii", "replace"), label=label, options=options):
        raise LoadError(message)


class _Rows:
    """The rows below the header row of one file, and the position reached in it."""

    def __init__(self, dialect: Dialect, *, chunk_rows: int) -> None:
        self._header = dialect.header
        self._delimiter = dialect.delimiter
        self._chunk_rows = chunk_rows
        self._row = dialect.header.number + 1
        self.line = dialect.lines + 1

    def location(self, *, rows: int, lines: int) -> str:
        """Return the name of the row that is *rows* and *lines* below the position reached."""
        row, line = self._row + rows, self.line + lines
        where = f"{self._header.file}, row {row}"
        return where if line == row else f"{where} (line {line})"

    def chunks(self, piece: bytes) -> Iterator[Chunk]:
        """
        Yield the rows of *piece*, which follows the previous one.

        Raises:
            LoadError: a row has more cells than there are headings.

        """
        breaks = line_breaks(piece)
        frame = parse(piece, self._delimiter, self._header.width)
        if frame is None:
            frame = self._parse_rows(piece)
        count = len(frame)
        frame.index = pd_range(self._row, count)
        for start in range(0, count, self._chunk_rows):
            if chunk := self._chunk(frame.iloc[start : start + self._chunk_rows]):
                yield chunk
        self._row += count
        self.line += breaks

    def _chunk(self, frame: "DataFrame") -> Chunk | None:
        """Return the rows of *frame* as a chunk without the blank ones; None if all are blank."""
        is_blank_row = blank_rows(frame, self._header.columns["task_name"].index)
        if is_blank_row is not None:
            frame = frame[~is_blank_row]
        if frame.empty:
            return None
        header = self._header
        names = [*header.columns, *([ORIGIN] if header.origin is not None else [])]
        unnamed = {index: count_filled(frame[index]) for index in header.unnamed()}
        return Chunk(
            file=header.file,
            sheet=header.sheet,
            columns=header.columns,
            frame=frame[list(header.wanted())].set_axis(names, axis="columns"),
            unnamed={index: count for index, count in unnamed.items() if count},
        )

    def _parse_rows(self, piece: bytes) -> "DataFrame":
        """Return the cells of *piece*, whose rows may differ in length."""
        lines = io.TextIOWrapper(io.BytesIO(piece), encoding="utf-8", newline="")
        remove_field_limit()
        reader = csv.reader(lines, delimiter=self._delimiter)
        width = self._header.width
        rows: list[list[str]] = []
        breaks = 0
        for cells in reader:
            # Blank cells without a heading are harmless.
            if not all(map(is_blank, cells[width:])):
                where = self.location(rows=len(rows), lines=breaks)
                raise LoadError(_too_wide(where, len(cells), width, self._delimiter))
            rows.append([*cells[:width], *[""] * (width - len(cells))])
            breaks = reader.line_num
        return to_text_frame(rows, width)


def _too_wide(where: str, cells: int, width: int, delimiter: str) -> str:
    name = DELIMITERS.get(delimiter, repr(delimiter))
    return (
        f"{where}: {cells} cells, but {width} headings. The separator is {name}; quote cells that"
        " contain it."
    )


def _require_no_nul(text: bytes, label: str, *, line: int) -> None:
    at = text.find(b"\0")
    if at >= 0:
        message = (
            f"{label}: line {line + line_breaks(text[:at])} contains a NUL byte, so the file is"
            " binary or damaged. Save the spreadsheet again as 'CSV UTF-8' or as .xlsx."
        )
        raise LoadError(message)
