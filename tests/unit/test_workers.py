"""Workers send every task once, record the intent first, and stop when requested."""

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import product
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
    INTERRUPTED,
    SUCCESS,
    FixedCredential,
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
from tests.journals import shown
from tests.virtual_time import run_virtually

RESET = MaybeSentError("the connection was reset")
NO_CONNECTION = reply_only(NotSentError("no connection"))
THROTTLED = reply_only(error_reply(429, "APIG.0308", "slow down", retry_after="7"))
UNAUTHORIZED = reply_only(error_reply(401, "APIG.0301", "who are you"))
FAULT = reply_only(error_reply(500))
WRITING_FAILS = """
CREATE TEMP TRIGGER full BEFORE INSERT ON main.intents
BEGIN SELECT RAISE(FAIL, 'disk is full'); END
"""


def journal_of(folder: Path, count: int) -> Journal:
    return open_for_sending(folder / "results", [f"n{number}" for number in range(count)])


def run(
    journal: Journal,
    *creates: ServerAction,
    options: RunOptions | None = None,
    credential: FixedCredential | None = None,
    gate: type[Gate] = Gate,
    on_step: Callable[[RunUnderTest, int], None] = lambda _rig, _step: None,
) -> tuple[RunUnderTest, ScriptedClient]:
    """Send the journal's tasks to a model server; *on_step* is called with the number of each step."""

    async def main() -> tuple[RunUnderTest, ScriptedClient]:
        steps = iter(range(1, 1_000_000))
        client = ScriptedClient(
            ModelServer(), creates=creates, on_step=lambda: on_step(tested, next(steps))
        )
        tested = RunUnderTest(journal, client, options, credential=credential, gate=gate)
        await tested.run()
        return tested, client

    return run_virtually(main())


def statuses(journal: Journal) -> Counter[str]:
    return Counter(str(row.status) for row in journal.results())


def test_every_task_is_created_once(tmp_path: Path) -> None:
    """The journal contains the task ids, and the counters their number."""
    journal = journal_of(tmp_path, 40)

    tested, client = run(journal, options=RunOptions(workers=4))

    assert client.sent == [f"n{number}" for number in range(40)]
    assert shown(journal) == [
        f"a.csv:{number + 2} n{number} created id-{number + 1}" for number in range(40)
    ]
    assert tested.counters == RunCounters(planned=40, created=40, attempts=40)
    assert tested.stop.reason is None


def test_intent_is_on_disk_before_the_request(tmp_path: Path) -> None:
    """The rate of the requests does not matter."""
    journal = journal_of(tmp_path, 40)
    found: list[bool] = []

    class Client(ScriptedClient):
        async def create(self, target: Target, body: bytes) -> Reply:
            intents = journal._connection.execute(
                "SELECT count(*) FROM intents JOIN rows USING (task) WHERE body = ?",
                (body,),
            ).fetchone()
            found.append(intents == (1,))
            return await super().create(target, body)

    async def main() -> None:
        options = RunOptions(workers=8, rate_per_s=1000, commit_s=0.003)
        await RunUnderTest(journal, Client(ModelServer()), options).run()

    run_virtually(main())

    assert found == [True] * 40


def test_refused_task_has_failed(tmp_path: Path) -> None:
    """It is not sent again, and the results contain the message of the server."""
    journal = journal_of(tmp_path, 2)

    tested, client = run(journal, reply_only(error_reply(400, "FDI.7", "no such application")))

    first, second = journal.results()
    assert (first.status, first.http_status, first.error_code, first.error_msg) == (
        "failed",
        400,
        "FDI.7",
        "no such application",
    )
    assert second.status == "created"
    assert client.sent == ["n0", "n1"]
    assert tested.counters == RunCounters(planned=2, created=1, failed=1, attempts=2)


def test_throttled_task_is_retried_after_retry_after(tmp_path: Path) -> None:
    """All requests wait for the time in the response; the task does not wait longer."""
    journal = journal_of(tmp_path, 1)

    tested, client = run(journal, THROTTLED)

    assert client.sent_at[1] - client.sent_at[0] == pytest.approx(7.05, abs=0.02)
    assert shown(journal) == ["a.csv:2 n0 created id-1"]
    assert tested.counters == RunCounters(planned=1, created=1, attempts=2, throttled=1)


