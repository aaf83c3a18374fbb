"""Rows whose outcome is not known are settled by the server's list, and hold no worker."""

import asyncio
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from batchcreate.errors import MaybeSentError, NotSentError, NotSentReason
from batchcreate.journal import Journal
from batchcreate.models import Reply, Target, Unknown
from batchcreate.pool import StopCause, StopReason
from tests.fakes import (
    Act,
    Knobs,
    ListFault,
    ModelServer,
    Rig,
    ScriptedClient,
    answer,
    error,
    lie,
    refusal,
    reopened,
)
from tests.journals import LOST, attempt, read, shown, target
from tests.virtual_time import run_virtually

NO_ID = answer(200, b"")
FAULT = error(500, "FDI.9", "oops")
RESET = MaybeSentError("the connection was reset")


def run(
    journal: Journal,
    *creates: Act,
    lists: Sequence[ListFault | None] = (),
    knobs: Knobs | None = None,
    server: ModelServer | None = None,
    page_tasks: int = 1000,
) -> tuple[Rig, ScriptedClient, StopReason | None]:
    """Send the journal's tasks to a model server."""

    async def main() -> tuple[Rig, ScriptedClient, StopReason | None]:
        client = ScriptedClient(
            server or ModelServer(), creates=creates, lists=lists, page_tasks=page_tasks
        )
        rig = Rig(journal, client, knobs or Knobs())
        return rig, client, await rig.run()

    return run_virtually(main())


def looks(client: ScriptedClient) -> list[float]:
    """Return when the list was asked for after the baseline, by the end of the first request."""
    ended_at = client.sent_at[0] + 0.05
    return [round(at - ended_at, 1) for at in client.listed_at if at > ended_at]


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    """One row."""
    return reopened(tmp_path / "results", ["a"])


@pytest.mark.parametrize("said", [NO_ID, FAULT, RESET], ids=["no id", "HTTP 500", "reset"])
@pytest.mark.parametrize(
    ("lag_s", "times"),
    [(0.0, [5]), (7.0, [5, 15]), (29.0, [5, 15, 30]), (59.0, [5, 15, 30, 60])],
    ids=["at once", "soon", "late", "last"],
)
def test_a_task_is_found_within_the_window(
    journal: Journal, said: ListFault, lag_s: float, times: list[float]
) -> None:
    """At the first of the planned looks that shows it; it is never sent again."""
    assert not callable(said)

    rig, client, halt = run(journal, lie(said, lag_s=lag_s))

    assert (looks(client), client.sent, halt) == (times, ["a"], None)
    assert shown(journal) == ["a.csv:2 a created id-1"]
    assert (rig.counters.created, rig.counters.to_reconcile, rig.counters.finished) == (1, 0, 1)
    assert [line["event"] for line in rig.logged] == ["task.unknown", "task.reconciled"]
    assert rig.logged[1] == {
        "event": "task.reconciled",
        "sheet": "",
        "log_level": "info",
        "file": "a.csv",
        "row": 2,
        "task_name": "a",
        "outcome": "created as id-1",
    }


def test_a_task_that_is_proven_absent_is_sent_again(journal: Journal) -> None:
    """After the whole window and not before."""
    _, client, halt = run(journal, refusal(RESET))

    assert looks(client) == [5, 15, 30, 60]
    assert (client.sent, halt) == (["a", "a"], None)
    assert shown(journal) == ["a.csv:2 a created id-1"]


@pytest.mark.parametrize(
    ("said", "code", "message"),
    [
        (FAULT, "FDI.9", "oops"),
        (RESET, "NO_ANSWER", "the connection was reset"),
    ],
    ids=["with a code", "without an answer"],
)
def test_a_task_is_sent_three_times_at_most(
    journal: Journal, said: ListFault, code: str, message: str
) -> None:
    """Then it has failed, for its absence is proven."""
    assert not callable(said)

    rig, client, _ = run(journal, *[refusal(said)] * 3)

    (row,) = journal.results()
    assert client.sent == ["a", "a", "a"]
    assert (row.status, row.attempts, row.error_code) == ("failed", 3, code)
    assert row.error_msg == f"{message}; according to the task list no task was created"
    assert rig.counters.failed == 1


