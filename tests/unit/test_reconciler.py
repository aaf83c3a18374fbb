"""The task list decides about unknown rows, without occupying workers."""

import asyncio
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from batchcreate.errors import JournalError, MaybeSentError, NotSentError, NotSentReason
from batchcreate.journal import Journal
from batchcreate.models import Reply, Target, Unknown
from batchcreate.pool import StopCause, StopReason
from tests.fakes import (
    ListFault,
    ModelServer,
    RunOptions,
    RunUnderTest,
    ScriptedClient,
    ServerAction,
    create_then_reply,
    error_reply,
    json_reply,
    open_for_sending,
    reply_only,
)
from tests.journals import LOST, attempt, created, read, shown, target
from tests.virtual_time import run_virtually

NO_ID = json_reply(200, b"")
FAULT = error_reply(500, "FDI.9", "oops")
RESET = MaybeSentError("the connection was reset")


def run(
    journal: Journal,
    *creates: ServerAction,
    lists: Sequence[ListFault | None] = (),
    options: RunOptions | None = None,
    server: ModelServer | None = None,
    page_tasks: int = 1000,
) -> tuple[RunUnderTest, ScriptedClient, StopReason | None]:
    """Send the journal's tasks to a model server."""

    async def main() -> tuple[RunUnderTest, ScriptedClient, StopReason | None]:
        client = ScriptedClient(
            server or ModelServer(), creates=creates, lists=lists, page_tasks=page_tasks
        )
        tested = RunUnderTest(journal, client, options or RunOptions())
        return tested, client, await tested.run()

    return run_virtually(main())


def list_times(client: ScriptedClient) -> list[float]:
    """Return the times of the list requests in seconds after the first response."""
    ended_at = client.sent_at[0] + 0.05
    return [round(at - ended_at, 1) for at in client.listed_at if at > ended_at]


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    """Return a journal with one row."""
    return open_for_sending(tmp_path / "results", ["a"])


@pytest.mark.parametrize("response", [NO_ID, FAULT, RESET], ids=["no id", "HTTP 500", "reset"])
@pytest.mark.parametrize(
    ("list_delay_s", "times"),
    [(0.0, [5]), (7.0, [5, 15]), (29.0, [5, 15, 30]), (59.0, [5, 15, 30, 60])],
    ids=["at once", "soon", "late", "at the end"],
)
def test_task_is_reconciled_within_the_window(
    journal: Journal, response: ListFault, list_delay_s: float, times: list[float]
) -> None:
    """The first task list that contains the task decides, and the task is not sent again."""
    assert not callable(response)

    tested, client, reason = run(journal, create_then_reply(response, list_delay_s=list_delay_s))

    assert (list_times(client), client.sent, reason) == (times, ["a"], None)
    assert shown(journal) == ["a.csv:2 a created id-1"]
    assert (tested.counters.created, tested.counters.to_reconcile, tested.counters.finished) == (
        1,
        0,
        1,
    )
    assert [line["event"] for line in tested.logged] == ["task.unknown", "task.reconciled"]
    assert tested.logged[1] == {
        "event": "task.reconciled",
        "sheet": "",
        "log_level": "info",
        "file": "a.csv",
        "row": 2,
        "task_name": "a",
        "outcome": "created as id-1",
    }


def test_absent_task_is_sent_again(journal: Journal) -> None:
    """The task is sent after the end of the window, not before."""
    _, client, reason = run(journal, reply_only(RESET))

    assert list_times(client) == [5, 15, 30, 60]
    assert (client.sent, reason) == (["a", "a"], None)
    assert shown(journal) == ["a.csv:2 a created id-1"]


@pytest.mark.parametrize(
    ("response", "code", "message"),
    [
        (FAULT, "FDI.9", "oops"),
        (RESET, "NO_ANSWER", "the connection was reset"),
    ],
    ids=["with a code", "without an answer"],
)
def test_absent_task_fails_after_three_attempts(
    journal: Journal, response: ListFault, code: str, message: str
) -> None:
    """A failed task is recorded only because the task list does not contain it."""
    assert not callable(response)

    tested, client, _ = run(journal, *[reply_only(response)] * 3)

    (row,) = journal.results()
    assert client.sent == ["a", "a", "a"]
    assert (row.status, row.attempts, row.error_code) == ("failed", 3, code)
    assert row.error_msg == f"{message}; according to the task list no task was created"
    assert tested.counters.failed == 1


def test_conflict_after_an_unknown_attempt_is_reconciled(journal: Journal) -> None:
    """An existing name can be the task of the earlier attempt."""
    server = ModelServer(has_unique_names=True)

    _, client, _ = run(
        journal, ServerAction(effect_after_s=30, list_delay_s=40, reply=RESET), server=server
    )

    assert client.sent == ["a", "a"]
    assert shown(journal) == ["a.csv:2 a created id-1"]


