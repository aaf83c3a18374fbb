"""What is said of the input beside its broken rules."""

import pytest

from batchcreate.cli.descriptions import cleaned, left_out, sheets_read
from batchcreate.models import Cleaning, Column, Layout, RowLocation, Skipped
from batchcreate.pipeline.plan import InputNotes, SheetNotes

NAME = Column(heading="task_name", index=0)
PLAIN = Layout(file="a.csv", sheet="", header_row=1, columns={"task_name": NAME})


def layout(**others: object) -> Layout:
    """Return a plain layout but for *others*."""
    return Layout(**{"file": "a.csv", "sheet": "", "header_row": 1, "columns": {}} | others)  # type: ignore[arg-type] # checked when read


def read(*layouts: Layout) -> list[str]:
    """Return what is said of *layouts*, of two rows each."""
    sheets = [SheetNotes(layout=each, rows=2) for each in layouts]
    return list(sheets_read(InputNotes(sheets=sheets), most=2))


def test_columns_are_named_by_letter_field_and_unusual_heading() -> None:
    """In the order of the sheet; what differs only in case and spaces needs no mention."""
    columns = {
        "task_tag": Column(heading="Marke", index=27),
        "task_name": Column(heading="Task Name *", index=2),
    }
    sheet = layout(
        file="a.xlsx",
        sheet="Orders",
        header_row=4,
        columns=columns,
        others=[Column(heading="Owner", index=3), Column(heading="", index=4)],
        hints=["cell F4 is no known heading"],
    )

    assert read(sheet) == [
        "a.xlsx, sheet Orders: 2 rows, headings in row 4",
        "  columns: C task_name, AB task_tag ('Marke')",
        "  ignored: D 'Owner', E ''",
        "  perhaps: cell F4 is no known heading",
    ]


@pytest.mark.parametrize(
    ("encoding", "delimiter", "said"),
    [
        pytest.param("utf-8-sig", ",", [], id="usual"),
        pytest.param("gb18030", ",", ["  read as gb18030"], id="other encoding"),
        pytest.param("utf-8", "\t", ["  read as text with tabs"], id="other delimiter"),
        pytest.param("utf-16", ";", ["  read as utf-16 with semicolons"], id="both"),
    ],
)
def test_text_files_tell_what_is_unusual(encoding: str, delimiter: str, said: list[str]) -> None:
    """UTF-8 with commas needs no word."""
    lines = read(layout(encoding=encoding, delimiter=delimiter, columns={"task_name": NAME}))

    assert lines == ["a.csv: 2 rows", *said, "  columns: A task_name"]


def test_many_sheets_are_summed_up() -> None:
    """The first ones are shown, the others counted."""
    assert read(PLAIN, PLAIN, PLAIN, PLAIN)[-1] == "2 more sheets: 4 rows"


def test_many_ignored_columns_are_summed_up() -> None:
    """A sheet of a thousand columns takes no thousand words."""
    others = [Column(heading="x", index=at) for at in range(1, 24)]

    (said,) = [line for line in read(layout(others=others)) if "ignored" in line]

    assert said.count("'x'") == 20
    assert said.endswith("U 'x', 3 more")


def test_rows_of_to_fix_files_take_places() -> None:
    """Rows that stand in both files count once, and it is said."""
    notices = InputNotes(sheets=[SheetNotes(layout=PLAIN, rows=3)], replaced=1)

    assert notices.rows == 2
    assert list(sheets_read(notices, most=5))[-1] == "1 row replaced by rows of to-fix files"


def test_what_is_left_out_has_its_reason() -> None:
    """Sheets are named with their files, rows counted."""
    notices = InputNotes(
        skipped=[
            Skipped(file="a.xlsx", sheet="Old", reason="hidden"),
            Skipped(file="a.xlsx", sheet="Notes", reason="no_header"),
            Skipped(file="b.csv", sheet="", reason="example", rows=1),
            Skipped(file="a.xlsx", sheet="Sheet3", reason="empty"),
        ]
    )

    assert list(left_out(notices, most=3)) == [
        "  left out: sheet Old of a.xlsx (hidden)",
        "  left out: sheet Notes of a.xlsx (no known headings)",
        "  left out: 1 row of b.csv (examples)",
        "  left out: 1 more",
    ]


def test_cleaned_cells_are_shown_before_and_after() -> None:
    """The first ones; what cannot be seen is spelled out."""
    cleanings = [
        Cleaning(
            location=RowLocation(file="a.xlsx", sheet="Old 'n' new", number=number),
            column="task_name",
            cell=f"A{number}",
            before="crm\xa0",
            after="crm",
        )
        for number in (5, 6)
    ]
    sheets = [SheetNotes(layout=PLAIN, rows=2)] * 2

    told = [
        list(
            cleaned(InputNotes(sheets=sheets, cleaned=count, cleanings=cleanings[:count]), most=1)
        )
        for count in (0, 1, 2)
    ]

    first = "'Old ''n'' new'!A5: 'crm\\xa0' is taken for 'crm'"
    assert told == [
        [],
        [f"  cleaned: 1 cell: {first}"],
        [f"  cleaned: 2 cells, such as {first}"],
    ]
