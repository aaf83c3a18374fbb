"""Known headings: the names of the fields, and the messages about other headings; pure."""

import difflib
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from batchcreate.messages import LANGUAGES, quoted, text
from batchcreate.models import Column
from batchcreate.rules import MANDATORY_FIELDS, RULES
from batchcreate.text import cell_address

SEARCHED_ROWS: Final = 20
"""Number of rows at the start of a sheet that are searched for the header row."""

HEADING_CHARS: Final = 200
"""Maximum length of a heading; longer cells are not compared with the known names."""

SHOWN_HEADINGS: Final = 20
"""Maximum number of headings that an error lists."""

LIKENESS: Final = 0.6
"""Minimum similarity of a heading and a mandatory name, for the question *did you mean*."""

CLOSE_LIKENESS: Final = 0.8
"""The same for optional names, which most tables do not have."""

MANDATORY: Final = " and ".join(MANDATORY_FIELDS)

CHINESE: Mapping[str, str] = MappingProxyType(
    {
        "任务名称": "task_name",
        "任务名": "task_name",
        "任務名稱": "task_name",
        "任務名": "task_name",
        "任务ID": "task_id",
        "任务编号": "task_id",
        "任务标识": "task_id",
        "任務ID": "task_id",
        "任務編號": "task_id",
        "任务类型": "task_type",
        "任務類型": "task_type",
        "描述": "description",
        "任务描述": "description",
        "任務描述": "description",
        "任务标签": "task_tag",
        "标签": "task_tag",
        "任務標籤": "task_tag",
        "標籤": "task_tag",
        "操作类型": "operation_types",
        "任务操作类型": "operation_types",
        "操作類型": "operation_types",
        "源端应用ID": "source_app_id",
        "源应用ID": "source_app_id",
        "源端集成应用ID": "source_app_id",
        "来源应用ID": "source_app_id",
        "源端應用ID": "source_app_id",
        "來源應用ID": "source_app_id",
        "目标端应用ID": "target_app_id",
        "目标应用ID": "target_app_id",
        "目的端应用ID": "target_app_id",
        "目的应用ID": "target_app_id",
        "目标端集成应用ID": "target_app_id",
        "目的端集成应用ID": "target_app_id",
        "目標端應用ID": "target_app_id",
        "目標應用ID": "target_app_id",
        "目的端應用ID": "target_app_id",
        "项目ID": "project_id",
        "專案ID": "project_id",
        "項目ID": "project_id",
        "实例ID": "instance_id",
        "實例ID": "instance_id",
    }
)
"""Chinese names of the fields; the first name of each field is used in templates."""

ENGLISH: Mapping[str, str] = MappingProxyType(
    {
        "name of task": "task_name",
        "type of task": "task_type",
        "task description": "description",
        "operation type": "operation_types",
        "source application id": "source_app_id",
        "target application id": "target_app_id",
        "destination app id": "target_app_id",
        "destination application id": "target_app_id",
    }
)
"""English names of the fields in addition to the names of the API."""

_REMARK = re.compile(
    r"[(\[【{<](?:required|mandatory|optional|必填项?|必选|必输|必須|非必填|选填|可选|選填|可選)"
    r"[)\]】}>]"
)
_JOINTS = re.compile(r"[()\[\]【】/|]")
_INVISIBLE = frozenset({"Cc", "Cf", "Pd"})


@lru_cache(maxsize=4096)
def normalized(heading: str) -> str:
    """
    Return *heading* in a form in which different spellings of the same name are equal.

    Case, white space, invisible characters, hyphens, underscores and full-width forms are
    ignored, and so are the asterisks and remarks with which templates mark mandatory columns.
    """
    if len(heading) > HEADING_CHARS:
        return ""
    text = unicodedata.normalize("NFKC", heading).casefold()
    bare = "".join(filter(_is_significant, text))
    return _REMARK.sub("", bare).strip("*:") or bare


def field_of(heading: str, names: Mapping[str, str]) -> str:
    """Return the field of *heading* according to *names* (see `field_names`), or nothing."""
    text = normalized(heading)
    return names.get(text) or _field_of_double_name(_JOINTS.sub("", text), names)


def field_names(mapping: Mapping[str, str]) -> Mapping[str, str]:
    """Return the fields by their normalized names; those of *mapping* have precedence."""
    if not mapping:
        return _FIELDS
    mapped = {normalized(name): field for name, field in mapping.items()}
    return {**_FIELDS, **{name: field for name, field in mapped.items() if name}}


def _is_significant(char: str) -> bool:
    if char.isascii():
        return char.isprintable() and char not in " -_"
    return not char.isspace() and unicodedata.category(char) not in _INVISIBLE


def _field_of_double_name(text: str, names: Mapping[str, str]) -> str:
    """Return the field of a heading that consists of two names, as ``任务名称(task_name)``."""
    for middle in range(2, len(text) - 1):
        field = names.get(text[:middle], "")
        if field and names.get(text[middle:]) == field:
            return field
    return ""


STATUS_NAMES, ORIGIN_NAMES = (
    frozenset(normalized(text(f"to_fix.{name}_heading", language=each)) for each in LANGUAGES)
    for name in ("status", "origin")
)
"""The normalized headings of the columns that to-fix files add, in all languages."""

