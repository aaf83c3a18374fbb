"""Numbers that a format turns into dates, or fills up with zeros, as Excel's formats say; pure."""

import datetime as dt
import re
from typing import Final

from batchcreate.workbooks.cells import (
    DATE,
    NUMBER,
    Cell,
    cell,
    duration_text,
    number_text,
    padded,
)

PLAIN: Final = ""
MOMENT: Final = "date or time"
DURATION: Final = "duration"
"""What a format makes of a number; one of zeros only, such as ``0000``, means itself."""

EAST_ASIAN_IDS: Final = frozenset((*range(27, 37), *range(50, 59)))
"""Formats that stand in no file: dates in the East Asian editions, and not known elsewhere."""

_MOMENT_IDS: Final = frozenset((*range(14, 23), 45, 47)) | EAST_ASIAN_IDS
_DURATION_ID: Final = 46
_DAY_MS: Final = 86_400_000
_DAYS_TO_1904: Final = 1462
_MISSING_LEAP_DAY: Final = 60
"""Serial number of 29 February 1900, which Excel has and the calendar has not."""

_EPOCH: Final = dt.datetime(1899, 12, 30)  # noqa: DTZ001 # cells have no zone
_DAYS_MAX: Final = 2_958_466
"""Serial number of the first day of the year 10000."""

_ZEROS: Final = re.compile(r"(0{2,})(?:;.*)?", re.DOTALL)
_SKIPPERS: Final = "\\_*"


def meaning(format_id: int, code: str | None) -> str:
    """
    Return what a format makes of a number.

    Args:
        format_id: its number.
        code: how the file defines it; ``None`` where it does not.

    """
    if code is not None:
        zeros = _ZEROS.fullmatch(code)
        return zeros[1] if zeros else _meaning_of(code)
    if format_id == _DURATION_ID:
        return DURATION
    return MOMENT if format_id in _MOMENT_IDS else PLAIN


def is_zeros(meant: str) -> bool:
    """Whether a format that means *meant* fills numbers up with zeros."""
    return meant.isdecimal()


def dated(serial: float, meant: str, *, is_1904: bool) -> Cell:
    """Return what a cell with the number *serial* shows under a format that means *meant*."""
    if is_zeros(meant):
        return padded(serial, len(meant))
    if meant == DURATION and abs(serial) < _DAYS_MAX:
        return duration_text(round(serial * _DAY_MS)), DATE
    if meant == DURATION or not 0 <= serial < _DAYS_MAX - _DAYS_TO_1904 * is_1904:
        return number_text(serial), NUMBER
    days = serial + _DAYS_TO_1904 * is_1904
    days += days < _MISSING_LEAP_DAY
    moment = _EPOCH + dt.timedelta(milliseconds=round(days * _DAY_MS))
    if serial < 1:
        return cell(moment.time())
    return cell(moment.date() if serial == int(serial) else moment)


def _meaning_of(code: str) -> str:
    """
    Return what the format *code* means, by its part for positive numbers.

    Colours and conditions stand in brackets; so do hours that go on after 24.
    """
    bare = _bare(code)
    at = 0
    while at < len(bare):
        if bare[at] == "[":
            inside, _, _ = bare[at + 1 :].partition("]")
            if inside and inside[0] in "hms" and not inside.strip(inside[0]):
                return DURATION
            at += len(inside) + 2
        elif bare[at] in "dmyhs":
            return MOMENT
        else:
            at += 1
    return PLAIN


def _bare(code: str) -> str:
    """Return the first part of *code* in small letters, without what it shows as it stands."""
    kept: list[str] = []
    chars = iter(code.lower())
    for char in chars:
        if char in _SKIPPERS:
            next(chars, "")
        elif char == '"':
            while next(chars, '"') != '"':
                pass
        elif char == ";":
            break
        else:
            kept.append(char)
    return "".join(kept)
