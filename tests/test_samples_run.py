"""The samples do what a newcomer tries with them first."""

from pathlib import Path

import pytest

from tests.functional.program import batchcreate, read_lines, read_summary, statuses

SAMPLES = Path(__file__).parents[1] / "samples"


@pytest.mark.parametrize("name", ["clean.csv", "clean.xlsx"])
async def test_a_clean_sample_is_created_without_an_account(tmp_path: Path, name: str) -> None:
    """Every row has its task after the first run; a second one finds nothing to do."""
    command = ("run", str(SAMPLES / name), "--simulate", "--rate", "1000")

    first = await batchcreate(*command, folder=tmp_path, BATCHCREATE_TOKEN="")
    report = (tmp_path / "clean-results" / "results.csv").read_bytes()
    second = await batchcreate(*command, folder=tmp_path, BATCHCREATE_TOKEN="")

    assert (first.code, second.code) == (0, 0)
    assert first.err.splitlines() == [
        "40 rows read, 40 to send",
        "results: clean-results/results.csv",
        "40 rows: 40 created",
        "next: nothing; every row has its task",
    ]
    assert "40 rows read, 0 to send, 40 created earlier" in second.err
    assert (tmp_path / "clean-results" / "results.csv").read_bytes() == report
    assert read_summary(tmp_path / "clean-results")["this_run"]["attempts"] == 0


async def test_the_sample_with_mistakes_shows_them_and_creates_the_rest(tmp_path: Path) -> None:
    """Check and run agree on the 17 rows to mend; the others are created."""
    sample = str(SAMPLES / "mistakes.xlsx")

    checked = await batchcreate("check", sample, folder=tmp_path)
    listed = (tmp_path / "mistakes-results" / "issues.csv").read_bytes()
    ran = await batchcreate("run", sample, "--simulate", "--rate", "1000", folder=tmp_path)

    lines = read_lines(tmp_path / "mistakes-results" / "results.csv")
    assert (checked.code, ran.code) == (1, 1)
    assert checked.err.splitlines()[-1].startswith("32 rows, 17 to mend")
    assert (tmp_path / "mistakes-results" / "issues.csv").read_bytes() == listed
    assert statuses(lines).count("rejected") == 17
    assert statuses(lines).count("created") == 15
    assert {line["sheet"] for line in lines} == {"Tasks"}
