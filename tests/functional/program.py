"""Runs the real program as its user does, and reads what it leaves behind."""

import asyncio
import csv
import json
import os
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

from batchcreate.simulator import Simulator, SimulatorSettings, StoredTask, serve

TOKEN = "canary-5b1f0e7d93c2"  # noqa: S105 # looked for in everything that a run writes
PROJECT, INSTANCE = "p1", "i1"
LIMIT_S = 45.0
"""No program here takes nearly as long; it ends a test that would wait for ever."""

_FOREIGN = ("BATCHCREATE_", "HUAWEICLOUD_SDK_")

Row = Mapping[str, str]
Name = TypeVar("Name")
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """Exit code and output of the program."""

    code: int
    out: str
    err: str


class Turnstile:
    """
    Lets so many answers of the simulator out and holds all further ones until it is opened.

    Given to the simulator as its *sleep*: a create has acted before it comes here.
    """

    def __init__(self, *, free: int, holds: int) -> None:
        self.is_full = asyncio.Event()
        self._opened = asyncio.Event()
        self._free = free
        self._holds = holds

    async def __call__(self, _seconds: float) -> None:
        if self._free:
            self._free -= 1
            return
        self._holds -= 1
        if self._holds <= 0:
            self.is_full.set()
        await self._opened.wait()

    def open(self) -> None:
        self._opened.set()


def without_settings() -> dict[str, str]:
    """Return the environment of the tests without settings and credentials."""
    return {name: text for name, text in os.environ.items() if not name.startswith(_FOREIGN)}


async def start(
    *arguments: str, folder: Path, redirections: str = "", **variables: str
) -> Process:
    """
    Start the program in *folder*, with the token and *variables* in its environment.

    Args:
        arguments: as typed.
        folder: where.
        redirections: of its streams, in the shell's words.
        variables: override the environment; an empty one is taken out of it.

    """
    # A short window for rows whose answer is lost; the tests accept whatever is true of them.
    own = without_settings() | {"BATCHCREATE_TOKEN": TOKEN, "BATCHCREATE_SETTLE": "1"}
    return await asyncio.create_subprocess_exec(
        *("sh", "-c", f'exec "$@" {redirections}', "sh"),
        *(sys.executable, "-W", "error", "-m", "batchcreate", *arguments),
        cwd=folder,
        env={name: text for name, text in (own | variables).items() if text},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=PIPE,
        stderr=PIPE,
    )


async def end(process: Process) -> Ended:
    """Wait for the end of *process*; after an error here it ends too."""
    try:
        async with asyncio.timeout(LIMIT_S):
            out, err = await process.communicate()
    except BaseException:
        process.kill()
        await process.communicate()
        raise
    return Ended(
        code=process.returncode or 0,
        out=out.decode(errors="replace"),
        err=err.decode(errors="replace"),
    )


async def run_process(
    *arguments: str, folder: Path, redirections: str = "", **variables: str
) -> Ended:
    """Run the program to its end, in a separate process."""
    return await end(
        await start(*arguments, folder=folder, redirections=redirections, **variables)
    )


async def wait_for_output(process: Process, words: str) -> str:
    """Read the messages of *process* up to a line that contains *words*, and return the line."""
    stream = cast("asyncio.StreamReader", process.stderr)
    async with asyncio.timeout(LIMIT_S):
        while line := (await stream.readline()).decode():
            if words in line:
                return line
    message = f"the program ended without printing {words!r}"
    raise AssertionError(message)


class OnDemand(Mapping[Name, Found]):
    """
    What steps give, each of them taken once, when it is first asked for.

    Args:
        steps: by name; not to be asked for while an event loop runs.

    """

    def __init__(self, steps: Mapping[Name, Callable[[], Coroutine[Any, Any, Found]]]) -> None:
        self._steps = steps
        self._found: dict[Name, Found] = {}

    def __getitem__(self, name: Name) -> Found:
        if name not in self._found:
            self._found[name] = asyncio.run(self._steps[name]())
        return self._found[name]

    def __iter__(self) -> Iterator[Name]:
        return iter(self._steps)

    def __len__(self) -> int:
        return len(self._steps)


def recording(
    turnstile: Turnstile | None = None, *, latency_ms: float = 1, **knobs: Any
) -> AbstractAsyncContextManager[Simulator]:
    """Serve a simulator that records calls and lets a name be created twice, so that it shows."""
    settings = SimulatorSettings(record=True, unique_names=False, latency_ms=latency_ms, **knobs)
    return serve(settings, sleep=turnstile or asyncio.sleep)


@contextmanager
def reserved_port() -> Iterator[int]:
    """
    Reserve a port for servers that start one after another; between them it refuses connections.

    A socket that is bound to it and does not listen keeps it from everything that the system gives
    a free port: other servers, and outgoing connections of all programs. A server that asks for
    this very port gets it, because both allow the address to be used again.
    """
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


def at(simulator: Simulator) -> tuple[str, ...]:
    """Return the options of a fast run against *simulator*."""
    target = ("--project-id", PROJECT, "--instance-id", INSTANCE)
    return ("--endpoint", simulator.url, *target, "--rate", "1000")


def creates(simulator: Simulator) -> int:
    """Count the create calls that were answered or interrupted."""
    return sum(record.method == "POST" for record in simulator.requests)


def task_rows(count: int, *, stem: str = "task") -> list[dict[str, str]]:
    """Return *count* valid rows; their names count from 1."""
    return [
        {"task_name": f"{stem}-{number:03}", "operation_types": "INSERT,DELETE"}
        for number in range(1, count + 1)
    ]


def write_rows(path: Path, rows: Sequence[Row]) -> Path:
    """Write *rows* as a CSV file; the first one has every column."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def listing(folder: Path) -> list[str]:
    """Return what lies in *folder* and below."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def read_lines(path: Path) -> list[dict[str, str]]:
    """Read a report file."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def read_summary(results: Path) -> dict[str, Any]:
    """Read summary.json."""
    summary: dict[str, Any] = json.loads((results / "summary.json").read_text(encoding="utf-8"))
    return summary


def statuses(lines: Iterable[Row]) -> list[str]:
    """Return the status of each of *lines*."""
    return [line["status"] for line in lines]


def ids_by_name(tasks: Sequence[StoredTask]) -> dict[str, str]:
    """Return the server's ids by name; no name may occur twice."""
    found = {task.name: task.task_id for task in tasks}
    assert len(found) == len(tasks), "a name was created twice"
    return found


def untrue(lines: Iterable[Row], tasks: Sequence[StoredTask]) -> list[Row]:
    """Return the *lines* that contradict the server's *tasks*; unknown rows contradict nothing."""
    ids = ids_by_name(tasks)
    return [
        line
        for line in lines
        if line["status"] != "unknown" and line["task_id"] != ids.get(line["task_name"], "")
    ]


def code_due(summary: Mapping[str, Any]) -> int:
    """Return the exit code that the design gives to the counts of *summary*."""
    counts = summary["counts"]
    if summary["stopped"]:
        return 4
    if counts["unknown"]:
        return 3
    return int(counts["created"] + counts["skipped"] < summary["total"])
