"""A task list is read completely, or it is not evidence."""

import asyncio
import json
from collections.abc import Sequence
from random import Random

import pytest

from batchcreate.errors import CredentialError, MaybeSentError, NotSentError, NotSentReason
from batchcreate.models import Reply, Signal, Target, TaskId
from batchcreate.rate_limiter import Gate, RateLimit
from batchcreate.retry import RetryPolicy
from batchcreate.task_list import (
    PAGE_TASKS,
    READS_MAX,
    Details,
    Incomplete,
    Page,
    TaskList,
    TaskListBuilder,
    parse_page,
    read_task_list,
)
from tests.fakes import ListFault, ModelServer, ScriptedClient, error_reply, json_reply
from tests.fakes import Page as ListPage
from tests.journals import target
from tests.virtual_time import run_virtually

RESET = MaybeSentError("connection reset")
REFUSED = NotSentError("connection refused")
EXPIRED = NotSentError("the certificate has expired", reason=NotSentReason.CERTIFICATE)
ONE = TaskList(ids={"n0": [TaskId("id-1")]}, total=1)
INVALID = "the task list does not have the documented format"


def read(
    *lists: ListFault | None, tasks: int = 0, page_tasks: int = 1000
) -> tuple[TaskList | Incomplete, int, float]:
    """Read a task list; return it with the number of requests and the seconds."""

    async def main() -> tuple[TaskList | Incomplete, int, float]:
        server = ModelServer()
        for number in range(tasks):
            server.add_task(target(), f"n{number % 1000}")
        server.add_task(target("i2"), "elsewhere")
        client = ScriptedClient(server, lists=lists, page_tasks=page_tasks)
        gate = Gate(RateLimit(rate_per_s=1000))
        found = await read_task_list(
            client,
            target(),
            gate=gate,
            retry=RetryPolicy(),
            random=Random(1),  # noqa: S311 # jitter
        )
        return found, client.listed, asyncio.get_running_loop().time()

    return run_virtually(main())


@pytest.mark.parametrize(
    ("tasks", "page_tasks", "calls"),
    [(0, 1000, 1), (PAGE_TASKS, 1000, 1), (PAGE_TASKS + 1, 1000, 4), (7, 3, 6), (6, 3, 4)],
    ids=["none", "a full page", "one more", "a server with small pages", "whole small pages"],
)
def test_all_pages_are_read(tasks: int, page_tasks: int, calls: int) -> None:
    """The next page starts after the tasks received so far; several pages are read twice."""
    found, listed, _ = read(tasks=tasks, page_tasks=page_tasks)

    ids = {f"n{number}": [TaskId(f"id-{number + 1}")] for number in range(tasks)}
    assert (found, listed) == (TaskList(ids=ids, total=tasks), calls)


@pytest.mark.parametrize(
    "fault",
    [
        RESET,
        REFUSED,
        error_reply(500),
        json_reply(200, b"{"),
        json_reply(204, b""),
        error_reply(408),
    ],
    ids=["reset", "connection refused", "HTTP 500", "half a page", "nothing", "HTTP 408"],
)
def test_page_is_requested_again_after_a_fault(fault: ListFault) -> None:
    """Four consecutive faults are tolerated, with waits."""
    found, listed, elapsed_s = read(*[fault] * 4, tasks=1)

    assert (found, listed) == (ONE, 5)
    assert 0.25 < elapsed_s < 0.25 + 0.5 + 1 + 2 + 4


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (RESET, Incomplete(reason="connection reset", signal=Signal.SERVER_FAULT)),
        (REFUSED, Incomplete(reason="connection refused", signal=Signal.UNREACHABLE)),
        (
            error_reply(503, "FDI.5", "busy"),
            Incomplete(reason="HTTP 503: busy", signal=Signal.SERVER_FAULT),
        ),
        (json_reply(200, []), Incomplete(reason=f"HTTP 200: {INVALID}")),
        (json_reply(202, {"task_id": "7"}), Incomplete(reason=f"HTTP 202: {INVALID}")),
    ],
    ids=["reset", "connection refused", "HTTP 503", "no page", "another answer"],
)
def test_fifth_consecutive_fault_ends_the_reading(fault: ListFault, expected: Incomplete) -> None:
    """The task list is incomplete, with the reason."""
    found, listed, _ = read(*[fault] * 5, tasks=1)

    assert (found, listed) == (expected, 5)


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (
            error_reply(400, "FDI.4", "wrong offset"),
            Incomplete(reason="HTTP 400, FDI.4, wrong offset"),
        ),
        (
            error_reply(401, "APIG.0301", "who are you"),
            Incomplete(reason="HTTP 401, APIG.0301, who are you", signal=Signal.UNAUTHORIZED),
        ),
        (
            error_reply(403, "APIG.0302", "not allowed"),
            Incomplete(reason="HTTP 403, APIG.0302, not allowed", signal=Signal.FORBIDDEN),
        ),
        (
            json_reply(307, location="https://elsewhere.example/x"),
            Incomplete(
                reason="HTTP 307: the server redirects to elsewhere.example",
                signal=Signal.REDIRECTED,
            ),
        ),
        (EXPIRED, Incomplete(reason="the certificate has expired", signal=Signal.UNTRUSTED)),
    ],
    ids=["HTTP 400", "HTTP 401", "HTTP 403", "redirect", "certificate"],
)
def test_refusal_ends_the_reading_immediately(fault: ListFault, expected: Incomplete) -> None:
    """Another request would have the same result."""
    found, listed, elapsed_s = read(fault, tasks=1)

    assert (found, listed) == (expected, 1)
    assert elapsed_s < 0.1


