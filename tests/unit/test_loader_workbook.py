"""Workbooks arrive as the text that the analyst sees, sheet by sheet."""

import datetime as dt
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter

from batchcreate.errors import LoadError
from batchcreate.loader import LoadOptions, read
from batchcreate.models import CellKind, Chunk, Column

HEADINGS = ["task_name", "operation_types"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "t.xlsx"


def write(path: Path, **sheets: list[list[str]]) -> Path:
    """A workbook with the rows of each of *sheets*; a name that begins with hidden is."""
    with xlsxwriter.Workbook(path) as book:
        for name, table in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(table):
                sheet.write_row(number, 0, row)
            if name.startswith("hidden"):
                sheet.hide()
    return path


def load(path: Path, **options: Any) -> list[Chunk]:
    return list(read(path, label="t.xlsx", options=LoadOptions(**options)))


def refusal(path: Path, **options: Any) -> str:
    with pytest.raises(LoadError) as caught:
        load(path, **options)
    return str(caught.value)


def rows(chunks: Iterable[Chunk]) -> list[tuple[object, ...]]:
    return [
        (chunk.sheet, *row)
        for chunk in chunks
        for row in zip(chunk.numbers, *chunk.cells.values(), strict=True)
    ]


def test_rows_come_as_a_chunk(path: Path) -> None:
    """Known columns only; file, sheet and row as the analyst sees them."""
    write(path, May=[[], ["x", "任务名称", "Operation Types"], [], ["y", "crm-orders", "INSERT"]])

    assert load(path) == [
        Chunk(
            file="t.xlsx",
            sheet="May",
            columns={
                "task_name": Column(heading="任务名称", index=1),
                "operation_types": Column(heading="Operation Types", index=2),
            },
            numbers=[4],
            cells={"task_name": ["crm-orders"], "operation_types": ["INSERT"]},
        )
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (7, "7"),
        (7.0, "7"),
        (1.5, "1.5"),
        (123456789012345, "123456789012345"),
        (True, "TRUE"),
        (False, "FALSE"),
        ("007", "007"),
        ("1e3", "1e3"),
        ("NA", "NA"),
        ("null", "null"),
        ("TRUE", "TRUE"),
        (" pad\nded ", " pad\nded "),
        (dt.date(2024, 3, 1), "2024-03-01"),
        (dt.datetime(2024, 3, 1, 5, 6, 7), "2024-03-01 05:06:07"),  # noqa: DTZ001  (cells have no zone)
        (dt.time(5, 6), "05:06:00"),
    ],
)
def test_cells_are_texts_as_typed(path: Path, value: object, text: str) -> None:
    """Whole numbers have no fraction, truth values are capitals, dates are ISO."""
    book = openpyxl.Workbook()
    book.active.append(HEADINGS)
    book.active.append([value, "INSERT"])
    book.save(path)

    assert rows(load(path)) == [("Sheet", 2, text, "INSERT")]


def test_a_merged_cell_is_no_cell_of_the_rows_below(path: Path) -> None:
    """They hold nothing themselves; what they show is kept apart."""
    headings = [*HEADINGS, "batchcreate origin"]
    rows = [headings, ["abc", "INSERT", "x"], ["def"], ["ghi", "UPDATE"]]
    write(path, May=rows)
    book = openpyxl.load_workbook(path)
    for cells in ("B2:B3", "C2:C3"):
        book["May"].merge_cells(cells)
    book.save(path)

    (chunk,) = load(path)

    assert chunk.cells["operation_types"] == ["INSERT", "", "UPDATE"]
    assert chunk.kinds == {"operation_types": {1: CellKind.MERGED}}
    assert chunk.covering == {"operation_types": {1: "INSERT"}}
    assert chunk.origins == ["x", "", ""]


def test_every_visible_sheet_with_the_headings_is_read(path: Path) -> None:
    """Notes, empty and hidden sheets are passed over."""
    table = [HEADINGS, ["abc", "INSERT"]]
    write(path, May=table, Notes=[["Description"], ["x"]], Empty=[], hidden=table, June=table)

    assert rows(load(path)) == [("May", 2, "abc", "INSERT"), ("June", 2, "abc", "INSERT")]


