"""Workers send every task once, in the right order of events, and end as they are told."""

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from batchcreate.errors import (
    CredentialError,
    JournalError,
    MaybeSentError,
    NotSentError,
    NotSentReason,
)
from batchcreate.journal import Journal
from batchcreate.models import Reply, Target
from batchcreate.pool import RunCounters, StopCause, StopReason
from batchcreate.rate_limiter import Gate
from batchcreate.retry import RetryPolicy
from tests.fakes import (
    HONEST,
    INTERRUPT,
    Act,
    FixedCredential,
    Knobs,
    ModelServer,
    Rig,
    ScriptedClient,
    answer,
    error,
    lie,
    refusal,
    reopened,
)
from tests.journals import shown
from tests.virtual_time import run_virtually

RESET = MaybeSentError("the connection was reset")
NO_CONNECTION = refusal(NotSentError("no connection"))
THROTTLED = refusal(error(429, "APIG.0308", "slow down", retry_after="7"))
UNAUTHORIZED = refusal(error(401, "APIG.0301", "who are you"))
FAULT = refusal(error(500))
WRITING_FAILS = """
CREATE TEMP TRIGGER full BEFORE INSERT ON main.intents
BEGIN SELECT RAISE(FAIL, 'disk is full'); END
"""


def journal_of(folder: Path, count: int) -> Journal:
    return reopened(folder / "results", [f"n{number}" for number in range(count)])


def run(
    journal: Journal,
    *creates: Act,
    knobs: Knobs | None = None,
    credential: FixedCredential | None = None,
    gate: type[Gate] = Gate,
    on_step: Callable[[Rig, int], None] = lambda _rig, _step: None,
) -> tuple[Rig, ScriptedClient]:
    """Send the journal's tasks to a model server; *on_step* is told of every step by number."""

    async def main() -> tuple[Rig, ScriptedClient]:
        steps = iter(range(1, 1_000_000))
        client = ScriptedClient(
            ModelServer(), creates=creates, on_step=lambda: on_step(rig, next(steps))
        )
        rig = Rig(journal, client, knobs, credential=credential, gate=gate)
        await rig.run()
        return rig, client

    return run_virtually(main())


def statuses(journal: Journal) -> Counter[str]:
    return Counter(str(row.status) for row in journal.results())


def test_every_task_is_created_once(tmp_path: Path) -> None:
    """The journal has their ids and the counters their number."""
    journal = journal_of(tmp_path, 40)

    rig, client = run(journal, knobs=Knobs(workers=4))

    assert client.sent == [f"n{number}" for number in range(40)]
    assert shown(journal) == [
        f"a.csv:{number + 2} n{number} created id-{number + 1}" for number in range(40)
    ]
    assert rig.counters == RunCounters(planned=40, created=40, attempts=40)
    assert rig.stop.reason is None


def test_an_intent_is_on_disk_before_its_request_leaves(tmp_path: Path) -> None:
    """However fast requests leave."""
    journal = journal_of(tmp_path, 40)
    found: list[bool] = []

    class Client(ScriptedClient):
        async def create(self, target: Target, body: bytes) -> Reply:
            intents = journal._connection.execute(
                "SELECT count(*) FROM intents JOIN tasks ON tasks.id = task WHERE body = ?",
                (body,),
            ).fetchone()
            found.append(intents == (1,))
            return await super().create(target, body)

    async def main() -> None:
        knobs = Knobs(workers=8, rate_per_s=1000, commit_s=0.003)
        await Rig(journal, Client(ModelServer()), knobs).run()

    run_virtually(main())

    assert found == [True] * 40


def test_a_refused_task_has_failed(tmp_path: Path) -> None:
    """It is not sent again, and the report keeps what the server said."""
    journal = journal_of(tmp_path, 2)

    rig, client = run(journal, refusal(error(400, "FDI.7", "no such application")))

    first, second = journal.results()
    assert (first.status, first.http_status, first.error_code, first.error_msg) == (
        "failed",
        400,
        "FDI.7",
        "no such application",
    )
    assert second.status == "created"
    assert client.sent == ["n0", "n1"]
    assert rig.counters == RunCounters(planned=2, created=1, failed=1, attempts=2)