def test_one_task_list_reconciles_all_waiting_rows(tmp_path: Path) -> None:
    """Five rows require as many task lists as one row."""
    journal = open_for_sending(tmp_path / "results", [f"n{number}" for number in range(5)])

    _, client, _ = run(
        journal, *[create_then_reply(RESET)] * 5, options=RunOptions(workers=5, rate_per_s=1000)
    )

    assert len(list_times(client)) == 1
    assert [line.rpartition(" ")[0][-7:] for line in shown(journal)] == ["created"] * 5


def test_each_instance_has_a_separate_task_list(tmp_path: Path) -> None:
    """The same name on two instances means two tasks."""
    journal = open_for_sending(tmp_path / "results", ["a", "a@i2", "b@i2"])

    _, client, _ = run(journal, *[create_then_reply(RESET)] * 3)

    assert len(list_times(client)) == 2
    assert shown(journal) == [
        "a.csv:2 a created id-1",
        "a.csv:3 a created id-2",
        "a.csv:4 b created id-3",
    ]


def test_task_list_read_during_an_attempt_is_not_used(tmp_path: Path) -> None:
    """A row waits for a task list that is requested after the end of its attempt."""
    journal = open_for_sending(tmp_path / "results", ["a", "b"])
    # the second request ends during the first list request for the first row
    creates = [create_then_reply(RESET), ServerAction(reply=RESET, reply_after_s=5.05)]

    _, client, _ = run(journal, *creates, options=RunOptions(workers=2))

    assert list_times(client) == [5, 10]
    assert shown(journal) == ["a.csv:2 a created id-1", "a.csv:3 b created id-2"]


def test_refused_task_list_leaves_the_row_unknown(journal: Journal) -> None:
    """The row is not sent again."""
    forbidden = error_reply(403, "APIG.0302", "not allowed")

    tested, client, reason = run(journal, create_then_reply(FAULT), lists=[None, *[forbidden] * 9])

    (row,) = journal.results()
    assert (list_times(client), client.sent, reason) == ([5, 15, 30, 60], ["a"], None)
    assert (row.status, row.http_status, row.error_code) == ("unknown", 500, "FDI.9")
    assert row.error_msg == ("the task list is not conclusive: HTTP 403, APIG.0302, not allowed")
    assert tested.counters.unknown == 1


@pytest.mark.parametrize(
    ("response", "cause"),
    [
        (error_reply(401, "APIG.0301", "who are you"), StopCause.UNAUTHORIZED),
        (json_reply(302, location="https://elsewhere.example"), StopCause.REDIRECTED),
        (
            NotSentError("not its certificate", reason=NotSentReason.CERTIFICATE),
            StopCause.UNTRUSTED,
        ),
    ],
    ids=["refused credentials", "redirect", "certificate"],
)
def test_some_responses_to_a_list_request_stop_the_run(
    tmp_path: Path, response: ListFault, cause: StopCause
) -> None:
    """Refused credentials are not sent again, because the key could be locked."""
    journal = open_for_sending(tmp_path / "results", [f"n{number}" for number in range(5)])
    slow = RunOptions(workers=1, rate_per_s=0.5)

    tested, client, reason = run(
        journal, *[create_then_reply(FAULT)] * 5, lists=[None, *[response] * 99], options=slow
    )

    assert (client.listed, reason and reason.cause) == (2, cause)
    assert {row.status for row in journal.results()} == {"unknown", "not_attempted"}
    assert tested.counters.in_flight == 0


def test_task_list_after_refusals_reconciles_the_row(journal: Journal) -> None:
    """A refused list request is repeated within the window."""
    _, client, _ = run(
        journal, create_then_reply(FAULT), lists=[None, error_reply(403), error_reply(403), None]
    )

    assert list_times(client) == [5, 15, 30]
    assert shown(journal) == ["a.csv:2 a created id-1"]


def test_row_with_several_tasks_stays_unknown(journal: Journal) -> None:
    """The message contains the task ids, so that the user can delete the duplicates."""
    server = ModelServer()

    class Client(ScriptedClient):
        async def create(self, target: Target, body: bytes) -> Reply:
            server.add_task(target, "a")
            return await super().create(target, body)

    async def main() -> None:
        await RunUnderTest(journal, Client(server, creates=[create_then_reply(RESET)])).run()

    run_virtually(main())

    (row,) = journal.results()
    assert row.status == "unknown"
    assert row.error_msg.startswith("2 tasks have this name (id-1, id-2); delete the duplicates")


def test_too_many_waiting_rows_pause_the_run(tmp_path: Path) -> None:
    """Sending continues when the task list, which is read at once, has decided some of them."""
    journal = open_for_sending(tmp_path / "results", [f"n{number}" for number in range(8)])
    options = RunOptions(workers=1, waiting_max=2)

    _, client, _ = run(journal, *[create_then_reply(RESET, list_delay_s=4)] * 3, options=options)

    third, fourth = client.sent_at[2:4]
    times = [at for at in client.listed_at if third < at < fourth]
    assert fourth - third == pytest.approx(4.0, abs=1.4)
    assert times[0] - third == pytest.approx(0.05, abs=0.01)
    assert all(after - before >= 1.25 for before, after in pairwise(times))
    assert client.sent == [f"n{number}" for number in range(8)]


