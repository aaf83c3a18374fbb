"""A run that has to wait shows it, waits for a limited time, and continues later."""

import asyncio
from pathlib import Path

import pytest

from batchcreate.simulator import FaultKind, Simulator, SimulatorSettings, serve
from tests.functional.harness import Findings, audited
from tests.functional.inside import invoke
from tests.functional.program import at, creates, read_lines, statuses, task_rows, write_rows

RESULTS = Path("tasks-results")


class ChangingFaults:
    """The sleep of a simulator; it changes the faults once a number of create calls has ended."""

    def __init__(self, after: int, faults: dict[FaultKind, float]) -> None:
        self.simulator: Simulator | None = None
        self._after = after
        self._faults = faults

    async def __call__(self, _wait_s: float) -> None:
        if self.simulator is not None and creates(self.simulator) == self._after:
            self.simulator.change_faults(self._faults)
        await asyncio.sleep(0)


@pytest.mark.parametrize("share", [1.0, 0.1], ids=["every row", "some rows"])
async def test_pause_that_the_server_requests_is_shown_and_limited(
    tmp_path: Path, share: float
) -> None:
    """Requested and actual wait are named; without a success the run stops, and continues later."""
    rows = task_rows(30)
    write_rows(tmp_path / "tasks.csv", rows)
    settings = SimulatorSettings(
        faults={FaultKind.TOO_MANY_REQUESTS: share},
        retry_after_s=86_400,
        record=True,
        unique_names=False,
    )
    async with serve(settings) as simulator:
        command = ("run", "tasks.csv", *at(simulator), "--max-wait", "0.5")
        stopped = await invoke(*command, folder=tmp_path)
        after = audited(tmp_path / RESULTS, rows, simulator, is_complete=False)
        simulator.change_faults({})
        again = await invoke(*command, folder=tmp_path)
        findings = audited(tmp_path / RESULTS, rows, simulator)

    assert (stopped.code, after) == (4, Findings())
    assert "the server asks to wait 24 h (HTTP 429); waiting 5 min, until " in stopped.err
    assert "no request has succeeded for 0.5 s" in stopped.err
    assert (again.code, findings) == (0, Findings())


async def test_permission_that_is_lost_during_a_run_stops_it(tmp_path: Path) -> None:
    """Five consecutive refusals end the run; the other rows are not attempted."""
    write_rows(tmp_path / "tasks.csv", task_rows(40))
    sleep = ChangingFaults(5, {FaultKind.FORBIDDEN: 1})
    settings = SimulatorSettings(record=True, latency_ms=1)
    async with serve(settings, sleep=sleep) as simulator:
        sleep.simulator = simulator
        command = ("run", "tasks.csv", *at(simulator), "--concurrency", "1")
        ended = await invoke(*command, folder=tmp_path)
        sent = creates(simulator)

    found = statuses(read_lines(tmp_path / RESULTS / "results.csv"))
    assert (ended.code, sent) == (4, 11)
    assert found == ["created"] * 6 + ["failed"] * 5 + ["not_attempted"] * 29
    assert "refused 5 consecutive rows" in ended.err


async def test_occasional_refusal_concerns_its_row_only(tmp_path: Path) -> None:
    """The run goes on, and the exit code says that some rows failed."""
    write_rows(tmp_path / "tasks.csv", task_rows(40))
    settings = SimulatorSettings(faults={FaultKind.FORBIDDEN: 0.2}, seed=3, record=True)
    async with serve(settings) as simulator:
        ended = await invoke("run", "tasks.csv", *at(simulator), folder=tmp_path)

    found = statuses(read_lines(tmp_path / RESULTS / "results.csv"))
    assert ended.code == 1
    assert set(found) == {"created", "failed"}