def test_a_throttled_task_is_sent_again_after_the_pause(tmp_path: Path) -> None:
    """All requests pause for what the server asked for; no wait is added."""
    journal = journal_of(tmp_path, 1)

    rig, client = run(journal, THROTTLED)

    assert client.sent_at[1] - client.sent_at[0] == pytest.approx(7.05, abs=0.02)
    assert shown(journal) == ["a.csv:2 n0 created id-1"]
    assert rig.counters == RunCounters(planned=1, created=1, attempts=2, throttled=1)


def test_a_task_that_is_throttled_again_and_again_waits_itself(tmp_path: Path) -> None:
    """
    Its last attempts do not fall into the same second.

    Where every twentieth request is refused whatever the rate, the gate slows nobody down.
    """
    journal = journal_of(tmp_path, 400)

    class Client(ScriptedClient):
        async def create(self, target: Target, body: bytes) -> Reply:
            name = json.loads(body)["task_name"]
            refusals = 4 if name == "n399" else int(name.endswith("7"))
            if self.sent.count(name) >= refusals:
                return await super().create(target, body)
            self.sent.append(name)
            self.sent_at.append(asyncio.get_running_loop().time())
            return error(429, "APIG.0308", "slow down")

    async def main() -> ScriptedClient:
        client = Client(ModelServer())
        await Rig(journal, client, Knobs(workers=8, rate_per_s=100)).run()
        return client

    client = run_virtually(main())

    sent_at = [at for at, name in zip(client.sent_at, client.sent, strict=True) if name == "n399"]
    assert len(sent_at) == 5
    assert sent_at[-1] - sent_at[0] > 1
    assert statuses(journal) == {"created": 400}


def test_a_task_that_cannot_be_sent_is_tried_after_growing_waits(tmp_path: Path) -> None:
    """Five times, and then it has failed with a code of ours."""
    journal = journal_of(tmp_path, 1)

    rig, client = run(journal, *[NO_CONNECTION] * 5)

    (row,) = journal.results()
    assert (row.status, row.error_code, row.error_msg) == ("failed", "CONNECT", "no connection")
    assert row.attempts == len(client.sent) == 5
    assert client.sent_at[-1] - client.sent_at[0] < 0.5 + 1 + 2 + 4 + 0.5
    assert rig.counters == RunCounters(planned=1, failed=1, attempts=5)


@pytest.mark.parametrize("attempts_max", [1, 2])
def test_attempts_are_counted(tmp_path: Path, attempts_max: int) -> None:
    """The first one counts."""
    journal = journal_of(tmp_path, 1)
    knobs = Knobs(retry=RetryPolicy(attempts_max=attempts_max))

    _, client = run(journal, *[THROTTLED] * 5, knobs=knobs)

    assert len(client.sent) == attempts_max
    assert shown(journal) == ["a.csv:2 n0 failed"]


def test_an_outage_ends_the_run_soon(tmp_path: Path) -> None:
    """The budget for repeated connections is spent, ten rows have failed, the rest is left."""
    journal = journal_of(tmp_path, 400)

    rig, client = run(journal, *[NO_CONNECTION] * 999, knobs=Knobs(workers=2))

    assert rig.stop.reason is not None
    assert rig.stop.reason.cause is StopCause.OUTAGE
    assert len(client.sent) <= 10 * 5
    assert statuses(journal)["not_attempted"] >= 388


@pytest.mark.parametrize(
    ("count", "cause"), [(10, None), (12, StopCause.OUTAGE)], ids=["nothing left", "more to send"]
)
def test_ten_faults_end_a_run_that_has_more_to_send(
    tmp_path: Path, count: int, cause: StopCause | None
) -> None:
    """A run with nothing left goes on to settle what it sent."""
    journal = journal_of(tmp_path, count)
    knobs = Knobs(workers=1, waiting_max=99)

    rig, client = run(journal, *[FAULT] * 10, knobs=knobs)

    assert (rig.stop.reason and rig.stop.reason.cause) == cause
    assert len(client.sent) == (20 if cause is None else 10)
    assert statuses(journal) == (
        {"created": 10} if cause is None else {"unknown": 10, "not_attempted": 2}
    )


