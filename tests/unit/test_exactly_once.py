"""
No task is lost or created twice, for any behaviour of the server and any end of a run.

The extended version takes minutes: ``pytest -m long tests/unit/test_exactly_once.py``.
"""

import asyncio
import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from batchcreate.errors import MaybeSentError, NotSentError, NotSentReason
from batchcreate.journal import Evidence, Journal
from batchcreate.models import Status
from batchcreate.pool import Reconciler, StopReason
from batchcreate.pool.reconciler import UnresolvedTask
from batchcreate.task_list import Incomplete, TaskList
from tests.fakes import (
    INTERRUPTED,
    SUCCESS,
    ListFault,
    ModelServer,
    Page,
    RunOptions,
    RunUnderTest,
    ScriptedClient,
    ServerAction,
    error_reply,
    json_reply,
    open_for_sending,
    reply_only,
)
from tests.journals import target
from tests.virtual_time import VirtualTimeLoop

COUNTS = Counter[str]()
"""The number of runs, kills, faults and so on in the tests of this module."""

NAME_TAKEN = "FDI.409"

MEMORY = Path("/dev/shm")  # noqa: S108 # many small commits; optional
WINDOW_S = 60.0
RESET = MaybeSentError("the connection was reset")
UNUSABLE = (
    json_reply(200, b""),
    json_reply(200, b'{"task_id": "17'),
    json_reply(200, {"task_id": None}),
    json_reply(201, {"task_id": ""}),
    json_reply(202, {"task_id": 1.7}),
    json_reply(200, []),
    json_reply(204, b""),
)
FAULTS = (
    RESET,
    error_reply(500, "FDI.500"),
    json_reply(502, b"<html>bad gateway</html>"),
    error_reply(503, "APIG.0201", retry_after="3"),
    error_reply(504),
    error_reply(408),
    *UNUSABLE,
)
REFUSED = (
    error_reply(400, "FDI.7", "no such application"),
    error_reply(403, "APIG.0302", "not allowed"),
    error_reply(404, "FDI.404", "the instance does not exist"),
    error_reply(409, NAME_TAKEN, "the name exists already"),
    error_reply(429, "APIG.0308", "slow down"),
    error_reply(429, "APIG.0308", "slow down", retry_after="0"),
    error_reply(429, "APIG.0308", "slow down", retry_after="7"),
    error_reply(429, "APIG.0308", "slow down", retry_after="200"),
    NotSentError("no connection"),
)
STOPPING = (
    error_reply(401, "APIG.0301", "who are you"),
    json_reply(302, b"", location="https://elsewhere.example/"),
    NotSentError("the certificate has expired", reason=NotSentReason.CERTIFICATE),
)


def without_last(page: Page) -> Page:
    return page | {"entities": page["entities"][:-1]}


def with_first_again(page: Page) -> Page:
    return page | {"entities": page["entities"] + page["entities"][:1]}


def more_announced(page: Page) -> Page:
    return page | {"total": page["total"] + 1}


LIST_FAULTS: tuple[ListFault, ...] = (
    RESET,
    error_reply(403, "APIG.0302", "not allowed"),
    error_reply(429, "APIG.0308", "slow down", retry_after="9"),
    error_reply(500),
    json_reply(200, b"[]"),
    json_reply(200, b'{"total": 3, "enti'),
    without_last,
    with_first_again,
    more_announced,
)


