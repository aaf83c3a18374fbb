"""Known headings: the names of the fields, and the messages about other headings; pure."""

import difflib
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final

from batchcreate.loader.known_headings import (
    CHINESE,
    CHINESE_REMARK_WORDS,
    ENGLISH,
    EXAMPLE_WORDS,
    REMARK_WORDS,
    SHORT,
    SIMILAR,
)
from batchcreate.messages import LANGUAGES, quoted, text
from batchcreate.messages.phrases import SHOWN_CHARS
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

COMPARED_CELLS: Final = 100
"""Maximum number of cells of a row that are compared with similar names."""

_REMARK = re.compile(
    r"[(\[【{<](?:required|mandatory|optional|必填项?|必选|必输|必須|非必填|选填|可选|選填|可選)"
    r"[)\]】}>]"
)
_JOINTS = re.compile(r"[()\[\]【】/|]")
_OPENING = re.compile(r"[(\[【{<\r\n:]")
_MAY_HAVE_REMARK = re.compile(r"[(\[【{<\r\n:\uff08\uff3b\uff5b\uff1c\uff1a]")
_CLOSING = re.compile(r"[)\]】}>\r\n]")
# Possessive, so that the time is proportional to the length of the text.
_NEUTRAL = re.compile(
    rf"(?:[\W_]|[0-9]|(?:{REMARK_WORDS})(?![a-z])|{CHINESE_REMARK_WORDS})*+"
    rf"(?:(?:{EXAMPLE_WORDS})(?![a-z]).*)?",
    re.DOTALL,
)
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
    """
    Return the field of *heading* according to *names* (see `field_names`), or nothing.

    A remark in brackets, on a separate line or after a colon is ignored if it consists of values,
    units and similar words, as in ``Operation types (INSERT/UPDATE/DELETE)``. Any other addition
    may change the meaning, as in ``task_name (old)``.
    """
    return _field_of_names(heading, names) or next(
        (field for name in _without_remark(heading) if (field := _field_of_names(name, names))), ""
    )


def is_short_name(heading: str) -> bool:
    """Return True if *heading* is one of the short names of a field, such as ``Tag``."""
    return bool(field_of(heading, _SHORT)) and not field_of(heading, _FULL)


def _field_of_names(heading: str, names: Mapping[str, str]) -> str:
    text = normalized(heading)
    return names.get(text) or _field_of_double_name(_JOINTS.sub("", text), names)


def _without_remark(heading: str) -> Iterator[str]:
    """Yield the parts of *heading* before or after which there is only a remark."""
    if len(heading) > HEADING_CHARS or not (_MAY_HAVE_REMARK.search(heading)):
        return
    text = unicodedata.normalize("NFKC", heading).casefold()
    for opening in _OPENING.finditer(text):
        if _NEUTRAL.fullmatch(text, opening.start()):
            yield text[: opening.start()]
    for closing in _CLOSING.finditer(text):
        if _NEUTRAL.fullmatch(text, 0, closing.end()):
            yield text[closing.end() :]


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


STATUS_NAMES = frozenset(
    normalized(text("to_fix.status_heading", language=each)) for each in LANGUAGES
)
"""The normalized headings of the column that to-fix files add, in all languages."""

_FULL = {normalized(name): name for name in RULES} | {
    normalized(name): field for table in (ENGLISH, CHINESE) for name, field in table.items()
}
_SHORT = {normalized(name): field for name, field in SHORT.items()}
_FIELDS = _FULL | _SHORT
_SIMILAR = {normalized(name): field for name, field in SIMILAR.items()}


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
        f" {listed(headings)}.{suggestion(headings, mapping, absent)}"
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
    at = likely_header(rows, mapping)
    return (
        f"{location(file, sheet)}: none of the first {SEARCHED_ROWS} rows contains the headings"
        f" {MANDATORY}. Row {at + 1} contains {listed(rows[at])}."
        f"{hint or suggestion(rows[at], mapping)}"
        f"{_header_further_down(rows, mapping)}"
    )


