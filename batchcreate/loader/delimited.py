"""Text files through pandas' C parser, piece by piece; a cell is never moved into another column."""

import csv
import io
from collections.abc import Iterator
from typing import BinaryIO, Final

from batchcreate.errors import LoadError
from batchcreate.loader import headers
from batchcreate.loader.dialect import DELIMITERS, Dialect, find_dialect
from batchcreate.loader.encoding import find_encoding
from batchcreate.loader.options import LoadOptions, Tell
from batchcreate.loader.records import BrokenRecordError, allow_long_cells, line_breaks, pieces
from batchcreate.loader.source import BLOCK_BYTES, Source
from batchcreate.loader.table import Columns, cut, is_blank, wanted
from batchcreate.models import Chunk

COLUMNS_MAX: Final = 500
"""Of more columns than these the parser makes hard work."""

CELLS_MAX: Final = 8_000_000
"""How many cells may be in memory at once, those counted that short rows leave out."""

_MARK: Final = "\ufeff".encode()


def read_delimited(
    file: BinaryIO,
    *,
    label: str,
    options: LoadOptions,
    tell: Tell,
    block_bytes: int = BLOCK_BYTES,
) -> Iterator[Chunk]:
    """
    Give the rows of a text file in chunks.

    Args:
        file: open for reading, at any place.
        label: what reports call it.
        options: how to read it, as far as it is not found out.
        tell: hears how it is read, before its first rows.
        block_bytes: how much of it is read at once.

    Raises:
        LoadError: it is no text, has no usable headings or a row does not fit them.

    """
    encoding = find_encoding(file, label=label, options=options)
    source = Source(file, label, encoding, block_bytes=block_bytes)
    head = source.head()
    _refuse_nul(head.encode(), label, line=1)
    dialect = find_dialect(head, label=label, options=options)
    tell(headers.layout(dialect.header, encoding=encoding, delimiter=dialect.delimiter))
    rows = _Rows(dialect, chunk_rows=options.chunk_rows)
    try:
        for piece in pieces(source.blocks(skip_chars=dialect.chars), dialect.delimiter):
            _refuse_nul(piece, label, line=rows.line)
            yield from rows.chunks(piece)
    except BrokenRecordError as error:
        where = rows.place(rows=error.rows, lines=error.lines)
        message = f"{where}: {error}"
        raise LoadError(message) from error


class _Rows:
    """The rows below the headings of one file, and how far they were given."""

    def __init__(self, dialect: Dialect, *, chunk_rows: int) -> None:
        self._header = dialect.header
        self._delimiter = dialect.delimiter
        self._chunk_rows = chunk_rows
        self._wanted = wanted(dialect.header)
        self._row = dialect.header.number + 1
        self.line = dialect.lines + 1

    def place(self, *, rows: int, lines: int) -> str:
        """Name the row so many *rows* and *lines* below the next one to be given."""
        row, line = self._row + rows, self.line + lines
        where = f"{self._header.file}, row {row}"
        return where if line == row else f"{where} (line {line})"

    def chunks(self, piece: bytes) -> Iterator[Chunk]:
        """
        Give the rows of *piece*, which follows what was given before.

        Raises:
            LoadError: a row has more cells than there are headings.

        """
        breaks = line_breaks(piece)
        columns = self._at_once(piece, breaks + 1) or self._row_by_row(piece)
        for start in range(0, columns.rows, self._chunk_rows):
            part = columns.part(start, start + self._chunk_rows)
            if chunk := cut(part, header=self._header, first_number=self._row + start):
                yield chunk
        self._row += columns.rows
        self.line += breaks

    def _at_once(self, piece: bytes, lines: int) -> Columns | None:
        """Return the cells of *piece*, which has so many *lines*; nothing if they do not fit."""
        # One column more than there are headings catches a surplus cell.
        width = self._header.width + 1
        if width > COLUMNS_MAX or width * lines > CELLS_MAX:
            return None
        *columns, surplus = _parsed(piece, self._delimiter, width) or [["surplus"]]
        if any(surplus):
            return None
        others = [texts for at, texts in enumerate(columns) if at not in self._wanted]
        cells = {index: columns[index] for index in self._wanted}
        return Columns(cells=cells, others=others, rows=len(surplus))

    def _row_by_row(self, piece: bytes) -> Columns:
        """Return the cells of *piece*, whose rows may differ in length."""
        lines = io.TextIOWrapper(io.BytesIO(piece), encoding="utf-8", newline="")
        allow_long_cells()
        reader = csv.reader(lines, delimiter=self._delimiter)
        width = self._header.width
        rows: list[tuple[str, ...]] = []
        breaks = 0
        for cells in reader:
            # Cells without a heading disturb nobody as long as nothing stands in them.
            if not all(map(is_blank, cells[width:])):
                where = self.place(rows=len(rows), lines=breaks)
                raise LoadError(_too_wide(where, len(cells), width, self._delimiter))
            texts = [cells[index] if index < len(cells) else "" for index in self._wanted]
            rows.append((*texts, "".join(cells)))
            breaks = reader.line_num
        *columns, everything = zip(*rows, strict=True)
        by_index = dict(zip(self._wanted, columns, strict=True))
        return Columns(cells=by_index, others=[everything], rows=len(rows))


def _parsed(piece: bytes, delimiter: str, width: int) -> list[list[str]]:
    """Return the cells of *piece* column by column; nothing if a row has more than *width*."""
    import pandas as pd

    # The parser takes a mark for one of its own where its input begins.
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
    # Where all rows have more cells, the first of them become an index.
    if not isinstance(frame.index, pd.RangeIndex):
        return []
    return [frame[index].to_list() for index in frame]


def _too_wide(where: str, cells: int, width: int, delimiter: str) -> str:
    name = DELIMITERS.get(delimiter, repr(delimiter))
    return (
        f"{where}: there are {cells} cells but {width} headings. The cells are parted by {name};"
        " a cell that holds one needs quotation marks around it."
    )


def _refuse_nul(text: bytes, label: str, *, line: int) -> None:
    at = text.find(b"\0")
    if at >= 0:
        message = (
            f"{label}: line {line + line_breaks(text[:at])} holds a NUL byte, so this is no text"
            " or a damaged one. Save the spreadsheet again as 'CSV UTF-8' or as .xlsx."
        )
        raise LoadError(message)
