"""Workbooks: sheet by sheet, with the texts that the spreadsheet program shows."""

import datetime as dt
import warnings
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from openpyxl.worksheet.cell_range import CellRange

from batchcreate.errors import LoadError
from batchcreate.frames import Chunk
from batchcreate.loader import LoadOptions, read
from batchcreate.models import CellKind, Column, Layout, RowProblem, Skipped, Stamp
from tests import records
from tests.chunks import contents, make_chunk, row_cells
from tests.spreadsheets import ods

HEADINGS = ["task_name", "operation_types"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "t.xlsx"


def write(path: Path, **sheets: list[list[str]]) -> Path:
    """Write a workbook with *sheets*; a sheet whose name starts with hidden is hidden."""
    with xlsxwriter.Workbook(path) as book:
        for name, table in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(table):
                sheet.write_row(number, 0, row)
            if name.startswith("hidden"):
                sheet.hide()
    return path


def load(path: Path, **options: Any) -> list[Chunk]:
    events = read(path, label="t.xlsx", options=LoadOptions(**options))
    return [event for event in events if isinstance(event, Chunk)]


def refusal(path: Path, **options: Any) -> str:
    with pytest.raises(LoadError) as caught:
        load(path, **options)
    return str(caught.value)


def rows(chunks: Iterable[Chunk]) -> list[tuple[object, ...]]:
    return [(chunk.sheet, *row) for chunk in chunks for row in row_cells([chunk])]


def test_chunk_has_the_known_columns(path: Path) -> None:
    """File, sheet and row number are the ones that the analyst sees."""
    write(path, May=[[], ["x", "任务名称", "Operation Types"], [], ["y", "crm-orders", "INSERT"]])

    assert [contents(chunk) for chunk in load(path)] == [
        contents(
            make_chunk(
                {"task_name": ["crm-orders"], "operation_types": ["INSERT"]},
                [4],
                file="t.xlsx",
                sheet="May",
                columns={
                    "task_name": Column(heading="任务名称", index=1),
                    "operation_types": Column(heading="Operation Types", index=2),
                },
            )
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
    """Integers have no fraction, booleans are upper case, dates are ISO."""
    book = openpyxl.Workbook()
    book.active.append(HEADINGS)
    book.active.append([value, "INSERT"])
    book.save(path)

    assert rows(load(path)) == [("Sheet", 2, text, "INSERT")]


def test_merged_cell_is_empty_in_the_rows_below(path: Path) -> None:
    """The text of the covering cell is separate."""
    rows = [HEADINGS, ["abc", "INSERT"], ["def"], ["ghi", "UPDATE"]]
    write(path, May=rows)
    book = openpyxl.load_workbook(path)
    book["May"].merge_cells("B2:B3")
    book.save(path)

    (chunk,) = load(path)

    assert chunk.texts("operation_types") == ["INSERT", "", "UPDATE"]
    assert chunk.kinds == {"operation_types": {1: CellKind.MERGED}}
    assert chunk.covering == {"operation_types": {1: "INSERT"}}


def test_every_visible_sheet_with_the_headings_is_read(path: Path) -> None:
    """Hidden, empty and other sheets are skipped."""
    table = [HEADINGS, ["abc", "INSERT"]]
    write(path, May=table, Notes=[["Description"], ["x"]], Empty=[], hidden=table, June=table)

    assert rows(load(path)) == [("May", 2, "abc", "INSERT"), ("June", 2, "abc", "INSERT")]


def test_selected_sheets_are_read_even_if_hidden(path: Path) -> None:
    """A sheet that is given twice is read once."""
    table = [HEADINGS, ["abc", "INSERT"]]
    write(path, May=table, hidden=table)

    assert rows(load(path, sheets=["hidden", "hidden"])) == [("hidden", 2, "abc", "INSERT")]


def test_missing_sheet_is_refused(path: Path) -> None:
    """The message lists the sheets."""
    write(path, May=[HEADINGS], June=[HEADINGS])

    assert refusal(path, sheets=["may"]) == (
        "t.xlsx: there is no sheet 'may'. The sheets are 'May', 'June'."
    )


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ([], "sheet 'May': the first rows are blank. Add the headings task_name"),
        ([["x"]], "sheet 'May': none of the first 20 rows contains the headings task_name"),
    ],
    ids=["empty", "other"],
)
def test_selected_sheet_without_header_row_is_refused(
    path: Path, table: list[list[str]], words: str
) -> None:
    """It is not skipped."""
    write(path, May=table)

    assert words in refusal(path, sheets=["May"])


def test_only_sheet_with_wrong_headings_gets_a_suggestion(path: Path) -> None:
    """A single table must be the table of tasks."""
    write(path, May=[["Task", "operation type"], ["abc", "INSERT"]], Empty=[])

    assert refusal(path) == (
        "t.xlsx, sheet 'May', row 1: column task_name is missing. The headings are 'Task',"
        " 'operation type'. Did you mean 'Task'? Rename it to task_name, or use --map"
        " 'Task=task_name'. The first 20 rows were searched for the header row."
    )


def test_sheets_without_header_row_are_listed(path: Path) -> None:
    """The message shows the headings of each sheet."""
    write(path, May=[["Name", "b"]], June=[["c"]], hidden=[["x"]])

    assert refusal(path) == (
        "t.xlsx: no sheet has the headings task_name and operation_types. Sheet 'May': row 1"
        " contains 'Name', 'b'. Did you mean 'Name'? Rename it to task_name, or use --map"
        " 'Name=task_name'. Sheet 'June': row 1 contains 'c'."
    )


def test_blank_workbook_is_refused(path: Path) -> None:
    """There are no headings to show."""
    write(path, May=[], June=[])

    assert refusal(path) == (
        "t.xlsx: all visible sheets are blank. Add the headings task_name and operation_types to"
        " a sheet."
    )


@pytest.mark.parametrize("visible", [[["see other"]], [["Name", "Ops"]], []])
def test_only_sheet_with_headings_is_hidden(path: Path, visible: list[list[str]]) -> None:
    """The message has the option that reads it, not the headings of other sheets."""
    write(path, Notes=visible, hidden=[["x"], HEADINGS], hidden2=[["task_name"]])

    assert refusal(path) == (
        "t.xlsx: the only sheet with the headings task_name and operation_types is hidden:"
        " 'hidden'. To read it, use --sheet hidden, or unhide it."
    )


def test_all_sheets_with_headings_are_hidden(path: Path) -> None:
    """Names are quoted for the shell; only the first ones are listed."""
    sheets = {f"hidden {number}": [HEADINGS] for number in range(7)}
    write(path, Notes=[["x"]], **sheets)

    assert refusal(path).startswith(
        "t.xlsx: all sheets with the headings task_name and operation_types are hidden: 'hidden 0',"
        " 'hidden 1', 'hidden 2', 'hidden 3', 'hidden 4'. To read them, use --sheet 'hidden 0'"
    )


def test_mapped_headings_of_hidden_sheets_are_known(path: Path) -> None:
    """The mapping is given for the hidden sheet, too."""
    write(path, Notes=[["x"]], hidden=[["Kennung", "operation_types"]])

    assert "--sheet hidden" in refusal(path, mapping={"Kennung": "task_name"})
    assert "hidden" not in refusal(path)


def test_sheet_with_half_of_the_headings_is_refused(path: Path) -> None:
    """A table without a mandatory column is not skipped."""
    write(path, May=[["task_name"], ["abc"]])

    assert "column operation_types is missing" in refusal(path)


def test_headings_alone_are_refused(path: Path) -> None:
    """A sheet may have no rows, but the workbook must have one."""
    write(path, May=[HEADINGS, [" ", ""]])

    assert refusal(path) == "t.xlsx: no rows below the header row. Add one row per task."


def test_events_are_in_the_order_of_the_sheets(path: Path) -> None:
    """Each sheet has its layout, its chunks and its example rows, or the reason to skip it."""
    table = [HEADINGS, ["example: x", "INSERT"], ["abc", "INSERT"]]
    write(path, May=table, hidden=table, Notes=[["Description"]], Empty=[], June=table)

    events = [event for event in read(path, label="t.xlsx") if not isinstance(event, Stamp)]

    assert [
        (type(event), event.sheet, event.reason if isinstance(event, Skipped) else "")
        for event in events
    ] == [
        (Layout, "May", ""),
        (Chunk, "May", ""),
        (Skipped, "May", "example"),
        (Skipped, "hidden", "hidden"),
        (Skipped, "Notes", "no_header"),
        (Skipped, "Empty", "empty"),
        (Layout, "June", ""),
        (Chunk, "June", ""),
        (Skipped, "June", "example"),
    ]


@pytest.mark.parametrize("chunk_rows", [1, 2, 5])
def test_chunks_join_to_the_same_rows(path: Path, chunk_rows: int) -> None:
    """Row numbers continue from chunk to chunk, blank rows included."""
    write(path, May=[HEADINGS, ["a"], [], [], ["b"], ["c"], [], ["d"]])

    numbers = [row[1] for row in rows(load(path, chunk_rows=chunk_rows))]

    assert numbers == [2, 5, 6, 8]


def test_other_content_is_refused(path: Path) -> None:
    """The message has the file type and a remedy."""
    path.write_bytes(b"task_name,operation_types\n")

    assert refusal(path) == (
        "t.xlsx: is a text file, such as CSV (the extension is wrong). Open it in the"
        " spreadsheet program and save it as .xlsx, or change the extension to .csv."
    )


def test_workbook_cut_short_is_refused(path: Path) -> None:
    """Each length of an incomplete file leads to an error of one line."""
    content = write(path, May=[HEADINGS, ["abc", "INSERT"]]).read_bytes()

    for length in (4, 900, len(content) // 2, len(content) - 2):
        path.write_bytes(content[:length])
        assert refusal(path).startswith("t.xlsx: ")


def test_impossible_time_is_displayed_as_hash_signs(path: Path) -> None:
    """A number that is out of the range of dates does not raise an exception."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("May")
        sheet.write_row(0, 0, HEADINGS)
        sheet.write_number(1, 0, 1e10, book.add_format({"num_format": "[h]:mm"}))

    assert rows(load(path)) == [("May", 2, "########", "")]


def test_reading_emits_no_warning(path: Path) -> None:
    """Warnings of libraries do not reach the terminal."""
    write(path, May=[HEADINGS, ["abc", "INSERT"]])

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        load(path)

    assert caught == []


def merged(path: Path, table: list[list[str]], *ranges: str) -> Path:
    """Write a workbook with *table*, and merge *ranges* without emptying their cells."""
    write(path, May=table)
    book = openpyxl.load_workbook(path)
    book["May"].merged_cells.ranges = {CellRange(cells) for cells in ranges}
    book.save(path)
    return path


def problems(path: Path) -> list[tuple[int, int, str, str]]:
    """Row, column, text and column of the heading of each cell below a merged heading."""
    return [
        (found.number, found.column.index, found.value, str(found.facts["column"]))
        for chunk in load(path)
        for found in chunk.problems
        if found.rule == "row.merged_heading"
    ]


def test_cells_below_a_merged_heading_are_problems(path: Path) -> None:
    """The first filled cell of each row is reported, in the first rows and far below."""
    heading = ["task_name", "operation_types", "", "", "description", ""]
    more = [[f"t-{number}", "INSERT", "", "", "x", "y"] for number in range(4, 60)]
    table = [
        ["Tasks of May"],
        heading,
        ["abc", "INSERT", "UPDATE", "DELETE", "x"],
        ["def", "INSERT", " ", "DELETE"],
        ["ghi", "INSERT", "", "", "x"],
    ]
    merged(path, [*table, *more], "A1:F1", "B2:D2", "E2:F2")

    found = problems(path)

    assert found[:2] == [(3, 2, "UPDATE", "B"), (4, 3, "DELETE", "B")]
    assert found[2:] == [(number, 5, "y", "E") for number in range(6, 62)]
    assert load(path)[0].problems[0].facts["heading"] == "operation_types"


def test_merged_headings_are_known_in_every_format(tmp_path: Path) -> None:
    """The merged cells are in the head of the sheet, wherever the file has them."""
    cell = "<table:table-cell><text:p>{}</text:p></table:table-cell>".format
    spanning = cell("operation_types").replace(
        "cell>", 'cell table:number-columns-spanned="2">', 1
    )
    headings = f"{cell('task_name')}{spanning}<table:covered-table-cell/>"
    tasks = "".join(map(cell, ("abc", "INSERT", "UPDATE")))
    lines = "".join(f"<table:table-row>{row}</table:table-row>" for row in (headings, tasks))
    texts = [("task_name", "operation_types"), ("abc", "INSERT", "UPDATE")]
    files = [
        ods(tmp_path / "t.ods", f'<table:table table:name="May">{lines}</table:table>'),
        records.xls(
            tmp_path / "t.xls", {"May": [*records.table(*texts), records.merged(0, 0, 1, 2)]}
        ),
        records.xlsb(
            tmp_path / "t.xlsb",
            *(
                each
                for at, row in enumerate(texts)
                for each in (records.row(at), *(records.text(*pair) for pair in enumerate(row)))
            ),
            records.merge(0, 0, 1, 2),
        ),
    ]

    found = {path.suffix: problems(path) for path in files}

    assert found == {path.suffix: [(2, 2, "UPDATE", "B")] for path in files}


def test_heading_in_a_covered_cell_is_no_heading(path: Path) -> None:
    """Only the heading that covers it is displayed; it counts for all merged columns."""
    headings = ["task_name", "operation_types", "description", "task_tag"]
    row = ["abc", "INSERT", "x", "tag1"]
    merged(path, [headings, row], "C1:D1")
    upward = merged(
        path.with_name("up.xlsx"), [headings, ["", "", "project_id", ""], row], "C1:C2"
    )

    (chunk,), (other,) = load(path), load(upward)

    assert problems(path) == [(2, 3, "tag1", "C")]
    assert "task_tag" not in chunk.columns
    assert "project_id" not in other.columns


def test_both_merged_headings_of_a_row_are_problems(path: Path) -> None:
    """Each heading has a separate message."""
    headings = ["task_name", "", "operation_types", ""]
    merged(path, [headings, ["abc", "v2", "INSERT", "UPDATE"]], "A1:B1", "C1:D1")

    assert problems(path) == [(2, 1, "v2", "A"), (2, 3, "UPDATE", "C")]


def test_cells_below_an_unknown_merged_heading_are_counted(path: Path) -> None:
    """The column is ignored, and so are the cells next to it."""
    headings = ["task_name", "operation_types", "owner", ""]
    merged(path, [headings, ["abc", "INSERT", "crm", "team"]], "C1:D1")

    (chunk,) = load(path)

    assert (chunk.problems, chunk.unnamed) == ([], {3: 1})


def test_operation_types_below_blank_headings_are_problems(path: Path) -> None:
    """A list that was split into several cells is not cut; remarks next to it are ignored."""
    headings = ["task_name", "operation_types", "", "", "", "task_tag"]
    table = [
        ["a", "INSERT", "update", "DELETE", "", "tag-1"],
        ["b", "INSERT", "", "update; DELETE"],
        ["c", "INSERT", "to do", "insert now", ";", "UPDATE"],
    ]
    write(path, May=[headings, *table])

    (chunk,) = load(path)

    assert [
        (problem.number, problem.column.index, problem.value, problem.rule)
        for problem in chunk.problems
    ] == [(2, 2, "update", "row.blank_heading"), (3, 3, "update; DELETE", "row.blank_heading")]
    assert chunk.unnamed == {2: 2, 3: 3, 4: 1}


def test_cells_below_blank_headings_are_counted_in_every_group(path: Path) -> None:
    """Columns to the right of the last heading have blank headings, too."""
    table = [["abc", "INSERT", "", "", "x"] for _ in range(100)]
    write(path, May=[HEADINGS, *table, ["", "", "only here"], ["", "", " "]])

    chunks = load(path, chunk_rows=30)

    assert sum((Counter(chunk.unnamed) for chunk in chunks), Counter()) == {2: 1, 4: 100}
    assert chunks[-1].numbers[-1] == 102


@pytest.mark.parametrize("heading", ["description", "owner"])
def test_list_that_was_split_into_columns_is_a_problem(path: Path, heading: str) -> None:
    """Text-to-columns puts the other operation types into the next cells."""
    table = [[*HEADINGS, heading], ["crm-1", "INSERT", "UPDATE"], ["crm-2", "INSERT", "x"]]

    chunks = load(write(path, May=table))

    assert [problem for chunk in chunks for problem in chunk.problems] == [
        RowProblem(
            number=2,
            column=Column(heading=heading, index=2),
            rule="row.split_list",
            value="UPDATE",
        )
    ]


def test_cells_next_to_the_list_are_not_part_of_the_chunk(path: Path) -> None:
    """They are read to find operation types outside of their column."""
    table = [[*HEADINGS, "owner"], ["crm-1", "INSERT", "me"]]

    (chunk,) = load(write(path, May=table))

    assert list(chunk.frame) == ["task_name", "operation_types"]


def test_other_columns_are_read_on_request(path: Path) -> None:
    """They are in the frame under the names of their positions."""
    write(path, May=[["Note", *HEADINGS], ["007", "crm", "INSERT"], ["", "erp", "INSERT"]])
    columns = [Column(heading="Note", index=0)]

    (without,) = load(path)
    (chunk,) = load(path, has_others=True)

    assert list(without.others(columns)) == list(chunk.others([])) == []
    assert list(chunk.others(columns)) == [("007",), ("",)]
    assert [str(name) for name in chunk.frame] == ["task_name", "operation_types", "column 0"]


def test_other_column_next_to_the_list_is_still_compared_with_it(path: Path) -> None:
    """A row whose list was split into two cells is rejected in a run as in a check."""
    write(path, May=[[*HEADINGS, "Note"], ["crm", "INSERT", "UPDATE"], ["erp", "INSERT", "later"]])

    problems = [[each.number for each in load(path, has_others=on)[0].problems] for on in (0, 1)]

    assert problems == [[2], [2]]
