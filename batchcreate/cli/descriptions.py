"""Plan, notes on the input and grouped issues as text."""

import codecs
from collections.abc import Iterator, Sequence
from typing import Final

from batchcreate.loader.header_names import normalized
from batchcreate.messages import facts_of, group_heading, quoted, row_name, text
from batchcreate.models import (
    CauseGroup,
    Cleaning,
    Column,
    IssueExample,
    Layout,
    RowLocation,
    Skipped,
    Status,
    Target,
)
from batchcreate.pipeline.plan import Forecast, InputNotes, Plan, SheetNotes
from batchcreate.report.formatting import format_duration
from batchcreate.rules import RULES
from batchcreate.text import column_letters, counted

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


def sheets_read(notices: InputNotes, *, most: int) -> Iterator[str]:
    """Yield of the first *most* sheets how they were read."""
    for sheet in notices.sheets[:most]:
        yield from _sheet(sheet)
    if (more := len(notices.sheets) - most) > 0:
        rows = counted(sum(sheet.rows for sheet in notices.sheets[most:]), "row")
        yield f"{counted(more, 'more sheet')}: {rows}"
    if notices.replaced:
        yield f"{counted(notices.replaced, 'row')} replaced by rows of to-fix files"


def left_out(notices: InputNotes, *, most: int) -> Iterator[str]:
    """Yield what was passed over, the first *most* one by one."""
    for passed in notices.skipped[:most]:
        yield f"  left out: {_passed(passed)}"
    if (more := len(notices.skipped) - most) > 0:
        yield f"  left out: {more} more"


def cleaned(notices: InputNotes, *, most: int) -> Iterator[str]:
    """Yield how many cells were taken for what was plainly meant, and the first *most* of them."""
    if notices.cleaned:
        first = "; ".join(_cleaning(each, notices) for each in notices.cleanings[:most])
        more = notices.cleaned > most
        yield f"  cleaned: {counted(notices.cleaned, 'cell')}{', such as' if more else ':'} {first}"


def qualified_address(place: RowLocation, cell: str, notices: InputNotes) -> str:
    """Return what *cell* is called among all that were read, as formulas call it."""
    layouts = [sheet.layout for sheet in notices.sheets]
    has_files = len({layout.file for layout in layouts}) > 1
    sheet = f"{_sheet_name(place.sheet)}!" if place.sheet and len(layouts) > 1 else ""
    return f"{place.file} {sheet}{cell}" if has_files else f"{sheet}{cell}"


def _sheet(sheet: SheetNotes) -> Iterator[str]:
    layout = sheet.layout
    where = f"{layout.file}, sheet {layout.sheet}" if layout.sheet else layout.file
    headings = f", headings in row {layout.header_row}" if layout.header_row > 1 else ""
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
    said = (
        "" if normalized(column.heading) == normalized(field) else f" ({quoted(column.heading)})"
    )
    return f"{column_letters(column.index)} {field}{said}"


def _ignored(layout: Layout) -> str:
    shown = [
        f"{column_letters(column.index)} {quoted(column.heading)}"
        for column in layout.others[:COLUMNS_SHOWN]
    ]
    more = len(layout.others) - len(shown)
    return ", ".join([*shown, f"{more} more"] if more else shown)


def _passed(passed: Skipped) -> str:
    where = f"sheet {passed.sheet} of {passed.file}" if passed.sheet else passed.file
    what = f"{counted(passed.rows, 'row')} of " if passed.rows else ""
    return f"{what}{where} ({_REASONS[passed.reason]})"


def _cleaning(cleaning: Cleaning, notices: InputNotes) -> str:
    where = qualified_address(cleaning.location, cleaning.cell, notices)
    return f"{where}: {quoted(cleaning.before)} is taken for {quoted(cleaning.after)}"


def _sheet_name(name: str) -> str:
    return name if name.isidentifier() else "'{}'".format(name.replace("'", "''"))


CELLS_SHOWN: Final = 3


def describe_causes(
    causes: Sequence[CauseGroup], notices: InputNotes, *, language: str
) -> Iterator[str]:
    """
    Yield two lines for each of *causes*: which rows, and what is wrong with the first of them.

    Args:
        causes: the most frequent ones first.
        notices: tell how much of a cell's place has to be said.
        language: of what is wrong.

    """
    for group in causes:
        if not group.rule:
            yield f"  {counted(group.rows, 'row')}: {counted(group.causes, 'more cause')}"
            continue
        first = group.examples[0]
        yield f"  {_heading(group, notices, language)}"
        suggestion = f" -> {first.suggestion}" if first.suggestion else ""
        yield f"    {_cell(first, language)}: {group.message}{suggestion}"


