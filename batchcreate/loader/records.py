"""A stream of text cut where rows end, and what is wrong where no row can be made out."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RECORD_BYTES: Final = 1 << 20
"""How long a row may be; a spreadsheet program makes none of this size."""

UNCLOSED: Final = "a quotation mark opens a cell and is never closed. Close it or remove it."
STRAY: Final = (
    "text follows the quotation mark that closes a cell. One is missing or too many, in this row"
    " or in a row above it; one that belongs to a cell is typed twice."
)
TOO_LONG: Final = (
    f"the row is longer than {RECORD_BYTES >> 20} MiB. Probably a quotation mark opens a cell and"
    " is never closed; close it or remove it."
)


_FIELD_CHARS_MAX: Final = (1 << 31) - 1


class BrokenRecordError(Exception):
    """
    A row that cannot be read; never leaves the loader.

    Attributes:
        rows: how many whole rows stand before it, since the last piece that was given.
        lines: how many lines do.

    """

    def __init__(self, reason: str, *, rows: int = 0, lines: int = 0) -> None:
        super().__init__(reason)
        self.rows = rows
        self.lines = lines


def pieces(blocks: Iterable[bytes], delimiter: str) -> Iterator[bytes]:
    """
    Cut UTF-8 text anew, so that every piece is made of whole rows.

    Args:
        blocks: the text, cut anywhere.
        delimiter: between the cells.

    Raises:
        BrokenRecordError: a row does not end, or is not well formed.

    """
    rest = b""
    for block in blocks:
        data = rest + block
        end = _end(data, delimiter)
        if end:
            yield data[:end]
        rest = data[end:]
        if len(rest) > RECORD_BYTES:
            raise BrokenRecordError(TOO_LONG)
    if rest:
        if not _is_well_formed(rest, delimiter):
            _end_of_odd(rest, delimiter, is_last=True)
        yield rest


def allow_long_cells() -> None:
    """Leave it to `pieces` to bound what the csv module reads, for all of the program."""
    csv.field_size_limit(_FIELD_CHARS_MAX)


def line_breaks(data: bytes) -> int:
    """Count the lines that end in *data*, whichever way."""
    import numpy as np

    text = np.frombuffer(data, np.uint8)
    feeds, returns = text == ord("\n"), text == ord("\r")
    both = np.count_nonzero(returns[:-1] & feeds[1:])
    return int(np.count_nonzero(feeds) + np.count_nonzero(returns) - both)


def _end(data: bytes, delimiter: str) -> int:
    """Return where the last whole row of *data* ends; 0 if there is none."""
    # What follows a carriage return at the very end may be the rest of the same line break.
    whole = len(data) - data.endswith(b"\r")
    end = _last_break(data, whole)
    if b'"' not in data:
        return end
    end = _last_break_outside(data, end)
    if end and _is_well_formed(data[:end], delimiter):
        return end
    return _end_of_odd(data[:whole], delimiter, is_last=False)


def _last_break(data: bytes, whole: int) -> int:
    """Return where the last line ends in the first *whole* bytes; 0 if none does."""
    feed = data.rfind(b"\n", 0, whole)
    return max(feed, data.rfind(b"\r", feed + 1, whole)) + 1


def _last_break_outside(data: bytes, end: int) -> int:
    """Return where the last line ends that no quotation marks enclose, if all come in pairs."""
    import numpy as np

    quotes = _quotes(data)
    if np.searchsorted(quotes, end) % 2 == 0:
        return end
    text = np.frombuffer(data, np.uint8, count=end)
    breaks = np.flatnonzero((text == ord("\n")) | (text == ord("\r")))
    outside = breaks[np.searchsorted(quotes, breaks) % 2 == 0]
    return int(outside[-1]) + 1 if len(outside) else 0


def _is_well_formed(data: bytes, delimiter: str) -> bool:
    """Whether every quotation mark in *data* opens or closes a whole cell, or is doubled."""
    import numpy as np

    quotes = _quotes(data)
    is_border = np.zeros(256, bool)
    is_border[list(b'"\r\n' + delimiter.encode())] = True
    text = np.frombuffer(b"\n" + data + b"\n", np.uint8)
    opening, closing = quotes[0::2], quotes[1::2]
    is_closed = len(opening) == len(closing)
    return is_closed and bool(
        is_border[text[opening]].all() and is_border[text[closing + 2]].all()
    )


def _quotes(data: bytes) -> "NDArray[np.intp]":
    import numpy as np

    return np.flatnonzero(np.frombuffer(data, np.uint8) == ord('"'))


def _end_of_odd(data: bytes, delimiter: str, *, is_last: bool) -> int:
    """
    Do the work of `_end` for text with quotation marks inside of cells, row by row.

    Raises:
        BrokenRecordError: text follows a closing mark, or the *last* row does not end.

    """
    end = len(data) if is_last else max(data.rfind(b"\n"), data.rfind(b"\r")) + 1
    lines = io.StringIO(data[:end].decode(), newline="").readlines()
    allow_long_cells()
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    rows, whole = 0, 0
    try:
        for _ in reader:
            rows, whole = rows + 1, reader.line_num
    except csv.Error as error:
        is_open = "unexpected end" in str(error)
        if is_last or not is_open:
            reason = UNCLOSED if is_open else STRAY
            raise BrokenRecordError(reason, rows=rows, lines=whole) from error
    return sum(len(line.encode()) for line in lines[:whole])
