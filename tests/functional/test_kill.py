"""A run that is ended from outside: nothing is lost, nothing is created twice."""

import asyncio
import signal
from asyncio.subprocess import Process
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from batchcreate.simulator import Simulator, StoredTask
from tests.functional.inside import invoke
from tests.functional.program import (
    INSTANCE,
    LIMIT_S,
    PROJECT,
    Ended,
    Row,
    Turnstile,
    at,
    code_due,
    creates,
    end,
    ids_by_name,
    listing,
    read_lines,
    read_summary,
    recording,
    start,
    statuses,
    task_rows,
    untrue,
    wait_for_output,
    write_rows,
)

ROWS = 30
WORKERS = 4


async def start_and_hold(folder: Path, simulator: Simulator, turnstile: Turnstile) -> Process:
    """Start a run and wait until every worker of it waits for an answer."""
    write_rows(folder / "tasks.csv", task_rows(ROWS))
    process = await start(
        *("run", "tasks.csv", *at(simulator), "--concurrency", str(WORKERS)), folder=folder
    )
    async with asyncio.timeout(LIMIT_S):
        await turnstile.is_full.wait()
    return process


@dataclass(frozen=True, slots=True, kw_only=True)
class Killed:
    """A run that was killed, the report of it, and the run after it."""

    code: int | None
    left: Sequence[StoredTask]
    reported: Ended
    before: Sequence[Row]
    again: Ended
    after: Sequence[Row]
    summary: Mapping[str, Any]
    tasks: Sequence[StoredTask]


async def kill_after(answers: int, folder: Path) -> Killed:
    turnstile = Turnstile(free=answers, holds=WORKERS)
    results = folder / "tasks-results"
    async with recording(turnstile) as simulator:
        process = await start_and_hold(folder, simulator, turnstile)
        process.kill()
        await end(process)
        left = simulator.tasks(PROJECT, INSTANCE)
        reported = await invoke("report", "tasks-results", folder=folder)
        before = read_lines(results / "results.csv")
        turnstile.open()
        again = await invoke("run", "tasks.csv", *at(simulator), folder=folder)
        return Killed(
            code=process.returncode,
            left=left,
            reported=reported,
            before=before,
            again=again,
            after=read_lines(results / "results.csv"),
            summary=read_summary(results),
            tasks=simulator.tasks(PROJECT, INSTANCE),
        )


ANSWERS = (1, 9, ROWS + 1 - WORKERS)
"""How many calls are answered before the kill: the listing and so many creates less one."""


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param(answers, id=f"{answers}", marks=[pytest.mark.long] * (answers != ANSWERS[1]))
        for answers in ANSWERS
    ],
)
async def test_a_killed_run_leaves_a_true_report_and_is_completed(
    tmp_path: Path, answers: int
) -> None:
    """Every row is there once; those without an answer are unknown, the others what they are."""
    run = await kill_after(answers, tmp_path)
    found = Counter(statuses(run.before))

    assert (run.code, run.reported.code) == (-signal.SIGKILL, 0)
    assert len(run.left) == answers - 1 + WORKERS
    assert untrue(run.before, run.left) == []
    assert [line["row"] for line in run.before] == [str(row) for row in range(2, ROWS + 2)]
    assert found["created"] <= answers - 1
    assert found["created"] + found["unknown"] >= len(run.left)
    # The same command completes the batch; what the server had before keeps its ids.
    assert untrue(run.after, run.tasks) == []
    assert ids_by_name(run.left).items() <= ids_by_name(run.tasks).items()
    assert set(statuses(run.after)) <= {"created", "unknown"}
    assert [line["task_name"] for line in run.after] == [line["task_name"] for line in run.before]
    assert run.again.code == code_due(run.summary)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signalled:
    """A run that received a signal, and the following run."""

    ended: Ended
    lines: Sequence[Row]
    left: Sequence[StoredTask]
    again: Ended
    after: Sequence[Row]
    tasks: Sequence[StoredTask]


async def send_signal(number: signal.Signals, folder: Path) -> Signalled:
    turnstile = Turnstile(free=9, holds=WORKERS)
    results = folder / "tasks-results" / "results.csv"
    async with recording(turnstile) as simulator:
        process = await start_and_hold(folder, simulator, turnstile)
        process.send_signal(number)
        await wait_for_output(process, "finishing the requests in flight")
        turnstile.open()
        ended = await end(process)
        lines = read_lines(results)
        left = simulator.tasks(PROJECT, INSTANCE)
        return Signalled(
            ended=ended,
            lines=lines,
            left=left,
            again=await invoke("run", "tasks.csv", *at(simulator), folder=folder),
            after=read_lines(results),
            tasks=simulator.tasks(PROJECT, INSTANCE),
        )


