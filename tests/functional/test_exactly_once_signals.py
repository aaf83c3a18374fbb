"""
A run that receives a signal at any moment leaves a true report; a rerun completes it.

At many more moments::

    pytest -m long -s tests/functional/test_exactly_once_signals.py
"""

import asyncio
import contextlib
import os
import signal
from collections import Counter
from pathlib import Path

import pytest

from batchcreate.simulator import SimulatorSettings, serve
from tests.functional.harness import (
    FAST,
    Findings,
    Watch,
    audited,
    launch,
    reached_or_ended,
    seeded,
)
from tests.functional.inside import invoke
from tests.functional.program import (
    LIMIT_S,
    Turnstile,
    at,
    creates,
    end,
    read_lines,
    recording,
    statuses,
    task_rows,
    wait_for_output,
    write_rows,
)

CODES = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}
SIGNALS = pytest.mark.parametrize(
    "number",
    [
        pytest.param(number, id=number.name, marks=[pytest.mark.long] * (number != signal.SIGINT))
        for number in CODES
    ],
)
ROWS = 60


async def interrupt(folder: Path, number: signal.Signals, moments: list[int]) -> Counter[int]:
    """Signal runs of one batch when so many calls have acted; check each report; finish it."""
    watch = Watch()
    rows = task_rows(ROWS)
    write_rows(folder / "tasks.csv", rows)
    codes = Counter[int]()
    results = folder / "tasks-results"
    settings = SimulatorSettings(record=True, unique_names=False, latency_ms=20)
    async with serve(settings, sleep=watch) as simulator:
        command = ("run", "tasks.csv", *at(simulator), *FAST, "--rate", "300")
        for calls in moments:
            reached = watch.begin(calls)
            process = await launch(*command, folder=folder)
            await reached_or_ended(reached, process)
            if process.returncode is None:
                process.send_signal(number)
            ended = await end(process)
            codes[ended.code] += 1
            assert "Traceback" not in ended.err
            assert audited(results, rows, simulator, is_complete=False) == Findings()
            assert "unknown" not in statuses(read_lines(results / "results.csv"))
        again = await invoke(*command, folder=folder)
        assert (again.code, audited(results, rows, simulator)) == (0, Findings())
        assert creates(simulator) == ROWS
    return codes


@pytest.mark.long
@SIGNALS
async def test_a_signal_at_many_moments_leaves_a_true_report(
    tmp_path: Path, number: signal.Signals
) -> None:
    """The exit code contains the signal, no request is lost, and the rerun creates the rest."""
    draw = seeded(number)
    codes = Counter[int]()

    for batch in range(3):
        (tmp_path / str(batch)).mkdir()
        moments = [draw.randint(1, 30) for _ in range(4)]
        codes += await interrupt(tmp_path / str(batch), number, moments)

    print(f"{number.name}: exit codes {dict(codes)}")  # noqa: T201
    assert codes.keys() <= {CODES[number], 0}
    assert codes[CODES[number]] >= 6


async def keep_interrupting(process: asyncio.subprocess.Process) -> None:
    """Interrupt *process* hundreds of times a second, until it has ended."""
    while process.returncode is None:
        # Not by its own method, which looks whether it has ended and keeps the exit code to itself.
        with contextlib.suppress(ProcessLookupError):  # it may have ended this very moment
            os.kill(process.pid, signal.SIGINT)
        await asyncio.sleep(0.002)


@pytest.mark.parametrize(
    ("free", "held"),
    [
        pytest.param(0, "the first look", id="first look"),
        pytest.param(6, "creating", id="creating", marks=pytest.mark.long),
    ],
)
async def test_a_second_interrupt_ends_at_once(tmp_path: Path, free: int, held: str) -> None:
    """
    Within two seconds and the time of the reports, although the server answers nothing.

    Further interrupts change neither the exit code nor the report.
    """
    rows = task_rows(ROWS)
    write_rows(tmp_path / "tasks.csv", rows)
    turnstile = Turnstile(free=free, holds=1)
    loop = asyncio.get_running_loop()

    async with recording(turnstile) as simulator:
        command = ("run", "tasks.csv", *at(simulator), *FAST)
        process = await launch(*command, "--timeout", "300", folder=tmp_path)
        async with asyncio.timeout(LIMIT_S):
            await turnstile.is_full.wait()
        process.send_signal(signal.SIGINT)
        await wait_for_output(process, "Ctrl-C")
        began = loop.time()
        async with asyncio.TaskGroup() as group:
            interrupting = group.create_task(keep_interrupting(process))
            ended = await end(process)
            interrupting.cancel()
        took_s = loop.time() - began
        began = loop.time()
        reported = await invoke("report", "tasks-results", folder=tmp_path)
        report_s = loop.time() - began
        results = tmp_path / "tasks-results"
        after = audited(results, rows, simulator, is_complete=False)
        turnstile.open()
        again = await invoke(*command, folder=tmp_path)
        findings = audited(results, rows, simulator)

    assert (ended.code, after) == (130, Findings()), held
    assert reported.code == 0
    assert took_s <= 2 + report_s
    assert (again.code, findings) == (0, Findings())


@SIGNALS
async def test_a_signal_while_the_input_is_read_sends_nothing(
    tmp_path: Path, number: signal.Signals
) -> None:
    """The exit code contains the signal; no task is created."""
    write_rows(tmp_path / "tasks.csv", task_rows(30_000))

    async with recording(quota=100_000) as simulator:
        process = await launch(
            *("run", "tasks.csv", *at(simulator), *FAST, "--quota", "100000"), folder=tmp_path
        )
        journal = tmp_path / "tasks-results" / "journal.db-wal"
        async with asyncio.timeout(LIMIT_S):
            while not journal.exists():  # noqa: ASYNC110 # there is no event for a new file
                await asyncio.sleep(0.005)
        process.send_signal(number)
        ended = await end(process)
        assert creates(simulator) == 0

    assert ended.code == CODES[number]
    assert "Traceback" not in ended.err
