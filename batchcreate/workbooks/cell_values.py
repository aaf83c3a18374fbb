"""Displayed text and kind of a cell value, including numbers with a date format; pure."""

import datetime as dt
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, cast

from batchcreate.workbooks.number_formats import BUILT_IN, render

TEXT: Final = "."
NUMBER: Final = "n"
DATE: Final = "d"
BOOLEAN: Final = "b"
ERROR: Final = "e"
NO_RESULT: Final = "f"
MERGED: Final = "m"
COVERED: Final = "c"
FORMATTED: Final = "x"
ZERO_RESULT: Final = "z"
"""One letter for each kind, so that the kinds of a column are one string."""

Cell = tuple[str, str]
"""Displayed text and kind of a cell."""

STORED: Final = "\0"
"""Separates the displayed text of a `FORMATTED` number from the stored number."""

Column = tuple[Sequence[str], str]
"""Displayed texts of the cells of a column, and their kinds; no kinds if all are text."""

BLANK: Final[Cell] = ("", TEXT)

PLAIN: Final = ""
MOMENT: Final = "date or time"
DURATION: Final = "duration"
"""
Classes of number formats. A format of zeros, such as ``0000``, is a separate class, and so is each
other format: ``=`` and its definition.
"""

_DEFINITION: Final = "="
_GENERAL: Final = frozenset({"", "general", "standard", "@"})

EAST_ASIAN_IDS: Final = frozenset((*range(27, 37), *range(50, 59)))
"""Formats that files do not define: dates in East Asian editions, unknown in other editions."""

_PRECISION: Final = 15
"""Number of digits that spreadsheet programs keep of an entered number."""

_POSITIONS_MAX: Final = 40
"""A number with more positions is displayed with an exponent."""

_MOMENT_IDS: Final = frozenset((*range(14, 23), 45, 47)) | EAST_ASIAN_IDS
_DURATION_ID: Final = 46
_DAY_MS: Final = 86_400_000
_DAYS_TO_1904: Final = 1462
_MISSING_LEAP_DAY: Final = 60
"""Serial number of 29 February 1900, which exists in Excel but not in the calendar."""

_EPOCH: Final = dt.datetime(1899, 12, 30)  # noqa: DTZ001 # cells have no time zone
_DAYS_MAX: Final = 2_958_466
"""Serial number of the first day of the year 10000."""

_ZEROS: Final = re.compile(r"(0{2,})(?:;.*)?", re.DOTALL)
_BEFORE_LITERALS: Final = "\\_*"


@dataclass(frozen=True, slots=True)
class DisplayedValue:
    """A value whose displayed text and kind are known, such as the error ``#REF!``."""

    text: str
    kind: str


def display_column(values: Sequence[object]) -> Column:
    """Return the displayed texts of *values*, and their kinds if one of them is not text."""
    strings = cast("Sequence[str]", values)
    try:
        "".join(strings)  # faster than a type check of each value
    except TypeError:
        pass
    else:
        return strings, ""
    texts, kinds = zip(*map(display, values), strict=True)
    return texts, "".join(kinds)


def display(value: object) -> Cell:
    """Return displayed text and kind of a cell with *value*."""
    match value:
        case str():
            return value, TEXT
        case bool():
            return str(value).upper(), BOOLEAN
        case int() | float():
            return number_text(value), NUMBER
        case DisplayedValue():
            return value.text, value.kind
        case _:
            return _moment_text(value), DATE


def number_text(value: float) -> str:
    """
    Return *value* as displayed in a cell without a format, with every stored digit.

    12345.0 is 12345, and 1.23456789012346e+19 is 12345678901234600000.
    """
    if not math.isfinite(value):
        return str(value).upper()
    is_whole = value == int(value)
    stored = Decimal(repr(value) if is_whole else f"{value:.{_PRECISION}g}")
    exponent = stored.adjusted()
    if not stored:
        return "0"
    if abs(exponent) > _POSITIONS_MAX:
        return f"{stored.normalize():E}"
    return f"{stored:f}".removesuffix(".0") if is_whole else f"{stored.normalize():f}"


def pad_number(value: float, width: int) -> Cell:
    """
    Return *value* as displayed with a format of *width* zeros: 42 with ``0000`` is 0042.

    The padded text is what the analyst sees, so it has the kind of text.
    """
    text = number_text(value)
    is_padded = text.isdecimal() and len(text) < min(width, _PRECISION + 1)
    return (text.zfill(width), TEXT) if is_padded else (text, NUMBER)


def duration_text(milliseconds: int) -> str:
    """Return a duration as hours, minutes and seconds; hours can exceed 24."""
    sign = "-" if milliseconds < 0 else ""
    seconds, rest = divmod(abs(milliseconds), 1000)
    hours, seconds = divmod(seconds, 3600)
    fraction = f".{rest:03}" if rest else ""
    return f"{sign}{hours}:{seconds // 60:02}:{seconds % 60:02}{fraction}"


