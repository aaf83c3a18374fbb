"""
Whatever the server does, a run loses nothing and creates nothing twice, and it ends by itself.

Every fault at two shares, and lists that lag by more::

    pytest -m long -s tests/functional/test_exactly_once_server.py
"""

import asyncio
from collections.abc import Mapping, Sequence
from itertools import count as count_up
from pathlib import Path
from typing import Any

import pytest

from batchcreate.simulator import FaultKind, Simulator, SimulatorSettings, serve
from batchcreate.simulator.simulator_settings import FaultPlan
from tests.functional.harness import FAST, LANES, Findings, audited
from tests.functional.inside import invoke
from tests.functional.program import (
    INSTANCE,
    LIMIT_S,
    PROJECT,
    Ended,
    Turnstile,
    at,
    creates,
    read_lines,
    recording,
    reserved_port,
    statuses,
    task_rows,
    write_rows,
)

ROWS = 40
NASTY = (
    FaultKind.CREATED_504,
    FaultKind.REFUSED_NO_ID,
    FaultKind.HANG_BEFORE,
)
# Random 429 responses slow the gate down continuously.
SLOWING = {FaultKind.TOO_MANY_REQUESTS}
REASONS = {
    FaultKind.EXISTS: "the server reported that a task with this name exists",
    FaultKind.FOREIGN_500: "has this name, but cannot belong to this row",
}
"""Why rows stay unknown on a correct server after these faults; otherwise they are created."""

# The first one is quick, because it is not requested again.
LIST_FAULTS = (
    FaultKind.LIST_SHORT_PAGE,
    FaultKind.LIST_403,
    FaultKind.LIST_500,
    FaultKind.LIST_MALFORMED,
)


def fresh_folders(folder: Path, count: int) -> list[Path]:
    folders = [folder / str(number) for number in range(count)]
    for each in folders:
        each.mkdir()
    return folders


def check_end(kind: FaultKind, ended: Ended, results: Path) -> None:
    """Check that each row is created, or unknown for the reason of the fault."""
    lines = read_lines(results / "results.csv")
    unknown = [line["error_msg"] for line in lines if line["status"] == "unknown"]
    assert ended.code == (3 if unknown else 0), (kind, ended.err)
    assert {line["status"] for line in lines} <= {"created", "unknown"}, kind
    assert [each for each in unknown if REASONS.get(kind, each + " ") not in each] == [], kind


async def survive(
    kind: FaultKind, share: float, folder: Path, *, rows: int, turns: asyncio.Semaphore
) -> tuple[int, list[Findings]]:
    """Run twice on a faulty server, then on a correct one; return faults and findings."""
    batch = task_rows(rows)
    write_rows(folder / "tasks.csv", batch)
    results = folder / "tasks-results"
    findings = []
    faults_seen = 0
    with reserved_port() as port:
        async with turns:
            for faults in ({kind: share}, {}):
                settings = SimulatorSettings(
                    port=port,
                    faults=faults,
                    state_path=folder / "state",
                    unique_names=False,
                    seed=5,
                )
                async with serve(settings) as simulator:
                    command = ("run", "tasks.csv", *at(simulator), *FAST, "--timeout", "1")
                    for _ in range(2 if faults else 1):
                        ended = await invoke(*command, folder=folder)
                        assert "Traceback" not in ended.err
                        if faults:
                            assert ended.code in {0, 1, 3, 4}
                        else:
                            check_end(kind, ended, results)
                        is_complete = ended.code == 0
                        findings.append(
                            audited(results, batch, simulator, is_complete=is_complete)
                        )
                    faults_seen += simulator.faults_seen.get(kind, 0)
    return faults_seen, findings


async def survive_all(
    folder: Path, cases: list[tuple[FaultKind, float]], *, rows: int
) -> dict[tuple[FaultKind, float], tuple[int, list[Findings]]]:
    turns = asyncio.Semaphore(LANES + 1)
    few = 10
    folders = fresh_folders(folder, len(cases))
    async with asyncio.TaskGroup() as group:
        runs = {
            (kind, share): group.create_task(
                survive(kind, share, home, rows=few if kind in SLOWING else rows, turns=turns)
            )
            for (kind, share), home in zip(cases, folders, strict=True)
        }
    return {case: run.result() for case, run in runs.items()}


