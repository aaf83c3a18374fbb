"""Workbooks through pandas and calamine; every cell as the text that was typed."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, time
from itertools import islice
from typing import TYPE_CHECKING, BinaryIO

from batchcreate.errors import LoadError
from batchcreate.loader import headers
from batchcreate.loader.headers import Header
from batchcreate.loader.options import LoadOptions, Tell
from batchcreate.loader.table import cut, is_blank
from batchcreate.loader.wording import shown
from batchcreate.messages import quoted
from batchcreate.models import Chunk

if TYPE_CHECKING:
    import pandas as pd

SHOWN_SHEETS = 5
"""Of how many sheets an error lists the headings."""

_OLD_OR_ENCRYPTED = bytes.fromhex("d0cf11e0a1b11ae1")


def read_workbook(
    handle: BinaryIO, *, label: str, options: LoadOptions, tell: Tell
) -> Iterator[Chunk]:
    """
    Give the rows of the sheets asked for, or of every visible sheet that has the headings.

    Raises:
        LoadError: it is not a workbook, a sheet is missing or no sheet has the headings.

    """
    passed_over: dict[str, tuple[int, Sequence[str]]] = {}
    is_found = False
    for sheet, frame in _frames(handle, label, options.sheets):
        number, headings = _first_row(frame)
        if options.sheets or headers.has_header(headings):
            is_found = True
            header = headers.match(headings, file=label, sheet=sheet, number=number)
            tell(headers.layout(header))
            yield from _chunks(frame, header, options.chunk_rows)
        elif headings:
            passed_over[sheet] = (number, headings)
    if not is_found:
        raise LoadError(_no_header(label, passed_over))


def _frames(
    handle: BinaryIO, label: str, sheets: Sequence[str]
) -> Iterator[tuple[str, "pd.DataFrame"]]:
    import pandas as pd
    from python_calamine import CalamineError, SheetVisibleEnum

    try:
        with pd.ExcelFile(handle, engine="calamine") as book:
            names = [str(name) for name in book.sheet_names]
            _refuse_missing(label, sheets, names)
            hidden = {
                sheet.name
                for sheet in book.book.sheets_metadata
                if sheet.visible != SheetVisibleEnum.Visible
            }
            for name in dict.fromkeys(sheets) or [name for name in names if name not in hidden]:
                yield (
                    name,
                    pd.read_excel(
                        book, sheet_name=name, header=None, dtype=object, na_filter=False
                    ),
                )
    except CalamineError as error:
        raise LoadError(_unreadable(handle, label)) from error
    except OverflowError as error:
        message = (
            f"{label}: a cell holds a date or time out of all range. Format the columns of the"
            " table as text and type its value again."
        )
        raise LoadError(message) from error


def _chunks(frame: "pd.DataFrame", header: Header, chunk_rows: int) -> Iterator[Chunk]:
    for start in range(header.number, len(frame), chunk_rows):
        part = frame.iloc[start : start + chunk_rows]
        columns = [_texts(part[index].to_list()) for index in part]
        if chunk := cut(columns, header=header, first_number=start + 1):
            yield chunk


def _first_row(frame: "pd.DataFrame") -> tuple[int, list[str]]:
    for number, row in enumerate(frame.itertuples(index=False), start=1):
        texts = _texts(row)
        if not all(map(is_blank, texts)):
            return number, texts
    return 1, []


def _texts(cells: Sequence[object]) -> list[str]:
    return [cell if type(cell) is str else _text(cell) for cell in cells]


def _text(cell: object) -> str:
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, datetime):
        is_day = cell.time() == time.min
        return cell.date().isoformat() if is_day else cell.isoformat(sep=" ")
    return str(cell)


def _refuse_missing(label: str, sheets: Sequence[str], names: Sequence[str]) -> None:
    if missing := [sheet for sheet in sheets if sheet not in names]:
        message = (
            f"{label}: there is no sheet {quoted(missing[0])}. Its sheets are {shown(names)}."
        )
        raise LoadError(message)


def _no_header(label: str, passed_over: Mapping[str, tuple[int, Sequence[str]]]) -> str:
    if len(passed_over) == 1:
        ((sheet, (number, headings)),) = passed_over.items()
        return headers.missing(headings, file=label, sheet=sheet, number=number)
    seen = "".join(
        f" In {quoted(sheet)} the headings are {shown(headings)}."
        for sheet, (_, headings) in islice(passed_over.items(), SHOWN_SHEETS)
    )
    return (
        f"{label}: no visible sheet has a column task_name or operation_types.{seen} A hidden"
        " sheet is read when it is named (--sheet)."
    )


def _unreadable(handle: BinaryIO, label: str) -> str:
    handle.seek(0)
    start = handle.read(len(_OLD_OR_ENCRYPTED))
    if start == _OLD_OR_ENCRYPTED:
        return (
            f"{label}: is an old .xls workbook or protected by a password. Save it as .xlsx"
            " without a password."
        )
    if start.startswith(b"PK"):
        return f"{label}: the workbook is damaged. Open it in the spreadsheet program, save again."
    return f"{label}: is not an .xlsx workbook whatever its name says. Save it as .xlsx again."
