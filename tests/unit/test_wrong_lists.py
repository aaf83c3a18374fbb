"""
No row is sent again because of a task list that a task of the batch shows to be wrong.

Lists are empty, frozen, capped or filtered, other users create, delete and rename tasks at any
step, and clocks jump.
"""

import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from batchcreate.models import Failed, ResultRow, Status, Target
from batchcreate.pool import Reconciler
from batchcreate.pool.reconciler import UnresolvedTask
from batchcreate.reconcile import Question, Resend, decide
from batchcreate.task_list import Incomplete, TaskList
from tests.fakes import (
    SUCCESS,
    RunOptions,
    ScriptedClient,
    ServerAction,
    StoredTask,
    create_then_reply,
    error_reply,
    open_for_sending,
    reply_only,
)
from tests.journals import target
from tests.unit.test_exactly_once import BRIEF, KILLS, MEMORY, OPTIONS, Plan, World, _Run, actions

COUNTS = Counter[str]()
"""The number of runs, attempts, wrong lists and so on in the tests of this module."""


@dataclass(slots=True)
class View:
    """
    Which tasks the task lists of one run contain.

    Attributes:
        kind: how the lists are wrong, or ``true``.
        free: number of first lists that are correct.

    """

    kind: str
    free: int
    frozen: dict[Target, list[StoredTask]] = field(default_factory=dict)

    def __call__(self, target: Target, tasks: list[StoredTask]) -> list[StoredTask]:
        """Return the tasks that the list contains."""
        first = self.frozen.setdefault(target, tasks)
        self.free -= 1
        if self.free >= 0:
            return tasks
        views = {
            "empty": [],
            "frozen": first,
            "capped": tasks[: len(tasks) // 2],
            "newest": tasks[len(tasks) // 2 :],
            "filtered": [task for task in tasks if task.is_foreign],
        }
        return views.get(self.kind, tasks)


@dataclass(frozen=True, slots=True)
class Event:
    """What another user does before a step: *kind* and the number of a row."""

    step: int
    kind: str
    row: int


KINDS = (
    "create",
    "create alike",
    "delete",
    "delete of the batch",
    "rename",
    "rename of the batch",
)
EVENTS = st.lists(
    st.builds(Event, st.integers(1, 60), st.sampled_from(KINDS), st.integers(0, 8)), max_size=4
)
VIEWS = st.builds(
    View,
    st.sampled_from(["true", "empty", "frozen", "capped", "newest", "filtered"]),
    st.sampled_from([0, 2, 3]),
)


class WrongWorld(World):
    """
    A world with wrong task lists and other users.

    Attributes:
        violations: what a run concluded although the journal showed that a list is wrong.
        unprovable: names whose absence was concluded, and which may exist all the same.
        judge: called with each row, the task list, and True if its absence is concluded.

    """

    judge: Callable[[UnresolvedTask, TaskList | Incomplete, bool], None]

    def __init__(self, folder: Path, *, reconciler: type[Reconciler] = Reconciler) -> None:
        super().__init__(folder, reconciler=watched(reconciler, self))
        self.violations: list[str] = []
        self.unprovable: set[str] = set()

    def act(self, event: Event) -> None:
        """Do what another user does."""
        name, _, instance = self.names[event.row % len(self.names)].partition("@")
        server, place = self.server, target(instance)
        here = [task for task in server.tasks if task.target == place]
        foreign = [task for task in here if task.is_foreign]
        ours = [task for task in here if not task.is_foreign]
        match event.kind:
            case "create" | "create alike":
                tag = "other" if event.kind == "create" else ""
                server.add_task(place, name, created_at=server.now, is_foreign=True, tag=tag)
            case "delete" if foreign:
                server.delete(foreign[event.row % len(foreign)])
            case "delete of the batch" if ours:
                server.delete(ours[event.row % len(ours)])
            case "rename" if foreign:
                server.rename(foreign[event.row % len(foreign)], name)
            case "rename of the batch" if ours:
                server.rename(ours[event.row % len(ours)], f"renamed-{len(server.removed)}")
        COUNTS[event.kind] += 1

    def run_with(self, plan: Plan, view: View, events: Sequence[Event]) -> None:
        """Run the command with wrong lists and other users."""
        _WrongRun(self, plan, view, events).execute()

    def check(self, rows: Sequence[str], *, may_be_unknown: bool, may_be_pending: bool) -> None:
        """Compare the results with the server."""
        del may_be_unknown, may_be_pending
        assert self.violations == []
        assert set(self.server.duplicates) <= self.unprovable
        with open_for_sending(self.journal, rows) as journal:
            lines = list(journal.results())
        assert [line.task_name for line in lines] == [row.partition("@")[0] for row in rows]
        for line in lines:
            COUNTS[line.status.value] += 1
            same = [
                task
                for task in (*self.server.tasks, *self.server.removed)
                if task.name == line.task_name
            ]
            match line.status:
                case Status.CREATED:
                    task = next(task for task in same if task.task_id == line.task_id)
                    assert not task.is_foreign or may_belong(task, line), line
                case Status.SKIPPED:
                    assert line.task_id in {task.task_id for task in same}, line
                case Status.FAILED:
                    assert line.task_name in self.unprovable or not any(
                        not task.is_foreign for task in same if task in self.server.tasks
                    ), line
                case _:
                    pass


def may_belong(task: StoredTask, line: ResultRow) -> bool:
    """Return True if nothing shows that another user created *task*."""
    sent_at = datetime.fromisoformat(line.first_sent_at).timestamp()
    return not task.tag and task.created_at >= sent_at - 300


def watched(base: type[Reconciler], world: WrongWorld) -> type[Reconciler]:
    """Return a reconciler whose conclusions *world* judges when they are made."""

    class Watched(base):  # type: ignore[misc, valid-type] # a class is an argument
        def _decide(
            self, row: UnresolvedTask, found: TaskList | Incomplete, *arguments: Any
        ) -> None:
            decision = decide(self._question(row, *arguments), found)
            world.judge(row, found, isinstance(decision, Resend | Failed))
            super()._decide(row, found, *arguments)

    return Watched


class _WrongRun(_Run):
    """One run with wrong lists and other users."""

    def __init__(self, world: WrongWorld, plan: Plan, view: View, events: Sequence[Event]) -> None:
        super().__init__(world, plan)
        self._wrong_world = world
        self._view = view
        self._events = list(events)
        self._client: ScriptedClient | None = None
        self._known: dict[Target, set[str]] = {}

    def make_client(self) -> ScriptedClient:
        """Return the client of the run."""
        world = self._wrong_world
        with open_for_sending(world.journal, world.rows(self._plan.order)) as journal:
            for task in journal.created_tasks():
                self._known.setdefault(task.key.target, set()).add(task.task_id)
        world.judge = self.judge
        self._client = super().make_client()
        self._client._view = self._view
        return self._client

    def _step(self) -> None:
        for event in [event for event in self._events if event.step == self._steps + 1]:
            self._wrong_world.act(event)
        super()._step()

    def judge(self, row: UnresolvedTask, found: TaskList | Incomplete, is_absent: bool) -> None:  # noqa: FBT001 # a callback
        """Record a conclusion that a task is absent, and whether its list could have shown more."""
        if not is_absent:
            return
        assert self._client is not None
        assert isinstance(found, TaskList)
        target, name = row.pending.key.target, row.pending.key.task_name
        known = self._known.get(target, set()) | {
            task_id
            for at, place, task_id in self._client.returned
            if place == target and at < row.ended_at
        }
        missing = known - found.names.keys()
        if missing or found.ids.get(name):
            self._wrong_world.violations.append(f"{name}: absent, although {missing} were missing")
        COUNTS["absent"] += 1
        self._wrong_world.unprovable.add(name)


class WrongLists(RuleBasedStateMachine):
    """Consecutive runs of one batch against a server whose lists and users hypothesis draws."""

    reconciler: type[Reconciler] = Reconciler

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None)
        self._world = WrongWorld(Path(self._folder.name), reconciler=self.reconciler)

    @initialize(count=st.integers(2, 9), instances=st.integers(1, 2))
    def begin(self, *, count: int, instances: int) -> None:
        """Create the input; the server contains tasks of other users."""
        world = self._world
        world.names = [f"n{number}@i{number % instances + 1}" for number in range(count)]
        for number in range(3):
            created_at = world.server.started_at - 3600
            world.server.add_task(
                target(), f"other-{number}", created_at=created_at, is_foreign=True
            )
        COUNTS["examples"] += 1

    @rule(
        creates=st.lists(actions(), min_size=4, max_size=25),
        page_tasks=st.sampled_from([1000, 1000, 3, 1]),
        killed_at_step=st.none() | KILLS,
        options=OPTIONS,
        view=VIEWS,
        events=EVENTS,
    )
    def run(self, *, view: View, events: Sequence[Event], **options: Any) -> None:
        """Run the command."""
        COUNTS.update(runs=1, wrong_lists=view.kind != "true")
        self._world.run_with(Plan(**options), View(view.kind, view.free), events)

    @rule(
        clock_error_s=st.sampled_from([-86_400.0, -3600.0, 0.0, 0.0, 3600.0]),
        seconds=st.sampled_from([1.0, 40.0, 3600.0]),
    )
    def wait(self, *, clock_error_s: float, seconds: float) -> None:
        """Let time pass between two runs, and change the clock of the client."""
        self._world.server.started_at += seconds
        self._world.server.clock_error_s = clock_error_s

    def teardown(self) -> None:
        """Remove the journals."""
        self._folder.cleanup()


def test_no_row_is_sent_again_because_of_a_list_that_is_known_to_be_wrong() -> None:
    """For all lists and users: no name twice that could be prevented, and no false status."""
    COUNTS.clear()

    run_state_machine_as_test(WrongLists, settings=settings(BRIEF, max_examples=50))

    kinds = ("wrong_lists", "absent", "created", "unknown", *KINDS)
    assert [kind for kind in kinds if not COUNTS[kind]] == []


@pytest.mark.long
def test_no_row_is_sent_again_because_of_a_wrong_list_in_many_runs() -> None:
    """The same holds for longer sequences of runs with other random decisions."""
    COUNTS.clear()

    run_state_machine_as_test(
        WrongLists,
        settings=settings(BRIEF, max_examples=1500, stateful_step_count=8, derandomize=False),
    )

    print(dict(COUNTS))  # noqa: T201 # the figures of the sweep


class Unguarded(Reconciler):
    """A reconciler that takes every complete list as evidence of absence."""

    def _question(self, *arguments: Any) -> Question:
        return replace(super()._question(*arguments), missing=())


class Disowning(Reconciler):
    """A reconciler that takes every task with the name of a row as its task."""

    def _question(self, *arguments: Any) -> Question:
        return replace(super()._question(*arguments), foreign={})

    def _decide(self, row: UnresolvedTask, found: TaskList | Incomplete, *arguments: Any) -> None:
        if isinstance(found, TaskList):
            found = replace(found, details={})
        super()._decide(row, found, *arguments)


MUTANTS = {
    "guard off": (Unguarded, "absent, although"),
    "ownership off": (Disowning, "may_belong"),
}


@pytest.mark.long
@pytest.mark.parametrize("name", MUTANTS)
def test_missing_safeguard_is_found_by_random_runs(name: str) -> None:
    """Without the guard rows are sent again; without ownership foreign tasks are taken."""
    reconciler, violation = MUTANTS[name]
    mutant = type("Mutant", (WrongLists,), {"reconciler": reconciler})

    with pytest.raises(AssertionError, match=violation):
        run_state_machine_as_test(mutant, settings=settings(BRIEF, max_examples=1000))


LOST = error_reply(500)


@pytest.mark.parametrize(
    ("name", "creates", "view", "events"),
    [
        ("guard off", [SUCCESS, create_then_reply(LOST)], View("empty", 1), []),
        ("guard off", [SUCCESS, create_then_reply(LOST)], View("frozen", 0), []),
        ("ownership off", [reply_only(LOST)], View("true", 0), [Event(8, "create", 0)]),
        ("ownership off", [reply_only(LOST)], View("true", 0), [Event(8, "rename", 0)]),
    ],
    ids=["empty list", "frozen list", "foreign task", "renamed foreign task"],
)
def test_missing_safeguard_is_found(
    tmp_path: Path,
    name: str,
    creates: Sequence[ServerAction],
    view: View,
    events: Sequence[Event],
) -> None:
    """One run is sufficient, and with the safeguard the same run is correct."""
    mutant, violation = MUTANTS[name]
    plan = Plan(creates=creates, options=RunOptions(workers=1))

    for reconciler in (Reconciler, mutant):
        world = WrongWorld(tmp_path / reconciler.__name__, reconciler=reconciler)
        world.names = ["n0@i1", "n1@i1"]
        world.server.add_task(target(), "other", is_foreign=True)
        expected = pytest.raises(AssertionError, match=violation)
        with expected if reconciler is mutant else nullcontext():
            world.run_with(plan, replace(view), events)
