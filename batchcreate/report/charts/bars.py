"""How rows are shared out: per file or instance, and per cause."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from batchcreate.models import RowShare, Status
from batchcreate.report.charts.canvas import (
    INKS,
    SMALL_PX,
    Canvas,
    Drawing,
    Picture,
    our_style,
    shortened,
)
from batchcreate.report.wording import ORDER, spell_rows, words_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH: Final = 340
BARS_MIN: Final = 2
"""A single bar has nothing to be compared with."""

_LEAST_PX: Final = 3
"""What is there can be seen, however few rows it is."""


def draw_shares(shares: Sequence[RowShare], *, name: str, noun: str) -> Picture | None:
    """
    Return the statuses of every file or instance, or ``None`` where there is but one.

    Args:
        shares: the largest first.
        name: of the picture.
        noun: what one of them is, ``file`` or ``instance``.

    """
    if len(shares) < BARS_MIN:
        return None
    present = [status for status in ORDER if any(share.counts[status] for share in shares)]
    labels = [_label(share, noun) for share in shares]
    return Picture(
        name=name,
        title=f"Rows per {noun}",
        description=" ".join(
            f"{label}: {_counts(share)}." for label, share in zip(labels, shares, strict=True)
        ),
        drawings=[_draw_shares(shares, labels)],
        legend=[(status.value, words_of(status)) for status in present],
        headings=[noun, "rows", *map(words_of, present)],
        rows=[
            [label, f"{share.rows:,}", *(f"{share.counts[status]:,}" for status in present)]
            for label, share in zip(labels, shares, strict=True)
        ],
    )


def draw_causes(causes: Sequence[tuple[str, Status, int]]) -> Picture | None:
    """
    Return how many rows each cause keeps from being created, or ``None`` where there is but one.

    Args:
        causes: their names, what became of their rows, and how many there are.

    """
    if len(causes) < BARS_MIN:
        return None
    present = [status for status in ORDER if any(status is each for _, each, _ in causes)]
    return Picture(
        name="causes",
        title="Rows per cause",
        description=" ".join(
            f"{shortened(label)}: {spell_rows(rows)}, {words_of(status)}."
            for label, status, rows in causes
        ),
        drawings=[_draw_causes(causes)],
        legend=[(status.value, words_of(status)) for status in present],
        headings=["cause", "status", "rows"],
        rows=[
            [shortened(label, 200), words_of(status), f"{rows:,}"]
            for label, status, rows in causes
        ],
    )


def _label(share: RowShare, noun: str) -> str:
    if share.name is None:
        return f"all other {noun}s"
    return shortened(share.name) if share.name else f"no {noun}"


def _counts(share: RowShare) -> str:
    """Return what the rows of *share* came to, leaving out what none came to."""
    parts = (
        f"{share.counts[status]:,} {words_of(status)}" for status in ORDER if share.counts[status]
    )
    return ", ".join(parts)


@our_style()
def _draw_shares(shares: Sequence[RowShare], labels: Sequence[str]) -> Drawing:
    row_px = 58
    canvas = Canvas(WIDTH, row_px * len(shares))
    plane = _plane(canvas)
    for top, label, share in zip(range(0, canvas.height, row_px), labels, shares, strict=True):
        canvas.write(plane, 0, top + 14, label)
        for status, left, width in _segments(share.counts):
            plane.bar(left, 10, width, top + 21, align="edge", color=INKS[status.value])
        canvas.write(plane, 0, top + 45, _counts(share), color=INKS["muted"], fontsize=SMALL_PX)
    return canvas.drawing()


def _segments(counts: Mapping[Status, int]) -> Iterator[tuple[Status, float, float]]:
    """Yield the parts of a bar, each with where it begins and how wide it is, in pixels."""
    present = [status for status in ORDER if counts[status]]
    room_px = WIDTH - (_LEAST_PX + 1) * len(present) + 1
    left = 0.0
    for status in present:
        width = _LEAST_PX + room_px * counts[status] / sum(counts.values())
        yield status, left, width
        left += width + 1


@our_style()
def _draw_causes(causes: Sequence[tuple[str, Status, int]]) -> Drawing:
    row_px = 42
    canvas = Canvas(WIDTH, row_px * len(causes))
    plane = _plane(canvas)
    most = max(rows for _, _, rows in causes)
    room_px = WIDTH - 64
    for top, (label, status, rows) in zip(range(0, canvas.height, row_px), causes, strict=True):
        width = max(room_px * rows / most, _LEAST_PX)
        canvas.write(plane, 0, top + 14, shortened(label))
        plane.bar(0, 10, width, top + 21, align="edge", color=INKS[status.value])
        canvas.write(plane, width + 6, top + 30, f"{rows:,}", fontsize=SMALL_PX)
    return canvas.drawing()


def _plane(canvas: Canvas) -> "Axes":
    """Return axes whose unit is a pixel, from the top left corner."""
    plane = canvas.axes(left=0, top=0, right=canvas.width, bottom=canvas.height)
    plane.set_axis_off()
    plane.set_xlim(0, canvas.width)
    plane.set_ylim(canvas.height, 0)
    plane.autoscale(enable=False)
    return plane
