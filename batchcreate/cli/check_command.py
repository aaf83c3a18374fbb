"""The command check and its JSON document."""

import os
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from batchcreate.cli.command_line import CommandLine
from batchcreate.cli.descriptions import (
    describe_groups,
    describe_input,
    describe_warnings,
    rule_text,
)
from batchcreate.cli.exit_codes import DONE, INCOMPLETE
from batchcreate.cli.terminal import print_json, print_message
from batchcreate.models import CauseGroup, Cleaning, Column, IssueExample, RowLocation, Skipped
from batchcreate.pipeline.check import CheckResult, check, write_check_files
from batchcreate.pipeline.load import Input, load_options, results_folder
from batchcreate.pipeline.plan import SheetNotes
from batchcreate.settings import Settings, language_of
from batchcreate.text import column_letters, counted

if TYPE_CHECKING:
    from batchcreate.pipeline.fixed_file import FixedFile

FORMAT: Final = 1
"""Version of the JSON document; it changes if the meaning of a field does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckCommand:
    """
    A check of input files.

    Attributes:
        definition: the click command, which names the options.
        settings: the settings of the command.
        files: the input files.
        fixed_path: path of the fixed copy; None to write no copy.
        is_forced: overwrite an existing file at that path.

    """

    definition: click.Command
    settings: Settings
    files: Sequence[Path]
    fixed_path: Path | None = None
    is_forced: bool = False


def check_command(command: CheckCommand) -> int:
    """Check the files, write the issues and the fixed copy, and return the exit code."""
    settings, files = command.settings, command.files
    source = Input(
        files=files,
        options=load_options(settings.load),
        defaults=settings.target.defaults,
        language=language_of(settings.output, os.environ),
    )
    results = results_folder(files, settings.output)
    if command.fixed_path is not None:
        from batchcreate.pipeline.fixed_file import require_fixable

        require_fixable(command.fixed_path, files, is_forced=command.is_forced)
    with check(source) as result:
        groups = result.causes()
        notes: list[str] = []
        written = write_check_files(
            results, result, language=source.language, on_note=notes.append
        )
        fixed = None
        if command.fixed_path is not None:
            from batchcreate.pipeline.fixed_file import write_fixed

            fixed = write_fixed(command.fixed_path, result, language=source.language)
        if settings.terminal.is_json:
            print_json(document(result, groups, written, language=source.language, fixed=fixed))
        if not settings.terminal.is_quiet:
            lines = _describe_result(result, groups, source.language)
            print_message("\n".join([*lines, *notes]))
        command_line = CommandLine.parse(sys.argv[1:], command.definition)
        print_message("\n".join(_last_lines(result, written, fixed, settings, command_line)))
        return INCOMPLETE if result.rejected else DONE


def document(
    result: CheckResult,
    groups: Sequence[CauseGroup],
    files: Mapping[str, Path],
    *,
    language: str,
    fixed: "FixedFile | None" = None,
) -> dict[str, Any]:
    """
    Return *result* as a JSON value; ``check.schema.json`` describes it.

    Args:
        result: the result of the check.
        groups: grouped issues, most frequent first.
        files: the written files by kind.
        language: language of messages for analysts.
        fixed: the fixed copy, if one was written.

    """
    notes = result.notes
    copy = {} if fixed is None else {"fixed": _fixed(fixed)}
    return {
        "format": FORMAT,
        "rows": result.rows,
        "rejected": result.rejected,
        "sheets": [_sheet(sheet) for sheet in notes.sheets],
        "skipped": [_skipped(skipped) for skipped in notes.skipped],
        "set": [
            {"column": name, "value": value, "rows": notes.filled[name]}
            for name, value in notes.given.items()
        ],
        "cleaned": notes.cleaned,
        "cleanings": [_cleaning(cleaning) for cleaning in notes.cleanings],
        "causes": [_group(group, language) for group in groups],
        "warnings": sum(group.rows for group in result.warnings()),
        "warning_causes": [_group(group, language) for group in result.warnings()],
        "files": {name: str(path) for name, path in files.items()},
        **copy,
    }


def _fixed(fixed: "FixedFile") -> dict[str, Any]:
    return {
        "file": str(fixed.path),
        "cells": fixed.fixed,
        "remaining_cells": fixed.remaining,
        "has_formats": fixed.has_formats,
    }


def _sheet(sheet: SheetNotes) -> dict[str, Any]:
    layout = sheet.layout
    return {
        "file": layout.file,
        "sheet": layout.sheet,
        "rows": sheet.rows,
        "header_row": layout.header_row,
        "encoding": layout.encoding,
        "delimiter": layout.delimiter,
        "columns": [
            {"field": field, **_column(column)} for field, column in layout.columns.items()
        ],
        "ignored": [*map(_column, layout.others), *_unnamed(sheet)],
        "hidden_columns": [_column(column) for column in layout.hidden_columns],
        "hidden_rows": sheet.hidden.count,
        "hidden_row_ranges": [list(each) for each in sheet.hidden.ranges],
        "hints": list(layout.hints),
    }


def _column(column: Column) -> dict[str, str]:
    return {"column": column_letters(column.index), "heading": column.heading}


def _unnamed(sheet: SheetNotes) -> Iterator[dict[str, Any]]:
    for index, cells in sheet.unnamed.items():
        yield {"column": column_letters(index), "heading": "", "cells": cells}


def _skipped(skipped: Skipped) -> dict[str, Any]:
    return {
        "file": skipped.file,
        "sheet": skipped.sheet,
        "reason": skipped.reason,
        "rows": skipped.rows,
        "row_ranges": [list(each) for each in skipped.ranges],
    }


def _cleaning(cleaning: Cleaning) -> dict[str, Any]:
    return {
        **_location(cleaning.location),
        "column": cleaning.column,
        "cell": cleaning.cell,
        "before": cleaning.before,
        "after": cleaning.after,
    }


def _group(group: CauseGroup, language: str) -> dict[str, Any]:
    return {
        "rule": group.rule,
        "what": rule_text(group, language),
        "column": group.column,
        "rows": group.rows,
        "causes": group.causes,
        "message": group.message,
        "cells": [_example(example) for example in group.examples],
    }


def _example(example: IssueExample) -> dict[str, Any]:
    return {
        **_location(example.location),
        "cell": example.cell,
        "value": example.value,
        "suggestion": example.suggestion,
    }


def _location(location: RowLocation) -> dict[str, Any]:
    return {"file": location.file, "sheet": location.sheet, "row": location.number}


def _describe_result(
    result: CheckResult, groups: Sequence[CauseGroup], language: str
) -> Iterator[str]:
    yield from describe_input(result.notes)
    if groups:
        yield "to fix, most frequent first:"
        yield from describe_groups(groups, result.notes, language=language)
    yield from describe_warnings(result.warnings(), result.notes, language=language)


def _last_lines(
    result: CheckResult,
    written: Mapping[str, Path],
    fixed: "FixedFile | None",
    settings: Settings,
    command_line: CommandLine,
) -> Iterator[str]:
    rows = counted(result.rows, "row")
    to_fix = [path for name, path in written.items() if name != "issues"]
    if "issues" in written:
        kind = "issues" if result.rejected else "warnings"
        yield f"all {kind}: {written['issues']}"
    yield from (f"to fix: {path}" for path in to_fix)
    if fixed is not None:
        command_line = _of_fixed(command_line, fixed)
        yield from _describe_fixed(fixed)
    if result.rejected:
        yield f"{rows}, {result.rejected} to fix"
    else:
        valid = "valid" if result.rows == 1 else "all valid"
        warned = sum(group.rows for group in result.warnings())
        yield ", ".join([rows, valid, *([counted(warned, "warning")] if warned else [])])
    if fixed is not None and fixed.remaining:
        yield f"next: fix the remaining cells in {fixed.path}, then run {command_line}"
    elif fixed is not None or not result.rejected:
        yield f"next: {_run_command(result, settings, command_line)}"
    else:
        yield from _fix_steps(to_fix, command_line)


def _describe_fixed(fixed: "FixedFile") -> Iterator[str]:
    remain = (
        f"{counted(fixed.remaining, 'cell')} {'remains' if fixed.remaining == 1 else 'remain'}"
    )
    yield f"fixed {counted(fixed.fixed, 'cell')} in {fixed.path}; {remain}"
    if not fixed.has_formats:
        yield f"{fixed.path}: is a new workbook; the original formatting is not included"


def _of_fixed(command_line: CommandLine, fixed: "FixedFile") -> CommandLine:
    """Return the command for the fixed copy, without the options of the input file."""
    checked = command_line.without("--fix", "--force", "--encoding", "--delimiter")
    return replace(checked, paths=[str(fixed.path)])


def _run_command(result: CheckResult, settings: Settings, command_line: CommandLine) -> str:
    missing = shlex.join(_missing_options(result, settings))
    return f"{replace(command_line, name='run')} {missing}".rstrip()


def _fix_steps(to_fix: Sequence[Path], command_line: CommandLine) -> Iterator[str]:
    given = {Path(path).resolve() for path in command_line.paths}
    yield f"next: fix the rows in your files, then run {command_line}"
    if others := [str(path) for path in to_fix if path.resolve() not in given]:
        of_others = replace(command_line, paths=others)
        of_others = of_others.with_option("--results", str(to_fix[0].parent.parent))
        yield f"  or fix them in {' and '.join(others)}, then run {of_others}"


def _missing_options(result: CheckResult, settings: Settings) -> Iterator[str]:
    """Yield the options that a run requires in addition, with placeholders as values."""
    has_hidden = any(sheet.hidden.count for sheet in result.notes.sheets)
    if has_hidden and settings.load.hidden_rows is None:
        yield from ("--hidden-rows", "INCLUDE-OR-SKIP")
    if not settings.endpoint.is_given:
        yield from ("--region", "REGION")
    for name, default in settings.target.defaults.items():
        has_column = all(name in sheet.layout.columns for sheet in result.notes.sheets)
        if not default and not has_column and name not in result.notes.given:
            yield from ("--" + name.replace("_", "-"), name.removesuffix("_id").upper())
