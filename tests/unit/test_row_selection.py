"""Selection of rows by their numbers and by the texts of their cells."""

from collections.abc import Collection, Mapping, Sequence

import pytest

from batchcreate.errors import SettingsError
from batchcreate.frames import Chunk, other_name
from batchcreate.models import Column, Layout
from batchcreate.pipeline.row_selection import RowSelection
from tests.chunks import make_chunk

WAVES = ("1", "2", " 2 ", "")


def layout(*headings: str, **fields: str) -> Layout:
    """Return a layout with *fields* by their headings, followed by unknown *headings*."""
    columns = {
        name: Column(heading=heading, index=at)
        for at, (name, heading) in enumerate(fields.items())
    }
    others = [
        Column(heading=heading, index=at) for at, heading in enumerate(headings, len(fields))
    ]
    return Layout(file="a.csv", sheet="", header_row=1, columns=columns, others=others)


LAYOUT = layout("Wave", "Owner", task_name="Task name", task_tag="标签")


def chunk(waves: Sequence[str] = WAVES, first: int = 2) -> Chunk:
    count = len(waves)
    cells: Mapping[str, Sequence[str]] = {
        "task_name": [f"row-{at}" for at in range(count)],
        "task_tag": ["crm-orders", "crm-orders", "other", ""][:count],
        other_name(2): waves,
        other_name(3): ["Li"] * count,
    }
    return make_chunk(cells, range(first, first + count), columns=LAYOUT.columns)


def selected(
    *conditions: tuple[str, str], numbers: Collection[int] | None = None
) -> Collection[int] | None:
    selection = RowSelection(numbers, conditions)
    found = selection.select(LAYOUT, chunk())
    selection.require_rows([LAYOUT])
    assert found is None or isinstance(found, Collection)
    return found


def reason(*conditions: tuple[str, str], numbers: Collection[int] | None = None) -> str:
    with pytest.raises(SettingsError) as caught:
        selected(*conditions, numbers=numbers)
    return str(caught.value)


@pytest.mark.parametrize(
    ("conditions", "numbers", "rows"),
    [
        ([], None, None),
        ([], {3}, {3}),
        ([("Wave", "2")], None, {3, 4}),
        ([(" W_A V-E", "2")], None, {3, 4}),
        ([("Wave", "")], None, {5}),
        ([("Wave", "2"), ("Task Tag", "other")], None, {4}),
        ([("标签", "crm-orders")], None, {2, 3}),
        ([("task_tag", "crm-orders"), ("owner", "Li")], {3, 4}, {3}),
    ],
    ids=["all", "numbers", "trimmed", "spelling", "empty", "both", "heading", "numbers and both"],
)
def test_rows_have_all_values(
    conditions: Sequence[tuple[str, str]], numbers: Collection[int] | None, rows: object
) -> None:
    """Headings are compared like known ones; a field has its name and the heading of the file."""
    assert selected(*conditions, numbers=numbers) == rows


@pytest.mark.parametrize(
    ("conditions", "numbers", "message"),
    [
        ([], {99}, "--rows: no input row has one of these numbers (the header row counts"),
        (
            [("Owner", "Li"), ("Waves", "2")],
            None,
            (
                "--where Waves=2: no sheet that was read has this heading. The headings are"
                " 'Task name', '标签', 'Wave', 'Owner'."
            ),
        ),
        (
            [("Wave", "3")],
            None,
            "--where Wave=3: no row has this value. The first values of the column are '1', '2'.",
        ),
        (
            [("Wave", "1"), ("task_tag", "other")],
            None,
            "--where Wave=1 and --where task_tag=other: no row matches all of them; use fewer",
        ),
        ([("Wave", "1")], {3}, "--rows and --where Wave=1: no row matches all of them"),
        (
            [("description", "x")],
            None,
            "--where description=x: no sheet that was read has this heading.",
        ),
    ],
    ids=["numbers", "heading", "value", "both", "numbers and value", "missing field"],
)
def test_selection_without_rows_is_refused(
    conditions: Sequence[tuple[str, str]], numbers: Collection[int] | None, message: str
) -> None:
    """The message contains what the file has instead."""
    assert reason(*conditions, numbers=numbers).startswith(message)


def test_repeated_heading_is_refused() -> None:
    """The columns may have different values."""
    twice = layout("Wave", "WAVE", task_name="task_name")

    with pytest.raises(SettingsError) as caught:
        RowSelection(conditions=[("wave", "2")]).select(twice, chunk())

    assert str(caught.value) == (
        "--where wave: a.csv has this heading in B1 and C1. Rename all but one."
    )


def test_sheets_without_the_column_have_no_selected_rows() -> None:
    """A row of another sheet that was found earlier or later suffices."""
    selection = RowSelection(conditions=[("Wave", "2")])

    found = [
        selection.select(LAYOUT, chunk()),
        selection.select(layout("Owner", task_name="task_name"), chunk(first=10)),
        selection.select(LAYOUT, chunk(["7", "8"], first=20)),
    ]

    assert found == [{3, 4}, set(), set()]
    selection.require_rows([LAYOUT])


def test_first_values_are_those_of_the_column() -> None:
    """An error lists the first different values, across chunks."""
    selection = RowSelection(conditions=[("Wave", "x")])
    for first, waves in ((2, ["", "1", "1"]), (5, ["2", "3", "4", "5"]), (9, ["6"])):
        selection.select(LAYOUT, chunk(waves, first))

    with pytest.raises(
        SettingsError, match=r"values of the column are '1', '2', '3', '4', '5'\.$"
    ):
        selection.require_rows([LAYOUT])
