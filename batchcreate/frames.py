"""DataFrames of input rows: the contract between loader and validator."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import compress
from typing import TYPE_CHECKING, Final, TypeVar

from batchcreate.models import CellKind, Column, RowProblem

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from pandas import DataFrame, Series

_FACTOR: Final = 0x9E3779B97F4A7C15
"""Odd, so that the order of the columns counts in a hash of a row."""

Value = TypeVar("Value")


def other_name(index: int) -> str:
    """Return the name in the frame of the column at position *index*, which has no field."""
    return f"column {index}"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Chunk:
    """
    Consecutive rows of one sheet.

    Attributes:
        file: name of the file in reports.
        sheet: worksheet name, empty for text files.
        columns: columns of known fields, by field name (``task_name`` ...).
        frame: the displayed texts, one column of pandas' ``str`` type for each field. Columns
            without a field, if they are read, have the names of `other_name`. The index contains
            the row numbers, ascending, without blank rows.
        kinds: kinds of the cells that are not text, by field and position in the frame.
        covering: for cells that are merged with a cell above, the text of that cell, and for
            numbers that are displayed in another way, the stored number; by field and position in
            the frame.
        problems: what the loader detected in some of the rows, ascending by row number.
        unnamed: numbers of filled cells below blank headings, by the positions of the columns.
        hidden: numbers of the rows that the sheet hides, ascending.

    """

    file: str
    sheet: str
    columns: Mapping[str, Column]
    frame: "DataFrame"
    kinds: Mapping[str, Mapping[int, CellKind]] = field(default_factory=dict)
    covering: Mapping[str, Mapping[int, str]] = field(default_factory=dict)
    problems: Sequence[RowProblem] = ()
    unnamed: Mapping[int, int] = field(default_factory=dict)
    hidden: Sequence[int] = ()

    @property
    def numbers(self) -> list[int]:
        """The row numbers."""
        return self.frame.index.tolist()

    def fingerprints(self, fields: Sequence[str]) -> list[int]:
        """Return a hash of the texts of each row in the columns of *fields*; missing ones are blank."""
        import numpy as np
        import pandas as pd

        total = np.zeros(len(self.frame), np.uint64)
        for name in fields:
            total *= np.uint64(_FACTOR)
            if name in self.frame:
                column = self.frame[name]
                hashes = pd.util.hash_pandas_object(column, index=False).to_numpy()
                total += np.where((column != "").to_numpy(bool), hashes, np.uint64(0))
        found: list[int] = total.view(np.int64).tolist()
        return found

    def others(self, columns: Sequence[Column]) -> Sequence[Sequence[str]]:
        """Return the texts of *columns*, which have no field, for each row, if they were read."""
        names = [other_name(column.index) for column in columns]
        if not names or names[0] not in self.frame:
            return ()
        return list(zip(*map(self.texts, names), strict=True))

    def texts(self, name: str) -> list[str]:
        """Return the texts of the column *name* of the frame."""
        return self.frame[name].tolist()

    def select(self, is_kept: Sequence[bool]) -> "Chunk":
        """Return the rows for which *is_kept* is true."""
        positions = {old: new for new, old in enumerate(compress(range(len(is_kept)), is_kept))}
        frame = self.frame[is_kept]
        numbers = set(frame.index)
        return replace(
            self,
            frame=frame,
            kinds={name: _moved(kinds, positions) for name, kinds in self.kinds.items()},
            covering={name: _moved(texts, positions) for name, texts in self.covering.items()},
            problems=[problem for problem in self.problems if problem.number in numbers],
            hidden=[number for number in self.hidden if number in numbers],
        )


def to_frame(cells: Mapping[str, Sequence[str]], numbers: Iterable[int]) -> "DataFrame":
    """
    Return the DataFrame of *cells*, given by column name, in the rows *numbers*.

    Halves of surrogate pairs, which only damaged files contain, become replacement characters.
    """
    import numpy as np
    import pandas as pd

    index = pd.Index(np.fromiter(numbers, np.int64))
    try:
        return pd.DataFrame({name: list(each) for name, each in cells.items()}, index, dtype="str")
    except UnicodeEncodeError:
        return to_frame({name: [*map(_encodable, each)] for name, each in cells.items()}, index)


def _encodable(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def empty_column(chunk: Chunk) -> "Series[str]":
    """Return a column of empty texts for the rows of *chunk*."""
    import pandas as pd

    return pd.Series("", chunk.frame.index, dtype="str")


def matches(texts: "Series[str]", pattern: str) -> "NDArray[np.bool_]":
    """
    Return for each of *texts* if it contains *pattern*, in the syntax of RE2.

    The methods of pandas parse the pattern in Python at each call, which takes longer than the
    search in a chunk.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    found: NDArray[np.bool_] = pc.match_substring_regex(pa.array(texts), pattern).to_numpy(
        zero_copy_only=False
    )
    return found


def _moved(values: Mapping[int, Value], positions: Mapping[int, int]) -> Mapping[int, Value]:
    """Return *values* of the positions that are kept, by their new positions."""
    return {positions[old]: value for old, value in values.items() if old in positions}
