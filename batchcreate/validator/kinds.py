"""Cells that a spreadsheet program holds as something else than text."""

import re
from dataclasses import dataclass
from typing import Final

from batchcreate.models import CellKind
from batchcreate.rules import Rule
from batchcreate.validator.cleaning import cleaned
from batchcreate.validator.damage import KEPT_DIGITS, whole_number

_DIGITS: Final = re.compile(r"[0-9]+")
_SCIENTIFIC: Final = re.compile(r"-?[0-9]+(?:[.,][0-9]+)?[eE][+-]?[0-9]+")
_REASONS: Final = {
    CellKind.ERROR: "spreadsheet_error",
    CellKind.NO_RESULT: "no_result",
    CellKind.MERGED: "merged",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """
    Why a cell is refused whatever it shows.

    Attributes:
        reason: the last part of a rule's id.
        suggestion: see `Issue`.

    """

    reason: str
    suggestion: str = ""


def verdict(rule: Rule, kind: CellKind, text: str) -> Verdict | None:
    """
    Return why a cell of *kind* that shows *text* is refused.

    ``None`` says that it is as good as the text: a whole number in a column of names or ids, a
    number or truth value in a text, and what no known value can be mistaken for.
    """
    if kind in _REASONS:
        return Verdict(reason=_REASONS[kind])
    if kind is CellKind.DATE:
        return Verdict(reason="date", suggestion=cleaned(rule, text) if rule.is_text else "")
    if rule.values or rule.is_text:
        return None
    if kind is CellKind.BOOLEAN:
        return Verdict(reason="boolean")
    return _verdict_on_number(text)


def _verdict_on_number(text: str) -> Verdict | None:
    is_whole = _DIGITS.fullmatch(text)
    if is_whole and len(text) <= KEPT_DIGITS:
        return None
    if is_whole or _SCIENTIFIC.fullmatch(text):
        return Verdict(reason="long_number")
    return Verdict(reason="number", suggestion=whole_number(text))
