"""Workbooks sheet by sheet: which have the headings, and the rows below them."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import BinaryIO, Final

from batchcreate.errors import LoadError
from batchcreate.loader import headers
from batchcreate.loader.headers import Header
from batchcreate.loader.options import LoadOptions, Tell
from batchcreate.loader.wording import MANDATORY, place, shown
from batchcreate.messages import quoted
from batchcreate.models import CellKind, Chunk, Skipped
from batchcreate.workbooks import cells
from batchcreate.workbooks.reader import Head, Rows, Tab, WorkbookReader

SHOWN_SHEETS: Final = 5
"""Of how many sheets an error lists the headings."""

_KINDS: Final = {
    cells.NUMBER: CellKind.NUMBER,
    cells.DATE: CellKind.DATE,
    cells.BOOLEAN: CellKind.BOOLEAN,
    cells.ERROR: CellKind.ERROR,
    cells.NO_RESULT: CellKind.NO_RESULT,
    cells.MERGED: CellKind.MERGED,
}


def read_workbook(
    handle: BinaryIO, *, label: str, options: LoadOptions, tell: Tell
) -> Iterator[Chunk]:
    """
    Give the rows of the sheets asked for, or of every visible sheet that has the headings.

    Raises:
        LoadError: it is not a workbook, a sheet is missing or no sheet has the headings.

    """
    passed_over: dict[str, Head] = {}
    is_found = False
    with WorkbookReader(handle, label) as reader:
        tabs = reader.tabs()
        _refuse_missing(label, options.sheets, [tab.name for tab in tabs])
        for index, tab in enumerate(tabs):
            if not _is_chosen(tab, options.sheets):
                _tell_hidden(tab, label, options, tell)
                continue
            head = reader.head(index, tab.name, options.chunk_rows)
            header = headers.find(head.rows, file=label, sheet=tab.name, mapping=options.mapping)
            if header:
                is_found = True
                tell(headers.layout(header))
                yield from _chunks(reader, header, options.chunk_rows)
            elif options.sheets:
                raise LoadError(_no_header(label, {tab.name: head}, options.mapping))
            else:
                passed_over[tab.name] = head
                tell(
                    Skipped(
                        file=label,
                        sheet=tab.name,
                        reason="empty" if head.is_blank else "no_header",
                    )
                )
    if not is_found:
        raise LoadError(_no_header(label, passed_over, options.mapping))


def _is_chosen(tab: Tab, sheets: Sequence[str]) -> bool:
    return tab.name in sheets if sheets else tab.is_visible


def _tell_hidden(tab: Tab, label: str, options: LoadOptions, tell: Tell) -> None:
    if not options.sheets:
        tell(Skipped(file=label, sheet=tab.name, reason="hidden"))


def _chunks(reader: WorkbookReader, header: Header, chunk_rows: int) -> Iterator[Chunk]:
    indexes = [column.index for column in header.columns.values()]
    asked = indexes if header.origin is None else [*indexes, header.origin]
    for rows in reader.rows(asked, after=header.number, chunk_rows=chunk_rows):
        yield _chunk(rows, header)


def _chunk(rows: Rows, header: Header) -> Chunk:
    names = list(header.columns)
    columns = [_own(*column) for column in zip(rows.texts, rows.kinds, strict=True)]
    return Chunk(
        file=header.file,
        sheet=header.sheet,
        columns=header.columns,
        numbers=rows.numbers,
        cells={name: texts for name, (texts, _) in zip(names, columns, strict=False)},
        kinds={
            name: _kinds(letters)
            for name, letters in zip(names, rows.kinds, strict=False)
            if letters.strip(cells.TEXT)
        },
        covering={
            name: covering for name, (_, covering) in zip(names, columns, strict=False) if covering
        },
        origins=() if header.origin is None else columns[-1][0],
    )


def _own(texts: Sequence[str], letters: str) -> tuple[Sequence[str], Mapping[int, str]]:
    """Return what the cells of a column hold themselves, and what those show that are covered."""
    covering = {
        at: text
        for at, (text, letter) in enumerate(zip(texts, letters, strict=False))
        if letter == cells.MERGED
    }
    own = [text if at not in covering else "" for at, text in enumerate(texts)]
    return own if covering else texts, covering


def _kinds(letters: str) -> Mapping[int, CellKind]:
    return {at: _KINDS[letter] for at, letter in enumerate(letters) if letter != cells.TEXT}


def _refuse_missing(label: str, sheets: Sequence[str], names: Sequence[str]) -> None:
    if missing := [sheet for sheet in sheets if sheet not in names]:
        message = (
            f"{label}: there is no sheet {quoted(missing[0])}. Its sheets are {shown(names)}."
        )
        raise LoadError(message)


def _no_header(label: str, heads: Mapping[str, Head], mapping: Mapping[str, str]) -> str:
    filled = {sheet: head.rows for sheet, head in heads.items() if any(map(any, head.rows))}
    if len(filled) == 1:
        ((sheet, rows),) = filled.items()
        return headers.not_found(rows, file=label, sheet=sheet, mapping=mapping)
    if len(heads) == 1:
        (sheet,) = heads
        return (
            f"{place(label, sheet)}: the first rows are blank. Put the headings {MANDATORY} into"
            f" one of the first {headers.SEARCHED_ROWS} rows."
        )
    seen = "".join(
        f" The headings of {quoted(sheet)} seem to be {shown(max(rows, key=_filled))}."
        for sheet, rows in islice(filled.items(), SHOWN_SHEETS)
    )
    return (
        f"{label}: no visible sheet has the headings {MANDATORY}.{seen} A hidden sheet is read"
        " when it is named (--sheet)."
    )


def _filled(row: Sequence[str]) -> int:
    return sum(not cells.is_blank(text) for text in row)
