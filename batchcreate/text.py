"""Printable and CSV-safe text, display width, and cell addresses."""

import re
from collections.abc import Sequence
from unicodedata import east_asian_width

SHOWN_CHARS = 2048
"""Maximum characters of a server's message that are shown and kept in the journal."""

CELL_CHARS = 32_767
"""Capacity of a spreadsheet cell in UTF-16 code units; both common writers truncate silently."""

_LETTERS = 26

_SEPARATOR_LINE = re.compile(
    r'\ufeff?"?sep=([!#-/:-@\[-^`{-~\t])"?[ \t,;]*[\r\n]*', re.ASCII | re.IGNORECASE
)
_BREAKS = str.maketrans("", "", "\n\t")
_FORMULA_STARTS = frozenset("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")


def printable(text: str, *, limit: int = SHOWN_CHARS) -> str:
    r"""
    Return *text* on one line, with everything unprintable written as an escape.

    Line breaks, control and bidirectional characters, lone surrogates and private code
    points all become ``\x..``, ``\u....`` or ``\U........``. At most *limit* characters
    of the original are kept; an ellipsis marks a truncated text.
    """
    kept = text[:limit]
    shown = kept if kept.isprintable() else "".join(map(_visible, kept))
    return f"{shown}…" if len(text) > limit else shown


def is_blank(text: str) -> bool:
    """Return True if *text* is empty or consists of white space."""
    return not text or text.isspace()


def column_letters(index: int) -> str:
    """Return the letters of the column at zero-based *index*: A for 0, AA for 26."""
    letters = ""
    rest = index + 1
    while rest:
        rest, letter = divmod(rest - 1, _LETTERS)
        letters = chr(ord("A") + letter) + letters
    return letters


def column_index(letters: str) -> int:
    """Return the zero-based index of the column with these *letters*: 0 for A, 26 for AA."""
    position = 0
    for letter in letters.upper():
        position = position * _LETTERS + ord(letter) - ord("A") + 1
    return position - 1


def cell_address(index: int, number: int) -> str:
    """Return the address of the cell in the column at zero-based *index* and row *number*."""
    return f"{column_letters(index)}{number}"


def separator(line: str) -> str:
    """
    Return the separator that *line*, the first of a text file, declares, such as ``sep=;``.

    Excel applies such a line and does not show it: the line below it is row 1. The result is
    empty for any other line.
    """
    found = _SEPARATOR_LINE.fullmatch(line)
    return found[1] if found else ""


def display_width(text: str) -> int:
    """Return the number of terminal columns of *text*: wide characters, such as Chinese, take two."""
    return sum(2 if east_asian_width(char) in "WF" else 1 for char in text)


def counted(count: int, noun: str) -> str:
    """Return *count* and *noun*, in the plural unless *count* is 1."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def listed_ranges(ranges: Sequence[tuple[int, int]], *, count: int) -> str:
    """
    Return the numbers of rows as a list, such as ``3, 5-9 and 12 more``.

    Args:
        ranges: first and last number of the first ranges of consecutive rows.
        count: number of all rows.

    """
    parts = [str(first) if first == last else f"{first}-{last}" for first, last in ranges]
    others = count - sum(last - first + 1 for first, last in ranges)
    return ", ".join(parts) + (f" and {others} more" if others else "")


def cell_text(text: str) -> str:
    """
    Return *text* as the content of a spreadsheet cell.

    Line breaks and tabs stay; other unprintable characters are written as escapes.
    """
    kept = text[:CELL_CHARS]
    if not kept.translate(_BREAKS).isprintable():
        kept = "".join(char if char in "\n\t" else _visible(char) for char in kept)
    return cut_to_cell(kept)


def csv_cell(text: str) -> str:
    """
    Return *text* as a CSV cell that spreadsheet programs do not evaluate as a formula.

    A text that starts like a formula, full-width forms included, gets a leading apostrophe.
    Unprintable characters are escaped as in `cell_text`.
    """
    if text.isprintable() and text[:1] not in _FORMULA_STARTS and 2 * len(text) <= CELL_CHARS:
        return text
    kept = cell_text(text)
    return cell_text(f"'{kept}") if kept[:1] in _FORMULA_STARTS and kept else kept


def cut_to_cell(text: str) -> str:
    """Truncate *text* to the capacity of a cell; characters beyond the BMP count twice."""
    if 2 * len(text) <= CELL_CHARS:
        return text
    return text.encode("utf-16-le")[: 2 * CELL_CHARS].decode("utf-16-le", "ignore")


def _visible(char: str) -> str:
    return char if char.isprintable() else char.encode("unicode_escape").decode("ascii")
