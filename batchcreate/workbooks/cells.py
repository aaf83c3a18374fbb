"""The text that a spreadsheet program shows for a value, and what kind of value it is; pure."""

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, cast

TEXT: Final = "."
NUMBER: Final = "n"
DATE: Final = "d"
BOOLEAN: Final = "b"
ERROR: Final = "e"
NO_RESULT: Final = "f"
MERGED: Final = "m"
"""One letter for each kind, so that a column of kinds is one text."""

Cell = tuple[str, str]
"""What a cell shows, and the letter of its kind."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A value that is an error, such as ``#REF!``."""

    text: str


BLANK: Final[Cell] = ("", TEXT)

_PRECISION: Final = 15
"""Spreadsheet programs keep so many digits of what is typed."""

_POSITIONS_MAX: Final = 40
"""A number with more positions is shown with an exponent."""


def is_blank(text: str) -> bool:
    """Whether nothing of *text* can be seen in a cell."""
    return not text or text.isspace()


def column(values: Sequence[object]) -> tuple[Sequence[str], str]:
    """Return what the cells with *values* show, and their kinds; no kinds where all are text."""
    strings = cast("Sequence[str]", values)
    try:
        "".join(strings)  # faster than asking each for its type
    except TypeError:
        pass
    else:
        return strings, ""
    texts, kinds = zip(*map(cell, values), strict=True)
    return texts, "".join(kinds)


def cell(value: object) -> Cell:
    """Return what a cell with *value* shows."""
    match value:
        case str():
            return value, TEXT
        case bool():
            return str(value).upper(), BOOLEAN
        case int() | float():
            return number_text(value), NUMBER
        case Failure():
            return value.text, ERROR
        case _:
            return _date_text(value), DATE


def _date_text(value: object) -> str:
    """Return a date, time or stretch of time as ISO 8601 writes it, with a space for its T."""
    match value:
        case dt.datetime():
            return value.isoformat(" ", "milliseconds" if value.microsecond else "seconds")
        case dt.time():
            return value.isoformat("milliseconds" if value.microsecond else "seconds")
        case dt.timedelta():
            return duration_text(round(value / dt.timedelta(milliseconds=1)))
        case _:
            return str(value)


def number_text(value: float) -> str:
    """
    Return *value* as it is shown in a cell without a format, with every digit that is held.

    12345.0 is 12345, and 1.23456789012346e+19 is 12345678901234600000.
    """
    if not math.isfinite(value):
        return str(value).upper()
    is_whole = value == int(value)
    held = Decimal(repr(value) if is_whole else f"{value:.{_PRECISION}g}")
    exponent = held.adjusted()
    if not held:
        return "0"
    if abs(exponent) > _POSITIONS_MAX:
        return f"{held.normalize():E}"
    return f"{held:f}".removesuffix(".0") if is_whole else f"{held.normalize():f}"


def padded(value: float, width: int) -> Cell:
    """
    Return what *value* shows under a format of so many zeros: 42 under ``0000`` is 0042.

    That is what the analyst sees and means, and as good as text.
    """
    text = number_text(value)
    is_filled = text.isdecimal() and len(text) < min(width, _PRECISION + 1)
    return (text.zfill(width), TEXT) if is_filled else (text, NUMBER)


def duration_text(milliseconds: int) -> str:
    """Return a stretch of time as hours, minutes and seconds; the hours may be many."""
    sign = "-" if milliseconds < 0 else ""
    seconds, rest = divmod(abs(milliseconds), 1000)
    hours, seconds = divmod(seconds, 3600)
    fraction = f".{rest:03}" if rest else ""
    return f"{sign}{hours}:{seconds // 60:02}:{seconds % 60:02}{fraction}"