def test_a_name_that_is_taken_may_be_our_own_task(journal: Journal) -> None:
    """A conflict after an unsettled attempt is looked up like a fault."""
    server = ModelServer(has_unique_names=True)

    _, client, _ = run(journal, Act(acts_after_s=30, lag_s=40, answer=RESET), server=server)

    assert client.sent == ["a", "a"]
    assert shown(journal) == ["a.csv:2 a created id-1"]


def test_one_look_serves_all_rows_that_wait(tmp_path: Path) -> None:
    """Five rows take as many looks as one."""
    journal = reopened(tmp_path / "results", [f"n{number}" for number in range(5)])

    _, client, _ = run(journal, *[lie(RESET)] * 5, knobs=Knobs(workers=5, rate_per_s=1000))

    assert len(looks(client)) == 1
    assert [line.rpartition(" ")[0][-7:] for line in shown(journal)] == ["created"] * 5


def test_every_instance_is_looked_at(tmp_path: Path) -> None:
    """A name is its instance's."""
    journal = reopened(tmp_path / "results", ["a", "a@i2", "b@i2"])

    _, client, _ = run(journal, *[lie(RESET)] * 3)

    assert len(looks(client)) == 2
    assert shown(journal) == [
        "a.csv:2 a created id-1",
        "a.csv:3 a created id-2",
        "a.csv:4 b created id-3",
    ]


def test_a_look_that_began_before_an_attempt_ended_says_nothing_of_it(tmp_path: Path) -> None:
    """The row waits for a look of its own."""
    journal = reopened(tmp_path / "results", ["a", "b"])
    # the second request ends while the first one's first look is under way
    creates = [lie(RESET), Act(answer=RESET, answers_after_s=5.05)]

    _, client, _ = run(journal, *creates, knobs=Knobs(workers=2))

    assert looks(client) == [5, 10]
    assert shown(journal) == ["a.csv:2 a created id-1", "a.csv:3 b created id-2"]


def test_a_list_that_is_refused_for_the_whole_window_settles_nothing(journal: Journal) -> None:
    """The row stays unknown and is not sent again."""
    forbidden = error(403, "APIG.0302", "not allowed")

    rig, client, halt = run(journal, lie(FAULT), lists=[None, *[forbidden] * 9])

    (row,) = journal.results()
    assert (looks(client), client.sent, halt) == ([5, 15, 30, 60], ["a"], None)
    assert (row.status, row.http_status, row.error_code) == ("unknown", 500, "FDI.9")
    assert row.error_msg == ("the task list is not conclusive: HTTP 403, APIG.0302, not allowed")
    assert rig.counters.unknown == 1


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        (error(401, "APIG.0301", "who are you"), StopCause.UNAUTHORIZED),
        (answer(302, location="https://elsewhere.example"), StopCause.REDIRECTED),
        (
            NotSentError("not its certificate", reason=NotSentReason.CERTIFICATE),
            StopCause.UNTRUSTED,
        ),
    ],
    ids=["refused credentials", "redirect", "certificate"],
)
def test_some_answers_to_a_look_end_the_run_at_once(
    tmp_path: Path, said: ListFault, cause: StopCause
) -> None:
    """A key that is refused again and again is locked, whatever it asks for."""
    journal = reopened(tmp_path / "results", [f"n{number}" for number in range(5)])
    slow = Knobs(workers=1, rate_per_s=0.5)

    rig, client, halt = run(journal, *[lie(FAULT)] * 5, lists=[None, *[said] * 99], knobs=slow)

    assert (client.listed, halt and halt.cause) == (2, cause)
    assert {row.status for row in journal.results()} == {"unknown", "not_attempted"}
    assert rig.counters.in_flight == 0


def test_a_list_that_comes_back_settles(journal: Journal) -> None:
    """A refused look is not the last word within the window."""
    _, client, _ = run(journal, lie(FAULT), lists=[None, error(403), error(403), None])

    assert looks(client) == [5, 15, 30]
    assert shown(journal) == ["a.csv:2 a created id-1"]


def test_several_tasks_of_the_name_are_left_to_people(journal: Journal) -> None:
    """Whichever of them is ours."""
    server = ModelServer()

    class Client(ScriptedClient):
        async def create(self, target: Target, body: bytes) -> Reply:
            server.hold(target, "a")
            return await super().create(target, body)

    async def main() -> None:
        await Rig(journal, Client(server, creates=[lie(RESET)])).run()

    run_virtually(main())

    (row,) = journal.results()
    assert row.status == "unknown"
    assert row.error_msg.startswith("2 tasks have this name (id-1, id-2); delete the duplicates")


