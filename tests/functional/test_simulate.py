"""``batchcreate simulate``: the service on this machine, until interrupted."""

import re
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from batchcreate.simulator import FaultKind
from tests.functional.inside import invoke
from tests.functional.program import (
    Ended,
    end,
    listing,
    read_lines,
    start,
    statuses,
    task_rows,
    wait_for_output,
    write_rows,
)


@asynccontextmanager
async def simulating(
    *options: str, folder: Path, ended_by: signal.Signals = signal.SIGINT
) -> AsyncIterator[tuple[str, ...]]:
    """Serve a simulator in a separate process; return the options of a run against it."""
    process = await start("simulate", "--port", "0", *options, folder=folder)
    try:
        url = found_url(await wait_for_output(process, "http"))
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


async def test_a_simulator_serves_until_a_signal_ends_it(tmp_path: Path) -> None:
    """It behaves as its options state; started again, it has the tasks of its state file."""
    write_rows(tmp_path / "tasks.csv", task_rows(10))
    state = ("--state", "state.jsonl")
    faults = ("--latency", "30", "--limit-rate", "500", "--fault", "403=0.3", "--seed", "5")
    found = []

    for results, options, number in (
        ("one", (*state, *faults), signal.SIGINT),
        ("two", state, signal.SIGTERM),
    ):
        async with simulating(*options, folder=tmp_path, ended_by=number) as target:
            ran = await invoke("run", "tasks.csv", *target, "--results", results, folder=tmp_path)
        found.append((ran.code, read_lines(tmp_path / results / "results.csv")))

    (first_code, first), (second_code, second) = found
    assert (first_code, set(statuses(first))) == (1, {"created", "failed"})
    assert min(int(line["duration_ms"]) for line in first) >= 30
    ids = {line["task_name"]: line["task_id"] for line in first if line["status"] == "created"}
    assert (second_code, set(statuses(second))) == (0, {"created", "skipped"})
    assert ids == {
        line["task_name"]: line["task_id"] for line in second if line["status"] == "skipped"
    }


async def test_the_kinds_of_faults_are_listed_on_stdout(tmp_path: Path) -> None:
    """There is one line for each kind, with its description."""
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
    """One line contains the accepted values; nothing is served and no file is written."""
    for options, words in WRONG_OPTIONS:
        assert_refused(await invoke("simulate", *options, folder=tmp_path), words)
    assert listing(tmp_path) == []


async def test_a_taken_port_is_named(tmp_path: Path) -> None:
    """One line contains the port and how to choose another."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = await invoke("simulate", "--port", port, folder=tmp_path)

    assert_refused(ended, f"port {port}")


def assert_refused(ended: Ended, words: str) -> None:
    assert (ended.code, ended.out) == (2, "")
    assert len(ended.err.splitlines()) == 1
    assert ended.err.startswith("error: ")
    assert words in ended.err
