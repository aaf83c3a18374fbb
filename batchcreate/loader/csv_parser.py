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
        width = self.header.width
        frame = None
        if not piece.wrong and not after_return and width == self._width():
            frame = _parse(piece.text, self.delimiter)
        if frame is not None and frame.shape[1] == width:
            number_rows(frame, first)
            if piece.text.count(self.line_end.encode()) == len(frame):
                yield Table(frame=frame)
                return
        piece.text.decode()  # the parser rejects invalid text like rows of different lengths
        shapes = Shapes.of(piece.text, self.delimiter, after_return=after_return)
        if frame is not None and frame.shape[1] == width and not self._has_returns(shapes):
            yield Table(frame=frame, has_inner_breaks=shapes.has_inner_breaks)
            return
        wrong = _by_row(piece.wrong, shapes)
        for rows in shapes.parts(self._width()):
            yield self._table(shapes, rows, first, wrong)

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
        frame = _parse(text, self.delimiter)
        if frame is None or frame.shape != (len(rows), width):
            frame = _parse_singly(text, self.delimiter)
        number_rows(frame, first + rows.start)
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


def number_rows(frame: "DataFrame", first: int) -> None:
    """Number the rows of *frame*, starting with *first*."""
    import pandas as pd

    frame.index = pd.RangeIndex(first, first + len(frame))


def _by_row(wrong: Sequence[WrongMark], shapes: Shapes) -> Mapping[int, WrongMark]:
    """Return the rows in *wrong* by their positions."""
    positions = shapes.starts.searchsorted([each.offset for each in wrong])
    return dict(zip(positions.tolist(), wrong, strict=True))


def _parse(text: bytes, delimiter: str) -> "DataFrame | None":
    """Return the cells of *text*, or None if the rows have different numbers of cells."""
    import pandas as pd

    # The parser removes a byte order mark at the beginning of its input, here part of a cell.
    marked = _MARK + text if text.startswith(_MARK) else text
    try:
        return pd.read_csv(
            io.BytesIO(marked),
            engine="pyarrow",
            sep=delimiter,
            header=None,
            dtype=str,
            keep_default_na=False,
            skip_blank_lines=False,
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError):
        return None


def _parse_singly(text: bytes, delimiter: str) -> "DataFrame":
    """Return the cells of *text*, whose rows are too long for the blocks of Arrow."""
    import pandas as pd

    remove_field_limit()
    lines = io.TextIOWrapper(io.BytesIO(text), encoding="utf-8", newline="")
    return pd.DataFrame(csv.reader(lines, delimiter=delimiter), dtype="str")
