"""Rules of the fields of a new task, as data: lengths, characters, values and sources; pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType


@dataclass(frozen=True, slots=True, kw_only=True)
class Charset:
    """
    Characters that are allowed in a value.

    Attributes:
        name: the key of its description in the messages.
        pattern: a regular expression of exactly one such character.

    """

    name: str
    pattern: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rule:
    """
    The rule of one field.

    Attributes:
        field: its name in the API and in spreadsheets.
        is_mandatory: True if a row without a value is rejected.
        is_in_body: True for a member of the request body, False for a path parameter.
        min_length: minimum number of characters of a value that is not empty.
        max_length: maximum number of characters.
        charset: allowed characters.
        first: allowed first characters, if these are fewer.
        values: the only values, in upper case; cells may use any case.
        impossible: documented values that are not available for composite tasks.
        max_items: maximum number of values in a cell; above 1 the cell is a list.
        example: a valid value.
        sources: for each fact the short names of the pages that state it.

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
        """True if values refer to existing objects, so that every character is significant."""
        return self.field.endswith("_id")

    @property
    def is_choice(self) -> bool:
        """True if only known values are allowed."""
        return bool(self.values)

    @property
    def is_text(self) -> bool:
        """True if values are free text, in any language."""
        return self.charset is TEXT


LETTER_OR_DIGIT = Charset(name="letter_or_digit", pattern="[A-Za-z0-9]")
NAME = Charset(name="name", pattern="[A-Za-z0-9._-]")
TAG = Charset(name="tag", pattern="[A-Za-z0-9_-]")
ID = Charset(name="id", pattern="[A-Za-z0-9._~@/+-]")
TEXT = Charset(
    name="text",
    # Control characters, surrogates, private and unassigned code points are excluded.
    pattern=r"[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\uf8ff\ufdd0-\ufdef\ufffe\uffff"
    r"\U0001fffe\U0001ffff\U0002fffe\U0002ffff\U0003fffe-\U000dffff\U000efffe-\U0010ffff]",
)

_LENGTHS = "en-old, ar-2023, zh-2024"
_OPTIONAL = "en-old, ar-2023, intl-2025-03, eu-2025-07, intl-2025-10, zh-2025-10, py"
_MANDATORY = "ar-2023, intl-2025-03, eu-2025-07, intl-2025-10, zh-2025-10, py (en-old: No)"
_OWN = "assumption: no page lists any, and other characters in an id are damage"

SEPARATORS = ",;|/+&\r\n，；、｜／＋＆和"  # noqa: RUF001  (characters of Chinese keyboards)
"""The characters that separate the values of a list, like the word "and"."""

VALUE_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "插入": "INSERT",
        "新增": "INSERT",
        "更新": "UPDATE",
        "修改": "UPDATE",
        "删除": "DELETE",
        "刪除": "DELETE",
    }
)
"""Chinese words for the values of lists."""

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
            "characters": "assumption: no page lists any, and control characters are not typed",
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
            "unique": "assumption: no page states whether a value may be repeated",
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
            "characters": "assumption: no page lists any, and the value becomes part of a path",
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
"""The rules by field name: the fields of the body in the order of the API, then the target."""

BODY_FIELDS = tuple(rule.field for rule in _TASK_RULES)
TARGET_FIELDS = tuple(rule.field for rule in _TARGET_RULES)
UNIQUE_FIELDS = ("task_name", "task_id")
"""Fields whose values are unique within an instance."""

MANDATORY_FIELDS = tuple(rule.field for rule in RULES.values() if rule.is_mandatory)


@cache
def allowed(rule: Rule) -> re.Pattern[str]:
    """Return the pattern of characters that a value can contain."""
    return re.compile(f"{rule.charset.pattern}+")


@cache
def pattern(rule: Rule) -> re.Pattern[str]:
    """
    Return the pattern of a complete value (use ``fullmatch``).

    For a list it is the pattern of one of the values.
    """
    if rule.values:
        possible = (value for value in rule.values if value not in rule.impossible)
        return re.compile("|".join(possible), re.ASCII | re.IGNORECASE)
    if rule.first is None:
        return re.compile(f"{rule.charset.pattern}{{{rule.min_length},{rule.max_length}}}")
    rest = f"{rule.charset.pattern}{{{rule.min_length - 1},{rule.max_length - 1}}}"
    return re.compile(rule.first.pattern + rest)


def to_upper(value: str) -> str:
    """Return *value* in upper case, as in the API; text that is not ASCII is not changed."""
    return value.upper() if value.isascii() else value


def split_values(text: str) -> list[str]:
    """Return the values of a list cell as the API spells them, without the empty ones."""
    return [value_of(part) for part in split_parts(text)]


def split_parts(text: str) -> list[str]:
    """Return the values of a list cell as typed, without the empty ones."""
    parts = (part.strip() for part in _SEPARATOR.split(text))
    return [part for part in parts if part]


def value_of(part: str) -> str:
    """Return the value of a list that *part* means: in upper case, or a translated word."""
    return VALUE_WORDS.get(part) or to_upper(part)


_SEPARATOR = re.compile(
    f"[{re.escape(SEPARATORS)}]|(?<![A-Za-z0-9_])and(?![A-Za-z0-9_])", re.IGNORECASE
)
