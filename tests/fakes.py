"""Fakes of the server, the credential and the journal writer, and one run that uses them."""

import asyncio
import copy
import json
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
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
INTERRUPTED = StopReason(cause=StopCause.INTERRUPTED, message="SIGINT", signal=2)

Page = dict[str, Any]
PageChange = Callable[[Page], Page]
ListFault = Reply | TransportError | PageChange


def json_reply(status: int, content: object = None, **headers: str) -> Reply:
    """Return a response with *content* as JSON; bytes are not converted."""
    body = content if isinstance(content, bytes) else json.dumps(content or {}).encode()
    lowered = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status=status, headers=lowered, body=body)


def error_reply(status: int, code: str = "FDI.1", message: str = "no", **headers: str) -> Reply:
    """Return a response with an error in the format of the API."""
    return json_reply(status, {"error_code": code, "error_msg": message}, **headers)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerAction:
    """
    Effect and response of one create request on the model server.

    Attributes:
        creates_task: the server creates the task.
        effect_after_s: time from the request to the creation of the task.
        list_delay_s: time from the creation until the task list contains the task.
        reply_after_s: time from the request to the response or the transport error.
        reply: the response or transport error, or None for the response that is true.

    """

    creates_task: bool = True
    effect_after_s: float = 0.0
    list_delay_s: float = 0.0
    reply_after_s: float = 0.05
    reply: Reply | TransportError | None = None


SUCCESS = ServerAction()


def reply_only(reply: Reply | TransportError) -> ServerAction:
    """Return an action that creates no task and responds with *reply*."""
    return ServerAction(creates_task=False, reply=reply)


def create_then_reply(reply: Reply | TransportError, *, list_delay_s: float = 0.0) -> ServerAction:
    """Return an action that creates the task and responds with *reply*."""
    return ServerAction(reply=reply, list_delay_s=list_delay_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredTask:
    """
    A task on the model server.

    Attributes:
        target: its instance.
        name: its name.
        task_id: its id.
        listed_at: time from which the task list contains it.
        created_at: time of its creation.
        is_foreign: another user created it.
        tag: its tag, or an empty text.

    """

    target: Target
    name: str
    task_id: str
    listed_at: float
    created_at: float = 0.0
    is_foreign: bool = False
    tag: str = ""

    def entity(self) -> Mapping[str, Any]:
        """Return the task as the task list shows it."""
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=self.created_at)
        shown = {"created_date": moment.isoformat()} if self.created_at else {}
        tag = {"task_tag": self.tag} if self.tag else {}
        return {"task_name": self.name, "task_id": self.task_id, **shown, **tag}


@dataclass(kw_only=True)
class ModelServer:
    """
    Tasks in memory, with a clock that continues from one event loop to the next.

    Attributes:
        has_unique_names: a create request with an existing name is refused.
        started_at: time at which the current event loop was started, in seconds since 1970.
        clock_error_s: how much the clock of the client differs from that of the server.
        tasks: the tasks.
        removed: the tasks that were deleted, and renamed ones under their earlier names.

    """

    has_unique_names: bool = False
    started_at: float = EPOCH_S
    clock_error_s: float = 0.0
    tasks: list[StoredTask] = field(default_factory=list)
    removed: list[StoredTask] = field(default_factory=list)

    @property
    def now(self) -> float:
        """The current time in seconds since 1970, inside an event loop."""
        return self.started_at + asyncio.get_running_loop().time()

    def now_ms(self) -> int:
        """Return the current time of the client in milliseconds since 1970."""
        return int((self.now + self.clock_error_s) * 1000)

    def utc_now(self) -> datetime:
        """Return the current time of the client as a date in UTC."""
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=self.now + self.clock_error_s)

    def add_task(
        self, target: Target, name: str, listed_at: float = 0.0, **details: Any
    ) -> StoredTask:
        """Create a task, without a request."""
        number = len(self.tasks) + len(self.removed) + 1
        task = StoredTask(
            target=target, name=name, task_id=f"id-{number}", listed_at=listed_at, **details
        )
        self.tasks.append(task)
        return task

    def delete(self, task: StoredTask) -> None:
        """Delete *task*."""
        self.tasks.remove(task)
        self.removed.append(task)

    def rename(self, task: StoredTask, name: str) -> None:
        """Rename *task*; its place in the task list stays the same."""
        self.tasks[self.tasks.index(task)] = replace(task, name=name)
        self.removed.append(task)

    def receive(self, target: Target, name: str, action: ServerAction) -> Reply:
        """Carry out *action* and return the response that is true."""
        if self.has_unique_names and (target, name) in self.ids:
            return error_reply(409, "FDI.409", "the name exists already")
        if not action.creates_task:
            return error_reply(500)
        listed_at = self.now + action.effect_after_s + action.list_delay_s
        created_at = self.now + action.effect_after_s
        task = self.add_task(target, name, listed_at, created_at=created_at)
        return json_reply(200, {"task_id": task.task_id})

    def listed(self, target: Target) -> list[StoredTask]:
        """Return the tasks that the task list contains now."""
        return [
            task for task in self.tasks if task.target == target and task.listed_at <= self.now
        ]

    @property
    def ids(self) -> Mapping[tuple[Target, str], str]:
        """The task ids by target and name; the last one if several tasks have the name."""
        return {(task.target, task.name): task.task_id for task in self.tasks}

    @property
    def duplicates(self) -> list[str]:
        """The names that several tasks of the batch on an instance have."""
        counts = Counter((task.target, task.name) for task in self.tasks if not task.is_foreign)
        return [name for (_, name), count in counts.items() if count > 1]


