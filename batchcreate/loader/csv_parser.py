"""Parser of the rows of a text file, by pandas: DataFrames of text with the cells as typed."""

import csv
import io
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from batchcreate.loader.csv_records import Piece, remove_field_limit
from batchcreate.loader.header import Header
from batchcreate.loader.quotation_marks import WrongMark
from batchcreate.loader.row_shapes import Shapes
from batchcreate.models import Column, RowProblem
from batchcreate.text import is_blank

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from pandas import DataFrame

COLUMNS_MAX: Final = 500
"""Maximum number of columns of which all are parsed, and not only those up to the last known."""

SURPLUS: Final = "row.surplus"
"""Rule of rows with more cells than the header row."""

_MARK: Final = "\ufeff".encode()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Table:
    """
    Consecutive rows of a text file, the blank ones included.

    Attributes:
        frame: the cells by position in the sheet, also the missing cells of short rows; the index
            contains the row numbers.
        counts: numbers of cells of the rows; None if each row has one for each heading.
        is_after_return: True for rows that follow a bare carriage return, unlike most rows; None
            if there are none.
        filled: numbers of rows that are not blank, although their cells in *frame* may be.
        quoted: numbers of rows that are a single cell in quotation marks.
        problems: the problems of the rows, ascending by row number.
        beyond: numbers of filled cells in columns without a heading that *frame* does not contain.
        has_inner_breaks: True if a cell contains a line break.

    """

    frame: "DataFrame"
    counts: "NDArray[np.intp] | None" = None
    is_after_return: "NDArray[np.bool_] | None" = None
    filled: Collection[int] = ()
    quoted: Collection[int] = ()
    problems: Sequence[RowProblem] = ()
    beyond: Mapping[int, int] = field(default_factory=dict)
    has_inner_breaks: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RowParser:
    """
    Parser of the rows below a header row.

    Attributes:
        header: the header row.
        delimiter: the separator of the cells.
        line_end: the last character of the line breaks between the rows.

    """

    header: Header
    delimiter: str
    line_end: str = "\n"

    def tables(self, piece: Piece, first: int, *, after_return: bool = False) -> Iterator[Table]:
        """
        Yield the rows of *piece*.

        Args:
            piece: complete rows.
            first: number of the first row.
            after_return: True if the text before *piece* ends with a bare carriage return.

        Raises:
            UnicodeDecodeError: the text is not UTF-8.

        """
        is_regular = not piece.wrong and not after_return and self.header.width == self._width()
        if is_regular and (table := self._regular_table(piece.text, first)):
            yield table
            return
        piece.text.decode()  # the parser rejects invalid text like rows of different lengths
        shapes = Shapes.of(piece.text, self.delimiter, after_return=after_return)
        wrong = _by_row(piece.wrong, shapes)
        for rows in shapes.parts(self._width()):
            yield self._table(shapes, rows, first, wrong)

    def _regular_table(self, text: bytes, first: int) -> Table | None:
        """Return the rows of *text*, or None if some of them need a closer look."""
        # The parser adds the missing cells of blank rows.
        if text.startswith((b"\n", b"\r")):
            return None
        try:
            frame = _parse(text, self.delimiter, self.header.width, first)
        except ValueError:
            return None
        if text.count(self.line_end.encode()) == len(frame):
            return Table(frame=frame)
        # Without bare carriage returns, the other line breaks are in cells.
        if self.line_end == "\n" and text.count(b"\r") == text.count(b"\r\n"):
            return Table(frame=frame, has_inner_breaks=True)
        return None

    def _width(self) -> int:
        """Return the number of columns to parse; the blank ones of wide sheets are not needed."""
        if self.header.width <= COLUMNS_MAX:
            return self.header.width
        return min(self.header.width, max(self.header.wanted()) + 2)

    def _has_returns(self, shapes: Shapes) -> bool:
        return self.line_end == "\n" and bool(shapes.is_after_return.any())

    def _table(
        self, shapes: Shapes, rows: range, first: int, wrong: Mapping[int, WrongMark]
    ) -> Table:
        width = self._width()
        text = shapes.with_width(rows, width, self.delimiter)
        frame = _parse(text, self.delimiter, width, first + rows.start)
        counts = shapes.counts[rows.start : rows.stop]
        problems: dict[int, RowProblem] = {}
        filled: set[int] = set()
        beyond: Counter[int] = Counter()
        for at in ((counts > width).nonzero()[0] + rows.start).tolist():
            if self._is_blank(shapes.row(at)):
                continue
            filled.add(first + at)
            rest = self._cells(shapes.rest(at, width))
            beyond.update(width + index for index, cell in enumerate(rest) if not is_blank(cell))
            if width + len(rest) > self.header.width:
                problems[at] = self._surplus(first + at, rest)
        for at in wrong.keys() & set(rows):
            problems[at] = self._wrong_mark(first + at, wrong[at])
        returns = shapes.is_after_return[rows.start : rows.stop]
        return Table(
            frame=frame,
            counts=counts,
            is_after_return=returns if self._has_returns(shapes) else None,
            filled=filled | {first + at for at in problems},
            problems=[problems[at] for at in sorted(problems)],
            quoted=self._quoted(shapes, rows, first),
            beyond={index: beyond[index] for index in self.header.unnamed() if index in beyond},
            has_inner_breaks=shapes.has_inner_breaks,
        )

    def _quoted(self, shapes: Shapes, rows: range, first: int) -> Collection[int]:
        counts = shapes.counts[rows.start : rows.stop]
        single = ((counts == 1) & (counts < self.header.width)).nonzero()[0] + rows.start
        return [first + at for at in single.tolist() if shapes.row(at).startswith(b'"')]

    def _is_blank(self, row: bytes) -> bool:
        if b'"' in row:  # a separator in a quoted cell is text
            return all(map(is_blank, self._cells(row)))
        return is_blank(row.replace(self.delimiter.encode(), b"").decode())

    def _cells(self, text: bytes) -> list[str]:
        remove_field_limit()
        lines = io.StringIO(text.decode(), newline="")
        return next(csv.reader(lines, delimiter=self.delimiter), [""])

    def _surplus(self, number: int, rest: Sequence[str]) -> RowProblem:
        headings, width = self.header.width, self._width()
        return RowProblem(
            number=number,
            column=Column(heading="", index=headings),
            rule=SURPLUS,
            value=rest[headings - width],
            facts={"cells": width + len(rest), "headings": headings},
            is_whole_row=True,
        )

    def _wrong_mark(self, number: int, wrong: WrongMark) -> RowProblem:
        return RowProblem(
            number=number,
            column=self.header.column(wrong.index),
            rule=wrong.rule,
            value=wrong.value,
            is_whole_row=True,
        )


