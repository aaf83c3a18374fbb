"""What the analyst probably meant; a suggestion always obeys the rule that it is made for."""

import itertools
import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from batchcreate.rules import Rule, pattern
from batchcreate.validator.cleaning import BLANKS, BRACKETS, QUOTES, cleaned
from batchcreate.validator.damage import damage, whole_number
from batchcreate.validator.encoding import repaired
from batchcreate.validator.letters import GAP, folded, unified
from batchcreate.validator.readings import reading, readings

MAX_ALTERNATIVES = 3
"""More than these are not worth a question."""

MAX_CHARS = 4096
"""Nobody reads a suggestion for a longer cell."""

_LIST_SIGNS = re.compile("[,;|，；、｜]")  # noqa: RUF001  (Chinese keyboards type these)
_WRAPPING = QUOTES + BRACKETS + BLANKS + ",;:.!，；：。、！"
_LABEL = re.compile(
    r"(?:(?:[^:=：＝]{0,30}[^:=：＝A-Za-z])?[Ii][Dd]|[A-Za-z ]{1,30}I[Dd]|[GUgu]?[Uu][Ii][Dd]"  # noqa: RUF001
    r"|[^:=：＝]{0,20}(?:编号|号))\s*[\s:=：＝]\s*|urn:uuid:|="  # noqa: RUF001
)
_COMPLETE_ID = re.compile(r"[0-9a-fA-F]{32}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_BULLETS = dict.fromkeys(map(ord, "\uf06c\uf076\uf0a7\uf0a8\uf0b7\uf0d8\uf0fc"), "•")
_BREAKS = re.compile("[\x0b\x0c\x1c-\x1f\x85]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """
    What may be typed instead of a cell.

    Attributes:
        suggestion: the one cell that was meant, empty where that is not sure.
        choice: the cells among which the analyst has to choose.

    """

    suggestion: str = ""
    choice: Sequence[str] = ()


def meant(rule: Rule, text: str) -> Meant:
    """Return what *text*, which *rule* refuses, may stand for."""
    original = repaired(text)
    if original is None:
        original = text
    if not original or len(original) > MAX_CHARS:
        return Meant()
    if rule.max_items > 1:
        return _list_meant(rule, original)
    if rule.values:
        return _value_meant(rule, original)
    mended = _mended(rule, original)
    return Meant(suggestion=mended) if _is_accepted(rule, mended) else Meant()


def _is_accepted(rule: Rule, text: str) -> bool:
    is_whole = cleaned(rule, text) == text and not damage(rule, text)
    return is_whole and pattern(rule).fullmatch(text) is not None


def _mended(rule: Rule, text: str) -> str:
    if rule.is_text:
        return cleaned(rule, _readable(text))
    return whole_number(text) or (_id(text) if rule.is_id else _name(rule, text))


def _readable(text: str) -> str:
    spaced = _BREAKS.sub(" ", text.translate(_BULLETS))
    return "".join(
        char for char in spaced if char in "\n\t" or unicodedata.category(char)[0] != "C"
    )


def _name(rule: Rule, text: str) -> str:
    """Return *text* with an underscore for each gap, or nothing where a name would be a guess."""
    if not rule.first and _LIST_SIGNS.search(text.strip(_WRAPPING)):
        return ""
    allowed = re.compile(rule.charset.pattern)
    # A letter that has no plain form stays, so that no suggestion comes of it.
    plain = "".join(
        char if char.isalnum() or allowed.fullmatch(char) else GAP for char in folded(text)
    )
    plain = re.sub(f"{GAP}*([._-]){GAP}*", r"\1", plain.strip(GAP))
    plain = re.sub(f"{GAP}+", "_", plain)
    return plain.lstrip("._-") if rule.first else plain


def _id(text: str) -> str:
    """Return the id in *text* without what stands around it; the id itself is never guessed."""
    bare = unified(text).strip(_WRAPPING)
    while label := _LABEL.match(bare):
        bare = bare[label.end() :].strip(_WRAPPING)
    parts = bare.split()
    joined = "".join(parts)
    return joined if len(parts) == 1 or _COMPLETE_ID.fullmatch(joined) else ""


def _value_meant(rule: Rule, text: str) -> Meant:
    found = reading(rule, text)
    possible = [value for value in rule.values if value not in rule.impossible]
    # Instead of a value that composite tasks do not have there are only the others.
    cells = possible if set(found.cells) & set(rule.impossible) else found.cells
    return _chosen(cells, is_sure=found.is_sure)


def _list_meant(rule: Rule, text: str) -> Meant:
    found = readings(rule, text)
    taken = {word.cells[0] for word in found if word.is_sure}
    left = [
        word.cells if word.is_sure else [value for value in word.cells if value not in taken]
        for word in found
    ]
    if not found or not 0 < math.prod(map(len, left)) <= MAX_ALTERNATIVES:
        return Meant()
    cells = {
        ",".join(dict.fromkeys(",".join(choice).split(","))): None
        for choice in itertools.product(*left)
    }
    # Of two readings the one is sure where the other stands in the cell already.
    is_sure = all(
        word.is_sure or len(values) < len(word.cells)
        for word, values in zip(found, left, strict=True)
    )
    return _chosen(list(cells), is_sure=is_sure)


def _chosen(cells: Sequence[str], *, is_sure: bool) -> Meant:
    return Meant(suggestion=cells[0]) if is_sure and len(cells) == 1 else Meant(choice=cells)