class ScriptedClient:
    """
    The two requests of a run, answered by a model server.

    Args:
        server: the model server.
        creates: actions for the create requests, in their order; the following ones succeed.
        lists: faults of the list requests, in their order; None for no fault.
        page_tasks: maximum number of tasks on one page.
        on_step: called between any two steps.
        is_killed: returns True if the calling process has been killed.
        view: selects the tasks that a task list contains from those that it should contain.

    Attributes:
        returned: time and task of each id that a response returned.

    """

    def __init__(  # noqa: PLR0913 # everything a test may change
        self,
        server: ModelServer,
        *,
        creates: Iterable[ServerAction] = (),
        lists: Iterable[ListFault | None] = (),
        page_tasks: int = 1000,
        on_step: Callable[[], None] = lambda: None,
        is_killed: Callable[[], bool] = lambda: False,
        view: Callable[[Target, list[StoredTask]], list[StoredTask]] = lambda _target, tasks: (
            tasks
        ),
    ) -> None:
        self.returned: list[tuple[float, Target, str]] = []
        self._view = view
        self.sent: list[str] = []
        self.sent_at: list[float] = []
        self.listed_at: list[float] = []
        self.has_list_failed = False
        self.server = server
        self.on_step = on_step
        self._creates = iter(creates)
        self._lists = iter(lists)
        self._page_tasks = page_tasks
        self._is_killed = is_killed

    async def create(self, target: Target, body: bytes) -> Reply:
        """Carry out the next action and return its response."""
        await self._step()
        name = json.loads(body)["task_name"]
        self.sent.append(name)
        self.sent_at.append(asyncio.get_running_loop().time())
        action = next(self._creates, SUCCESS)
        truth = self.server.receive(target, name, action)
        await self._step()
        await asyncio.sleep(action.reply_after_s)
        await self._step()
        now = asyncio.get_running_loop().time()
        if action.reply is None and (task_id := json.loads(truth.body).get("task_id")):
            self.returned.append((now, target, task_id))
        return _reply_or_raise(truth if action.reply is None else action.reply)

    async def list_tasks(self, target: Target, *, offset: int, limit: int) -> Reply:
        """Return a page of the task list, or the next fault."""
        await self._step()
        self.listed_at.append(asyncio.get_running_loop().time())
        fault = next(self._lists, None)
        tasks = self._view(target, self.server.listed(target))
        shown = tasks[offset : offset + min(limit, self._page_tasks)]
        page = {
            "total": len(tasks),
            "size": len(shown),
            "entities": [task.entity() for task in shown],
        }
        await asyncio.sleep(0.05)
        await self._step()
        self.has_list_failed |= fault is not None
        if fault is None or callable(fault):
            return json_reply(200, page if fault is None else fault(page))
        return _reply_or_raise(fault)

    @property
    def listed(self) -> int:
        """The number of list requests."""
        return len(self.listed_at)

    async def _step(self) -> None:
        self.on_step()
        if self._is_killed():
            await asyncio.Event().wait()


def _reply_or_raise(result: Reply | TransportError) -> Reply:
    if isinstance(result, TransportError):
        raise copy.copy(result)
    return result


