"""CSV through pandas' C parser, streamed; a row that does not fit its headings is never shifted."""

import csv
import io
import re
from collections.abc import Iterator
from typing import BinaryIO, TextIO, cast

from batchcreate.errors import LoadError
from batchcreate.loader import headers
from batchcreate.loader.headers import Header
from batchcreate.loader.options import LoadOptions, Tell
from batchcreate.loader.source import Source
from batchcreate.loader.table import cut, is_blank
from batchcreate.models import Chunk

_SURPLUS = re.compile(r"in line (\d+), saw (\d+)")
_UNCLOSED = re.compile(r"EOF inside string starting at row (\d+)")


def read_delimited(
    handle: BinaryIO, *, label: str, options: LoadOptions, tell: Tell
) -> Iterator[Chunk]:
    """
    Give the rows of a CSV file in chunks.

    Raises:
        LoadError: it is not UTF-8 text, has no usable headings or a row does not fit them.

    """
    import pandas as pd

    source = Source(handle, label)
    header = _header(source, label)
    tell(headers.layout(header))
    try:
        frames = pd.read_csv(
            cast("TextIO", source),  # what pandas uses of one
            engine="c",
            header=None,
            # One column more than there are headings catches a surplus cell.
            names=range(header.width + 1),
            index_col=False,
            dtype=object,
            na_filter=False,
            skip_blank_lines=False,
            chunksize=options.chunk_rows,
        )
        for frame in frames:
            *columns, surplus = (frame[index].to_list() for index in frame)
            first_number = int(frame.index[0]) + 1
            _refuse_surplus(surplus, first_number, header)
            if chunk := cut(columns, header=header, first_number=first_number):
                yield chunk
    except pd.errors.ParserError as error:
        raise LoadError(_explained(str(error), header)) from error


def _header(source: Source, label: str) -> Header:
    rows = csv.reader(io.StringIO(source.head(), newline=""), strict=True)
    number = 0
    try:
        for number, row in enumerate(rows, start=1):
            if not all(map(is_blank, row)):
                return headers.match(row, file=label, sheet="", number=number)
    except csv.Error as error:
        message = (
            f"{label}, row {number + 1}: the headings cannot be read, a quotation mark is not"
            " closed or stands inside a heading. Correct it or save the file as .xlsx."
        )
        raise LoadError(message) from error
    message = f"{label}: holds only blank rows. Put the headings in the first row."
    raise LoadError(message)


def _refuse_surplus(surplus: list[str], first_number: int, header: Header) -> None:
    if any(surplus):
        at = next(at for at, text in enumerate(surplus) if text)
        raise LoadError(_too_wide(first_number + at, header.width + 1, header))


def _explained(said: str, header: Header) -> str:
    if found := _SURPLUS.search(said):
        return _too_wide(int(found[1]), int(found[2]), header)
    if found := _UNCLOSED.search(said):
        number = int(found[1]) + 1
        return (
            f"{header.file}, row {number}: a quotation mark opens a cell and is never closed."
            " Close it or remove it."
        )
    return (
        f"{header.file}: is not a table of comma-separated cells. Save the spreadsheet again as"
        " 'CSV UTF-8' or as .xlsx."
    )


def _too_wide(number: int, width: int, header: Header) -> str:
    return (
        f"{header.file}, row {number}: there are {width} cells but {header.width} headings."
        " A cell with a comma in it needs quotation marks around it."
    )
