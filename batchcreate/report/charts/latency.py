"""How long the server took to answer."""

from typing import TYPE_CHECKING, Final

from batchcreate.models import Latencies
from batchcreate.report.charts.canvas import INKS, SMALL_PX, Canvas, Drawing, Picture, our_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ANSWERS_MIN: Final = 20
"""Fewer answers are no distribution."""

BARS_MIN: Final = 2
"""Nor is a single bar."""

_WIDTH: Final = 340
_LEFT: Final = 44
_RIGHT: Final = _WIDTH - 26
_CHAR_PX: Final = 6
_HEIGHT: Final = 210


def draw_latencies(latencies: Latencies) -> Picture | None:
    """Return how the answers are spread; ``None`` where they are few, or all took the same time."""
    if latencies.answers < ANSWERS_MIN or len(latencies.bars) < BARS_MIN:
        return None
    beyond = [[f"{latencies.bars[-1].high_ms:,} ms and more", f"{latencies.beyond:,}"]]
    return Picture(
        name="latency",
        title="Time to answer",
        description=(
            f"{latencies.answers:,} answers took {latencies.min_ms:,} to "
            f"{latencies.max_ms:,} ms. Half of them took no longer than "
            f"{latencies.median_ms:,} ms, 95 in 100 no longer than {latencies.p95_ms:,} ms, "
            f"99 in 100 no longer than {latencies.p99_ms:,} ms."
        ),
        drawings=[_draw(latencies)],
        legend=[("latency", "answers")],
        headings=["time to answer", "answers"],
        rows=[
            [f"{bar.low_ms:,} to {bar.high_ms:,} ms", f"{bar.answers:,}"] for bar in latencies.bars
        ]
        + (beyond if latencies.beyond else []),
    )


@our_style()
def _draw(latencies: Latencies) -> Drawing:
    canvas = Canvas(_WIDTH, _HEIGHT)
    axes = canvas.axes(left=_LEFT, top=34, right=_RIGHT, bottom=_HEIGHT - 26)
    edges = [bar.low_ms for bar in latencies.bars] + [latencies.bars[-1].high_ms]
    counts = [bar.answers for bar in latencies.bars]
    axes.stairs(counts, edges, fill=True, color=INKS["latency"], alpha=0.35, linewidth=0)
    axes.stairs(counts, edges, color=INKS["latency"], linewidth=1.5)
    axes.set_xlim(edges[0], edges[-1])
    axes.set_ylim(0, max(counts) * 1.08)
    axes.grid(axis="y", color=INKS["grid"], linewidth=1)
    axes.locator_params(axis="y", nbins=4, integer=True)
    axes.yaxis.set_major_formatter(lambda value, _at: f"{value:,.0f}")
    axes.locator_params(axis="x", nbins=5, integer=True)
    axes.xaxis.set_major_formatter(lambda value, _at: f"{value:,g} ms")
    # The later line is the lower one, so that it crosses no words of the earlier one.
    _mark(canvas, axes, latencies.median_ms, "half", level=1)
    _mark(canvas, axes, latencies.p95_ms, "95 %", level=0)
    return canvas.drawing()


def _mark(canvas: Canvas, axes: "Axes", at_ms: int, words: str, *, level: int) -> None:
    """Draw a line at *at_ms*; the words of a higher level stand above those of a lower one."""
    top = 1.02 + 0.11 * level
    axes.axvline(at_ms, 0, top, color=INKS["text"], linewidth=1, clip_on=False)
    left, right = axes.get_xlim()
    text = f" {words} within {at_ms:,} ms "
    # Where they would not fit, the words begin before their line.
    begin = (_WIDTH - _CHAR_PX * len(text) - _LEFT) / (_RIGHT - _LEFT)
    canvas.write(
        axes,
        min(at_ms, left + begin * (right - left)),
        top,
        text,
        transform=axes.get_xaxis_transform(),
        fontsize=SMALL_PX,
    )