@pytest.mark.parametrize(
    ("act", "cause", "status"),
    [
        (UNAUTHORIZED, StopCause.UNAUTHORIZED, "failed"),
        (
            refusal(answer(302, location="https://elsewhere.example/")),
            StopCause.REDIRECTED,
            "unknown",
        ),
        (
            refusal(NotSentError("the certificate has expired", reason=NotSentReason.CERTIFICATE)),
            StopCause.UNTRUSTED,
            "failed",
        ),
    ],
    ids=["HTTP 401", "redirect", "certificate"],
)
def test_some_answers_end_a_run_at_once(
    tmp_path: Path, act: Act, cause: StopCause, status: str
) -> None:
    """The next task is not sent."""
    journal = journal_of(tmp_path, 3)

    rig, client = run(journal, act, knobs=Knobs(workers=1))

    assert rig.stop.reason is not None
    assert rig.stop.reason.cause is cause
    assert client.sent == ["n0"]
    assert shown(journal) == [
        f"a.csv:2 n0 {status}",
        "a.csv:3 n1 not_attempted",
        "a.csv:4 n2 not_attempted",
    ]


def test_an_ended_token_is_renewed_and_the_task_sent_again(tmp_path: Path) -> None:
    """No row fails by it."""
    journal = journal_of(tmp_path, 3)
    credential = FixedCredential(True)

    rig, client = run(journal, HONEST, UNAUTHORIZED, credential=credential, knobs=Knobs(workers=1))

    assert (client.sent, credential.renewed) == (["n0", "n1", "n1", "n2"], 1)
    assert statuses(journal) == {"created": 3}
    assert rig.stop.reason is None


def test_a_token_that_is_refused_again_ends_the_run(tmp_path: Path) -> None:
    """One renewal for a task is enough."""
    journal = journal_of(tmp_path, 2)
    credential = FixedCredential(True, True)

    rig, client = run(journal, *[UNAUTHORIZED] * 2, credential=credential, knobs=Knobs(workers=1))

    assert (client.sent, credential.renewed) == (["n0", "n0"], 1)
    assert rig.stop.reason is not None
    assert rig.stop.reason.cause is StopCause.UNAUTHORIZED


def test_a_token_that_cannot_be_renewed_ends_the_run(tmp_path: Path) -> None:
    """The message is the one of the credential."""
    journal = journal_of(tmp_path, 2)
    credential = FixedCredential(CredentialError("the password is wrong"))

    rig, client = run(journal, UNAUTHORIZED, credential=credential, knobs=Knobs(workers=1))

    assert rig.stop.reason == StopReason(
        cause=StopCause.UNAUTHORIZED, message="the password is wrong"
    )
    assert client.sent == ["n0"]
    assert shown(journal) == ["a.csv:2 n0 failed", "a.csv:3 n1 not_attempted"]


def test_an_ended_token_takes_no_attempt_from_a_row(tmp_path: Path) -> None:
    """Also where it ends while a throttled row waits for the last one that it has."""
    journal = journal_of(tmp_path, 1)
    credential = FixedCredential(True)
    knobs = Knobs(workers=1, retry=RetryPolicy(attempts_max=2))

    _, client = run(journal, THROTTLED, UNAUTHORIZED, credential=credential, knobs=knobs)

    assert client.sent == ["n0"] * 3
    assert statuses(journal) == {"created": 1}


def test_no_token_is_renewed_for_a_run_that_is_over(tmp_path: Path) -> None:
    """An IAM that does not answer would keep it from ending, and nothing is left to send."""
    journal = journal_of(tmp_path, 2)
    credential = FixedCredential(True)

    def interrupt(rig: Rig, _step: int) -> None:
        if rig.counters.in_flight:
            rig.stop.request_stop(INTERRUPT)

    rig, client = run(
        journal, UNAUTHORIZED, credential=credential, knobs=Knobs(workers=1), on_step=interrupt
    )

    assert (client.sent, credential.renewed, rig.stop.reason) == (["n0"], 0, INTERRUPT)
    assert shown(journal) == ["a.csv:2 n0 failed", "a.csv:3 n1 not_attempted"]