def test_repeatedly_throttled_task_backs_off(tmp_path: Path) -> None:
    """
    The attempts of one task are spread over more than a second.

    The rate limiter does not slow down, because the server throttles a few requests at any rate.
    """
    journal = journal_of(tmp_path, 400)

    class Client(ScriptedClient):
        async def create(self, target: Target, body: bytes) -> Reply:
            name = json.loads(body)["task_name"]
            throttled = 4 if name == "n399" else int(name.endswith("7"))
            if self.sent.count(name) >= throttled:
                return await super().create(target, body)
            self.sent.append(name)
            self.sent_at.append(asyncio.get_running_loop().time())
            return error_reply(429, "APIG.0308", "slow down")

    async def main() -> ScriptedClient:
        client = Client(ModelServer())
        await RunUnderTest(journal, client, RunOptions(workers=8, rate_per_s=100)).run()
        return client

    client = run_virtually(main())

    sent_at = [at for at, name in zip(client.sent_at, client.sent, strict=True) if name == "n399"]
    assert len(sent_at) == 5
    assert sent_at[-1] - sent_at[0] > 1
    assert statuses(journal) == {"created": 400}


def test_unsent_task_is_retried_with_exponential_backoff(tmp_path: Path) -> None:
    """After five attempts it has failed with an error code of batchcreate."""
    journal = journal_of(tmp_path, 1)

    tested, client = run(journal, *[NO_CONNECTION] * 5)

    (row,) = journal.results()
    assert (row.status, row.error_code, row.error_msg) == ("failed", "CONNECT", "no connection")
    assert row.attempts == len(client.sent) == 5
    assert client.sent_at[-1] - client.sent_at[0] < 0.5 + 1 + 2 + 4 + 0.5
    assert tested.counters == RunCounters(planned=1, failed=1, attempts=5)


def test_permanently_throttled_row_is_repeated_until_the_run_has_waited(tmp_path: Path) -> None:
    """While nothing else succeeds, the number of attempts has no limit but the time has one."""
    journal = journal_of(tmp_path, 1)

    _, client = run(journal, *[THROTTLED] * 1000)

    (row,) = journal.results()
    assert (row.status, row.http_status) == ("failed", 429)
    assert 600 < client.sent_at[-1] - client.sent_at[0] < 720


def test_throttling_for_some_minutes_does_not_stop_a_run(tmp_path: Path) -> None:
    """The rows are created when the server accepts requests again."""
    journal = journal_of(tmp_path, 12)

    tested, client = run(journal, *[THROTTLED] * 20)

    assert statuses(journal) == {"created": 12}
    assert (tested.stop.reason, len(client.sent)) == (None, 32)


def test_row_that_alone_is_throttled_fails_after_five_attempts(tmp_path: Path) -> None:
    """The other rows succeed in the meantime, so that the server does not throttle all requests."""
    journal = journal_of(tmp_path, 60)

    class Client(ScriptedClient):
        async def create(self, target: Target, body: bytes) -> Reply:
            if json.loads(body)["task_name"] != "n3":
                return await super().create(target, body)
            self.sent.append("n3")
            return error_reply(429, "APIG.0308", "slow down")

    async def main() -> ScriptedClient:
        client = Client(ModelServer())
        await RunUnderTest(journal, client, RunOptions(workers=4, rate_per_s=2)).run()
        return client

    client = run_virtually(main())

    assert client.sent.count("n3") == 5
    assert statuses(journal) == {"created": 59, "failed": 1}


@pytest.mark.parametrize("attempts_max", [1, 2])
def test_first_attempt_counts(tmp_path: Path, attempts_max: int) -> None:
    """A task has as many attempts as the retry policy allows."""
    journal = journal_of(tmp_path, 1)
    options = RunOptions(retry=RetryPolicy(attempts_max=attempts_max))

    _, client = run(journal, *[NO_CONNECTION] * 5, options=options)

    assert len(client.sent) == attempts_max
    assert shown(journal) == ["a.csv:2 n0 failed"]


