"""What the analyst probably meant; a suggestion always obeys the rule it is made for."""

import difflib
import itertools
import math
import re
import unicodedata
from collections.abc import Mapping, Sequence

from batchcreate.rules import NAME, TAG, Rule, fold, items, pattern

MAX_ALTERNATIVES = 3
"""More than these are not a suggestion any more."""

SYNONYMS: Mapping[str, Mapping[str, str]] = {
    "task_type": {"REAL TIME": "REALTIME", "REAL-TIME": "REALTIME", "实时": "REALTIME"},
    "operation_types": {
        "ALL": "INSERT,UPDATE,DELETE",
        "I": "INSERT",
        "U": "UPDATE",
        "D": "DELETE",
        "ADD": "INSERT",
        "CREATE": "INSERT",
        "NEW": "INSERT",
        "CHANGE": "UPDATE",
        "EDIT": "UPDATE",
        "MODIFY": "UPDATE",
        "UPSERT": "INSERT,UPDATE",
        "MERGE": "INSERT,UPDATE",
        "DROP": "DELETE",
        "REMOVE": "DELETE",
        "新增": "INSERT",
        "插入": "INSERT",
        "更新": "UPDATE",
        "修改": "UPDATE",
        "删除": "DELETE",
    },
}
"""What people type instead of the API's values, and the cell that they mean."""

_LIKELY, _SURE = 0.5, 0.8
_GAP = "\0"

_LOOK_ALIKES = str.maketrans(
    "АВЕЅІЈКМНОРСТХУавеѕіјкмнорстхуΑΒΕΖΗΙΚΜΝΟΡΤΥΧο‐‑‒–—―−",  # noqa: RUF001  (that is the point)
    "ABESIJKMHOPCTXYabesijkmhopctxyABEZHIKMNOPTYXo-------",
)


def cleaned(rule: Rule, text: str) -> str:
    """
    Return *text* without what *rule* refuses in it, or nothing where that is a guess.

    In names a gap becomes an underscore; out of ids and texts only what cannot be seen goes.
    """
    is_name = rule.is_in_body and rule.charset in (NAME, TAG)
    plain = "".join(_plain(rule, char, is_name=is_name) for char in text.strip()).strip(_GAP)
    plain = re.sub(f"{_GAP}*([._-]){_GAP}*", r"\1", plain)
    plain = re.sub(f"{_GAP}+", "_" if is_name else "", plain)
    if rule.first:
        plain = plain.lstrip("._-")
    return plain if plain != text and pattern(rule).fullmatch(plain) else ""


def values_meant(rule: Rule, value: str) -> Sequence[str]:
    """Return which of the rule's values *value* may stand for, the likeliest first."""
    possible = [known for known in rule.values if known not in rule.impossible]
    typed = _folded(value).strip().upper()
    if typed in possible:
        return [typed]
    if meant := SYNONYMS[rule.field].get(typed):
        return [meant]
    sure = difflib.get_close_matches(typed, possible, n=1, cutoff=_SURE)
    return sure or difflib.get_close_matches(typed, possible, n=2, cutoff=_LIKELY)


def lists_meant(rule: Rule, text: str) -> Sequence[str]:
    """Return whole cells that *text* may stand for, one for each reading of its values."""
    readings = [_readings(rule, value) for value in items(text)]
    taken = {options[0] for options in readings if len(options) == 1}
    open_readings = [
        options if len(options) == 1 else [value for value in options if value not in taken]
        for options in readings
    ]
    if math.prod(map(len, open_readings)) > MAX_ALTERNATIVES:
        return []
    cells = (
        ",".join(dict.fromkeys(",".join(choice).split(",")))
        for choice in itertools.product(*open_readings)
    )
    return [cell for cell in dict.fromkeys(cells) if cell]


def _readings(rule: Rule, value: str) -> Sequence[str]:
    words = [fold(word) for word in _folded(value).split()]
    if len(words) > 1 and all(word in rule.values for word in words):
        return [",".join(words)]
    return values_meant(rule, value)


def _plain(rule: Rule, char: str, *, is_name: bool) -> str:
    allowed = re.compile(f"(?:{rule.charset.pattern})*")
    for form in (char, _folded(char)):
        if allowed.fullmatch(form):
            return form
    if char.isspace() and not is_name:
        return " "
    is_visible = unicodedata.category(char)[0] != "C"
    # What can be seen and has no plain form stays, so that no suggestion comes of it.
    return char if char.isalnum() or (is_visible and not is_name) else _GAP


def _folded(text: str) -> str:
    compatible = unicodedata.normalize("NFKD", text.translate(_LOOK_ALIKES))
    return "".join(char for char in compatible if unicodedata.category(char) not in {"Cf", "Mn"})
