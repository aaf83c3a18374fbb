"""Which of the API's values a word stands for, and whether that is sure."""

import difflib
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from batchcreate.rules import SEPARATORS, Rule
from batchcreate.validator.cleaning import BLANKS, BRACKETS, QUOTES, plain_form
from batchcreate.validator.letters import folded
from batchcreate.validator.synonyms import SYNONYMS, UNRELATED, squashed

_LIKELY, _SURE = 0.5, 0.8

_AROUND = QUOTES + BRACKETS + BLANKS + ".:!。：！"
_CONNECTORS = re.compile(r"[&和与及跟]|\b(?:and|und|et|y|plus)\b", re.IGNORECASE)
_SEPARATOR = re.compile(f"[{re.escape(SEPARATORS)}]+")
_NUMBERING = re.compile(r"(?<!\w)[0-9]{1,2}[.)、:]\s*")
_EXTRA = re.compile(
    r"^(?:only|just|nur|仅|只)\s*|\s*(?:only|operations?|操作|数据)$", re.IGNORECASE
)
_EXCLUDING = re.compile("不|非|(?<![删移去刪])除")
_RUN = re.compile("(?:INSERT|UPDATE|DELETE|新增|插入|添加|增加|更新|修改|删除|增|改|删){2,}")
_OF_RUN = re.compile("INSERT|UPDATE|DELETE|新增|插入|添加|增加|更新|修改|删除|增|改|删")
_INITIALS = re.compile("(?=.*U)(?!.*(.).*\\1)(?!.*C.*I|.*I.*C)[CIUD]{2,3}")


class Reading(NamedTuple):
    """
    What a word may stand for.

    Attributes:
        cells: the likeliest first; each is a value, or several separated by commas.
        is_sure: nobody could mean anything else.

    """

    cells: Sequence[str]
    is_sure: bool


_NONE = Reading((), is_sure=False)


def reading(rule: Rule, word: str) -> Reading:
    """Return which of the values of *rule* the whole of *word* may stand for."""
    typed = squashed(folded(plain_form(word)).strip(_AROUND))
    if not typed or typed in UNRELATED:
        return _NONE
    if meant := SYNONYMS[rule.field].get(typed):
        return Reading((meant,), is_sure=True)
    if sure := difflib.get_close_matches(typed, rule.values, n=1, cutoff=_SURE):
        return Reading(sure, is_sure=True)
    possible = [value for value in rule.values if value not in rule.impossible]
    likely = difflib.get_close_matches(typed, possible, n=2, cutoff=_LIKELY)
    return Reading(likely, is_sure=bool(likely) and len(possible) == 1)


def readings(rule: Rule, text: str) -> Sequence[Reading]:
    """Return the readings of the values in *text*, a cell of the list *rule*; none is a guess."""
    whole = reading(rule, text)
    if whole.is_sure:
        return [whole]
    if _EXCLUDING.search(text) or not UNRELATED.isdisjoint(re.findall(r"[A-Z]+", text.upper())):
        return []
    parts = _SEPARATOR.split(_CONNECTORS.sub(",", _NUMBERING.sub(",", plain_form(text))))
    return [found for part in parts if part.strip(_AROUND) for found in _of_part(rule, part)]


def _of_part(rule: Rule, part: str) -> Iterator[Reading]:
    bare = _EXTRA.sub("", part.strip(_AROUND)).strip(_AROUND)
    whole = reading(rule, bare)
    typed = squashed(bare)
    if whole.is_sure:
        yield whole
    elif _RUN.fullmatch(typed):
        yield from (reading(rule, value) for value in _OF_RUN.findall(typed))
    elif _INITIALS.fullmatch(typed):
        yield from (reading(rule, letter) for letter in typed)
    else:
        words = [reading(rule, word) for word in bare.split()]
        is_list = len(words) > 1 and all(word.is_sure for word in words)
        yield from words if is_list else [whole]