_FIELDS = {normalized(name): name for name in RULES} | {
    normalized(name): field for table in (ENGLISH, CHINESE) for name, field in table.items()
}


def location(file: str, sheet: str, number: int = 0) -> str:
    """Return the name of a sheet, or of a row in it, for an error."""
    parts = (file, f"sheet {quoted(sheet)}" if sheet else "", f"row {number}" if number else "")
    return ", ".join(filter(None, parts))


def listed(headings: Sequence[str]) -> str:
    """Return the first *headings* as a list for an error."""
    texts = [quoted(heading) for heading in headings if heading.strip()]
    more = len(texts) - SHOWN_HEADINGS
    first = ", ".join(texts[:SHOWN_HEADINGS])
    return f"{first} and {more} more" if more > 0 else first or "none"


def missing_column(
    headings: Sequence[str], *, file: str, sheet: str, number: int, mapping: Mapping[str, str]
) -> str:
    """Return the error about *headings* in row *number* without a mandatory column."""
    names = field_names(mapping)
    present = {field_of(heading, names) for heading in headings}
    absent = [field for field in MANDATORY_FIELDS if field not in present]
    columns = f"column {absent[0]} is" if len(absent) == 1 else f"columns {MANDATORY} are"
    return (
        f"{location(file, sheet, number)}: {columns} missing. The headings are"
        f" {listed(headings)}.{_suggestion(absent, headings, mapping)}"
        f" The first {SEARCHED_ROWS} rows were searched for the header row."
    )


def no_header_row(
    rows: Sequence[Sequence[str]],
    *,
    file: str,
    sheet: str,
    mapping: Mapping[str, str],
    hint: str = "",
) -> str:
    """Return the error about a sheet none of whose first *rows* has a mandatory heading."""
    number, headings = max(enumerate(rows[:SEARCHED_ROWS], start=1), key=_filled_cells)
    return (
        f"{location(file, sheet)}: none of the first {SEARCHED_ROWS} rows contains the headings"
        f" {MANDATORY}. Row {number} contains {listed(headings)}."
        f"{hint or _suggestion(MANDATORY_FIELDS, headings, mapping)}"
        f"{_header_further_down(rows, mapping)}"
    )


def repeated_field(where: str, field: str, columns: Sequence[Column], number: int) -> str:
    """Return the error about two *columns* for one *field*."""
    cells = " and ".join(
        f"{cell_address(column.index, number)} ({quoted(column.heading)})" for column in columns
    )
    remedy = "Rename or remove one"
    if len({normalized(column.heading) for column in columns}) > 1:
        remedy += f", or choose one with --map {quoted(f'{columns[1].heading}={field}')}"
    return f"{where}: cells {cells} both map to {field}. {remedy}."


def hints(columns: Mapping[str, Column], others: Sequence[Column], number: int) -> Iterator[str]:
    """Yield a hint for each of *others* that resembles a name that is not in *columns*."""
    absent = [field for field in RULES if field not in columns]
    for column in others:
        if field := _similar_field(column.heading, absent, CLOSE_LIKENESS):
            cell = cell_address(column.index, number)
            yield (
                f"unknown heading {quoted(column.heading)} in cell {cell}; did you mean {field}?"
                f" Rename it, or use --map {quoted(f'{column.heading}={field}')}"
            )


def _suggestion(absent: Sequence[str], headings: Sequence[str], mapping: Mapping[str, str]) -> str:
    return _unmatched_mapping(absent, headings, mapping) or "".join(
        _likely_heading(field, headings, mapping) for field in absent
    )


def _unmatched_mapping(
    absent: Sequence[str], headings: Sequence[str], mapping: Mapping[str, str]
) -> str:
    present = set(map(normalized, headings))
    for name, field in mapping.items():
        if field in absent and normalized(name) not in present:
            return f" --map contains {quoted(name)}, which is not one of them."
    return ""


def _likely_heading(field: str, headings: Sequence[str], mapping: Mapping[str, str]) -> str:
    names = field_names(mapping)
    for heading in headings:
        if not field_of(heading, names) and _similar_field(heading, [field], LIKENESS):
            return (
                f" Did you mean {quoted(heading)}? Rename it to {field}, or use"
                f" --map {quoted(f'{heading}={field}')}."
            )
    return ""


def _similar_field(heading: str, fields: Sequence[str], likeness: float) -> str:
    names = {name: field for name, field in _FIELDS.items() if field in fields}
    close = difflib.get_close_matches(normalized(heading), names, n=1, cutoff=likeness)
    return names[close[0]] if close else ""


def _filled_cells(numbered: tuple[int, Sequence[str]]) -> int:
    return sum(bool(cell.strip()) for cell in numbered[1])


def _header_further_down(rows: Sequence[Sequence[str]], mapping: Mapping[str, str]) -> str:
    names = field_names(mapping)
    for number, row in enumerate(rows[SEARCHED_ROWS:], start=SEARCHED_ROWS + 1):
        if {field_of(heading, names) for heading in row}.issuperset(MANDATORY_FIELDS):
            return (
                f" Row {number} contains them: remove rows above it until it is one of the first"
                f" {SEARCHED_ROWS}."
            )
    return ""
