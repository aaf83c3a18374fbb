"""Suggested values for cells with issues; every suggestion is valid for its field."""

import difflib
import itertools
import math
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from batchcreate.rules import SEPARATORS, Rule, allowed, pattern
from batchcreate.validator.converted_values import (
    find_damage,
    find_doubt,
    is_date_like,
    is_formula,
    whole_number,
)
from batchcreate.validator.damage import (
    BLANKS,
    BRACKETS,
    INVISIBLE,
    QUOTES,
    cleaned,
    fix_encoding,
    has_unmatched_marks,
    normal_form,
)

GAP = "\0"
"""Placeholder for characters that are not allowed in a name."""

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
_GAPS = re.compile(f"[{GAP}._-]+")
_DASHES = re.compile("[‐‑‒–—―−⁃﹘﹣－]+")  # noqa: RUF001
_APOSTROPHES = re.compile("['’‘ʼ`´＇](?<=[^\\W\\d_].)(?=[^\\W\\d_])")  # noqa: RUF001
_POINTS = re.compile("(?<=[A-Za-z0-9])[。\uff0e｡](?=[A-Za-z0-9])")

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
"""Words that rule out a suggestion: other operations, and words that exclude one."""

_LIKELY, _SURE = 0.5, 0.8
_AROUND = QUOTES + BRACKETS + BLANKS + ".:!。：！"
_CONNECTORS = re.compile(r"[&和与與及跟并並]|\b(?:and|und|et|y|plus)\b", re.IGNORECASE)
_SEPARATOR = re.compile(f"[{re.escape(SEPARATORS)}]+")
_NUMBERING = re.compile(r"(?<!\w)[0-9]{1,2}[.)、:]\s*")
_EXTRA = re.compile(
    r"^(?:only|just|nur|仅|只)\s*|\s*(?:only|operations?|操作|数据|數據|资料|資料)$", re.IGNORECASE
)
_EXCLUDING = re.compile("不|非|(?<![删移去刪])除")
_RUN = re.compile("(?:INSERT|UPDATE|DELETE|新增|插入|添加|增加|更新|修改|删除|增|改|删){2,}")
_OF_RUN = re.compile("INSERT|UPDATE|DELETE|新增|插入|添加|增加|更新|修改|删除|增|改|删")
_INITIALS = re.compile("(?=.*U)(?!.*(.).*\\1)(?!.*C.*I|.*I.*C)[CIUD]{2,3}")

MAX_ALTERNATIVES = 3
"""Maximum number of values in a question *did you mean*."""

MAX_CHARS = 4096
"""Maximum length of a cell for which a value is suggested."""