def test_throttled_page_waits_as_long_as_the_server_requests() -> None:
    """The gate pauses; no other wait is added."""
    found, listed, elapsed_s = read(error_reply(429, retry_after="7"), tasks=1)

    assert (found, listed) == (ONE, 2)
    assert elapsed_s == pytest.approx(7.1, abs=0.02)


@pytest.mark.parametrize(
    ("throttled", "expected"),
    [
        pytest.param(30, ONE, id="for some minutes"),
        pytest.param(
            1000,
            Incomplete(reason="HTTP 429, APIG.0308, slow down", signal=Signal.THROTTLED),
            id="permanently",
        ),
    ],
)
def test_throttled_page_is_requested_for_a_limited_time(
    throttled: int, expected: TaskList | Incomplete
) -> None:
    """As long as nothing else succeeds, it is requested again for ten minutes."""
    found, listed, elapsed_s = read(
        *[error_reply(429, "APIG.0308", "slow down", retry_after="15")] * throttled, tasks=1
    )

    assert found == expected
    assert listed == (throttled + 1 if expected == ONE else pytest.approx(35, abs=5))
    assert elapsed_s < 630


def test_inconsistent_pages_are_an_incomplete_list() -> None:
    """A task is missing on the first page, and the next one is empty."""
    found, listed, _ = read(*[lambda page: page | {"total": 3}] * 2 * READS_MAX, tasks=2)

    assert (found, listed) == (
        Incomplete(
            reason="the task list is inconsistent: 2 tasks listed, but the total is 3",
            is_moving=True,
        ),
        2 * READS_MAX,
    )


def test_several_pages_are_read_until_two_readings_are_equal() -> None:
    """A task that moves to a page that was read already is missing only once."""

    def one_deleted_one_created(page: ListPage) -> ListPage:
        return page | {"entities": [{"task_name": "new", "task_id": "id-9"}]}

    complete = TaskList(ids={f"n{n}": [TaskId(f"id-{n + 1}")] for n in range(3)}, total=3)

    moved_first, listed_first, _ = read(None, one_deleted_one_created, tasks=3, page_tasks=2)
    moved_later, listed_later, _ = read(
        None, None, None, one_deleted_one_created, tasks=3, page_tasks=2
    )

    assert (moved_first, listed_first) == (complete, 6)
    assert (moved_later, listed_later) == (complete, 8)


def test_list_that_never_stays_the_same_is_incomplete() -> None:
    """It is read a limited number of times."""
    numbers = iter(range(99))

    def another(page: ListPage) -> ListPage:
        return page | {"entities": [{"task_name": "new", "task_id": f"x-{next(numbers)}"}]}

    found, listed, _ = read(*[another] * 99, tasks=2, page_tasks=1)

    assert found == Incomplete(reason="the task list changes while it is read", is_moving=True)
    assert listed == 2 * READS_MAX


