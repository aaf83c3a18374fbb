"""Wrong task lists, other users and crossed responses: what the commands do, against the simulator."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from batchcreate.cli.progress import QuietDisplay
from batchcreate.journal import Journal
from batchcreate.pipeline.plan import Forecast
from batchcreate.pipeline.run import run
from batchcreate.pipeline.values import Answer
from batchcreate.pool import StopSwitch
from batchcreate.settings import load
from batchcreate.simulator import FaultKind, Simulator
from tests.functional.inside import invoke
from tests.functional.program import (
    INSTANCE,
    PROJECT,
    TOKEN,
    Ended,
    at,
    creates,
    read_lines,
    read_summary,
    recording,
    statuses,
    task_rows,
    write_rows,
)

FAST = ("--settle", "0.2", "--rate", "200")
RESULTS = "tasks-results"


async def run_batch(folder: Path, simulator: Simulator, *options: str, rows: int = 6) -> Ended:
    write_rows(folder / "tasks.csv", task_rows(rows))
    return await invoke("run", "tasks.csv", *at(simulator), *FAST, *options, folder=folder)


def results(folder: Path) -> list[dict[str, str]]:
    return read_lines(folder / RESULTS / "results.csv")


def names(simulator: Simulator) -> list[str]:
    return sorted(task.name for task in simulator.tasks(PROJECT, INSTANCE))


def all_names(rows: int = 6) -> list[str]:
    return [row["task_name"] for row in task_rows(rows)]


def add_foreign(simulator: Simulator, name: str, **changes: Any) -> str:
    """Create a task of another user like an existing one; return its id."""
    like = simulator.tasks(PROJECT, INSTANCE)[0]
    other = replace(
        like, task_id="f" * 32, name=name, body={**like.body, "task_name": name} | changes
    )
    assert simulator.store.add(other) is None
    return other.task_id


@pytest.mark.parametrize("kind", [FaultKind.LIST_EMPTY, FaultKind.LIST_FROZEN])
async def test_list_without_known_tasks_causes_no_second_request(
    tmp_path: Path, kind: FaultKind
) -> None:
    """The rows stay unknown and name the missing tasks; a correct list resolves them."""
    async with recording(faults={kind: 1.0, FaultKind.CREATED_500: 0.4}, seed=3) as simulator:
        wrong = await run_batch(tmp_path, simulator, "--concurrency", "1")
        lines, sent = results(tmp_path), creates(simulator)
        simulator.change_faults({})
        corrected = await run_batch(tmp_path, simulator)
        sent_later = creates(simulator)
        assert names(simulator) == all_names()

    unknown = [line for line in lines if line["status"] == "unknown"]
    assert (wrong.code, sent, len(unknown)) == (3, 6, simulator.faults_seen[FaultKind.CREATED_500])
    assert lines[0]["status"] == "created"
    assert all(
        f"it does not contain {lines[0]['task_name']} ({lines[0]['task_id']})" in line["error_msg"]
        for line in unknown
    )
    assert (corrected.code, sent_later) == (0, 6)
    assert statuses(results(tmp_path)) == ["created"] * 6


async def test_existing_name_on_the_first_attempt_is_reconciled(tmp_path: Path) -> None:
    """A gateway may have repeated the request."""
    async with recording(faults={FaultKind.CREATED_EXISTS: 1.0}) as simulator:
        ended = await run_batch(tmp_path, simulator)

        assert creates(simulator) == 6
    assert (ended.code, statuses(results(tmp_path))) == (0, ["created"] * 6)
    assert {line["error_msg"] for line in results(tmp_path)} == {
        "found in the task list, not in the response to its request"
    }


async def test_existing_name_that_is_not_listed_stays_unknown(tmp_path: Path) -> None:
    """It never becomes failed, and it is not sent again by the next run."""
    async with recording(faults={FaultKind.EXISTS: 1.0}) as simulator:
        first = await run_batch(tmp_path, simulator, rows=2)
        second = await run_batch(tmp_path, simulator, rows=2)

        assert creates(simulator) == 2
    assert (first.code, second.code) == (3, 3)
    assert statuses(results(tmp_path)) == ["unknown"] * 2
    assert "exists, but the task list does not contain it" in results(tmp_path)[0]["error_msg"]


async def test_shifting_pages_cause_no_second_task(tmp_path: Path) -> None:
    """Neither before the first request nor for a lost response."""
    faults = {FaultKind.LIST_SHIFTING: 0.6, FaultKind.CREATED_500: 0.5}
    async with recording(faults={FaultKind.CREATED_500: 0.5}, list_page_max=2) as simulator:
        await run_batch(tmp_path, simulator)
        simulator.change_faults(faults)
        again = await run_batch(tmp_path, simulator, "--results", "others")
        simulator.change_faults({})
        last = await run_batch(tmp_path, simulator, "--results", "others")

        assert names(simulator) == all_names()
    assert (again.code in {0, 3, 4}, last.code) == (True, 0)


class AskingDisplay(QuietDisplay):
    """A display whose question stays open while a colleague runs the same file."""

    def __init__(self, colleague: Any, answer: Answer, **options: Any) -> None:
        super().__init__(load(options))
        self.notes: list[str] = []
        self._colleague = colleague
        self._answer = answer

    def noted(self, message: str) -> None:
        self.notes.append(message)

    async def confirm(self, forecast: Forecast) -> Answer:
        del forecast
        await self._colleague()
        return self._answer


@pytest.mark.parametrize(
    ("answer", "others", "created"),
    [(Answer.YES, 4, 6), (Answer.YES, 6, 6), (Answer.NOT_ASKED, 4, 10)],
    ids=["some exist", "all exist", "mutant"],
)
async def test_list_is_read_again_after_a_question(
    tmp_path: Path, answer: Answer, others: int, created: int
) -> None:
    """Tasks created meanwhile are skipped; without a second reading they are created twice."""
    (tmp_path / "colleague").mkdir()
    write_rows(tmp_path / "tasks.csv", task_rows(6))
    async with recording() as simulator:
        options = {
            "endpoint": simulator.url,
            "project_id": PROJECT,
            "instance_id": INSTANCE,
            "results": tmp_path / RESULTS,
            "rate": 200,
        }

        async def colleague() -> None:
            await run_batch(tmp_path / "colleague", simulator, rows=others)

        display = AskingDisplay(colleague, answer, **options)
        result = await run(
            [tmp_path / "tasks.csv"],
            load(options),
            environment={"BATCHCREATE_TOKEN": TOKEN},
            observer=display,
            stop=StopSwitch(),
        )

        assert len(simulator.tasks(PROJECT, INSTANCE)) == created
    if answer is Answer.YES:
        assert statuses(results(tmp_path)) == ["skipped"] * others + ["created"] * (6 - others)
        assert display.notes[0] == f"skipped {others} tasks that already exist"
        assert result.facts["this_run"]["existing"] == others
    else:
        assert result.audit is not None
        assert [each.kind for each in result.audit.contradictions] == ["two_ids"] * 4


async def test_tag_of_another_team_rules_a_task_out(tmp_path: Path) -> None:
    """The row stays unknown with the difference, and undo does not delete the task."""
    undo = ("undo", RESULTS, "--yes", "--include-reconciled")
    async with recording(faults={FaultKind.FOREIGN_500: 0.5}, seed=3) as simulator:
        ended = await run_batch(tmp_path, simulator)
        lines = results(tmp_path)
        undone = await invoke(*undo, folder=tmp_path)

        foreign = [task.name for task in simulator.tasks(PROJECT, INSTANCE)]
    unknown = [line for line in lines if line["status"] == "unknown"]
    assert (ended.code, undone.code) == (3, 0)
    assert sorted(line["task_name"] for line in unknown) == sorted(foreign)
    assert len(foreign) == simulator.faults_seen[FaultKind.FOREIGN_500] > 0
    assert all(
        "its task_tag is other-team, the row has none" in line["error_msg"] for line in unknown
    )


async def test_task_found_in_the_list_is_deleted_on_request_only(tmp_path: Path) -> None:
    """It may belong to another team, as nothing shows the contrary."""
    async with recording(faults={FaultKind.CREATED_500: 0.4}, seed=3) as simulator:
        await run_batch(tmp_path, simulator)
        lost = simulator.faults_seen[FaultKind.CREATED_500]
        kept = await invoke("undo", RESULTS, "--yes", folder=tmp_path)
        left = len(names(simulator))
        undone = await invoke("undo", RESULTS, "--yes", "--include-reconciled", folder=tmp_path)

        assert names(simulator) == []
    assert (kept.code, left, undone.code) == (1, lost, 0)
    assert f"undo: {6 - lost} deleted, {lost} kept\n" in kept.err
    assert read_summary(tmp_path / RESULTS)["audit"]["reconciled"] == 0


async def test_undo_with_an_empty_list_changes_nothing(tmp_path: Path) -> None:
    """No task is deleted or forgotten; with a correct list all are deleted."""
    async with recording() as simulator:
        await run_batch(tmp_path, simulator)
        before = results(tmp_path)
        simulator.change_faults({FaultKind.LIST_EMPTY: 1.0})
        wrong = await invoke("undo", RESULTS, "--yes", folder=tmp_path)
        after = await invoke("report", RESULTS, folder=tmp_path), results(tmp_path)
        simulator.change_faults({})
        undone = await invoke("undo", RESULTS, "--yes", folder=tmp_path)

        assert names(simulator) == []
    assert (wrong.code, undone.code) == (4, 0)
    assert "the task list contains none of the 6 tasks of this batch" in wrong.err
    assert after[1] == before
    assert not any("DELETE" in line for line in wrong.err.splitlines())


def audit_of(folder: Path) -> dict[str, Any]:
    return dict(read_summary(folder / RESULTS)["audit"])


async def test_other_ids_in_the_list_are_reported(tmp_path: Path) -> None:
    """Every row is created, but the audit ends the run with 3, and undo deletes nothing."""
    async with recording() as simulator:
        simulator.change_faults({FaultKind.LIST_OTHER_IDS: 1.0})
        ended = await run_batch(tmp_path, simulator)
        undone = await invoke("undo", RESULTS, "--yes", folder=tmp_path)

        assert names(simulator) == all_names()
    assert (ended.code, undone.code) == (3, 4)
    assert statuses(results(tmp_path)) == ["created"] * 6
    assert "audit: 6 contradictions between the task list and the results" in ended.err
    assert "  and 1 more, see summary.json" in ended.err
    assert [each["kind"] for each in audit_of(tmp_path)["examples"]] == ["other_id"] * 6
    page = (tmp_path / RESULTS / "report.html").read_text(encoding="utf-8")
    assert "task-001: created as " in page


async def test_late_responses_are_found_by_the_audit(tmp_path: Path) -> None:
    """Ids that belong to other requests are listed under other names."""
    async with recording(faults={FaultKind.LATE: 0.3}, seed=1) as simulator:
        ended = await run_batch(tmp_path, simulator, "--concurrency", "1", rows=8)

        assert names(simulator) == all_names(8)
    kinds = {each["kind"] for each in audit_of(tmp_path)["examples"]}
    assert (ended.code, kinds) == (3, {"other_name"})


async def test_foreign_task_under_a_name_of_the_batch_is_reported(tmp_path: Path) -> None:
    """The next run that sends something reports it; the task is not deleted."""
    async with recording() as simulator:
        await run_batch(tmp_path, simulator)
        foreign = add_foreign(simulator, "task-001")
        ended = await run_batch(tmp_path, simulator, rows=7)
        undone = await invoke("undo", RESULTS, "--yes", folder=tmp_path)

        assert [task.task_id for task in simulator.tasks(PROJECT, INSTANCE)] == [foreign]
    assert ended.code == 3
    assert "task-001: 2 tasks have this name" in ended.err
    assert undone.code == 0


async def test_audit_requests_one_list_more(tmp_path: Path) -> None:
    """A run reads the list before and after the requests; a run that sends nothing does not."""
    async with recording() as simulator:
        await run_batch(tmp_path, simulator)
        lists = sum(record.method == "GET" for record in simulator.requests)
        again = await run_batch(tmp_path, simulator)

        assert sum(record.method == "GET" for record in simulator.requests) == lists == 2
    assert again.code == 0
    assert audit_of(tmp_path) | {"at": ""} == {
        "at": "", "tasks": 6, "too_new": 0, "reconciled": 0, "contradictions": 0,
        "examples": [], "unread": [],
    }  # fmt: skip


async def test_audit_that_cannot_be_recorded_stops_the_run(tmp_path: Path) -> None:
    """The outcomes of the requests are in the journal."""
    async with recording() as simulator:
        await run_batch(tmp_path, simulator, rows=2)
        with Journal.open(tmp_path / RESULTS) as journal:
            journal._connection.execute(
                "CREATE TRIGGER full BEFORE INSERT ON meta WHEN new.name = 'audit' "
                "BEGIN SELECT RAISE(ABORT, 'disk full'); END"
            )
        ended = await run_batch(tmp_path, simulator, rows=3)

    assert ended.code == 4
    assert "journal.db cannot be written: disk full" in ended.err
    assert statuses(results(tmp_path)) == ["created"] * 3
