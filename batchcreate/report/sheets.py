"""Texts and whole lines put into the sheets of new workbooks, as they are, whatever they look like."""

import re
from collections.abc import Sequence
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING, Final

from batchcreate.text import cell_text

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

Cells = Sequence[str | int | None]

_REPEATED_MAX: Final = 4096
"""Of so many texts is remembered how they are written: files, statuses and advice come again."""

_ESCAPE: Final = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
"""Where a spreadsheet program would read ``_x0041_`` as the letter of that number."""


def write_text(
    sheet: "Worksheet", row: int, column: int, text: str, look: "Format | None" = None
) -> None:
    """
    Write *text* to a cell as a text, whatever it looks like; rows and columns count from zero.

    Of a text between ``<r>`` and ``</r>`` xlsxwriter thinks that it is markup of its own, and
    writes it as it is. Given in parts, it is escaped like any other.
    """
    if text.startswith("<r>") and text.endswith("</r>"):
        parts = (text[:1], text[1:2], text[2:], *filter(None, [look]))
        sheet.write_rich_string(row, column, *parts)
    else:
        sheet.write_string(row, column, text, look)


class LineWriter:
    """
    Writes lines of texts and numbers to a sheet in constant memory.

    It goes beside xlsxwriter's own methods, with which a large batch takes three times as long.

    Args:
        sheet: its headings are written.
        columns: how many there are.
        numbers: what numbers look like.

    Attributes:
        count: how many lines are written.

    """

    def __init__(self, sheet: "Worksheet", columns: int, numbers: "Format") -> None:
        from xlsxwriter.utility import xl_col_to_name

        self.count = 0
        self._sheet = sheet
        self._letters = [xl_col_to_name(at) for at in range(columns)]
        self._number_style = numbers._get_xf_index()  # noqa: SLF001 # a cell names its look so
        sheet._write_single_row(1)  # noqa: SLF001 # the headings wait until a line follows

    def write(self, line: Cells) -> None:
        """Write *line* below the last one; what is not there is left empty."""
        self.count += 1
        number = self.count + 1
        cells = [
            f'<c r="{letter}{number}"{self._content(cell)}</c>'
            for letter, cell in zip(self._letters, line, strict=True)
            if cell or cell == 0
        ]
        self._sheet.fh.write(f'<row r="{number}">{"".join(cells)}</row>')
        self._sheet.dim_rowmax = self.count

    def _content(self, cell: str | int | None) -> str:
        if isinstance(cell, int):
            return f' s="{self._number_style}"><v>{cell}</v>'
        return _written(cell or "")


@lru_cache(maxsize=_REPEATED_MAX)
def _written(text: str) -> str:
    escaped = escape(_ESCAPE.sub("_x005F_", cell_text(text)), quote=False)
    return f' t="inlineStr"><is><t xml:space="preserve">{escaped}</t></is>'
