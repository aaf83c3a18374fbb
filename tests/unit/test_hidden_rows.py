"""Hidden rows and columns and struck-through rows, from the workbook to the loader's events."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.styles import Font

from batchcreate.errors import LoadError
from batchcreate.frames import Chunk
from batchcreate.loader import LoadOptions, read
from batchcreate.loader.inputs import LoadEvent
from batchcreate.models import (
    Column,
    Layout,
    RowNumbers,
    Severity,
    Skipped,
)
from tests.chunks import make_chunk

HEADINGS = ["task_name", "operation_types", "owner", "task_tag", None, "batchcreate status"]

Sheet = Any


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "t.xlsx"


def write(path: Path, *names: str, change: Callable[[Sheet], object], text: str = "") -> Path:
    """Write a workbook with a row for each of *names*, from row 2 on, and *change* its sheet."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "May"
    sheet.append(HEADINGS if text else HEADINGS[:4])
    for name in names:
        sheet.append([name, "INSERT", "Ann", "tag-1", None, text] if name else [])
    change(sheet)
    book.save(path)
    return path


def hide(*numbers: int) -> Callable[[Sheet], object]:
    """Return a function that hides the rows with these *numbers*."""

    def change(sheet: Sheet) -> None:
        for number in numbers:
            sheet.row_dimensions[number].hidden = True

    return change


def events(path: Path, **options: Any) -> list[LoadEvent]:
    return list(read(path, label="t.xlsx", options=LoadOptions(**options)))


def chunks(path: Path, **options: Any) -> list[Chunk]:
    return [event for event in events(path, **options) if isinstance(event, Chunk)]


def test_hidden_rows_are_read_and_listed(path: Path) -> None:
    """Blank rows, rows above the table and rows that are skipped anyway are not listed."""
    names = ["crm-1", "example: x", "crm-2", "", "crm-3"]
    write(path, *names, change=hide(1, 3, 4, 5, 6, 7, 900))

    (chunk,) = chunks(path)
    included = chunks(path, hidden_rows="include")

    assert (chunk.numbers, list(chunk.hidden)) == ([2, 4, 6], [4, 6])
    assert [each.hidden for each in included] == [chunk.hidden]


def test_skipped_rows_are_counted(path: Path) -> None:
    """A long list of rows is cut, in every chunk."""
    names = [f"crm-{at}" for at in range(300)]
    write(path, *names, change=hide(*range(3, 301, 2)))

    found = events(path, hidden_rows="skip", chunk_rows=50)

    skipped = [event for event in found if isinstance(event, Skipped)]
    numbers = [number for chunk in chunks(path, hidden_rows="skip") for number in chunk.numbers]
    first = [(number, number) for number in range(3, 43, 2)]
    assert numbers == [*range(2, 302, 2), 301]
    assert skipped == [
        Skipped(file="t.xlsx", sheet="May", reason="hidden_rows", rows=149, ranges=first)
    ]


def test_shown_rows_are_not_skipped(path: Path) -> None:
    """Without hidden rows there is nothing to report."""
    write(path, "crm-1", change=hide())

    found = events(path, hidden_rows="skip")

    assert [type(event) for event in found] == [Layout, Chunk]


def test_file_with_hidden_rows_only_is_refused(path: Path) -> None:
    """The message lists the remedies."""
    write(path, "crm-1", "crm-2", change=hide(2, 3))

    with pytest.raises(LoadError) as caught:
        events(path, hidden_rows="skip")

    assert str(caught.value) == (
        "t.xlsx: all rows are hidden (2), and --hidden-rows skip skips them. Unhide the rows that"
        " are tasks, use --hidden-rows include, or omit this file."
    )
    assert chunks(path, hidden_rows="include")[0].numbers == [2, 3]


def test_rows_of_a_to_fix_file_are_not_listed(path: Path) -> None:
    """Its filter shows the rows to fix; a row that the analyst added has no text."""

    def change(sheet: Sheet) -> None:
        sheet.append(["crm-3", "INSERT"])
        hide(3, 4)(sheet)

    write(path, "crm-1", "crm-2", change=change, text="Nothing to do.")

    (chunk,) = chunks(path)
    (shown,) = chunks(path, hidden_rows="skip")

    assert list(chunk.hidden) == [4]
    assert shown.numbers == [2, 3]


def test_hidden_columns_of_fields_are_listed(path: Path) -> None:
    """Columns without a field are ignored anyway."""

    def change(sheet: Sheet) -> None:
        for letter in "CD":
            sheet.column_dimensions[letter].hidden = True

    write(path, "crm-1", change=change)

    layout, chunk = events(path)

    assert isinstance(layout, Layout)
    assert layout.hidden_columns == [Column(heading="task_tag", index=3)]
    assert isinstance(chunk, Chunk)
    assert chunk.texts("task_tag") == ["tag-1"]


def test_struck_rows_are_warnings(path: Path) -> None:
    """The problem is at the first struck-through cell, whatever its heading is."""

    def change(sheet: Sheet) -> None:
        sheet["E5"] = "note"
        for address in ("B3", "D3", "C4", "E5", "A1"):
            sheet[address].font = Font(strike=True)

    write(path, "crm-1", "crm-2", "crm-3", "crm-4", change=change)

    (chunk,) = chunks(path)

    found = [
        (each.number, each.column, each.value, each.severity)
        for each in chunk.problems
        if each.rule == "row.struck_through"
    ]
    assert found == [
        (3, Column(heading="operation_types", index=1), "INSERT", Severity.WARNING),
        (4, Column(heading="owner", index=2), "Ann", Severity.WARNING),
        (5, Column(heading="", index=4), "note", Severity.WARNING),
    ]


def test_selected_rows_keep_their_marks() -> None:
    """The rows that are removed are no longer listed."""
    chunk = make_chunk({"task_name": ["a", "b", "c"]}, hidden=[2, 4])

    assert list(chunk.select([True, True, False]).hidden) == [2]


def test_row_numbers_are_ranges() -> None:
    """Ranges grow across chunks; if one is not listed, the later ones are only counted."""
    first = RowNumbers().extended([2, 3]).extended([4, 6])
    many = first.extended(range(10, 60, 2))

    assert first == RowNumbers(count=4, ranges=[(2, 4), (6, 6)])
    assert (many.count, len(many.ranges), many.ranges[-1]) == (29, 20, (44, 44))
    assert many.extended([46]) == RowNumbers(count=30, ranges=many.ranges)
