"""Names of characters: what nobody can see is told by its word and its number."""

import unicodedata
from collections.abc import Sequence

from batchcreate.messages.catalogue import CATALOGUES, text
from batchcreate.messages.wording import others

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
    return text(
        own if own in CATALOGUES[language] else f"family.{_family(char)}", language=language
    )


def _family(char: str) -> str:
    category = unicodedata.category(char)
    if category[0] == "C":
        return category
    script, _, _ = unicodedata.name(char, "").partition(" ")
    return _SCRIPTS.get(script, category[0])
