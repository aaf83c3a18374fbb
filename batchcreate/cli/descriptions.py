"""Plan, input notes and grouped issues as text."""

import codecs
from collections.abc import Iterator, Sequence
from typing import Final

from batchcreate.clock import minute_of
from batchcreate.loader.header_names import normalized
from batchcreate.messages import facts_of_rule, group_heading, quoted, row_name, text
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
from batchcreate.pipeline.corrections import NewVersion
from batchcreate.pipeline.plan import Forecast, InputNotes, Plan, SheetNotes
from batchcreate.report.formatting import format_duration
from batchcreate.settings import EndpointSettings
from batchcreate.settings.endpoint_group import SIMULATED
from batchcreate.settings.parsers import is_loopback
from batchcreate.text import column_letters, counted, listed_ranges

IGNORED_COLUMNS_MAX: Final = 20
HINTS_MAX: Final = 5
CELLS_MAX: Final = 3
TARGETS_MAX: Final = 10
SHEETS_MAX: Final = 10
SKIPPED_MAX: Final = 10
CLEANED_MAX: Final = 3

_REASONS: Final = {
    "hidden": "hidden",
    "no_header": "no known headings",
    "empty": "empty",
    "example": "examples",
    "repeated_header": "repeated headings",
    "hidden_rows": "hidden",
}
_USUAL_ENCODINGS: Final = ("utf-8", "utf-8-sig")
_SEPARATORS: Final = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}


class Addresses:
    """
    Addresses of cells, with the file if there are several, and with the sheet likewise.

    Args:
        notes: the input notes, which contain the sheets that were read.
        groups: grouped issues; a retry has no input notes.

    """

    def __init__(self, notes: InputNotes, groups: Sequence[CauseGroup] = ()) -> None:
        sheets = {(sheet.layout.file, sheet.layout.sheet) for sheet in notes.sheets}
        locations = (example.location for group in groups for example in group.examples)
        sheets |= {(location.file, location.sheet) for location in locations}
        self._has_files = len({file for file, _ in sheets}) > 1
        self._has_sheets = len(sheets) > 1

    def of_cell(self, location: RowLocation, cell: str) -> str:
        """Return the address of *cell* as in a formula, such as ``tasks.xlsx 'Wave 2'!B2``."""
        return self._file(location) + self._sheet(location, "!") + cell

    def of_example(self, example: IssueExample, language: str) -> str:
        """Return the address of the cell of *example*, or its row if it has no cell."""
        if example.cell:
            return self.of_cell(example.location, example.cell)
        row = row_name(example.location, relative_to=example.location, language=language)
        return self._file(example.location) + self._sheet(example.location, " ") + row

    def _file(self, location: RowLocation) -> str:
        return f"{location.file} " if self._has_files else ""

    def _sheet(self, location: RowLocation, end: str) -> str:
        if not (location.sheet and self._has_sheets):
            return ""
        name = location.sheet
        return (name if name.isidentifier() else "'{}'".format(name.replace("'", "''"))) + end


def describe_sheets(notes: InputNotes, *, limit: int) -> Iterator[str]:
    """Yield how the first *limit* sheets were read."""
    for sheet in notes.sheets[:limit]:
        yield from _describe_sheet(sheet)
    if others := notes.sheets[limit:]:
        rows = counted(sum(sheet.rows for sheet in others), "row")
        yield f"{counted(len(others), 'more sheet')}: {rows}"


def describe_versions(notes: InputNotes) -> Iterator[str]:
    """Yield which files are new versions of inputs, and what was changed in them."""
    for file in notes.corrected:
        yield (
            f"  {file.file}: the corrected version of {minute_of(file.corrected_at)} is used instead"
            " of this original file"
        )
    for version in notes.versions:
        kind = "corrected" if version.is_correction else "new"
        change = version.change
        counts = [
            f"{counted(change.changed, 'row')} changed",
            f"{change.withdrawn} withdrawn",
            f"{change.new} new",
        ]
        if change.removed:
            counts.append(f"{change.removed} removed after the task was sent")
        yield f"  {kind} version of {version.file}: {', '.join(counts)}"
        if version.cells_count:
            yield _describe_changed_cells(version)


