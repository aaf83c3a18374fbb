"""What is said before anything is sent: what was read, what is left to do, how long it takes."""

from collections.abc import Iterator
from typing import Final

from batchcreate.cli.notices import cleaned, left_out
from batchcreate.models import Status, Target
from batchcreate.pipeline.values import Outlook, Plan
from batchcreate.report.wording import spell_duration
from batchcreate.text import counted

TARGETS_SHOWN: Final = 10
PASSED_OVER_SHOWN: Final = 5


def describe_plan(plan: Plan) -> Iterator[str]:
    """Yield what was read and what the batch looks like."""
    has = plan.summary.counts
    read = " read" if plan.notices.sheets else ""
    parts = [f"{counted(plan.rows, 'row')}{read}", f"{sum(plan.to_send.values())} to send"]
    if len(plan.to_send) > 1:
        parts[-1] += f" to {len(plan.to_send)} instances"
    for status, words in (
        (Status.REJECTED, "rejected"),
        (Status.CREATED, "created earlier"),
        (Status.SKIPPED, "skipped"),
        (Status.UNKNOWN, "unknown"),
    ):
        if has[status]:
            parts.append(f"{has[status]} {words}")
    left = has[Status.NOT_ATTEMPTED] + has[Status.FAILED] - sum(plan.to_send.values())
    if left:
        parts.append(f"{left} left for later")
    yield ", ".join(parts)
    if plan.notices.is_astray:
        yield (
            "  from a to-fix file whose batch is not in this results folder: to go on with it,"
            " answer no and name its folder with --results"
        )
    yield from left_out(plan.notices, most=PASSED_OVER_SHOWN)
    yield from cleaned(plan.notices, most=1)


def describe_outlook(outlook: Outlook) -> Iterator[str]:
    """Yield what goes where, and how long it will take."""
    targets = list(outlook.to_send)
    if targets:
        yield f"  endpoint: {targets[0].endpoint}"
    for target in targets[:TARGETS_SHOWN]:
        yield f"  {_goes_to(target, outlook)}"
    if len(targets) > TARGETS_SHOWN:
        rest = [outlook.to_send[target] for target in targets[TARGETS_SHOWN:]]
        yield f"  {counted(sum(rest), 'task')} to {counted(len(rest), 'more instance')}"
    if outlook.unsettled:
        rows = counted(outlook.unsettled, "unsettled row")
        yield f"  {rows} of earlier runs: looked up first, sent again where nothing came of it"
    if outlook.total:
        tasks = counted(outlook.total, "task")
        yield f"  {tasks} at {outlook.rate_per_s:g}/s: about {spell_duration(max(1, round(outlook.expected_s)))}"


def question(outlook: Outlook) -> str:
    """Return what is asked before anything is sent."""
    if not outlook.total:
        return f"Look up {counted(outlook.unsettled, 'unsettled row')}?"
    several = len(outlook.to_send) > 1
    where = f" in {len(outlook.to_send)} instances" if several else ""
    return f"Create {counted(outlook.total, 'task')}{where}?"


def _goes_to(target: Target, outlook: Outlook) -> str:
    tasks = counted(outlook.to_send[target], "task")
    where = f"{tasks} to project {target.project_id}, instance {target.instance_id}"
    if target not in outlook.used:
        return where
    room = max(0, outlook.quota - outlook.used[target])
    return f"{where} (room for {room} of {outlook.quota})"