def _by_row(wrong: Sequence[WrongMark], shapes: Shapes) -> Mapping[int, WrongMark]:
    """Return the rows in *wrong* by their positions."""
    positions = shapes.starts.searchsorted([each.offset for each in wrong])
    return dict(zip(positions.tolist(), wrong, strict=True))


def _parse(text: bytes, delimiter: str, width: int, first: int) -> "DataFrame":
    """
    Return the cells of *text*; the first row has the number *first*.

    Raises:
        ValueError: a row has another number of cells than *width*, or is not UTF-8.

    """
    import numpy as np
    import pandas as pd
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    # The parser removes a byte order mark at the beginning of its input, here part of a cell.
    marked = _MARK + text if text.startswith(_MARK) else text
    names = [str(index) for index in range(width)]
    table = arrow_csv.read_csv(
        pa.BufferReader(marked),
        arrow_csv.ReadOptions(column_names=names, block_size=len(marked), use_threads=False),
        arrow_csv.ParseOptions(delimiter=delimiter, ignore_empty_lines=False),
        arrow_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.large_string())),
    )
    text_type = pd.StringDtype(na_value=np.nan)
    frame: DataFrame = table.to_pandas(types_mapper=lambda _: text_type)
    frame.index = pd.RangeIndex(first, first + len(frame))
    return frame.set_axis(range(width), axis="columns")
