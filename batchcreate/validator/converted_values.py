"""Values that programs converted, damaged, or wrote instead of the value of a cell."""

import re
from collections.abc import Iterable
from typing import Final, Literal

from batchcreate.rules import Rule
from batchcreate.validator.damage import TRIMMED, is_garbled, normal_form

Damage = Literal[
    "spreadsheet_error",
    "narrow",
    "placeholder",
    "exponent",
    "long_number",
    "number",
    "encoding",
]

Doubt = Literal["date_like", "formula_text", "null_word"]
"""Reason for a warning about a valid text."""

KEPT_DIGITS: Final = 15
"""Number of digits that spreadsheet programs keep of a number."""

SURE_ZEROS: Final = 3
"""Minimum number of zeros at the end of long numbers that do not occur by chance."""

# Excel and LibreOffice in English, Chinese, German, French, Spanish and Italian.
_ERRORS: Final = (
    "#REF! #N/A #VALUE! #NAME? #DIV/0! #NULL! #NUM! #SPILL! #CALC! #FIELD! #BLOCKED! #CONNECT!"
    " #UNKNOWN! #ERROR! #BUSY! #PYTHON! #EXTERNAL! #GETTING_DATA #引用! #值! #名称? #数字! #空值!"
    " #BEZUG! #NV #WERT! #ZAHL! #ÜBERLAUF! #VALEUR! #NOM? #NUL! #NOMBRE!"
    " #¡REF! #¡VALOR! #¿NOMBRE? #¡NUM! #¡DIV/0! #¡NULO! #N/D #RIF! #VALORE! #NOME?"
)
SPREADSHEET_ERRORS: Final = frozenset(_ERRORS.split())
_ERROR: Final = re.compile(r"(?:ERR|错误):\d{3}")
_NARROW: Final = re.compile("#+")
_NARROW_TEXT_MIN: Final = 3
"""Minimum number of signs in free text, in which a single one can be intended."""

_PLACEHOLDER_WORDS: Final = (
    "- -- --- _ \u2013 — —— / // \\ . .. ... ? ?? ??? XXX XXXX N/A NA N.A. N.A NONE NULL"
    " NIL NAN NAT \\N <NA> <NULL> (NULL) [NULL] NOTHING UNDEFINED UNKNOWN EMPTY (EMPTY) BLANK"
    " (BLANK) TBD TBA TBC TODO N/V K.A. 无 沒有 没有 空 空白 (空) (空白) 暂无 暫無 待定 待补充 不适用"
    " 不適用 未知 未填 同上 DITTO 〃 MANDATORY REQUIRED OPTIONAL 必填 选填 可选 選填 LOADING..."
    " SYSTEM.OBJECT[] SYSTEM.STRING[] SYSTEM.COLLECTIONS.HASHTABLE"
)
PLACEHOLDERS: Final = {
    *_PLACEHOLDER_WORDS.split(),
    *("NOT APPLICABLE", "NOT AVAILABLE", "SEE ABOVE", "[OBJECT OBJECT]"),
}
"""Words and signs instead of a missing value, in upper case."""

_PLACEHOLDERS_TYPED: Final = frozenset(map(str.lower, PLACEHOLDERS))

TOTALS: Final = (
    r"(?:grand|sub|running|overall)?[ _-]?totals?|sums?|gesamt(?:summe|zahl|anzahl)?|insgesamt"
    r"|(?:zwischen)?summe|sous-total|somme|totales?|suma"
)
"""The words that introduce totals, as part of a regular expression."""

