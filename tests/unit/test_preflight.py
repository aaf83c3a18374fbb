"""The preflight skips existing tasks and refuses a batch that exceeds the quota."""

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
from tests.fakes import FixedCredential, open_for_sending
from tests.journals import shown, target, task

EMPTY = TaskList(ids={}, total=0)


def holding(**ids: str) -> TaskList:
    return TaskList(ids={name: [TaskId(ids[name])] for name in ids}, total=len(ids))


async def preflight(
    task_lists: Mapping[str, TaskList | Incomplete], credential: Credential | None = None
) -> tuple[Mapping[Target, TaskList] | StopReason, list[str]]:
    """Run the preflight; return its result and the instances that were listed."""
    asked: list[str] = []

    async def list_tasks(target: Target) -> TaskList | Incomplete:
        asked.append(target.instance_id)
        return task_lists[target.instance_id]

    targets = [target(name) for name in task_lists]
    return await run_preflight(targets, list_tasks, credential or FixedCredential()), asked


async def test_every_task_list_is_read_once() -> None:
    """The instances are listed one after the other."""
    found, asked = await preflight({"i1": EMPTY, "i2": holding(a="1")})

    assert found == {target("i1"): EMPTY, target("i2"): holding(a="1")}
    assert asked == ["i1", "i2"]


