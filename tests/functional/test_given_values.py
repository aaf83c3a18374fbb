"""The option ``--set``: values for rows that have none."""

import json
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

import batchcreate
from tests.functional.inside import invoke
from tests.functional.program import INSTANCE, PROJECT, at, read_lines, recording, statuses

TAG = "task_tag=crm-orders"
ROWS = "task_name,operation_types,task_tag\na-one,INSERT,\nb-two,INSERT,kept\nc-three,INSERT, \n"


async def test_run_creates_tasks_with_the_given_value(tmp_path: Path) -> None:
    """The journal contains the value, so that a retry needs no option; a second run sends nothing."""
    (tmp_path / "tasks.csv").write_text(ROWS)

    async with recording() as simulator:
        target = at(simulator)
        none = await invoke(
            "run", "tasks.csv", *target, "--set", TAG, "--limit", "1", folder=tmp_path
        )
        retried = await invoke("retry", "tasks-results", folder=tmp_path)
        again = await invoke("run", "tasks.csv", *target, "--set", TAG, folder=tmp_path)
        tags = {
            task.name: task.body.get("task_tag") for task in simulator.tasks(PROJECT, INSTANCE)
        }

    assert (none.code, retried.code, again.code) == (1, 0, 0)
    assert "  set: task_tag = 'crm-orders' in 2 rows without one" in none.err.splitlines()
    assert f"--set {TAG}" in none.err.splitlines()[-1]
    assert tags == {"a-one": "crm-orders", "b-two": "kept", "c-three": "crm-orders"}
    assert statuses(read_lines(tmp_path / "tasks-results" / "results.csv")) == ["created"] * 3


async def test_mandatory_column_can_be_missing(tmp_path: Path) -> None:
    """A list of names is enough; headings that are repeated in it are still skipped."""
    names = ["task_name", "crm-one", "task_name", "crm-two", "Task name", "no good"]
    (tmp_path / "names.csv").write_text("\n".join(names))
    book = Workbook()
    for name in names:
        book.active.append([name])
    book.save(tmp_path / "names.xlsx")

    for file in ("names.csv", "names.xlsx"):
        ended = await invoke(
            *("check", file, "--set", "operation_types=insert", "--json"), folder=tmp_path
        )

        found = json.loads(ended.out)
        assert found["set"] == [{"column": "operation_types", "value": "insert", "rows": 3}]
        assert [group["rule"] for group in found["causes"]] == ["task_name.charset"]
        assert [(each["reason"], each["rows"]) for each in found["skipped"]] == [
            ("repeated_header", 2)
        ]


async def test_column_must_not_be_ignored_by_mistake(tmp_path: Path) -> None:
    """The message names the heading and the option that makes it known."""
    (tmp_path / "tasks.csv").write_text("task_name,Ops\na-one,INSERT\n")

    ended = await invoke("check", "tasks.csv", "--set", "operation_types=INSERT", folder=tmp_path)

    assert (ended.code, ended.out) == (2, "")
    assert "--map 'Ops=operation_types'" in ended.err


async def test_values_can_come_from_the_environment_and_the_file(tmp_path: Path) -> None:
    """An option overrides the variable, and the variable overrides batchcreate.toml."""
    (tmp_path / "tasks.csv").write_text(ROWS)
    (tmp_path / "batchcreate.toml").write_text(f'set = ["{TAG}", "description=All orders"]')

    file = await invoke("check", "tasks.csv", folder=tmp_path)
    variable = await invoke(
        "check", "tasks.csv", folder=tmp_path, BATCHCREATE_SET="task_tag=of-var"
    )
    option = await invoke(
        *("check", "tasks.csv", "--set", "task_tag=of-option"),
        folder=tmp_path,
        BATCHCREATE_SET="task_tag=of-var",
    )

    found = [
        [line.strip() for line in ended.err.splitlines() if line.startswith("  set:")]
        for ended in (file, variable, option)
    ]
    assert found == [
        [
            "set: task_tag = 'crm-orders' in 2 rows without one",
            "set: description = 'All orders' in 3 rows without one",
        ],
        ["set: task_tag = 'of-var' in 2 rows without one"],
        ["set: task_tag = 'of-option' in 2 rows without one"],
    ]


async def test_targets_can_be_given(tmp_path: Path) -> None:
    """The command to run next asks only for what is not known."""
    (tmp_path / "tasks.csv").write_text(ROWS)

    ended = await invoke("check", "tasks.csv", "--set", "project_id=p1", folder=tmp_path)

    assert ended.err.splitlines()[-1] == (
        "next: batchcreate run tasks.csv --set project_id=p1 --region REGION --instance-id INSTANCE"
    )


def test_library_accepts_the_same_values(tmp_path: Path) -> None:
    """`configure` takes a list; an invalid value is an error of the settings."""
    path = tmp_path / "tasks.csv"
    path.write_text(ROWS)

    with batchcreate.check([path], batchcreate.configure(set=[TAG])) as result:
        assert result.notes.filled == {"task_tag": 2}
    with (
        pytest.raises(batchcreate.SettingsError, match="--set task_tag=x: "),
        batchcreate.check([path], batchcreate.configure(set=["task_tag=x"])),
    ):
        raise AssertionError


async def test_format_of_a_value_is_checked(tmp_path: Path) -> None:
    """The message shows an example."""
    ended = await invoke("check", "tasks.csv", "--set", "task_tag=", folder=tmp_path)

    assert (ended.code, ended.err) == (
        2,
        (
            "error: invalid value for --set (from --set): 'task_tag='; give a column and its value,"
            " such as task_tag=crm-orders\n"
        ),
    )


async def test_rows_of_text_files_without_operation_types_are_still_checked(
    tmp_path: Path,
) -> None:
    """A row that a line break has split is rejected, and so is one with surplus cells."""
    rows = [
        "task_name,task_tag,description",
        "a-one,crm-orders,Orders of the",
        "north; all",
        'b-two,crm-orders,"INSERT of\nc-three,INSERT,x"',
        "d-four,crm-orders,Orders,surplus",
        "e-five",
    ]
    (tmp_path / "tasks.csv").write_text("\n".join(rows))

    ended = await invoke(
        *("check", "tasks.csv", "--set", "operation_types=INSERT", "--json"), folder=tmp_path
    )

    found = json.loads(ended.out)
    assert found["rejected"] == 3
    assert {group["rule"] for group in found["causes"]} == {"row.split", "row.surplus"}


async def test_fixed_copy_contains_no_given_values(tmp_path: Path) -> None:
    """They are not typed in the file; the next command repeats the option."""
    rows = "task_name,task_tag,operation_types\nno good,,INSERT\nb-two,kept,INSERT\n"
    (tmp_path / "tasks.csv").write_text(rows)

    ended = await invoke(
        *("check", "tasks.csv", "--fix", "out.xlsx", "--set", TAG, "--quiet"), folder=tmp_path
    )

    sheet = load_workbook(tmp_path / "out.xlsx").active
    assert [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)] == [
        ["no_good", None, "INSERT"],
        ["b-two", "kept", "INSERT"],
    ]
    assert f"batchcreate run out.xlsx --set {TAG} --quiet" in ended.err.splitlines()[-1]
