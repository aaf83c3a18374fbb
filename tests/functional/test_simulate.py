"""``batchcreate simulate``: the service on this machine, until interrupted."""

import re
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest

from batchcreate.simulator import FaultKind
from tests.functional.inside import invoke
from tests.functional.program import (
    Ended,
    end,
    in_turns,
    listing,
    read_lines,
    said,
    start,
    statuses,
    task_rows,
    write_rows,
)


@asynccontextmanager
async def simulating(
    *options: str, folder: Path, ended_by: signal.Signals = signal.SIGINT
) -> AsyncIterator[tuple[str, ...]]:
    """Serve a simulator in a process of its own; give the options of a run against it."""
    process = await start("simulate", "--port", "0", *options, folder=folder)
    try:
        url = found_url(await said(process, "http"))
        target = ("--project-id", "p1", "--instance-id", "i1")
        yield ("--endpoint", url, *target, "--rate", "1000")
    finally:
        process.send_signal(ended_by)
        ended = await end(process)
    assert (ended.code, ended.out, ended.err) == (0, "", "")


def found_url(line: str) -> str:
    match = re.search(r"http://127\.0\.0\.1:\d+", line)
    assert match is not None
    return match[0]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
async def test_a_simulator_serves_until_it_is_ended(
    tmp_path: Path, number: signal.Signals
) -> None:
    """It says where it is, on loopback, creates what it is sent, and ends with 0."""
    write_rows(tmp_path / "tasks.csv", task_rows(3))

    async with simulating(folder=tmp_path, ended_by=number) as target:
        ran = await invoke("run", "tasks.csv", *target, folder=tmp_path)

    assert (ran.code, ran.err.splitlines()[-2]) == (0, "3 rows: 3 created")


async def test_a_simulator_misbehaves_as_told(tmp_path: Path) -> None:
    """Faults, latency and limit are options of it."""
    write_rows(tmp_path / "tasks.csv", task_rows(10))
    options = ("--latency", "30", "--limit-rate", "500", "--fault", "403=0.3", "--seed", "5")

    async with simulating(*options, folder=tmp_path) as target:
        ran = await invoke("run", "tasks.csv", *target, folder=tmp_path)

    lines = read_lines(tmp_path / "tasks-results" / "results.csv")
    assert (ran.code, set(statuses(lines))) == (1, {"created", "failed"})
    assert min(int(line["duration_ms"]) for line in lines) >= 30


async def test_tasks_survive_in_the_state_file(tmp_path: Path) -> None:
    """A simulator that is started again has the tasks; another batch finds their names taken."""
    write_rows(tmp_path / "tasks.csv", task_rows(3))
    found = []

    for results in ("one", "two"):
        async with simulating("--state", "state.jsonl", folder=tmp_path) as target:
            ran = await invoke("run", "tasks.csv", *target, "--results", results, folder=tmp_path)
        lines = read_lines(tmp_path / results / "results.csv")
        found.append((ran.code, statuses(lines), [line["task_id"] for line in lines]))

    ids = found[0][2]
    assert found == [(0, ["created"] * 3, ids), (0, ["skipped"] * 3, ids)]


async def test_the_kinds_of_faults_are_listed_on_stdout(tmp_path: Path) -> None:
    """One line for each kind, what it does beside it."""
    ended = await invoke("simulate", "--list-faults", folder=tmp_path)

    lines = ended.out.splitlines()
    assert (ended.code, ended.err) == (0, "")
    assert [line.split()[0] for line in lines] == [kind.value for kind in FaultKind]
    assert all(len(line.split()) > 3 for line in lines)


WRONG_OPTIONS = (
    (("--fault", "fire=0.1"), "--list-faults"),
    (("--fault", "500"), "KIND=SHARE"),
    (("--latency", "-1"), "latency_ms is -1"),
    (("--port", "70000"), "from 0 to 65,535"),
    (("--state", "."), "state"),
)


async def test_a_wrong_option_is_named(tmp_path: Path) -> None:
    """One line says what is accepted; nothing is served and nothing left behind."""
    found = await in_turns(
        {
            words: partial(invoke, "simulate", *options, folder=tmp_path)
            for options, words in WRONG_OPTIONS
        }
    )

    for words, ended in found.items():
        assert_refused(ended, words)
    assert listing(tmp_path) == []


async def test_a_taken_port_is_named(tmp_path: Path) -> None:
    """One line says which port it is and how to get another."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = await invoke("simulate", "--port", port, folder=tmp_path)

    assert_refused(ended, f"port {port}")


def assert_refused(ended: Ended, words: str) -> None:
    assert (ended.code, ended.out) == (2, "")
    assert len(ended.err.splitlines()) == 1
    assert ended.err.startswith("error: ")
    assert words in ended.err