def test_outage_stops_the_run(tmp_path: Path) -> None:
    """The run stops after ten failed rows, limited by its retry budget."""
    journal = journal_of(tmp_path, 400)

    tested, client = run(journal, *[NO_CONNECTION] * 999, options=RunOptions(workers=2))

    assert tested.stop.reason is not None
    assert tested.stop.reason.cause is StopCause.OUTAGE
    assert len(client.sent) <= 10 * 5
    assert statuses(journal)["not_attempted"] >= 388


@pytest.mark.parametrize(
    ("count", "cause"), [(10, None), (12, StopCause.OUTAGE)], ids=["nothing left", "more to send"]
)
def test_ten_faults_stop_a_run_with_pending_tasks(
    tmp_path: Path, count: int, cause: StopCause | None
) -> None:
    """A run without pending tasks continues in order to reconcile its rows."""
    journal = journal_of(tmp_path, count)
    options = RunOptions(workers=1, waiting_max=99)

    tested, client = run(journal, *[FAULT] * 10, options=options)

    assert (tested.stop.reason and tested.stop.reason.cause) == cause
    assert len(client.sent) == (20 if cause is None else 10)
    assert statuses(journal) == (
        {"created": 10} if cause is None else {"unknown": 10, "not_attempted": 2}
    )


@pytest.mark.parametrize(
    ("action", "cause", "status"),
    [
        (UNAUTHORIZED, StopCause.UNAUTHORIZED, "failed"),
        (
            reply_only(json_reply(302, location="https://elsewhere.example/")),
            StopCause.REDIRECTED,
            "unknown",
        ),
        (
            reply_only(
                NotSentError("the certificate has expired", reason=NotSentReason.CERTIFICATE)
            ),
            StopCause.UNTRUSTED,
            "failed",
        ),
    ],
    ids=["HTTP 401", "redirect", "certificate"],
)
def test_some_responses_stop_the_run(
    tmp_path: Path, action: ServerAction, cause: StopCause, status: str
) -> None:
    """The next task is not sent."""
    journal = journal_of(tmp_path, 3)

    tested, client = run(journal, action, options=RunOptions(workers=1))

    assert tested.stop.reason is not None
    assert tested.stop.reason.cause is cause
    assert client.sent == ["n0"]
    assert shown(journal) == [
        f"a.csv:2 n0 {status}",
        "a.csv:3 n1 not_attempted",
        "a.csv:4 n2 not_attempted",
    ]


def test_expired_token_is_renewed(tmp_path: Path) -> None:
    """The task is sent again, and no row fails."""
    journal = journal_of(tmp_path, 3)
    credential = FixedCredential(True)

    tested, client = run(
        journal, SUCCESS, UNAUTHORIZED, credential=credential, options=RunOptions(workers=1)
    )

    assert (client.sent, credential.renewed) == (["n0", "n1", "n1", "n2"], 1)
    assert statuses(journal) == {"created": 3}
    assert tested.stop.reason is None


def test_renewed_token_that_is_refused_stops_the_run(tmp_path: Path) -> None:
    """A token is renewed once per task."""
    journal = journal_of(tmp_path, 2)
    credential = FixedCredential(True, True)

    tested, client = run(
        journal, *[UNAUTHORIZED] * 2, credential=credential, options=RunOptions(workers=1)
    )

    assert (client.sent, credential.renewed) == (["n0", "n0"], 1)
    assert tested.stop.reason is not None
    assert tested.stop.reason.cause is StopCause.UNAUTHORIZED


def test_failed_renewal_stops_the_run(tmp_path: Path) -> None:
    """The stop reason contains the message of the credential."""
    journal = journal_of(tmp_path, 2)
    credential = FixedCredential(CredentialError("the password is wrong"))

    tested, client = run(
        journal, UNAUTHORIZED, credential=credential, options=RunOptions(workers=1)
    )

    assert tested.stop.reason == StopReason(
        cause=StopCause.UNAUTHORIZED, message="the password is wrong"
    )
    assert client.sent == ["n0"]
    assert shown(journal) == ["a.csv:2 n0 failed", "a.csv:3 n1 not_attempted"]