def classify_format(format_id: int, code: str | None) -> str:
    """
    Return the class of a number format: `PLAIN`, `MOMENT`, `DURATION`, zeros or a definition.

    Args:
        format_id: number of the format.
        code: its definition in the file; ``None`` for a built-in format.

    """
    if code is not None:
        zeros = _ZEROS.fullmatch(code)
        return zeros[1] if zeros else _classify_code(code)
    if format_id == _DURATION_ID:
        return DURATION
    if format_id in _MOMENT_IDS:
        return MOMENT
    return f"{_DEFINITION}{BUILT_IN[format_id]}" if format_id in BUILT_IN else PLAIN


def is_padding(format_class: str) -> bool:
    """Return True if a format of *format_class* pads numbers with zeros."""
    return format_class.isdecimal()


def is_moment(format_class: str) -> bool:
    """Return True if numbers with a format of *format_class* are dates, times or durations."""
    return format_class in {MOMENT, DURATION}


def changes_number(format_class: str) -> bool:
    """Return True if numbers with a format of *format_class* are displayed differently."""
    return is_padding(format_class) or format_class.startswith(_DEFINITION)


def displayed_number(stored: str, shown: str) -> Cell:
    """
    Return the text of a number and its kind.

    Zeros before the number are part of the text. A number that is displayed in any other way has
    the kind `FORMATTED`, because the analyst does not see what is stored.

    Args:
        stored: the number without a format.
        shown: the number as displayed.

    """
    text = shown.strip()
    if text == stored:
        return text, NUMBER
    is_padded = text.isascii() and text.isdecimal() and text.lstrip("0") == stored.lstrip("0")
    if is_padded and len(text) <= _PRECISION + 1:
        return text, TEXT
    return f"{text}{STORED}{stored}", FORMATTED


def format_number(serial: float, format_class: str, *, is_1904: bool) -> Cell:
    """
    Return the number *serial* as displayed with a format of *format_class*.

    Args:
        serial: for dates the days since the epoch of the workbook.
        format_class: not `PLAIN`.
        is_1904: the epoch is in 1904, otherwise in 1900.

    """
    if is_padding(format_class):
        return pad_number(serial, len(format_class))
    if is_moment(format_class):
        return _format_moment(serial, format_class, is_1904=is_1904)
    stored = number_text(serial)
    if not math.isfinite(serial):
        return stored, NUMBER
    return displayed_number(stored, render(serial, format_class[1:], stored))


def _format_moment(serial: float, format_class: str, *, is_1904: bool) -> Cell:
    if format_class == DURATION and abs(serial) < _DAYS_MAX:
        return duration_text(round(serial * _DAY_MS)), DATE
    if format_class == DURATION or not 0 <= serial < _DAYS_MAX - _DAYS_TO_1904 * is_1904:
        return number_text(serial), NUMBER
    days = serial + _DAYS_TO_1904 * is_1904
    days += days < _MISSING_LEAP_DAY
    moment = _EPOCH + dt.timedelta(milliseconds=round(days * _DAY_MS))
    if serial < 1:
        return display(moment.time())
    return display(moment.date() if serial == int(serial) else moment)


def _moment_text(value: object) -> str:
    """Return a date, time or duration in ISO 8601, with a space instead of the T."""
    match value:
        case dt.datetime():
            return value.isoformat(" ", "milliseconds" if value.microsecond else "seconds")
        case dt.time():
            return value.isoformat("milliseconds" if value.microsecond else "seconds")
        case dt.timedelta():
            return duration_text(round(value / dt.timedelta(milliseconds=1)))
        case _:
            return str(value)


def _classify_code(code: str) -> str:
    """
    Return the class of the format *code*, whose section for positive numbers decides on dates.

    Brackets contain colours and conditions, and also hours that can exceed 24.
    """
    section = _first_section(code)
    at = 0
    while at < len(section):
        if section[at] == "[":
            inside, _, _ = section[at + 1 :].partition("]")
            if inside and inside[0] in "hms" and not inside.strip(inside[0]):
                return DURATION
            at += len(inside) + 2
        elif section[at] in "dmyhs":
            return MOMENT
        else:
            at += 1
    is_general = all(part.strip().lower() in _GENERAL for part in code.split(";"))
    return PLAIN if is_general else f"{_DEFINITION}{code}"


def _first_section(code: str) -> str:
    """Return the first section of *code* in lower case, without literal text."""
    kept: list[str] = []
    chars = iter(code.lower())
    for char in chars:
        if char in _BEFORE_LITERALS:
            next(chars, "")
        elif char == '"':
            while next(chars, '"') != '"':
                pass
        elif char == ";":
            break
        else:
            kept.append(char)
    return "".join(kept)