def test_changing_task_list_is_read_during_a_pause(
    tmp_path: Path,
) -> None:
    """A task list of several pages is complete only if no task is created meanwhile."""
    names = [f"n{number}" for number in range(160)]
    journal = open_for_sending(tmp_path / "results", names)
    options = RunOptions(rate_per_s=20, window_s=4)

    tested, client, reason = run(journal, reply_only(RESET), options=options, page_tasks=30)

    assert (tested.counters.created, tested.counters.unknown, reason) == (160, 0, None)
    assert client.sent.count("n0") == 2
    assert 60 < client.sent[1:].index("n0") < 140
    assert sorted(set(client.sent)) == sorted(names)


def test_too_many_unreconciled_rows_stop_the_run(tmp_path: Path) -> None:
    """The message states why the task list is not conclusive."""
    journal = open_for_sending(tmp_path / "results", [f"n{number}" for number in range(9)])
    options = RunOptions(workers=1, waiting_max=2)

    tested, client, reason = run(
        journal,
        *[create_then_reply(RESET)] * 9,
        lists=[None, *[error_reply(403, "APIG.0302", "no")] * 99],
        options=options,
    )

    assert reason == StopReason(
        cause=StopCause.OUTAGE,
        message="3 rows could not be reconciled (the task list is not conclusive: HTTP 403, "
        "APIG.0302, no). Run the same command again once the task list is available",
    )
    assert client.sent == [f"n{number}" for number in range(len(client.sent))]
    assert len(client.sent) <= 5
    assert tested.counters.unknown == 3
    assert shown(journal)[-1] == "a.csv:10 n8 not_attempted"


@pytest.mark.parametrize("age_s", [0, 59, 3600, -86_400], ids=["now", "late", "old", "clock back"])
@pytest.mark.parametrize("outcome", [LOST, None], ids=["recorded", "killed"])
def test_rows_of_earlier_runs_wait_for_a_whole_window(
    tmp_path: Path, outcome: Unknown | None, age_s: float
) -> None:
    """How long ago their attempts ended is known only from the wall clock, which may jump."""
    journal = open_for_sending(tmp_path / "results", ["a"])
    asyncio.run(attempt(journal, {"a": outcome}))
    server = ModelServer()
    server.started_at += age_s

    _, client, _ = run(journal, server=server)

    assert client.sent == ["a"]
    assert client.sent_at[0] == pytest.approx(60, abs=1.6)
    assert shown(journal) == ["a.csv:2 a created id-1"]


@pytest.mark.parametrize("outcome", [LOST, None], ids=["recorded", "killed"])
def test_last_task_of_the_earlier_run_shows_that_a_list_is_wrong(
    tmp_path: Path, outcome: Unknown | None
) -> None:
    """Its id was returned before this run began, so an empty list proves nothing."""
    journal = open_for_sending(tmp_path / "results", ["a", "b"])
    asyncio.run(attempt(journal, {"a": outcome, "b": created("id-b")}))
    journal.work.select_from_input()

    _, client, _ = run(journal, server=ModelServer())

    unknown, _ = journal.results()
    assert client.sent == []
    assert unknown.status == "unknown"
    assert "it does not contain b (id-b)" in unknown.error_msg


def test_rows_of_other_files_are_reconciled_and_not_sent(tmp_path: Path) -> None:
    """A row that is not in the task list has failed."""
    journal = open_for_sending(tmp_path / "results", ["a", "b"])
    asyncio.run(attempt(journal, {"a": LOST, "b": LOST}))
    read(journal, {"b.csv": ["c"]})
    journal.work.select_from_input()
    server = ModelServer()
    server.started_at += 3600
    server.add_task(target(), "b")

    _, client, _ = run(journal, server=server)

    assert client.sent == ["c"]
    assert shown(journal) == [
        "a.csv:2 a failed",
        "a.csv:3 b created id-1",
        "b.csv:2 c created id-2",
    ]


def test_id_that_was_returned_for_another_row_is_foreign(tmp_path: Path) -> None:
    """Two responses had swapped ids: the row stays unknown, whatever its task is."""
    journal = open_for_sending(tmp_path / "results", ["a", "b"])
    swapped = ServerAction(reply=json_reply(200, {"task_id": "id-2"}))

    _, client, _ = run(journal, swapped, create_then_reply(RESET), options=RunOptions(workers=1))

    first, second = journal.results()
    assert client.sent == ["a", "b"]
    assert (first.status, first.task_id, second.status) == ("created", "id-2", "unknown")
    assert "cannot belong to this row: the server returned its id for a" in second.error_msg


def test_failed_journal_stops_the_reconciling(journal: Journal) -> None:
    """Without the evidence of the journal nothing is concluded."""
    journal._connection.execute("ALTER TABLE deletions RENAME TO others")

    with pytest.raises(JournalError, match="no such table: deletions"):
        run(journal, create_then_reply(RESET))

    journal._connection.execute("ALTER TABLE others RENAME TO deletions")
    journal.apply_log()
    assert shown(journal) == ["a.csv:2 a unknown"]
