"""The last lines of a run: counts per status, and the exact command to run next."""

import shlex
from collections.abc import Sequence
from typing import Final

from batchcreate.models import Status, Summary
from batchcreate.pipeline import Ending
from batchcreate.settings import Settings
from batchcreate.text import counted

_RETRIABLE: Final = (Status.NOT_ATTEMPTED, Status.FAILED)


def last_lines(ending: Ending, settings: Settings, arguments: Sequence[str]) -> str:
    """
    Return what the user reads last.

    Args:
        ending: how the run ended.
        settings: its settings.
        arguments: the command line as it was given.

    """
    again = shlex.join(["batchcreate", *arguments[1:]])
    lines = [ending.halt.message] if ending.halt is not None else []
    if settings.dry_run:
        return "\n".join([*lines, "dry run: nothing was sent", counts(ending.summary)])
    if settings.strict and ending.plan.rejected and ending.halt is None:
        lines.append("--strict: a row is rejected, so nothing was sent")
    lines += [
        f"results: {ending.results / 'results.csv'}",
        counts(ending.summary),
        f"next: {_next_step(ending, again)}",
    ]
    return "\n".join(lines)


def counts(summary: Summary) -> str:
    """Return the counts on one line; statuses that no row has are left out."""
    shown = [f"{count} {status.value}" for status, count in summary.counts.items() if count]
    return f"{counted(summary.total, 'row')}: {', '.join(shown) or 'none'}"


def _next_step(ending: Ending, again: str) -> str:
    has = ending.summary.counts
    issues = ending.results / "issues.csv"
    if has[Status.REJECTED]:
        return f"mend the cells listed in {issues}, then {again}"
    if any(has[status] for status in _RETRIABLE):
        return again
    if has[Status.UNKNOWN]:
        return f"let the server's list settle the unknown rows: {again}"
    return "nothing; every row has its task"
