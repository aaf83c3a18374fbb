"""
A run that its own program cancels, at any moment, is completed by the next one.

At many more moments::

    pytest -m long tests/functional/test_exactly_once_cancels.py
"""

import asyncio
import contextlib
import gc
from pathlib import Path

import pytest

import batchcreate
from batchcreate.simulator import SimulatorSettings, serve
from tests.functional.harness import Findings, Watch, audited, seeded
from tests.functional.program import INSTANCE, PROJECT, TOKEN, task_rows, write_rows

ROWS = 40


async def cancel_and_complete(folder: Path, *, calls: int, turns: int) -> Findings:
    """Cancel a run *turns* turns of the loop after so many calls; run again; look at the report."""
    watch, rows = Watch(), task_rows(ROWS)
    tasks = write_rows(folder / "tasks.csv", rows)
    async with serve(
        SimulatorSettings(unique_names=False, latency_ms=1), sleep=watch
    ) as simulator:
        settings = batchcreate.configure(
            endpoint=simulator.url,
            project_id=PROJECT,
            instance_id=INSTANCE,
            rate=1000,
            settle=0.3,
            results=folder / "out",
        )

        async def run() -> batchcreate.RunResult:
            return await batchcreate.run(
                [tasks], settings, environment={"BATCHCREATE_TOKEN": TOKEN}
            )

        reached = watch.begin(calls)
        running = asyncio.ensure_future(run())
        await reached.wait()
        for _ in range(turns):
            await asyncio.sleep(0)
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        ending = await run()
        assert ending.stop_reason is None
        return audited(folder / "out", rows, simulator)


@pytest.mark.parametrize(
    ("calls", "turns"), [(1, 0), (2, 3), (9, 1), (41, 5)], ids=["list", "first", "some", "last"]
)
async def test_a_run_that_is_cancelled_is_completed_by_the_next(
    tmp_path: Path, calls: int, turns: int
) -> None:
    """No task is created twice, none is lost, and nothing is left open."""
    assert await cancel_and_complete(tmp_path, calls=calls, turns=turns) == Findings()

    gc.collect()  # what was left open warns now


@pytest.mark.long
async def test_a_run_that_is_cancelled_at_many_moments_is_completed(tmp_path: Path) -> None:
    """No task is created twice, none is lost, and nothing is left open."""
    draw = seeded(1)

    for moment in range(60):
        found = await cancel_and_complete(
            tmp_path / str(moment), calls=draw.randint(1, ROWS + 1), turns=draw.randint(0, 40)
        )
        assert found == Findings()

    gc.collect()  # what was left open warns now
