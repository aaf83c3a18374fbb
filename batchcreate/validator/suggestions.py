"""Suggested values for cells with issues; a suggestion always obeys the rule of its field."""

import difflib
import itertools
import math
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from batchcreate.rules import SEPARATORS, Rule, pattern
from batchcreate.validator.damage import (
    BLANKS,
    BRACKETS,
    INVISIBLE,
    QUOTES,
    cleaned,
    damage,
    plain_form,
    repaired,
    whole_number,
)

GAP = "\0"
"""Stands where something was that a name cannot have."""

_LOOK_ALIKES = str.maketrans(
    "АВЕЅІЈКМНОРСТХУԚԜавеѕіјкмнорстхуԁԛԝһӏΑΒΕΖΗΙΚΜΝΟΡΤΥΧονικρυıɡɑ",
    "ABESIJKMHOPCTXYQWabesijkmhopctxydqwhlABEZHIKMNOPTYXovikpuiga",
)
_TRANSCRIPTIONS = str.maketrans(
    {
        "ä": "ae",
        "ö": "oe",
        "ü": "ue",
        "Ä": "Ae",
        "Ö": "Oe",
        "Ü": "Ue",
        "ß": "ss",
        "ẞ": "SS",
        "æ": "ae",
        "Æ": "Ae",
        "œ": "oe",
        "Œ": "Oe",
        "ø": "oe",
        "Ø": "Oe",
        "đ": "d",
        "Đ": "D",
        "ð": "d",
        "Ð": "D",
        "ł": "l",
        "Ł": "L",
        "þ": "th",
        "Þ": "Th",
        "×": "x",  # noqa: RUF001
    }
    | dict.fromkeys("…™©®℠", GAP)
    | dict.fromkeys(INVISIBLE)
)
_DASHES = re.compile("[‐‑‒–—―−⁃﹘﹣－]+")  # noqa: RUF001
_APOSTROPHES = re.compile("(?<=[^\\W\\d_])['’‘ʼ`´＇](?=[^\\W\\d_])")  # noqa: RUF001
_POINTS = re.compile("(?<=[A-Za-z0-9])[。\uff0e｡](?=[A-Za-z0-9])")


def unified(text: str) -> str:
    """Return *text* with every sign in its usual form, for what only looks like another text."""
    return plain_form(_DASHES.sub("-", text).translate(_LOOK_ALIKES))


def folded(text: str) -> str:
    """Return *text* with ASCII letters for all that look or sound like them, accents dropped."""
    text = unicodedata.normalize("NFC", _DASHES.sub("-", text))
    text = _POINTS.sub(".", _APOSTROPHES.sub("", text)).translate(_LOOK_ALIKES)
    compatible = unicodedata.normalize("NFKD", text.translate(_TRANSCRIPTIONS))
    return "".join(char for char in compatible if unicodedata.category(char) not in {"Cf", "Mn"})


REALTIME = (
    "REALTIME TASK|REALTIME TASKS|RT|CDC|STREAM|STREAMING|LIVE|CONTINUOUS|实时|实时任务|实时同步"
    "|實時|即时|流式|ECHTZEIT|TEMPS REEL|TIEMPO REAL|REALTIME CDC|CDC REALTIME|REAL"
)
TIMING = "TIMED|TIMER|SCHEDULED|SCHEDULE|CRON|PERIODIC|定时|定时任务|定時|周期|周期任务"

INSERT = (
    "I|INS|C|CREATE|ADD|ADDED|NEW|APPEND|新增|插入|添加|增加|新建|创建|增|插|添|加|EINFUEGEN|INSERER"
    "|INSERTAR|INSERTION|INSERTIONS"
)
UPDATE = (
    "U|UPD|UPDT|CHANGE|CHANGED|EDIT|MODIFY|MODIFIED|更新|修改|变更|编辑|更改|改|更"
    "|AENDERN|AKTUALISIEREN|ACTUALIZAR|MODIFIER"
)
DELETE = (
    "D|DEL|DROP|REMOVE|REMOVED|ERASE|删除|移除|去除|刪除|删|LOESCHEN|SUPPRIMER|ELIMINAR|BORRAR"
    "|DELETION|DELETIONS"
)
ALL = (
    "ALL|ALL OPERATIONS|ALL TYPES|ALL THREE|ANY|EVERYTHING|CRUD|CUD|IUD|*|全部|所有|全部操作"
    "|所有操作|全选|增删改|增改删|增删改查|ALLE|TOUS|TODOS|TOUTES|TODAS"
)
UPSERT = "UPSERT|UPSERTS|MERGE|INSERT OR UPDATE|INSERT/UPDATE|新增或更新|新增或修改|插入或更新"

_OTHERS = (
    "SELECT READ QUERY TRUNCATE RENAME ALTER REPLACE 查询 读取 清空 NOT NO EXCEPT WITHOUT BUT NON"
    " 不 除 非 除了 KEIN OHNE SANS SIN"
)
UNRELATED = frozenset(_OTHERS.split())
"""Words after which a guess would be wrong: other operations, and those that exclude one."""


def squashed(text: str) -> str:
    """Return *text* as synonyms are looked up: in capitals, without spaces, dots and dashes."""
    return "".join(char for char in text.upper() if char not in " \t\n\r_-./·•:")


def _table(meanings: Mapping[str, str]) -> Mapping[str, str]:
    return {
        squashed(word): value for value, words in meanings.items() for word in words.split("|")
    }


SYNONYMS: Mapping[str, Mapping[str, str]] = {
    "task_type": _table({"REALTIME": REALTIME, "TIMING": TIMING}),
    "operation_types": _table(
        {
            "INSERT": INSERT,
            "UPDATE": UPDATE,
            "DELETE": DELETE,
            "INSERT,UPDATE,DELETE": ALL,
            "INSERT,UPDATE": UPSERT,
        }
    ),
}
"""By field and squashed word the cell that it means."""


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