def test_named_sheets_are_read_even_if_hidden(path: Path) -> None:
    """Whoever names a sheet means it; naming it twice does not double it."""
    table = [HEADINGS, ["abc", "INSERT"]]
    write(path, May=table, hidden=table)

    assert rows(load(path, sheets=["hidden", "hidden"])) == [("hidden", 2, "abc", "INSERT")]


def test_missing_sheet_is_refused(path: Path) -> None:
    """The sheets that are there are listed."""
    write(path, May=[HEADINGS], June=[HEADINGS])

    assert refusal(path, sheets=["may"]) == (
        "t.xlsx: there is no sheet 'may'. Its sheets are 'May', 'June'."
    )


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ([], "sheet 'May': the first rows are blank. Put the headings task_name"),
        ([["x"]], "sheet 'May': none of the first 20 rows holds the headings task_name"),
    ],
    ids=["empty", "other"],
)
def test_named_sheet_without_headings_is_refused(
    path: Path, table: list[list[str]], words: str
) -> None:
    """It is not passed over silently."""
    write(path, May=table)

    assert words in refusal(path, sheets=["May"])


def test_only_sheet_with_wrong_headings_gets_a_hint(path: Path) -> None:
    """A single table is meant to be the one."""
    write(path, May=[["Task", "operation type"], ["abc", "INSERT"]], Empty=[])

    assert refusal(path) == (
        "t.xlsx, sheet 'May', row 1: there is no column task_name. The headings found there are"
        " 'Task', 'operation type'. Did you mean 'Task'? Then rename it to task_name, or use"
        " --map 'Task=task_name'. The first 20 rows were searched for the headings."
    )


def test_sheets_without_headings_are_listed(path: Path) -> None:
    """What each sheet holds instead is shown."""
    write(path, May=[["a", "b"]], June=[["c"]], hidden=[HEADINGS])

    assert refusal(path) == (
        "t.xlsx: no visible sheet has the headings task_name and operation_types. The headings of"
        " 'May' seem to be 'a', 'b'. The headings of 'June' seem to be 'c'. A hidden sheet is read"
        " when it is named (--sheet)."
    )


def test_sheet_with_half_of_the_headings_is_refused(path: Path) -> None:
    """A table that lost a column is a mistake, not a sheet of notes."""
    write(path, May=[["task_name"], ["abc"]])

    assert "there is no column operation_types" in refusal(path)


def test_headings_alone_are_refused(path: Path) -> None:
    """A sheet without rows is passed over, a workbook without rows is not."""
    write(path, May=[HEADINGS, [" ", ""]])

    assert refusal(path) == "t.xlsx: has headings but no rows. Type one row per task below them."


@pytest.mark.parametrize("chunk_rows", [1, 2, 5])
def test_chunks_join_to_the_same_rows(path: Path, chunk_rows: int) -> None:
    """Row numbers go on from chunk to chunk, over blank rows."""
    write(path, May=[HEADINGS, ["a"], [], [], ["b"], ["c"], [], ["d"]])

    numbers = [row[1] for row in rows(load(path, chunk_rows=chunk_rows))]

    assert numbers == [2, 5, 6, 8]


def test_other_content_is_refused(path: Path) -> None:
    """What it looks like is said, and what to do."""
    path.write_bytes(b"task_name,operation_types\n")

    assert refusal(path) == (
        "t.xlsx: is a text file, such as CSV, whatever its name says. Open it in the spreadsheet"
        " program and save it as .xlsx, or give it the ending .csv."
    )


def test_workbook_cut_short_is_refused(path: Path) -> None:
    """Wherever a download ended, there is one message."""
    content = write(path, May=[HEADINGS, ["abc", "INSERT"]]).read_bytes()

    for length in (4, 900, len(content) // 2, len(content) - 2):
        path.write_bytes(content[:length])
        assert refusal(path).startswith("t.xlsx: ")


def test_impossible_time_is_the_number_that_it_is(path: Path) -> None:
    """A number that no calendar holds does not end in a traceback."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("May")
        sheet.write_row(0, 0, HEADINGS)
        sheet.write_number(1, 0, 1e10, book.add_format({"num_format": "[h]:mm"}))

    assert rows(load(path)) == [("May", 2, "10000000000", "")]


def test_reading_warns_about_nothing(path: Path) -> None:
    """No word of a library reaches the terminal."""
    write(path, May=[HEADINGS, ["abc", "INSERT"]])

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        load(path)

    assert caught == []
