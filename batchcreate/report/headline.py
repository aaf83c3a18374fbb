"""Headline of a batch: its counts, and who has to fix how many rows."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from batchcreate.advice import Owner, explain, explain_group
from batchcreate.models import CauseGroup, Status, Summary
from batchcreate.report.formatting import format_rows

_BY: Final[Mapping[Owner, str]] = {
    Owner.ANALYST: "by analysts",
    Owner.ENGINEER: "by the engineer",
    Owner.CLOUD: "by the cloud provider",
}


def headline(summary: Summary, causes: Iterable[CauseGroup]) -> str:
    """Return one sentence with the counts of a batch and who has to fix what."""
    counts = summary.counts
    created, skipped = counts[Status.CREATED], counts[Status.SKIPPED]
    unsent = counts[Status.NOT_ATTEMPTED]
    to_fix = summary.total - created - skipped - unsent
    if not to_fix and not unsent:
        return _headline_of_finished(summary)
    parts = [f"{created:,} of {summary.total:,} tasks created"]
    if skipped:
        parts[0] += f", {skipped:,} skipped"
    if to_fix:
        sent = [group for group in causes if group.status is not Status.NOT_ATTEMPTED]
        verb = "needs" if to_fix == 1 else "need"
        owners = _owner_phrase(rows_by_owner(summary, sent))
        parts.append(f"{format_rows(to_fix)} {verb} fixing{owners}")
    if unsent:
        parts.append(f"{format_rows(unsent)} not sent yet")
    return f"{'; '.join(parts)}."


def _headline_of_finished(summary: Summary) -> str:
    counts = summary.counts
    if not summary.total:
        return "There are no rows."
    if counts[Status.SKIPPED]:
        return (
            f"All done: {counts[Status.CREATED]:,} of {format_rows(summary.total)} created, "
            f"{counts[Status.SKIPPED]:,} skipped."
        )
    if summary.total == 1:
        return "The task is created."
    return f"All {summary.total:,} tasks are created."


def rows_by_owner(summary: Summary, causes: Iterable[CauseGroup]) -> Counter[Owner]:
    """
    Count the rows that each owner has to fix.

    A rejected row counts once, even if it has several issues.
    """
    rows = Counter[Owner]()
    rows[explain(Status.REJECTED, status=Status.REJECTED).owner] += summary.counts[Status.REJECTED]
    for group in causes:
        if group.status is not Status.REJECTED:
            rows[explain_group(group).owner] += group.rows
    return +rows


def _owner_phrase(rows: Mapping[Owner, int]) -> str:
    """Return the owners, with their row counts if there are several."""
    if len(rows) == 1:
        return "".join(f" {_BY[owner]}" for owner in rows)
    parts = [f"{rows[owner]:,} {_BY[owner]}" for owner in Owner if owner in rows]
    return f": {', '.join(parts)}"
