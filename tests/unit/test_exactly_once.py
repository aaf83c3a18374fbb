"""
Nothing is lost and nothing is created twice, whatever the server does and wherever a run dies.

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
    rule,
    run_state_machine_as_test,
)

from batchcreate.errors import MaybeSentError, NotSentError, NotSentReason
from batchcreate.journal import Journal
from batchcreate.models import Status
from batchcreate.pool import Reconciler, StopReason
from batchcreate.pool.reconciler import UnresolvedTask
from batchcreate.task_list import Incomplete, TaskList
from tests.fakes import (
    HONEST,
    INTERRUPT,
    Act,
    Knobs,
    ListFault,
    ModelServer,
    Page,
    Rig,
    ScriptedClient,
    answer,
    error,
    refusal,
    reopened,
)
from tests.journals import origin, target
from tests.virtual_time import VirtualTimeLoop

FIGURES = Counter[str]()
"""What the tests of this module have run so far."""

MEMORY = Path("/dev/shm")  # noqa: S108 # many small commits; the tests do without where it is missing
WINDOW_S = 60.0
RESET = MaybeSentError("the connection was reset")
UNUSABLE = (
    answer(200, b""),
    answer(200, b'{"task_id": "17'),
    answer(200, {"task_id": None}),
    answer(201, {"task_id": ""}),
    answer(202, {"task_id": 17}),
    answer(200, []),
    answer(204, b""),
)
FAULTS = (
    RESET,
    error(500, "FDI.500"),
    answer(502, b"<html>bad gateway</html>"),
    error(503, "APIG.0201", retry_after="3"),
    error(504),
    error(408),
    *UNUSABLE,
)
REFUSALS = (
    error(400, "FDI.7", "no such application"),
    error(403, "APIG.0302", "not allowed"),
    error(404, "FDI.404", "the instance does not exist"),
    error(409, "FDI.409", "the name exists already"),
    error(429, "APIG.0308", "slow down"),
    error(429, "APIG.0308", "slow down", retry_after="0"),
    error(429, "APIG.0308", "slow down", retry_after="7"),
    error(429, "APIG.0308", "slow down", retry_after="200"),
    NotSentError("no connection"),
)
ENDS = (
    error(401, "APIG.0301", "who are you"),
    answer(302, b"", location="https://elsewhere.example/"),
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
    error(403, "APIG.0302", "not allowed"),
    error(429, "APIG.0308", "slow down", retry_after="9"),
    error(500),
    answer(200, b"[]"),
    answer(200, b'{"total": 3, "enti'),
    without_last,
    with_first_again,
    more_announced,
)


def acts() -> st.SearchStrategy[Act]:
    """Draw what happens to a create call; what takes effect shows within the settling window."""
    created = st.builds(
        Act,
        acts_after_s=st.sampled_from([0.0, 3.0, 25.0]),
        lag_s=st.sampled_from([0.0, 4.0, 30.0]),
        answers_after_s=st.sampled_from([0.05, 30.0]),
        answer=st.sampled_from([None, *FAULTS]),
    )
    failed = st.sampled_from([refusal(said) for said in (*FAULTS, *REFUSALS)])
    ended = st.sampled_from([refusal(said) for said in ENDS])
    return st.one_of(
        st.just(HONEST), created, failed, created, failed, created, failed, created, ended
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """
    One run.

    Attributes:
        creates: what happens to its create calls.
        lists: what happens to its list calls.
        page_tasks: the most tasks on a page of the list.
        dies_at: the step before which the process is killed.
        dies_at_s: the time at which it is killed.
        interrupts: the steps before which it gets a SIGINT.
        knobs: how it is set up.
        order: shuffles the rows of the input.

    """

    creates: Sequence[Act] = ()
    lists: Sequence[ListFault | None] = ()
    page_tasks: int = 1000
    dies_at: int | None = None
    dies_at_s: float | None = None
    interrupts: Sequence[int] = ()
    knobs: Knobs = field(default_factory=Knobs)
    order: int = 0


CALM = Plan()

WELL_THEN_ILL = st.builds(
    # the first two are the baseline of two instances
    lambda well, ill: [None] * well + ill,
    st.sampled_from([2, 2, 2, 0]),
    st.lists(st.none() | st.sampled_from(LIST_FAULTS), max_size=8),
)
KNOBS = st.builds(
    Knobs,
    workers=st.sampled_from([1, 3, 8]),
    rate_per_s=st.sampled_from([2.0, 50.0, 1000.0]),
    waiting_max=st.sampled_from([0, 2, 5]),
    commit_s=st.sampled_from([0.0, 0.002, 0.2]),
)
KILLS = st.integers(5, 20) | st.integers(1, 60)
INTERRUPTS = st.lists(st.integers(1, 40), min_size=1, max_size=2)


def plans(
    dies_at: st.SearchStrategy[int | None], interrupts: st.SearchStrategy[Sequence[int]]
) -> st.SearchStrategy[Plan]:
    """Draw a run."""
    return st.builds(
        Plan,
        creates=st.lists(acts(), min_size=4, max_size=25),
        lists=st.just(()) | WELL_THEN_ILL,
        page_tasks=st.sampled_from([1000, 1000, 3, 1]),
        dies_at=dies_at,
        interrupts=interrupts,
        knobs=KNOBS,
        order=st.integers(0, 23),
    )


class World:
    """
    A server, a results folder and an analyst who runs the same command again and again.

    Args:
        folder: for the journals.
        settling: the class that settles.
        forgets_intents: a kill takes the intents along that have no outcome yet.

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
        self.given_up: list[str] = []
        self.mended: list[str] = []
        self._order = 0
        self._folder = folder
        self._reconciler = reconciler
        self._forgets_intents = forgets_intents
        self._life = 0

    def run(self, plan: Plan) -> None:
        """Run the command once and check what the report says of the server."""
        _Run(self, plan).carry_out()

    def rows(self, order: int) -> list[str]:
        """Return the input, its rows moved about as long as no to-fix file is made of them."""
        self._order = order = self._order if self.mended else order
        names = list(self.names)
        names = names[order % 7 % len(names) :] + names[: order % 7 % len(names)]
        return names[::-1] if order % 2 else names

    def mend(self, name: str) -> None:
        """Give the row *name*, which failed, another name in a to-fix file."""
        rows = self.rows(self._order)
        at = next(at for at, row in enumerate(rows) if row.partition("@")[0] == name)
        instance = rows[at].partition("@")[2]
        self.mended.append(f"m{name}@{instance}<{origin('a.csv', rows, at + 2)}")
        self.given_up.append(name)
        self.failed.remove(name)

    def check(self, rows: Sequence[str], *, may_be_unknown: bool, may_be_left: bool) -> None:
        """Compare the report with the server."""
        assert self.server.twice == []
        with reopened(self.journal, rows, self.mended) as journal:
            lines = list(journal.results())
        ids = {name: task_id for (_, name), task_id in self.server.ids.items()}
        names = [row.partition("@")[0] for row in (*rows, *self.mended)]
        assert [line.task_name for line in lines] == [
            name for name in names if name not in self.given_up
        ]
        assert not ids.keys() & set(self.given_up)
        self.failed = [
            line.task_name
            for line in lines
            if line.status is Status.FAILED and line.location.file == "a.csv"
        ]
        for line in lines:
            is_there = line.task_name in ids
            match line.status:
                case Status.CREATED | Status.SKIPPED:
                    assert line.task_id == ids.get(line.task_name)
                    assert (line.task_name in self.existing) == (line.status is Status.SKIPPED)
                case Status.FAILED:
                    assert not is_there, line
                case Status.UNKNOWN:
                    assert may_be_unknown, line
                case Status.NOT_ATTEMPTED:
                    assert may_be_left, line
                    assert not is_there or line.task_name in self.existing
                case Status.REJECTED:
                    pytest.fail(f"{line} breaks no rule")
            assert self.was_killed or line.attempts == self.sent[line.task_name], line
            assert line.attempts >= self.sent[line.task_name], line

    def check_all_done(self, counts: Mapping[Status, int]) -> None:
        """Check that nothing is left to do."""
        assert counts[Status.CREATED] + counts[Status.SKIPPED] == len(self.names), counts

    @property
    def journal(self) -> Path:
        """The folder of the present journal."""
        return self._folder / f"life-{self._life}"

    def move(self) -> None:
        """Keep the journal's files as a killed process leaves them."""
        left = self.journal
        self._life += 1
        self.was_killed = True
        shutil.copytree(left, self.journal)
        if self._forgets_intents:
            with closing(sqlite3.connect(self.journal / "journal.db")) as connection, connection:
                connection.execute(
                    "DELETE FROM intents WHERE id NOT IN (SELECT intent FROM outcomes)"
                )


