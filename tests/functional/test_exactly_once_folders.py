"""Several runs at once or with several results folders: one of them works, none creates twice."""

import asyncio
from asyncio.subprocess import Process
from pathlib import Path

import pytest

from tests.functional.harness import FAST, Findings, audited, launch
from tests.functional.inside import invoke
from tests.functional.program import (
    INSTANCE,
    LIMIT_S,
    PROJECT,
    Ended,
    Turnstile,
    at,
    creates,
    end,
    read_lines,
    recording,
    statuses,
    task_rows,
    write_rows,
)


@pytest.mark.parametrize(
    "starts", [pytest.param(3, id="three"), pytest.param(20, id="twenty", marks=pytest.mark.long)]
)
async def test_of_many_simultaneous_starts_one_works(tmp_path: Path, starts: int) -> None:
    """The others end with 5, name the one that works, and send nothing."""
    rows = task_rows(10)
    write_rows(tmp_path / "tasks.csv", rows)
    turnstile = Turnstile(free=0, holds=1)
    ended: dict[int, Ended] = {}
    enough = asyncio.Event()

    async def follow(process: Process) -> None:
        ended[process.pid] = await end(process)
        if len(ended) >= starts - 1:
            enough.set()

    async with recording(turnstile) as simulator, asyncio.TaskGroup() as group:
        command = ("run", "tasks.csv", *at(simulator), *FAST)
        for _ in range(starts):
            group.create_task(follow(await launch(*command, folder=tmp_path)))
        async with asyncio.timeout(2 * LIMIT_S):
            await enough.wait()
        losers = dict(ended)
        turnstile.open()
    findings = audited(tmp_path / "tasks-results", rows, simulator)

    (winner,) = ended.keys() - losers.keys()
    assert {loser.code for loser in losers.values()} == {5}
    assert all(f"process {winner}" in loser.err for loser in losers.values())
    assert (ended[winner].code, findings, creates(simulator)) == (0, Findings(), len(rows))


async def test_a_second_results_folder_finds_the_tasks_of_the_first(tmp_path: Path) -> None:
    """They are skipped with the ids that they have; with --on-existing abort nothing is sent."""
    rows = task_rows(12)
    write_rows(tmp_path / "first.csv", rows[:10])
    write_rows(tmp_path / "tasks.csv", rows)

    async with recording() as simulator:
        options = (*at(simulator), *FAST)
        first = await invoke("run", "first.csv", *options, folder=tmp_path)
        abort = await invoke(
            *("run", "tasks.csv", *options, "--on-existing", "abort"), folder=tmp_path
        )
        left = len(simulator.tasks(PROJECT, INSTANCE))
        second = await invoke("run", "tasks.csv", *options, folder=tmp_path)
        findings = audited(tmp_path / "tasks-results", rows, simulator)
        lines = read_lines(tmp_path / "tasks-results" / "results.csv")

    assert (first.code, abort.code, left) == (0, 2, 10)
    assert "10 tasks already exist" in abort.err
    assert (second.code, findings) == (0, Findings())
    assert statuses(lines) == ["skipped"] * 10 + ["created"] * 2


async def test_emptied_or_old_journal_sends_nothing(tmp_path: Path) -> None:
    """The rows of earlier runs would be sent again; the message says what is missing."""
    write_rows(tmp_path / "tasks.csv", task_rows(3))
    results = tmp_path / "tasks-results"
    journal = results / "journal.db"

    async with recording() as simulator:
        command = ("run", "tasks.csv", *at(simulator), *FAST)
        await invoke(*command, folder=tmp_path)
        first = journal.read_bytes()
        write_rows(tmp_path / "tasks.csv", task_rows(5))
        await invoke(*command, folder=tmp_path)
        sent = creates(simulator)
        ended = []
        for content in (b"", first):
            journal.write_bytes(content)
            ended.append(await invoke(*command, folder=tmp_path))
        sent_later = creates(simulator)

    assert (sent, sent_later, [each.code for each in ended]) == (5, 5, [2, 2])
    assert "journal.db: empty, but the folder contains results.csv" in ended[0].err
    assert "journal.db: older than log.jsonl" in ended[1].err
    assert "journal.db-wal" in ended[1].err


async def test_drafts_of_a_killed_run_are_removed_by_the_next(tmp_path: Path) -> None:
    """Hidden files do not accumulate in the results folder."""
    write_rows(tmp_path / "tasks.csv", task_rows(2))
    drafts = [
        tmp_path / "tasks-results" / f".{name}.0123abcd" for name in ("results.csv", "a.xlsx")
    ]

    async with recording() as simulator:
        command = ("run", "tasks.csv", *at(simulator), *FAST)
        await invoke(*command, folder=tmp_path)
        for path in drafts:
            path.touch()
        again = await invoke(*command, folder=tmp_path)

    assert again.code == 0
    assert [path.name for path in drafts if path.exists()] == []


async def test_skipped_rows_are_sent_once_their_names_are_free(tmp_path: Path) -> None:
    """The task list is read again; rows whose tasks still exist stay skipped."""
    rows = task_rows(5)
    write_rows(tmp_path / "first.csv", rows[:4])
    write_rows(tmp_path / "tasks.csv", rows)
    again = ("retry", "tasks-results", "--only", "skipped", "--quiet")

    async with recording() as simulator:
        await invoke("run", "first.csv", *at(simulator), *FAST, folder=tmp_path)
        await invoke("run", "tasks.csv", *at(simulator), *FAST, folder=tmp_path)
        taken = await invoke(*again, folder=tmp_path)
        before = statuses(read_lines(tmp_path / "tasks-results" / "results.csv"))
        await invoke("undo", "first-results", "--yes", folder=tmp_path)
        await invoke("run", "first.csv", *at(simulator), *FAST, "--rows", "2", folder=tmp_path)
        planned = await invoke(*again[:-1], "--dry-run", folder=tmp_path)
        limited = await invoke(*again, "--limit", "2", folder=tmp_path)
        middle = statuses(read_lines(tmp_path / "tasks-results" / "results.csv"))
        rest = await invoke("retry", "tasks-results", folder=tmp_path)
        findings = audited(tmp_path / "tasks-results", rows, simulator)
        after = statuses(read_lines(tmp_path / "tasks-results" / "results.csv"))

    assert (taken.code, before) == (0, ["skipped"] * 4 + ["created"])
    assert taken.err.splitlines()[-1] == "next: nothing to do; every row has a task"
    assert planned.code == 0
    assert "5 rows, 0 to send, 4 to check again, 1 created earlier, 4 skipped" in planned.err
    assert planned.err.splitlines()[-1] == f"next: batchcreate {' '.join(again[:-1])}"
    assert limited.code == 1
    assert middle == ["skipped", "created", "created", "not_attempted", "created"]
    assert limited.err.splitlines()[-1] == (
        "next: send the rest: batchcreate retry tasks-results --quiet"
    )
    assert (rest.code, findings) == (0, Findings())
    assert after == ["skipped"] + ["created"] * 4
