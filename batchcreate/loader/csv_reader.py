"""Reader of text files: chunks of rows, parsed by pandas; no cell moves to another column."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import BinaryIO, Final

from batchcreate.errors import LoadError
from batchcreate.frames import ORIGIN, Chunk, to_frame
from batchcreate.loader.csv_format import DELIMITERS, Dialect, find_dialect, find_encoding
from batchcreate.loader.csv_records import (
    BLOCK_BYTES,
    MalformedRecordError,
    TextSource,
    line_breaks,
    remove_field_limit,
    whole_records,
)
from batchcreate.loader.header import Header
from batchcreate.loader.inputs import LoadEvent, LoadOptions
from batchcreate.text import is_blank

COLUMNS_MAX: Final = 500
"""Maximum number of columns for the C parser, which is slow for more."""

CELLS_MAX: Final = 8_000_000
"""Maximum number of cells in memory, the missing cells of short rows included."""

_MARK: Final = "\ufeff".encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """
    Cells of consecutive rows, column by column, with one cell per row in each list.

    Attributes:
        cells: the columns that are read, by their positions in the sheet.
        others: the other columns, which decide if a row is blank.
        rows: number of rows.

    """

    cells: Mapping[int, Sequence[str]]
    others: Sequence[Sequence[str]]
    rows: int

    def part(self, start: int, end: int) -> "Columns":
        """Return the rows from position *start* up to position *end*, excluded."""
        return Columns(
            cells={index: texts[start:end] for index, texts in self.cells.items()},
            others=[texts[start:end] for texts in self.others],
            rows=min(end, self.rows) - start,
        )

    def to_chunk(self, *, header: Header, first_number: int) -> Chunk | None:
        """
        Return the rows as a chunk without the blank ones, or None if all of them are blank.

        Args:
            header: the header row of the sheet.
            first_number: row number of the first row.

        """
        is_kept = self._not_blank(self.cells[header.columns["task_name"].index])
        if not any(is_kept):
            return None
        is_whole = all(is_kept)
        texts = {
            index: cells if is_whole else list(compress(cells, is_kept))
            for index, cells in self.cells.items()
        }
        cells = {name: texts[column.index] for name, column in header.columns.items()}
        if header.origin is not None:
            cells[ORIGIN] = texts[header.origin]
        numbers = compress(range(first_number, first_number + self.rows), is_kept)
        return Chunk(
            file=header.file,
            sheet=header.sheet,
            columns=header.columns,
            frame=to_frame(cells, numbers),
        )

    def _not_blank(self, names: Sequence[str]) -> Sequence[bool]:
        is_kept = [True] * self.rows
        if all(map(str.strip, names)):
            return is_kept
        blank = [at for at, text in enumerate(map(str.strip, names)) if not text]
        for texts in (*self.cells.values(), *self.others):
            blank = [at for at in blank if is_blank(texts[at])]
        for at in blank:
            is_kept[at] = False
        return is_kept


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
    encoding = find_encoding(file, label=label, options=options)
    source = TextSource(file, label, encoding, block_bytes=block_bytes)
    head = source.head()
    _require_no_nul(head.encode(), label, line=1)
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


class _Rows:
    """The rows below the header row of one file, and the position reached in it."""

    def __init__(self, dialect: Dialect, *, chunk_rows: int) -> None:
        self._header = dialect.header
        self._delimiter = dialect.delimiter
        self._chunk_rows = chunk_rows
        self._wanted = dialect.header.wanted()
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
        columns = self._parse_columns(piece, breaks + 1) or self._parse_rows(piece)
        for start in range(0, columns.rows, self._chunk_rows):
            part = columns.part(start, start + self._chunk_rows)
            if chunk := part.to_chunk(header=self._header, first_number=self._row + start):
                yield chunk
        self._row += columns.rows
        self.line += breaks

    def _parse_columns(self, piece: bytes, lines: int) -> Columns | None:
        """Return the cells of *piece*, which has *lines*, or None if a row is too wide."""
        # One column more than there are headings receives a surplus cell.
        width = self._header.width + 1
        if width > COLUMNS_MAX or width * lines > CELLS_MAX:
            return None
        *columns, surplus = _parse(piece, self._delimiter, width) or [["surplus"]]
        if any(surplus):
            return None
        others = [texts for at, texts in enumerate(columns) if at not in self._wanted]
        cells = {index: columns[index] for index in self._wanted}
        return Columns(cells=cells, others=others, rows=len(surplus))

    def _parse_rows(self, piece: bytes) -> Columns:
        """Return the cells of *piece*, whose rows may differ in length."""
        lines = io.TextIOWrapper(io.BytesIO(piece), encoding="utf-8", newline="")
        remove_field_limit()
        reader = csv.reader(lines, delimiter=self._delimiter)
        width = self._header.width
        rows: list[tuple[str, ...]] = []
        breaks = 0
        for cells in reader:
            # Blank cells without a heading are harmless.
            if not all(map(is_blank, cells[width:])):
                where = self.location(rows=len(rows), lines=breaks)
                raise LoadError(_too_wide(where, len(cells), width, self._delimiter))
            texts = [cells[index] if index < len(cells) else "" for index in self._wanted]
            rows.append((*texts, "".join(cells)))
            breaks = reader.line_num
        *columns, all_cells = zip(*rows, strict=True)
        by_index = dict(zip(self._wanted, columns, strict=True))
        return Columns(cells=by_index, others=[all_cells], rows=len(rows))


def _parse(piece: bytes, delimiter: str, width: int) -> list[list[str]]:
    """Return the cells of *piece* column by column; nothing if a row has more than *width*."""
    import pandas as pd

    # The parser removes a byte order mark at the beginning of its input, here part of a cell.
    text = _MARK + piece if piece.startswith(_MARK) else piece
    try:
        frame = pd.read_csv(
            io.BytesIO(text),
            engine="c",
            sep=delimiter,
            header=None,
            names=range(width),
            dtype=object,
            na_filter=False,
            skip_blank_lines=False,
        )
    except pd.errors.ParserError:
        return []
    # If all rows are too wide, pandas uses the first columns as the index.
    if not isinstance(frame.index, pd.RangeIndex):
        return []
    return [frame[index].to_list() for index in frame]


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
