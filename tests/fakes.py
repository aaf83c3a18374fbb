"""Small stand-ins for the server and the journal's thread, and one run wired on them."""

import asyncio
import copy
import json
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Any, Self

import structlog
from structlog.testing import LogCapture

from batchcreate.errors import CredentialError, TransportError
from batchcreate.journal import Journal, UnknownTask, Writer
from batchcreate.models import Reply, RunId, Target
from batchcreate.pipeline.preflight import run_preflight, skip_existing
from batchcreate.pipeline.send import Sender
from batchcreate.pipeline.service import Connection
from batchcreate.pool import (
    Reconciler,
    RunCounters,
    StopCause,
    StopReason,
    StopSwitch,
)
from batchcreate.rate_limiter import Gate, RateLimit
from batchcreate.retry import RetryPolicy
from tests.journals import NOW_MS, read

EPOCH_S = NOW_MS / 1000
INTERRUPT = StopReason(cause=StopCause.INTERRUPTED, message="SIGINT", signal=2)

Page = dict[str, Any]
Distortion = Callable[[Page], Page]
ListFault = Reply | TransportError | Distortion


def answer(status: int, content: object = None, **headers: str) -> Reply:
    """Return an answer: *content* as JSON, or as it is where it is bytes."""
    body = content if isinstance(content, bytes) else json.dumps(content or {}).encode()
    lowered = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status=status, headers=lowered, body=body)


