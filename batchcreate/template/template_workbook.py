"""Blank workbook for analysts with checks, drop-down lists and instructions."""

import io
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from math import ceil
from typing import TYPE_CHECKING, Any, Final

from batchcreate.messages import text
from batchcreate.rules import Charset, Rule
from batchcreate.template.columns import TemplateColumn, choices, template_columns
from batchcreate.text import column_letters, display_width

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

FORMULA_CHARS_MAX: Final = 255
"""Maximum length of a validation formula in Excel, including the equals sign."""

_FIRST, _LAST = 2, 1_048_575
"""Zero-based first and last row for tasks: below the example row, down to the end of the sheet."""

_WIDTH_MIN, _WIDTH_MAX, _PADDING = 16, 44, 4
"""Column width in characters; the padding is for the mark of required columns and the arrow."""

_TITLE_CHARS: Final = 32
"""Maximum length of the title of a validation message in Excel."""

_STEPS: Final = ("fill", "columns", "example", "paste", "ready")
"""The instructions in their order, by the last part of their keys."""

_LABELS, _TEXTS, _EXAMPLES = range(3)
"""Columns of the instructions sheet."""

_WIDTHS: Final = (26, 92, 44)
"""Widths of the columns of the instructions sheet, in characters."""

_LINE_POINTS: Final = 16
"""Height of one line of text, in points."""

_FONTS: Final = {"en": "Calibri", "zh": "Microsoft YaHei"}

_TEXT_FORMAT: Final = "@"
"""Number format that keeps typed values as text instead of numbers or dates."""

_REQUIRED_FORMAT: Final = '@" *"'
"""Number format that displays a mark; the cell itself contains only the heading."""

_PRINTABLE: Final = [chr(point) for point in range(0x20, 0x7F)]


def template_workbook(language: str, *, at: datetime) -> bytes:
    """
    Return the template as an .xlsx workbook.

    Every column is formatted as text, so that typed values are not converted to numbers or
    dates. Validations refuse invalid values that are typed; pasted values bypass them and are
    coloured instead.

    Args:
        language: language of headings, comments and instructions.
        at: creation time stored in the workbook.

    """
    import xlsxwriter

    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        book.set_properties({"created": at.replace(tzinfo=None)})
        styles = _Styles(book, language)
        columns = template_columns(language)
        tasks = book.add_worksheet(text("template.tasks", language=language))
        instructions = book.add_worksheet(text("template.instructions", language=language))
        lists = _write_instructions(instructions, columns, styles, language)
        _arrange(tasks, columns)
        for column in columns:
            _write_column(tasks, column, styles)
            _add_validation(tasks, column, lists)
            _add_colours(tasks, column, columns, styles)
    return content.getvalue()


class _Styles:
    """Cell formats of one workbook."""

    def __init__(self, book: "Workbook", language: str) -> None:
        self._book = book
        self._font = _FONTS[language]
        heading = {"bold": True, "font_color": "#FFFFFF", "valign": "vcenter"}
        self.required = self._format(num_format=_REQUIRED_FORMAT, bg_color="#1F4E79", **heading)
        self.optional = self._format(num_format=_TEXT_FORMAT, bg_color="#5F7588", **heading)
        self.cell = self._format(num_format=_TEXT_FORMAT, text_wrap=True, valign="top")
        self.example = self._format(
            num_format=_TEXT_FORMAT, valign="top", italic=True, font_color="#707070"
        )
        self.title = self._format(bold=True, font_size=16)
        self.section = self._format(bold=True, font_size=12)
        self.text = self._format(text_wrap=True, valign="top")
        self.label = self._format(bold=True, valign="top")
        self.invalid = book.add_format({"bg_color": "#F8B4B4", "font_color": "#7A0000"})
        self.incomplete = book.add_format({"bg_color": "#FFE0A3"})

    def _format(self, **properties: Any) -> "Format":  # noqa: ANN401 # as in xlsxwriter
        return self._book.add_format({"font_name": self._font, **properties})


class _InstructionsWriter:
    """Writes the instructions sheet from top to bottom, each line with a label and a text."""

    def __init__(self, sheet: "Worksheet", styles: _Styles) -> None:
        self._sheet = sheet
        self._styles = styles
        self.row = 0
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        for column, width in enumerate(_WIDTHS):
            sheet.set_column(column, column, width)

    def title(self, title: str) -> None:
        """Write the title of the sheet."""
        self._sheet.set_row(self.row, 2 * _LINE_POINTS)
        self._sheet.write_string(self.row, _LABELS, title, self._styles.title)
        self.row += 1

    def section(self, title: str) -> None:
        """Write the title of a section below an empty row."""
        self.row += 1
        self._sheet.set_row(self.row, 1.5 * _LINE_POINTS)
        self._sheet.write_string(self.row, _LABELS, title, self._styles.section)
        self.row += 1

    def line(self, label: str, content: str, example: str = "") -> None:
        """Write a line; its height fits *content*, because some programs do not adapt it."""
        height = _LINE_POINTS * ceil(display_width(content) / (0.9 * _WIDTHS[_TEXTS]))
        self._sheet.set_row(self.row, height)
        self._sheet.write_string(self.row, _LABELS, label, self._styles.label)
        self._sheet.write_string(self.row, _TEXTS, content, self._styles.text)
        self._sheet.write_string(self.row, _EXAMPLES, example, self._styles.example)
        self.row += 1


