"""Pictures hold shapes, classes and texts, nothing that a strict policy refuses, and say it in words too."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from xml.etree.ElementTree import Element, fromstring

import matplotlib as mpl
import pytest

from batchcreate.models import Bar, Latencies, RowShare, Span, Status, Timeline
from batchcreate.report.charts import draw_causes, draw_latencies, draw_shares, draw_timeline
from batchcreate.report.charts.canvas import INKS, Drawing, Picture, shortened
from batchcreate.text import display_width

HOSTILE = "<script>alert(1)</script> & \"'$\\frac{1}{2}$ 客户\u202e"
NONE = dict.fromkeys(Status, 0)

TIMELINE = Timeline(
    start_ms=1_782_115_200_000,
    elapsed_ms=5400,
    width_ms=1000,
    spans=[
        Span(created=20, rate_per_s=20.0),
        Span(created=10, throttled=3, rate_per_s=10.0),
        Span(created=11, others=1, rate_per_s=10.5),
        Span(created=12, throttled=1, rate_per_s=12.0),
        Span(created=13, rate_per_s=13.0),
        Span(created=2, rate_per_s=13.0),
    ],
)
LATENCIES = Latencies(
    answers=1234,
    min_ms=12,
    median_ms=31,
    p95_ms=57,
    p99_ms=70,
    max_ms=1500,
    bars=[
        Bar(low_ms=10, high_ms=30, answers=600),
        Bar(low_ms=30, high_ms=50, answers=400),
        Bar(low_ms=50, high_ms=70, answers=222),
    ],
    beyond=12,
)
SHARES = [
    RowShare(name="客户主数据.xlsx", counts=NONE | {Status.CREATED: 1999, Status.FAILED: 1}),
    RowShare(name=HOSTILE, counts=NONE | {Status.NOT_ATTEMPTED: 3}),
    RowShare(name="", counts=NONE | {Status.REJECTED: 2}),
    RowShare(name=None, counts=NONE | {Status.CREATED: 1}),
]
CAUSES = [
    ("task_tag.too_short, " + "标签" * 40, Status.REJECTED, 1500),
    (HOSTILE, Status.FAILED, 13),
    ("FDI.9999", Status.UNKNOWN, 1),
]


def test_nobody_elses_style_is_drawn() -> None:
    """Neither a `matplotlibrc` nor the calling program changes a picture, nor is it changed itself."""
    before = draw_timeline(TIMELINE, name="run-1", title="t")

    with mpl.rc_context({"text.usetex": True, "path.sketch": (5, 100, 2), "axes.grid": True}):
        assert draw_timeline(TIMELINE, name="run-1", title="t") == before
        assert mpl.rcParams["text.usetex"]


def shapes(drawing: Drawing) -> list[Element]:
    return list(fromstring(f"<svg>{drawing.shapes}</svg>"))  # noqa: S314 # ours


def texts(drawing: Drawing) -> list[str]:
    return [shape.text or "" for shape in shapes(drawing) if shape.tag == "text"]


def timeline_of(timeline: Timeline = TIMELINE) -> Picture | None:
    return draw_timeline(timeline, name="run-1", title="Creates over time")


def pictures() -> Iterator[Picture]:
    for picture in (
        timeline_of(),
        draw_latencies(LATENCIES),
        draw_shares(SHARES, name="files", noun="file"),
        draw_causes(CAUSES),
    ):
        assert picture is not None
        yield picture


class TestDrawings:
    def test_nothing_in_them_needs_leave(self) -> None:
        """There is no style, no id and no reference: only shapes whose classes name a colour."""
        found = [
            shape
            for picture in pictures()
            for drawing in picture.drawings
            for shape in shapes(drawing)
        ]

        inks = {f"{kind}-{ink}" for kind in ("fill", "stroke") for ink in INKS}
        assert {shape.tag for shape in found} == {"path", "text"}
        assert {name for shape in found for name in shape.attrib} <= {
            *("d", "x", "y", "class", "opacity", "fill", "stroke-width", "stroke-linejoin"),
            *("stroke-linecap", "stroke-dasharray", "text-anchor", "font-size"),
        }
        assert {name for shape in found for name in shape.get("class", "").split()} <= inks
        assert {shape.get("fill", "none") for shape in found} == {"none"}

    def test_foreign_texts_stand_as_they_are(self) -> None:
        """What looks like a tag or a formula is text; what cannot be seen is spelled out."""
        found = [text for picture in pictures() for text in texts(picture.drawings[0])]

        shown = shortened(HOSTILE)
        assert found.count(shown) == 2
        assert shown.startswith("<script>alert(1)")
        assert shown.endswith("客户\\u202e")
        assert "客户主数据.xlsx" in found

    def test_the_same_is_drawn_the_same(self) -> None:
        """Two pictures of the same things are the same to the byte."""
        assert list(pictures()) == list(pictures())


class TestTimeline:
    def test_course_is_told_in_numbers(self) -> None:
        """The words and the table say what the picture shows."""
        picture = timeline_of()

        assert picture is not None
        assert picture.description == (
            "68 tasks were created in 5.4 s, beginning at 2026-06-22T08:00:00.000Z: 12.6 a second "
            "on average, 20 in the best 1 s. Allowed were 20 requests a second at first, 10 at "
            "least, 13 at the end. 4 answers were 429 (too many requests), between 1 s and 4 s "
            "after the beginning."
        )
        assert picture.rows[1] == ["1 s", "10", "3", "0", "10"]
        assert [len(row) for row in picture.rows] == [len(picture.headings)] * 6

    def test_each_screen_has_its_drawing(self) -> None:
        """The narrow one has fewer numbers on its axis, and they do not touch."""
        picture = timeline_of()

        assert picture is not None
        wide, narrow = picture.drawings
        assert (wide.width, narrow.width) == (1060, 340)
        assert {"0 s", "1 s", "5 s"} < set(texts(wide))
        assert "1 s" not in texts(narrow)

    def test_throttling_has_a_panel_only_where_there_was_some(self) -> None:
        """A run that was never throttled has a lower picture, and says so."""
        calm = timeline_of(
            replace(TIMELINE, spans=[replace(span, throttled=0) for span in TIMELINE.spans])
        )
        throttled = timeline_of()

        assert calm is not None
        assert throttled is not None
        assert calm.drawings[0].height < throttled.drawings[0].height
        assert calm.description.endswith("No answer was 429 (too many requests).")
        assert "throttled" not in dict(calm.legend)

    @pytest.mark.parametrize(
        ("rates", "words"),
        [
            ([None] * 6, ""),
            ([5.0] * 6, " Allowed were 5 requests a second all the time."),
        ],
        ids=["none noted", "steady"],
    )
    def test_rates_are_told_as_far_as_they_are_known(
        self, rates: Sequence[float | None], words: str
    ) -> None:
        """A rate that never changed is told once."""
        spans = [Span(created=2, rate_per_s=rate) for rate in rates]
        picture = timeline_of(replace(TIMELINE, spans=spans))

        assert picture is not None
        assert (
            picture.description.partition("best 1 s.")[2]
            == f"{words} No answer was 429 (too many requests)."
        )
        has_line = any(
            "stroke-limit" in shape.get("class", "") for shape in shapes(picture.drawings[0])
        )
        assert has_line == bool(words)

    @pytest.mark.parametrize(
        "spans",
        [[Span(created=9)] * 4, [Span(others=9)] * 9, [Span(created=9)]],
        ids=["three whole ones", "nothing created", "one"],
    )
    def test_what_is_no_course_is_not_drawn(self, spans: Sequence[Span]) -> None:
        """A plot of a few points, or of none, is no plot."""
        assert timeline_of(replace(TIMELINE, spans=spans)) is None

    def test_last_span_that_ended_early_is_no_slow_rate(self) -> None:
        """It is left out of the picture, and stands in the table."""
        whole = timeline_of(replace(TIMELINE, elapsed_ms=5999))
        cut = timeline_of()

        assert whole is not None
        assert cut is not None
        assert whole.rows == cut.rows
        assert whole.drawings != cut.drawings

    @pytest.mark.parametrize("hours", [1, 30, 3000])
    def test_long_runs_have_few_numbers_on_their_axis(self, hours: int) -> None:
        """Seconds, hours or months: the axis stays readable."""
        width_ms = hours * 36_000
        line = Timeline(
            start_ms=0, elapsed_ms=width_ms * 100, width_ms=width_ms, spans=[Span(created=5)] * 101
        )
        picture = timeline_of(line)

        assert picture is not None
        ticks = [text for text in texts(picture.drawings[1]) if text[-1] in "snh"]
        assert 2 <= len(ticks) <= 5


class TestLatencies:
    def test_spread_is_told_in_numbers(self) -> None:
        """The slow ones beyond the last bar are a line of the table."""
        picture = draw_latencies(LATENCIES)

        assert picture is not None
        assert picture.description == (
            "1,234 answers took 12 to 1,500 ms. Half of them took no longer than 31 ms, 95 in 100 "
            "no longer than 57 ms, 99 in 100 no longer than 70 ms."
        )
        assert picture.rows == [
            ["10 to 30 ms", "600"],
            ["30 to 50 ms", "400"],
            ["50 to 70 ms", "222"],
            ["70 ms and more", "12"],
        ]
        assert {" half within 31 ms ", " 95 % within 57 ms "} < set(texts(picture.drawings[0]))

    @pytest.mark.parametrize(("median_ms", "p95_ms"), [(31, 57), (12, 66), (33, 36), (65, 69)])
    def test_words_stay_inside_and_are_crossed_by_no_line(
        self, median_ms: int, p95_ms: int
    ) -> None:
        """They begin at their lines where there is room; the later line ends below the words."""
        picture = draw_latencies(replace(LATENCIES, median_ms=median_ms, p95_ms=p95_ms))

        assert picture is not None
        (drawing,) = picture.drawings
        half, most = (
            (float(shape.get("x", "")), float(shape.get("y", "")))
            for shape in shapes(drawing)
            if shape.tag == "text" and "within" in (shape.text or "")
        )
        assert max(half[0], most[0]) + 6 * len(" 95 % within 57 ms") <= drawing.width
        assert half[1] < most[1]
        assert half[0] <= most[0]

    def test_nothing_beyond_is_no_line(self) -> None:
        """Where the bars hold all, the table ends with them."""
        picture = draw_latencies(replace(LATENCIES, beyond=0))

        assert picture is not None
        assert len(picture.rows) == 3

    def test_what_is_no_distribution_is_not_drawn(self) -> None:
        """Neither a few answers nor many that all took the same time are one."""
        assert draw_latencies(replace(LATENCIES, bars=LATENCIES.bars[:1])) is None
        assert draw_latencies(replace(LATENCIES, answers=19)) is None


class TestShares:
    def test_statuses_are_told_in_numbers(self) -> None:
        """Each file has its line; what no row came to is left out."""
        picture = draw_shares(SHARES, name="files", noun="file")

        assert picture is not None
        assert picture.description == (
            f"客户主数据.xlsx: 1,999 created, 1 failed. {shortened(HOSTILE)}: 3 not attempted. "
            "no file: 2 rejected. all other files: 1 created."
        )
        assert picture.headings == [
            "file",
            "rows",
            "created",
            "not attempted",
            "failed",
            "rejected",
        ]
        assert picture.rows[0] == ["客户主数据.xlsx", "2,000", "1,999", "0", "1", "0"]

    def test_smallest_share_can_be_seen(self) -> None:
        """One row of two thousand has its place in the bar, inside the picture."""
        picture = draw_shares(SHARES[:2], name="files", noun="file")

        assert picture is not None
        (failed,) = (
            shape for shape in shapes(picture.drawings[0]) if shape.get("class") == "fill-failed"
        )
        numbers = [float(number) for number in failed.get("d", "").split() if number[0].isdigit()]
        across = sorted(set(numbers[::2]))
        assert 3 <= across[-1] - across[0] < 4
        assert across[-1] <= picture.drawings[0].width

    def test_one_is_not_compared(self) -> None:
        """A batch of one file has no picture of its files."""
        assert draw_shares(SHARES[:1], name="files", noun="file") is None


class TestCauses:
    def test_causes_are_told_in_numbers(self) -> None:
        """Names that are too long for the picture stand in the table."""
        picture = draw_causes(CAUSES)

        assert picture is not None
        assert picture.rows[0] == [CAUSES[0][0], "rejected", "1,500"]
        assert picture.description.endswith("FDI.9999: 1 row, unknown.")
        assert [name for name, _ in picture.legend] == ["unknown", "failed", "rejected"]

    def test_one_is_not_compared(self) -> None:
        """A single cause needs no picture."""
        assert draw_causes(CAUSES[:1]) is None


@pytest.mark.parametrize("text", ["", "a" * 46, "客" * 23])
def test_what_fits_is_not_shortened(text: str) -> None:
    """Up to the width all of it is there."""
    assert shortened(text) == text


@pytest.mark.parametrize("text", ["a" * 47, "客户" * 99, "a" + "客" * 30 + "b"])
def test_what_is_shortened_keeps_both_ends(text: str) -> None:
    """The middle says least; the rest is as wide as there is room."""
    shown = shortened(text)

    head, tail = shown.split("…")
    assert text.startswith(head)
    assert text.endswith(tail)
    assert 42 <= display_width(shown) <= 46


def test_inks_differ() -> None:
    """No colour stands for two things."""
    assert all(left != right for left, right in pairwise(sorted(INKS.values())))