SIGNALS = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}


@pytest.mark.parametrize(
    ("number", "code"),
    [
        pytest.param(*each, id=each[0].name, marks=[pytest.mark.long] * (each[0] != signal.SIGINT))
        for each in SIGNALS.items()
    ],
)
async def test_requests_in_flight_finish_after_a_signal(
    tmp_path: Path, number: signal.Signals, code: int
) -> None:
    """What was sent is reported with its answer, and the next run completes the batch."""
    run = await send_signal(number, tmp_path)

    assert run.ended.code == code
    assert untrue(run.lines, run.left) == []
    assert Counter(statuses(run.lines)) == {"created": 8 + WORKERS, "not_attempted": ROWS - 12}
    assert "\nnext: batchcreate run tasks.csv --endpoint http://127.0.0.1:" in run.ended.err
    assert run.again.code == 0
    assert untrue(run.after, run.tasks) == []
    assert len(run.tasks) == ROWS


async def test_a_second_interrupt_does_not_wait_for_answers(tmp_path: Path) -> None:
    """Requests in flight are cancelled: their rows are unknown until they are reconciled."""
    turnstile = Turnstile(free=5, holds=WORKERS)
    results = tmp_path / "tasks-results"

    async with recording(turnstile) as simulator:
        process = await start_and_hold(tmp_path, simulator, turnstile)
        process.send_signal(signal.SIGINT)
        await wait_for_output(process, "Interrupted")
        process.send_signal(signal.SIGINT)
        ended = await end(process)
        lines = read_lines(results / "results.csv")
        turnstile.open()
        again = await invoke("run", "tasks.csv", *at(simulator), folder=tmp_path)
        tasks = simulator.tasks(PROJECT, INSTANCE)

    assert ended.code == 130
    assert Counter(statuses(lines)) == {
        "created": 4,
        "unknown": WORKERS,
        "not_attempted": ROWS - 4 - WORKERS,
    }
    assert untrue(lines, tasks[: 4 + WORKERS]) == []
    assert again.code == code_due(read_summary(results))
    assert untrue(read_lines(results / "results.csv"), tasks) == []


async def test_second_run_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    """It exits with 5, names the process that uses the folder, and sends nothing."""
    turnstile = Turnstile(free=5, holds=WORKERS)

    async with recording(turnstile) as simulator:
        process = await start_and_hold(tmp_path, simulator, turnstile)
        in_flight = len(simulator.tasks(PROJECT, INSTANCE))
        second = await invoke("run", "tasks.csv", *at(simulator), folder=tmp_path)
        report = await invoke("report", "tasks-results", folder=tmp_path)
        assert len(simulator.tasks(PROJECT, INSTANCE)) == in_flight
        turnstile.open()
        first = await end(process)
        assert creates(simulator) == ROWS

    assert (second.code, report.code, first.code) == (5, 5, 0)
    assert f"process {process.pid}" in second.err
    assert len(second.err.splitlines()) == len(report.err.splitlines()) == 1
    assert statuses(read_lines(tmp_path / "tasks-results" / "results.csv")) == ["created"] * ROWS


async def test_interrupt_during_the_project_lookup_sends_nothing(tmp_path: Path) -> None:
    """The command ends at once, although IAM does not respond, and leaves no results folder."""
    write_rows(tmp_path / "tasks.csv", task_rows(1))
    is_requested = asyncio.Event()

    async def keep_waiting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        is_requested.set()
        await reader.read()
        writer.close()

    async with await asyncio.start_server(keep_waiting, "127.0.0.1", 0) as iam:
        url = "http://127.0.0.1:{1}".format(*iam.sockets[0].getsockname())
        process = await start(
            *("run", "tasks.csv", "--endpoint", url, "--iam-endpoint", url),
            *("--region", "cn-north-4", "--instance-id", "i1"),
            folder=tmp_path,
            BATCHCREATE_TOKEN="",
            HUAWEICLOUD_SDK_AK="AK",
            HUAWEICLOUD_SDK_SK="SK",
        )
        async with asyncio.timeout(LIMIT_S):
            await is_requested.wait()
        process.send_signal(signal.SIGINT)
        ended = await end(process)

    assert ended.code == 130
    assert ended.err == "error: stopped before reading the input; nothing was sent\n"
    assert listing(tmp_path) == ["tasks.csv"]