def _write_instructions(
    sheet: "Worksheet", columns: Sequence[TemplateColumn], styles: _Styles, language: str
) -> Mapping[str, str]:
    """
    Write the instructions sheet; no row of it can be mistaken for a header row.

    Return for each field with known values a reference to the cells with its choices: a list
    inside a validation cannot contain commas and is case-sensitive.
    """
    facts = {
        "tasks": text("template.tasks", language=language),
        "mark": text("template.example_mark", language=language).strip(),
    }

    def instruction(key: str) -> str:
        return text(f"template.instruction.{key}", facts, language=language)

    writer = _InstructionsWriter(sheet, styles)
    writer.title(instruction("title"))
    for number, step in enumerate(_STEPS, start=1):
        writer.line(f"{number}.", instruction(step))
    writer.section(instruction("each_column"))
    for column in columns:
        writer.line(_label(column), column.need, column.example)
    writer.section(instruction("choices"))
    return {
        column.rule.field: _write_choices(writer, column, sheet.get_name())
        for column in columns
        if column.rule.values
    }


def _write_choices(writer: _InstructionsWriter, column: TemplateColumn, sheet_name: str) -> str:
    from xlsxwriter.utility import quote_sheetname, xl_range_abs

    first = writer.row
    for choice in choices(column.rule):
        writer.line(_label(column), choice)
    cells = xl_range_abs(first, _TEXTS, writer.row - 1, _TEXTS)
    return f"={quote_sheetname(sheet_name)}!{cells}"


def _label(column: TemplateColumn) -> str:
    """Return the heading with the column's letter; alone it would be read as a heading."""
    mark = " *" if column.rule.is_mandatory else ""
    return f"{column_letters(column.index)}: {column.heading}{mark}"


def _arrange(sheet: "Worksheet", columns: Sequence[TemplateColumn]) -> None:
    sheet.freeze_panes(1, 1)
    sheet.set_row(0, 24)
    sheet.ignore_errors({"number_stored_as_text": _cells(0, columns[-1].index)})
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.set_comments_author("batchcreate")
    sheet.set_selection(_FIRST, 0, _FIRST, 0)


def _write_column(sheet: "Worksheet", column: TemplateColumn, styles: _Styles) -> None:
    at = column.index
    width = max(len(column.heading), len(column.example_cell)) + _PADDING
    sheet.set_column(at, at, min(max(width, _WIDTH_MIN), _WIDTH_MAX), styles.cell)
    heading = styles.required if column.rule.is_mandatory else styles.optional
    sheet.write_string(0, at, column.heading, heading)
    sheet.write_string(1, at, column.example_cell, styles.example)
    sheet.write_comment(0, at, column.note, {"width": 340, "height": 110})


def _add_validation(sheet: "Worksheet", column: TemplateColumn, lists: Mapping[str, str]) -> None:
    if source := lists.get(column.rule.field):
        condition = {"validate": "list", "source": source}
    else:
        formula = valid_formula(column.rule, _cell(column.index))
        condition = {"validate": "custom", "value": f"={formula}"}
    title = column.heading[:_TITLE_CHARS]
    sheet.data_validation(
        _cells(column.index, column.index),
        {
            **condition,
            "input_title": title,
            "input_message": column.need,
            "error_title": title,
            "error_message": column.refusal,
        },
    )


def _add_colours(
    sheet: "Worksheet",
    column: TemplateColumn,
    columns: Sequence[TemplateColumn],
    styles: _Styles,
) -> None:
    cell, cells = _cell(column.index), _cells(column.index, column.index)
    rules = []
    if not column.rule.values:
        rules.append((invalid_formula(column.rule, cell), styles.invalid))
    if column.rule.is_mandatory:
        row = f"${_cell(0)}:${_cell(columns[-1].index)}"
        rules.append((missing_formula(cell, row), styles.incomplete))
    for formula, style in rules:
        sheet.conditional_format(
            cells, {"type": "formula", "criteria": f"={formula}", "format": style}
        )
    if column.index == 0:
        sheet.conditional_format(cells, {"type": "duplicate", "format": styles.incomplete})


def valid_formula(rule: Rule, cell: str) -> str:
    """
    Return a formula, without its equals sign, that is true if the text in *cell* is valid.

    The formula is for texts that are not empty. Control characters are found by `check` only.
    """
    conditions = [f"LEN({cell})>={rule.min_length}", f"LEN({cell})<={rule.max_length}"]
    allowed = _allowed(rule.charset)
    if len(allowed) < len(_PRINTABLE):
        # One position for each character: beyond the end of the text, programs disagree.
        chars = f'MID({cell},ROW(INDIRECT("1:"&LEN({cell}))),1)'
        conditions.append(f"SUMPRODUCT(--ISERROR(FIND({chars},{_literal(allowed)})))=0")
    if rule.first:
        beginnings = _allowed(rule.first)
        refused = [char for char in allowed if char not in beginnings]
        conditions.append(f"ISERROR(FIND(LEFT({cell}),{_literal(refused)}))")
    return f"AND({','.join(conditions)})"


def invalid_formula(rule: Rule, cell: str) -> str:
    """Return a formula that is true if the text in *cell* is not empty and not valid."""
    return f'IF({cell}="",FALSE,NOT({valid_formula(rule, cell)}))'


def missing_formula(cell: str, row: str) -> str:
    """Return a formula that is true if *cell* is empty and a cell of *row* is not."""
    return f'AND({cell}="",COUNTA({row})>0)'


def _allowed(charset: Charset) -> list[str]:
    return [char for char in _PRINTABLE if re.fullmatch(charset.pattern, char)]


def _literal(chars: list[str]) -> str:
    return '"{}"'.format("".join(chars).replace('"', '""'))


def _cell(column: int) -> str:
    """Return the address of the cell of the first task, relative to the row of each task."""
    return f"{column_letters(column)}{_FIRST + 1}"


def _cells(first: int, last: int) -> str:
    return f"{_cell(first)}:{column_letters(last)}{_LAST + 1}"