def likely_header(rows: Sequence[Sequence[str]], mapping: Mapping[str, str]) -> int:
    """
    Return the position of the first row that is most likely the header row with unknown headings.

    It has the most cells that resemble different names, then the most cells. A row with a single
    cell is a title.
    """

    def likeliness(at: int) -> tuple[int, int]:
        filled = sum(bool(cell.strip()) for cell in rows[at])
        return count_resembling(rows[at], mapping) if filled > 1 else 0, filled

    return max(range(min(len(rows), SEARCHED_ROWS)), key=likeliness)


def count_resembling(headings: Sequence[str], mapping: Mapping[str, str]) -> int:
    """Return the number of fields that *headings* mean, or resemble if they are mandatory."""
    names = field_names(mapping)
    compared = headings[:COMPARED_CELLS]
    fields = {
        field_of(heading, names)
        or similar_name(heading)
        or _similar_field(heading, MANDATORY_FIELDS, LIKENESS)
        for heading in compared
    }
    return len(fields - {""})


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
                f" {_renaming(column.heading, field, to='')}"
            )


def advice_for_similar(heading: str, field: str) -> str:
    """Return the advice for a *heading* that may mean *field*; nothing if it does not."""
    is_similar = _similar_field(heading, [field], LIKENESS) == field
    return _renaming(heading, field, to=f" to {field}") if is_similar else ""


def suggestion(
    headings: Sequence[str],
    mapping: Mapping[str, str],
    absent: Sequence[str] = MANDATORY_FIELDS,
) -> str:
    """Return sentences about those of *headings* that may mean the *absent* fields."""
    return _unmatched_mapping(absent, headings, mapping) or "".join(
        _likely_heading(field, headings, mapping) for field in absent
    )


def similar_name(heading: str) -> str:
    """Return the field that *heading* may mean according to the table of names, or nothing."""
    base = _base(heading)
    return (
        _SIMILAR.get(normalized(heading))
        or _SIMILAR.get(normalized(base))
        or field_of(base, _FIELDS)
    )


def _base(heading: str) -> str:
    """Return *heading* without anything in brackets, on further lines or after a colon."""
    parts = _OPENING.split(unicodedata.normalize("NFKC", heading)[:HEADING_CHARS], maxsplit=1)
    return parts[0].strip() or _CLOSING.split(parts[-1])[-1]


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
    unknown = [heading for heading in headings[:COMPARED_CELLS] if not field_of(heading, names)]
    likely = [heading for heading in unknown if similar_name(heading) == field] or [
        heading for heading in unknown if _similar_field(heading, [field], LIKENESS)
    ]
    if not likely:
        return ""
    return f" Did you mean {quoted(likely[0])}? {_renaming(likely[0], field, to=f' to {field}')}."


def _renaming(heading: str, field: str, *, to: str) -> str:
    """Return the advice to rename *heading*, or to map it if this is possible on one line."""
    typed = " ".join(heading.split())
    is_typable = typed.isprintable() and len(f"{typed}={field}") <= SHOWN_CHARS
    option = f", or use --map {quoted(f'{typed}={field}')}" if is_typable else ""
    return f"Rename it{to}{option}"


def _similar_field(heading: str, fields: Sequence[str], likeness: float) -> str:
    if (field := similar_name(heading)) in fields:
        return field
    names = {name: field for name, field in _FULL.items() if field in fields}
    close = difflib.get_close_matches(normalized(_base(heading)), names, n=1, cutoff=likeness)
    return names[close[0]] if close else ""


def _header_further_down(rows: Sequence[Sequence[str]], mapping: Mapping[str, str]) -> str:
    names = field_names(mapping)
    for number, row in enumerate(rows[SEARCHED_ROWS:], start=SEARCHED_ROWS + 1):
        if {field_of(heading, names) for heading in row}.issuperset(MANDATORY_FIELDS):
            return (
                f" Row {number} contains them: remove rows above it until it is one of the first"
                f" {SEARCHED_ROWS}."
            )
    return ""
