"""The command ``undo``: the tasks of a batch are deleted, and only those."""

import asyncio
import dataclasses
import signal
from asyncio.subprocess import Process
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, cast

import pytest

from batchcreate.auth import IamUser
from batchcreate.auth.iam import login_body
from batchcreate.errors import SettingsError, StoppedError
from batchcreate.journal import Journal
from batchcreate.pipeline import undo as undoing
from batchcreate.pipeline.undo import Undone
from batchcreate.pipeline.undo_plan import Search
from batchcreate.pipeline.values import Answer
from batchcreate.pool import StopCause, StopSwitch
from batchcreate.secret import Secret
from batchcreate.settings import load
from batchcreate.simulator import FaultKind, Simulator, SimulatorSettings, serve
from batchcreate.transport import Network, post
from tests.functional.inside import invoke
from tests.functional.program import (
    INSTANCE,
    LIMIT_S,
    PROJECT,
    TOKEN,
    Turnstile,
    at,
    end,
    ids_by_name,
    read_lines,
    recording,
    reserved_port,
    start,
    statuses,
    task_rows,
    wait_for_output,
    write_rows,
)
from tests.functional.terminal import process_terminal, terminal

UNDO: Final = ("undo", "tasks-results")
RESULTS: Final = "tasks-results"
USER: Final = IamUser(name="jane", password=Secret("x"), domain="acme", endpoint="")


async def create(folder: Path, simulator: Simulator, *, rows: int = 3) -> list[str]:
    """Create a batch of *rows* tasks and return their ids."""
    write_rows(folder / "tasks.csv", task_rows(rows))
    ended = await invoke("run", "tasks.csv", *at(simulator), folder=folder)
    assert ended.code == 0
    return [line["task_id"] for line in read_lines(folder / RESULTS / "results.csv")]


async def undo(
    folder: Path,
    *,
    confirm: Callable[[Search, str], bool] = lambda _search, _warning: True,
    environment: dict[str, str] | None = None,
    stop: StopSwitch | None = None,
    **options: Any,
) -> Undone:
    async def answer(search: Search, warning: str) -> Answer:
        return Answer.YES if confirm(search, warning) else Answer.NO

    return await undoing.undo(
        folder / RESULTS,
        load({"rate": 1000, "timeout": 5} | options),
        environment={"BATCHCREATE_TOKEN": TOKEN} if environment is None else environment,
        confirm=answer,
        stop=stop or StopSwitch(),
    )


def counted(undone: Undone) -> dict[str, int]:
    return {status.value: count for status, count in undone.counts.items() if count}


def report(folder: Path) -> dict[str, str]:
    """Return the status of each task in undo.csv."""
    lines = read_lines(folder / RESULTS / "undo.csv")
    return {line["task_name"]: line["outcome"] for line in lines}


def names(simulator: Simulator) -> list[str]:
    return sorted(task.name for task in simulator.tasks(PROJECT, INSTANCE))


