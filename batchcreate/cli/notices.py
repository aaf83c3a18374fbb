"""What is said of the input beside its broken rules: how it was read, left out, and cleaned."""

import codecs
from collections.abc import Iterator
from typing import Final

from batchcreate.loader.names import normal
from batchcreate.messages import column_letters, quoted
from batchcreate.models import Cleaning, Column, Layout, PassedOver, Place
from batchcreate.pipeline.noticing import Notices, Sheet
from batchcreate.text import counted

COLUMNS_SHOWN: Final = 20
"""How many columns that mean nothing to us are named."""

_REASONS: Final = {
    "hidden": "hidden",
    "no_header": "no known headings",
    "empty": "empty",
    "example": "examples",
}
_PLAIN: Final = ("utf-8", "utf-8-sig")
_DELIMITERS: Final = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}


def sheets_read(notices: Notices, *, most: int) -> Iterator[str]:
    """Yield of the first *most* sheets how they were read."""
    for sheet in notices.sheets[:most]:
        yield from _sheet(sheet)
    if (more := len(notices.sheets) - most) > 0:
        rows = counted(sum(sheet.rows for sheet in notices.sheets[most:]), "row")
        yield f"{counted(more, 'more sheet')}: {rows}"
    if notices.replaced:
        yield f"{counted(notices.replaced, 'row')} replaced by rows of to-fix files"


def left_out(notices: Notices, *, most: int) -> Iterator[str]:
    """Yield what was passed over, the first *most* one by one."""
    for passed in notices.passed_over[:most]:
        yield f"  left out: {_passed(passed)}"
    if (more := len(notices.passed_over) - most) > 0:
        yield f"  left out: {more} more"


def cleaned(notices: Notices, *, most: int) -> Iterator[str]:
    """Yield how many cells were taken for what was plainly meant, and the first *most* of them."""
    if notices.cleaned:
        first = "; ".join(_cleaning(each, notices) for each in notices.cleanings[:most])
        more = notices.cleaned > most
        yield f"  cleaned: {counted(notices.cleaned, 'cell')}{', such as' if more else ':'} {first}"


def named(place: Place, cell: str, notices: Notices) -> str:
    """Return what *cell* is called among all that were read, as formulas call it."""
    layouts = [sheet.layout for sheet in notices.sheets]
    has_files = len({layout.file for layout in layouts}) > 1
    sheet = f"{_sheet_name(place.sheet)}!" if place.sheet and len(layouts) > 1 else ""
    return f"{place.file} {sheet}{cell}" if has_files else f"{sheet}{cell}"


def _sheet(sheet: Sheet) -> Iterator[str]:
    layout = sheet.layout
    where = f"{layout.file}, sheet {layout.sheet}" if layout.sheet else layout.file
    headings = f", headings in row {layout.number}" if layout.number > 1 else ""
    yield f"{where}: {counted(sheet.rows, 'row')}{headings}"
    if how := _text_format(layout):
        yield f"  read as {how}"
    known = sorted(layout.columns.items(), key=lambda pair: pair[1].index)
    yield f"  columns: {', '.join(_known(field, column) for field, column in known)}"
    if layout.others:
        yield f"  ignored: {_ignored(layout)}"
    for hint in layout.hints:
        yield f"  perhaps: {hint}"


def _text_format(layout: Layout) -> str:
    """Return what is unusual about a text file."""
    is_plain = not layout.encoding or codecs.lookup(layout.encoding).name in _PLAIN
    encoding = "" if is_plain else layout.encoding
    if delimiter := _DELIMITERS.get(layout.delimiter):
        return f"{encoding or 'text'} with {delimiter}"
    return encoding


def _known(field: str, column: Column) -> str:
    said = "" if normal(column.header) == normal(field) else f" ({quoted(column.header)})"
    return f"{column_letters(column.index)} {field}{said}"


def _ignored(layout: Layout) -> str:
    shown = [
        f"{column_letters(column.index)} {quoted(column.header)}"
        for column in layout.others[:COLUMNS_SHOWN]
    ]
    more = len(layout.others) - len(shown)
    return ", ".join([*shown, f"{more} more"] if more else shown)


def _passed(passed: PassedOver) -> str:
    where = f"sheet {passed.sheet} of {passed.file}" if passed.sheet else passed.file
    what = f"{counted(passed.rows, 'row')} of " if passed.rows else ""
    return f"{what}{where} ({_REASONS[passed.reason]})"


def _cleaning(cleaning: Cleaning, notices: Notices) -> str:
    where = named(cleaning.place, cleaning.cell, notices)
    return f"{where}: {quoted(cleaning.before)} is taken for {quoted(cleaning.after)}"


def _sheet_name(name: str) -> str:
    return name if name.isidentifier() else "'{}'".format(name.replace("'", "''"))