class _Run:
    """One run in a world, up to its end or to its death."""

    def __init__(self, world: World, plan: Plan) -> None:
        self._world = world
        self._plan = plan
        self._steps = 0
        self._is_dead = False
        self._rig: Rig | None = None
        self._main: asyncio.Task[StopReason | None] | None = None

    def carry_out(self) -> None:
        world, plan = self._world, self._plan
        rows = world.rows(plan.order)
        client = ScriptedClient(
            world.server,
            creates=plan.creates,
            lists=plan.lists,
            page_tasks=plan.page_tasks,
            on_step=self._step,
            is_dead=lambda: self._is_dead,
        )
        with (
            reopened(world.journal, rows, world.mended) as journal,
            asyncio.Runner(loop_factory=VirtualTimeLoop) as runner,
        ):
            halt = runner.run(self._live(journal, client))
            world.server.started_at += runner.get_loop().time()
        world.sent.update(client.sent)
        is_list_sound = not client.has_list_failed and plan.page_tasks == CALM.page_tasks
        has_ended_early = self._is_dead or halt is not None
        world.check(
            rows,
            may_be_unknown=has_ended_early or not is_list_sound,
            may_be_left=has_ended_early,
        )
        FIGURES.update(
            runs=1,
            kills=self._is_dead,
            stops=halt is not None,
            creates=len(client.sent),
            faults=sum(act != HONEST for act in plan.creates[: len(client.sent)]),
            list_faults=sum(map(bool, plan.lists[: client.listed])),
        )

    async def _live(self, journal: Journal, client: ScriptedClient) -> StopReason | None:
        self._rig = Rig(
            journal,
            client,
            self._plan.knobs,
            reconciler=self._world._reconciler,
        )
        async with asyncio.TaskGroup() as group:
            self._main = group.create_task(self._rig.run())
            if self._plan.dies_at_s is not None:
                asyncio.get_running_loop().call_later(self._plan.dies_at_s, self._die)
        return None if self._main.cancelled() else self._main.result()

    def _step(self) -> None:
        """Let happen what the plan has for this moment."""
        self._steps += 1
        if self._is_dead or self._rig is None or self._main is None:
            return
        if self._steps == self._plan.dies_at:
            self._die()
        for _ in range(list(self._plan.interrupts).count(self._steps)):
            if self._rig.stop.reason is None:
                self._rig.stop.request_stop(INTERRUPT)
            else:
                self._rig.stop.cancel()

    def _die(self) -> None:
        self._is_dead = True
        self._world.move()
        if self._main is not None:
            self._main.cancel()


