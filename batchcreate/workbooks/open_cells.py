"""What a cell of an OpenDocument spreadsheet shows; pure."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from batchcreate.workbooks.cells import (
    BOOLEAN,
    DATE,
    ERROR,
    NO_RESULT,
    TEXT,
    Cell,
    padded,
)

SPACE, TAB, BREAK = "\0", "\1", "\2"
"""Stand for white space that is meant; that of the XML around it counts as one space."""

_MEANT: Final = {ord(SPACE): " ", ord(TAB): "\t", ord(BREAK): "\n"}
_WHITE: Final = re.compile(r"[ \t\r\n]+")
_ERROR: Final = re.compile(r"#[A-Z][A-Z0-9/]*[!?A]|Err:[0-9]+")
_ZEROS: Final = re.compile(r"0[0-9]+")
_TIME: Final = re.compile(
    r"(-?)P(?:([0-9]{1,9})D)?T([0-9]{1,9})H([0-9]{1,2})M([0-9]{1,2})(?:[.,]([0-9]*))?S"
)


def shown(attributes: Mapping[str, str], paragraphs: Sequence[str]) -> Cell:
    """
    Return what a cell shows.

    Args:
        attributes: of its element.
        paragraphs: the texts in it, white space that is meant replaced (see `SPACE`).

    """
    kind = attributes.get("office:value-type", "")
    text = "\n".join(map(_text, paragraphs))
    has_formula = "table:formula" in attributes
    is_error = attributes.get("calcext:value-type") == "error"
    if is_error or (has_formula and _ERROR.fullmatch(text)):
        return text or "#VALUE!", ERROR
    if not kind and not text:
        return "", NO_RESULT if has_formula else TEXT
    return _typed(kind, attributes, text)


def _typed(kind: str, attributes: Mapping[str, str], text: str) -> Cell:
    match kind:
        case "float" | "percentage" | "currency":
            return _number(attributes.get("office:value", ""), text)
        case "date":
            told = attributes.get("office:date-value", text)
            return told.replace("T", " ").removesuffix(" 00:00:00"), DATE
        case "time":
            return _time(attributes.get("office:time-value", text)), DATE
        case "boolean":
            return attributes.get("office:boolean-value", text).upper(), BOOLEAN
        case _:
            return text or attributes.get("office:string-value", ""), TEXT


def _number(told: str, text: str) -> Cell:
    try:
        return padded(float(told), len(text) if _ZEROS.fullmatch(text) else 0)
    except ValueError:
        return text, TEXT


def _time(told: str) -> str:
    found = _TIME.fullmatch(told)
    if not found:
        return told
    sign, days, hours, minutes, seconds, rest = found.groups()
    fraction = f".{rest[:3]:0<3}" if (rest or "").strip("0") else ""
    return f"{sign}{int(days or 0) * 24 + int(hours):02}:{minutes:0>2}:{seconds:0>2}{fraction}"


def _text(paragraph: str) -> str:
    return _WHITE.sub(" ", paragraph).strip(" ").translate(_MEANT)