def test_renewal_does_not_count_as_an_attempt(tmp_path: Path) -> None:
    """A throttled row keeps its last attempt if the token expires meanwhile."""
    journal = journal_of(tmp_path, 1)
    credential = FixedCredential(True)
    options = RunOptions(workers=1, retry=RetryPolicy(attempts_max=2))

    _, client = run(journal, THROTTLED, UNAUTHORIZED, credential=credential, options=options)

    assert client.sent == ["n0"] * 3
    assert statuses(journal) == {"created": 1}


def test_stopped_run_does_not_renew_a_token(tmp_path: Path) -> None:
    """An IAM that does not respond cannot delay the end of the run."""
    journal = journal_of(tmp_path, 2)
    credential = FixedCredential(True)

    def interrupt(tested: RunUnderTest, _step: int) -> None:
        if tested.counters.in_flight:
            tested.stop.request_stop(INTERRUPTED)

    tested, client = run(
        journal,
        UNAUTHORIZED,
        credential=credential,
        options=RunOptions(workers=1),
        on_step=interrupt,
    )

    assert (client.sent, credential.renewed, tested.stop.reason) == (["n0"], 0, INTERRUPTED)
    assert shown(journal) == ["a.csv:2 n0 failed", "a.csv:3 n1 not_attempted"]


def test_unknown_rows_stay_unknown_without_reconciler(tmp_path: Path) -> None:
    """Only the preflight reads the task list, and no task is sent twice."""
    journal = journal_of(tmp_path, 2)

    tested, client = run(
        journal, create_then_reply(RESET), options=RunOptions(does_reconcile=False)
    )

    assert (client.sent, client.listed) == (["n0", "n1"], 1)
    assert shown(journal) == ["a.csv:2 n0 unknown", "a.csv:3 n1 created id-2"]
    assert tested.counters == RunCounters(planned=2, created=1, unknown=1, attempts=2)


@pytest.mark.parametrize(
    ("step", "interrupts", "rate_per_s"),
    [
        pytest.param(*case, marks=[pytest.mark.long] * (number % 3 > 0))
        for number, case in enumerate(product(range(2, 30), (1, 2), (20.0, 1000.0)))
    ],
)
def test_interrupted_run_reports_the_tasks_it_sent(
    tmp_path: Path, step: int, interrupts: int, rate_per_s: float
) -> None:
    """Requests in flight finish, or are unknown after a second signal; other rows are pending."""
    journal = journal_of(tmp_path, 8)

    def interrupt(tested: RunUnderTest, number: int) -> None:
        if number == step:
            tested.stop.request_stop(INTERRUPTED)
        if number == step and interrupts == 2:
            tested.stop.cancel()

    options = RunOptions(workers=3, rate_per_s=rate_per_s, commit_s=0.01)
    tested, client = run(journal, options=options, on_step=interrupt)

    assert tested.stop.reason == INTERRUPTED
    found = {row.task_name: row for row in journal.results()}
    unsent = set(found) - set(client.sent)
    assert {found[name].status for name in unsent} <= {"not_attempted"}
    assert {found[name].attempts for name in unsent} <= {0}
    assert {found[name].status for name in client.sent} <= (
        {"created"} if interrupts == 1 else {"created", "unknown"}
    )
    assert tested.counters.in_flight == 0


@pytest.mark.parametrize("rate_per_s", [20.0, 1000.0], ids=["slow", "fast"])
@pytest.mark.parametrize("step", range(2, 20))
def test_cancelled_run_records_only_sent_tasks_as_unknown(
    tmp_path: Path, step: int, rate_per_s: float
) -> None:
    """A task whose request was not sent stays pending."""
    journal = journal_of(tmp_path, 8)

    async def main() -> ScriptedClient:
        me, steps = asyncio.current_task(), iter(range(1, 1_000))
        assert me is not None

        def cancel() -> None:
            if next(steps) == step:
                me.cancel()

        client = ScriptedClient(ModelServer(), on_step=cancel)
        options = RunOptions(workers=3, rate_per_s=rate_per_s, commit_s=0.01)
        with contextlib.suppress(asyncio.CancelledError):
            await RunUnderTest(journal, client, options).run()
        return client

    client = run_virtually(main())

    journal.apply_log()
    unknown = {row.task_name for row in journal.results() if row.status == "unknown"}
    assert unknown <= set(client.sent)


