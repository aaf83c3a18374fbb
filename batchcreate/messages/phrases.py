"""Parts of sentences: quantities, lists, names of rows and characters."""

import unicodedata
from collections.abc import Sequence

from batchcreate.messages.texts import text, texts
from batchcreate.models import RowLocation
from batchcreate.rules import Rule
from batchcreate.text import printable

SHOWN_CHARS = 60
"""How much of a cell a message repeats."""

SHOWN_ROWS = 5
"""How many other rows a message names."""

SHOWN_STRANGERS = 3
"""How many characters that are not allowed a message names."""

_SCRIPTS = {
    "CJK": "chinese",
    "CYRILLIC": "cyrillic",
    "FULLWIDTH": "full_width",
    "GREEK": "greek",
    "HANGUL": "hangul",
    "HIRAGANA": "kana",
    "KATAKANA": "kana",
    "LATIN": "accented",
}
"""The first word of a character's name in Unicode, and the key of ours."""


def facts_of(rule: Rule, language: str = "en") -> dict[str, object]:
    """Return what the texts say about the field itself."""
    possible = [value for value in rule.values if value not in rule.impossible]
    return {
        "title": text(f"title.{rule.field}", language=language),
        "minimum": rule.min_length,
        "maximum": amount(rule.max_length, language=language),
        "characters": text(f"charset.{rule.charset.name}", language=language),
        "beginning": text(f"charset.{rule.first.name}", language=language) if rule.first else "",
        "choice": listed(possible, "or", language=language),
        "wanted": _wanted(rule, possible, language),
        "escape": "" if rule.is_mandatory else text("words.or_leave_empty", language=language),
        "example": rule.example,
    }


def length(value: str, *, language: str = "en") -> str:
    """Return how long *value* is, in words."""
    return amount(len(value), language=language)


def amount(chars: int, *, language: str = "en") -> str:
    """Return *chars* characters, in words."""
    key = "words.one_character" if chars == 1 else "words.characters"
    return text(key, {"count": f"{chars:,}"}, language=language)


def quoted(value: str, *, language: str = "en") -> str:
    """Return *value* as messages show it: one line, bounded, nothing invisible."""
    shown = printable(value, limit=SHOWN_CHARS)
    return text("words.quoted", {"value": shown}, language=language)


def listed(parts: Sequence[str], word: str, *, language: str = "en") -> str:
    """Return *parts* as a list in a sentence; *word* is ``and`` or ``or``."""
    if len(parts) <= 1:
        return "".join(parts)
    comma = text("words.comma", language=language)
    return text(
        f"words.{word}", {"first": comma.join(parts[:-1]), "last": parts[-1]}, language=language
    )


def others(places: Sequence[str], *, count: int, language: str = "en") -> str:
    """Name the first of *count* other rows."""
    left = count - len(places)
    more = [text("words.more", {"count": left}, language=language)] if left else []
    return listed([*places, *more], "and", language=language)


def row_name(place: RowLocation, *, beside: RowLocation, language: str = "en") -> str:
    """Name the row at *place* in a message about the row at *beside*."""
    facts = {"number": place.number, "file": place.file, "sheet": place.sheet}
    if place.file != beside.file:
        key = "words.row_of_sheet_of_file" if place.sheet else "words.row_of_file"
    else:
        key = "words.row" if place.sheet == beside.sheet else "words.row_of_sheet"
    return text(key, facts, language=language)


def perhaps(values: Sequence[str], *, language: str = "en") -> str:
    """Return the guess that one of *values* was meant; nothing where there is none."""
    if not values:
        return ""
    meant = listed(values, "or", language=language)
    return text("words.perhaps", {"values": meant}, language=language)


def _wanted(rule: Rule, possible: Sequence[str], language: str) -> str:
    choice = listed(possible, "or", language=language)
    if rule.max_items > 1:
        return text("words.one_or_more", {"choice": choice}, language=language)
    if possible:
        return choice
    facts = {
        "minimum": rule.min_length,
        "maximum": amount(rule.max_length, language=language),
        "characters": text(f"charset.{rule.charset.name}", language=language),
        "beginning": text(f"charset.{rule.first.name}", language=language) if rule.first else "",
    }
    return text("words.size_beginning" if rule.first else "words.size", facts, language=language)


def character(char: str, *, language: str = "en") -> str:
    """Return the name of *char*: as it looks, if it can be seen, with its word and number."""
    if char.isascii() and char.isprintable() and not char.isspace():
        return text("words.quoted", {"value": char}, language=language)
    word = _word(char, language)
    if char == " ":
        return word
    facts = {"char": char, "word": word, "point": f"{ord(char):04X}"}
    is_seen = char.isprintable() and not unicodedata.category(char).startswith("M")
    key = "words.seen_character" if is_seen else "words.unseen_character"
    return text(key, facts, language=language)


def strangers(found: Sequence[tuple[int, str]], *, language: str = "en") -> str:
    """Name the characters of *found*, each given with its position, counted from 1."""
    named = [
        text(
            "words.at_position",
            {"character": character(char, language=language), "at": at},
            language=language,
        )
        for at, char in found[:SHOWN_STRANGERS]
    ]
    return others(named, count=len(found), language=language)


def _word(char: str, language: str) -> str:
    own = f"character.{ord(char):04X}"
    return text(own if own in texts(language) else f"family.{_family(char)}", language=language)


def _family(char: str) -> str:
    category = unicodedata.category(char)
    if category[0] == "C":
        return category
    script, _, _ = unicodedata.name(char, "").partition(" ")
    return _SCRIPTS.get(script, category[0])
