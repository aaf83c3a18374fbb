"""The row of headings: which column holds which field."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from batchcreate.errors import LoadError
from batchcreate.messages import column_letters, quoted
from batchcreate.models import Column, Layout
from batchcreate.rules import MANDATORY_FIELDS, RULES

SHOWN_HEADINGS = 20
"""How many headings an error lists."""

CHINESE: Mapping[str, str] = {
    "任务名称": "task_name",
    "任务名": "task_name",
    "任务ID": "task_id",
    "任务编号": "task_id",
    "任务类型": "task_type",
    "描述": "description",
    "任务描述": "description",
    "任务标签": "task_tag",
    "标签": "task_tag",
    "操作类型": "operation_types",
    "源端应用ID": "source_app_id",
    "源应用ID": "source_app_id",
    "源端集成应用ID": "source_app_id",
    "目标端应用ID": "target_app_id",
    "目标应用ID": "target_app_id",
    "目的端应用ID": "target_app_id",
    "目标端集成应用ID": "target_app_id",
    "目的端集成应用ID": "target_app_id",
    "项目ID": "project_id",
    "实例ID": "instance_id",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """
    The headings of one sheet.

    Attributes:
        file: the file's name as reports show it.
        sheet: worksheet name, empty for CSV.
        number: the row it stands in, as the spreadsheet program shows it.
        width: how many columns it has.
        columns: the known columns by field name.

    """

    file: str
    sheet: str
    number: int
    width: int
    columns: Mapping[str, Column]


def has_header(headings: Sequence[str]) -> bool:
    """Whether *headings* can belong to a table of tasks: one mandatory column is there."""
    return any(_field_of(heading) in MANDATORY_FIELDS for heading in headings)


def match(headings: Sequence[str], *, file: str, sheet: str, number: int) -> Header:
    """
    Find the known columns among *headings*, which stand in row *number*.

    Raises:
        LoadError: a mandatory column is missing or a known one repeated.

    """
    columns: dict[str, Column] = {}
    for index, heading in enumerate(headings):
        field = _field_of(heading)
        if field in columns:
            where = place(file, sheet, number)
            raise LoadError(_repeated(where, field, columns[field], heading, index))
        if field:
            columns[field] = Column(header=heading, index=index)
    if not all(field in columns for field in MANDATORY_FIELDS):
        raise LoadError(missing(headings, file=file, sheet=sheet, number=number))
    return Header(file=file, sheet=sheet, number=number, width=len(headings), columns=columns)


def layout(header: Header) -> Layout:
    """Return how the sheet of *header* is read."""
    return Layout(
        file=header.file, sheet=header.sheet, number=header.number, columns=header.columns
    )


def missing(headings: Sequence[str], *, file: str, sheet: str, number: int) -> str:
    """Return what an error says about *headings* without a mandatory column."""
    known = {_field_of(heading) for heading in headings}
    absent = [field for field in MANDATORY_FIELDS if field not in known]
    hints = _separator_hint(headings) or "".join(_hint(field, headings) for field in absent)
    return (
        f"{place(file, sheet, number)}: there is no column {' and '.join(absent)}. The headings"
        f" found there are {shown(headings)}.{hints} The first row must hold the headings."
    )


def place(file: str, sheet: str, number: int) -> str:
    """Return how an error names a row."""
    return f"{file}, sheet {quoted(sheet)}, row {number}" if sheet else f"{file}, row {number}"


def shown(headings: Sequence[str]) -> str:
    """List *headings* for an error, bounded."""
    named = [quoted(heading) for heading in headings if heading.strip()]
    more = len(named) - SHOWN_HEADINGS
    listed = ", ".join(named[:SHOWN_HEADINGS])
    return f"{listed} and {more} more" if more > 0 else listed or "none"


_SEPARATORS = {"semicolons": ";", "tabs": "\t", "vertical bars": "|"}


def _normal(heading: str) -> str:
    return "".join(heading.split()).replace("-", "").replace("_", "").casefold()


_FIELDS = {_normal(name): name for name in RULES} | {
    _normal(name): field for name, field in CHINESE.items()
}


def _field_of(heading: str) -> str:
    return _FIELDS.get(_normal(heading), "")


def _repeated(where: str, field: str, first: Column, heading: str, index: int) -> str:
    columns = (
        f"{column_letters(first.index)} ({quoted(first.header)})"
        f" and {column_letters(index)} ({quoted(heading)})"
    )
    return f"{where}: columns {columns} both mean {field}. Rename or remove one of them."


def _hint(field: str, headings: Sequence[str]) -> str:
    names = [known for known, known_field in _FIELDS.items() if known_field == field]
    for heading in headings:
        if not _field_of(heading) and difflib.get_close_matches(_normal(heading), names, n=1):
            return f" Did you mean {quoted(heading)}? Then rename it to {field}."
    return ""


def _separator_hint(headings: Sequence[str]) -> str:
    names = [name for name, char in _SEPARATORS.items() if char in "".join(headings)]
    if len(headings) != 1 or not names:
        return ""
    return f" The cells seem to be separated by {names[0]}: save the file with commas."
