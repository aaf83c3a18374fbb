"""What pictures are drawn on: matplotlib's SVG, taken down to shapes, classes and texts."""

import io
import logging
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final
from xml.etree.ElementTree import Element, fromstring, tostring

from batchcreate.report.wording import one_line
from batchcreate.text import display_width

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INKS: Final[Mapping[str, str]] = {
    name: f"#0000{number:02x}"
    for number, name in enumerate(
        (
            *("text", "muted", "grid", "limit", "throttled", "latency"),
            *("created", "skipped", "rejected", "failed", "unknown", "not_attempted"),
        ),
        start=1,
    )
}
"""What stands for a colour until the style sheet of the page says what it is."""

TEXT_PX: Final = 12
SMALL_PX: Final = 11
WIDE_CHARS: Final = 46
"""How much of a foreign text fits on a line of the narrowest picture; CJK counts twice."""

_NAMES: Final = {color: name for name, color in INKS.items()}
_DROPPED: Final = frozenset({"defs", "metadata", "style", "use"})
_GEOMETRY: Final = frozenset({"d", "x", "y", "transform"})
_LOOKS: Final = frozenset(
    {
        *("opacity", "fill-opacity", "stroke-opacity", "stroke-width", "stroke-dasharray"),
        *("stroke-linejoin", "stroke-linecap", "text-anchor", "font-size", "font-weight"),
    }
)
_LONG_NUMBER: Final = re.compile(r"-?\d+\.\d{2,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """
    A picture for one kind of screen.

    Attributes:
        width: in pixels, as it was meant to be.
        height: in pixels.
        shapes: what stands in its ``svg`` element; every text in it is escaped.

    """

    width: int
    height: int
    shapes: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """
    A picture and the same in numbers.

    Attributes:
        name: of the picture, for its ids.
        title: what it shows.
        description: what can be seen on it, in numbers.
        drawings: of the same things, the widest first, for screens of different widths.
        legend: inks and what they stand for; empty where the picture says so itself.
        headings: of a table of all numbers.
        rows: of that table.

    """

    name: str
    title: str
    description: str
    drawings: Sequence[Drawing]
    legend: Sequence[tuple[str, str]] = ()
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]


@contextmanager
def our_style() -> Iterator[None]:
    """
    Let matplotlib draw as pages need it, whatever its user or the calling program has set.

    A canvas is made, drawn on and asked for its drawing in here.
    """
    # It tells on standard error, in the middle of our own lines, that it looks for fonts.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    from matplotlib import rc_context, rcdefaults, rcParams

    with rc_context():
        rcdefaults()
        rcParams["svg.fonttype"] = "none"
        yield


class Canvas:
    """
    A picture under way, to be drawn in `our_style`.

    Texts that are not ours never reach matplotlib, which looks for formulas and glyphs in
    them: it is given marks in their places.

    Args:
        width: in pixels.
        height: in pixels.

    """

    def __init__(self, width: int, height: int) -> None:
        from matplotlib.figure import Figure

        self.width, self.height = width, height
        self._figure = Figure(figsize=(width / 72, height / 72), dpi=72)
        self._texts: list[str] = []

    def axes(self, *, left: float, top: float, right: float, bottom: float) -> "Axes":
        """Return bare axes between these edges, in pixels from the top left corner."""
        axes = self._figure.add_axes(
            (
                left / self.width,
                1 - bottom / self.height,
                (right - left) / self.width,
                (bottom - top) / self.height,
            )
        )
        axes.spines[:].set_visible(False)
        axes.tick_params(length=0, pad=6, labelsize=SMALL_PX, labelcolor=INKS["muted"])
        axes.set_axisbelow(True)
        return axes

    def write(
        self,
        axes: "Axes",
        x: float,
        y: float,
        text: str,
        **how: Any,  # noqa: ANN401 # whatever matplotlib knows of texts
    ) -> None:
        """Write *text*, whatever it holds, at a point of the data."""
        how = {"color": INKS["text"], "fontsize": TEXT_PX, **how}
        axes.text(x, y, f"@{len(self._texts)}", **how)
        self._texts.append(text)

    def drawing(self) -> "Drawing":
        """Return the picture; what is in none of our colours is left out."""
        drawn = io.BytesIO()
        self._figure.savefig(drawn, format="svg", metadata={"Date": None})
        shapes = self._shapes(fromstring(drawn.getvalue()))  # noqa: S314 # written just now
        return Drawing(
            width=self.width,
            height=self.height,
            shapes="".join(tostring(shape, encoding="unicode") for shape in shapes),
        )

    def _shapes(self, element: Element) -> Iterator[Element]:
        tag = element.tag.rpartition("}")[2]
        if tag in {"svg", "g"}:
            for child in element:
                yield from self._shapes(child)
        elif tag not in _DROPPED:
            looks = _looks(element.get("style", ""))
            if "class" in looks:
                shape = Element(tag, {**_geometry(element), **looks})
                shape.text = self._said(element.text)
                yield shape

    def _said(self, text: str | None) -> str | None:
        return self._texts[int(text[1:])] if text and text[0] == "@" else text


def shortened(text: str, chars: int = WIDE_CHARS) -> str:
    """Return *text* on one line, its middle left out where it is wider than *chars*."""
    shown = one_line(text)
    if display_width(shown) <= chars:
        return shown
    room = (chars - 1) // 2
    return f"{_beginning(shown, room)}…{_beginning(shown[::-1], room)[::-1]}"


def _beginning(text: str, columns: int) -> str:
    return text[: bisect_right([*accumulate(map(display_width, text))], columns)]


def _geometry(element: Element) -> dict[str, str]:
    """Return where the shape is, in tenths of a pixel."""
    return {
        name: " ".join(_LONG_NUMBER.sub(_rounded, value).split())
        for name, value in element.items()
        if name in _GEOMETRY and not value.startswith("rotate(-0 ")
    }


def _rounded(match: re.Match[str]) -> str:
    return f"{float(match[0]):.1f}".removesuffix(".0")


def _looks(style: str) -> dict[str, str]:
    """Return a style as attributes; a policy that knows no inline styles accepts no other."""
    looks: dict[str, str] = {}
    classes = []
    for name, _, value in (part.strip().partition(": ") for part in style.split(";")):
        if name in {"fill", "stroke"}:
            ink = _NAMES.get(value)
            if ink:
                classes.append(f"{name}-{ink}")
            else:
                looks[name] = value
        elif name in _LOOKS:
            looks[name] = value
    return {**looks, "class": " ".join(classes)} if classes else looks
