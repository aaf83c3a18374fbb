"""A batch in one sentence: what is done, and who has to do what; pure."""

from collections import Counter
from collections.abc import Iterable, Mapping

from batchcreate.advice import Owner, explain, explain_group
from batchcreate.models import CauseGroup, Status, Summary
from batchcreate.report.wording import spell_rows

_BY: Mapping[Owner, str] = {
    Owner.ANALYST: "by analysts",
    Owner.ENGINEER: "by the engineer",
    Owner.CLOUD: "by the cloud",
}


def verdict(summary: Summary, causes: Iterable[CauseGroup]) -> str:
    """Return what became of all rows, as somebody would say it who is asked in passing."""
    has = summary.counts
    unsent = has[Status.NOT_ATTEMPTED]
    open_rows = summary.total - has[Status.CREATED] - has[Status.SKIPPED]
    if not open_rows:
        return _done(summary)
    created, rows = has[Status.CREATED], spell_rows(summary.total)
    parts = [f"{created:,} of {rows} {'is' if created == 1 else 'are'} created"]
    if has[Status.SKIPPED]:
        parts[0] += f", {has[Status.SKIPPED]:,} skipped"
    if mending := open_rows - unsent:
        sent = [group for group in causes if group.status is not Status.NOT_ATTEMPTED]
        verb = "needs" if mending == 1 else "need"
        parts.append(f"{mending:,} {verb} mending{_shared_out(by_owner(summary, sent))}")
    if unsent:
        parts.append(f"{unsent:,} {'was' if unsent == 1 else 'were'} not sent yet")
    return f"{'; '.join(parts)}."


def by_owner(summary: Summary, causes: Iterable[CauseGroup]) -> Counter[Owner]:
    """
    Count the rows that each has to see to.

    A rejected row is one, however many rules it breaks.
    """
    rows = Counter[Owner]()
    rows[explain(Status.REJECTED, status=Status.REJECTED).owner] += summary.counts[Status.REJECTED]
    for group in causes:
        if group.status is not Status.REJECTED:
            rows[explain_group(group).owner] += group.rows
    return +rows


def _done(summary: Summary) -> str:
    has, rows = summary.counts, spell_rows(summary.total)
    if not summary.total:
        return "There are no rows."
    if not has[Status.SKIPPED]:
        return f"All {rows} are created." if summary.total > 1 else "The one row is created."
    return (
        f"Nothing is left to do: of {rows}, {has[Status.CREATED]:,} are created and "
        f"{has[Status.SKIPPED]:,} were skipped."
    )


def _shared_out(rows: Mapping[Owner, int]) -> str:
    """Name everybody who has to mend something, and how many rows where there are several."""
    if len(rows) == 1:
        return "".join(f" {_BY[owner]}" for owner in rows)
    parts = [f"{rows[owner]:,} {_BY[owner]}" for owner in Owner if owner in rows]
    return f": {', '.join(parts)}"