def _describe_changed_cells(version: NewVersion) -> str:
    sheets = {cell.sheet for cell in version.cells}
    shown = "; ".join(
        f"{f'{cell.sheet}!' if len(sheets) > 1 else ''}{cell.cell} {quoted(cell.before)} ->"
        f" {quoted(cell.after)}"
        for cell in version.cells
    )
    others = version.cells_count - len(version.cells)
    end = f"; {others} more" if others else ""
    return f"  changed in addition to the cells to fix: {shown}{end}"


def describe_skipped(notes: InputNotes, *, limit: int) -> Iterator[str]:
    """Yield the first *limit* skipped parts of the input, and the number of the others."""
    for skipped in notes.skipped[:limit]:
        yield f"  skipped: {_describe_skipped(skipped)}"
    if others := notes.skipped[limit:]:
        yield f"  skipped: {len(others)} more"


def describe_cleaned(notes: InputNotes, *, limit: int) -> Iterator[str]:
    """Yield the number of corrected cells, and the first *limit* of them."""
    if notes.cleaned:
        addresses = Addresses(notes)
        first = "; ".join(_describe_cleaning(each, addresses) for each in notes.cleanings[:limit])
        separator = ", for example" if notes.cleaned > limit else ":"
        yield f"  cleaned: {counted(notes.cleaned, 'cell')}{separator} {first}"


def describe_given(notes: InputNotes) -> Iterator[str]:
    """Yield the values for rows without one, and the numbers of these rows."""
    for name, value in notes.given.items():
        yield f"  set: {name} = {quoted(value)} in {counted(notes.filled[name], 'row')} without one"


def describe_groups(
    groups: Sequence[CauseGroup], notes: InputNotes, *, language: str
) -> Iterator[str]:
    """
    Yield two lines for each of *groups*: its rows, and the message of the first row.

    Args:
        groups: grouped issues, most frequent first.
        notes: the input notes, for addresses.
        language: language of the messages.

    """
    addresses = Addresses(notes, groups)
    for group in groups:
        if not group.rule:
            yield f"  {counted(group.rows, 'row')}: {counted(group.causes, 'more cause')}"
            continue
        first = group.examples[0]
        yield f"  {_describe_group(group, addresses, language)}"
        suggestion = f" -> {first.suggestion}" if first.suggestion else ""
        yield f"    {addresses.of_example(first, language)}: {group.message}{suggestion}"


def rule_text(group: CauseGroup, language: str) -> str:
    """Return the broken rule of *group*; empty for the group of all remaining causes."""
    if not group.rule:
        return ""
    facts = facts_of_rule(group.rule, language)
    return group_heading(group.rule, facts, language=language)


def first_cells(group: CauseGroup, addresses: Addresses, language: str) -> str:
    """Return the addresses of the first cells of *group*, and the number of further rows."""
    first = group.examples[:CELLS_MAX]
    separator = text("list.and.separator", language=language)
    cells = separator.join(addresses.of_example(example, language) for example in first)
    others = group.rows - len(first)
    if not others:
        return cells
    return text("check.cells", {"cells": cells, "count": others}, language=language)


def describe_warnings(
    groups: Sequence[CauseGroup], notes: InputNotes, *, language: str
) -> Iterator[str]:
    """Yield the number of warnings, and two lines for each group of them."""
    if groups:
        rows = sum(group.rows for group in groups)
        yield f"{counted(rows, 'warning')}, most frequent first (a warning does not reject its row):"
        yield from describe_groups(groups, notes, language=language)


def describe_input(notes: InputNotes) -> Iterator[str]:
    """Yield how the input was read: its sheets, what was skipped, filled and cleaned."""
    yield from describe_sheets(notes, limit=SHEETS_MAX)
    yield from describe_skipped(notes, limit=SKIPPED_MAX)
    yield from describe_given(notes)
    yield from describe_cleaned(notes, limit=CLEANED_MAX)