def error(status: int, code: str = "FDI.1", message: str = "no", **headers: str) -> Reply:
    """Return an answer with an error as the API words it."""
    return answer(status, {"error_code": code, "error_msg": message}, **headers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """
    What the model server does with one create call.

    Attributes:
        does_create: the task comes into being.
        acts_after_s: when, counted from the arrival of the call.
        lag_s: how long after that the list does not show it.
        answers_after_s: when the answer arrives, or the failure.
        answer: what is said; ``None`` for the truth.

    """

    does_create: bool = True
    acts_after_s: float = 0.0
    lag_s: float = 0.0
    answers_after_s: float = 0.05
    answer: Reply | TransportError | None = None


HONEST = Act()


def refusal(reply: Reply | TransportError) -> Act:
    """Return what a server does that creates nothing and says *reply*."""
    return Act(does_create=False, answer=reply)


def lie(reply: Reply | TransportError, *, lag_s: float = 0.0) -> Act:
    """Return what a server does that creates the task and says *reply*."""
    return Act(answer=reply, lag_s=lag_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A task on the model server; the list shows it from *listed_at* on."""

    target: Target
    name: str
    task_id: str
    listed_at: float


@dataclass(kw_only=True)
class ModelServer:
    """
    Tasks in memory, in a world whose time goes on from one event loop to the next.

    Attributes:
        has_unique_names: a name that exists is refused; otherwise a second one is made.
        started_at: what the world's clock showed when the present loop began.

    """

    has_unique_names: bool = False
    started_at: float = EPOCH_S
    tasks: list[Held] = field(default_factory=list)

    @property
    def now(self) -> float:
        """The present in seconds since 1970, inside a loop."""
        return self.started_at + asyncio.get_running_loop().time()

    def now_ms(self) -> int:
        """Return the present as the journal wants it."""
        return int(self.now * 1000)

    def utc_now(self) -> datetime:
        """Return the present as the pool wants it."""
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=self.now)

    def hold(self, target: Target, name: str, listed_at: float = 0.0) -> Held:
        """Bring a task into being."""
        task = Held(
            target=target, name=name, task_id=f"id-{len(self.tasks) + 1}", listed_at=listed_at
        )
        self.tasks.append(task)
        return task

    def receive(self, target: Target, name: str, act: Act) -> Reply:
        """Act as told and return the true answer."""
        if self.has_unique_names and (target, name) in self.ids:
            return error(409, "FDI.409", "the name exists already")
        if not act.does_create:
            return error(500)
        return answer(
            200,
            {"task_id": self.hold(target, name, self.now + act.acts_after_s + act.lag_s).task_id},
        )

    def listed(self, target: Target) -> list[Held]:
        """Return what the list shows now."""
        return [
            task for task in self.tasks if task.target == target and task.listed_at <= self.now
        ]

    @property
    def ids(self) -> Mapping[tuple[Target, str], str]:
        """The ids by target and name; of several tasks of a name the last one."""
        return {(task.target, task.name): task.task_id for task in self.tasks}

    @property
    def twice(self) -> list[str]:
        """The names that exist more than once on an instance."""
        counts = Counter((task.target, task.name) for task in self.tasks)
        return [name for (_, name), count in counts.items() if count > 1]


class ScriptedClient:
    """
    The two calls that a run makes, answered by a model server.

    Args:
        server: where tasks come into being.
        creates: what happens to the create calls, in their order; the rest goes well.
        lists: what happens to the list calls, likewise; ``None`` for no fault.
        page_tasks: the most tasks on one page.
        on_step: called between any two steps.
        is_dead: tells whether the caller has been killed meanwhile.

    """

    def __init__(
        self,
        server: ModelServer,
        *,
        creates: Iterable[Act] = (),
        lists: Iterable[ListFault | None] = (),
        page_tasks: int = 1000,
        on_step: Callable[[], None] = lambda: None,
        is_dead: Callable[[], bool] = lambda: False,
    ) -> None:
        self.sent: list[str] = []
        self.sent_at: list[float] = []
        self.listed_at: list[float] = []
        self.has_list_failed = False
        self.server = server
        self.on_step = on_step
        self._creates = iter(creates)
        self._lists = iter(lists)
        self._page_tasks = page_tasks
        self._is_dead = is_dead

    async def create(self, target: Target, body: bytes) -> Reply:
        """Act and answer as scripted."""
        await self._step()
        name = json.loads(body)["task_name"]
        self.sent.append(name)
        self.sent_at.append(asyncio.get_running_loop().time())
        act = next(self._creates, HONEST)
        truth = self.server.receive(target, name, act)
        await self._step()
        await asyncio.sleep(act.answers_after_s)
        await self._step()
        return _said(truth if act.answer is None else act.answer)

    async def list_tasks(self, target: Target, *, offset: int, limit: int) -> Reply:
        """Answer as scripted."""
        await self._step()
        self.listed_at.append(asyncio.get_running_loop().time())
        fault = next(self._lists, None)
        tasks = self.server.listed(target)
        shown = tasks[offset : offset + min(limit, self._page_tasks)]
        page = {
            "total": len(tasks),
            "size": len(shown),
            "entities": [{"task_name": task.name, "task_id": task.task_id} for task in shown],
        }
        await asyncio.sleep(0.05)
        await self._step()
        self.has_list_failed |= fault is not None
        if fault is None or callable(fault):
            return answer(200, page if fault is None else fault(page))
        return _said(fault)

    @property
    def listed(self) -> int:
        """How many pages were asked for."""
        return len(self.listed_at)

    async def _step(self) -> None:
        self.on_step()
        if self._is_dead():
            await asyncio.Event().wait()


def _said(said: Reply | TransportError) -> Reply:
    if isinstance(said, TransportError):
        raise copy.copy(said)
    return said


class FixedCredential:
    """
    A credential whose secret nobody sees.

    Args:
        renewals: what becomes of the attempts to renew it, in their order.

    """

    name = "fixed"
    remedy = "mend it"
    is_of_one_project = False
    secrets = ()

    def __init__(self, *renewals: bool | CredentialError) -> None:
        self.renewed = 0
        self._renewals = iter(renewals)

    def headers(self, method: str, url: str, body: bytes) -> Mapping[str, str]:
        """Return none: the model server lets everybody in."""
        del method, url, body
        return {}

    async def ready(self, project_id: str | None = None) -> None:
        """Be ready."""

    async def renew(self, project_id: str, sent_at: float) -> bool:
        """Tell whether a new secret is in force, as scripted; by default none can be had."""
        del project_id, sent_at
        self.renewed += 1
        outcome = next(self._renewals, False)
        if isinstance(outcome, CredentialError):
            raise outcome
        return outcome


class InlineWriter(Writer):
    """
    The journal's writer without its thread, so that nothing depends on real time.

    Args:
        connection: the journal's.
        run: number of the run.
        now_ms: the wall clock.
        delay_s: what a commit takes.
        on_step: called before and after each commit.

    """

    def __init__(
        self,
        connection: Any,
        *,
        run: int,
        now_ms: Callable[[], int],
        delay_s: float = 0.0,
        on_step: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(connection, run=run, now_ms=now_ms)
        self.delay_s = delay_s
        self._on_step = on_step
        self._is_closed = False
        self.commits = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._flush()
        while not self._batches.empty():
            self._commit()
        self._is_closed = True
        if self._broken is not None:
            self._reject_all()
            if error is None:
                raise self._broken

    def _flush(self) -> None:
        if not self._is_closed:
            super()._flush()
            self._loop.call_later(self.delay_s, self._commit)

    def _commit(self) -> None:
        if self._batches.empty() or (batch := self._batches.get()) is None or self._broken:
            return
        self._on_step()
        try:
            self._write([batch])
        except Exception as error:  # noqa: BLE001 # as the thread does
            self._fail(error)
        self.commits += 1
        self._on_step()


@dataclass(frozen=True, slots=True, kw_only=True)
class Knobs:
    """How a run is set up."""

    workers: int = 3
    rate_per_s: float = 50.0
    window_s: float = 60.0
    waiting_max: int = 5
    commit_s: float = 0.0
    does_reconcile: bool = True
    is_verbose: bool = True
    retry: RetryPolicy = field(default_factory=RetryPolicy)


class Rig:
    """
    One run, sent by `batchcreate.pipeline.send.Sender` to a model server.

    Args:
        journal: has read the input.
        client: asks the server, whose clock is the clock.
        knobs: how it is set up.
        reconciler: the class that reconciles.
        credential: is asked to renew itself where the server says 401.
        gate: the class that lets requests go.

    """

    def __init__(
        self,
        journal: Journal,
        client: ScriptedClient,
        knobs: Knobs | None = None,
        *,
        reconciler: type[Reconciler] = Reconciler,
        credential: FixedCredential | None = None,
        gate: type[Gate] = Gate,
    ) -> None:
        self.stop = StopSwitch()
        self.counters = RunCounters()
        self.capture = LogCapture()
        self.writer: InlineWriter | None = None
        self._journal = journal
        self._server = client.server
        self._client = client
        self._knobs = knobs or Knobs()
        self._reconciler = reconciler
        self._gate = gate
        self._credential = credential or FixedCredential()
        self._random = Random(1)  # noqa: S311 # jitter
        self._log = structlog.wrap_logger(
            None,
            processors=[self.capture],
            wrapper_class=structlog.make_filtering_bound_logger(
                logging.DEBUG if self._knobs.is_verbose else logging.INFO
            ),
        )

    @property
    def logged(self) -> list[Mapping[str, Any]]:
        """What was logged."""
        return list(self.capture.entries)

    async def run(self) -> StopReason | None:
        """Run the preflight and send; return the reason why the run ended early."""
        knobs = self._knobs
        gate = self._gate(RateLimit(rate_per_s=knobs.rate_per_s, headroom=0.0))
        connection = Connection(
            client=self._client,
            credential=self._credential,
            gate=gate,
            retry=knobs.retry,
            random=Random(1),  # noqa: S311 # jitter, not a secret
        )
        number = self._journal.start_run(RunId("run"), at="2025-01-02T03:04:05Z")
        unknown = self._journal.work.find_unknown() if knobs.does_reconcile else []
        targets = [
            *self._journal.work.count_per_target(),
            *(row.pending.key.target for row in unknown),
        ]
        found = await run_preflight(
            dict.fromkeys(targets), connection.list_tasks, self._credential
        )
        if isinstance(found, StopReason):
            self.stop.request_stop(found)
            return self.stop.reason
        skip_existing(self._journal, found, is_abort=False)
        await self._send(connection, unknown, number)
        self._journal.apply_log()
        return self.stop.reason

    async def _send(
        self, connection: Connection[ScriptedClient], unknown: Sequence[UnknownTask], number: int
    ) -> None:
        knobs = self._knobs
        planned = sum(self._journal.work.count_per_target().values())
        self.counters.run_planned(planned=planned + len(unknown), existing=0)
        self.writer = InlineWriter(
            self._journal._connection,
            run=number,
            now_ms=self._server.now_ms,
            delay_s=knobs.commit_s,
            on_step=self._client.on_step,
        )
        sender = Sender(
            connection,
            self.writer,
            counters=self.counters,
            stop=self.stop,
            log=self._log,
            now=self._server.utc_now,
            now_ms=self._server.now_ms,
            reconciler=self._reconciler,
        )
        async with self.writer:
            await sender.send(
                unknown,
                concurrency=knobs.workers,
                window_s=knobs.window_s if knobs.does_reconcile else None,
                waiting_max=knobs.waiting_max,
            )


def reopened(folder: Path, rows: Sequence[str], mended: Sequence[str] = ()) -> Journal:
    """Open the journal in *folder*, read *rows* and *mended* ones into it, ready to be sent."""
    journal = Journal.open(folder)
    # Processes die in these tests, the machine does not.
    journal._connection.execute("PRAGMA synchronous = OFF")
    read(journal, {"a.csv": rows} | ({"to-fix.csv": mended} if mended else {}))
    journal.work.select_from_input()
    return journal