class ExactlyOnce(RuleBasedStateMachine):
    """Runs of one batch, one after the other, against a server that hypothesis plays."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None)
        self._world = self.make_world(Path(self._folder.name))
        self._is_sound = False

    @initialize(
        count=st.integers(1, 9),
        instances=st.integers(1, 2),
        existing=st.booleans(),
        has_unique_names=st.booleans(),
    )
    def begin(self, *, count: int, instances: int, existing: bool, has_unique_names: bool) -> None:
        """Write the input; the server has tasks of other people."""
        world = self._world
        world.names = [f"n{number}@i{number % instances + 1}" for number in range(count)]
        world.server.has_unique_names = has_unique_names
        for name in ("N1", "n1 ", "n10", "other"):
            world.server.hold(target(), name)
        if existing:
            world.server.hold(target("i1"), "n0")
            world.existing = {"n0"}
        FIGURES["examples"] += 1
        self._is_sound = True

    @rule(plan=plans(st.none() | KILLS, st.just(()) | st.just(()) | INTERRUPTS))
    def run(self, plan: Plan) -> None:
        """Run the command."""
        self._is_sound = False
        self._world.run(plan)
        self._is_sound = True

    @rule(at=st.integers(0, 8))
    def mend(self, *, at: int) -> None:
        """Change the name of a row that failed."""
        if failed := self._world.failed:
            self._world.mend(failed[at % len(failed)])
            FIGURES["mended"] += 1

    @rule(seconds=st.sampled_from([1.0, 40.0, 3600.0]))
    def wait(self, seconds: float) -> None:
        """Let time pass between runs."""
        self._world.server.started_at += seconds

    def teardown(self) -> None:
        """After a last run in which nothing goes wrong nothing is left to do."""
        try:
            if self._is_sound:
                self._finish()
        finally:
            self._folder.cleanup()

    def make_world(self, folder: Path) -> World:
        """Return the world to run in."""
        return World(folder)

    def _finish(self) -> None:
        world = self._world
        world.run(CALM)
        rows = world.rows(0)
        with reopened(world.journal, rows, world.mended) as journal:
            counts = journal.summary().counts
        world.check_all_done(counts)


BRIEF = settings(
    max_examples=120,
    stateful_step_count=4,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


def test_nothing_is_lost_and_nothing_created_twice() -> None:
    """Reports tell the truth after every run, and the last one has everything created."""
    run_state_machine_as_test(ExactlyOnce, settings=BRIEF)


@pytest.mark.long
def test_nothing_is_lost_and_nothing_created_twice_in_many_runs() -> None:
    """The same with other dice every time, and for minutes."""
    run_state_machine_as_test(
        ExactlyOnce,
        settings=settings(BRIEF, max_examples=3000, stateful_step_count=8, derandomize=False),
    )


class MutantWorld(World):
    """Looks for duplicates only: the reports of a mutant are not worth reading."""

    def check(self, rows: Sequence[str], *, may_be_unknown: bool, may_be_left: bool) -> None:
        """Look for names that exist twice."""
        del rows, may_be_unknown, may_be_left
        assert self.server.twice == []

    def check_all_done(self, counts: Mapping[Status, int]) -> None:
        """Let it be."""


class HastyReconciler(Reconciler):
    """Resends without reading the task list."""

    def _decide(self, row: UnresolvedTask, _found: TaskList | Incomplete, began_at: float) -> None:
        nothing = TaskList(ids={}, total=0)
        super()._decide(replace(row, ended_at=began_at - WINDOW_S), nothing, began_at)


class ForgettingIntents(ExactlyOnce):
    """A kill takes the intents along that have no outcome yet."""

    def make_world(self, folder: Path) -> World:
        return MutantWorld(folder, forgets_intents=True)

    @rule(plan=plans(KILLS, st.just(())))
    def run(self, plan: Plan) -> None:
        """Run the command and kill it."""
        super().run(plan)


class SendingBlindly(ExactlyOnce):
    """Whatever the list says, an unsettled row is sent again."""

    def make_world(self, folder: Path) -> World:
        return MutantWorld(folder, reconciler=HastyReconciler)


@pytest.mark.parametrize("mutant", [ForgettingIntents, SendingBlindly])
def test_the_same_runs_find_duplicates_where_a_safeguard_is_missing(
    mutant: type[ExactlyOnce],
) -> None:
    """Without intents, and without a look at the list, names are created twice."""
    with pytest.raises(AssertionError, match=r"assert \['n\d'.*\] == \[\]"):
        run_state_machine_as_test(
            mutant, settings=settings(BRIEF, max_examples=1000, phases=[Phase.generate])
        )


@pytest.mark.parametrize(
    ("creates", "dies_at_s"),
    [
        ([refusal(error(429, retry_after="200")), *[Act(lag_s=30, answers_after_s=30)] * 2], 235),
        ([Act(acts_after_s=200, lag_s=30, answers_after_s=300)], 210),
    ],
    ids=["the intent was committed ahead", "the server took its time"],
)
def test_an_old_intent_does_not_shorten_the_settling_window(
    tmp_path: Path, creates: Sequence[Act], dies_at_s: float
) -> None:
    """Where no answer was recorded, the window begins with the next run."""
    world = World(tmp_path)
    world.names = ["n0@i1", "n1@i1"]
    knobs = Knobs(workers=1, rate_per_s=1000.0)

    world.run(Plan(creates=creates, dies_at_s=dies_at_s, knobs=knobs))
    world.run(CALM)

    assert world.was_killed
    assert sorted(task.name for task in world.server.tasks) == ["n0", "n1"]