class FixedCredential:
    """
    A credential without a secret.

    Args:
        renewals: results of the renewals, in their order.

    """

    name = "fixed"
    remedy = "fix it"
    is_of_one_project = False
    secrets = ()

    def __init__(self, *renewals: bool | CredentialError) -> None:
        self.renewed = 0
        self._renewals = iter(renewals)

    def headers(self, method: str, url: str, body: bytes) -> Mapping[str, str]:
        """Return no headers: the model server does not authenticate."""
        del method, url, body
        return {}

    async def ready(self, project_id: str | None = None) -> None:
        """Return at once: there is no login."""

    async def renew(self, project_id: str, sent_at: float) -> bool:
        """Return the next scripted result, or False after the last one."""
        del project_id, sent_at
        self.renewed += 1
        outcome = next(self._renewals, False)
        if isinstance(outcome, CredentialError):
            raise outcome
        return outcome


class InlineWriter(Writer):
    """
    The journal writer without its thread, so that tests do not depend on real time.

    Args:
        connection: connection of the journal.
        run: number of the run.
        now_ms: the wall clock.
        delay_s: duration of a commit in seconds.
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
        except Exception as error:  # noqa: BLE001 # the writer thread also catches all errors
            self._fail(error)
        self.commits += 1
        self._on_step()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """The options of a run."""

    workers: int = 3
    rate_per_s: float = 50.0
    window_s: float = 60.0
    waiting_max: int = 5
    commit_s: float = 0.0
    does_reconcile: bool = True
    is_verbose: bool = True
    retry: RetryPolicy = field(default_factory=RetryPolicy)


class RunUnderTest:
    """
    One run of `batchcreate.pipeline.send.Sender` against a model server.

    Args:
        journal: journal with enrolled rows.
        client: client of the model server, whose clock is used.
        options: options of the run.
        reconciler: class of the reconciler.
        credential: credential that is renewed after a response with 401.
        gate: class of the rate limiter.

    """

    def __init__(
        self,
        journal: Journal,
        client: ScriptedClient,
        options: RunOptions | None = None,
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
        self._options = options or RunOptions()
        self._reconciler = reconciler
        self._gate = gate
        self._credential = credential or FixedCredential()
        self._random = Random(1)  # noqa: S311 # jitter
        self._log = structlog.wrap_logger(
            None,
            processors=[self.capture],
            wrapper_class=structlog.make_filtering_bound_logger(
                logging.DEBUG if self._options.is_verbose else logging.INFO
            ),
        )

    @property
    def logged(self) -> list[Mapping[str, Any]]:
        """The log events."""
        return list(self.capture.entries)

    async def run(self) -> StopReason | None:
        """Run the preflight and send; return the stop reason or None."""
        options = self._options
        gate = self._gate(RateLimit(rate_per_s=options.rate_per_s, headroom=0.0))
        connection = Connection(
            client=self._client,
            credential=self._credential,
            gate=gate,
            retry=options.retry,
            random=Random(1),  # noqa: S311 # jitter, not a secret
        )
        number = self._journal.start_run(RunId("run"), at="2025-01-02T03:04:05Z")
        unknown = self._journal.work.find_unknown() if options.does_reconcile else []
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
        options = self._options
        planned = sum(self._journal.work.count_per_target().values())
        self.counters.run_planned(planned=planned + len(unknown), existing=0)
        self.writer = InlineWriter(
            self._journal._connection,
            run=number,
            now_ms=self._server.now_ms,
            delay_s=options.commit_s,
            on_step=self._client.on_step,
        )
        sender = Sender(
            connection,
            self.writer,
            counters=self.counters,
            stop=self.stop,
            log=self._log,
            now=self._server.utc_now,
            reconciler=self._reconciler,
        )
        async with self.writer:
            await sender.send(
                unknown,
                concurrency=options.workers,
                window_s=options.window_s if options.does_reconcile else None,
                waiting_max=options.waiting_max,
            )


def open_for_sending(folder: Path, rows: Sequence[str]) -> Journal:
    """Open the journal in *folder*, enrol *rows*, and select them."""
    journal = Journal.open(folder)
    # These tests end processes, not the machine, so no commit has to be synced.
    journal._connection.execute("PRAGMA synchronous = OFF")
    read(journal, {"a.csv": rows})
    journal.work.select_from_input()
    return journal