_ROWS: Final = "(?:rows?|tasks?|records?|entries)"
_CHINESE_TOTALS: Final = (
    "(?:本页|本頁|任务|任務)?(?:合计|总计|小计|总数|总和|总共|共计|累计"
    "|合計|總計|小計|總數|總和|總共|共計|累計)"
)
_CHINESE_ROWS: Final = "[行条條个個项項]"
_AMOUNT: Final = "[0-9][0-9.,']*"
_TOTALS: Final = re.compile(
    rf"(?:{TOTALS}|total g[ée]n[ée]ral)(?: (?:number of )?{_ROWS})?"
    rf"(?:(?: ?[:=(] ?| (?:- ?)?){_AMOUNT} ?{_ROWS}?)?"
    rf"|number of {_ROWS} ?[:=] ?{_AMOUNT}|{_AMOUNT} (?:{_ROWS} )?(?:in )?totals?",
    re.IGNORECASE,
)
_CHINESE_AMOUNT: Final = f"{_AMOUNT}{_CHINESE_ROWS}?(?:任务|任務|记录|記錄)?"
_CHINESE: Final = re.compile(
    f"{_CHINESE_TOTALS}[:=(-]?(?:{_CHINESE_AMOUNT}|{_CHINESE_ROWS})?|共{_CHINESE_AMOUNT}"
)
_TOTALS_ENDS: Final = f"{TRIMMED}*:=._-()[]<>【】"

_MONTH_WORDS: Final = (
    "jan january januar janv janvier ene enero feb february februar fév févr février febrero"
    " mar march märz mrz mars marzo apr april avr avril abr abril may mai mayo jun june juni juin"
    " junio jul july juli juil juillet julio aug august août aout ago agosto sep sept september"
    " septembre septiembre oct october okt oktober octobre octubre nov november novembre noviembre"
    " dec december dez dezember déc décembre dic diciembre"
)
MONTHS: Final = tuple(_MONTH_WORDS.split())
"""Months as spreadsheet programs write them in English, German, French and Spanish."""

_MONTH: Final = rf"(?:{'|'.join(MONTHS)})\.?"
_YEAR: Final = "(?:[0-9]{4}|[0-9]{2})"
_DATE: Final = (
    rf"[0-9]{{1,2}}[-./ ]{{0,2}}{_MONTH}(?:[-./, ]{{0,2}}{_YEAR})?"
    rf"|{_MONTH}[-./ ](?:[0-9]{{4}}|[0-9]{{1,2}})(?:[-./, ]{{1,2}}{_YEAR})?"
    rf"|[0-9]{{4}}[-./ ]{_MONTH}(?:[-./ ][0-9]{{1,2}})?"
    rf"|[0-9]{{4}}([-./])[0-9]{{1,2}}\1[0-9]{{1,2}}|[0-9]{{1,2}}([-./])[0-9]{{1,2}}\2{_YEAR}"
    r"|[0-9]{4}/[0-9]{1,2}|[0-9]{1,2}/[0-9]{4}"
    r"|[0-9]{4} ?年 ?[0-9]{1,2} ?月(?: ?[0-9]{1,2} ?[日号號])?|[0-9]{1,2} ?月 ?[0-9]{1,2} ?[日号號]"
)
_TIME: Final = (
    r"[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?(?: ?[AP]\.?M\.?)?"
    r"(?:Z|[+-][0-9]{2}:?[0-9]{2})?"
)
_DATE_OR_TIME: Final = re.compile(rf"(?:{_DATE})(?:[T_ ]+{_TIME})?|{_TIME}", re.IGNORECASE)

_STRING_OR_NUMBER: Final = re.compile(r"=\s*(?:\"[^\"]*\"|[0-9]+)")
_FORMULA: Final = re.compile(
    r"=\s*(?:\".*\"|[A-Z][A-Z0-9.]*\(.*\)"
    r"|(?:'[^']+'!|\w+!)?\$?[A-Z]{1,3}\$?[0-9]+(?:\W.*)?|[0-9][0-9.,+*/^()% -]*)",
    re.IGNORECASE | re.DOTALL,
)
_MINUS_SIGNS: Final = str.maketrans("‐‒–−", "----")  # noqa: RUF001  (intended)
_NUMBER_START: Final = re.compile(r"[+‐‒–−-]?\s*[.,．，]?[0-9０-９]")  # noqa: RUF001
_EXPONENT: Final = re.compile(
    r"[+-]?(?:[0-9]+[.,][0-9]*|[.,][0-9]+)E[+-]?[0-9]{1,3}"
    r"|[+-]?[0-9]+E\+[0-9]{1,3}|[+-]?[0-9]E-[0-9]{2,3}"
    r"|[+-]?[0-9]+(?:[.,][0-9]+)?(?:[×·⋅]10\^?|[X*]10\^)[+-]?[0-9]{1,3}"  # noqa: RUF001
)
_ROUNDED: Final = re.compile(rf"[1-9][0-9]{{{KEPT_DIGITS - 1}}}(0{{2,}})")
_FLOAT: Final = re.compile(r"([0-9]{3,15})\.0{1,2}")
_GROUPED: Final = re.compile(r"[0-9]{1,3}(?:,[0-9]{3}){1,4}")


