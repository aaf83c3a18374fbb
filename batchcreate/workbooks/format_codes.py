"""Sections and tokens of number formats, such as ``"APP-"0000;[Red]-0``; pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

LITERAL: Final = "literal"
PLACE: Final = "place"
POINT: Final = "point"
COMMA: Final = "comma"
PERCENT: Final = "percent"
SLASH: Final = "slash"
EXPONENT: Final = "exponent"
GENERAL: Final = "general"
"""Kinds of tokens; a place is one of ``0``, ``#`` and ``?``."""

_TOKEN: Final = re.compile(
    r'"(?P<quoted>[^"]*)"?'
    r"|\\(?P<escaped>.?)"
    r"|_(?P<space>.?)"
    r"|\*(?P<fill>.?)"
    r"|\[(?P<bracket>[^\]]*)\]?"
    r"|(?P<general>General|Standard|@)"
    r"|(?P<exponent>E[+-](?=[0#?]))"
    r"|(?P<moment>AM/PM|A/P|[dmyhs]+)"
    r"|(?P<place>[0#?])|(?P<point>\.)|(?P<comma>,)|(?P<percent>%)|(?P<slash>/)"
    r"|(?P<end>;)"
    r"|(?P<other>.)",
    re.DOTALL | re.IGNORECASE,
)
_CONDITION: Final = re.compile(r"(<=|>=|<>|<|>|=)\s*(-?[0-9]+(?:\.[0-9]+)?)")
_CURRENCY: Final = re.compile(r"\$([^-]*)(?:-(?:[0-9A-Fa-f]{0,5}|[A-Za-z]{2,3}(?:-[A-Za-z]+)*))?")
_HOURS: Final = re.compile(r"h+|m+|s+", re.IGNORECASE)
_COLOUR: Final = re.compile(
    r"black|blue|cyan|green|magenta|red|white|yellow|color ?[0-9]{1,2}", re.IGNORECASE
)
_UNUSUAL: Final = re.compile(r"[A-Za-z!]")
"""Characters whose meaning without quotation marks depends on the program or its language."""

_SECTIONS_MAX: Final = 4


class Token(NamedTuple):
    """A part of a section: its kind, and its characters."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """
    One section of a number format.

    Attributes:
        tokens: the parts, without those that display nothing.
        condition: operator and limit of the numbers that the section applies to, if it has one.
        is_moment: numbers are dates or times.
        is_duration: numbers are durations, whose hours can exceed 24.
        is_known: False if the displayed text cannot be determined.
        has_text: True if the section is for texts.
        has_fill: True if the width of the cell determines the number of spaces.

    """

    tokens: Sequence[Token]
    condition: tuple[str, float] | None = None
    is_moment: bool = False
    is_duration: bool = False
    is_known: bool = True
    has_text: bool = False
    has_fill: bool = False

    @property
    def is_general(self) -> bool:
        """True if values are displayed unchanged, except for spaces around them."""
        visible = [token for token in self.tokens if token.text.strip()]
        return self.is_known and [token.kind for token in visible] == [GENERAL]

    def count(self, kind: str) -> int:
        """Return the number of tokens of *kind*."""
        return sum(token.kind == kind for token in self.tokens)


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberFormat:
    """
    A parsed number format.

    Attributes:
        sections: the sections for numbers; at least one.
        text: the section for texts, if there is one.

    """

    sections: Sequence[Section]
    text: Section | None

    @property
    def is_plain(self) -> bool:
        """True if numbers and texts are displayed as without a format."""
        return not self.changes_texts and all(each.is_general for each in self.sections)

    @property
    def changes_texts(self) -> bool:
        """True if texts are displayed differently."""
        return self.text is not None and not self.text.is_general

    @property
    def is_moment(self) -> bool:
        """True if all numbers are dates, times or durations."""
        return all(each.is_moment or each.is_duration for each in self.sections)


@lru_cache(maxsize=256)
def parse_format(code: str) -> NumberFormat:
    """Return the format with the definition *code*."""
    sections = _parse_sections(code)
    last = sections[-1]
    if len(sections) == _SECTIONS_MAX or (last.has_text and len(sections) < _SECTIONS_MAX):
        numbers = sections[:-1] or [_without_text(last)]
        return NumberFormat(sections=tuple(numbers), text=last)
    if len(sections) > _SECTIONS_MAX:
        unknown = Section(tokens=(), is_known=False)
        return NumberFormat(sections=(unknown,), text=unknown)
    return NumberFormat(sections=tuple(sections), text=None)


def _without_text(section: Section) -> Section:
    """Return the section for numbers of a format that only has the *section* for texts."""
    # Programs differ in whether the text around the value applies to numbers.
    return section if section.is_general else Section(tokens=section.tokens, is_known=False)


def _parse_sections(code: str) -> list[Section]:
    builders = [_SectionBuilder()]
    for match in _TOKEN.finditer(code):
        group = str(match.lastgroup)
        if group == "end":
            builders.append(_SectionBuilder())
        else:
            builders[-1].add(group, match[group])
    return [builder.section() for builder in builders]


class _SectionBuilder:
    """Collects the tokens of one section."""

    def __init__(self) -> None:
        self._tokens: list[Token] = []
        self._condition: tuple[str, float] | None = None
        self._has_moment = False
        self._has_hours = False
        self._has_text = False
        self._has_fill = False
        self._is_known = True

    def add(self, group: str, text: str) -> None:
        """Add the *text* that the named *group* of `_TOKEN` matches."""
        match group:
            case "bracket":
                self._add_bracket(text)
            case "moment":
                self._has_moment = True
            case "quoted" | "escaped" | "space" | "fill" | "other":
                self._tokens.append(Token(LITERAL, " " if group == "space" else text))
                # A character that fills the cell is repeated as often as it fits.
                self._has_fill = self._has_fill or group == "fill"
                is_unclear = (group == "fill" and text != " ") or (
                    group == "other" and _UNUSUAL.search(text)
                )
                self._is_known = self._is_known and not is_unclear
            case _:
                self._has_text = self._has_text or text == "@"
                self._tokens.append(Token(group, text))

    def section(self) -> Section:
        """Return the section."""
        return Section(
            tokens=tuple(self._tokens),
            condition=self._condition,
            is_moment=self._has_moment and not self._has_hours,
            is_duration=self._has_hours,
            is_known=self._is_known,
            has_text=self._has_text,
            has_fill=self._has_fill,
        )

    def _add_bracket(self, text: str) -> None:
        if found := _CONDITION.fullmatch(text):
            self._condition = found[1], float(found[2])
        elif found := _CURRENCY.fullmatch(text):
            self._tokens.append(Token(LITERAL, found[1]))
        elif _HOURS.fullmatch(text):
            self._has_hours = True
        else:
            self._is_known = self._is_known and bool(_COLOUR.fullmatch(text))
