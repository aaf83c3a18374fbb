"""Texts of the reports: numbers, durations, times, statuses and causes."""

import re
from bisect import bisect_right
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from itertools import accumulate
from typing import Final

from batchcreate.clock import stamp_of_ms
from batchcreate.models import CauseGroup, RunRecord, Status, Timeline
from batchcreate.text import display_width, printable

STATUS_ORDER: Final = (
    Status.CREATED,
    Status.SKIPPED,
    Status.NOT_ATTEMPTED,
    Status.UNKNOWN,
    Status.FAILED,
    Status.REJECTED,
)
"""The statuses of the rows of the total in the order of display, successful ones first."""

STATUS_COLORS: Final[Mapping[Status, str]] = {
    Status.CREATED: "#1d7f54",
    Status.SKIPPED: "#3a78b8",
    Status.NOT_ATTEMPTED: "#7d8792",
    Status.UNKNOWN: "#7450b8",
    Status.FAILED: "#bf3329",
    Status.REJECTED: "#b87a08",
}
"""Colours of the statuses in charts, the same as in ``report.css``."""

_BREAK: Final = re.compile(r"[\r\n\t]+")


def one_line(text: str) -> str:
    """Return *text* on one line: breaks become spaces, unprintable characters escapes."""
    return printable(_BREAK.sub(" ", text))


def shorten(text: str, columns: int) -> str:
    """Return *text* on one line, with the middle omitted if it is wider than *columns*."""
    line = one_line(text)
    if display_width(line) <= columns:
        return line
    half = (columns - 1) // 2
    return f"{_truncate(line, half)}…{_truncate(line[::-1], half)[::-1]}"


def _truncate(text: str, columns: int) -> str:
    return text[: bisect_right([*accumulate(map(display_width, text))], columns)]


def format_rate(rate_per_s: float) -> str:
    """Return *rate_per_s* with three significant digits, or as an integer from 100 on."""
    return f"{rate_per_s:,.0f}" if rate_per_s >= 100 else f"{rate_per_s:.3g}"  # noqa: PLR2004


def format_rows(count: int) -> str:
    """Return *count* with the noun "row" or "rows"."""
    return "1 row" if count == 1 else f"{count:,} rows"


def format_duration(seconds: float) -> str:
    """Return *seconds* in at most two units: ``0.4 s``, ``24 s``, ``4 min 10 s``, ``2 h 5 min``."""
    if seconds < 60:  # noqa: PLR2004 # a minute
        return f"{round(seconds, 1 if seconds < 10 else 0):g} s"  # noqa: PLR2004 # one digit
    minutes, rest_s = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours:,} h {minutes} min" if minutes else f"{hours:,} h"
    return f"{minutes} min {rest_s} s" if rest_s else f"{minutes} min"


def format_run_duration(run: RunRecord) -> str:
    """Return the duration of *run*, or ``interrupted`` if its end was not recorded."""
    if not run.finished_at:
        return "interrupted"
    duration = datetime.fromisoformat(run.finished_at) - datetime.fromisoformat(run.started_at)
    return format_duration(duration.total_seconds())


def format_utc(stamp: str) -> str:
    """Return an ISO 8601 *stamp* in UTC, to the second."""
    return f"{datetime.fromisoformat(stamp).astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def format_local(stamp: str, *, zone: tzinfo | None) -> str:
    """Return an ISO 8601 *stamp* in *zone* (``None``: the zone of this machine), with its offset."""
    text = datetime.fromisoformat(stamp).astimezone(zone).isoformat(" ", "seconds")
    return f"{text[:19]} {text[19:]}"


def status_label(status: Status) -> str:
    """Return the name of *status* for display."""
    return status.value.replace("_", " ")


def cause_code(group: CauseGroup) -> str:
    """Return the rule of *group*, or its error code and HTTP status; empty for several causes."""
    if group.rule or group.causes > 1:
        return group.rule
    return " · ".join(group.codes)


def cause_label(group: CauseGroup) -> str:
    """Return a short name of *group*."""
    if group.causes > 1:
        return f"{group.causes:,} further causes"
    code = cause_code(group) or status_label(group.status)
    return f"{code}, {one_line(group.column)}" if group.column else code


def describe_counts(counts: Mapping[Status, int]) -> str:
    """Return the counts that are not zero, with the names of their statuses."""
    return ", ".join(
        f"{counts[status]:,} {status_label(status)}"
        for status in STATUS_ORDER
        if counts.get(status)
    )


def describe_timeline(timeline: Timeline) -> str:
    """Return sentences with the rate, the rate limit and the throttling of a run."""
    created = sum(span.created for span in timeline.spans)
    elapsed_s, step_s = timeline.elapsed_ms / 1000, timeline.width_ms / 1000
    peak = max(span.created for span in timeline.spans) / step_s
    average, duration = format_rate(created / max(elapsed_s, 0.001)), format_duration(elapsed_s)
    sentences = [
        f"{created:,} tasks were created in {duration} from {stamp_of_ms(timeline.start_ms)}:",
        f"{average} per second on average,",
        f"a peak of {format_rate(peak)} per second (over {format_duration(step_s)}).",
    ]
    limits = [span.rate_per_s for span in timeline.spans if span.rate_per_s is not None]
    if limits and min(limits) == max(limits):
        sentences.append(
            f"The rate limit was {format_rate(limits[0])} requests per second throughout."
        )
    elif limits:
        sentences.append(
            f"The rate limit was {format_rate(limits[0])} requests per second at the start, "
            f"{format_rate(min(limits))} at the lowest and {format_rate(limits[-1])} at the end."
        )
    throttled = [index for index, span in enumerate(timeline.spans) if span.throttled]
    if throttled:
        count = sum(span.throttled for span in timeline.spans)
        first, last = (
            format_duration(index * step_s) for index in (throttled[0], throttled[-1] + 1)
        )
        sentences.append(f"{count:,} requests were throttled (HTTP 429), from {first} to {last}.")
    else:
        sentences.append("No request was throttled (HTTP 429).")
    return " ".join(sentences)
