"""``batchcreate report`` rebuilds every report file from the journal."""

import json
from pathlib import Path

from batchcreate.simulator import FaultKind
from tests.functional.inside import invoke
from tests.functional.program import (
    at,
    read_summary,
    recording,
    task_rows,
    write_rows,
)

REPORTS = ("results.csv", "issues.csv", "summary.json")


async def test_reports_are_rebuilt_byte_for_byte(tmp_path: Path) -> None:
    """The journal contains everything, and no request is sent."""
    write_rows(tmp_path / "tasks.csv", [*task_rows(9), {"task_name": "x y"}])
    results = tmp_path / "tasks-results"

    async with recording(faults={FaultKind.FORBIDDEN: 0.3}, seed=1) as simulator:
        ran = await invoke("run", "tasks.csv", *at(simulator), folder=tmp_path)
        seen = len(simulator.requests)
        written = {name: (results / name).read_bytes() for name in REPORTS}
        (results / "results.csv").unlink()
        (results / "issues.csv").write_bytes(b"spoilt")
        (results / "summary.json").unlink()
        ended = await invoke("report", "tasks-results", "--json", folder=tmp_path)
        assert len(simulator.requests) == seen

    assert (ran.code, ended.code) == (1, 0)
    assert {name: (results / name).read_bytes() for name in REPORTS} == written
    assert json.loads(ended.out) == read_summary(results)
    assert ended.err.splitlines()[-1] == ran.err.splitlines()[-2]


async def test_moved_folder_is_reported(tmp_path: Path) -> None:
    """The journal depends neither on its path nor on the input files."""
    tasks = write_rows(tmp_path / "tasks.csv", task_rows(2))
    await invoke("run", "tasks.csv", "--simulate", folder=tmp_path)
    tasks.unlink()
    moved = (tmp_path / "tasks-results").rename(tmp_path / "elsewhere")
    before = (moved / "results.csv").read_bytes()

    ended = await invoke("report", "elsewhere", folder=tmp_path)

    assert ended.code == 0
    assert (moved / "results.csv").read_bytes() == before


async def test_report_that_cannot_be_written_is_rebuilt_later(tmp_path: Path) -> None:
    """The run exits with 4; after the fix the command in its message writes the report."""
    write_rows(tmp_path / "tasks.csv", task_rows(2))
    in_the_way = tmp_path / "tasks-results" / "results.csv"
    in_the_way.mkdir(parents=True)

    ran = await invoke("run", "tasks.csv", "--simulate", folder=tmp_path)
    in_the_way.rmdir()
    ended = await invoke("report", "tasks-results", folder=tmp_path)

    assert ran.code == 4
    assert "batchcreate report tasks-results" in ran.err
    assert "Traceback" not in ran.err
    assert (ended.code, ended.err.splitlines()[-1]) == (0, "2 rows: 2 created")


async def test_edited_to_fix_file_is_kept_and_reported(tmp_path: Path) -> None:
    """The corrections of an analyst are not overwritten before a run has read them."""
    write_rows(tmp_path / "tasks.csv", [{"task_name": "no good", "operation_types": "INSERT"}])
    await invoke("run", "tasks.csv", "--simulate", folder=tmp_path)
    to_fix = tmp_path / "tasks-results" / "to-fix" / "tasks.xlsx"
    to_fix.write_bytes(edited := to_fix.read_bytes() + b"\n")

    ended = await invoke("report", "tasks-results", folder=tmp_path)

    assert to_fix.read_bytes() == edited
    assert f"{to_fix.name}: edited but not yet read, so it was not overwritten." in ended.err
