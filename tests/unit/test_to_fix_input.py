"""A to-fix file is read as its input, without the column that batchcreate has added."""

from collections.abc import Sequence
from pathlib import Path

import pytest
import xlsxwriter

from batchcreate.frames import Chunk
from batchcreate.loader import LoadOptions, read
from batchcreate.loader.inputs import LoadEvent
from batchcreate.messages import text
from batchcreate.models import Column, Layout, Stamp
from batchcreate.validator import validate

HEADINGS = ["task_name", "operation_types", "batchcreate status"]
STAMP = Stamp(batch="12ab", input="north/tasks.csv", version=3)
CLEAR = "When the row is correct, clear this cell."
DONE = "Nothing to do: the task is created."

Rows = Sequence[Sequence[str]]


def workbook(path: Path, rows: Rows, *, stamp: str = "", hidden: Sequence[int] = ()) -> Path:
    """Write a workbook with *rows* below the headings, and hide those with the given numbers."""
    with xlsxwriter.Workbook(path) as book:
        if stamp:
            book.set_custom_property("batchcreate", stamp)
        sheet = book.add_worksheet("Tasks")
        for at, row in enumerate([HEADINGS, *rows]):
            sheet.write_row(at, 0, row)
        for number in hidden:
            sheet.set_row(number - 1, None, None, {"hidden": True})
        book.add_worksheet("Notes").write_row(0, 0, HEADINGS[:2])
    return path


def text_file(path: Path, rows: Rows) -> Path:
    lines = ["\t".join(f'"{cell}"' for cell in row) for row in [HEADINGS, *rows]]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def events(path: Path) -> list[LoadEvent]:
    return list(read(path, label=path.name, options=LoadOptions()))


def chunks(path: Path) -> list[Chunk]:
    return [event for event in events(path) if isinstance(event, Chunk)]


def chunk_of(path: Path) -> Chunk:
    """Return the only chunk of a file."""
    (chunk,) = chunks(path)
    return chunk


def test_stamp_is_the_first_event(tmp_path: Path) -> None:
    """Its label replaces that of the file; a text file has no sheet."""
    path = workbook(tmp_path / "back.xlsx", [["crm", "INSERT", ""]], stamp=STAMP.text)

    stamp, layout, chunk, notes = events(path)

    assert stamp == STAMP
    assert isinstance(layout, Layout)
    assert (layout.file, layout.sheet, layout.others) == (STAMP.input, "", ())
    assert isinstance(chunk, Chunk)
    assert (chunk.file, chunk.sheet, chunk.numbers) == (STAMP.input, "", [2])
    assert isinstance(notes, Layout)
    assert (notes.file, notes.sheet) == (STAMP.input, "Notes")


@pytest.mark.parametrize(
    ("stamp", "label"),
    [("12ab 3 a.xlsx", "a.xlsx"), ("", "back.xlsx"), ("no stamp", "back.xlsx")],
)
def test_sheets_of_a_workbook_keep_their_names(tmp_path: Path, stamp: str, label: str) -> None:
    """A property that is not a stamp is ignored."""
    path = workbook(tmp_path / "back.xlsx", [["crm", "INSERT", ""]], stamp=stamp)

    chunk = chunk_of(path)

    assert (chunk.file, chunk.sheet) == (label, "Tasks")


@pytest.mark.parametrize("suffix", [".xlsx", ".tsv"])
def test_rows_that_are_not_confirmed_stay_rejected(tmp_path: Path, suffix: str) -> None:
    """Only the cell that must be cleared is reported; other texts are ignored."""
    write = workbook if suffix == ".xlsx" else text_file
    chinese = text("to_fix.clear", language="zh")
    rows = [
        *(["a-1", "INSERT", DONE], ["a 2", "x", f"Wrong.\n{CLEAR}"], ["a-3", "INSERT", ""]),
        *(["a-4", "INSERT", f"错误。{chinese}"], ["a-5", "INSERT", CLEAR.replace(" ", "\n")]),
    ]

    found = chunks(write(tmp_path / f"back{suffix}", rows))

    issues = [
        issue
        for chunk in found
        for issue in validate(chunk, defaults={}, needs_target=False).issues
    ]
    assert [(issue.cell, issue.rule, issue.value) for issue in issues] == [
        ("C3", "row.not_fixed", f"Wrong.\n{CLEAR}"),
        ("C5", "row.not_fixed", f"错误。{chinese}"),
        ("C6", "row.not_fixed", CLEAR.replace(" ", "\n")),
    ]
    assert "C3 still states that the row is not correct: 'Wrong." in issues[0].message


@pytest.mark.parametrize("suffix", [".xlsx", ".tsv"])
def test_rows_that_were_cleared_are_blank(tmp_path: Path, suffix: str) -> None:
    """The text of batchcreate remains, since analysts clear their own cells."""
    write = workbook if suffix == ".xlsx" else text_file
    rows = [["a-1", "INSERT", DONE], ["", " ", f"Wrong. {CLEAR}"], ["a-3", "INSERT", ""]]

    found = chunks(write(tmp_path / f"back{suffix}", rows))

    assert [number for chunk in found for number in chunk.numbers] == [2, 4]


def test_rows_that_the_filter_hides_are_read(tmp_path: Path) -> None:
    """A hidden row without a text was hidden by the analyst."""
    rows = [["a-1", "INSERT", DONE], ["a-2", "INSERT", ""], ["a-3", "INSERT", "Wrong."]]

    chunk = chunk_of(workbook(tmp_path / "back.xlsx", rows, hidden=(2, 3, 4)))

    assert (chunk.numbers, list(chunk.hidden)) == ([2, 3, 4], [3])


@pytest.mark.parametrize("suffix", [".xlsx", ".tsv"])
def test_added_column_is_not_part_of_a_list(tmp_path: Path, suffix: str) -> None:
    """It is next to the operation types, and its texts contain some."""
    write = workbook if suffix == ".xlsx" else text_file
    rows = [["a-1", "INSERT", "UPDATE"], ["a-2", "INSERT", "DELETE"]]

    found = chunks(write(tmp_path / f"back{suffix}", rows))

    assert [problem for chunk in found for problem in chunk.problems] == []


def test_first_added_column_counts(tmp_path: Path) -> None:
    """An analyst can copy the column."""
    path = tmp_path / "a.csv"
    row = f'a-1,INSERT,,"{CLEAR}"'
    path.write_text(f"{','.join(HEADINGS)},batchcreate 状态\n{row}\n", "utf-8")

    layout, chunk = events(path)

    assert isinstance(layout, Layout)
    assert (layout.others, layout.columns["task_name"]) == (
        *((), Column(heading="task_name", index=0)),
    )
    assert isinstance(chunk, Chunk)
    assert chunk.problems == []