def test_interrupt_between_two_attempts_keeps_the_last_response(tmp_path: Path) -> None:
    """A throttled row has failed with 429 and counts one attempt."""
    journal = journal_of(tmp_path, 1)

    def interrupt(tested: RunUnderTest) -> None:
        tested.stop.request_stop(INTERRUPTED)

    def in_the_pause(tested: RunUnderTest, _step: int) -> None:
        if tested.counters.attempts == 1 and tested.stop.reason is None:
            asyncio.get_running_loop().call_later(3, interrupt, tested)

    run(journal, THROTTLED, on_step=in_the_pause)

    (row,) = journal.results()
    assert (row.status, row.http_status, row.attempts) == ("failed", 429, 1)


class UncancellableGate(Gate):
    """A rate limiter that admits a cancelled worker, as a late cancellation can."""

    async def acquire(self) -> float:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(1)
        return asyncio.get_running_loop().time()


def test_stopped_run_sends_nothing(tmp_path: Path) -> None:
    """A worker that claims a task at the moment of the stop does not send it."""
    journal = journal_of(tmp_path, 3)

    def interrupt(tested: RunUnderTest, number: int) -> None:
        if (
            number == 2
        ):  # the preflight has read the task list; a second later the gate admits the worker
            asyncio.get_running_loop().call_later(0.5, tested.stop.request_stop, INTERRUPTED)

    _, client = run(
        journal, options=RunOptions(workers=1), gate=UncancellableGate, on_step=interrupt
    )

    assert client.sent == []
    assert statuses(journal) == {"not_attempted": 3}
    assert [row.attempts for row in journal.results()] == [0, 0, 0]


def test_failed_journal_stops_the_run(tmp_path: Path) -> None:
    """Requests in flight are answered, no further one is sent, and lost outcomes are kept."""
    journal = journal_of(tmp_path, 20)
    runs: list[RunUnderTest] = []

    def fill_the_disk(tested: RunUnderTest, _step: int) -> None:
        if not runs and tested.counters.attempts == 5:
            runs.append(tested)
            journal._connection.execute(WRITING_FAILS)

    with pytest.raises(JournalError, match="disk is full"):
        run(journal, options=RunOptions(workers=2), on_step=fill_the_disk)

    (tested,) = runs
    assert tested.stop.reason is not None
    assert tested.stop.reason.cause is StopCause.JOURNAL
    assert "disk is full" in tested.stop.reason.message
    assert tested.counters.attempts <= 7
    journal.apply_log()
    assert tested.writer is not None
    lost = len(tested.writer.unwritten)
    assert statuses(journal) == {
        "created": tested.counters.created - lost,
        "not_attempted": 20 - tested.counters.attempts,
    } | ({"unknown": lost} if lost else {})


def logged(
    folder: Path, actions: Sequence[ServerAction], *, is_verbose: bool
) -> Sequence[dict[str, object]]:
    options = RunOptions(workers=1, is_verbose=is_verbose, does_reconcile=False)
    tested, _ = run(journal_of(folder, 3), *actions, options=options)
    return [dict(line) for line in tested.logged]


def test_events_contain_the_row(tmp_path: Path) -> None:
    """Each retry and each final outcome is one event."""
    actions = [THROTTLED, SUCCESS, reply_only(error_reply(400, "FDI.7", "no")), FAULT]

    found = logged(tmp_path, actions, is_verbose=True)

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


def test_created_tasks_are_logged_if_verbose(tmp_path: Path) -> None:
    """By default, only failed, unknown and retried tasks are logged."""
    found = logged(tmp_path, [SUCCESS, FAULT], is_verbose=False)

    assert [line["event"] for line in found] == ["task.unknown"]


def test_run_stopped_before_its_start_sends_nothing(tmp_path: Path) -> None:
    """Workers check the stop switch before they claim a task."""
    journal = journal_of(tmp_path, 3)

    def interrupt(tested: RunUnderTest, number: int) -> None:
        if number == 1:
            tested.stop.request_stop(INTERRUPTED)

    tested, client = run(journal, on_step=interrupt)

    assert client.sent == []
    assert tested.stop.reason == INTERRUPTED
