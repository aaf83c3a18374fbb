"""Preflight: existing tasks and free quota of each instance."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from batchcreate.auth import Credential
from batchcreate.errors import PlanError
from batchcreate.journal import Journal, UnknownTask
from batchcreate.models import Signal, Target, TaskId
from batchcreate.pipeline.values import Forecast
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
        "the server does not let this account list the tasks",
        "check --project-id, --instance-id and the permissions of the account",
    ),
    Signal.REDIRECTED: (
        StopCause.REDIRECTED,
        "the server wants to send us elsewhere",
        "nothing is sent to another host: correct --endpoint",
    ),
    Signal.UNTRUSTED: (
        StopCause.UNTRUSTED,
        "the server cannot be trusted",
        "check --endpoint; a certificate of your own authority needs --ca-file",
    ),
}
_OUTAGE: Final = (
    StopCause.OUTAGE,
    "the tasks cannot be listed",
    "check --endpoint, or run the same command again when the service has recovered",
)


async def run_preflight(
    targets: Iterable[Target], look: ListTasks, credential: Credential
) -> Mapping[Target, TaskList] | StopReason:
    """
    List every instance of the batch, one after the other.

    A wrong AK/SK locks its key after a few failures, so the first call goes out alone, and
    one refused authentication ends the run (FAQ on IAM authentication information).

    Args:
        targets: the instances.
        look: lists one.
        credential: that of the requests.

    """
    inventories: dict[Target, TaskList] = {}
    for target in targets:
        listing = await look(target)
        if isinstance(listing, Incomplete):
            return _halt(target, listing, credential, inventories)
        inventories[target] = listing
    return inventories


def _halt(
    target: Target, listing: Incomplete, credential: Credential, listed: Collection[Target]
) -> StopReason:
    """Say why *target* cannot be listed, where others were *listed* before."""
    cause, found, remedy = _CAUSES.get(listing.signal, _OUTAGE)
    served = {each.project_id for each in listed}
    is_foreign = served and target.project_id not in served
    if cause in _REFUSALS and is_foreign and credential.is_of_one_project:
        remedy = (
            f"the token is good for project {', '.join(served)} and belongs to one project only: "
            "use an IAM user or an access key (AK/SK), or a file and a token for each project"
        )
    elif cause is StopCause.UNAUTHORIZED:
        remedy = f"{credential.remedy}; then run the same command again"
    where = f"project {target.project_id}, instance {target.instance_id}"
    message = f"{found} ({where}: {listing.reason}); nothing was sent: {remedy}"
    return StopReason(cause=cause, message=message)


def skip_existing(
    journal: Journal, inventories: Mapping[Target, TaskList], *, is_abort: bool
) -> int:
    """
    Take the tasks whose names exist already out of the work; return how many there were.

    Raises:
        PlanError: there is one, and *is_abort* says not to go on then.

    """
    found: dict[int, TaskId] = {}
    names: list[str] = []
    for target, inventory in inventories.items():
        for task, name in journal.work.existing(target, inventory.ids):
            found[task] = inventory.ids[name][0]
            names.append(name)
    if found and is_abort:
        msg = (
            f"{len(found)} tasks exist already ({_some(names)}) and --on-existing is abort; "
            "nothing was sent: rename or remove these rows, or use --on-existing skip"
        )
        raise PlanError(msg)
    journal.skip_existing(found)
    return len(found)


def require_room(
    to_send: Mapping[Target, int],
    inventories: Mapping[Target, TaskList],
    *,
    quota: int,
    unsettled: Sequence[UnknownTask] = (),
) -> None:
    """
    Check that the tasks to be sent fit into the quota of their instances.

    An instance holds 1,000 data integration tasks of all kinds (product description, usage
    limits). An instance that gets no new tasks is not looked at: there the unsettled ones may
    exist already, and only the run can tell.

    Args:
        to_send: how many new tasks each instance is to get.
        inventories: what each instance has.
        quota: how many tasks an instance holds.
        unsettled: tasks that may be sent again; those that are listed need no further place.

    Raises:
        PlanError: they do not.

    """
    absent = Counter(
        row.pending.key.target
        for row in unsettled
        if row.may_resend
        and row.pending.key.task_name not in inventories[row.pending.key.target].ids
    )
    for target, count in to_send.items():
        used, again = inventories[target].total, absent[target]
        room = max(0, quota - used)
        if count + again > room:
            wanted = counted(count, "new row")
            if again:
                wanted = f"{wanted} and {counted(again, 'unsettled one')} that may be sent again"
            msg = (
                f"instance {target.instance_id} has room for {room} more tasks ({used} of {quota} "
                f"are used), but not for {wanted}; nothing was sent: send fewer with "
                f"--limit {max(0, room - again)}, spread the rows over more instances, or raise "
                "--quota"
            )
            raise PlanError(msg)


def forecast(
    journal: Journal,
    inventories: Mapping[Target, TaskList],
    unsettled: Sequence[UnknownTask],
    *,
    quota: QuotaSettings,
    rate: RateSettings,
    is_simulated: bool,
) -> Forecast | None:
    """
    Return what the work of *journal* will take; ``None`` where nothing is left to do.

    Raises:
        PlanError: the tasks to be sent do not fit into their instances.

    """
    to_send = journal.work.count_per_target()
    require_room(to_send, inventories, quota=quota.quota_tasks, unsettled=unsettled)
    if not to_send and not unsettled:
        return None
    return Forecast(
        is_simulated=is_simulated,
        to_send=to_send,
        used={target: found.total for target, found in inventories.items()},
        quota=quota.quota_tasks,
        unknown=len(unsettled),
        rate_per_s=rate.rate_per_s,
        headroom=rate.headroom_share,
    )


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_NAMED_MAX])
    return f"{shown}, …" if len(names) > _NAMED_MAX else shown
