"""Texts that obey a rule and are no value all the same: what a program made of one."""

import re
from collections.abc import Iterable
from typing import Final, Literal

from batchcreate.rules import Rule
from batchcreate.validator.cleaning import plain_form
from batchcreate.validator.encoding import is_garbled

Damage = Literal[
    "spreadsheet_error", "placeholder", "exponent", "long_number", "number", "encoding"
]

KEPT_DIGITS: Final = 15
"""How many digits of a number spreadsheet programs keep."""

SURE_ZEROS: Final = 3
"""That many zeros at the end of long numbers are no chance any more."""

# Excel and LibreOffice in English, Chinese, German, French, Spanish and Italian.
_ERRORS: Final = (
    "#REF! #N/A #VALUE! #NAME? #DIV/0! #NULL! #NUM! #SPILL! #CALC! #FIELD! #BLOCKED! #CONNECT!"
    " #UNKNOWN! #BUSY! #PYTHON! #EXTERNAL! #GETTING_DATA #引用! #值! #名称? #数字! #空值!"
    " #BEZUG! #NV #WERT! #ZAHL! #ÜBERLAUF! #VALEUR! #NOM? #NUL! #NOMBRE!"
    " #¡REF! #¡VALOR! #¿NOMBRE? #¡NUM! #¡DIV/0! #¡NULO! #N/D #RIF! #VALORE! #NOME?"
)
SPREADSHEET_ERRORS: Final = frozenset(_ERRORS.split())
_ERROR: Final = re.compile(r"#{3,}|(?:ERR|错误):\d{3}")

_NOTHINGS: Final = (
    "- -- --- _ \u2013 — —— / // \\ . .. ... ? ?? ??? XXX XXXX N/A NA N.A. N.A NONE NULL"
    " NIL NAN NAT <NA> <NULL> (NULL) [NULL] NOTHING UNDEFINED UNKNOWN EMPTY (EMPTY) BLANK (BLANK)"
    " TBD TBA TBC TODO N/V K.A. 无 沒有 没有 空 空白 (空) (空白) 暂无 暫無 待定 待补充 不适用"
    " 不適用 未知 未填 同上 DITTO 〃"
)
PLACEHOLDERS: Final = {*_NOTHINGS.split(), "NOT APPLICABLE", "NOT AVAILABLE", "SEE ABOVE"}
"""What people and programs type for no value, in upper case."""

_EXPONENT: Final = re.compile(r"[0-9](?:[.,][0-9]+)?[eE][+-][0-9]{2}")
_ROUNDED: Final = re.compile(rf"[1-9][0-9]{{{KEPT_DIGITS - 1}}}(0{{2,}})")
_FLOAT: Final = re.compile(r"([0-9]{3,15})\.0{1,2}")
_GROUPED: Final = re.compile(r"[0-9]{1,3}(?:,[0-9]{3}){1,4}")


def damage(rule: Rule, text: str) -> Damage | None:
    """Return what has happened to *text*, a cleaned cell of the column of *rule*."""
    shown = plain_form(text).upper()
    if shown in SPREADSHEET_ERRORS or _ERROR.fullmatch(shown):
        return "spreadsheet_error"
    if rule.is_text:
        return "encoding" if _is_lost(text) or is_garbled(text) else None
    if shown in PLACEHOLDERS:
        return "placeholder"
    return None if rule.values else _damage_of_name(text)


def whole_number(text: str) -> str:
    """Return the digits of *text* if it is a whole number that some program decorated."""
    if found := _FLOAT.fullmatch(text):
        return found[1]
    return text.replace(",", "") if _GROUPED.fullmatch(text) else ""


def rounded(odd: Iterable[str], column: Iterable[str]) -> frozenset[str]:
    """
    Return those of the *odd* ids of a *column* of which Excel has kept fifteen digits.

    An id may end in zeros by chance: they have to be three at least in all, and most of the
    long numbers of the column have to end so.
    """
    found = {text: len(match[1]) for text in odd if (match := _ROUNDED.fullmatch(text))}
    if sum(found.values()) < SURE_ZEROS:
        return frozenset()
    long = sum(len(text) > KEPT_DIGITS and _is_digits(text) for text in set(column))
    return frozenset(found) if 2 * len(found) > long else frozenset()


def _damage_of_name(text: str) -> Damage | None:
    if _EXPONENT.fullmatch(text):
        return "exponent"
    if whole_number(text):
        return "number"
    return "encoding" if is_garbled(text) else None


def _is_lost(text: str) -> bool:
    """Whether most letters of *text* became question marks."""
    marks, letters = text.count("?"), sum(map(str.isalnum, text))
    # Whoever is astonished types them in one go.
    is_scattered = re.search(r"\?[^?]+\?", text) is not None
    return marks > 1 and (not letters or (is_scattered and marks > letters))


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()
