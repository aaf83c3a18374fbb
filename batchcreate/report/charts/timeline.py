"""What a run did over time: creations, the rate that was allowed, and what was throttled."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from batchcreate.clock import stamp_of_ms
from batchcreate.models import Span, Timeline
from batchcreate.report.charts.canvas import (
    INKS,
    SMALL_PX,
    Canvas,
    Drawing,
    Picture,
    our_style,
)
from batchcreate.report.wording import per_second, spell_duration

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SPANS_MIN: Final = 4
"""Fewer spans show no course."""

WIDTHS: Final = (1060, 340)
_HEIGHT: Final = 190
_THROTTLED_HEIGHT: Final = 56
_LEFT: Final = 44
_TICK_WIDTH: Final = 90
_STEPS_S: Final = (
    *(0.2, 0.5, 1, 2, 5, 10, 20, 30),
    *(minutes * 60 for minutes in (1, 2, 5, 10, 20, 30, 60, 120, 240, 480, 1440)),
)


def draw_timeline(timeline: Timeline, *, name: str, title: str) -> Picture | None:
    """
    Return the course of a run, or ``None`` where it was too short to have one.

    Args:
        timeline: of the run.
        name: of the picture.
        title: of the picture.

    """
    spans = _whole_spans(timeline)
    if len(spans) < SPANS_MIN or not any(span.created for span in spans):
        return None
    return Picture(
        name=name,
        title=title,
        description=_description(timeline),
        drawings=[_draw(timeline, spans, width) for width in WIDTHS],
        legend=[("created", "created per second"), ("limit", "allowed requests per second")]
        + [("throttled", "answers with 429")] * any(span.throttled for span in spans),
        headings=["from", "created", "429", "other answers", "allowed per second"],
        rows=[
            [
                spell_duration(at * timeline.width_ms / 1000),
                f"{span.created:,}",
                f"{span.throttled:,}",
                f"{span.others:,}",
                "" if span.rate_per_s is None else per_second(span.rate_per_s),
            ]
            for at, span in enumerate(timeline.spans)
        ],
    )


def _whole_spans(timeline: Timeline) -> Sequence[Span]:
    """Leave out a last span that ended early: its few answers are no slow rate."""
    is_whole = timeline.elapsed_ms % timeline.width_ms >= timeline.width_ms - 1
    return timeline.spans if is_whole else timeline.spans[:-1]


def _description(timeline: Timeline) -> str:
    created = sum(span.created for span in timeline.spans)
    average = created / max(timeline.elapsed_ms / 1000, 0.001)
    busiest = max(span.created for span in timeline.spans) * 1000 / timeline.width_ms
    seconds, best = timeline.elapsed_ms / 1000, timeline.width_ms / 1000
    course = (
        f"{created:,} tasks were created in {spell_duration(seconds)}, beginning at "
        f"{stamp_of_ms(timeline.start_ms)}: {per_second(average)} a second on average, "
        f"{per_second(busiest)} in the best {spell_duration(best)}."
    )
    return " ".join(filter(None, (course, _rates(timeline), _throttling(timeline))))


def _rates(timeline: Timeline) -> str:
    rates = [span.rate_per_s for span in timeline.spans if span.rate_per_s is not None]
    if rates and min(rates) == max(rates):
        return f"Allowed were {per_second(rates[0])} requests a second all the time."
    if rates:
        return (
            f"Allowed were {per_second(rates[0])} requests a second at first, "
            f"{per_second(min(rates))} at least, {per_second(rates[-1])} at the end."
        )
    return ""


def _throttling(timeline: Timeline) -> str:
    when = [at for at, span in enumerate(timeline.spans) if span.throttled]
    if not when:
        return "No answer was 429 (too many requests)."
    count = sum(span.throttled for span in timeline.spans)
    begin_s, end_s = (at * timeline.width_ms / 1000 for at in (when[0], when[-1] + 1))
    return (
        f"{count:,} answers were 429 (too many requests), between {spell_duration(begin_s)} and "
        f"{spell_duration(end_s)} after the beginning."
    )


@our_style()
def _draw(timeline: Timeline, spans: Sequence[Span], width: int) -> Drawing:
    is_throttled = any(span.throttled for span in spans)
    canvas = Canvas(width, _HEIGHT + 30 + (_THROTTLED_HEIGHT + 12) * is_throttled)
    step_s = timeline.width_ms / 1000
    edges = [at * step_s for at in range(len(spans) + 1)]
    axes = canvas.axes(left=_LEFT, top=12, right=width - 14, bottom=_HEIGHT)
    _draw_rates(axes, spans, edges, step_s)
    if is_throttled:
        axes.set_xticks([])
        axes = canvas.axes(
            left=_LEFT, top=_HEIGHT + 12, right=width - 14, bottom=canvas.height - 30
        )
        _draw_throttled(axes, spans, edges)
    _draw_ticks(axes, edges[-1], (width - _LEFT) // _TICK_WIDTH)
    return canvas.drawing()


def _draw_rates(
    axes: "Axes", spans: Sequence[Span], edges: Sequence[float], step_s: float
) -> None:
    speeds = [span.created / step_s for span in spans]
    allowed = [span.rate_per_s for span in spans if span.rate_per_s is not None]
    axes.stairs(speeds, edges, fill=True, color=INKS["created"], alpha=0.25, linewidth=0)
    axes.stairs(speeds, edges, color=INKS["created"], linewidth=1.5, baseline=None)
    if len(allowed) == len(spans):
        axes.stairs(
            *(allowed, edges), color=INKS["limit"], linewidth=1.5, baseline=None, linestyle=(0, (4, 3))
        )  # fmt: skip
    axes.set_xlim(0, edges[-1])
    axes.set_ylim(0, max(*speeds, *allowed, 1) * 1.08)
    axes.locator_params(axis="y", nbins=4)
    axes.yaxis.set_major_formatter(lambda value, _at: f"{value:,g}")
    axes.grid(axis="y", color=INKS["grid"], linewidth=1)


def _draw_throttled(axes: "Axes", spans: Sequence[Span], edges: Sequence[float]) -> None:
    counts = [span.throttled for span in spans]
    axes.stairs(counts, edges, fill=True, color=INKS["throttled"], linewidth=0)
    axes.set_xlim(0, edges[-1])
    axes.set_ylim(0, max(counts) * 1.08)
    axes.set_yticks([0, max(counts)], ["0", f"{max(counts):,}"])
    axes.axhline(0, color=INKS["grid"], linewidth=1)


def _draw_ticks(axes: "Axes", elapsed_s: float, ticks_max: int) -> None:
    step_s = next(
        (step for step in _STEPS_S if elapsed_s / step <= ticks_max), elapsed_s / ticks_max
    )
    ticks = [at * step_s for at in range(int(elapsed_s / step_s) + 1)]
    axes.set_xticks(ticks, [spell_duration(tick) for tick in ticks], fontsize=SMALL_PX)
