"""
A full disk stops a run; the rerun completes the batch without lost or duplicate tasks.

With a fault at every sync of a run::

    pytest -m long -s tests/functional/test_exactly_once_disk.py
"""

import asyncio
import gc
from pathlib import Path

import pytest

from batchcreate.pool.feed import AHEAD_S
from tests.disks import enlarge, fill, small_disk
from tests.functional.harness import (
    FAST,
    Findings,
    Lane,
    Point,
    audited,
    complete,
    open_lane,
    program,
    require_strace,
)
from tests.functional.inside import invoke
from tests.functional.program import (
    INSTANCE,
    LIMIT_S,
    PROJECT,
    Turnstile,
    at,
    creates,
    recording,
    task_rows,
    write_rows,
)

ROWS = 40
WORKERS = 4


async def test_a_disk_that_is_full_at_the_start_sends_nothing(tmp_path: Path) -> None:
    """The run exits with 2 and a remedy; with free space, the same command creates all tasks."""
    rows = task_rows(ROWS)
    write_rows(tmp_path / "tasks.csv", rows)

    with small_disk(tmp_path / "disk", size_kib=64) as disk:
        async with recording() as simulator:
            command = ("run", "tasks.csv", *at(simulator), "--results", "disk/out", *FAST)
            full = await invoke(*command, folder=tmp_path)
            sent = creates(simulator)
            enlarge(disk, size_kib=8192)
            again = await invoke(*command, folder=tmp_path)
            findings = audited(disk / "out", rows, simulator)

    assert (full.code, sent) == (2, 0)
    assert "disk is full" in full.err
    assert "Traceback" not in full.err
    assert (again.code, findings) == (0, Findings())


async def test_a_disk_that_fills_up_ends_the_run(tmp_path: Path) -> None:
    """Sending stops, requests in flight are reported on the terminal, and the exit code is 4."""
    rows = task_rows(ROWS)
    write_rows(tmp_path / "tasks.csv", rows)
    turnstile = Turnstile(free=9, holds=WORKERS)

    with small_disk(tmp_path / "disk", size_kib=8192) as disk:
        async with recording(turnstile) as simulator:
            command = ("run", "tasks.csv", *at(simulator), "--results", "disk/out", *FAST)
            options = ("-v", "--concurrency", f"{WORKERS}")
            running = asyncio.ensure_future(invoke(*command, *options, folder=tmp_path))
            async with asyncio.timeout(LIMIT_S):
                await turnstile.is_full.wait()
            in_flight = simulator.tasks(PROJECT, INSTANCE)[-WORKERS:]
            ballast = fill(disk)
            turnstile.open()
            full = await running
            sent = creates(simulator)
            ballast.unlink()
            gc.collect()  # statements of the failed report still hold the journal
            again = await invoke(*command, folder=tmp_path)
            findings = audited(disk / "out", rows, simulator)

    assert full.code == 4
    # The intents that were committed ahead may still be sent.
    assert sent <= 8 + WORKERS + 1000 * AHEAD_S
    for task in in_flight:
        assert [task.name in line for line in full.err.splitlines() if task.task_id in line] == [
            True
        ]
    assert "Traceback" not in full.err
    assert full.err.splitlines()[-1].startswith("next: batchcreate run tasks.csv")
    assert (again.code, findings) == (0, Findings())


def has_report(results: Path) -> bool:
    return (results / "results.csv").exists()


async def fail_sync(lane: Lane, point: Point, *, on: str) -> tuple[int, int, Findings, Findings]:
    """
    Make a sync fail, then run again.

    Return the exit codes of both runs and what was wrong after each.
    """
    lane.reset("struck")
    (lane.folder / "struck" / "results.csv").unlink()
    struck = await program(
        *lane.command("retry"), folder=lane.folder, under=point.injecting("error=EIO", on=on)
    )
    assert "Traceback" not in struck.err
    if struck.code == 2:
        assert len(lane.tasks) == 0
    results = lane.folder / "struck"
    after = Findings()
    if has_report(results):
        after = audited(results, lane.rows, lane.simulator, is_complete=False)
    elif struck.code == 4:
        assert "batchcreate report struck" in struck.err
    again = await complete(*lane.command("retry"), folder=lane.folder)
    return struck.code, again.code, after, audited(results, lane.rows, lane.simulator)


@pytest.mark.parametrize(
    "on",
    [pytest.param("", id="once"), pytest.param("+", id="for ever", marks=pytest.mark.long)],
)
async def test_a_sync_that_fails_ends_the_run(tmp_path: Path, on: str) -> None:
    """What was not confirmed to be on disk is not trusted: the report is true, the rerun ends it."""
    require_strace()

    async with open_lane(tmp_path, rows=8) as lane:
        ended = await fail_sync(lane, Point("fdatasync", 7), on=on)

    assert ended == (4, 0, Findings(), Findings())


@pytest.mark.long
@pytest.mark.parametrize("on", ["", "+"], ids=["once", "for ever"])
async def test_any_sync_that_fails_ends_the_run(tmp_path: Path, on: str) -> None:
    """The exit code is 2 before anything was sent, and 4 afterwards."""
    require_strace()
    wrong, codes = {}, []

    async with open_lane(tmp_path, rows=8) as lane:
        for call in ("fdatasync", "fsync"):
            for number in range(1, 40, 4):
                ended = await fail_sync(lane, Point(call, number), on=on)
                if ended[0] == 0:
                    break
                codes.append(ended[0])
                if ended[0] not in {2, 4} or ended[1:] != (0, Findings(), Findings()):
                    wrong[call, number] = ended

    print(f"{len(codes)} failed syncs, {codes.count(4)} of them while requests were sent")  # noqa: T201
    assert wrong == {}
    assert codes.count(4) >= 3
