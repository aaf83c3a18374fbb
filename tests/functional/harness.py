"""
Proofs that nothing is lost and nothing created twice: what they share.

They run the program against a live simulator that lets a name be created twice, end it in every
way, run the same command again, and compare the report with what the server has. What is killed
is a separate process. The long sweeps are not part of a normal run; all of them::

    pytest -m long tests/functional
"""

import asyncio
import functools
import os
import random
import shutil
import signal
import subprocess
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import batchcreate as package
from batchcreate.simulator import (
    RequestRecord,
    Simulator,
    SimulatorSettings,
    StoredTask,
    serve,
)
from tests.functional.inside import invoke
from tests.functional.program import (
    INSTANCE,
    PROJECT,
    TOKEN,
    Ended,
    Row,
    at,
    end,
    read_lines,
    task_rows,
    write_rows,
)
from tests.needs import require_program, skip_or_fail

LANES = 2
"""Number of programs that run concurrently."""

FAST = ("--settle", "0.3", "--quiet")

_FOREIGN = ("BATCHCREATE_", "HUAWEICLOUD_SDK_", "COVERAGE_PROCESS")
_SETTLED = {"created", "skipped"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """
    What a report and the server's truth disagree about; nothing, if all is well.

    Attributes:
        lost: names that are not in the report exactly once, or not settled in the end.
        twice: names that the server has more than once.
        untrue: lines of the report that the server contradicts.

    """

    lost: Sequence[str] = ()
    twice: Sequence[str] = ()
    untrue: Sequence[str] = ()


def audit(
    rows: Iterable[Row],
    lines: Sequence[Row],
    tasks: Sequence[StoredTask],
    *,
    is_complete: bool = True,
) -> Findings:
    """
    Compare a report with the input and with the server.

    Args:
        rows: the input.
        lines: of the report.
        tasks: on the server.
        is_complete: every row must have its task.

    """
    ids = defaultdict[str, set[str]](set)
    for task in tasks:
        ids[task.name].add(task.task_id)
    wanted = Counter(row["task_name"] for row in rows)
    seen = Counter(line["task_name"] for line in lines)
    settled = {line["task_name"] for line in lines if line["status"] in _SETTLED}
    lost = {name for name in wanted | seen if wanted[name] != seen[name]}
    if is_complete:
        lost |= {name for name in wanted if name not in settled or name not in ids}
    return Findings(
        lost=tuple(sorted(lost)),
        twice=tuple(name for name, found in ids.items() if len(found) > 1),
        untrue=tuple(
            f"{line['task_name']}: {line['status']} {line['task_id']}"
            for line in lines
            if not _is_true(line, ids.get(line["task_name"], set()))
        ),
    )


def audited(
    folder: Path, rows: Iterable[Row], simulator: Simulator, *, is_complete: bool = True
) -> Findings:
    """Compare the report in the results folder *folder* with the server."""
    return audit(
        rows,
        read_lines(folder / "results.csv"),
        simulator.tasks(PROJECT, INSTANCE),
        is_complete=is_complete,
    )


def _is_true(line: Row, ids: set[str]) -> bool:
    if line["status"] == "unknown":
        return True
    return line["task_id"] in ids if line["status"] in _SETTLED else not ids


async def launch(
    *arguments: str, folder: Path, under: Sequence[str] = (), **variables: str
) -> Process:
    """
    Start the program in *folder*; a copy of the package in there is what runs.

    Args:
        arguments: as typed.
        folder: where.
        under: a command that runs it, such as strace.
        variables: override the environment.

    """
    own = {name: text for name, text in os.environ.items() if not name.startswith(_FOREIGN)}
    return await asyncio.create_subprocess_exec(
        *(*under, sys.executable, "-W", "error", "-m", "batchcreate", *arguments),
        cwd=folder,
        env=own | {"BATCHCREATE_TOKEN": TOKEN} | variables,
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=PIPE,
    )


async def program(
    *arguments: str, folder: Path, under: Sequence[str] = (), **variables: str
) -> Ended:
    """Run the program to its end, in a separate process."""
    return await end(await launch(*arguments, folder=folder, under=under, **variables))


async def complete(*arguments: str, folder: Path, **variables: str) -> Ended:
    """Run a command to its end in the process of the test, unless *folder* has a changed copy."""
    run = program if (folder / "batchcreate").exists() else invoke
    return await run(*arguments, folder=folder, **variables)


class Watch:
    """
    Signals when the simulator has executed a number of calls.

    Given to the simulator as its *sleep*: every call that has acted comes here and waits.
    """

    def __init__(self) -> None:
        self._left = 0
        self._reached = asyncio.Event()

    async def __call__(self, seconds: float) -> None:
        self._left -= 1
        if self._left == 0:
            self._reached.set()
        await asyncio.sleep(seconds)

    def begin(self, calls: int) -> asyncio.Event:
        """Return an event that is set once *calls* more calls have acted."""
        self._left = calls
        self._reached = asyncio.Event()
        return self._reached


async def reached_or_ended(event: asyncio.Event, process: Process) -> None:
    """Wait for *event* or for the end of *process*."""
    waiting = asyncio.ensure_future(event.wait())
    ending = asyncio.ensure_future(process.wait())
    try:
        await asyncio.wait([waiting, ending], return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()
        ending.cancel()


class LateLists:
    """
    A clock on which a task is missing from the first list after its creation.

    Given to the simulator as its *clock*, together with a lag of `LAG_S`: an hour passes with
    every list that is answered.
    """

    LAG_S = 3590.0
    _STEP_S = 3600.0

    def __init__(self) -> None:
        self.requests: Sequence[RequestRecord] = ()

    def __call__(self) -> float:
        lists = sum(record.method == "GET" for record in self.requests)
        return asyncio.get_running_loop().time() + self._STEP_S * lists


# Where the program can be struck -------------------------------------------------------------


@functools.cache
def require_strace() -> None:
    """See that calls of a program can be struck here."""
    command = (require_program("strace"), "-f", "-o", "/dev/null", "-e", "trace=fsync", "true")
    tried = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 # a constant command
    if tried.returncode:
        skip_or_fail(f"strace cannot trace here: {tried.stderr!r}")


CALLS = {
    "write": "write",
    "pwrite": "/^pwrite",
    "fdatasync": "fdatasync",
    "fsync": "fsync",
    "send": "/^send(to|msg)$",
    "receive": "/^recv(from|msg)$",
    "rename": "/^rename",
}
"""System calls in the words of strace."""


@dataclass(frozen=True, slots=True)
class Point:
    """The *number*-th call of one kind that any thread of the program makes."""

    call: str
    number: int

    def injecting(self, what: str, *, on: str = "") -> tuple[str, ...]:
        """Return the command that makes *what* happen there; *on* is ``+`` for ever after."""
        call = CALLS[self.call]
        return (
            *("strace", "-f", "-o", "/dev/null", "-e", f"trace={call}"),
            *("-e", f"inject={call}:{what}:when={self.number}{on}"),
        )


def points(step: int, calls: Iterable[str] = CALLS, *, last: int = 400) -> list[Point]:
    """Return every *step*-th point of *calls*, near ones first."""
    return [Point(call, number) for number in range(1, last, step) for call in calls]


@dataclass(slots=True)
class Sweep:
    """
    The result of a sweep.

    Attributes:
        hits: how often a call was struck.
        wrong: what was wrong in the end after these points were struck, one after the other.
        over: kinds of calls that a whole run makes less often than the given point.

    """

    hits: int = 0
    wrong: dict[tuple[Point, ...], tuple[Findings, str]] = field(default_factory=dict)
    over: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """A simulator and a batch for one struck run after the other."""

    folder: Path
    rows: Sequence[Row]
    simulator: Simulator

    @property
    def tasks(self) -> Sequence[StoredTask]:
        return self.simulator.tasks(PROJECT, INSTANCE)

    def reset(self, results: str) -> None:
        """Empty the server and put the journal of a batch of which nothing is sent in place."""
        for task in self.tasks:
            self.simulator.store.remove(task)
        shutil.rmtree(self.folder / results, ignore_errors=True)
        shutil.copytree(self.folder / "unsent", self.folder / results)

    def command(self, word: str) -> tuple[str, ...]:
        """Return the command that creates the whole batch, slowly enough for many commits."""
        pace = ("--rate", "100", "--concurrency", "2", *FAST)
        if word == "retry":
            return ("retry", "struck", *pace)
        return ("run", "tasks.csv", *at(self.simulator), "--results", "struck", *pace)


@asynccontextmanager
async def open_lane(folder: Path, *, rows: int) -> AsyncIterator[Lane]:
    """Serve a simulator for *folder*, with lists that lag; leave a batch that is not sent."""
    late = LateLists()
    settings = SimulatorSettings(
        record=True, unique_names=False, latency_ms=1, token=TOKEN, list_lag_s=late.LAG_S
    )
    async with serve(settings, clock=late) as simulator:
        late.requests = simulator.requests
        batch = task_rows(rows)
        write_rows(folder / "tasks.csv", batch)
        refused = await complete(
            *("run", "tasks.csv", *at(simulator), "--results", "unsent", *FAST),
            folder=folder,
            BATCHCREATE_TOKEN="refused",
        )
        assert (refused.code, simulator.tasks(PROJECT, INSTANCE)) == (4, [])
        yield Lane(folder=folder, rows=batch, simulator=simulator)


async def kill_at(lane: Lane, struck: Sequence[Point], word: str, sweep: Sweep) -> None:
    """Kill the program at each point of *struck*, then run it to its end, and record the findings."""
    lane.reset("struck")
    if word == "run":
        shutil.rmtree(lane.folder / "struck")
    for point in struck:
        ended = await program(
            *lane.command(word), folder=lane.folder, under=point.injecting("signal=SIGKILL")
        )
        if ended.code == -signal.SIGKILL:
            sweep.hits += 1
        elif len(struck) == 1:
            sweep.over.add(point.call)
    again = await complete(*lane.command(word), folder=lane.folder)
    assert (lane.folder / "struck" / "results.csv").exists(), again.err
    findings = audited(lane.folder / "struck", lane.rows, lane.simulator)
    if findings != Findings() or again.code:
        sweep.wrong[tuple(struck)] = (findings, again.err)


async def sweep_kills(
    folder: Path,
    where: Iterable[Point],
    *,
    word: str = "retry",
    chain: int = 1,
    prepare: Callable[[Path], None] = lambda _folder: None,
) -> Sweep:
    """
    Kill runs of the program at every point of *where*.

    Args:
        folder: an empty one.
        where: the points.
        word: ``run`` includes reading the input; ``retry`` begins with what is in the journal,
            so that more points are while requests are in flight.
        chain: how many kills one batch suffers; it has 8 rows for each.
        prepare: puts a copy of the program into a folder.

    """
    sweep = Sweep()
    left = (point for point in where if point.call not in sweep.over)

    async def strike(number: int) -> None:
        home = folder / f"lane-{number}"
        home.mkdir()
        prepare(home)
        async with open_lane(home, rows=8 * chain) as lane:
            while struck := tuple(islice(left, chain)):
                await kill_at(lane, struck, word, sweep)

    async with asyncio.TaskGroup() as group:
        for number in range(LANES):
            group.create_task(strike(number))
    return sweep


# Copies of the program that break a promise ---------------------------------------------------


@dataclass(frozen=True, slots=True)
class Change:
    """A text that is in one module of the program only, written differently."""

    old: str
    new: str


def copy_with(changes: Sequence[Change]) -> Callable[[Path], None]:
    """Return what puts a copy of the package, changed, into a folder."""

    def put(folder: Path) -> None:
        copy = folder / "batchcreate"
        shutil.copytree(
            Path(str(package.__file__)).parent,
            copy,
            ignore=shutil.ignore_patterns("__pycache__"),
        )
        modules = {path: path.read_text(encoding="utf-8") for path in copy.rglob("*.py")}
        for change in changes:
            found = [path for path, text in modules.items() if change.old in text]
            assert len(found) == 1, f"is in {len(found)} modules: {change.old}"
            (path,) = found
            modules[path] = modules[path].replace(change.old, change.new)
            path.write_text(modules[path], encoding="utf-8")

    return put


def seeded(seed: int) -> random.Random:
    """Return a source of moments that can be had again."""
    return random.Random(seed)  # noqa: S311 # no secret
