"""Addresses of cells, such as C7; pure."""

import re
from typing import Final

from batchcreate.workbooks.limits import COLUMNS_MAX, ROWS_MAX
from batchcreate.workbooks.refusal import refuse_damaged

_ADDRESS: Final = re.compile(r"\$?([A-Za-z]{1,3})\$?([0-9]{1,20})")
_LETTERS: Final = 26


def address(number: int, column: int) -> str:
    """Return the address of the cell in row *number* and *column*, 0 being column A."""
    return f"{letters(column)}{number}"


def letters(column: int) -> str:
    """Return how a spreadsheet program calls the column *column*, 0 being A."""
    text = ""
    rest = column + 1
    while rest:
        rest, digit = divmod(rest - 1, _LETTERS)
        text = chr(ord("A") + digit) + text
    return text


def column_of(name: str) -> int:
    """Return the position of the column called *name*, A being 0."""
    position = 0
    for letter in name.upper():
        position = position * _LETTERS + ord(letter) - ord("A") + 1
    return position - 1


def place_of(text: str) -> tuple[int, int]:
    """
    Return row number and column of the address *text*.

    Raises:
        Refusal: no spreadsheet program has such a cell.

    """
    found = _ADDRESS.fullmatch(text)
    number, column = (int(found[2]), column_of(found[1])) if found else (0, 0)
    if 0 < number <= ROWS_MAX and column < COLUMNS_MAX:
        return number, column
    return refuse_damaged(f"it names a cell '{text[:50]}', and no spreadsheet has such a cell")
