"""Parser of complete rows of a text file, by pandas: DataFrames of text with the cells as typed."""

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pandas import DataFrame, RangeIndex, Series

COLUMNS_MAX: Final = 500
"""Maximum number of columns for the C parser, which is slow for more."""

CELLS_MAX: Final = 8_000_000
"""Maximum number of cells in memory, the missing cells of short rows included."""

_MARK: Final = "\ufeff".encode()
_VISIBLE: Final = "[!-~]"


def parse(piece: bytes, delimiter: str, width: int) -> "DataFrame | None":
    """Return the cells of *piece* by column position, or None if a row has more than *width*."""
    # The parsers remove a byte order mark at the beginning of their input, here part of a cell.
    text = _MARK + piece if piece.startswith(_MARK) else piece
    frame = _parse_rectangle(text, delimiter, width)
    return _parse_ragged(text, delimiter, width) if frame is None else frame


def _parse_rectangle(text: bytes, delimiter: str, width: int) -> "DataFrame | None":
    """Return the cells of *text* if all rows have the same number of cells, at most *width*."""
    import pandas as pd

    try:
        frame = pd.read_csv(
            io.BytesIO(text),
            engine="pyarrow",
            sep=delimiter,
            header=None,
            dtype=str,
            keep_default_na=False,
            skip_blank_lines=False,
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError):
        return None
    count = frame.shape[1]
    if count > width:
        return None
    if count < width:
        frame = frame.reindex(columns=range(width), fill_value="").astype("str")
    return frame


def _parse_ragged(text: bytes, delimiter: str, width: int) -> "DataFrame | None":
    """Return the cells of *text*, whose rows differ in length, if none has more than *width*."""
    import pandas as pd

    # One column more than there are headings receives a surplus cell.
    lines = text.count(b"\n") + text.count(b"\r") + 1
    if width >= COLUMNS_MAX or (width + 1) * lines > CELLS_MAX:
        return None
    try:
        frame = pd.read_csv(
            io.BytesIO(text),
            engine="c",
            sep=delimiter,
            header=None,
            names=range(width + 1),
            dtype=str,
            na_filter=False,
            skip_blank_lines=False,
        )
    except pd.errors.ParserError:
        return None
    # If all rows are too wide, pandas uses the first columns as the index.
    if not isinstance(frame.index, pd.RangeIndex) or (frame[width] != "").any():
        return None
    return frame[list(range(width))]


def to_text_frame(rows: Sequence[Sequence[str]], width: int) -> "DataFrame":
    """Return a frame of *rows*, each with *width* cells."""
    import pandas as pd

    return pd.DataFrame(rows, columns=range(width), dtype="str")


def pd_range(first: int, count: int) -> "RangeIndex":
    """Return the index of *count* rows from the number *first*."""
    import pandas as pd

    return pd.RangeIndex(first, first + count)


def blank_rows(frame: "DataFrame", first: int) -> "Series[bool] | None":
    """
    Return for each row if all its cells are blank, or None if no row is blank.

    Args:
        frame: cells by column position.
        first: position of the column that is rarely blank, which is looked at first.

    """
    visible = frame[first].str.contains(_VISIBLE)
    if visible.all():
        return None
    blank = ~visible
    for index in range(frame.shape[1]):
        blank[blank] = frame[index][blank].str.strip() == ""
        if not blank.any():
            return None
    return blank


def count_filled(texts: "Series[str]") -> int:
    """Return the number of *texts* that are not blank."""
    return int((texts.str.strip() != "").sum())
