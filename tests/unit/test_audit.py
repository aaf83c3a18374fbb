"""The audit finds contradictions between the task lists and the journal."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from batchcreate.clock import epoch_ms
from batchcreate.journal import Journal
from batchcreate.models import (
    Audit,
    Contradiction,
    ContradictionKind,
    Failed,
    Outcome,
    RecordedTask,
    Target,
    TaskId,
)
from batchcreate.pipeline.audit import AuditClock, audit, find_contradictions
from batchcreate.task_list import Incomplete, TaskList
from tests.journals import NOW_MS, REFUSED, attempt, created, opened, target

NOT_SENT = Failed(http_status=None, error_code="CONNECT", error_msg="no connection")


def recorded(name: str, task_id: str, *, at_ms: int = 0, run: int = 1) -> RecordedTask:
    return RecordedTask(name=name, task_id=TaskId(task_id), at_ms=at_ms, run=run)


def listing(**ids: Sequence[str]) -> TaskList:
    listed = {name: [TaskId(task_id) for task_id in found] for name, found in ids.items()}
    return TaskList(ids=listed, total=sum(map(len, listed.values())))


@pytest.mark.parametrize(
    ("task", "found", "text"),
    [
        (recorded("a", "1"), listing(a=["1"]), ""),
        (recorded("a", "1"), listing(a=["2", "1"]), "a: 2 tasks have this name (1, 2)"),
        (recorded("a", "1"), listing(a=["2"]), "a: created as 1, but listed as 2"),
        (
            recorded("a", "1"),
            listing(b=["1"], a=["2"]),
            "a: its task 1 is listed under the name b",
        ),
        (recorded("a", "1"), listing(b=["2"]), "a: its task 1 is not listed"),
        (recorded("a", ""), listing(b=["2"]), ""),
        (
            recorded("a", ""),
            listing(a=["2"]),
            "a: refused by the server, but a task is listed (2)",
        ),
    ],
    ids=["equal", "two ids", "other id", "crossed", "not listed", "refused", "refused but there"],
)
def test_contradictions_are_described(task: RecordedTask, found: TaskList, text: str) -> None:
    """Each row has at most one."""
    assert [each.text for each in find_contradictions(target(), [task], found)] == [text] * bool(
        text
    )


def test_swapped_ids_are_found_on_both_rows() -> None:
    """Two responses that belong to each other's requests."""
    tasks = [recorded("a", "1"), recorded("b", "2")]

    kinds = [each.kind for each in find_contradictions(target(), tasks, listing(a=["2"], b=["1"]))]

    assert kinds == [ContradictionKind.OTHER_NAME] * 2


@pytest.mark.parametrize(
    ("task", "elapsed_s", "is_new"),
    [
        (recorded("a", "1", at_ms=-1), 5.0, True),
        (recorded("a", "1", at_ms=-61_000), 5.0, True),
        (recorded("a", "1", at_ms=-61_000), 99.0, False),
        (recorded("a", "1", at_ms=-61_000, run=0), 5.0, False),
        (recorded("a", "1", at_ms=+61_000, run=0), 99.0, True),
    ],
    ids=["just created", "clock ahead", "long run", "earlier run", "clock back"],
)
def test_age_of_a_task_of_this_run_is_limited_by_its_duration(
    task: RecordedTask, elapsed_s: float, *, is_new: bool
) -> None:
    """A wall clock that jumps ahead does not make it older."""
    at_ms = epoch_ms() + task.at_ms
    clock = AuditClock(window_s=60, elapsed_s=lambda: elapsed_s)

    new = clock.new([recorded("a", "1", at_ms=at_ms, run=task.run)], 1)

    assert new == ({"1"} if is_new else set())


async def compare(
    journal: Journal, found: dict[str, TaskList | Incomplete], *, window_s: float = 60
) -> tuple[Audit, list[str]]:
    read: list[str] = []

    async def list_tasks(target: Target) -> TaskList | Incomplete:
        read.append(target.instance_id)
        return found[target.instance_id]

    clock = AuditClock(window_s=window_s, elapsed_s=lambda: 3600)
    return await audit(journal, [target(name) for name in found], list_tasks, clock), read


async def test_result_is_recorded_in_the_journal(tmp_path: Path) -> None:
    """Created tasks are counted, requests that were not sent are not compared."""
    with opened(tmp_path / "results", {"a.csv": ["a", "b", "refused", "offline"]}) as journal:
        outcomes: dict[str, Outcome | None] = {
            "a": created("1"),
            "b": created("2"),
            "refused": REFUSED,
            "offline": NOT_SENT,
        }
        await attempt(journal, outcomes)
        assert [task.at_ms for task in journal.audits.tasks(target())] == [NOW_MS] * 3
        found = listing(a=["1"], refused=["7"], offline=["8"])

        before = journal.audits.last
        comparison, _ = await compare(journal, {"i1": found})
        again, _ = await compare(journal, {"i1": found}, window_s=1e9)

        assert before is None
        assert journal.audits.last == again.as_dict()
    assert (comparison.tasks, comparison.too_new, len(comparison.contradictions)) == (2, 0, 2)
    assert (again.tasks, again.too_new) == (2, 1)
    assert again.as_dict()["examples"] == [
        {
            "kind": "refused",
            "project_id": "p1",
            "instance_id": "i1",
            "task_name": "refused",
            "task_id": "",
            "text": "refused: refused by the server, but a task is listed (7)",
        }
    ]


async def test_first_unreadable_list_ends_the_audit(tmp_path: Path) -> None:
    """A server in an outage is not asked for every instance."""
    with opened(tmp_path / "results", {"a.csv": ["a", "b@i2"]}) as journal:
        await attempt(journal, {"a": created("1"), "b": created("2")})

        found: dict[str, TaskList | Incomplete] = {
            "i1": Incomplete(reason="HTTP 403"),
            "i2": listing(),
        }
        comparison, read = await compare(journal, found)

    assert (comparison.unread, read) == (["instance i1: HTTP 403"], ["i1"])
    assert (comparison.tasks, comparison.contradictions) == (0, [])


def test_all_contradictions_are_counted() -> None:
    """The first hundred are kept."""
    many = [
        Contradiction(
            kind=ContradictionKind.NOT_LISTED,
            target=target(),
            task_name=f"n{number}",
            task_id=str(number),
        )
        for number in range(101)
    ]

    shown = Audit(at="", contradictions=many).as_dict()

    assert (shown["contradictions"], len(shown["examples"])) == (101, 100)