@pytest.mark.parametrize(
    "kinds",
    [
        pytest.param(NASTY[:1], id="one"),
        pytest.param(NASTY[1:], id="others", marks=pytest.mark.long),
    ],
)
async def test_nasty_faults_lose_and_double_nothing(
    tmp_path: Path, kinds: Sequence[FaultKind]
) -> None:
    """Three in ten creates go wrong, twice; after that the same command settles every row."""
    cases = [(kind, 0.3) for kind in kinds]

    ended = await survive_all(tmp_path, cases, rows=30)

    assert {case: [f for f in found if f != Findings()] for case, (_, found) in ended.items()} == {
        case: [] for case in cases
    }
    assert all(faults for faults, _ in ended.values())


@pytest.mark.long
async def test_no_fault_loses_or_doubles_anything(tmp_path: Path) -> None:
    """Every fault of the simulator, at one and at three in ten."""
    cases: list[tuple[FaultKind, float]] = [
        (kind, share)
        for kind in FaultKind
        # The audit finds responses that belong to other requests.
        if kind is not FaultKind.LATE
        for share in (0.1, 0.3)
    ]

    ended = await survive_all(tmp_path, cases, rows=60)

    print(f"{len(cases)} cases, {sum(faults for faults, _ in ended.values())} faults")  # noqa: T201
    assert {case: [f for f in found if f != Findings()] for case, (_, found) in ended.items()} == {
        case: [] for case in cases
    }


def seed_that_spares_the_first(kind: FaultKind, share: float) -> int:
    """Return a seed with which the first list goes well and the next thirty do not."""
    for seed in count_up():
        plan = FaultPlan({kind: share}, seed=seed, stream="list")
        if plan.draw() is None and all(plan.draw() for _ in range(30)):
            return seed
    raise AssertionError


async def do_without_list(kind: FaultKind, folder: Path, port: int) -> None:
    rows = task_rows(ROWS)
    write_rows(folder / "tasks.csv", rows)
    results = folder / "tasks-results"
    share = 0.97
    faulty = SimulatorSettings(
        port=port,
        faults={kind: share, FaultKind.CREATED_500: 0.1},
        seed=seed_that_spares_the_first(kind, share),
        state_path=folder / "state",
        unique_names=False,
        record=True,
    )
    sound = SimulatorSettings(
        port=port, state_path=folder / "state", unique_names=False, record=True
    )

    async with serve(faulty) as simulator:
        command = ("run", "tasks.csv", *at(simulator), *FAST)
        ended = await invoke(*command, folder=folder)
        lines = read_lines(results / "results.csv")
        sent, unknown = creates(simulator), simulator.faults_seen[FaultKind.CREATED_500]
        after = audited(results, rows, simulator, is_complete=False)
    async with serve(sound) as simulator:
        again = await invoke(*command, folder=folder)
        findings, sent_again = audited(results, rows, simulator), creates(simulator)

    assert (kind, ended.code, after, sent) == (kind, 3, Findings(), ROWS)
    assert statuses(lines).count("unknown") == unknown > 0
    assert (kind, again.code, findings, sent_again) == (kind, 0, Findings(), 0)


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(kind, id=kind.value, marks=[pytest.mark.long] * bool(number))
        for number, kind in enumerate(LIST_FAULTS)
    ],
)
async def test_without_a_complete_task_list_rows_stay_unknown(
    tmp_path: Path, kind: FaultKind
) -> None:
    """None of them is sent again; once the list is sound, the same command settles them."""
    with reserved_port() as port:
        await do_without_list(kind, tmp_path, port)


async def wait_out_a_lag(folder: Path, lag_s: float, settle_s: float) -> tuple[int, Findings, int]:
    rows = task_rows(ROWS)
    write_rows(folder / "tasks.csv", rows)
    faults = {FaultKind.CREATED_500: 0.1, FaultKind.RESET_AFTER: 0.1}
    async with recording(list_lag_s=lag_s, faults=faults, seed=2) as simulator:
        command = ("run", "tasks.csv", *at(simulator), "--settle", str(settle_s))
        ended = await invoke(*command, folder=folder)
        findings = audited(folder / "tasks-results", rows, simulator)
        return ended.code, findings, creates(simulator)


async def test_a_list_that_lags_is_waited_for(tmp_path: Path) -> None:
    """Tasks that show late are found within the window and never sent again."""
    assert await wait_out_a_lag(tmp_path, 0.4, 2) == (0, Findings(), ROWS)


@pytest.mark.long
@pytest.mark.parametrize("lag_s", [1.0, 2.0, 3.0])
async def test_a_list_that_lags_for_longer_is_waited_for(tmp_path: Path, lag_s: float) -> None:
    """Tasks that show late are found within the window and never sent again."""
    assert await wait_out_a_lag(tmp_path, lag_s, lag_s + 2) == (0, Findings(), ROWS)


