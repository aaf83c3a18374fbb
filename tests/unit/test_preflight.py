"""Before anything is sent: what exists already, and whether the batch fits."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from batchcreate.auth import Credential, Token
from batchcreate.errors import PlanError
from batchcreate.journal import Journal, Pending, UnknownTask
from batchcreate.models import Signal, Target, TaskId
from batchcreate.pipeline.plan import Forecast
from batchcreate.pipeline.preflight import forecast, require_room, run_preflight, skip_existing
from batchcreate.pool import StopCause, StopReason
from batchcreate.pool.reconciler import ListTasks
from batchcreate.secret import Secret
from batchcreate.settings import QuotaSettings, RateSettings
from batchcreate.task_list import Incomplete, TaskList
from tests.fakes import FixedCredential, reopened
from tests.journals import shown, target, task

EMPTY = TaskList(ids={}, total=0)


def holding(**ids: str) -> TaskList:
    return TaskList(ids={name: [TaskId(ids[name])] for name in ids}, total=len(ids))


async def baseline(
    listings: Mapping[str, TaskList | Incomplete], credential: Credential | None = None
) -> tuple[Mapping[Target, TaskList] | StopReason, list[str]]:
    """Take the baseline of instances; return it and which of them were listed."""
    asked: list[str] = []

    async def look(target: Target) -> TaskList | Incomplete:
        asked.append(target.instance_id)
        return listings[target.instance_id]

    targets = [target(name) for name in listings]
    return await run_preflight(targets, look, credential or FixedCredential()), asked


async def test_every_instance_is_listed() -> None:
    """One after the other, each once."""
    found, asked = await baseline({"i1": EMPTY, "i2": holding(a="1")})

    assert found == {target("i1"): EMPTY, target("i2"): holding(a="1")}
    assert asked == ["i1", "i2"]


@pytest.mark.parametrize(
    ("signal", "halt"),
    [
        (
            Signal.UNAUTHORIZED,
            StopReason(
                cause=StopCause.UNAUTHORIZED,
                message="the server does not accept the credentials (project p1, instance i1: why); nothing was sent: "
                "mend it; then run the same command again",
            ),
        ),
        (
            Signal.FORBIDDEN,
            StopReason(
                cause=StopCause.FORBIDDEN,
                message="this account is not allowed to list tasks (project p1, "
                "instance i1: why); nothing was sent: check --project-id, --instance-id and the permissions "
                "of the account",
            ),
        ),
        (
            Signal.REDIRECTED,
            StopReason(
                cause=StopCause.REDIRECTED,
                message="the server answered with a redirect (project p1, instance i1: why); nothing was sent: "
                "redirects are not followed: correct --endpoint",
            ),
        ),
        (
            Signal.UNTRUSTED,
            StopReason(
                cause=StopCause.UNTRUSTED,
                message="the server's certificate cannot be verified (project p1, instance i1: why); nothing was sent: "
                "check --endpoint; for a private certificate authority, give --ca-file",
            ),
        ),
        *(
            (
                signal,
                StopReason(
                    cause=StopCause.OUTAGE,
                    message="the task list cannot be read (project p1, instance i1: why); "
                    "nothing was sent: check --endpoint, or run the same command again once the service has "
                    "recovered",
                ),
            )
            for signal in (
                Signal.NONE,
                Signal.THROTTLED,
                Signal.UNREACHABLE,
                Signal.SERVER_FAULT,
            )
        ),
    ],
    ids=lambda value: value.value if isinstance(value, Signal) else "",
)
async def test_an_instance_that_cannot_be_listed_ends_the_run(
    signal: Signal, halt: StopReason
) -> None:
    """The first call is the only one: a wrong key must not be tried twice."""
    found, asked = await baseline({"i1": Incomplete(reason="why", signal=signal), "i2": EMPTY})

    assert (found, asked) == (halt, ["i1"])


@pytest.mark.parametrize("signal", [Signal.UNAUTHORIZED, Signal.FORBIDDEN])
async def test_a_token_that_serves_one_project_only_is_told(signal: Signal) -> None:
    """Where it was good for one, the way out is another credential, not a renewed one."""

    def look(signal: Signal) -> ListTasks:
        async def answer(target: Target) -> TaskList | Incomplete:
            return EMPTY if target.project_id == "p1" else Incomplete(reason="why", signal=signal)

        return answer

    targets = [target("i1"), other := replace(target("i2"), project_id="p2")]
    token = Token(Secret("canary"))
    found = await run_preflight(targets, look(signal), token)
    alone = await run_preflight([other], look(signal), token)
    fault = await run_preflight(targets, look(Signal.SERVER_FAULT), token)

    remedy = "the token is valid for project p1 only: use an IAM user"
    assert isinstance(found, StopReason)
    assert f"(project p2, instance i2: why); nothing was sent: {remedy}" in found.message
    assert isinstance(alone, StopReason)
    assert remedy not in alone.message
    assert isinstance(fault, StopReason)
    assert remedy not in fault.message


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    """Five rows of one instance and one of another."""
    return reopened(tmp_path / "results", ["a", "b", "c", "d", "e", "f", "a@i2"])


def test_what_exists_is_skipped(journal: Journal) -> None:
    """Names count on their own instance only, to the letter."""
    inventories = {target("i1"): holding(b="7", A="8"), target("i2"): EMPTY}

    count = skip_existing(journal, inventories, is_abort=False)

    assert count == 1
    assert shown(journal)[:3] == [
        "a.csv:2 a not_attempted",
        "a.csv:3 b skipped 7",
        "a.csv:4 c not_attempted",
    ]
    assert journal.work.count_per_target() == {target("i1"): 5, target("i2"): 1}


@pytest.mark.parametrize("is_abort", [False, True], ids=["skip", "abort"])
def test_nothing_is_skipped_where_nothing_exists(journal: Journal, *, is_abort: bool) -> None:
    """An empty server is no reason to stop."""
    assert skip_existing(journal, {target("i1"): EMPTY}, is_abort=is_abort) == 0


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ("ab", r"2 tasks already exist \(a, b\); --on-existing is abort, so nothing was sent"),
        ("abcdef", r"6 tasks already exist \(a, b, c, d, e, …\); --on-existing is abort"),
    ],
    ids=["two", "many"],
)
def test_on_request_what_exists_ends_the_run(journal: Journal, names: str, message: str) -> None:
    """The journal stays as it was."""
    inventories = {target("i1"): holding(**dict.fromkeys(names, "7"))}
    before = shown(journal)

    with pytest.raises(PlanError, match=message):
        skip_existing(journal, inventories, is_abort=True)

    assert shown(journal) == before


def test_a_batch_that_fits_exactly_may_go() -> None:
    """The last free place counts."""
    require_room({target(): 999}, {target(): holding(a="1")}, quota=1000)


@pytest.mark.parametrize(
    ("used", "room"), [(1, 9), (10, 0), (12, 0)], ids=["too few places", "none", "over quota"]
)
def test_a_batch_that_does_not_fit_is_not_begun(used: int, room: int) -> None:
    """The message says how many rows would fit."""
    message = (
        rf"^instance i1 has {room} free tasks \({used} of 10 used\), but 10 new rows are needed; "
        rf"nothing was sent: send fewer with --limit {room}, "
    )

    with pytest.raises(PlanError, match=message):
        require_room({target(): 10}, {target(): TaskList(ids={}, total=used)}, quota=10)


def unknown_task(name: str, *, instance: str = "i1", may_resend: bool = True) -> UnknownTask:
    """Return a task that an earlier run sent, and whose answer was lost."""
    sent = task(f"{name}@{instance}", 2)
    pending = Pending(task=1, location=sent.location, key=sent.key, body=sent.body, may_exist=True)
    return UnknownTask(
        pending=pending,
        intent=1,
        last_ms=0,
        http_status=None,
        error_code="",
        reason="no answer in time",
        is_recorded=True,
        may_resend=may_resend,
    )


def test_rows_that_may_be_sent_again_need_room_too() -> None:
    """An unsettled row that the list does not show may take a place of its own."""
    inventories = {target(): holding(a="1", lost="2")}
    rows = [unknown_task("lost"), unknown_task("gone"), unknown_task("other", may_resend=False)]

    require_room({target(): 7}, inventories, quota=10, unknown=rows)
    with pytest.raises(
        PlanError,
        match=r"8 free tasks \(2 of 10 used\), but 8 new rows and 1 with unknown outcome are needed; "
        r"nothing was sent: send fewer with --limit 7, ",
    ):
        require_room({target(): 8}, inventories, quota=10, unknown=rows)


def test_rows_that_are_to_be_settled_are_not_kept_from_it() -> None:
    """An instance that gets nothing new may be full: its unsettled rows may be in it already."""
    rows = [unknown_task("lost"), unknown_task("gone", instance="i2")]
    full = TaskList(ids={}, total=10)

    require_room(
        {target("i1"): 1},
        {target("i1"): holding(lost="1"), target("i2"): full},
        quota=10,
        unknown=rows,
    )


async def test_what_sending_takes_is_told_ahead(journal: Journal) -> None:
    """Tasks to create and places taken are those of each instance; the pace is the configured one."""
    to_send = journal.work.count_per_target()
    inventories = dict.fromkeys(to_send, holding(a="1"))

    outlook = forecast(
        journal,
        inventories,
        [unknown_task("lost")],
        quota=QuotaSettings(quota_tasks=100),
        rate=RateSettings(rate_per_s=5.0, headroom_share=0.5),
        is_simulated=True,
    )

    assert to_send
    assert outlook == Forecast(
        is_simulated=True,
        to_send=to_send,
        used=dict.fromkeys(to_send, 1),
        quota=100,
        unknown=1,
        rate_per_s=5.0,
        headroom=0.5,
    )


def test_a_run_with_nothing_left_to_do_has_no_outlook(tmp_path: Path) -> None:
    """A row that is to be settled is something to do."""
    inventories = {target(): EMPTY}

    with Journal.open(tmp_path / "results") as journal:
        journal.work.select_for_retry()
        done, left = (
            forecast(
                journal,
                inventories,
                rows,
                quota=QuotaSettings(),
                rate=RateSettings(),
                is_simulated=False,
            )
            for rows in ([], [unknown_task("lost")])
        )

    assert done is None
    assert left is not None
    assert (left.total, left.unknown) == (0, 1)