def test_too_many_waiting_rows_hold_the_others_back(tmp_path: Path) -> None:
    """No more is sent until the list, which is asked at once, has told of some of them."""
    journal = reopened(tmp_path / "results", [f"n{number}" for number in range(8)])
    knobs = Knobs(workers=1, waiting_max=2)

    _, client, _ = run(journal, *[lie(RESET, lag_s=4)] * 3, knobs=knobs)

    third, fourth = client.sent_at[2:4]
    times = [at for at in client.listed_at if third < at < fourth]
    assert fourth - third == pytest.approx(4.0, abs=1.4)
    assert times[0] - third == pytest.approx(0.05, abs=0.01)
    assert all(after - before >= 1.25 for before, after in pairwise(times))
    assert client.sent == [f"n{number}" for number in range(8)]


def test_a_list_that_the_run_itself_keeps_changing_is_read_while_nothing_is_sent(
    tmp_path: Path,
) -> None:
    """A list of several pages is never whole while tasks come into being; then all goes on."""
    names = [f"n{number}" for number in range(160)]
    journal = reopened(tmp_path / "results", names)
    knobs = Knobs(rate_per_s=20, window_s=4)

    rig, client, halt = run(journal, refusal(RESET), knobs=knobs, page_tasks=30)

    assert (rig.counters.created, rig.counters.unknown, halt) == (160, 0, None)
    assert client.sent.count("n0") == 2
    assert 60 < client.sent[1:].index("n0") < 140
    assert sorted(set(client.sent)) == sorted(names)


def test_too_many_rows_that_cannot_be_settled_end_the_run(tmp_path: Path) -> None:
    """The message says what is wrong with the list."""
    journal = reopened(tmp_path / "results", [f"n{number}" for number in range(9)])
    knobs = Knobs(workers=1, waiting_max=2)

    rig, client, halt = run(
        journal,
        *[lie(RESET)] * 9,
        lists=[None, *[error(403, "APIG.0302", "no")] * 99],
        knobs=knobs,
    )

    assert halt == StopReason(
        cause=StopCause.OUTAGE,
        message="3 rows could not be reconciled (the task list is not conclusive: HTTP 403, "
        "APIG.0302, no). Run the same command again once the task list is available",
    )
    assert client.sent == [f"n{number}" for number in range(len(client.sent))]
    assert len(client.sent) <= 5
    assert rig.counters.unknown == 3
    assert shown(journal)[-1] == "a.csv:10 n8 not_attempted"


@pytest.mark.parametrize(
    ("outcome", "age_s", "waits_s"),
    [
        (LOST, 0, 60),
        (LOST, 20, 40),
        (LOST, 59, 1),
        (LOST, 3600, 0),
        (LOST, -86_400, 60),
        (None, 0, 60),
        (None, 20, 60),
        (None, 86_400, 60),
    ],
    ids=[
        "just now",
        "during the window",
        "at its end",
        "long ago",
        "the clock went back",
        "killed just now",
        "killed a little later",
        "killed and left",
    ],
)
def test_rows_of_earlier_runs_wait_for_the_rest_of_their_window(
    tmp_path: Path, outcome: Unknown | None, age_s: float, waits_s: float
) -> None:
    """The whole of it where nobody knows when the attempt ended."""
    journal = reopened(tmp_path / "results", ["a"])
    asyncio.run(attempt(journal, {"a": outcome}))
    server = ModelServer()
    server.started_at += age_s

    _, client, _ = run(journal, server=server)

    assert client.sent == ["a"]
    assert client.sent_at[0] == pytest.approx(waits_s, abs=1.6)
    assert shown(journal) == ["a.csv:2 a created id-1"]


def test_rows_of_other_files_are_settled_and_not_sent(tmp_path: Path) -> None:
    """Proven absent, they have failed."""
    journal = reopened(tmp_path / "results", ["a", "b"])
    asyncio.run(attempt(journal, {"a": LOST, "b": LOST}))
    read(journal, {"b.csv": ["c"]})
    journal.work.select_from_input()
    server = ModelServer()
    server.started_at += 3600
    server.hold(target(), "b")

    _, client, _ = run(journal, server=server)

    assert client.sent == ["c"]
    assert shown(journal) == [
        "a.csv:2 a failed",
        "a.csv:3 b created id-1",
        "b.csv:2 c created id-2",
    ]
