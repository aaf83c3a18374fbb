"""How reports spell numbers, durations, times, statuses and causes; pure."""

import re
from datetime import UTC, datetime, tzinfo
from typing import Final

from batchcreate.models import CauseGroup, RunRecord, Status
from batchcreate.text import printable

_BREAK: Final = re.compile(r"[\r\n\t]+")

ORDER: Final = (
    Status.CREATED,
    Status.SKIPPED,
    Status.NOT_ATTEMPTED,
    Status.UNKNOWN,
    Status.FAILED,
    Status.REJECTED,
)
"""The statuses from what is done to what is wrong."""


def one_line(text: str) -> str:
    """Return *text* on one line, with breaks as spaces and all that cannot be seen spelled out."""
    return printable(_BREAK.sub(" ", text))


def per_second(rate: float) -> str:
    """Return *rate* as briefly as it still says enough."""
    return f"{rate:,.0f}" if rate >= 100 else f"{rate:.3g}"  # noqa: PLR2004 # three digits do


def spell_rows(count: int) -> str:
    """Return how many rows there are."""
    return "1 row" if count == 1 else f"{count:,} rows"


def spell_duration(seconds: float) -> str:
    """Return *seconds* as people say it: ``0.4 s``, ``24 s``, ``4 min 10 s``, ``2 h 5 min``."""
    if seconds < 60:  # noqa: PLR2004 # a minute
        return f"{round(seconds, 1 if seconds < 10 else 0):g} s"  # noqa: PLR2004 # one digit does
    minutes, rest_s = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours:,} h {minutes} min" if minutes else f"{hours:,} h"
    return f"{minutes} min {rest_s} s" if rest_s else f"{minutes} min"


def spell_time_taken(run: RunRecord) -> str:
    """Return how long *run* took."""
    if not run.finished_at:
        return "did not end in good order"
    taken = datetime.fromisoformat(run.finished_at) - datetime.fromisoformat(run.started_at)
    return spell_duration(taken.total_seconds())


def in_utc(stamp: str) -> str:
    """Return an ISO 8601 *stamp* to the second, in UTC."""
    return f"{datetime.fromisoformat(stamp).astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def in_zone(stamp: str, *, zone: tzinfo | None) -> str:
    """Return an ISO 8601 *stamp* in *zone*, that of this machine for ``None``, with its offset."""
    text = datetime.fromisoformat(stamp).astimezone(zone).isoformat(" ", "seconds")
    return f"{text[:19]} {text[19:]}"


def words_of(status: Status) -> str:
    """Return the name of *status* as people read it."""
    return status.value.replace("_", " ")


def code_of(group: CauseGroup) -> str:
    """Return what *group* is called: a rule, or a code and a status as they came."""
    if group.rule or group.causes > 1:
        return group.rule
    return " · ".join(group.codes)


def label_of(group: CauseGroup) -> str:
    """Return what stands beside the rows of *group* where there is room for a few words only."""
    if group.causes > 1:
        return f"{group.causes:,} further causes"
    code = code_of(group) or words_of(group.status)
    return f"{code}, {one_line(group.column)}" if group.column else code
