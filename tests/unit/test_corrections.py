"""The plan names the cells that were changed although they had no issue."""

from collections.abc import Sequence
from pathlib import Path

import openpyxl
import pytest

from batchcreate.journal import Journal
from batchcreate.loader import LoadOptions
from batchcreate.pipeline.corrections import NewVersion, stored_file
from batchcreate.pipeline.load import Input, enrol_input
from tests.journals import ENDPOINT

HEADINGS = "task_name,operation_types,source_app_id,task_tag"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def give(
    folder: Path,
    rows: Sequence[str] = (),
    *,
    file: str = "tasks.csv",
    is_kept: bool = True,
    encoding: str = "",
) -> list[NewVersion]:
    """Run a file, a text file with these *rows* if there are any; return what was changed."""
    path = folder / file
    if rows:
        path.write_bytes("\n".join([HEADINGS, *rows, ""]).encode(encoding or "utf-8"))
    defaults = {"project_id": "p", "instance_id": "i"}
    source = Input(files=[path], defaults=defaults, options=LoadOptions(encoding=encoding))
    with Journal.open(folder / "results") as journal:
        plan = enrol_input(journal, source, endpoint=ENDPOINT, is_kept=is_kept)
    return list(plan.notes.versions)


def test_first_version_and_the_same_version_have_no_changes(folder: Path) -> None:
    """Only a new version is compared with the one before."""
    first = give(folder, ["orders-1,INSERT,app1,0007"])
    again = give(folder, ["orders-1,INSERT,app1,0007"])

    assert (first, again) == ([], [])


@pytest.mark.parametrize("is_kept", [True, False], ids=["run", "dry run"])
def test_changed_cells_without_issues_are_named(folder: Path, *, is_kept: bool) -> None:
    """A cell with an issue was to be changed; rows at other addresses are not compared."""
    give(folder, ["orders-1,INSRT,007,", "orders-2,DELETE,b,tagged", "orders-3,INSERT,c,tagged"])

    (version,) = give(
        folder,
        ["orders-1,INSERT,7,", "new-1,DELETE,b,tagged", "orders-2,DELETE,x,tagged"],
        is_kept=is_kept,
    )

    assert [(each.cell, each.before, each.after) for each in version.cells] == [("C2", "007", "7")]
    assert (version.cells_count, version.is_correction) == (1, False)
    assert (version.change.changed, version.change.new, version.change.withdrawn) == (2, 1, 1)


def test_text_file_is_compared_with_the_only_sheet_of_a_workbook(folder: Path) -> None:
    """A spreadsheet program that saves a sheet as text can change its cells."""
    book = openpyxl.Workbook()
    book.active.title = "Tasks"
    for row in (HEADINGS.split(","), ["orders-1", "INSERT", "007", "tagged"]):
        book.active.append(row)
    book.save(folder / "tasks.xlsx")
    give(folder, file="tasks.xlsx")

    (version,) = give(folder, ["orders-1,INSERT,7,tagged"])

    assert [(each.cell, each.before, each.after) for each in version.cells] == [("C2", "007", "7")]


def test_added_rows_change_no_cell(folder: Path) -> None:
    """Nothing is compared if no row is at the address of another one."""
    give(folder, ["orders-1,INSERT,a,tagged"])

    (version,) = give(folder, ["orders-1,INSERT,a,tagged", "orders-2,INSERT,a,tagged"])

    assert (version.change.new, version.cells) == (1, [])


def test_only_the_first_changed_cells_are_listed(folder: Path) -> None:
    """All of them are counted."""
    give(folder, [f"orders-{number},INSERT,a,tagged" for number in range(15)])

    (version,) = give(folder, [f"orders-{number},INSERT,b,tagged" for number in range(15)])

    assert (len(version.cells), version.cells_count) == (10, 15)


def test_version_that_cannot_be_read_in_the_same_way_is_not_compared(folder: Path) -> None:
    """An option for the new version does not suit the one before."""
    give(folder, ["orders-1,INSERT,a,tagged"])

    (version,) = give(folder, ["orders-1,INSERT,b,tagged"], encoding="utf-16")

    assert version.change.changed == 1
    assert version.cells == []


def test_stored_workbook_has_the_extension_of_a_workbook(folder: Path) -> None:
    """The extension selects the reader."""
    samples = Path(__file__).parents[2] / "samples"
    workbook = next(samples.glob("*.xlsx"))
    with (
        Journal.open(folder / "results") as journal,
        journal.enrol(endpoint=ENDPOINT) as enrolment,
    ):
        with workbook.open("rb") as file:
            content = enrolment.add_file(file)
        with stored_file(enrolment, content) as copy:
            assert copy.suffix == ".xlsx"
            assert copy.read_bytes() == workbook.read_bytes()
