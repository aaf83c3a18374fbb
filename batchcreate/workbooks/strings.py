"""Texts as workbooks write them, and as spreadsheet programs show them; pure."""

import re
from typing import Final

ESCAPE: Final = re.compile(r"_x([0-9A-Fa-f]{4})_")

_EDGES: Final = " \t\r\n"


def decoded(text: str, *, is_kept: bool = True) -> str:
    """
    Return *text* with its escaped characters, such as ``_x000D_``, as they are meant.

    Half a character is no character: the sign for a lost one stands for it.

    Args:
        text: as the file holds it.
        is_kept: ``False`` if white space at its ends does not count.

    """
    bare = text if is_kept else text.strip(_EDGES)
    return _whole(ESCAPE.sub(_char, bare)) if "_x" in bare else bare


def _char(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16))


def _whole(text: str) -> str:
    """Return *text* with the halves of characters put together."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
