"""
A run that is killed at any step is completed by the same command: nothing lost, nothing twice.

The whole sweep, at every sixth call and with kills at random::

    pytest -m long -s tests/functional/test_exactly_once_kills.py
"""

import signal
from pathlib import Path

import pytest

from batchcreate.simulator import FaultKind, SimulatorSettings, serve
from tests.functional.harness import (
    CALLS,
    FAST,
    Change,
    Findings,
    Point,
    Watch,
    audited,
    complete,
    copy_with,
    launch,
    points,
    reached_or_ended,
    require_strace,
    seeded,
    sweep_kills,
)
from tests.functional.program import at, end, task_rows, write_rows

# No intent goes to disk before its outcome is known.
WITHOUT_INTENTS = (
    Change(
        "self._batch.intents.extend(zip(numbers, tasks, strict=True))",
        'self.__dict__.setdefault("held", {}).update(zip(numbers, tasks, strict=True))',
    ),
    Change(
        "self._batch.outcomes.append(attempt)",
        "self._batch.outcomes.append(attempt); intent = attempt.intent; "
        "intent in self.held and self._batch.intents.append((intent, self.held.pop(intent)))",
    ),
    Change("PRAGMA foreign_keys = ON", "PRAGMA foreign_keys = OFF"),
)
WITHOUT_LISTING = (Change("listed = found.ids.get(question.task_name, ())", "return Resend()"),)
COPIES = {"without intents": WITHOUT_INTENTS, "without listing": WITHOUT_LISTING}


async def test_a_run_killed_at_some_calls_is_completed(tmp_path: Path) -> None:
    """Whatever call it was, every row is created once and reported once in the end."""
    require_strace()
    # Two batches; what comes late in a run, when most of its rows are created, comes last.
    where = [
        *(Point("send", 4), Point("receive", 6), Point("fdatasync", 6), Point("write", 4)),
        *(*points(24, ("pwrite",), last=60), Point("rename", 2)),
    ]

    sweep = await sweep_kills(tmp_path, where, chain=4)

    assert sweep.wrong == {}
    assert sweep.hits >= 6


@pytest.mark.long
@pytest.mark.parametrize("word", ["run", "retry"])
async def test_a_run_killed_at_any_call_is_completed(tmp_path: Path, word: str) -> None:
    """Whatever call it was, every row is created once and reported once in the end."""
    require_strace()

    sweep = await sweep_kills(tmp_path, points(6), word=word)

    print(f"{word}: {sweep.hits} kills, {len(sweep.wrong)} of them with losses or duplicates")  # noqa: T201
    assert sweep.wrong == {}
    assert sweep.hits > 15


@pytest.mark.long
@pytest.mark.parametrize("changes", COPIES.values(), ids=list(COPIES))
async def test_the_sweep_finds_a_broken_promise(
    tmp_path: Path, changes: tuple[Change, ...]
) -> None:
    """A copy without intents, or one that sends again without a look, creates tasks twice."""
    require_strace()
    where = [Point("receive", 6), Point("send", 5), Point("receive", 8), Point("send", 4)]

    sweep = await sweep_kills(tmp_path, where, prepare=copy_with(changes))

    assert any(findings.twice for findings, _ in sweep.wrong.values())


@pytest.mark.long
@pytest.mark.parametrize("changes", COPIES.values(), ids=list(COPIES))
async def test_the_whole_sweep_finds_a_broken_promise(
    tmp_path: Path, changes: tuple[Change, ...]
) -> None:
    """Doing without intents, or sending again without a look, shows at many points."""
    require_strace()
    where = points(6, ("send", "receive", "fdatasync"))

    sweep = await sweep_kills(tmp_path, where, prepare=copy_with(changes))

    twice = sum(bool(findings.twice) for findings, _ in sweep.wrong.values())
    print(f"{sweep.hits} kills, {twice} of them with duplicates")  # noqa: T201
    assert twice >= 2


async def kill_at_random(
    folder: Path, *, kills: int, rows: int, faults: dict[FaultKind, float]
) -> tuple[int, Findings, int]:
    """Kill one batch again and again; return the kills, what is wrong, and the last exit code."""
    draw = seeded(kills * rows)
    watch = Watch()
    settings = SimulatorSettings(
        record=True, unique_names=False, latency_ms=10, list_lag_s=0.1, faults=faults
    )
    batch = task_rows(rows)
    write_rows(folder / "tasks.csv", batch)
    done = 0
    async with serve(settings, sleep=watch) as simulator:
        command = ("run", "tasks.csv", *at(simulator), *FAST, "--timeout", "2")
        for _ in range(kills):
            calls = draw.randint(1, max(2, 2 * rows // kills))
            reached = watch.begin(calls)
            process = await launch(*command, folder=folder)
            await reached_or_ended(reached, process)
            if process.returncode is None:
                process.kill()
            ended = await end(process)
            done += ended.code == -signal.SIGKILL
        code = 3
        for _ in range(4):
            code = (await complete(*command, folder=folder)).code
            if code == 0:
                break
        return done, audited(folder / "tasks-results", batch, simulator), code


@pytest.mark.long
async def test_a_run_killed_at_random_is_completed(tmp_path: Path) -> None:
    """However often it was killed, with eight workers, every row is created once in the end."""
    faults = {FaultKind.CREATED_500: 0.02, FaultKind.RESET_BEFORE: 0.02}

    kills, findings, code = await kill_at_random(tmp_path, kills=6, rows=100, faults=faults)

    assert (findings, code) == (Findings(), 0)
    assert kills >= 3


@pytest.mark.long
@pytest.mark.parametrize("faults", [{}, {FaultKind.CREATED_500: 0.02}], ids=["sound", "faulty"])
async def test_a_run_killed_many_times_is_completed(
    tmp_path: Path, faults: dict[FaultKind, float]
) -> None:
    """Three batches of 400 rows and eight workers, each killed ten times."""
    done = 0

    for number in range(3):
        (tmp_path / str(number)).mkdir()
        kills, findings, code = await kill_at_random(
            tmp_path / str(number), kills=10, rows=400, faults=faults
        )
        done += kills
        assert (findings, code) == (Findings(), 0)

    print(f"{done} kills at random, no loss, no duplicate")  # noqa: T201
    assert done >= 20


def test_every_kind_of_call_is_named() -> None:
    """The kinds are those that change the disk or talk to the server."""
    assert set(CALLS) == {"write", "pwrite", "fdatasync", "fsync", "send", "receive", "rename"}