async def test_an_outage_ends_by_itself(tmp_path: Path) -> None:
    """Where every create is answered 503 the run stops early; no row is asked for much."""
    rows = task_rows(200)
    write_rows(tmp_path / "tasks.csv", rows)

    async with recording(faults={FaultKind.UNAVAILABLE: 1.0}) as simulator:
        ended = await invoke("run", "tasks.csv", *at(simulator), *FAST, folder=tmp_path)
        findings = audited(tmp_path / "tasks-results", rows, simulator, is_complete=False)
        requests = len(simulator.requests)

    assert (ended.code, findings) == (4, Findings())
    assert requests <= 1.1 * len(rows)
    assert "run the same command" in ended.err


async def test_a_server_that_goes_away_ends_the_run(tmp_path: Path) -> None:
    """Rows in flight are unknown, the others are not sent; the rerun completes the batch."""
    rows = task_rows(ROWS)
    write_rows(tmp_path / "tasks.csv", rows)
    turnstile = Turnstile(free=9, holds=4)
    results = tmp_path / "tasks-results"

    with reserved_port() as port:
        knobs: dict[str, Any] = {"port": port, "state_path": tmp_path / "state"}
        async with recording(turnstile, **knobs) as simulator:
            command = ("run", "tasks.csv", *at(simulator), *FAST, "--concurrency", "4")
            running = asyncio.ensure_future(invoke(*command, folder=tmp_path))
            async with asyncio.timeout(LIMIT_S):
                await turnstile.is_full.wait()
        gone = await running
        after = audited(results, rows, simulator, is_complete=False)
        async with recording(**knobs) as simulator:
            again = await invoke(*command, folder=tmp_path)
            findings = audited(results, rows, simulator)

    assert (gone.code, after) == (4, Findings())
    assert "Traceback" not in gone.err
    assert (again.code, findings) == (0, Findings())


async def test_unreachable_server_is_reported_immediately(tmp_path: Path) -> None:
    """The first look fails: nothing is sent, and the message names the address."""
    write_rows(tmp_path / "tasks.csv", task_rows(3))

    with reserved_port() as port:
        ended = await invoke(
            *("run", "tasks.csv", "--endpoint", f"http://127.0.0.1:{port}", *FAST),
            *("--project-id", PROJECT, "--instance-id", INSTANCE),
            folder=tmp_path,
        )

    lines = read_lines(tmp_path / "tasks-results" / "results.csv")
    assert (ended.code, statuses(lines)) == (4, ["not_attempted"] * 3)
    assert f"127.0.0.1:{port}" in ended.err
    assert "nothing was sent" in ended.err


async def run_with_existing_tasks(simulator: Simulator, folder: Path, *options: str) -> Ended:
    return await invoke("run", "tasks.csv", *at(simulator), *FAST, *options, folder=folder)


async def test_a_batch_that_does_not_fit_is_not_begun(tmp_path: Path) -> None:
    """More rows than the quota leaves: nothing is sent; --limit sends what fits."""
    rows = task_rows(12)
    write_rows(tmp_path / "tasks.csv", rows)

    async with recording(quota=10) as simulator:
        ended = await run_with_existing_tasks(simulator, tmp_path, "--quota", "10")
        sent = creates(simulator)
        fitting = await run_with_existing_tasks(
            simulator, tmp_path, "--quota", "10", "--limit", "10"
        )
        lines = read_lines(tmp_path / "tasks-results" / "results.csv")
        findings = audited(tmp_path / "tasks-results", rows, simulator, is_complete=False)

    assert (ended.code, sent) == (2, 0)
    assert "--limit 10" in ended.err
    assert (fitting.code, findings) == (1, Findings())
    assert statuses(lines) == ["created"] * 10 + ["not_attempted"] * 2


async def test_long_names_are_found_in_the_list(tmp_path: Path) -> None:
    """Names of a hundred characters that differ in the last one only, all answers lost."""
    stem = "n" * 98
    rows: list[Mapping[str, str]] = [
        {"task_name": f"{stem}{number}", "operation_types": "INSERT"} for number in range(10, 16)
    ]
    write_rows(tmp_path / "tasks.csv", rows)

    async with recording(faults={FaultKind.CREATED_504: 1.0}) as simulator:
        ended = await run_with_existing_tasks(simulator, tmp_path, "--concurrency", "2")
        findings = audited(tmp_path / "tasks-results", rows, simulator)
        assert creates(simulator) == len(rows)

    assert (ended.code, findings) == (0, Findings())
