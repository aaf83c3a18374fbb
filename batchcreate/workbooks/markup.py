"""XML that is not trusted, read event by event."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final
from xml.parsers import expat
from xml.parsers.expat import XMLParserType

from batchcreate.workbooks.refusal import Refusal, refuse_damaged

Start = Callable[[dict[str, str]], None]
"""Hears that an element with these attributes begins."""

End = Callable[[], None]
"""Hears that an element ends."""

TAG_BYTES_MAX: Final = 1 << 22
"""How long a tag or comment may be: until it ends, the parser begins it anew with every block."""


def parser() -> XMLParserType:
    """Return a parser that refuses a document as soon as it declares an entity."""
    made = expat.ParserCreate()
    made.buffer_text = True
    made.EntityDeclHandler = _refuse_entity
    return made


def feed(made: XMLParserType, blocks: Iterable[bytes], part: str) -> Iterator[None]:
    """
    Let *made* parse *blocks*, and come back after each.

    Raises:
        Refusal: the XML of *part* is not well formed, or no program writes the like of it.

    """
    fed = 0
    try:
        for block in blocks:
            made.Parse(block, False)
            fed += len(block)
            if fed - made.CurrentByteIndex > TAG_BYTES_MAX:
                refuse_damaged(f"its part {part} holds a tag or comment of more than 4 MiB")
            yield
        made.Parse(b"", True)
    except expat.ExpatError as error:
        refuse_damaged(f"its part {part} is not well-formed XML, line {error.lineno}")
    yield


def attend(made: XMLParserType, starts: dict[str, Start], ends: dict[str, End]) -> None:
    """Let *made* call the functions of *starts* and *ends* for elements of these names."""
    # A prefix is looked through once for each name, not for each of a million cells.
    begun, ended = dict(starts), dict(ends)

    def start(name: str, attributes: dict[str, str]) -> None:
        if name not in begun:
            begun[name] = starts.get(local(name), _ignore)
        begun[name](attributes)

    def end(name: str) -> None:
        if name not in ended:
            ended[name] = ends.get(local(name), _ignore)
        ended[name]()

    made.StartElementHandler = start
    made.EndElementHandler = end


def local(name: str) -> str:
    """Return *name* without its namespace's prefix."""
    return name.rpartition(":")[2]


Element = tuple[str, dict[str, str]]


def elements(blocks: Iterable[bytes], part: str) -> Iterator[Element]:
    """Yield every element's name and attributes, prefixes left out, in their order."""
    found: list[Element] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        found.append((local(name), {local(key): text for key, text in attributes.items()}))

    made = parser()
    made.StartElementHandler = start
    for _ in feed(made, blocks, part):
        yield from found
        found.clear()


def _ignore(*_: object) -> None:
    """Do nothing."""


def _refuse_entity(*_: object) -> None:
    text = (
        "declares XML entities, which no spreadsheet program writes. It was made to do harm: do"
        " not open it, and ask whoever sent it."
    )
    raise Refusal(text)