class TestExactlyItsOwn:
    async def test_tasks_of_others_are_kept(self, tmp_path: Path) -> None:
        """Earlier tasks and tasks of another batch are not deleted."""
        write_rows(tmp_path / "other" / "tasks.csv", task_rows(3, stem="other"))
        async with recording() as simulator:
            other = ("run", "tasks.csv", *at(simulator))
            await invoke(*other, folder=tmp_path / "other")
            await create(tmp_path, simulator)
            undone = await undo(tmp_path)

            assert names(simulator) == ["other-001", "other-002", "other-003"]
        assert (counted(undone), undone.stop_reason) == ({"deleted": 3}, None)
        assert report(tmp_path) == dict.fromkeys(["task-001", "task-002", "task-003"], "deleted")

    async def test_recreated_task_is_kept(self, tmp_path: Path) -> None:
        """A task with the same name and another id does not belong to the batch; it is not gone."""
        async with recording() as simulator:
            first, *_ = await create(tmp_path, simulator)
            replaced = replace_task(simulator, first, task_id="f" * 32)
            undone = await undo(tmp_path)

            assert simulator.tasks(PROJECT, INSTANCE) == [replaced]
        assert counted(undone) == {"deleted": 2, "not_listed": 1}
        lines = read_lines(tmp_path / RESULTS / "undo.csv")
        assert lines[0]["error_msg"] == (
            "not listed; still recorded as created; the task list has another id for this name: "
            + "f" * 32
        )

    async def test_renamed_task_is_kept(self, tmp_path: Path) -> None:
        """Its row is still created."""
        async with recording() as simulator:
            first, *_ = await create(tmp_path, simulator)
            renamed = replace_task(simulator, first, name="precious")
            undone = await undo(tmp_path)

            assert simulator.tasks(PROJECT, INSTANCE) == [renamed]
        assert counted(undone) == {"deleted": 2, "kept": 1}
        lines = read_lines(tmp_path / RESULTS / "undo.csv")
        assert lines[0]["error_msg"] == "renamed on the server; kept"
        assert statuses(read_lines(tmp_path / RESULTS / "results.csv")) == [
            "created", "not_attempted", "not_attempted",
        ]  # fmt: skip

    async def test_skipped_tasks_are_kept(self, tmp_path: Path) -> None:
        """The batch did not create them, although the report contains their ids."""
        write_rows(tmp_path / "tasks.csv", task_rows(3))
        write_rows(tmp_path / "other" / "tasks.csv", task_rows(1))
        async with recording() as simulator:
            await invoke("run", "tasks.csv", *at(simulator), folder=tmp_path / "other")
            await invoke("run", "tasks.csv", *at(simulator), folder=tmp_path)
            undone = await undo(tmp_path)

            assert names(simulator) == ["task-001"]
        assert counted(undone) == {"deleted": 2}

    async def test_batch_can_be_created_again_and_undone_again(self, tmp_path: Path) -> None:
        """The report has a line for each task of all runs."""
        async with recording() as simulator:
            first = await create(tmp_path, simulator)
            await undo(tmp_path)
            second = await create(tmp_path, simulator)
            undone = await undo(tmp_path)
            nothing = await undo(tmp_path)

            assert names(simulator) == []
        assert (counted(undone), counted(nothing)) == ({"deleted": 3}, {})
        lines = read_lines(tmp_path / RESULTS / "undo.csv")
        assert sorted(line["task_id"] for line in lines) == sorted([*first, *second])

    async def test_tasks_that_are_not_listed_stay_created(self, tmp_path: Path) -> None:
        """No request is sent for them, and a later undo can delete them."""
        async with recording() as simulator:
            for task_id in (await create(tmp_path, simulator))[:2]:
                task = simulator.store.find(PROJECT, INSTANCE, task_id)
                assert task is not None
                simulator.store.remove(task)
            seen: list[int] = []

            def look(search: Search, _warning: str) -> bool:
                seen.extend(map(len, (search.there, search.not_listed, search.kept)))
                return True

            undone = await undo(tmp_path, confirm=look)

        assert seen == [1, 2, 0]
        assert statuses(read_lines(tmp_path / RESULTS / "results.csv")).count("created") == 2
        assert counted(undone) == {"deleted": 1, "not_listed": 2}
        assert sum(record.method == "DELETE" for record in simulator.requests) == 1


def replace_task(simulator: Simulator, old: str, **changes: str) -> Any:
    """Replace a task on the server."""
    task = simulator.store.find(PROJECT, INSTANCE, old)
    assert task is not None
    simulator.store.remove(task)
    other = dataclasses.replace(task, **cast("dict[str, Any]", changes))
    if "name" in changes:
        other = dataclasses.replace(other, body={**task.body, "task_name": changes["name"]})
    assert simulator.store.add(other) is None
    return other


