"""What people read about a broken rule: one catalogue, keyed by rule id; pure."""

import unicodedata
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from batchcreate.rules import Rule
from batchcreate.text import printable

SHOWN_CHARS = 60
"""How much of a cell a message repeats."""

SHOWN_STRANGERS = 3
"""How many characters that are not allowed a message names."""

SHOWN_ROWS = 5
"""How many other rows a message names."""

ENGLISH: Mapping[str, str] = MappingProxyType(
    {
        "missing": "The {title} is empty. Type {wanted}, for example {example}.",
        "too_short": "The {title} {value} has {length}; it needs {minimum} to {maximum}."
        " Type a longer one.",
        "too_long": "The {title} {value} has {length}; it takes at most {maximum}."
        " Type a shorter one.",
        "charset": "The {title} {value} contains {strangers}. Allowed are {characters}.",
        "first": "The {title} {value} begins with {stranger}. Begin it with {beginning}.",
        "value": "{value} is not a known {title}. Type {choice}{escape}.",
        "impossible": "The {title} {value} is not possible for a composite task, which is"
        " real-time only. Type {choice}{escape}.",
        "operation_types.missing": "There are no operation types. Type {wanted}, for example"
        " {example}.",
        "operation_types.value": "{value} is not one of the operation types. Type one or more"
        " of {choice}, separated by commas.",
        "operation_types.count": "There are {count} operation types in {value}. Type 1 to"
        " {maximum} of {choice}, separated by commas.",
        "operation_types.repeated": "{value} names {repeated} more than once. Type every"
        " operation type once.",
        "task_name.repeated": "The task name {value} also stands in {others}. Give every task"
        " of an instance a name of its own, or remove the repeated rows.",
    }
)

CATALOGUES: Mapping[str, Mapping[str, str]] = MappingProxyType({"en": ENGLISH})
"""
The texts by language and rule id.

A key without a field (``charset``) serves every field that has no text of its own.
"""

_CONTROLS = {
    0x00: "NUL",
    0x09: "TAB",
    0x0A: "LINE FEED",
    0x0D: "CARRIAGE RETURN",
    0x1B: "ESCAPE",
    0x7F: "DELETE",
}


def message(rule_id: str, facts: Mapping[str, object], *, language: str = "en") -> str:
    """Return the text of *rule_id* in *language*, filled in with *facts*."""
    catalogue = CATALOGUES[language]
    text = catalogue.get(rule_id) or catalogue[rule_id.rpartition(".")[2]]
    return text.format_map(facts)


def facts_of(rule: Rule) -> dict[str, object]:
    """Return what the texts say about the field itself."""
    possible = [value for value in rule.values if value not in rule.impossible]
    return {
        "title": rule.title,
        "minimum": rule.min_length,
        "maximum": _amount(rule.max_length),
        "characters": rule.charset.words,
        "beginning": rule.first.words if rule.first else "",
        "choice": _listed(possible, "or"),
        "wanted": _wanted(rule, possible),
        "escape": "" if rule.is_mandatory else " or leave the cell empty",
        "example": rule.example,
    }


def length(text: str) -> str:
    """Return how long *text* is, in words."""
    return _amount(len(text))


def quoted(text: str) -> str:
    """Return *text* as messages show it: one line, bounded, nothing invisible."""
    return f"'{printable(text, limit=SHOWN_CHARS)}'"


def character(char: str) -> str:
    """Return the name of *char*: as it looks, if it can be seen, and as Unicode calls it."""
    if char == " ":
        return "a space"
    point = ord(char)
    name = unicodedata.name(char, "") or _CONTROLS.get(point, "UNNAMED CHARACTER")
    if char.isascii() and char.isprintable():
        return f"'{char}'"
    shown = f"'{char}' " if char.isprintable() and not unicodedata.combining(char) else ""
    return f"{shown}(U+{point:04X} {name})" if shown else f"U+{point:04X} {name}"


def strangers(found: Sequence[tuple[int, str]]) -> str:
    """Name the characters of *found*, each given with its position, counted from 1."""
    named = [f"{character(char)} at position {at}" for at, char in found[:SHOWN_STRANGERS]]
    more = len(found) - len(named)
    return _listed([*named, f"{more} more"] if more else named, "and")


def others(places: Sequence[str], *, count: int) -> str:
    """Name the first of *count* other rows."""
    more = count - len(places)
    return _listed([*places, f"{more} more"] if more else places, "and")


def either(values: Sequence[str]) -> str:
    """Return a suggestion: the value to type, or the question which of them was meant."""
    return f"{_listed(values, 'or')}?" if len(values) > 1 else "".join(values)


def cell_address(index: int, number: int) -> str:
    """Return the spreadsheet's address of zero-based column *index* in row *number*."""
    return f"{column_letters(index)}{number}"


def column_letters(index: int) -> str:
    """Return what a spreadsheet program calls zero-based column *index*."""
    letters = ""
    rest = index + 1
    while rest:
        rest, letter = divmod(rest - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return letters


def _wanted(rule: Rule, possible: Sequence[str]) -> str:
    if rule.max_items > 1:
        return f"one or more of {_listed(possible, 'or')}, separated by commas"
    if possible:
        return _listed(possible, "or")
    size = f"{rule.min_length} to {_amount(rule.max_length)}: {rule.charset.words}"
    return f"{size}, beginning with {rule.first.words}" if rule.first else size


def _amount(chars: int) -> str:
    return f"{chars} character" if chars == 1 else f"{chars:,} characters"


def _listed(parts: Sequence[str], word: str) -> str:
    if len(parts) == 1:
        return parts[0]
    return f"{', '.join(parts[:-1])} {word} {parts[-1]}" if parts else ""
