"""The samples work with the first commands that a new user runs."""

import shutil
from pathlib import Path

import openpyxl
import pytest

from tests.functional.inside import invoke
from tests.functional.program import (
    read_lines,
    read_summary,
    statuses,
)

SAMPLES = Path(__file__).parents[1] / "samples"


@pytest.mark.parametrize("name", ["clean.csv", "clean.xlsx"])
async def test_clean_sample_is_created_without_an_account(tmp_path: Path, name: str) -> None:
    """All rows are created by the first run; a second run sends nothing."""
    shutil.copy(SAMPLES / name, tmp_path)
    command = ("run", name, "--simulate", "--rate", "1000")

    first = await invoke(*command, folder=tmp_path, BATCHCREATE_TOKEN="")
    report = (tmp_path / "clean-results" / "results.csv").read_bytes()
    second = await invoke(*command, folder=tmp_path, BATCHCREATE_TOKEN="")

    assert (first.code, second.code) == (0, 0)
    lines = first.err.splitlines()
    assert [lines[0], *lines[-2:]] == [
        "40 rows read, 40 to send",
        "40 rows: 40 created",
        "next: nothing to do; every row has a task",
    ]
    assert "40 rows read, 0 to send, 40 created earlier" in second.err
    assert (tmp_path / "clean-results" / "results.csv").read_bytes() == report
    assert read_summary(tmp_path / "clean-results")["this_run"]["attempts"] == 0


async def test_messy_sample_has_rows_to_fix_and_the_others_are_created(tmp_path: Path) -> None:
    """Check and run report the same 18 rows to fix."""
    sample = "messy.xlsx"
    shutil.copy(SAMPLES / sample, tmp_path)

    checked = await invoke("check", sample, folder=tmp_path)
    issues = (tmp_path / "messy-results" / "issues.csv").read_bytes()
    ran = await invoke("run", sample, "--simulate", "--rate", "1000", folder=tmp_path)

    lines = read_lines(tmp_path / "messy-results" / "results.csv")
    assert (checked.code, ran.code) == (1, 1)
    assert "27 rows, 18 to fix" in checked.err.splitlines()
    assert (tmp_path / "messy-results" / "issues.csv").read_bytes() == issues
    assert statuses(lines).count("rejected") == 18
    assert statuses(lines).count("created") == 9
    assert {line["sheet"] for line in lines} == {"CRM", "ERP任务"}


async def test_messy_sample_is_fixed_in_a_to_fix_file(tmp_path: Path) -> None:
    """The to-fix file has all rows of the input; a corrected row is valid."""
    sample = "messy.xlsx"
    shutil.copy(SAMPLES / sample, tmp_path)
    await invoke("check", sample, folder=tmp_path)
    to_fix = tmp_path / "messy-results" / "to-fix" / "messy.xlsx"

    place = "--results messy-results"

    unchanged = await invoke("check", str(to_fix), *place.split(), folder=tmp_path)
    book = openpyxl.load_workbook(to_fix)
    (cell,) = [cell for row in book["CRM"] for cell in row if cell.value == "crm leads"]
    cell.value = "crm-leads"
    book.save(to_fix)
    corrected = await invoke("check", str(to_fix), *place.split(), folder=tmp_path)

    assert unchanged.err.splitlines()[-2:] == [
        "27 rows, 18 to fix",
        f"next: fix the rows in your files, then run batchcreate check {to_fix} {place}",
    ]
    assert "27 rows, 17 to fix" in corrected.err.splitlines()
    assert any("edited but not yet read" in line for line in corrected.err.splitlines())
