"""Where a row of a `to-fix` file stood before it was taken out to be mended."""

import re
from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import quote, unquote

from batchcreate.models.rows import Place

CONTENT_CHARS: Final = 12
"""How much of a file's SHA-256 tells it from the others of a batch."""

_TEXT: Final = re.compile(r"([0-9a-f]{12})\|([^|]*)\|([^|]*)\|([1-9][0-9]{0,9})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """
    The row of an analyst's file that a row of a `to-fix` file stands for.

    Attributes:
        content: the first 12 hex digits of that file's SHA-256.
        place: the row.

    """

    content: str
    place: Place

    @property
    def text(self) -> str:
        """What the origin column holds."""
        place = self.place
        return f"{self.content}|{_escaped(place.file)}|{_escaped(place.sheet)}|{place.number}"

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Return the origin that *text* stands for; whatever is no origin, is none."""
        found = _TEXT.fullmatch(text.strip()) if text.isprintable() else None
        if found is None:
            return None
        content, file, sheet, number = found.groups()
        place = Place(file=unquote(file), sheet=unquote(sheet), number=int(number))
        return cls(content=content, place=place)


def _escaped(name: str) -> str:
    if name.isprintable() and not set(name) & set("|%"):
        return name
    return "".join(
        char
        if char.isprintable() and char not in "|%"
        else quote(char, safe="", errors="backslashreplace")
        for char in name
    )
