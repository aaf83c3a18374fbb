"""Reader of workbooks: the sheets with a header row, and the rows below it as chunks."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from operator import attrgetter
from typing import TYPE_CHECKING, BinaryIO, Final

from batchcreate.errors import LoadError
from batchcreate.frames import Chunk, other_name, to_frame
from batchcreate.loader.header import Header, find_header, has_mandatory_headings
from batchcreate.loader.header_names import (
    MANDATORY,
    SEARCHED_ROWS,
    likely_header,
    listed,
    location,
    no_header_row,
    suggestion,
)
from batchcreate.loader.hidden_rows import (
    hidden_columns,
    hidden_numbers,
    struck_problems,
    unfixed_problems,
)
from batchcreate.loader.inputs import LoadEvent, LoadOptions, is_text_label
from batchcreate.loader.lost_values import LostColumns
from batchcreate.loader.split_rows import split_lists
from batchcreate.messages import quoted
from batchcreate.models import CellKind, Layout, Skipped, Stamp
from batchcreate.workbooks import cell_values
from batchcreate.workbooks.protocol import SheetName
from batchcreate.workbooks.reader import SheetHead, SheetRows, WorkbookReader

if TYPE_CHECKING:
    from pandas import DataFrame

SHOWN_SHEETS: Final = 5
"""Maximum number of sheets whose headings an error lists."""

_KINDS: Final = {
    cell_values.NUMBER: CellKind.NUMBER,
    cell_values.DATE: CellKind.DATE,
    cell_values.BOOLEAN: CellKind.BOOLEAN,
    cell_values.ERROR: CellKind.ERROR,
    cell_values.NO_RESULT: CellKind.NO_RESULT,
    cell_values.MERGED: CellKind.MERGED,
    cell_values.COVERED: CellKind.COVERED,
    cell_values.FORMATTED: CellKind.FORMATTED,
    cell_values.LOCALIZED: CellKind.LOCALIZED,
    cell_values.NOT_DISPLAYED: CellKind.NOT_DISPLAYED,
    cell_values.ZERO_RESULT: CellKind.ZERO_RESULT,
}


def read_workbook(file: BinaryIO, *, label: str, options: LoadOptions) -> Iterator[LoadEvent]:
    """
    Yield the selected sheets, or every visible sheet with a header row.

    Raises:
        LoadError: the file is not a workbook, a sheet is missing, or no sheet has a header row.

    """
    without_header: dict[str, SheetHead] = {}
    is_found = False
    with WorkbookReader(file, label) as reader:
        sheets = reader.sheets()
        stamp = Stamp.parse(reader.stamp)
        label = reader.label = stamp.input if stamp else label
        yield from [stamp] if stamp else []
        _require_sheets(label, options.sheets, [sheet.name for sheet in sheets])
        for index, sheet in enumerate(sheets):
            if not _is_selected(sheet, options.sheets):
                if not options.sheets:
                    yield Skipped(file=label, sheet=sheet.name, reason="hidden")
                continue
            head = reader.head(index, sheet.name, options.chunk_rows)
            header = _header(head, label, _sheet_of_rows(index, sheet, stamp), options)
            if header:
                is_found = True
                yield _layout(header, head)
                lost = LostColumns.of(header, head.merges)
                yield from _chunks(reader, lost, options.chunk_rows)
            elif options.sheets:
                raise LoadError(_no_header(label, {sheet.name: head}, options.mapping))
            else:
                without_header[sheet.name] = head
                yield Skipped(
                    file=label,
                    sheet=sheet.name,
                    reason="empty" if head.is_blank else "no_header",
                )
        hidden = [] if is_found else _hidden_with_headings(reader, sheets, options)
    if not is_found:
        raise LoadError(_no_header(label, without_header, options.mapping, hidden))


def _sheet_of_rows(index: int, sheet: SheetName, stamp: Stamp | None) -> str:
    """Return the name of *sheet* in reports; the copy of a text file has rows without a sheet."""
    is_of_text = index == 0 and stamp is not None and is_text_label(stamp.input)
    return "" if is_of_text else sheet.name


def _layout(header: Header, head: SheetHead) -> Layout:
    return replace(header.layout(), hidden_columns=hidden_columns(header, head.hidden_columns))


def _header(head: SheetHead, label: str, sheet: str, options: LoadOptions) -> Header | None:
    return find_header(
        head.rows,
        file=label,
        sheet=sheet,
        mapping=options.mapping,
        given=options.given,
        is_complete=options.has_others,
    )


def _is_selected(sheet: SheetName, sheets: Sequence[str]) -> bool:
    return sheet.name in sheets if sheets else sheet.is_visible


def _hidden_with_headings(
    reader: WorkbookReader, sheets: Sequence[SheetName], options: LoadOptions
) -> list[str]:
    """Return the names of the hidden sheets that have the mandatory headings."""
    return [
        sheet.name
        for index, sheet in enumerate(sheets)
        if not sheet.is_visible
        and has_mandatory_headings(
            reader.head(index, sheet.name, options.chunk_rows).rows, options.mapping
        )
    ]


def _chunks(reader: WorkbookReader, lost: LostColumns, chunk_rows: int) -> Iterator[Chunk]:
    header = lost.header
    for rows in reader.rows(
        _positions(header),
        after=header.number,
        chunk_rows=chunk_rows,
        headings=lost.headings,
        ignored=header.added,
    ):
        yield _chunk(rows, lost)


def _positions(header: Header) -> list[int]:
    """Return the columns to read: those of the header, one next to the list, and the added one."""
    further = (index for index in (header.after_list, header.added) if index is not None)
    return list(dict.fromkeys([*header.wanted(), *further]))


def _chunk(rows: SheetRows, lost: LostColumns) -> Chunk:
    header = lost.header
    columns = [_split_texts(*column) for column in zip(rows.texts, rows.kinds, strict=True)]
    frame = _frame(rows, header, columns)
    problems = list(lost.problems(rows.covered))
    if (following := header.after_list) is not None:
        cells, _ = columns[_positions(header).index(following)]
        texts = to_frame({"": cells}, rows.numbers)[""]
        problems += split_lists(frame["operation_types"], texts, header.column(following))
    problems += struck_problems(rows, header)
    added: Sequence[str] = ()
    if header.added is not None:
        added = columns[_positions(header).index(header.added)][0]
        problems += unfixed_problems(rows.numbers, added, header.added)
    return Chunk(
        file=header.file,
        sheet=header.sheet,
        columns=header.columns,
        frame=frame,
        kinds={
            name: _kinds(letters)
            for name, letters in zip(header.columns, rows.kinds, strict=False)
            if letters.strip(cell_values.TEXT)
        },
        covering={
            name: covering
            for name, (_, covering) in zip(header.columns, columns, strict=False)
            if covering
        },
        problems=sorted(problems, key=attrgetter("number")),
        unnamed={**rows.unnamed, **lost.counts(rows.covered)},
        hidden=hidden_numbers(rows, added),
    )


def _frame(
    rows: SheetRows, header: Header, columns: Sequence[tuple[Sequence[str], Mapping[int, str]]]
) -> "DataFrame":
    others = set(map(other_name, header.read_others()))
    cells = {name: texts for name, (texts, _) in zip(header.names(), columns, strict=False)}
    for name, (texts, covering) in zip(header.names(), columns, strict=False):
        if covering and name in others:
            # Other columns have the text that is displayed, also that of merged cells.
            cells[name] = [text or covering.get(at, "") for at, text in enumerate(texts)]
    return to_frame(cells, rows.numbers)


def _split_texts(texts: Sequence[str], letters: str) -> tuple[Sequence[str], Mapping[int, str]]:
    """Return the texts of the cells themselves, and `Chunk.covering`."""
    if not {cell_values.MERGED, *cell_values.WITH_STORED}.intersection(letters):
        return texts, {}
    own, covering = list(texts), {}
    for at, letter in enumerate(letters):
        if letter == cell_values.MERGED:
            own[at], covering[at] = "", texts[at]
        elif letter in cell_values.WITH_STORED:
            own[at], _, covering[at] = texts[at].partition(cell_values.STORED)
    return own, covering


def _kinds(letters: str) -> Mapping[int, CellKind]:
    return {at: _KINDS[letter] for at, letter in enumerate(letters) if letter != cell_values.TEXT}


def _require_sheets(label: str, sheets: Sequence[str], names: Sequence[str]) -> None:
    if missing := [sheet for sheet in sheets if sheet not in names]:
        message = (
            f"{label}: there is no sheet {quoted(missing[0])}. The sheets are {listed(names)}."
        )
        raise LoadError(message)


def _no_header(
    label: str,
    heads: Mapping[str, SheetHead],
    mapping: Mapping[str, str],
    hidden: Sequence[str] = (),
) -> str:
    if hidden:
        return _only_hidden(label, hidden)
    filled = {sheet: head.rows for sheet, head in heads.items() if any(map(any, head.rows))}
    if len(filled) == 1:
        ((sheet, rows),) = filled.items()
        return no_header_row(rows, file=label, sheet=sheet, mapping=mapping)
    if len(heads) == 1:
        (sheet,) = heads
        return (
            f"{location(label, sheet)}: the first rows are blank. Add the headings {MANDATORY} in"
            f" one of the first {SEARCHED_ROWS} rows."
        )
    if not filled:
        return f"{label}: all visible sheets are blank. Add the headings {MANDATORY} to a sheet."
    likely = "".join(
        _likely_headings(sheet, rows, mapping)
        for sheet, rows in islice(filled.items(), SHOWN_SHEETS)
    )
    return f"{label}: no sheet has the headings {MANDATORY}.{likely}"


def _likely_headings(sheet: str, rows: Sequence[Sequence[str]], mapping: Mapping[str, str]) -> str:
    """Return the most likely headings of *sheet*, and suggestions for them."""
    at = likely_header(rows, mapping)
    return (
        f" Sheet {quoted(sheet)}: row {at + 1} contains {listed(rows[at])}."
        f"{suggestion(rows[at], mapping)}"
    )


def _only_hidden(label: str, hidden: Sequence[str]) -> str:
    """Return the error about a workbook whose sheets with the headings are all *hidden*."""
    shown = hidden[:SHOWN_SHEETS]
    options = " ".join(f"--sheet {shlex.quote(sheet)}" for sheet in shown)
    sheets, are, them = (
        ("the only sheet", "is", "it") if len(hidden) == 1 else ("all sheets", "are", "them")
    )
    return (
        f"{label}: {sheets} with the headings {MANDATORY} {are} hidden: {listed(shown)}. To read"
        f" {them}, use {options}, or unhide {them}."
    )
