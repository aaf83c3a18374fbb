"""The samples do what a newcomer tries with them first."""

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
async def test_a_clean_sample_is_created_without_an_account(tmp_path: Path, name: str) -> None:
    """Every row has its task after the first run; a second one finds nothing to do."""
    command = ("run", str(SAMPLES / name), "--simulate", "--rate", "1000")

    first = await invoke(*command, folder=tmp_path, BATCHCREATE_TOKEN="")
    report = (tmp_path / "clean-results" / "results.csv").read_bytes()
    second = await invoke(*command, folder=tmp_path, BATCHCREATE_TOKEN="")

    assert (first.code, second.code) == (0, 0)
    said = first.err.splitlines()
    assert [said[0], *said[-2:]] == [
        "40 rows read, 40 to send",
        "40 rows: 40 created",
        "next: nothing to do; every row has a task",
    ]
    assert "40 rows read, 0 to send, 40 created earlier" in second.err
    assert (tmp_path / "clean-results" / "results.csv").read_bytes() == report
    assert read_summary(tmp_path / "clean-results")["this_run"]["attempts"] == 0


async def test_the_messy_sample_shows_its_mistakes_and_creates_the_rest(tmp_path: Path) -> None:
    """Check and run agree on the 19 rows to fix; the others are created."""
    sample = str(SAMPLES / "messy.xlsx")

    checked = await invoke("check", sample, folder=tmp_path)
    listed = (tmp_path / "messy-results" / "issues.csv").read_bytes()
    ran = await invoke("run", sample, "--simulate", "--rate", "1000", folder=tmp_path)

    lines = read_lines(tmp_path / "messy-results" / "results.csv")
    assert (checked.code, ran.code) == (1, 1)
    assert "27 rows, 19 to fix" in checked.err.splitlines()
    assert (tmp_path / "messy-results" / "issues.csv").read_bytes() == listed
    assert statuses(lines).count("rejected") == 19
    assert statuses(lines).count("created") == 8
    assert {line["sheet"] for line in lines} == {"CRM", "ERP任务"}


async def test_rows_of_the_messy_sample_are_mended_in_a_file_of_their_own(tmp_path: Path) -> None:
    """What comes back takes the places of the rows that it was made of."""
    sample = str(SAMPLES / "messy.xlsx")
    await invoke("check", sample, folder=tmp_path)
    to_fix = tmp_path / "messy-results" / "to-fix.xlsx"

    unmended = await invoke("check", sample, str(to_fix), folder=tmp_path)
    book = openpyxl.load_workbook(to_fix)
    (cell,) = [cell for row in book["CRM"] for cell in row if cell.value == "crm leads"]
    cell.value = "crm-leads"
    book.save(to_fix)
    mended = await invoke("check", sample, str(to_fix), folder=tmp_path)

    assert unmended.err.splitlines()[-2:] == [
        "27 rows, 19 to fix",
        f"next: fix the rows in your files, then run batchcreate check {sample} {to_fix}",
    ]
    assert "27 rows, 18 to fix" in mended.err.splitlines()
    assert mended.err.splitlines()[-1].startswith(
        "  or fix them in messy-results/to-fix-2.xlsx, then run "
    )
