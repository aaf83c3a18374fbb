"""Parts of sentences: quantities, lists, names of rows and characters."""

import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from batchcreate.messages.texts import text, texts
from batchcreate.models import RowLocation
from batchcreate.rules import RULES, Rule
from batchcreate.text import printable

SHOWN_CHARS: Final = 60
"""Maximum characters of a cell that a message repeats."""

SHOWN_ROWS: Final = 5
"""Maximum number of other rows that a message names."""

SHOWN_CHARACTERS: Final = 3
"""Maximum number of unexpected characters, or kinds of them, that a message names."""

_CACHED_CHARACTERS: Final = 1024

_KINDS: Final = {
    "CJK": "chinese",
    "CYRILLIC": "cyrillic",
    "FULLWIDTH": "full_width",
    "GREEK": "greek",
    "HANGUL": "hangul",
    "HIRAGANA": "kana",
    "KATAKANA": "kana",
    "LATIN": "accented",
}
"""Keys of the kinds, by the first word of a character's Unicode name."""


def facts_of(rule: Rule, language: str = "en") -> dict[str, object]:
    """Return the values of the placeholders that describe the field of *rule*."""
    possible = [value for value in rule.values if value not in rule.impossible]
    facts: dict[str, object] = {
        "title": text(f"title.{rule.field}", language=language),
        "minimum": rule.min_length,
        "maximum": character_count(rule.max_length, language=language),
        "characters": text(f"charset.{rule.charset.name}", language=language),
        "beginning": text(f"charset.{rule.first.name}", language=language) if rule.first else "",
        "choice": listed(possible, "or", language=language),
        "or_empty": "" if rule.is_mandatory else text("phrase.or_empty", language=language),
        "example": example_of(rule, language),
    }
    return facts | {"wanted": _wanted(rule, facts, language)}


def facts_of_rule(rule_id: str, language: str = "en") -> dict[str, object]:
    """Return `facts_of` the field of *rule_id*; nothing if the rule applies to whole rows."""
    rule = RULES.get(rule_id.partition(".")[0])
    return facts_of(rule, language) if rule else {}


def example_of(rule: Rule, language: str = "en") -> str:
    """Return a valid value of the field of *rule*; free text is in *language*."""
    return text(f"example.{rule.field}", language=language) if rule.is_text else rule.example


def character_count(count: int, *, language: str = "en") -> str:
    """Return *count* characters as words, such as ``1,024 characters``."""
    key = "phrase.one_character" if count == 1 else "phrase.characters"
    return text(key, {"count": f"{count:,}"}, language=language)


def quoted(value: str, *, language: str = "en") -> str:
    """Return *value* in quotation marks, on one line, escaped and truncated."""
    shown = printable(value, limit=SHOWN_CHARS)
    return text("phrase.quoted", {"value": shown}, language=language)


def listed(parts: Sequence[str], kind: str, *, language: str = "en") -> str:
    """Return *parts* as a list in a sentence; *kind* is ``and``, ``or`` or ``values``."""
    if len(parts) <= 1:
        return "".join(parts)
    first = text(f"list.{kind}.separator", language=language).join(parts[:-1])
    return text(f"list.{kind}.last", {"first": first, "last": parts[-1]}, language=language)


def listed_first(
    parts: Sequence[str], *, count: int, kind: str = "and", language: str = "en"
) -> str:
    """Return *parts*, the first of *count* parts, as a list that ends with the remaining number."""
    left = count - len(parts)
    if not left:
        return listed(parts, kind, language=language)
    first = text(f"list.{kind}.separator", language=language).join(parts)
    more = text("list.more", {"count": left}, language=language)
    return text("list.and.last", {"first": first, "last": more}, language=language)


def sentences(*parts: str) -> str:
    """Return the sentences *parts* as one paragraph, without spaces between Chinese sentences."""
    return " ".join(filter(None, parts)).replace("。 ", "。")


def row_name(location: RowLocation, *, relative_to: RowLocation, language: str = "en") -> str:
    """Return the name of the row at *location* in a message about the row at *relative_to*."""
    facts = {"number": location.number, "file": location.file, "sheet": location.sheet}
    if location.file != relative_to.file:
        key = "row.workbook" if location.sheet else "row.text_file"
    else:
        key = "row.same_sheet" if location.sheet == relative_to.sheet else "row.same_file"
    return text(key, facts, language=language)


def did_you_mean(values: Sequence[str], *, language: str = "en") -> str:
    """Return the question whether one of *values* was meant, or an empty text if there are none."""
    if not values:
        return ""
    facts = {"values": listed(values, "or", language=language)}
    return text("phrase.did_you_mean", facts, language=language)


@lru_cache(maxsize=_CACHED_CHARACTERS)
def describe_character(char: str, *, language: str = "en") -> str:
    """Return *char* with its kind if it is visible, otherwise its name and code point."""
    if _is_visible(char) and char.isascii():
        return text("phrase.quoted", {"value": char}, language=language)
    kind = text(_kind_key(char, language), language=language)
    if char == " ":
        return kind
    if _is_visible(char):
        return _visible(char, kind, language)
    facts = {"kind": kind, "code": f"{ord(char):04X}"}
    return text("unexpected.invisible", facts, language=language)


def describe_characters(
    unexpected: Sequence[tuple[int, str]], *, language: str = "en", is_brief: bool = False
) -> str:
    """
    Describe *unexpected* characters, visible ones by kind, the others one by one.

    Args:
        unexpected: position, counted from 1, and character.
        language: language of the description.
        is_brief: omit the characters if there are several of one kind.

    """
    groups: dict[object, list[tuple[int, str]]] = {}
    for position, char in unexpected:
        if not _is_visible(char):
            key: object = position
        else:
            key = char if char.isascii() else _kind_key(char, language)
        groups.setdefault(key, []).append((position, char))
    shown = list(groups.values())[:SHOWN_CHARACTERS]
    named = [_describe_group(group, language, is_brief=is_brief) for group in shown]
    left = len(unexpected) - sum(map(len, shown))
    return listed_first(named, count=len(named) + left, language=language)


def _describe_group(group: Sequence[tuple[int, str]], language: str, *, is_brief: bool) -> str:
    position, char = group[0]
    if not _is_visible(char):
        facts = {"character": describe_character(char, language=language), "position": position}
        return text("unexpected.at_position", facts, language=language)
    chars = "".join(dict.fromkeys(char for _, char in group))
    if len(chars) == 1:
        return describe_character(char, language=language)
    kinds = text(f"kinds.{_kind(char)}", language=language)
    return kinds if is_brief else _visible(chars, kinds, language)


def _visible(chars: str, kind: str, language: str) -> str:
    facts = {"characters": quoted(chars, language=language), "kind": kind}
    return text("unexpected.visible", facts, language=language)


def _is_visible(char: str) -> bool:
    return char.isprintable() and char != " " and not unicodedata.category(char).startswith("M")


def _kind_key(char: str, language: str) -> str:
    key = f"character.{ord(char):04X}"
    return key if key in texts(language) else f"kind.{_kind(char)}"


def _kind(char: str) -> str:
    category = unicodedata.category(char)
    if category[0] == "C":
        return category
    script, _, _ = unicodedata.name(char, "").partition(" ")
    return _KINDS.get(script, category[0])


def _wanted(rule: Rule, facts: dict[str, object], language: str) -> str:
    if rule.max_items > 1:
        return text("phrase.one_or_more", facts, language=language)
    if rule.values:
        return str(facts["choice"])
    key = "phrase.size_beginning" if rule.first else "phrase.size"
    return text(key, facts, language=language)
