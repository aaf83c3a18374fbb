"""What the API accepts in every field of a new task, as one table of data; decides nothing."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True, kw_only=True)
class Charset:
    """
    Characters that may stand in a value.

    Attributes:
        name: the key of its words for people.
        pattern: a regular expression of exactly one such character.

    """

    name: str
    pattern: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """
    Everything that is known about one field.

    Attributes:
        field: its name in the API and in spreadsheets.
        is_mandatory: a row without it is refused.
        is_in_body: it travels in the request body, not in the path.
        min_length: characters of a value that is there at all.
        max_length: characters.
        charset: characters of a value.
        first: characters that it may begin with, where that is a smaller set.
        values: the only values, in upper case; cells may use any case.
        impossible: values that the API lists and yet never accepts for composite tasks.
        max_items: above 1 the cell is a list of *values*, at least one.
        example: a value that is accepted.
        sources: for each fact the pages that state it, by their short names.

    """

    field: str
    is_mandatory: bool = False
    is_in_body: bool = True
    min_length: int
    max_length: int
    charset: Charset
    first: Charset | None = None
    values: tuple[str, ...] = ()
    impossible: tuple[str, ...] = ()
    max_items: int = 1
    example: str
    sources: Mapping[str, str]

    @property
    def is_id(self) -> bool:
        """Whether values name something that exists, so that every character counts."""
        return self.field.endswith("_id")

    @property
    def is_text(self) -> bool:
        """Whether values are for people to read, in any language."""
        return self.charset is TEXT


LETTER_OR_DIGIT = Charset(name="letter_or_digit", pattern="[A-Za-z0-9]")
NAME = Charset(name="name", pattern="[A-Za-z0-9._-]")
TAG = Charset(name="tag", pattern="[A-Za-z0-9_-]")
ID = Charset(name="id", pattern="[A-Za-z0-9._~@/+-]")
TEXT = Charset(
    name="text",
    # Controls, halves of characters, and code points that are nobody's or everybody's own.
    pattern=r"[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\uf8ff\ufdd0-\ufdef\ufffe\uffff"
    r"\U0001fffe\U0001ffff\U0002fffe\U0002ffff\U0003fffe-\U000dffff\U000efffe-\U0010ffff]",
)

_LENGTHS = "en-old, ar-2023, zh-2024"
_OPTIONAL = "en-old, ar-2023, intl-2025-03, eu-2025-07, intl-2025-10, zh-2025-10, py"
_MANDATORY = "ar-2023, intl-2025-03, eu-2025-07, intl-2025-10, zh-2025-10, py (en-old: No)"
_OWN = "own reading: no page names any, and what else is in an id is damage"

SEPARATORS = ",;|/+\r\n，；、｜／＋"  # noqa: RUF001  (Chinese keyboards type these)
"""Every one of these characters parts the values of a list."""

_TASK_RULES = (
    Rule(
        field="task_name",
        is_mandatory=True,
        min_length=3,
        max_length=100,
        charset=NAME,
        first=LETTER_OR_DIGIT,
        example="crm-orders-cdc-01",
        sources={"mandatory": _MANDATORY, "length": "every page", "characters": "every page"},
    ),
    Rule(
        field="task_id",
        min_length=3,
        max_length=50,
        charset=ID,
        example="7f3c9a41d2e84b6f9a0c5d1e2b3f4a5c",
        sources={"mandatory": _OPTIONAL, "length": _LENGTHS, "characters": _OWN},
    ),
    Rule(
        field="task_type",
        min_length=1,
        max_length=10,
        charset=TAG,
        values=("REALTIME", "TIMING"),
        impossible=("TIMING",),
        example="REALTIME",
        sources={
            "mandatory": _OPTIONAL,
            "length": _LENGTHS,
            "values": "every page",
            "impossible": "every page: composite tasks support real-time only",
        },
    ),
    Rule(
        field="description",
        min_length=1,
        max_length=1024,
        charset=TEXT,
        example="Shop orders, changes replicated within seconds",
        sources={
            "mandatory": _OPTIONAL,
            "length": f"{_LENGTHS}, def-2024",
            "characters": "own reading: no page names any, and nobody types control characters",
        },
    ),
    Rule(
        field="task_tag",
        min_length=4,
        max_length=64,
        charset=TAG,
        example="crm-orders",
        sources={"mandatory": _OPTIONAL, "length": _LENGTHS, "characters": "every page"},
    ),
    Rule(
        field="operation_types",
        is_mandatory=True,
        min_length=1,
        max_length=10,
        charset=TAG,
        values=("INSERT", "UPDATE", "DELETE"),
        max_items=3,
        example="INSERT,UPDATE,DELETE",
        sources={
            "mandatory": _MANDATORY,
            "values": "every page",
            "items": "zh-2024, def-2024",
            "unique": "own reading: no page says whether a value may be repeated",
        },
    ),
    Rule(
        field="source_app_id",
        min_length=1,
        max_length=64,
        charset=ID,
        example="b1a7c0de-5d2f-4e1b-9c3a-6f8e7d6c5b4a",
        sources={"mandatory": _OPTIONAL, "length": _LENGTHS, "characters": _OWN},
    ),
    Rule(
        field="target_app_id",
        min_length=1,
        max_length=64,
        charset=ID,
        example="c2b8d1ef-6e3a-4f2c-8d4b-7a9f8e7d6c5b",
        sources={"mandatory": _OPTIONAL, "length": _LENGTHS, "characters": _OWN},
    ),
)

_TARGET_RULES = tuple(
    Rule(
        field=name,
        is_in_body=False,
        min_length=1,
        max_length=64,
        charset=TAG,
        example=example,
        sources={
            "mandatory": "every page, as path parameter; here the options give the default",
            "length": "en-old, ar-2023",
            "characters": "own reading: no page names any, and the value becomes part of a path",
        },
    )
    for name, example in (
        ("project_id", "0a1b2c3d4e5f60718293a4b5c6d7e8f9"),
        ("instance_id", "3f2e1d0c-9b8a-4756-8d4c-1b2a39485766"),
    )
)

RULES: Mapping[str, Rule] = MappingProxyType(
    {rule.field: rule for rule in (*_TASK_RULES, *_TARGET_RULES)}
)
"""Every known column by its field name: the body's fields in the API's order, then the target."""

BODY_FIELDS = tuple(rule.field for rule in _TASK_RULES)
TARGET_FIELDS = tuple(rule.field for rule in _TARGET_RULES)
MANDATORY_FIELDS = tuple(rule.field for rule in RULES.values() if rule.is_mandatory)


def pattern(rule: Rule) -> re.Pattern[str]:
    """
    Compile what a whole value must look like (use ``fullmatch``).

    For a list it is the pattern of one of its values.
    """
    if rule.values:
        possible = (value for value in rule.values if value not in rule.impossible)
        return re.compile("|".join(possible), re.ASCII | re.IGNORECASE)
    if rule.first is None:
        return re.compile(f"{rule.charset.pattern}{{{rule.min_length},{rule.max_length}}}")
    rest = f"{rule.charset.pattern}{{{rule.min_length - 1},{rule.max_length - 1}}}"
    return re.compile(rule.first.pattern + rest)


def fold(value: str) -> str:
    """Return *value* in the case of the API's values; only ASCII letters have one here."""
    return value.upper() if value.isascii() else value


def items(text: str) -> list[str]:
    """Return the values of a list cell in the API's case; empty places are nobody's value."""
    parts = (part.strip() for part in _SEPARATOR.split(text))
    return [fold(part) for part in parts if part]


_SEPARATOR = re.compile(f"[{re.escape(SEPARATORS)}]")
