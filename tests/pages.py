"""A reader of HTML pages: elements, attributes and texts."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

VOID = frozenset({"img", "meta", "rect", "path"})
INLINE = frozenset({"a", "code", "span", "time"})


@dataclass(slots=True, kw_only=True)
class Element:
    """One element with the text in it and in its descendants."""

    tag: str
    attributes: dict[str, str]
    parts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(self.parts)


@dataclass(slots=True)
class Page:
    """The elements of a page, in order."""

    text: str
    elements: list[Element] = field(default_factory=list)

    def all(self, tag: str, **attributes: str) -> list[Element]:
        """Return the elements with this tag and these attributes; ``class_`` is the class."""
        return [
            each
            for each in self.elements
            if each.tag == tag
            and all(
                value in each.attributes.get(name.rstrip("_"), "").split()
                for name, value in attributes.items()
            )
        ]

    def texts(self, tag: str, **attributes: str) -> list[str]:
        """Return the texts of these elements, each without line breaks."""
        return [" ".join(each.text.split()) for each in self.all(tag, **attributes)]


class _Reader(HTMLParser):
    def __init__(self, page: Page) -> None:
        super().__init__()
        self._page = page
        self._open: list[Element] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag=tag, attributes={name: value or "" for name, value in attrs})
        self._page.elements.append(element)
        self._part(tag)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open, f"</{tag}> closes nothing"
        element = self._open.pop()
        assert element.tag == tag, f"</{tag}> closes <{element.tag}>"
        self._part(tag)

    def _part(self, tag: str) -> None:
        """Separate the texts of block elements."""
        if tag not in INLINE:
            self.handle_data(" ")

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.parts.append(data)


def read_page(path: Path) -> Page:
    """Read a page whose elements are all closed."""
    page = Page(path.read_text(encoding="utf-8"))
    reader = _Reader(page)
    reader.feed(page.text)
    reader.close()
    assert not reader._open, f"not closed: {reader._open}"
    return page