def describe_plan(plan: Plan, *, language: str = "en") -> Iterator[str]:
    """Yield the counts of the plan, the notes on its input, and the warnings."""
    yield ", ".join(_describe_counts(plan))
    yield from describe_versions(plan.notes)
    yield from describe_input(plan.notes)
    yield from describe_warnings(plan.warnings, plan.notes, language=language)


def name_endpoint(endpoint: str) -> str:
    """Return *endpoint*, marked if it is the simulator or on this machine."""
    if endpoint == SIMULATED:
        return f"{endpoint} (embedded, no service)"
    return f"{endpoint} (loopback)" if is_loopback(endpoint) else endpoint


def describe_forecast(forecast: Forecast, settings: EndpointSettings) -> Iterator[str]:
    """
    Yield where the tasks are created, their number per target, and the expected duration.

    Args:
        forecast: the forecast.
        settings: the endpoint of the command, and how to connect to it.

    """
    if forecast.targets:
        yield from _describe_access(forecast.targets[0].endpoint, settings)
    targets = list(forecast.to_send)
    for target in targets[:TARGETS_MAX]:
        yield f"  {_describe_target(target, forecast)}"
    if others := targets[TARGETS_MAX:]:
        tasks = sum(forecast.to_send[target] for target in others)
        yield f"  {counted(tasks, 'task')} in {counted(len(others), 'more instance')}"
    if forecast.unknown:
        rows = counted(forecast.unknown, "row")
        wait = f", for up to {format_duration(forecast.window_s)}" if forecast.window_s else ""
        yield (
            f"  {rows} with unknown outcome from earlier runs: checked against the task list "
            f"first{wait}; resent only if absent"
        )
    if forecast.total:
        duration = format_duration(max(1, round(forecast.expected_s)))
        yield f"  {counted(forecast.total, 'task')} at {forecast.rate_per_s:g}/s: about {duration}"


def question(forecast: Forecast) -> str:
    """Return the question that is asked before anything is sent."""
    if not forecast.total:
        rows = counted(forecast.unknown, "row")
        where = _where(forecast.targets)
        return f"Check {rows} with unknown outcome against the task list{where}?"
    return f"Create {counted(forecast.total, 'task')}{_where(list(forecast.to_send))}?"


def _where(targets: Sequence[Target]) -> str:
    first, *others = targets
    instances = (
        f"{len(targets)} instances"
        if others
        else f"project {first.project_id}, instance {first.instance_id}"
    )
    return f" in {instances} at {name_endpoint(first.endpoint)}"


def _describe_access(endpoint: str, settings: EndpointSettings) -> Iterator[str]:
    """Yield the endpoint and the other settings that decide where credentials are sent."""
    if endpoint == SIMULATED:
        yield f"  endpoint: {name_endpoint(endpoint)}"
        return
    if not settings.is_given:
        settings = settings.with_journal_endpoint(endpoint)
    for setting in settings.access:
        yield f"  {setting}"


def _describe_sheet(sheet: SheetNotes) -> Iterator[str]:
    layout = sheet.layout
    name = f"{layout.file}, sheet {layout.sheet}" if layout.sheet else layout.file
    headings = f", headings in row {layout.header_row}" if layout.header_row > 1 else ""
    yield f"{name}: {counted(sheet.rows, 'row')}{headings}"
    if text_format := _describe_text_format(layout):
        yield f"  read as {text_format}"
    known = sorted(layout.columns.items(), key=lambda pair: pair[1].index)
    yield f"  columns: {', '.join(_describe_column(field, column) for field, column in known)}"
    if layout.others or sheet.unnamed:
        yield f"  ignored: {_describe_ignored(sheet)}"
    yield from _describe_hidden(sheet)
    for hint in layout.hints[:HINTS_MAX]:
        yield f"  hint: {hint}"
    if others := layout.hints[HINTS_MAX:]:
        yield f"  hint: {counted(len(others), 'more unknown heading')} like these"


