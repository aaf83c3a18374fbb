"""Displayed text and kind of a cell value, including numbers with a date format; pure."""

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, cast

from batchcreate.workbooks.format_codes import NumberFormat, parse_format
from batchcreate.workbooks.number_formats import (
    BUILT_IN,
    Certainty,
    Shown,
    choose_section,
    show_number,
    show_text,
)

TEXT: Final = "."
NUMBER: Final = "n"
DATE: Final = "d"
BOOLEAN: Final = "b"
ERROR: Final = "e"
NO_RESULT: Final = "f"
MERGED: Final = "m"
COVERED: Final = "c"
FORMATTED: Final = "x"
LOCALIZED: Final = "l"
NOT_DISPLAYED: Final = "u"
ZERO_RESULT: Final = "z"
"""One letter for each kind, so that the kinds of a column are one string."""

Cell = tuple[str, str]
"""Displayed text and kind of a cell."""

STORED: Final = "\0"
"""Separates the displayed text of a `FORMATTED` or `LOCALIZED` cell from the stored value."""

WITH_STORED: Final = frozenset({FORMATTED, LOCALIZED})
"""Kinds of cells whose text contains the stored value."""

Column = tuple[Sequence[str], str]
"""Displayed texts of the cells of a column, and their kinds; no kinds if all are text."""

_SHOWN: Final = frozenset({NUMBER, TEXT, ZERO_RESULT})
"""Kinds of numbers that are displayed as they are stored, perhaps with zeros before them."""

BLANK: Final[Cell] = ("", TEXT)

EAST_ASIAN_IDS: Final = frozenset((*range(27, 37), *range(50, 59)))
"""Formats that files do not define: dates in East Asian editions, unknown in other editions."""

_HASHES: Final = "#" * 8
"""Text of a date that does not exist."""

_PRECISION: Final = 15
"""Number of digits that spreadsheet programs keep of an entered number."""

_POSITIONS_MAX: Final = 40
"""A number with more positions is displayed with an exponent."""

_MOMENT_IDS: Final = frozenset((*range(14, 23), 45, 47)) | EAST_ASIAN_IDS
_DURATION_ID: Final = 46
_MOMENT_CODE: Final = "yyyy-mm-dd"
_DURATION_CODE: Final = "[h]:mm:ss"
_DAY_MS: Final = 86_400_000
_DAYS_TO_1904: Final = 1462
_MISSING_LEAP_DAY: Final = 60
"""Serial number of 29 February 1900, which exists in Excel but not in the calendar."""

_EPOCH: Final = dt.datetime(1899, 12, 30)  # noqa: DTZ001 # cells have no time zone
_DAYS_MAX: Final = 2_958_466
"""Serial number of the first day of the year 10000."""


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


def duration_text(milliseconds: int) -> str:
    """Return a duration as hours, minutes and seconds; hours can exceed 24."""
    sign = "-" if milliseconds < 0 else ""
    seconds, rest = divmod(abs(milliseconds), 1000)
    hours, seconds = divmod(seconds, 3600)
    fraction = f".{rest:03}" if rest else ""
    return f"{sign}{hours}:{seconds // 60:02}:{seconds % 60:02}{fraction}"


def find_format(format_id: int, code: str | None) -> NumberFormat | None:
    """
    Return a number format, or None if it displays all values as they are stored.

    Args:
        format_id: number of the format.
        code: its definition in the file; ``None`` for a built-in format.

    """
    if code is None:
        code = _DURATION_CODE if format_id == _DURATION_ID else BUILT_IN.get(format_id, "")
        code = _MOMENT_CODE if format_id in _MOMENT_IDS else code
    found = parse_format(code) if code else None
    return None if found is None or found.is_plain else found


def displayed_number(stored: str, shown: Shown) -> Cell:
    """
    Return the text of a number and its kind.

    Zeros before the number are part of the text. A number that is displayed in any other way has
    the kind `FORMATTED`, because the analyst does not see what is stored, or `LOCALIZED` if the
    displayed text depends on the computer.

    Args:
        stored: the number without a format.
        shown: the number as displayed.

    """
    text = shown.text.strip()
    if shown.certainty is not Certainty.UNKNOWN:
        if text == stored:
            return text, NUMBER
        is_padded = text.isascii() and text.isdecimal() and text == stored.zfill(len(text))
        if is_padded and len(stored) <= _PRECISION:
            return text, TEXT
    return _differing(text, stored, shown.certainty)


def format_number(serial: float, number_format: NumberFormat | None, *, is_1904: bool) -> Cell:
    """
    Return the number *serial* as displayed with *number_format*.

    Args:
        serial: for dates the days since the epoch of the workbook.
        number_format: None to display the number as it is stored.
        is_1904: the epoch is in 1904, otherwise in 1900.

    """
    stored = number_text(serial)
    if number_format is None or not math.isfinite(serial):
        return stored, NUMBER
    chosen = choose_section(serial, number_format)
    if chosen and (chosen[0].is_moment or chosen[0].is_duration):
        return _format_moment(serial, is_duration=chosen[0].is_duration, is_1904=is_1904)
    return displayed_number(stored, show_number(serial, number_format, stored))


def format_text(text: str, number_format: NumberFormat | None) -> Cell:
    """Return *text* as displayed with *number_format*."""
    if number_format is None or number_format.text is None:
        return text, TEXT
    shown = show_text(text, number_format.text)
    if shown.certainty is Certainty.UNKNOWN:
        return _differing(shown.text, text, shown.certainty)
    return displayed_text(text, shown.text)


def displayed_text(stored: str, shown: str | None) -> Cell:
    """Return the text of a text and its kind; *shown* is None if it is displayed as stored."""
    if shown is None or shown.split() == stored.split():
        return stored if shown is None else shown, TEXT
    return _differing(shown.strip(), stored, Certainty.EXACT)


def hide_zero(cell: Cell, value: object) -> Cell:
    """Return *cell*, which contains *value*, in a sheet that does not display the number 0."""
    text, kind = cell
    return _differing("", text, Certainty.EXACT) if value == 0 and kind in _SHOWN else cell


def as_result(cell: Cell, value: object) -> Cell:
    """Return *cell*, which contains the *value* of a formula; the number 0 has a separate kind."""
    text, kind = cell
    return (text, ZERO_RESULT) if value == 0 and kind in _SHOWN else cell


def _differing(shown: str, stored: str, certainty: Certainty) -> Cell:
    kind = FORMATTED if certainty is Certainty.EXACT else LOCALIZED
    return f"{shown}{STORED}{stored}", kind


def _format_moment(serial: float, *, is_duration: bool, is_1904: bool) -> Cell:
    if is_duration and abs(serial) < _DAYS_MAX:
        return duration_text(round(serial * _DAY_MS)), DATE
    if is_duration or not 0 <= serial < _DAYS_MAX - _DAYS_TO_1904 * is_1904:
        return _differing(_HASHES, number_text(serial), Certainty.LOCAL)
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
