"""The rules in the language of spreadsheet formulas."""

import re
from typing import Final

from batchcreate.rules import Charset, Rule

FORMULA_CHARS_MAX: Final = 255
"""What Excel takes as the formula of a validation."""

_PRINTABLE: Final = [chr(point) for point in range(0x20, 0x7F)]


def is_accepted(rule: Rule, cell: str) -> str:
    """
    Return a formula, without its equals sign, that is true for texts in *cell* that obey *rule*.

    The texts are not empty. Control characters are left to `check`.
    """
    conditions = [f"LEN({cell})>={rule.min_length}", f"LEN({cell})<={rule.max_length}"]
    allowed = _allowed(rule.charset)
    if len(allowed) < len(_PRINTABLE):
        # One number for each character: where one is beyond the end, programs disagree.
        chars = f'MID({cell},ROW(INDIRECT("1:"&LEN({cell}))),1)'
        conditions.append(f"SUMPRODUCT(--ISERROR(FIND({chars},{_literal(allowed)})))=0")
    if rule.first:
        beginnings = _allowed(rule.first)
        refused = [char for char in allowed if char not in beginnings]
        conditions.append(f"ISERROR(FIND(LEFT({cell}),{_literal(refused)}))")
    return f"AND({','.join(conditions)})"


def is_refused(rule: Rule, cell: str) -> str:
    """Return a formula that is true for texts in *cell*, empty ones excepted, that break *rule*."""
    return f'IF({cell}="",FALSE,NOT({is_accepted(rule, cell)}))'


def is_forgotten(cell: str, row: str) -> str:
    """Return a formula that is true where *cell* is empty and the cells of *row* are not."""
    return f'AND({cell}="",COUNTA({row})>0)'


def _allowed(charset: Charset) -> list[str]:
    return [char for char in _PRINTABLE if re.fullmatch(charset.pattern, char)]


def _literal(chars: list[str]) -> str:
    return '"{}"'.format("".join(chars).replace('"', '""'))
