"""Inputs with rows to fix go back to the analyst as copies, are corrected, and are run again."""

import json
import shutil
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter

from tests import analysts
from tests.functional.inside import invoke
from tests.functional.program import read_lines
from tests.office import convert_all

FILES = {".xlsx": analysts.write_workbook, ".csv": analysts.write_text}
TO_FIX = "tasks-results/to-fix/tasks.xlsx"


async def checked(folder: Path, suffix: str) -> Path:
    """Write a file, check it, and return the to-fix file."""
    tasks = folder / f"tasks{suffix}"
    FILES[suffix](tasks)
    ended = await invoke("check", tasks.name, folder=folder)
    assert ended.code == 1, ended.err
    return folder / TO_FIX


async def run(folder: Path, *files: str) -> tuple[int, dict[str, int]]:
    """Run *files* and return the exit code and the counts."""
    ended = await invoke(
        *("run", *files, "--simulate", "--results", "tasks-results", "--rate", "1000"),
        folder=folder,
    )
    summary = json.loads((folder / "tasks-results" / "summary.json").read_text(encoding="utf-8"))
    counts = {status: count for status, count in summary["counts"].items() if count}
    assert summary["total"] == sum(counts.values()), ended.err
    return ended.code, counts


@pytest.mark.parametrize("suffix", FILES)
async def test_corrected_rows_are_created_after_the_others(tmp_path: Path, suffix: str) -> None:
    """Every row has a task after a run of the original and a run of the to-fix file."""
    FILES[suffix](tmp_path / f"tasks{suffix}")

    first = await run(tmp_path, f"tasks{suffix}")
    analysts.fix(tmp_path / TO_FIX)
    second = await run(tmp_path, TO_FIX)

    rows, bad = analysts.ROWS, analysts.BAD
    assert first == (1, {"rejected": bad, "created": rows - bad})
    assert second == (0, {"created": rows})
    lines = read_lines(tmp_path / "tasks-results" / "results.csv")
    assert {line["file"] for line in lines} == {f"tasks{suffix}"}
    assert (tmp_path / TO_FIX).is_file()


async def test_to_fix_file_of_a_check_is_run(tmp_path: Path) -> None:
    """It belongs to no batch, and is a version of its input all the same."""
    to_fix = await checked(tmp_path, ".csv")
    analysts.fix(to_fix)

    ended = await run(tmp_path, TO_FIX)

    assert ended == (0, {"created": analysts.ROWS})


async def test_rows_that_wait_are_not_to_fix(tmp_path: Path) -> None:
    """The rest of a limited run is sent by the next one."""
    (tmp_path / "tasks.csv").write_text("task_name,operation_types\na-1,INSERT\na-2,INSERT\n")
    options = ("--simulate", "--results", "tasks-results", "--limit", "1")

    ended = await invoke("run", "tasks.csv", *options, folder=tmp_path)

    assert "2 rows: 1 not_attempted, 1 created" in ended.err
    assert not (tmp_path / "tasks-results" / "to-fix").exists()


def write_formats(path: Path) -> None:
    """Write a workbook with everything that a copy must keep, and two rows to fix."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("任务")
        sheet.merge_range("A1:C1", "Tasks of May")
        sheet.write_row("A2", ["task_name", "operation_types", "task_id", "description", "Budget"])
        for row in range(2, 8):
            name = "bad name" if row in {3, 5} else f"crm-{row}"
            sheet.write_row(row, 0, [name, "INSERT", f"00{row}", "客户主数据"])
            sheet.write_formula(row, 4, f"=ROW()*{row}", value=(row + 1) * row)
        sheet.merge_range("F3:F4", "two rows")
        red = book.add_format({"bg_color": "red"})
        sheet.conditional_format(
            "E3:E9", {"type": "cell", "criteria": ">", "value": 20, "format": red}
        )
        notes = book.add_worksheet("Notes")
        notes.add_table("A1:B3", {"name": "Budgets", "data": [["crm", 5], ["erp", 6]]})
        notes.write_formula("D1", "=B2*2", value=10)


def content(path: Path) -> dict[str, Any]:
    """Return what the sheets of a workbook contain, without an added column."""
    results = openpyxl.load_workbook(path, data_only=True)
    return {
        sheet.title: (
            {
                cell.coordinate: (cell.value, results[sheet.title][cell.coordinate].value)
                for row in sheet.iter_rows(max_col=6)
                for cell in row
                if cell.value is not None
            },
            sorted(merged.coord for merged in sheet.merged_cells.ranges),
            [str(each.sqref) for each in sheet.conditional_formatting],
            [(table.displayName, table.ref) for table in sheet.tables.values()],
        )
        for sheet in openpyxl.load_workbook(path)
    }


def correct(path: Path) -> None:
    """Enter another name in each cell with an issue."""
    book = openpyxl.load_workbook(path)
    for row in book.active.iter_rows(max_col=1):
        for cell in row:
            if cell.comment:
                cell.value = f"{path.stem}-{cell.row}"
    book.save(path)


async def test_to_fix_files_survive_other_programs(tmp_path: Path) -> None:
    """The stamp and all values are kept by openpyxl and LibreOffice, in each of their formats."""
    write_formats(tmp_path / "tasks.xlsx")
    (tmp_path / "list.csv").write_text(
        "task_name,operation_types,task_id,description\n"
        "007,INSERT,0012,客户主数据\nbad row,INSERT,0013,=1+1\n",
        encoding="utf-8",
    )
    first = await run(tmp_path, "tasks.xlsx", "list.csv")
    results = tmp_path / "tasks-results"
    written = [results / "to-fix" / name for name in ("tasks.xlsx", "list.xlsx")]
    original, copy = content(tmp_path / "tasks.xlsx"), content(written[0])
    for path in written:
        correct(path)
    # A text file contains one sheet, and no stamp: its name is that of the input.
    saved = {
        suffix: convert_all(files, suffix, folder=tmp_path / f"saved{suffix}")
        for suffix, files in ((".xlsx", written), (".ods", written), (".csv", written[1:]))
    }

    ended = {}
    for suffix, files in saved.items():
        shutil.copytree(results, earlier := tmp_path / "earlier", dirs_exist_ok=True)
        ended[suffix] = (await run(tmp_path, *map(str, files)), ids(results))
        shutil.rmtree(results)
        earlier.rename(results)

    names = {f"00{row}": f"crm-{row}" for row in (2, 4, 6, 7)}
    of_workbook = {**names, "003": "tasks-4", "005": "tasks-6"}
    of_text = {"0012": "007", "0013": "list-3"}
    assert first == (1, {"rejected": 3, "created": 5})
    assert copy == original
    assert ended == {
        ".xlsx": ((0, {"created": 8}), of_workbook | of_text),
        ".ods": ((0, {"created": 8}), of_workbook | of_text),
        ".csv": ((1, {"rejected": 2, "created": 6}), names | of_text),
    }


def ids(results: Path) -> dict[str, str]:
    """Return the names of the tasks that the simulator has, by their ids."""
    tasks = [
        json.loads(line) for line in (results / "simulator.jsonl").read_text("utf-8").splitlines()
    ]
    return {each["body"]["task_id"]: each["body"]["task_name"] for each in tasks}