def test_without_reconciling_unsettled_rows_stay_unknown(tmp_path: Path) -> None:
    """The list is asked for the baseline only, and nothing is sent twice."""
    journal = journal_of(tmp_path, 2)

    rig, client = run(journal, lie(RESET), knobs=Knobs(does_reconcile=False))

    assert (client.sent, client.listed) == (["n0", "n1"], 1)
    assert shown(journal) == ["a.csv:2 n0 unknown", "a.csv:3 n1 created id-2"]
    assert rig.counters == RunCounters(planned=2, created=1, unknown=1, attempts=2)


@pytest.mark.parametrize("rate_per_s", [20.0, 1000.0], ids=["slow", "fast"])
@pytest.mark.parametrize("interrupts", [1, 2])
@pytest.mark.parametrize("step", range(2, 30))
def test_an_interrupted_run_reports_what_it_sent(
    tmp_path: Path, step: int, interrupts: int, rate_per_s: float
) -> None:
    """Requests under way finish, or are unknown after a second signal; the rest is untouched."""
    journal = journal_of(tmp_path, 8)

    def interrupt(rig: Rig, number: int) -> None:
        if number == step:
            rig.stop.request_stop(INTERRUPT)
        if number == step and interrupts == 2:
            rig.stop.cancel()

    knobs = Knobs(workers=3, rate_per_s=rate_per_s, commit_s=0.01)
    rig, client = run(journal, knobs=knobs, on_step=interrupt)

    assert rig.stop.reason == INTERRUPT
    found = {row.task_name: row for row in journal.results()}
    left = set(found) - set(client.sent)
    assert {found[name].status for name in left} <= {"not_attempted"}
    assert {found[name].attempts for name in left} <= {0}
    assert {found[name].status for name in client.sent} <= (
        {"created"} if interrupts == 1 else {"created", "unknown"}
    )
    assert rig.counters.in_flight == 0


@pytest.mark.parametrize("rate_per_s", [20.0, 1000.0], ids=["slow", "fast"])
@pytest.mark.parametrize("step", range(2, 20))
def test_a_cancelled_run_doubts_nothing_that_it_did_not_send(
    tmp_path: Path, step: int, rate_per_s: float
) -> None:
    """As little as one that is interrupted; what was under way is unknown."""
    journal = journal_of(tmp_path, 8)

    async def main() -> ScriptedClient:
        me, steps = asyncio.current_task(), iter(range(1, 1_000))
        assert me is not None

        def cancel() -> None:
            if next(steps) == step:
                me.cancel()

        client = ScriptedClient(ModelServer(), on_step=cancel)
        knobs = Knobs(workers=3, rate_per_s=rate_per_s, commit_s=0.01)
        with contextlib.suppress(asyncio.CancelledError):
            await Rig(journal, client, knobs).run()
        return client

    client = run_virtually(main())

    journal.apply_log()
    doubted = {row.task_name for row in journal.results() if row.status == "unknown"}
    assert doubted <= set(client.sent)


def test_an_interrupt_between_two_attempts_keeps_the_last_answer(tmp_path: Path) -> None:
    """A throttled row has failed with 429 and counts one attempt."""
    journal = journal_of(tmp_path, 1)

    def interrupt(rig: Rig) -> None:
        rig.stop.request_stop(INTERRUPT)

    def in_the_pause(rig: Rig, _step: int) -> None:
        if rig.counters.attempts == 1 and rig.stop.reason is None:
            asyncio.get_running_loop().call_later(3, interrupt, rig)

    run(journal, THROTTLED, on_step=in_the_pause)

    (row,) = journal.results()
    assert (row.status, row.http_status, row.attempts) == ("failed", 429, 1)


class StubbornGate(Gate):
    """Lets go of a worker that was to be sent home, as a late cancellation may."""

    async def acquire(self) -> float:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(1)
        return asyncio.get_running_loop().time()