class TestRefusal:
    async def test_declined_undo_changes_nothing(self, tmp_path: Path) -> None:
        """The journal is not changed either."""
        async with recording() as simulator:
            await create(tmp_path, simulator)
            undone = await undo(tmp_path, confirm=lambda _search, _warning: False)

        assert (undone.is_confirmed, counted(undone)) == (False, {})
        assert len(simulator.tasks(PROJECT, INSTANCE)) == 3
        assert not (tmp_path / RESULTS / "undo.csv").exists()

    async def test_unreadable_task_list_stops_it(self, tmp_path: Path) -> None:
        """No task is deleted, and the message contains the credential."""
        async with recording(token=TOKEN) as simulator:
            await create(tmp_path, simulator)
            with pytest.raises(StoppedError) as caught:
                await undo(tmp_path, environment={"BATCHCREATE_TOKEN": "another"})

        assert str(caught.value).startswith(
            f"the token from BATCHCREATE_TOKEN, {simulator.url}: the server does not accept the "
            "credentials (project p1, instance i1: HTTP 401, "
        )
        assert len(simulator.tasks(PROJECT, INSTANCE)) == 3

    async def test_forbidden_task_list_stops_it(self, tmp_path: Path) -> None:
        """The message does not mention the credential."""
        with reserved_port() as port:
            async with recording(port=port) as simulator:
                await create(tmp_path, simulator)
            async with recording(port=port, faults={FaultKind.LIST_403: 1}):
                with pytest.raises(StoppedError, match=r"^this account is not allowed to list"):
                    await undo(tmp_path)

    async def test_folder_without_a_batch_is_an_error(self, tmp_path: Path) -> None:
        """The folder is not created."""
        with pytest.raises(SettingsError):
            await undo(tmp_path)

        assert not (tmp_path / RESULTS).exists()

    async def test_full_journal_stops_it(self, tmp_path: Path) -> None:
        """The message does not mention the credential, and no further request is sent."""
        async with recording() as simulator:
            await create(tmp_path, simulator)
            with Journal.open(tmp_path / RESULTS) as journal:
                journal._connection.execute(
                    "CREATE TRIGGER full BEFORE INSERT ON deletions "
                    "BEGIN SELECT RAISE(ABORT, 'disk full'); END"
                )
            undone = await undo(tmp_path)

        assert undone.stop_reason is not None
        assert undone.stop_reason.cause is StopCause.JOURNAL
        assert undone.stop_reason.message.startswith("journal.db cannot be written: disk full")
        assert len(simulator.tasks(PROJECT, INSTANCE)) == 3


class TestTokenThatEnds:
    """A token that expires between the task list and the deletions."""

    @asynccontextmanager
    async def world(
        self, folder: Path
    ) -> AsyncIterator[tuple[Simulator, str, Callable[..., bool]]]:
        """Yield a simulator with a batch, a token, and an answer that takes an hour."""
        passed_s = 0.0

        def clock() -> float:
            return asyncio.get_running_loop().time() + passed_s

        def think(_search: Search, _warning: str) -> bool:
            nonlocal passed_s
            passed_s += 3600
            return True

        settings = SimulatorSettings(token_ttl_s=1800, record=True)
        async with serve(settings, clock=clock) as simulator:
            await create(folder, simulator, rows=5)
            headers = {"Content-Type": "application/json"}
            url = f"{simulator.url}/v3/auth/tokens"
            reply = await post(
                Network(), url, headers, login_body(USER, {"id": PROJECT}), timeout_s=5
            )
            yield simulator, reply.headers["X-Subject-Token"], think

    async def test_stops_it_with_a_configured_token(self, tmp_path: Path) -> None:
        """The task list cannot be read again after the question, so nothing is deleted."""
        async with self.world(tmp_path) as (simulator, token, think):
            given = {"BATCHCREATE_TOKEN": token}
            with pytest.raises(StoppedError) as caught:
                await undo(tmp_path, confirm=think, environment=given, concurrency=1)

        assert str(caught.value).startswith(
            f"the token from BATCHCREATE_TOKEN, {simulator.url}: the server does not accept"
        )
        assert len(simulator.tasks(PROJECT, INSTANCE)) == 5

    async def test_is_renewed_for_a_user(self, tmp_path: Path) -> None:
        """The token is renewed once for all workers, and every task is deleted."""
        given = {
            "BATCHCREATE_IAM_USER": "jane",
            "BATCHCREATE_IAM_PASSWORD": "canary-password",
            "BATCHCREATE_IAM_DOMAIN": "acme",
        }
        async with self.world(tmp_path) as (simulator, _, think):
            undone = await undo(
                tmp_path, confirm=think, environment=given, iam_endpoint=simulator.url
            )

        assert (counted(undone), undone.stop_reason) == ({"deleted": 5}, None)
        logins = [record for record in simulator.requests if record.path == "/v3/auth/tokens"]
        assert len(logins) == 1 + 2


