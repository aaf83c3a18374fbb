"""The task list of an instance: reads all pages and checks that they are consistent."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from itertools import count
from random import Random
from typing import Final, Protocol

from batchcreate.clock import utc_now
from batchcreate.errors import CredentialError, TransportError
from batchcreate.models import Decision, Failed, Reply, Signal, Target, TaskId, Unknown
from batchcreate.responses import describe, parse_json, read_failure, read_id, read_reply
from batchcreate.retry import RetryPolicy

PAGE_TASKS: Final = 999
"""
Number of tasks requested per page. Some editions of ListTasks allow 1,000, others limit it to
999; the next page starts after the tasks that were received, whatever the server returns.
"""

READS_MAX: Final = 4
"""
How often a task list of several pages is read until two consecutive readings are equal.

While it is read, others may delete one task and create another, so that all totals agree and a
third task moves from a page that is still to be read to one that was read already.
"""

SHOWN_FIELDS: Final = ("task_tag", "source_app_id", "target_app_id")
"""The fields of a task that the task list may show, under the names of the create request."""

_MILLISECONDS_MIN: Final = 100_000_000_000
_TOTAL: Final = re.compile(r"[0-9]{1,18}")
_FINAL_SIGNALS: Final = frozenset({Signal.UNAUTHORIZED, Signal.REDIRECTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """
    What the task list shows about a task, in addition to its name and id.

    Attributes:
        fields: the values of `SHOWN_FIELDS` that are not empty.
        created_ms: time of its creation in milliseconds since 1970; None if it is not readable.

    """

    fields: Mapping[str, str] = field(default_factory=dict)
    created_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskList:
    """
    All tasks of one instance at one time.

    Attributes:
        ids: for each name, the ids of the tasks with this name.
        total: the number of tasks of every kind.
        details: further facts about tasks, by id.

    """

    ids: Mapping[str, Sequence[TaskId]]
    total: int
    details: Mapping[TaskId, Details] = field(default_factory=dict)

    @property
    def names(self) -> Mapping[TaskId, str]:
        """The names of all tasks by id."""
        return {task_id: name for name, ids in self.ids.items() for task_id in ids}


@dataclass(frozen=True, slots=True, kw_only=True)
class Incomplete:
    """
    A task list that could not be read completely, so that it is not evidence.

    Attributes:
        reason: the problem.
        signal: the condition of the server, if a response shows one.
        is_moving: True if the pages are inconsistent, as while tasks are created or deleted.

    """

    reason: str
    signal: Signal = Signal.NONE
    is_moving: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """
    One page of a task list.

    Attributes:
        total: number of tasks on all pages, according to this page.
        tasks: name and id of each task on this page.
        entries: number of entries, including those that are not tasks.
        details: further facts about these tasks, by id.

    """

    total: int
    tasks: Sequence[tuple[str, TaskId]]
    entries: int
    details: Mapping[TaskId, Details] = field(default_factory=dict)


@dataclass(slots=True)
class TaskListBuilder:
    """
    The pages read so far.

    Attributes:
        total: number of tasks on all pages, -1 before the first page.
        ids: for each name, the ids of the tasks with this name.
        seen: the ids of all tasks so far.
        entries: number of entries so far, including those that are not tasks.
        details: further facts about these tasks, by id.
        pages: number of pages so far.

    """

    total: int = -1
    ids: dict[str, list[TaskId]] = field(default_factory=dict)
    seen: set[TaskId] = field(default_factory=set)
    entries: int = 0
    details: dict[TaskId, Details] = field(default_factory=dict)
    pages: int = 0

    def add(self, page: Page) -> str:
        """Add *page*; return the inconsistency, or an empty string if there is none."""
        if self.total not in {-1, page.total}:
            return f"the number of tasks changed from {self.total} to {page.total} between pages"
        self.total = page.total
        self.pages += 1
        self.details.update(page.details)
        for name, task_id in page.tasks:
            if task_id in self.seen:
                return f"task {task_id} is on two pages"
            self.seen.add(task_id)
            self.ids.setdefault(name, []).append(task_id)
        self.entries += page.entries
        has_too_many = len(self.seen) > self.total or self.entries > self.total
        if not self.is_complete and (has_too_many or not page.entries):
            return f"{len(self.seen)} tasks listed, but the total is {self.total}"
        return ""

    @property
    def is_complete(self) -> bool:
        """True if all tasks were listed; the total may include entries that are not tasks."""
        return self.total in {len(self.seen), self.entries}


class ListClient(Protocol):
    """The part of the HTTP client that reads task lists."""

    async def list_tasks(self, target: Target, *, offset: int, limit: int) -> Reply:
        """
        Request one page.

        Raises:
            CredentialError: the credential cannot be obtained.
            TransportError: there is no usable response.

        """
        ...


class Gate(Protocol):
    """The part of the rate limiter that requests pass through."""

    async def acquire(self) -> float:
        """Wait until a request may be sent; return the loop time."""
        ...

    def succeeded(self, admitted_at: float) -> None:
        """Report that the request admitted at *admitted_at* was not throttled."""
        ...

    def throttled(self, admitted_at: float, wait_s: float | None) -> None:
        """Report that the request admitted at *admitted_at* was throttled."""
        ...

    def may_wait(self, since: float) -> bool:
        """Return True if a request that was sent first at *since* may be throttled further."""
        ...


async def read_task_list(
    client: ListClient, target: Target, *, gate: Gate, retry: RetryPolicy, random: Random
) -> TaskList | Incomplete:
    """
    Read all tasks of *target*.

    Every request passes through the gate. A page is requested again after a fault; a refusal
    ends the reading. A list of several pages is read until two consecutive readings are equal.

    Args:
        client: sends the requests.
        target: the instance.
        gate: limits the rate.
        retry: number of attempts for each page, and the waits between them.
        random: source of the jitter.

    """
    previous: TaskList | None = None
    incomplete = Incomplete(reason="the task list changes while it is read", is_moving=True)
    for _ in range(READS_MAX):
        found = await _read_pages(client, target, gate=gate, retry=retry, random=random)
        if isinstance(found, Incomplete):
            if not found.is_moving:
                return found
            incomplete, previous = found, None
            continue
        task_list = TaskList(ids=found.ids, total=found.total, details=found.details)
        if found.pages == 1 or task_list == previous:
            return task_list
        previous = task_list
    return incomplete


def parse_page(reply: Reply) -> Page | None:
    """
    Return the page in a ListTasks response, or None if it is invalid.

    The fields of a page are ``total``, ``size`` and ``entities`` (page ListTasks). An empty list
    may be null or absent, numbers may be text and texts numbers. An entry that is not a task, or
    has no name, is not counted; one with a name and without a valid id makes the page invalid.
    """
    parsed = None if reply.is_truncated else parse_json(reply.body)
    if not isinstance(parsed, dict):
        return None
    total, entities = _read_total(parsed.get("total")), parsed.get("entities")
    if entities is None and total == 0:
        entities = []
    if total is None or not isinstance(entities, list):
        return None
    tasks, details = [], {}
    for entity in entities:
        name = _read_name(entity)
        if name is None:
            continue
        task_id = read_id(entity.get("task_id"))
        if task_id is None:
            return None
        tasks.append((name, task_id))
        if (shown := _read_details(entity)) != _NO_DETAILS:
            details[task_id] = shown
    return Page(total=total, tasks=tasks, entries=len(entities), details=details)


def _read_total(value: object) -> int | None:
    if isinstance(value, str) and _TOTAL.fullmatch(value):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _read_name(entity: object) -> str | None:
    name = entity.get("task_name") if isinstance(entity, dict) else None
    is_text = isinstance(name, str | int) and not isinstance(name, bool)
    return str(name) if is_text else None


_NO_DETAILS: Final = Details()


def _read_details(entity: Mapping[str, object]) -> Details:
    fields = {name: entity.get(name) for name in SHOWN_FIELDS}
    return Details(
        fields={name: value for name, value in fields.items() if value and isinstance(value, str)},
        created_ms=_read_time_ms(entity.get("created_date")),
    )


def _read_time_ms(value: object) -> int | None:
    """Return a time in milliseconds since 1970; a date without a time zone is not readable."""
    if isinstance(value, int) and value >= _MILLISECONDS_MIN:
        return value
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    if moment is None or moment.tzinfo is None:
        return None
    return round(moment.timestamp() * 1000)


async def _read_pages(
    client: ListClient, target: Target, *, gate: Gate, retry: RetryPolicy, random: Random
) -> TaskListBuilder | Incomplete:
    """Read all pages once."""
    builder = TaskListBuilder()
    while not builder.is_complete:
        page = await _read_page(
            client, target, builder.entries, gate=gate, retry=retry, random=random
        )
        if isinstance(page, Incomplete):
            return page
        if problem := builder.add(page):
            reason = f"the task list is inconsistent: {problem}"
            return Incomplete(reason=reason, is_moving=True)
    return builder


async def _read_page(
    client: ListClient,
    target: Target,
    offset: int,
    *,
    gate: Gate,
    retry: RetryPolicy,
    random: Random,
) -> Page | Incomplete:
    first_sent_at: float | None = None
    for attempt in count(1):
        admitted_at = await gate.acquire()
        first_sent_at = first_sent_at or admitted_at
        page = await _request_page(client, target, offset)
        if isinstance(page, Page):
            gate.succeeded(admitted_at)
            return page
        decision = page
        is_throttled = decision.signal is Signal.THROTTLED
        may_wait = is_throttled and gate.may_wait(first_sent_at)
        if _is_final(decision) or (attempt >= retry.attempts_max and not may_wait):
            return Incomplete(reason=describe(decision.outcome), signal=decision.signal)
        if is_throttled:
            gate.throttled(admitted_at, decision.wait_s)
        else:
            await asyncio.sleep(retry.wait_s(attempt, random))
    raise AssertionError  # pragma: no cover # the loop does not end


async def _request_page(client: ListClient, target: Target, offset: int) -> Page | Decision:
    """Request one page; return the interpretation of the response if it is not a page."""
    try:
        reply = await client.list_tasks(target, offset=offset, limit=PAGE_TASKS)
    except TransportError as error:
        return read_failure(error)
    except CredentialError as error:
        refusal = Failed(http_status=None, error_code="", error_msg=str(error))
        return Decision(outcome=refusal, signal=Signal.UNAUTHORIZED)
    if not HTTPStatus.OK <= reply.status < HTTPStatus.MULTIPLE_CHOICES:
        return read_reply(reply, now=utc_now())
    invalid = Unknown(
        reason="the task list does not have the documented format", http_status=reply.status
    )
    return parse_page(reply) or Decision(outcome=invalid)


def _is_final(decision: Decision) -> bool:
    """Return True if another request would have the same result."""
    is_refusal = isinstance(decision.outcome, Failed) and not decision.may_resend
    return is_refusal or decision.signal in _FINAL_SIGNALS
