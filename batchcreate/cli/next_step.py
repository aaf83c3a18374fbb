"""What to do after a run, and the exact command for it; pure."""

from collections.abc import Sequence
from typing import Final

from batchcreate.advice import Owner, explain_group
from batchcreate.cli.typed import Typed
from batchcreate.models import Status
from batchcreate.pipeline.values import Ending
from batchcreate.settings import Settings

_CHOOSING: Final = ("--rows", "--limit", "--only")


def next_step(ending: Ending, settings: Settings, typed: Typed) -> str:
    """Return what to do next, in the order in which it pays."""
    has = ending.summary.counts
    all_rows = typed.without(*_CHOOSING)
    is_held = settings.strict and has[Status.REJECTED] > 0
    if ending.halt is not None or (settings.dry_run and has[Status.NOT_ATTEMPTED]):
        return f"{typed.without('--dry-run')}"
    if has[Status.NOT_ATTEMPTED] and not is_held:
        return f"send the rest: {all_rows}"
    if is_for_analysts(ending):
        return _mending(ending, all_rows)
    if has[Status.FAILED]:
        return f"{typed}"
    if has[Status.UNKNOWN]:
        return f"let the server's list settle the unknown rows: {typed}"
    return "nothing; every row has its task"


def is_for_analysts(ending: Ending) -> bool:
    """Tell whether analysts have something to mend."""
    return ending.summary.counts[Status.REJECTED] > 0 or any(
        group.status is Status.FAILED and explain_group(group).owner is Owner.ANALYST
        for group in ending.reports.causes
    )


def _mending(ending: Ending, typed: Typed) -> str:
    """Return who gets which file, and how it comes back."""
    files = [str(path) for name, path in ending.reports.files.items() if name.startswith("to_fix")]
    if not files:
        issues = ending.results / "issues.csv"
        return f"mend the cells listed in {issues}, then {typed}"
    who = f"hand {_enumerated(files)} to the analysts"
    if typed.name == "run":
        again = typed.on("run", files).adding("--results", str(ending.results))
        return f"{who}, then {again}"
    return f"{who}, then {_resumed(ending, typed, files)}"


def _resumed(ending: Ending, typed: Typed, files: Sequence[str]) -> Typed:
    """Return the run that takes up what a retry left; the journal knows the target, a run asks."""
    again = typed.on("run", files).adding("--results", str(ending.results))
    endpoint = ending.facts["endpoint"]
    again = (
        again.adding("--simulate")
        if endpoint == "simulator"
        else again.without("--region").adding("--endpoint", endpoint)
    )
    if len(ending.instances) == 1:
        project_id, instance_id = ending.instances[0]
        again = again.adding("--project-id", project_id).adding("--instance-id", instance_id)
    return again


def _enumerated(texts: Sequence[str]) -> str:
    *most, last = texts
    return f"{', '.join(most)} and {last}" if most else last