class TestCommand:
    async def test_without_a_terminal_it_needs_yes(self, tmp_path: Path) -> None:
        """A script without --yes deletes nothing."""
        async with recording() as simulator:
            ids = await create(tmp_path, simulator)
            ended = await invoke(*UNDO, folder=tmp_path)

        assert ended.code == 2
        assert ended.err.splitlines()[:3] == [
            f"  task-00{number}  {task_id}  (instance i1)" for number, task_id in enumerate(ids, 1)
        ]
        assert "needs confirmation: run it in a terminal, or add --yes" in ended.err
        assert len(simulator.tasks(PROJECT, INSTANCE)) == 3

    async def test_with_yes_it_deletes(self, tmp_path: Path) -> None:
        """Long lists are shortened, a readable token file causes a warning, and a second undo is harmless."""
        path = tmp_path / "token.txt"
        path.write_text(TOKEN, encoding="ascii")
        path.chmod(0o644)
        own = ("--yes", "--token-file", "token.txt", "--rate", "1000")
        async with recording() as simulator:
            await create(tmp_path, simulator, rows=25)
            ended = await invoke(*UNDO, *own, folder=tmp_path, BATCHCREATE_TOKEN="")
            again = await invoke(*UNDO, *own, folder=tmp_path, BATCHCREATE_TOKEN="")

            assert names(simulator) == []
        assert (ended.code, again.code) == (0, 0)
        lines = ended.err.splitlines()
        assert lines[0] == "token.txt is readable by other users; run chmod 600 token.txt"
        assert lines[-3:] == [
            "  … and 5 more", "undo: 25 deleted", "details: tasks-results/undo.csv",
        ]  # fmt: skip
        assert again.err == "undo: this batch has no tasks on the server\n"

    async def test_reports_tasks_that_are_not_deleted(self, tmp_path: Path) -> None:
        """Renamed and replaced tasks are counted, the audit names them, and the exit code is 3."""
        async with recording() as simulator:
            first, second, _ = await create(tmp_path, simulator)
            replace_task(simulator, first, name="precious")
            replace_task(simulator, second, task_id="f" * 32)
            ended = await invoke(*UNDO, "--yes", "--quiet", folder=tmp_path)

        assert ended.code == 3
        assert "not listed, so not deleted: 1 task of this batch\n" in ended.err
        assert "not deleted: 1 task of this batch (renamed on the server; kept)\n" in ended.err
        assert "undo: 1 deleted, 1 kept, 1 not listed\n" in ended.err
        assert f"task-001: its task {first} is listed under the name precious" in ended.err
        assert f"task-002: created as {second}, but listed as {'f' * 32}" in ended.err

    @pytest.mark.parametrize(
        ("typed", "code", "left"),
        [
            pytest.param("y\n", 0, 0, id="yes"),
            pytest.param("\n", 1, 3, id="enter"),
            pytest.param("n\n", 1, 3, id="no", marks=pytest.mark.long),
        ],
    )
    async def test_asks_on_a_terminal(
        self, typed: str, code: int, left: int, tmp_path: Path
    ) -> None:
        """Only a yes deletes."""
        async with recording() as simulator:
            await create(tmp_path, simulator)
            async with terminal(*UNDO, folder=tmp_path) as seen:
                await seen.sees(question(simulator))
                seen.type(typed)
                assert await seen.end() == code

            assert len(simulator.tasks(PROJECT, INSTANCE)) == left
        assert ("Cancelled; nothing was deleted." in seen.lines) is (left == 3)

    async def test_interrupt_of_the_question_stops_it(self, tmp_path: Path) -> None:
        """It does not wait for an answer."""
        async with recording() as simulator:
            await create(tmp_path, simulator)
            async with process_terminal(*UNDO, folder=tmp_path) as (seen, _):
                await seen.sees(question(simulator))
                seen.type("\x03")
                assert await seen.end() == 130

            assert len(simulator.tasks(PROJECT, INSTANCE)) == 3
        assert seen.lines[-1] == "Interrupted; nothing was sent."


