"""The sheet of instructions; no row of it can be taken for a row of headings."""

from collections.abc import Mapping, Sequence
from math import ceil
from typing import TYPE_CHECKING, Final

from batchcreate.messages import text
from batchcreate.template.headings import MARKS, Heading, choices
from batchcreate.template.styles import Styles
from batchcreate.text import column_letters, display_width

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

STEPS: Final = ("fill", "columns", "example", "paste", "ready")
"""The instructions in their order, by the last part of their keys."""

_LABELS, _TEXTS, _EXAMPLES = range(3)
"""The columns of the sheet."""

_WIDTHS: Final = (26, 92, 44)
"""Of these columns, in characters."""

_LINE_POINTS: Final = 16
"""How high one line of text is."""


class _Page:
    """Lines from top to bottom, each with a label and a text."""

    def __init__(self, sheet: "Worksheet", styles: Styles) -> None:
        self._sheet = sheet
        self._styles = styles
        self.row = 0
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        for column, width in enumerate(_WIDTHS):
            sheet.set_column(column, column, width)

    def title(self, words: str) -> None:
        """Write the title of the page."""
        self._sheet.set_row(self.row, 2 * _LINE_POINTS)
        self._sheet.write_string(self.row, _LABELS, words, self._styles.title)
        self.row += 1

    def section(self, words: str) -> None:
        """Write the title of a section, with a gap above."""
        self.row += 1
        self._sheet.set_row(self.row, 1.5 * _LINE_POINTS)
        self._sheet.write_string(self.row, _LABELS, words, self._styles.section)
        self.row += 1

    def line(self, label: str, words: str, example: str = "") -> None:
        """Write a line, high enough for all of its *words*."""
        self._sheet.set_row(self.row, _height(words))
        self._sheet.write_string(self.row, _LABELS, label, self._styles.label)
        self._sheet.write_string(self.row, _TEXTS, words, self._styles.text)
        self._sheet.write_string(self.row, _EXAMPLES, example, self._styles.example)
        self.row += 1


def write_guide(
    sheet: "Worksheet", columns: Sequence[Heading], styles: Styles, *, language: str
) -> Mapping[str, str]:
    """
    Fill in the sheet of instructions.

    Return for each field with known values a reference to the cells that hold its choices:
    a list inside a validation could hold no commas and would insist on upper case.
    """
    facts = {
        "tasks": text("template.tasks", {}, language=language),
        "mark": MARKS[language].strip(),
    }

    def say(key: str) -> str:
        return text(f"template.guide.{key}", facts, language=language)

    page = _Page(sheet, styles)
    page.title(say("title"))
    for number, step in enumerate(STEPS, start=1):
        page.line(f"{number}.", say(step))
    page.section(say("each"))
    for column in columns:
        page.line(_name(column), column.need, column.rule.example)
    page.section(say("choices"))
    return {
        column.rule.field: _list_choices(page, column, sheet.get_name())
        for column in columns
        if column.rule.values
    }


def _list_choices(page: _Page, column: Heading, sheet_name: str) -> str:
    from xlsxwriter.utility import quote_sheetname, xl_range_abs

    first = page.row
    for choice in choices(column.rule):
        page.line(_name(column), choice)
    cells = xl_range_abs(first, _TEXTS, page.row - 1, _TEXTS)
    return f"={quote_sheetname(sheet_name)}!{cells}"


def _name(column: Heading) -> str:
    """Return the column's name beside its letter: alone it would be a heading."""
    mark = " *" if column.rule.is_mandatory else ""
    return f"{column_letters(column.index)}: {column.text}{mark}"


def _height(words: str) -> int:
    # Not every program makes a row as high as its text.
    return _LINE_POINTS * ceil(display_width(words) / (0.9 * _WIDTHS[_TEXTS]))