def actions() -> st.SearchStrategy[ServerAction]:
    """Draw server actions; a created task is in the task list within the reconcile window."""
    created = st.builds(
        ServerAction,
        effect_after_s=st.sampled_from([0.0, 3.0, 25.0]),
        list_delay_s=st.sampled_from([0.0, 4.0, 30.0]),
        reply_after_s=st.sampled_from([0.05, 30.0]),
        reply=st.sampled_from([None, *FAULTS]),
    )
    failed = st.sampled_from([reply_only(reply) for reply in (*FAULTS, *REFUSED)])
    ended = st.sampled_from([reply_only(reply) for reply in STOPPING])
    return st.one_of(
        st.just(SUCCESS), created, failed, created, failed, created, failed, created, ended
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """
    One run.

    Attributes:
        creates: actions for its create requests.
        lists: faults of its list requests.
        page_tasks: maximum number of tasks on a page of the task list.
        killed_at_step: number of the step before which the process is killed, or None.
        killed_at_s: time at which the process is killed, or None.
        interrupts: numbers of the steps before which the process receives SIGINT.
        options: options of the run.
        order: number that determines the order of the input rows.

    """

    creates: Sequence[ServerAction] = ()
    lists: Sequence[ListFault | None] = ()
    page_tasks: int = 1000
    killed_at_step: int | None = None
    killed_at_s: float | None = None
    interrupts: Sequence[int] = ()
    options: RunOptions = field(default_factory=RunOptions)
    order: int = 0


WITHOUT_FAULTS = Plan()

LIST_FAULTS_AFTER_PREFLIGHT = st.builds(
    # the preflight reads the first two, for two instances
    lambda count, faults: [None] * count + faults,
    st.sampled_from([2, 2, 2, 0]),
    st.lists(st.none() | st.sampled_from(LIST_FAULTS), max_size=8),
)
OPTIONS = st.builds(
    RunOptions,
    workers=st.sampled_from([1, 3, 8]),
    rate_per_s=st.sampled_from([2.0, 50.0, 1000.0]),
    waiting_max=st.sampled_from([0, 2, 5]),
    commit_s=st.sampled_from([0.0, 0.002, 0.2]),
)
KILLS = st.integers(5, 20) | st.integers(1, 60)
INTERRUPTS = st.lists(st.integers(1, 40), min_size=1, max_size=2)


def plans(
    killed_at_step: st.SearchStrategy[int | None], interrupts: st.SearchStrategy[Sequence[int]]
) -> st.SearchStrategy[Plan]:
    """Draw a run."""
    return st.builds(
        Plan,
        creates=st.lists(actions(), min_size=4, max_size=25),
        lists=st.just(()) | LIST_FAULTS_AFTER_PREFLIGHT,
        page_tasks=st.sampled_from([1000, 1000, 3, 1]),
        killed_at_step=killed_at_step,
        interrupts=interrupts,
        options=OPTIONS,
        order=st.integers(0, 23),
    )


class World:
    """
    A server, a results folder and a user who repeats the same command.

    Args:
        folder: parent folder of the journals.
        reconciler: class of the reconciler.
        forgets_intents: a kill deletes the intents without an outcome.

    """

    def __init__(
        self,
        folder: Path,
        *,
        reconciler: type[Reconciler] = Reconciler,
        forgets_intents: bool = False,
    ) -> None:
        self.server = ModelServer()
        self.names: list[str] = []
        self.existing: set[str] = set()
        self.sent = Counter[str]()
        self.was_killed = False
        self.failed: list[str] = []
        self.withdrawn: list[str] = []
        self.taken = 0
        self._folder = folder
        self._reconciler = reconciler
        self._forgets_intents = forgets_intents
        self._copies = 0

    def run(self, plan: Plan) -> None:
        """Run the command once and compare the results with the server."""
        _Run(self, plan).execute()

    def rows(self, order: int) -> list[str]:
        """Return the input rows, reordered."""
        names = list(self.names)
        names = names[order % 7 % len(names) :] + names[: order % 7 % len(names)]
        return names[::-1] if order % 2 else names

    def correct(self, name: str) -> None:
        """Give the failed row *name* another name."""
        at = next(at for at, row in enumerate(self.names) if row.partition("@")[0] == name)
        self.names[at] = f"m{self.names[at]}"
        self.withdrawn.append(name)
        self.failed.remove(name)

    def check(self, rows: Sequence[str], *, may_be_unknown: bool, may_be_pending: bool) -> None:
        """Compare the results with the server."""
        assert self.server.duplicates == []
        self.taken = 0
        with open_for_sending(self.journal, rows) as journal:
            lines = [row for row in journal.results() if row.status is not Status.WITHDRAWN]
        ids = {name: task_id for (_, name), task_id in self.server.ids.items()}
        assert [line.task_name for line in lines] == [row.partition("@")[0] for row in rows]
        assert not ids.keys() & set(self.withdrawn)
        self.failed = [
            line.task_name
            for line in lines
            if line.status is Status.FAILED and line.location.file == "a.csv"
        ]
        for line in lines:
            exists = line.task_name in ids
            match line.status:
                case Status.CREATED | Status.SKIPPED:
                    assert line.task_id == ids.get(line.task_name)
                    assert (line.task_name in self.existing) == (line.status is Status.SKIPPED)
                case Status.FAILED:
                    assert not exists, line
                case Status.UNKNOWN:
                    # A name that the server reports as taken is never concluded to be absent.
                    self.taken += line.error_code == NAME_TAKEN
                    assert may_be_unknown or line.error_code == NAME_TAKEN, line
                case Status.NOT_ATTEMPTED:
                    assert may_be_pending, line
                    assert not exists or line.task_name in self.existing
                case Status.REJECTED | Status.WITHDRAWN:
                    pytest.fail(f"{line} is valid")
            assert self.was_killed or line.attempts == self.sent[line.task_name], line
            assert line.attempts >= self.sent[line.task_name], line

    def check_all_done(self, counts: Mapping[Status, int]) -> None:
        """Check that all tasks exist, as far as the server did not report their names as taken."""
        done = counts[Status.CREATED] + counts[Status.SKIPPED] + self.taken
        assert done == len(self.names), counts

    @property
    def journal(self) -> Path:
        """The folder of the current journal."""
        return self._folder / f"journal-{self._copies}"

    def kill(self) -> None:
        """Continue with a copy of the journal files as a killed process leaves them."""
        before = self.journal
        self._copies += 1
        self.was_killed = True
        shutil.copytree(before, self.journal)
        if self._forgets_intents:
            with closing(sqlite3.connect(self.journal / "journal.db")) as connection, connection:
                connection.execute(
                    "DELETE FROM intents WHERE id NOT IN (SELECT intent FROM outcomes)"
                )


class _Run:
    """One run in a world, until it ends or is killed."""

    def __init__(self, world: World, plan: Plan) -> None:
        self._world = world
        self._plan = plan
        self._steps = 0
        self._is_killed = False
        self._tested: RunUnderTest | None = None
        self._main: asyncio.Task[StopReason | None] | None = None

    def execute(self) -> None:
        world, plan = self._world, self._plan
        rows = world.rows(plan.order)
        client = self.make_client()
        with (
            open_for_sending(world.journal, rows) as journal,
            asyncio.Runner(loop_factory=VirtualTimeLoop) as runner,
        ):
            reason = runner.run(self._run_until_killed(journal, client))
            world.server.started_at += runner.get_loop().time()
        world.sent.update(client.sent)
        is_list_complete = (
            not client.has_list_failed and plan.page_tasks == WITHOUT_FAULTS.page_tasks
        )
        has_ended_early = self._is_killed or reason is not None
        world.check(
            rows,
            may_be_unknown=has_ended_early or not is_list_complete,
            may_be_pending=has_ended_early,
        )
        COUNTS.update(
            runs=1,
            kills=self._is_killed,
            stops=reason is not None,
            creates=len(client.sent),
            faults=sum(action != SUCCESS for action in plan.creates[: len(client.sent)]),
            list_faults=sum(map(bool, plan.lists[: client.listed])),
        )

    def make_client(self) -> ScriptedClient:
        """Return the client of the run."""
        return ScriptedClient(
            self._world.server,
            creates=self._plan.creates,
            lists=self._plan.lists,
            page_tasks=self._plan.page_tasks,
            on_step=self._step,
            is_killed=lambda: self._is_killed,
        )

    async def _run_until_killed(
        self, journal: Journal, client: ScriptedClient
    ) -> StopReason | None:
        self._tested = RunUnderTest(
            journal,
            client,
            self._plan.options,
            reconciler=self._world._reconciler,
        )
        async with asyncio.TaskGroup() as group:
            self._main = group.create_task(self._tested.run())
            if self._plan.killed_at_s is not None:
                asyncio.get_running_loop().call_later(self._plan.killed_at_s, self._kill)
        return None if self._main.cancelled() else self._main.result()

    def _step(self) -> None:
        """Kill or interrupt the run if the plan contains this step."""
        self._steps += 1
        if self._is_killed or self._tested is None or self._main is None:
            return
        if self._steps == self._plan.killed_at_step:
            self._kill()
        for _ in range(list(self._plan.interrupts).count(self._steps)):
            if self._tested.stop.reason is None:
                self._tested.stop.request_stop(INTERRUPTED)
            else:
                self._tested.stop.cancel()

    def _kill(self) -> None:
        self._is_killed = True
        self._world.kill()
        if self._main is not None:
            self._main.cancel()


class ExactlyOnce(RuleBasedStateMachine):
    """Consecutive runs of one batch against a server whose actions hypothesis draws."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None)
        self._world = self.make_world(Path(self._folder.name))
        self._is_consistent = False

    @initialize(
        count=st.integers(1, 9),
        instances=st.integers(1, 2),
        existing=st.booleans(),
        has_unique_names=st.booleans(),
    )
    def begin(self, *, count: int, instances: int, existing: bool, has_unique_names: bool) -> None:
        """Create the input; the server contains unrelated tasks."""
        world = self._world
        world.names = [f"n{number}@i{number % instances + 1}" for number in range(count)]
        world.server.has_unique_names = has_unique_names
        for name in ("N1", "n1 ", "n10", "other"):
            world.server.add_task(target(), name)
        if existing:
            world.server.add_task(target("i1"), "n0")
            world.existing = {"n0"}
        COUNTS["examples"] += 1
        self._is_consistent = True

    @rule(plan=plans(st.none() | KILLS, st.just(()) | st.just(()) | INTERRUPTS))
    def run(self, plan: Plan) -> None:
        """Run the command."""
        self._is_consistent = False
        self._world.run(plan)
        self._is_consistent = True

    @precondition(lambda self: self._world.failed)
    @rule(at=st.integers(0, 8))
    def correct(self, *, at: int) -> None:
        """Change the name of a row that failed."""
        failed = self._world.failed
        self._world.correct(failed[at % len(failed)])
        COUNTS["corrections"] += 1

    @rule(seconds=st.sampled_from([1.0, 40.0, 3600.0]))
    def wait(self, seconds: float) -> None:
        """Advance the clock between two runs."""
        self._world.server.started_at += seconds

    def teardown(self) -> None:
        """Check that a last run without faults creates the remaining tasks."""
        try:
            if self._is_consistent:
                self._finish()
        finally:
            self._folder.cleanup()

    def make_world(self, folder: Path) -> World:
        """Return the world of the runs."""
        return World(folder)

    def _finish(self) -> None:
        world = self._world
        world.run(WITHOUT_FAULTS)
        rows = world.rows(0)
        with open_for_sending(world.journal, rows) as journal:
            counts = journal.summary().counts
        world.check_all_done(counts)


BRIEF = settings(
    max_examples=80,
    stateful_step_count=4,
    deadline=None,
    database=None,
    derandomize=True,
    # Shrinking a failure can take longer than the time limit of a test; the long test shrinks.
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def test_no_task_is_lost_or_created_twice() -> None:
    """The results match the server after every run, and the last run creates all other tasks."""
    COUNTS.clear()

    run_state_machine_as_test(ExactlyOnce, settings=BRIEF)

    kinds = (
        "examples",
        "runs",
        "kills",
        "stops",
        "creates",
        "faults",
        "list_faults",
    )
    assert [kind for kind in kinds if not COUNTS[kind]] == []


@pytest.mark.long
def test_no_task_is_lost_or_created_twice_in_many_runs() -> None:
    """The same holds for longer sequences of runs with other random decisions."""
    run_state_machine_as_test(
        ExactlyOnce,
        settings=settings(
            BRIEF,
            max_examples=800,
            stateful_step_count=8,
            derandomize=False,
            phases=[Phase.generate, Phase.shrink],
        ),
    )


class MutantWorld(World):
    """A world that checks for duplicates only, because the results of a mutant are wrong."""

    def check(self, rows: Sequence[str], *, may_be_unknown: bool, may_be_pending: bool) -> None:
        """Check that no name exists twice."""
        del rows, may_be_unknown, may_be_pending
        assert self.server.duplicates == []

    def check_all_done(self, counts: Mapping[Status, int]) -> None:
        """Skip the check."""


class HastyReconciler(Reconciler):
    """Resends without reading the task list."""

    def _decide(
        self,
        row: UnresolvedTask,
        _found: TaskList | Incomplete,
        evidence: Evidence | None,
        began_at: float,
    ) -> None:
        del evidence
        nothing = TaskList(ids={}, total=0)
        super()._decide(replace(row, ended_at=began_at - WINDOW_S), nothing, None, began_at)


class ForgettingIntents(ExactlyOnce):
    """A kill deletes the intents without an outcome."""

    def make_world(self, folder: Path) -> World:
        return MutantWorld(folder, forgets_intents=True)

    @rule(plan=plans(KILLS, st.just(())))
    def run(self, plan: Plan) -> None:
        """Run the command and kill it."""
        super().run(plan)


class ResendingWithoutTaskList(ExactlyOnce):
    """An unknown row is sent again without a task list."""

    def make_world(self, folder: Path) -> World:
        return MutantWorld(folder, reconciler=HastyReconciler)


@pytest.mark.parametrize("mutant", [ForgettingIntents, ResendingWithoutTaskList])
def test_missing_safeguard_leads_to_duplicates(
    mutant: type[ExactlyOnce],
) -> None:
    """Without intents, or without the task list, names are created twice."""
    with pytest.raises(AssertionError, match=r"assert \['n\d'.*\] == \[\]"):
        run_state_machine_as_test(mutant, settings=settings(BRIEF, max_examples=1000))


@pytest.mark.parametrize(
    ("creates", "killed_at_s"),
    [
        (
            [
                reply_only(error_reply(429, retry_after="200")),
                *[ServerAction(list_delay_s=30, reply_after_s=30)] * 2,
            ],
            235,
        ),
        ([ServerAction(effect_after_s=200, list_delay_s=30, reply_after_s=300)], 210),
    ],
    ids=["intent committed ahead", "slow server"],
)
def test_old_intent_does_not_shorten_the_reconcile_window(
    tmp_path: Path, creates: Sequence[ServerAction], killed_at_s: float
) -> None:
    """If no outcome was recorded, the window begins with the next run."""
    world = World(tmp_path)
    world.names = ["n0@i1", "n1@i1"]
    options = RunOptions(workers=1, rate_per_s=1000.0)

    world.run(Plan(creates=creates, killed_at_s=killed_at_s, options=options))
    world.run(WITHOUT_FAULTS)

    assert world.was_killed
    assert sorted(task.name for task in world.server.tasks) == ["n0", "n1"]