def question(simulator: Simulator) -> str:
    return f"Delete 3 tasks of instance {INSTANCE}, project {PROJECT}, at {simulator.url} (loopback)? [y/N] "


class TestInterrupted:
    WORKERS = 4

    async def hold(self, folder: Path, simulator: Simulator, turnstile: Turnstile) -> Process:
        """Start undo and wait until every worker waits for a response."""
        process = await start(
            *(*UNDO, "--yes", "--rate", "1000", "--concurrency", str(self.WORKERS)), folder=folder
        )
        async with asyncio.timeout(LIMIT_S):
            await turnstile.is_full.wait()
        assert simulator.requests
        return process

    async def test_killed_undo_is_completed_by_the_next(self, tmp_path: Path) -> None:
        """All tasks of the batch and no others are deleted, and the report contains every task."""
        rows, answered_calls = 12, 5
        # The run's calls are answered, the list of undo and some deletions, then no further ones.
        turnstile = Turnstile(free=1 + rows + 1 + 1 + answered_calls, holds=self.WORKERS)
        async with recording(turnstile) as simulator:
            ids = await create(tmp_path, simulator, rows=rows)
            process = await self.hold(tmp_path, simulator, turnstile)
            process.kill()
            await end(process)
            left = len(simulator.tasks(PROJECT, INSTANCE))
            marks = marks_of(tmp_path)
            turnstile.open()
            again = await invoke(*UNDO, "--yes", folder=tmp_path)

            assert names(simulator) == []
        assert (left, again.code) == (rows - answered_calls - self.WORKERS, 0)
        assert marks["unknown"] >= self.WORKERS
        lines = read_lines(tmp_path / RESULTS / "undo.csv")
        assert [line["task_id"] for line in lines] == ids
        assert set(statuses_of(lines)) <= {"deleted", "gone"}

    @pytest.mark.parametrize(
        "signals",
        [pytest.param(1, id="once"), pytest.param(2, id="twice", marks=pytest.mark.long)],
    )
    async def test_signal_keeps_the_remaining_tasks(self, signals: int, tmp_path: Path) -> None:
        """After one signal the requests in flight finish; after two their outcome is unknown. The next undo deletes the rest."""
        rows = 12
        turnstile = Turnstile(free=1 + rows + 1 + 1, holds=self.WORKERS)
        async with recording(turnstile) as simulator:
            await create(tmp_path, simulator, rows=rows)
            process = await self.hold(tmp_path, simulator, turnstile)
            process.send_signal(signal.SIGINT)
            await wait_for_output(process, "Interrupted: finishing the requests in flight.")
            if signals == 1:
                turnstile.open()
            else:
                process.send_signal(signal.SIGINT)
            ended = await end(process)
            marks = marks_of(tmp_path)
            left = simulator.tasks(PROJECT, INSTANCE)
            turnstile.open()
            again = await invoke(*UNDO, "--yes", "--rate", "1000", folder=tmp_path)

            assert names(simulator) == []
        status = "deleted" if signals == 1 else "unknown"
        assert (ended.code, again.code) == (130, 0)
        assert f"undo: {self.WORKERS} {status}\n" in ended.err
        assert "next: batchcreate undo tasks-results --yes" in ended.err
        assert marks == {status: self.WORKERS}
        assert len(ids_by_name(left)) == rows - self.WORKERS


def marks_of(folder: Path) -> Counter[str]:
    """Count the deletions in the journal by their status."""
    with Journal.open(folder / RESULTS) as journal:
        found = journal.deletions()
        return Counter(deletion.status.value for *_, deletion in found)


def statuses_of(lines: Sequence[dict[str, str]]) -> list[str]:
    return [line["outcome"] for line in lines]
