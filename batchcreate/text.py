"""Text from servers and cells made harmless for the terminal, the log and spreadsheet programs."""

import re
from unicodedata import east_asian_width

SHOWN_CHARS = 2048
"""How much of a server's message is kept for people; the journal keeps no more either."""

CELL_CHARS = 32_767
"""What a spreadsheet cell can hold, in units of UTF-16; both common writers cut there silently."""

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
    of the original are kept, and an ellipsis says that something was left out.
    """
    kept = text[:limit]
    shown = kept if kept.isprintable() else "".join(map(_visible, kept))
    return f"{shown}…" if len(text) > limit else shown


def separator(line: str) -> str:
    """
    Return what the first *line* of a text file says to be between its cells, such as ``sep=;``.

    Excel heeds such a line and does not show it: the line below it is row 1. Any other line
    says nothing.
    """
    found = _SEPARATOR_LINE.fullmatch(line)
    return found[1] if found else ""


def width_of(text: str) -> int:
    """Return how many columns *text* takes: Chinese characters are twice as wide as Latin ones."""
    return sum(2 if east_asian_width(char) in "WF" else 1 for char in text)


def counted(count: int, noun: str) -> str:
    """Return *count* and *noun*, in the plural where there is more or less than one."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def cell_text(text: str) -> str:
    """
    Return *text* as a cell can hold it.

    Line breaks and tabs stay; other unprintable characters are written as escapes.
    """
    kept = text[:CELL_CHARS]
    if not kept.translate(_BREAKS).isprintable():
        kept = "".join(char if char in "\n\t" else _visible(char) for char in kept)
    return cut_to_cell(kept)


def csv_cell(text: str) -> str:
    """
    Return *text* as a CSV cell that no spreadsheet program takes for a formula.

    A leading apostrophe disarms the characters that start a formula, full-width forms
    included. For the rest see `cell_text`.
    """
    kept = cell_text(text)
    return cell_text(f"'{kept}") if kept[:1] in _FORMULA_STARTS and kept else kept


def cut_to_cell(text: str) -> str:
    """Return as much of *text* as a cell holds; what is beyond the first plane counts twice."""
    if 2 * len(text) <= CELL_CHARS:
        return text
    return text.encode("utf-16-le")[: 2 * CELL_CHARS].decode("utf-16-le", "ignore")


def _visible(char: str) -> str:
    return char if char.isprintable() else char.encode("unicode_escape").decode("ascii")