def test_failed_renewal_of_the_credential_is_an_incomplete_list() -> None:
    """It has the same signal as a refused credential."""

    class Expired:
        async def list_tasks(self, target: Target, *, offset: int, limit: int) -> Reply:
            del target, offset, limit
            raise CredentialError("the token has expired")

    async def main() -> TaskList | Incomplete:
        return await read_task_list(
            Expired(),
            target(),
            gate=Gate(RateLimit()),
            retry=RetryPolicy(),
            random=Random(1),  # noqa: S311 # jitter
        )

    assert run_virtually(main()) == Incomplete(
        reason="the token has expired", signal=Signal.UNAUTHORIZED
    )


def test_every_request_passes_through_the_gate() -> None:
    """A long list is requested at the rate of all requests."""

    async def main(pages: Sequence[int]) -> float:
        server = ModelServer()
        for number in pages:
            server.add_task(target(), f"n{number}")
        await read_task_list(
            ScriptedClient(server, page_tasks=1),
            target(),
            gate=Gate(RateLimit(rate_per_s=2, headroom=0)),
            retry=RetryPolicy(),
            random=Random(1),  # noqa: S311 # jitter
        )
        return asyncio.get_running_loop().time()

    assert run_virtually(main(range(9))) == pytest.approx(17 / 2 + 0.05, abs=0.05)


def page(total: int, *tasks: str, others: int = 0) -> Page:
    """Return a page; a task is ``name:id``, and *others* are entries that are not tasks."""
    pairs = [text.split(":") for text in tasks]
    listed = [(name, TaskId(task_id)) for name, task_id in pairs]
    return Page(total=total, tasks=listed, entries=len(listed) + others)


def reply(content: object, *, is_truncated: bool = False) -> Reply:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return Reply(status=200, headers={}, body=body, is_truncated=is_truncated)


def test_documented_page_is_parsed() -> None:
    """Names and ids are in the order of the page; other fields are ignored."""
    entities = [
        {"task_name": "a", "task_id": "1", "status": "RUNNING"},
        {"task_name": "", "task_id": "2"},
    ]

    parsed = parse_page(reply({"total": 5, "size": 2, "entities": entities}))

    assert parsed == page(5, "a:1", ":2")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff",
        [],
        {},
        {"total": 1},
        {"entities": []},
        {"total": True, "entities": []},
        {"total": "1.0", "entities": []},
        {"total": "", "entities": []},
        {"total": None, "entities": None},
        {"total": "2", "entities": None},
        {"total": 1.0, "entities": []},
        {"total": 1, "entities": {}},
        {"total": 1, "entities": [{"task_name": "a"}]},
        {"total": 1, "entities": [{"task_name": "a", "task_id": True}]},
        {"total": 1, "entities": [{"task_name": "a", "task_id": 1.5}]},
        {"total": 1, "entities": [{"task_name": "a", "task_id": 0}]},
        {"total": 1, "entities": [{"task_name": "a", "task_id": ""}]},
    ],
    ids=[
        "nothing",
        "not JSON",
        "not UTF-8",
        "a list",
        "no fields",
        "no entities",
        "no total",
        "a boolean total",
        "a total as a text with a fraction",
        "an empty total",
        "nothing but null",
        "no entities despite a total",
        "a total with a fraction",
        "entities by name",
        "no id",
        "a boolean id",
        "an id with a fraction",
        "zero as id",
        "an empty id",
    ],
)
def test_anything_else_is_invalid(content: object) -> None:
    """A task without a valid id makes the page invalid: it could be the task in question."""
    assert parse_page(reply(content)) is None


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param({"total": 0, "entities": None}, page(0), id="null"),
        pytest.param({"total": 0}, page(0), id="absent"),
        pytest.param({"total": "0"}, page(0), id="absent, total as text"),
        pytest.param(
            {"total": "01", "entities": [{"task_name": "a", "task_id": "1"}]},
            page(1, "a:1"),
            id="total as text",
        ),
        pytest.param(
            {
                "total": 2,
                "entities": [
                    {"task_name": 7, "task_id": 8},
                    {"task_name": "b", "task_id": 10**17},
                ],
            },
            page(2, "7:8", "b:100000000000000000"),
            id="numbers as text",
        ),
        pytest.param(
            {"total": 6, "entities": [{}, {"task_id": "1"}, {"task_name": None}, None, "a", [1]]},
            page(6, others=6),
            id="no tasks",
        ),
        pytest.param(
            {"total": 2, "entities": [{"task_name": True}, {"task_name": "a", "task_id": "1"}]},
            page(2, "a:1", others=1),
            id="a boolean name",
        ),
    ],
)
def test_unusual_page_is_parsed(content: object, expected: Page) -> None:
    """Other spellings of numbers and empty lists are accepted, and what is not a task is skipped."""
    assert parse_page(reply(content)) == expected