def _describe_hidden(sheet: SheetNotes) -> Iterator[str]:
    """Yield the hidden columns and rows that are read like the others."""
    if columns := sheet.layout.hidden_columns:
        named = ", ".join(
            f"{column_letters(each.index)} {quoted(each.heading)}" for each in columns
        )
        yield f"  hidden, but read: {'column' if len(columns) == 1 else 'columns'} {named}"
    if count := sheet.hidden.count:
        numbers = listed_ranges(sheet.hidden.ranges, count=count)
        rows = f"{counted(count, 'row')} ({numbers})"
        yield f"  hidden, but read: {rows}; to skip hidden rows, use --hidden-rows skip"


def _describe_text_format(layout: Layout) -> str:
    """Return the encoding and the separator of a text file, if they are unusual."""
    is_usual = not layout.encoding or codecs.lookup(layout.encoding).name in _USUAL_ENCODINGS
    encoding = "" if is_usual else layout.encoding
    if separator := _SEPARATORS.get(layout.delimiter):
        return f"{encoding or 'text'} with {separator}"
    return encoding


def _describe_column(field: str, column: Column) -> str:
    is_usual = normalized(column.heading) == normalized(field)
    heading = "" if is_usual else f" ({quoted(column.heading)})"
    return f"{column_letters(column.index)} {field}{heading}"


def _describe_ignored(sheet: SheetNotes) -> str:
    """Return the columns without a field, and those with filled cells below a blank heading."""
    columns = {column.index: quoted(column.heading) for column in sheet.layout.others} | {
        index: f"(blank heading, {counted(cells, 'filled cell')})"
        for index, cells in sheet.unnamed.items()
    }
    described = [f"{column_letters(index)} {columns[index]}" for index in sorted(columns)]
    shown = described[:IGNORED_COLUMNS_MAX]
    others = len(described) - len(shown)
    return ", ".join([*shown, f"{others} more"] if others else shown)


def _describe_skipped(skipped: Skipped) -> str:
    part = f"sheet {skipped.sheet} of {skipped.file}" if skipped.sheet else skipped.file
    rows = f"{counted(skipped.rows, 'row')} of " if skipped.rows else ""
    numbers = listed_ranges(skipped.ranges, count=skipped.rows) if skipped.ranges else ""
    which = f": {'row' if skipped.rows == 1 else 'rows'} {numbers}" if numbers else ""
    return f"{rows}{part} ({_REASONS[skipped.reason]}{which})"


def _describe_cleaning(cleaning: Cleaning, addresses: Addresses) -> str:
    address = addresses.of_cell(cleaning.location, cleaning.cell)
    return f"{address}: {quoted(cleaning.before)} is read as {quoted(cleaning.after)}"


def _describe_group(group: CauseGroup, addresses: Addresses, language: str) -> str:
    letters = group.examples[0].cell.rstrip("0123456789")
    facts = {
        "count": group.rows,
        "rule": rule_text(group, language),
        "column": letters or group.column,
        "cells": first_cells(group, addresses, language),
    }
    key = "check.group_of_one" if group.rows == 1 else "check.group"
    return text(key, facts, language=language)


def _describe_counts(plan: Plan) -> Iterator[str]:
    counts = plan.summary.counts
    to_send = sum(plan.to_send.values())
    yield f"{counted(plan.rows, 'row')}{' read' if plan.notes.sheets else ''}"
    instances = f" in {len(plan.to_send)} instances" if len(plan.to_send) > 1 else ""
    yield f"{to_send} to send{instances}"
    if plan.to_check_again:
        yield f"{sum(plan.to_check_again.values())} to check again"
    for status, label in (
        (Status.REJECTED, "rejected"),
        (Status.CREATED, "created earlier"),
        (Status.SKIPPED, "skipped"),
        (Status.UNKNOWN, "unknown"),
    ):
        if counts[status]:
            yield f"{counts[status]} {label}"
    if others := counts[Status.NOT_ATTEMPTED] + counts[Status.FAILED] - to_send:
        yield f"{others} not sent in this run"


def _describe_target(target: Target, forecast: Forecast) -> str:
    tasks = counted(forecast.to_send[target], "task")
    line = f"{tasks} in project {target.project_id}, instance {target.instance_id}"
    if target not in forecast.used:
        return line
    room = max(0, forecast.quota - forecast.used[target])
    return f"{line} (quota {forecast.quota}, {room} left)"
