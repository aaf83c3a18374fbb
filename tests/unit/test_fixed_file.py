"""The fixed copy of an input file contains no new issues and no other changes."""

from collections.abc import Mapping
from pathlib import Path

import openpyxl
import pytest

from batchcreate.errors import LoadError, SettingsError
from batchcreate.pipeline.check import check
from batchcreate.pipeline.fixed_file import write_fixed
from batchcreate.pipeline.load import Input
from tests.functional.program import write_rows

Row = Mapping[str, str]


def source(path: Path) -> Input:
    return Input(files=[path], defaults={"project_id": "p1", "instance_id": "i1"})


def names_of_copy(folder: Path, *rows: Row) -> list[str]:
    """Return the first cells of the rows in the copy of a file with *rows*."""
    tasks = write_rows(folder / "tasks.csv", rows)
    with check(source(tasks)) as result:
        write_fixed(folder / "out.xlsx", result, language="en")
    sheet = openpyxl.load_workbook(folder / "out.xlsx").active
    return [str(row[0].value) for row in sheet.iter_rows(min_row=2)]


def row(name: str, **more: str) -> Row:
    return {"task_name": name, "operation_types": "INSERT", **more}


@pytest.mark.parametrize(
    ("rows", "names"),
    [
        pytest.param([row("a b c"), row("a_b_c")], ["a b c", "a_b_c"], id="of another row"),
        pytest.param(
            [row("a b c"), row("a*b c"), row("d e f")],
            ["a b c", "a*b c", "d_e_f"],
            id="suggested for another row",
        ),
        pytest.param(
            [row("a b c", instance_id="i2"), row("a_b_c", instance_id="i3")],
            ["a_b_c", "a_b_c"],
            id="on another instance",
        ),
    ],
)
def test_suggestion_that_repeats_a_name_is_not_applied(
    tmp_path: Path, rows: list[Row], names: list[str]
) -> None:
    """Names are unique per instance."""
    assert names_of_copy(tmp_path, *rows) == names


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        pytest.param(("id: a-1", "a-1"), ("id: a-1", "a-1"), id="used"),
        pytest.param(("id: a-1", "a-2"), ("a-1", "a-2"), id="unused"),
    ],
)
def test_suggested_id_is_compared_with_all_targets(
    tmp_path: Path, ids: tuple[str, str], expected: tuple[str, str]
) -> None:
    """The target of an invalid id is not recorded."""
    rows = [
        {"task_id": task_id, "task_name": f"abc-{at}", "operation_types": "INSERT"}
        for at, task_id in enumerate(ids)
    ]

    assert names_of_copy(tmp_path, *rows) == list(expected)


def test_file_that_changed_after_the_check_is_refused(tmp_path: Path) -> None:
    """The marks would be at the wrong cells; the existing copy stays."""
    tasks = write_rows(tmp_path / "tasks.csv", [row("a b c")])
    (tmp_path / "out.xlsx").write_bytes(b"earlier")

    with check(source(tasks)) as result:
        write_rows(tasks, [row("abc"), row("a b c")])
        with pytest.raises(LoadError, match=r"tasks\.csv: changed while it was read"):
            write_fixed(tmp_path / "out.xlsx", result, language="en")

    assert (tmp_path / "out.xlsx").read_bytes() == b"earlier"


def test_copy_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    """The message names the option."""
    tasks = write_rows(tmp_path / "tasks.csv", [row("abc")])

    with (
        check(source(tasks)) as result,
        pytest.raises(SettingsError, match=r"--fix .*out\.xlsx: cannot be written \(No such file"),
    ):
        write_fixed(tmp_path / "gone" / "out.xlsx", result, language="en")