@pytest.mark.parametrize(
    ("signal", "reason"),
    [
        (
            Signal.UNAUTHORIZED,
            StopReason(
                cause=StopCause.UNAUTHORIZED,
                message="the server does not accept the credentials (project p1, instance i1: why); nothing was sent: "
                "fix it; then run the same command again",
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
async def test_failed_task_list_stops_the_run(signal: Signal, reason: StopReason) -> None:
    """Further instances are not listed, because refused credentials must not be sent twice."""
    found, asked = await preflight({"i1": Incomplete(reason="why", signal=signal), "i2": EMPTY})

    assert (found, asked) == (reason, ["i1"])


@pytest.mark.parametrize("signal", [Signal.UNAUTHORIZED, Signal.FORBIDDEN])
async def test_token_of_another_project_is_reported(signal: Signal) -> None:
    """If the token is valid for one project, the message recommends another credential."""

    def list_with(signal: Signal) -> ListTasks:
        async def answer(target: Target) -> TaskList | Incomplete:
            return EMPTY if target.project_id == "p1" else Incomplete(reason="why", signal=signal)

        return answer

    targets = [target("i1"), other := replace(target("i2"), project_id="p2")]
    token = Token(Secret("canary"))
    found = await run_preflight(targets, list_with(signal), token)
    alone = await run_preflight([other], list_with(signal), token)
    fault = await run_preflight(targets, list_with(Signal.SERVER_FAULT), token)

    remedy = "the token is valid for project p1 only: use an IAM user"
    assert isinstance(found, StopReason)
    assert f"(project p2, instance i2: why); nothing was sent: {remedy}" in found.message
    assert isinstance(alone, StopReason)
    assert remedy not in alone.message
    assert isinstance(fault, StopReason)
    assert remedy not in fault.message


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    """Return a journal with six rows of one instance and one of another."""
    return open_for_sending(tmp_path / "results", ["a", "b", "c", "d", "e", "f", "a@i2"])


def test_existing_tasks_are_skipped(journal: Journal) -> None:
    """Names are compared per instance and case-sensitively."""
    task_lists = {target("i1"): holding(b="7", A="8"), target("i2"): EMPTY}

    count = skip_existing(journal, task_lists, is_abort=False)

    assert count == 1
    assert shown(journal)[:3] == [
        "a.csv:2 a not_attempted",
        "a.csv:3 b skipped 7",
        "a.csv:4 c not_attempted",
    ]
    assert journal.work.count_per_target() == {target("i1"): 5, target("i2"): 1}


@pytest.mark.parametrize("is_abort", [False, True], ids=["skip", "abort"])
def test_empty_task_list_skips_nothing(journal: Journal, *, is_abort: bool) -> None:
    """A run with --on-existing abort continues if the instance has no tasks."""
    assert skip_existing(journal, {target("i1"): EMPTY}, is_abort=is_abort) == 0


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ("ab", r"2 tasks already exist \(a, b\); --on-existing is abort, so nothing was sent"),
        ("abcdef", r"6 tasks already exist \(a, b, c, d, e, …\); --on-existing is abort"),
    ],
    ids=["two", "many"],
)
def test_existing_tasks_stop_the_run_with_abort(
    journal: Journal, names: str, message: str
) -> None:
    """The journal is not changed."""
    task_lists = {target("i1"): holding(**dict.fromkeys(names, "7"))}
    before = shown(journal)

    with pytest.raises(PlanError, match=message):
        skip_existing(journal, task_lists, is_abort=True)

    assert shown(journal) == before


def test_batch_that_fits_exactly_is_accepted() -> None:
    """The last free task of the quota can be used."""
    require_room({target(): 999}, {target(): holding(a="1")}, quota=1000)


@pytest.mark.parametrize(
    ("used", "room"), [(1, 9), (10, 0), (12, 0)], ids=["too few free", "none free", "over quota"]
)
def test_batch_over_the_quota_is_refused(used: int, room: int) -> None:
    """The message contains the number of rows that fit."""
    message = (
        rf"^instance i1 has {room} free tasks \({used} of 10 used\), but 10 new rows are needed; "
        rf"nothing was sent: send fewer with --limit {room}, "
    )

    with pytest.raises(PlanError, match=message):
        require_room({target(): 10}, {target(): TaskList(ids={}, total=used)}, quota=10)


def unknown_task(name: str, *, instance: str = "i1", may_resend: bool = True) -> UnknownTask:
    """Return a task that an earlier run sent without receiving a response."""
    sent = task(f"{name}@{instance}", 2)
    pending = Pending(task=1, location=sent.location, key=sent.key, body=sent.body)
    return UnknownTask(
        pending=pending,
        intent=1,
        http_status=None,
        error_code="",
        reason="no answer in time",
        is_recorded=True,
        may_resend=may_resend,
    )


def test_unknown_rows_count_towards_the_quota() -> None:
    """An unknown row that is not in the task list may require a task."""
    task_lists = {target(): holding(a="1", lost="2")}
    rows = [unknown_task("lost"), unknown_task("gone"), unknown_task("other", may_resend=False)]

    require_room({target(): 7}, task_lists, quota=10, unknown=rows)
    with pytest.raises(
        PlanError,
        match=r"8 free tasks \(2 of 10 used\), but 8 new rows and 1 with unknown outcome are needed; "
        r"nothing was sent: send fewer with --limit 7, ",
    ):
        require_room({target(): 8}, task_lists, quota=10, unknown=rows)


def test_unknown_rows_alone_are_not_refused() -> None:
    """An instance without new rows may be full, because its unknown rows may exist already."""
    rows = [unknown_task("lost"), unknown_task("gone", instance="i2")]
    full = TaskList(ids={}, total=10)

    require_room(
        {target("i1"): 1},
        {target("i1"): holding(lost="1"), target("i2"): full},
        quota=10,
        unknown=rows,
    )


async def test_forecast_contains_tasks_quota_and_rate(journal: Journal) -> None:
    """Tasks to send and tasks in use are counted per instance; the rate is the configured one."""
    to_send = journal.work.count_per_target()
    task_lists = dict.fromkeys(to_send, holding(a="1"))

    forecasted = forecast(
        journal,
        task_lists,
        [unknown_task("lost")],
        quota=QuotaSettings(quota_tasks=100),
        rate=RateSettings(rate_per_s=5.0, headroom_share=0.5),
        is_simulated=True,
    )

    assert to_send
    assert forecasted == Forecast(
        is_simulated=True,
        to_send=to_send,
        used=dict.fromkeys(to_send, 1),
        quota=100,
        unknown=1,
        rate_per_s=5.0,
        headroom=0.5,
    )


def test_run_without_pending_rows_has_no_forecast(tmp_path: Path) -> None:
    """A row to reconcile is sufficient for a forecast."""
    task_lists = {target(): EMPTY}

    with Journal.open(tmp_path / "results") as journal:
        journal.work.select_for_retry()
        done, pending = (
            forecast(
                journal,
                task_lists,
                rows,
                quota=QuotaSettings(),
                rate=RateSettings(),
                is_simulated=False,
            )
            for rows in ([], [unknown_task("lost")])
        )

    assert done is None
    assert pending is not None
    assert (pending.total, pending.unknown) == (0, 1)