_LIST_SIGNS = re.compile("[,;|，；、｜]")  # noqa: RUF001  (characters of Chinese keyboards)
_WRAPPING = QUOTES + BRACKETS + BLANKS + ",;:.!，；：。、！"
_LABEL = re.compile(
    r"(?:(?:[^:=：＝]{0,30}[^:=：＝A-Za-z])?[Ii][Dd]|[A-Za-z ]{1,30}I[Dd]|[GUgu]?[Uu][Ii][Dd]"  # noqa: RUF001
    r"|[^:=：＝]{0,20}(?:编号|号))\s*[\s:=：＝]\s*|urn:uuid:|="  # noqa: RUF001
)
_COMPLETE_ID = re.compile(r"[0-9a-fA-F]{32}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_BULLETS = dict.fromkeys(map(ord, "\uf06c\uf076\uf0a7\uf0a8\uf0b7\uf0d8\uf0fc"), "•")
_BREAKS = re.compile("[\x0b\x0c\x1c-\x1f\x85]")


def replace_look_alikes(text: str) -> str:
    """Return *text* with ASCII characters instead of those that look like them."""
    return normal_form(_DASHES.sub("-", text).translate(_LOOK_ALIKES))


def transliterate(text: str) -> str:
    """Return *text* with ASCII letters instead of similar and accented letters."""
    if text.isascii():
        return _APOSTROPHES.sub("", text)
    text = unicodedata.normalize("NFC", _DASHES.sub("-", text))
    text = _POINTS.sub(".", _APOSTROPHES.sub("", text)).translate(_LOOK_ALIKES)
    compatible = unicodedata.normalize("NFKD", text.translate(_TRANSCRIPTIONS))
    return "".join(char for char in compatible if unicodedata.category(char) not in {"Cf", "Mn"})


def compact(text: str) -> str:
    """Return *text* as a key of `SYNONYMS`: upper case, without spaces, dots and dashes."""
    return "".join(char for char in text.upper() if char not in " \t\n\r_-./·•:")


def _table(meanings: Mapping[str, str]) -> Mapping[str, str]:
    return {compact(word): value for value, words in meanings.items() for word in words.split("|")}


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
"""The value of each synonym, by field and compact word."""


class Interpretation(NamedTuple):
    """
    Possible meanings of a word.

    Attributes:
        cells: the most likely first; each is a value, or several separated by commas.
        is_sure: True if there is no other plausible meaning.

    """

    cells: Sequence[str]
    is_sure: bool


_UNKNOWN = Interpretation((), is_sure=False)


def interpret(rule: Rule, word: str) -> Interpretation:
    """Return the values of *rule* that *word* may mean as a whole."""
    typed = compact(transliterate(normal_form(word)).strip(_AROUND))
    if not typed or typed in UNRELATED:
        return _UNKNOWN
    if meant := SYNONYMS[rule.field].get(typed):
        return Interpretation((meant,), is_sure=True)
    if sure := difflib.get_close_matches(typed, rule.values, n=1, cutoff=_SURE):
        return Interpretation(sure, is_sure=True)
    possible = [value for value in rule.values if value not in rule.impossible]
    likely = difflib.get_close_matches(typed, possible, n=2, cutoff=_LIKELY)
    return Interpretation(likely, is_sure=bool(likely) and len(possible) == 1)


def interpret_list(rule: Rule, text: str) -> Sequence[Interpretation]:
    """Return the meanings of the values in *text*, a list; nothing if they are uncertain."""
    whole = interpret(rule, text)
    if whole.is_sure:
        return [whole]
    if _EXCLUDING.search(text) or not UNRELATED.isdisjoint(re.findall(r"[A-Z]+", text.upper())):
        return []
    parts = _SEPARATOR.split(_CONNECTORS.sub(",", _NUMBERING.sub(",", normal_form(text))))
    return [
        found for part in parts if part.strip(_AROUND) for found in _interpret_part(rule, part)
    ]


def _interpret_part(rule: Rule, part: str) -> Iterator[Interpretation]:
    bare = _EXTRA.sub("", part.strip(_AROUND)).strip(_AROUND)
    whole = interpret(rule, bare)
    typed = compact(bare)
    if whole.is_sure:
        yield whole
    elif _RUN.fullmatch(typed):
        yield from (interpret(rule, value) for value in _OF_RUN.findall(typed))
    elif _INITIALS.fullmatch(typed):
        yield from (interpret(rule, letter) for letter in typed)
    else:
        words = [interpret(rule, word) for word in bare.split()]
        is_list = len(words) > 1 and all(word.is_sure for word in words)
        yield from words if is_list else [whole]


class Suggestion(NamedTuple):
    """
    Values suggested for a cell.

    Attributes:
        value: the only plausible value; empty if there is none.
        choices: the plausible values, if there are several.

    """

    value: str = ""
    choices: Sequence[str] = ()


def suggest(rule: Rule, text: str) -> Suggestion:
    """Return the values that may be meant by *text*, which is invalid according to *rule*."""
    original = fix_encoding(text)
    if original is None:
        original = text
    if not original or len(original) > MAX_CHARS:
        return Suggestion()
    if rule.is_choice and has_unmatched_marks(original):
        return Suggestion()
    if rule.max_items > 1:
        return _suggest_list(rule, original)
    if rule.values:
        return _suggest_value(rule, original)
    if not rule.is_text and (is_date_like(original) or is_formula(original)):
        return Suggestion()
    fixed = _fixed(rule, original)
    return Suggestion(value=fixed) if _is_valid(rule, fixed) else Suggestion()


def _is_valid(rule: Rule, text: str) -> bool:
    is_whole = cleaned(rule, text) == text and not find_damage(rule, text)
    is_whole = is_whole and not find_doubt(rule, text)
    return is_whole and pattern(rule).fullmatch(text) is not None


def _fixed(rule: Rule, text: str) -> str:
    if rule.is_text:
        return cleaned(rule, _readable(text))
    return whole_number(text) or (_id(text) if rule.is_id else _name(rule, text))


def _readable(text: str) -> str:
    spaced = _BREAKS.sub(" ", text.translate(_BULLETS))
    return "".join(
        char for char in spaced if char in "\n\t" or unicodedata.category(char)[0] != "C"
    )


def _name(rule: Rule, text: str) -> str:
    """Return *text* with an underscore for each gap, or nothing if the name is uncertain."""
    if not rule.first and _LIST_SIGNS.search(text.strip(_WRAPPING)):
        return ""
    plain = transliterate(text)
    # A letter without an ASCII form is kept, so that the name is invalid and not suggested.
    for char in set(allowed(rule).sub("", plain)):
        plain = plain if char.isalnum() else plain.replace(char, GAP)
    # A sign next to a gap replaces it.
    plain = _GAPS.sub(lambda found: found[0].replace(GAP, "") or "_", plain.strip(GAP))
    name = plain.lstrip("._-") if rule.first else plain
    # A text without letters may be a number with a format, of which no sign is superfluous.
    is_sure = any(map(str.isalpha, name)) or name in replace_look_alikes(text)
    return name if is_sure else ""


def _id(text: str) -> str:
    """Return the id in *text* without labels and quotes; the id itself is never changed."""
    bare = replace_look_alikes(text).strip(_WRAPPING)
    while label := _LABEL.match(bare):
        bare = bare[label.end() :].strip(_WRAPPING)
    parts = bare.split()
    joined = "".join(parts)
    return joined if len(parts) == 1 or _COMPLETE_ID.fullmatch(joined) else ""


def _suggest_value(rule: Rule, text: str) -> Suggestion:
    found = interpret(rule, text)
    possible = [value for value in rule.values if value not in rule.impossible]
    # Instead of a value that composite tasks do not support, suggest the other values.
    cells = possible if set(found.cells) & set(rule.impossible) else found.cells
    return _suggestion(cells, is_sure=found.is_sure)


def _suggest_list(rule: Rule, text: str) -> Suggestion:
    found = interpret_list(rule, text)
    taken = {word.cells[0] for word in found if word.is_sure}
    left = [
        word.cells if word.is_sure else [value for value in word.cells if value not in taken]
        for word in found
    ]
    if not found or not 0 < math.prod(map(len, left)) <= MAX_ALTERNATIVES:
        return Suggestion()
    cells = {
        ",".join(dict.fromkeys(",".join(choice).split(","))): None
        for choice in itertools.product(*left)
    }
    # Of two meanings, one is sure if the other is already in the cell.
    is_sure = all(
        word.is_sure or len(values) < len(word.cells)
        for word, values in zip(found, left, strict=True)
    )
    return _suggestion(list(cells), is_sure=is_sure)


def _suggestion(cells: Sequence[str], *, is_sure: bool) -> Suggestion:
    return Suggestion(value=cells[0]) if is_sure and len(cells) == 1 else Suggestion(choices=cells)