def is_totals(text: str) -> bool:
    """Return True if *text* introduces a row of totals: ``Total: 2``, ``Sum``, ``合计``."""
    words = normal_form(text).strip(_TOTALS_ENDS).split()
    is_chinese = not text.isascii() and _CHINESE.fullmatch("".join(words))
    return bool(is_chinese or _TOTALS.fullmatch(" ".join(words)))


def is_date_like(text: str) -> bool:
    """Return True if *text* may be a date or a time that a spreadsheet program wrote."""
    return _DATE_OR_TIME.fullmatch(" ".join(normal_form(text).split())) is not None


def is_formula(text: str) -> bool:
    """Return True if *text* is a formula whose value is unknown; that of ``="007"`` is known."""
    return bool(_FORMULA.fullmatch(text)) and not _STRING_OR_NUMBER.fullmatch(text)


def find_doubt(rule: Rule, text: str) -> Doubt | None:
    """Return why *text*, a valid value of the field of *rule*, may be damaged, or None."""
    if rule.values:
        return None
    if not rule.is_text:
        return "date_like" if is_date_like(text) else None
    if _FORMULA.fullmatch(text):
        return "formula_text"
    return "null_word" if text.lower() in _PLACEHOLDERS_TYPED else None


def find_damage(rule: Rule, text: str) -> Damage | None:
    """Return the damage of *text*, a cleaned value of the field of *rule*, or None."""
    shown = normal_form(text).upper()
    if shown in SPREADSHEET_ERRORS or _ERROR.fullmatch(shown):
        return "spreadsheet_error"
    if _NARROW.fullmatch(shown) and (len(shown) >= _NARROW_TEXT_MIN or not rule.is_text):
        return "narrow"
    if rule.is_text:
        return "encoding" if _is_lost(text) or is_garbled(text) else None
    if shown in PLACEHOLDERS:
        return "placeholder"
    return None if rule.values else _damage_of_name(text)


def whole_number(text: str) -> str:
    """Return the digits of *text* if it is an integer with zero decimals or separators."""
    if found := _FLOAT.fullmatch(text):
        return found[1]
    return text.replace(",", "") if _GROUPED.fullmatch(text) else ""


def rounded_ids(ids: Iterable[str], column: Iterable[str]) -> frozenset[str]:
    """
    Return the *ids* of a *column* that Excel rounded to fifteen digits.

    An id can end in zeros by chance. Therefore there must be at least three zeros in total, and
    most of the long numbers of the column must end in zeros.
    """
    found = {text: len(match[1]) for text in ids if (match := _ROUNDED.fullmatch(text))}
    if sum(found.values()) < SURE_ZEROS:
        return frozenset()
    long = sum(len(text) > KEPT_DIGITS and _is_digits(text) for text in set(column))
    return frozenset(found) if 2 * len(found) > long else frozenset()


def _damage_of_name(text: str) -> Damage | None:
    if _is_exponent(text):
        return "exponent"
    if whole_number(text):
        return "number"
    return "encoding" if is_garbled(text) else None


def _is_exponent(text: str) -> bool:
    """Return True if *text* is a number with an exponent, as programs write it."""
    if not _NUMBER_START.match(text):
        return False
    number = "".join(normal_form(text.translate(_MINUS_SIGNS)).split())
    return _EXPONENT.fullmatch(number.upper()) is not None


def _is_lost(text: str) -> bool:
    """Return True if most letters of *text* became question marks."""
    marks, letters = text.count("?"), sum(map(str.isalnum, text))
    # Question marks that people type are consecutive.
    is_scattered = re.search(r"\?[^?]+\?", text) is not None
    return marks > 1 and (not letters or (is_scattered and marks > letters))


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()
