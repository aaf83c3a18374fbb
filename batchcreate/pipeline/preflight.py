"""Preflight: existing tasks and free quota of each instance."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from batchcreate.auth import Credential
from batchcreate.errors import PlanError
from batchcreate.journal import Journal, UnknownTask
from batchcreate.models import Signal, Target, TaskId
from batchcreate.pipeline.plan import Forecast
from batchcreate.pool import ListTasks, StopCause, StopReason
from batchcreate.settings import QuotaSettings, RateSettings
from batchcreate.task_list import Incomplete, TaskList
from batchcreate.text import counted

_NAMED_MAX: Final = 5
_REFUSALS: Final = (StopCause.UNAUTHORIZED, StopCause.FORBIDDEN)

_CAUSES: Final[Mapping[Signal, tuple[StopCause, str, str]]] = {
    Signal.UNAUTHORIZED: (
        StopCause.UNAUTHORIZED,
        "the server does not accept the credentials",
        "",
    ),
    Signal.FORBIDDEN: (
        StopCause.FORBIDDEN,
        "this account is not allowed to list tasks",
        "check --project-id, --instance-id and the permissions of the account",
    ),
    Signal.REDIRECTED: (
        StopCause.REDIRECTED,
        "the server answered with a redirect",
        "redirects are not followed: correct --endpoint",
    ),
    Signal.UNTRUSTED: (
        StopCause.UNTRUSTED,
        "the server's certificate cannot be verified",
        "check --endpoint; for a private certificate authority, give --ca-file",
    ),
}
_OUTAGE: Final = (
    StopCause.OUTAGE,
    "the task list cannot be read",
    "check --endpoint, or run the same command again once the service has recovered",
)


async def run_preflight(
    targets: Iterable[Target], list_tasks: ListTasks, credential: Credential
) -> Mapping[Target, TaskList] | StopReason:
    """
    Read the task list of every instance of the batch, one after the other.

    An access key is locked after a few failed authentications. Therefore the first request is
    sent alone, and one refusal stops the run (FAQ on IAM authentication information).

    Args:
        targets: the instances.
        list_tasks: reads the task list of an instance.
        credential: the credential of the requests.

    """
    task_lists: dict[Target, TaskList] = {}
    for target in targets:
        found = await list_tasks(target)
        if isinstance(found, Incomplete):
            return _stop_reason(target, found, credential, task_lists)
        task_lists[target] = found
    return task_lists


def _stop_reason(
    target: Target, incomplete: Incomplete, credential: Credential, listed: Collection[Target]
) -> StopReason:
    """Return the reason why the task list of *target* is missing; *listed* have theirs."""
    cause, problem, remedy = _CAUSES.get(incomplete.signal, _OUTAGE)
    projects = {each.project_id for each in listed}
    is_other_project = projects and target.project_id not in projects
    if cause in _REFUSALS and is_other_project and credential.is_of_one_project:
        remedy = (
            f"the token is valid for project {', '.join(projects)} only: "
            "use an IAM user or an access key (AK/SK), or a file and a token for each project"
        )
    elif cause is StopCause.UNAUTHORIZED:
        remedy = f"{credential.remedy}; then run the same command again"
    where = f"project {target.project_id}, instance {target.instance_id}"
    message = f"{problem} ({where}: {incomplete.reason}); nothing was sent: {remedy}"
    return StopReason(cause=cause, message=message)


def skip_existing(
    journal: Journal, task_lists: Mapping[Target, TaskList], *, is_abort: bool
) -> int:
    """
    Skip the tasks whose names already exist, and record all listed ids; return their number.

    Raises:
        PlanError: a name exists and *is_abort* is true.

    """
    found: dict[int, TaskId] = {}
    names: list[str] = []
    for target, task_list in task_lists.items():
        for task, name in journal.work.existing(target, task_list.ids):
            found[task] = task_list.ids[name][0]
            names.append(name)
    if found and is_abort:
        msg = (
            f"{counted(len(found), 'task')} already {'exists' if len(found) == 1 else 'exist'} "
            f"({_first(names)}); --on-existing is abort, so nothing was sent. Rename or remove "
            "these rows, or use --on-existing skip"
        )
        raise PlanError(msg)
    listed = {target: task_list.names for target, task_list in task_lists.items()}
    journal.record_preflight(listed, found)
    return len(found)


def require_room(
    to_send: Mapping[Target, int],
    task_lists: Mapping[Target, TaskList],
    *,
    quota: int,
    unknown: Sequence[UnknownTask] = (),
) -> None:
    """
    Check that the tasks to send fit into the quota of their instances.

    An instance holds 1,000 data integration tasks of all kinds (product description, usage
    limits). Instances without new tasks are not checked: their unknown tasks may exist already.

    Args:
        to_send: number of new tasks per instance.
        task_lists: the task list of each instance.
        quota: maximum number of tasks per instance.
        unknown: tasks that may be sent again; listed ones need no additional room.

    Raises:
        PlanError: the tasks do not fit.

    """
    absent = Counter(
        row.pending.key.target
        for row in unknown
        if row.may_resend
        and row.pending.key.task_name not in task_lists[row.pending.key.target].ids
    )
    for target, count in to_send.items():
        used, resent = task_lists[target].total, absent[target]
        room = max(0, quota - used)
        if count + resent > room:
            raise PlanError(_no_room(target.instance_id, (room, used, quota), count, resent))


def _no_room(instance_id: str, quota: tuple[int, int, int], count: int, resent: int) -> str:
    room, used, total = quota
    wanted = counted(count, "new row")
    if resent:
        wanted = f"{wanted} and {resent} with unknown outcome"
    return (
        f"instance {instance_id} has {counted(room, 'free task')} ({used} of {total} used), but "
        f"{wanted} are needed; nothing was sent: send fewer with --limit {max(0, room - resent)}, "
        "use more instances, or raise --quota"
    )


def forecast(
    journal: Journal,
    task_lists: Mapping[Target, TaskList],
    unknown: Sequence[UnknownTask],
    *,
    quota: QuotaSettings,
    rate: RateSettings,
    is_simulated: bool,
) -> Forecast | None:
    """
    Return the forecast for the pending tasks of *journal*, or None if there are none.

    Raises:
        PlanError: the tasks do not fit into their instances.

    """
    to_send = journal.work.count_per_target()
    require_room(to_send, task_lists, quota=quota.quota_tasks, unknown=unknown)
    if not to_send and not unknown:
        return None
    return Forecast(
        is_simulated=is_simulated,
        to_send=to_send,
        used={target: found.total for target, found in task_lists.items()},
        quota=quota.quota_tasks,
        unknown=len(unknown),
        rate_per_s=rate.rate_per_s,
        headroom=rate.headroom_share,
    )


def _first(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_NAMED_MAX])
    return f"{shown}, …" if len(names) > _NAMED_MAX else shown
