"""The template as a workbook that is hard to fill in wrongly."""

import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from batchcreate.messages import text
from batchcreate.template.conditions import is_accepted, is_forgotten, is_refused
from batchcreate.template.guide import write_guide
from batchcreate.template.headings import Heading, headings
from batchcreate.template.styles import Styles

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

_FIRST, _LAST = 2, 1_048_575
"""Zero-based rows of the tasks: below headings and example, down to the end of the sheet."""

_WIDTH_MIN, _WIDTH_MAX, _ROOM = 16, 44, 4
"""Of a column, in characters; the room is for the mark of mandatory ones and the arrow."""

_TITLE_CHARS: Final = 32
"""What Excel takes as the title of a validation's message."""


def workbook(language: str, *, at: datetime) -> bytes:
    """
    Return the template as an .xlsx workbook.

    Every column is formatted as text, so that nothing typed is taken for a number or a date.
    Validations refuse what is typed against a rule; what is pasted escapes them and is
    coloured instead.

    Args:
        language: of headings, comments and instructions.
        at: when it was made.

    """
    import xlsxwriter

    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        book.set_properties({"created": at.replace(tzinfo=None)})
        styles = Styles(book, language)
        columns = headings(language)
        tasks, guide = (
            book.add_worksheet(text(f"template.{name}", {}, language=language))
            for name in ("tasks", "instructions")
        )
        lists = write_guide(guide, columns, styles, language=language)
        _arrange(tasks, columns)
        for column in columns:
            _lay(tasks, column, styles)
            _validate(tasks, column, lists)
            _colour(tasks, column, columns, styles)
    return content.getvalue()


def _arrange(sheet: "Worksheet", columns: Sequence[Heading]) -> None:
    sheet.freeze_panes(1, 1)
    sheet.set_row(0, 24)
    sheet.ignore_errors({"number_stored_as_text": _cells(0, columns[-1].index)})
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.set_comments_author("batchcreate")
    sheet.set_selection(_FIRST, 0, _FIRST, 0)


def _lay(sheet: "Worksheet", column: Heading, styles: Styles) -> None:
    at = column.index
    width = max(len(column.text), len(column.example)) + _ROOM
    sheet.set_column(at, at, min(max(width, _WIDTH_MIN), _WIDTH_MAX), styles.cell)
    heading = styles.mandatory if column.rule.is_mandatory else styles.optional
    sheet.write_string(0, at, column.text, heading)
    sheet.write_string(1, at, column.example, styles.example)
    sheet.write_comment(0, at, column.note, {"width": 340, "height": 110})


def _validate(sheet: "Worksheet", column: Heading, lists: Mapping[str, str]) -> None:
    if source := lists.get(column.rule.field):
        condition = {"validate": "list", "source": source}
    else:
        formula = is_accepted(column.rule, _cell(column.index))
        condition = {"validate": "custom", "value": f"={formula}"}
    title = column.text[:_TITLE_CHARS]
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


def _colour(
    sheet: "Worksheet", column: Heading, columns: Sequence[Heading], styles: Styles
) -> None:
    cell, cells = _cell(column.index), _cells(column.index, column.index)
    rules = []
    if not column.rule.values:
        rules.append((is_refused(column.rule, cell), styles.refused))
    if column.rule.is_mandatory:
        row = f"${_cell(0)}:${_cell(columns[-1].index)}"
        rules.append((is_forgotten(cell, row), styles.doubtful))
    for formula, style in rules:
        sheet.conditional_format(
            cells, {"type": "formula", "criteria": f"={formula}", "format": style}
        )
    if column.index == 0:
        sheet.conditional_format(cells, {"type": "duplicate", "format": styles.doubtful})


def _cell(column: int) -> str:
    """Return the address of the first task's cell; formulas move it down with their row."""
    from xlsxwriter.utility import xl_rowcol_to_cell

    return str(xl_rowcol_to_cell(_FIRST, column))


def _cells(first: int, last: int) -> str:
    from xlsxwriter.utility import xl_range

    return str(xl_range(_FIRST, first, _LAST, last))