def test_nothing_is_sent_after_the_end(tmp_path: Path) -> None:
    """Even by a worker that took a task in the same moment."""
    journal = journal_of(tmp_path, 3)

    def interrupt(rig: Rig, number: int) -> None:
        if number == 2:  # the baseline is listed; a second later the worker is let go
            asyncio.get_running_loop().call_later(0.5, rig.stop.request_stop, INTERRUPT)

    _, client = run(journal, knobs=Knobs(workers=1), gate=StubbornGate, on_step=interrupt)

    assert client.sent == []
    assert statuses(journal) == {"not_attempted": 3}
    assert [row.attempts for row in journal.results()] == [0, 0, 0]


def test_a_journal_that_cannot_be_written_ends_the_run(tmp_path: Path) -> None:
    """What is under way is answered, nothing more leaves, and the lost answers are kept."""
    journal = journal_of(tmp_path, 20)
    rigs: list[Rig] = []

    def fill_the_disk(rig: Rig, _step: int) -> None:
        if not rigs and rig.counters.attempts == 5:
            rigs.append(rig)
            journal._connection.execute(WRITING_FAILS)

    with pytest.raises(JournalError, match="disk is full"):
        run(journal, knobs=Knobs(workers=2), on_step=fill_the_disk)

    (rig,) = rigs
    assert rig.stop.reason is not None
    assert rig.stop.reason.cause is StopCause.JOURNAL
    assert "disk is full" in rig.stop.reason.message
    assert rig.counters.attempts <= 7
    journal.apply_log()
    assert rig.writer is not None
    lost = len(rig.writer.unwritten)
    assert statuses(journal) == {
        "created": rig.counters.created - lost,
        "not_attempted": 20 - rig.counters.attempts,
    } | ({"unknown": lost} if lost else {})


def logged(folder: Path, acts: Sequence[Act], *, is_verbose: bool) -> Sequence[dict[str, object]]:
    knobs = Knobs(workers=1, is_verbose=is_verbose, does_reconcile=False)
    rig, _ = run(journal_of(folder, 3), *acts, knobs=knobs)
    return [dict(line) for line in rig.logged]


def test_what_happens_is_logged_with_the_row(tmp_path: Path) -> None:
    """One event for every attempt that did not settle its row, and one for the end of each row."""
    acts = [THROTTLED, HONEST, refusal(error(400, "FDI.7", "no")), FAULT]

    found = logged(tmp_path, acts, is_verbose=True)

    first = {"file": "a.csv", "sheet": "", "row": 2, "task_name": "n0"}
    assert found == [
        first
        | {
            "event": "attempt.retry_scheduled",
            "log_level": "info",
            "attempt": 1,
            "reason": "HTTP 429, APIG.0308, slow down",
        },
        first | {"event": "task.created", "log_level": "debug", "attempt": 2, "task_id": "id-1"},
        {
            "event": "task.failed",
            "log_level": "info",
            "file": "a.csv",
            "sheet": "",
            "row": 3,
            "task_name": "n1",
            "attempt": 1,
            "http_status": 400,
            "error_code": "FDI.7",
            "error_msg": "no",
        },
        {
            "event": "task.unknown",
            "log_level": "info",
            "file": "a.csv",
            "sheet": "",
            "row": 4,
            "task_name": "n2",
            "attempt": 1,
            "reason": "HTTP 500: no",
        },
    ]


def test_created_tasks_are_logged_on_request_only(tmp_path: Path) -> None:
    """A million lines that say that all is well help nobody."""
    found = logged(tmp_path, [HONEST, FAULT], is_verbose=False)

    assert [line["event"] for line in found] == ["task.unknown"]


def test_a_run_that_was_stopped_before_it_began_sends_nothing(tmp_path: Path) -> None:
    """The workers see it before they take anything."""
    journal = journal_of(tmp_path, 3)

    def interrupt(rig: Rig, number: int) -> None:
        if number == 1:
            rig.stop.request_stop(INTERRUPT)

    rig, client = run(journal, on_step=interrupt)

    assert client.sent == []
    assert rig.stop.reason == INTERRUPT