def test_truncated_page_is_invalid() -> None:
    """The part beyond the limit may contain any task."""
    assert parse_page(reply({"total": 0, "entities": []}, is_truncated=True)) is None


@pytest.mark.parametrize(
    ("created_date", "created_ms"),
    [
        ("2025-01-02T03:04:05.006Z", 1_735_787_045_006),
        ("2025-01-02T11:04:05+08:00", 1_735_787_045_000),
        (1_735_787_045_006, 1_735_787_045_006),
        ("2025-01-02T03:04:05", None),
        ("yesterday", None),
        (1_735_787_045, None),
        (None, None),
    ],
    ids=["UTC", "offset", "milliseconds", "no zone", "no date", "seconds", "null"],
)
def test_page_shows_when_a_task_was_created(created_date: object, created_ms: int | None) -> None:
    """A time that is not certain is not readable."""
    entity = {"task_name": "a", "task_id": "1", "created_date": created_date, "task_tag": "t1"}

    parsed = parse_page(reply({"total": 1, "entities": [entity]}))

    assert parsed is not None
    shown = Details(fields={"task_tag": "t1"}, created_ms=created_ms)
    assert parsed.details == {TaskId("1"): shown}


def test_pages_add_up() -> None:
    """The list is complete once it contains the total; a name may have several ids."""
    builder = TaskListBuilder()

    problems = [builder.add(page(3, "a:1", "b:2"))]
    is_complete_early = builder.is_complete
    problems.append(builder.add(page(3, "a:3")))

    assert problems == ["", ""]
    assert (is_complete_early, builder.is_complete) == (False, True)
    assert builder.ids == {"a": ["1", "3"], "b": ["2"]}


@pytest.mark.parametrize(
    "pages",
    [
        pytest.param([page(3, "a:1", others=1), page(3, "b:2")], id="in the total"),
        pytest.param([page(2, "a:1", "b:2", others=2)], id="not in the total"),
        pytest.param([page(2, others=2)], id="nothing else"),
    ],
)
def test_entries_that_are_not_tasks_are_counted_or_not(pages: list[Page]) -> None:
    """The list is complete if the total is the number of tasks or that of all entries."""
    builder = TaskListBuilder()

    problems = [builder.add(each) for each in pages]

    assert (problems, builder.is_complete) == ([""] * len(pages), True)


def test_empty_list_is_complete() -> None:
    """An instance may have no tasks."""
    builder = TaskListBuilder()

    assert not builder.is_complete
    assert builder.add(page(0)) == ""
    assert builder.is_complete


@pytest.mark.parametrize(
    ("pages", "reason"),
    [
        (
            [page(3, "a:1"), page(4, "b:2")],
            "the number of tasks changed from 3 to 4 between pages",
        ),
        ([page(3, "a:1"), page(3, "a:1")], "task 1 is on two pages"),
        ([page(2, "a:1", "b:1")], "task 1 is on two pages"),
        ([page(1, "a:1", "b:2")], "2 tasks listed, but the total is 1"),
        ([page(3, "a:1"), page(3)], "1 tasks listed, but the total is 3"),
        ([page(-1)], "0 tasks listed, but the total is -1"),
        ([page(3, "a:1", others=3)], "1 tasks listed, but the total is 3"),
    ],
    ids=[
        "the total changes",
        "a page again",
        "an id again",
        "too many",
        "too few",
        "below zero",
        "too many entries",
    ],
)
def test_inconsistent_pages_are_reported(pages: list[Page], reason: str) -> None:
    """The last page is the inconsistent one."""
    builder = TaskListBuilder()

    found = [builder.add(each) for each in pages]

    assert found == [*[""] * (len(pages) - 1), reason]
