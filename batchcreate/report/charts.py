"""The charts of the report page, drawn as SVG images with matplotlib."""

import io
import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from batchcreate.models import Latencies, RowShare, Span, Status, Timeline
from batchcreate.report.formatting import (
    STATUS_COLORS,
    STATUS_ORDER,
    describe_counts,
    describe_timeline,
    format_duration,
    format_rate,
    one_line,
    shorten,
    status_label,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SPANS_MIN: Final = 4
RESPONSES_MIN: Final = 20
BARS_MIN: Final = 2
"""Charts of fewer values are omitted."""

LABEL_COLUMNS: Final = 46
"""Maximum display width of a label in a chart."""

_TEXT: Final = "#1c2126"
_MUTED: Final = "#56606b"
_BLUE: Final = "#2f6fb6"
_RED: Final = "#b3261e"
_STYLE: Final[dict[Any, Any]] = {
    "figure.constrained_layout.use": True,
    "font.size": 10,
    "text.color": _TEXT,
    "text.parse_math": False,
    "axes.edgecolor": _MUTED,
    "axes.labelcolor": _MUTED,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.color": "#dfe3e7",
    "xtick.color": _MUTED,
    "ytick.color": _MUTED,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "legend.handlelength": 1.2,
    "legend.columnspacing": 1.2,
    "savefig.transparent": True,
    "svg.fonttype": "none",
    "svg.hashsalt": "batchcreate",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """
    A chart, and the same data as text.

    Attributes:
        title: title of the chart.
        description: the main values in sentences.
        svg: the image, an SVG document.
        headings: headings of a table with all values.
        rows: rows of that table.

    """

    title: str
    description: str
    svg: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]


@contextmanager
def _new_figure(*, height_in: float = 2.8) -> Iterator["Figure"]:
    """Create a figure that depends on neither the user's ``matplotlibrc`` nor the caller's style."""
    # matplotlib logs on standard error that it builds its font cache.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    from matplotlib import rc_context, rcdefaults, rcParams
    from matplotlib.figure import Figure

    with rc_context(), warnings.catch_warnings():
        # The browser selects the fonts; those of matplotlib lack Chinese characters.
        warnings.filterwarnings("ignore", message="Glyph", category=UserWarning)
        rcdefaults()
        rcParams.update(_STYLE)
        yield Figure(figsize=(5.2, height_in))


def _svg(figure: "Figure") -> str:
    image = io.StringIO()
    figure.savefig(image, format="svg", metadata={"Date": None})
    return image.getvalue()


def draw_timeline(timeline: Timeline, *, title: str) -> Chart | None:
    """Return the chart of the creates of a run over time, or ``None`` if the run was too short."""
    # The last span is incomplete in most runs, so its rate would be too low.
    is_whole = timeline.elapsed_ms % timeline.width_ms >= timeline.width_ms - 1
    spans = timeline.spans if is_whole else timeline.spans[:-1]
    if len(spans) < SPANS_MIN or not any(span.created for span in spans):
        return None
    step_s = timeline.width_ms / 1000
    with _new_figure() as figure:
        _plot_timeline(figure, spans, step_s)
        svg = _svg(figure)
    return Chart(
        title=title,
        description=describe_timeline(timeline),
        svg=svg,
        headings=["from", "created", "429", "other responses", "limit per second"],
        rows=[
            [
                format_duration(index * step_s),
                f"{span.created:,}",
                f"{span.throttled:,}",
                f"{span.others:,}",
                "" if span.rate_per_s is None else format_rate(span.rate_per_s),
            ]
            for index, span in enumerate(timeline.spans)
        ],
    )


def _plot_timeline(figure: "Figure", spans: Sequence[Span], step_s: float) -> None:
    is_throttled = any(span.throttled for span in spans)
    elapsed_s = step_s * len(spans)
    unit, unit_s = next(
        (unit, unit_s)
        for unit, unit_s in (("hours", 3600), ("minutes", 60), ("seconds", 1))
        if elapsed_s >= 2 * unit_s or unit_s == 1
    )
    edges = [index * step_s / unit_s for index in range(len(spans) + 1)]
    heights = [3, 1] if is_throttled else [1]
    panels = figure.subplots(len(heights), sharex=True, squeeze=False, height_ratios=heights).flat
    rates, limits = [span.created / step_s for span in spans], [span.rate_per_s for span in spans]
    _fill(panels[0], rates, edges, STATUS_COLORS[Status.CREATED], "created per second")
    if None not in limits:
        style = {"color": _TEXT, "linestyle": "--", "label": "rate limit"}
        panels[0].stairs(limits, edges, baseline=None, **style)
    panels[0].set_ylim(bottom=0)
    if is_throttled:
        _fill(panels[1], [span.throttled for span in spans], edges, _RED, "responses with 429")
        panels[1].locator_params(axis="y", nbins=2, integer=True)
    panels[-1].set_xlabel(unit)
    panels[-1].set_xlim(0, edges[-1])
    figure.legend(loc="outside upper left", ncols=3)


def _fill(
    axes: "Axes", values: Sequence[float], edges: Sequence[float], color: str, label: str
) -> None:
    axes.stairs(values, edges, fill=True, color=color, alpha=0.3)
    axes.stairs(values, edges, color=color, linewidth=1.2, label=label)
    axes.locator_params(axis="y", nbins=4)


def draw_latencies(latencies: Latencies) -> Chart | None:
    """Return the histogram of the response times, or ``None`` if there are too few."""
    bars = latencies.bars
    if latencies.answers < RESPONSES_MIN or len(bars) < BARS_MIN:
        return None
    with _new_figure() as figure:
        axes = figure.subplots()
        edges = [*(bar.low_ms for bar in bars), bars[-1].high_ms]
        _fill(axes, [bar.answers for bar in bars], edges, _BLUE, "responses")
        for time_ms, percent, linestyle in (
            (latencies.median_ms, 50, "--"),
            (latencies.p95_ms, 95, ":"),
        ):
            label = f"{percent} % within {time_ms:,} ms"
            axes.axvline(time_ms, color=_TEXT, linestyle=linestyle, label=label)
        axes.set_xlabel("milliseconds")
        figure.legend(loc="outside upper left", ncols=3)
        svg = _svg(figure)
    rows = [[f"{bar.low_ms:,} to {bar.high_ms:,} ms", f"{bar.answers:,}"] for bar in bars]
    if latencies.beyond:
        rows.append([f"{bars[-1].high_ms:,} ms and more", f"{latencies.beyond:,}"])
    return Chart(
        title="Response times",
        description=(
            f"{latencies.answers:,} responses took {latencies.min_ms:,} to "
            f"{latencies.max_ms:,} ms: 50 % at most {latencies.median_ms:,} ms, 95 % at most "
            f"{latencies.p95_ms:,} ms, 99 % at most {latencies.p99_ms:,} ms."
        ),
        svg=svg,
        headings=["response time", "responses"],
        rows=rows,
    )


def draw_shares(shares: Sequence[RowShare], *, noun: str) -> Chart | None:
    """Return the chart of the statuses per *noun* (file or instance), or ``None`` if it has one bar."""
    names = (
        f"all other {noun}s" if share.name is None else share.name or f"no {noun}"
        for share in shares
    )
    bars = [(name, share.counts) for name, share in zip(names, shares, strict=True)]
    return _draw_bars(bars, noun, is_relative=True)


def draw_causes(causes: Sequence[tuple[str, Status, int]]) -> Chart | None:
    """
    Return the chart of the rows per cause, or ``None`` if it has one bar.

    Args:
        causes: label, status and number of rows of each cause, largest first.

    """
    bars = [(label, {status: rows}) for label, status, rows in causes]
    return _draw_bars(bars, "cause", is_relative=False)


def _draw_bars(
    bars: Sequence[tuple[str, Mapping[Status, int]]], noun: str, *, is_relative: bool
) -> Chart | None:
    if len(bars) < BARS_MIN:
        return None
    present = [status for status in STATUS_ORDER if any(counts.get(status) for _, counts in bars)]
    labels = [shorten(name, LABEL_COLUMNS) for name, _ in bars]
    totals = [sum(counts.values()) for _, counts in bars]
    with _new_figure(height_in=0.6 + 0.5 * len(bars)) as figure:
        scales = totals if is_relative else [1] * len(bars)
        captions = [f"{label}: {total:,}" for label, total in zip(labels, totals, strict=True)]
        counts = [counts for _, counts in bars]
        _plot_bars(figure, captions, counts, scales, present)
        svg = _svg(figure)
    return Chart(
        title=f"Rows per {noun}",
        description=" ".join(
            f"{label}: {describe_counts(counts)}."
            for label, (_, counts) in zip(labels, bars, strict=True)
        ),
        svg=svg,
        headings=[noun, "rows", *map(status_label, present)],
        rows=[
            [one_line(name), f"{total:,}", *(f"{counts.get(status, 0):,}" for status in present)]
            for (name, counts), total in zip(bars, totals, strict=True)
        ],
    )


def _plot_bars(
    figure: "Figure",
    captions: Sequence[str],
    counts: Sequence[Mapping[Status, int]],
    scales: Sequence[int],
    present: Sequence[Status],
) -> None:
    """Plot stacked horizontal bars, each with its caption above it."""
    axes = figure.subplots()
    starts = [0.0] * len(counts)
    for status in present:
        widths = [each.get(status, 0) / scale for each, scale in zip(counts, scales, strict=True)]
        # The edge keeps the smallest segments visible.
        edges = [1.0 if width else 0.0 for width in widths]
        color = STATUS_COLORS[status]
        axes.barh(
            *(range(len(counts)), widths, 0.4, starts),
            color=color, edgecolor=color, linewidth=edges, label=status_label(status),
        )  # fmt: skip
        starts = [start + width for start, width in zip(starts, widths, strict=True)]
    for position, caption in enumerate(captions):
        axes.text(0, position - 0.3, caption)
    axes.set_xlim(0, 1.01 * max(starts))
    axes.set_ylim(len(counts) - 0.7, -0.8)
    axes.set_axis_off()
    figure.legend(loc="outside upper left", ncols=3)