def rule_text(group: CauseGroup, language: str) -> str:
    """Return which rule the rows of *group* broke; nothing for the rest of many."""
    if not group.rule:
        return ""
    field, _, _ = group.rule.partition(".")
    facts = facts_of(RULES[field], language)
    return group_heading(group.rule, facts, language=language)


def first_cells(group: CauseGroup, notices: InputNotes, language: str) -> str:
    """Return the addresses of the first cells of *group*, and the number of further rows."""
    first = group.examples[:CELLS_SHOWN]
    separator = text("list.and.separator", language=language)
    cells = separator.join(
        qualified_address(spot.location, _cell(spot, language), notices) for spot in first
    )
    more = group.rows - len(first)
    facts = {"cells": cells, "count": more}
    return text("check.cells", facts, language=language) if more else cells


def _heading(group: CauseGroup, notices: InputNotes, language: str) -> str:
    letters = group.examples[0].cell.rstrip("0123456789")
    facts = {
        "count": group.rows,
        "rule": rule_text(group, language),
        "column": letters or group.column,
        "cells": first_cells(group, notices, language),
    }
    key = "check.group_of_one" if group.rows == 1 else "check.group"
    return text(key, facts, language=language)


def _cell(spot: IssueExample, language: str) -> str:
    return spot.cell or row_name(spot.location, relative_to=spot.location, language=language)


TARGETS_SHOWN: Final = 10
PASSED_OVER_SHOWN: Final = 5


def describe_plan(plan: Plan) -> Iterator[str]:
    """Yield what was read and what the batch looks like."""
    has = plan.summary.counts
    read = " read" if plan.notices.sheets else ""
    parts = [f"{counted(plan.rows, 'row')}{read}", f"{sum(plan.to_send.values())} to send"]
    if len(plan.to_send) > 1:
        parts[-1] += f" to {len(plan.to_send)} instances"
    for status, words in (
        (Status.REJECTED, "rejected"),
        (Status.CREATED, "created earlier"),
        (Status.SKIPPED, "skipped"),
        (Status.UNKNOWN, "unknown"),
    ):
        if has[status]:
            parts.append(f"{has[status]} {words}")
    left = has[Status.NOT_ATTEMPTED] + has[Status.FAILED] - sum(plan.to_send.values())
    if left:
        parts.append(f"{left} left for later")
    yield ", ".join(parts)
    if plan.notices.is_astray:
        yield (
            "  from a to-fix file whose batch is not in this results folder: to go on with it,"
            " answer no and name its folder with --results"
        )
    yield from left_out(plan.notices, most=PASSED_OVER_SHOWN)
    yield from cleaned(plan.notices, most=1)


def describe_outlook(outlook: Forecast) -> Iterator[str]:
    """Yield what goes where, and how long it will take."""
    targets = list(outlook.to_send)
    if targets:
        yield f"  endpoint: {targets[0].endpoint}"
    for target in targets[:TARGETS_SHOWN]:
        yield f"  {_goes_to(target, outlook)}"
    if len(targets) > TARGETS_SHOWN:
        rest = [outlook.to_send[target] for target in targets[TARGETS_SHOWN:]]
        yield f"  {counted(sum(rest), 'task')} to {counted(len(rest), 'more instance')}"
    if outlook.unknown:
        rows = counted(outlook.unknown, "row")
        yield (
            f"  {rows} with unknown outcome from earlier runs: checked against the task list first, "
            "resent only if absent"
        )
    if outlook.total:
        tasks = counted(outlook.total, "task")
        yield f"  {tasks} at {outlook.rate_per_s:g}/s: about {format_duration(max(1, round(outlook.expected_s)))}"


def question(outlook: Forecast) -> str:
    """Return what is asked before anything is sent."""
    if not outlook.total:
        rows = counted(outlook.unknown, "row")
        return f"Check {rows} with unknown outcome against the task list?"
    several = len(outlook.to_send) > 1
    where = f" in {len(outlook.to_send)} instances" if several else ""
    return f"Create {counted(outlook.total, 'task')}{where}?"


def _goes_to(target: Target, outlook: Forecast) -> str:
    tasks = counted(outlook.to_send[target], "task")
    where = f"{tasks} in project {target.project_id}, instance {target.instance_id}"
    if target not in outlook.used:
        return where
    room = max(0, outlook.quota - outlook.used[target])
    return f"{where} (quota {outlook.quota}, {room} left)"
