"""The command check and its JSON document."""

import os
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from batchcreate.cli.descriptions import cleaned, describe_causes, left_out, rule_text, sheets_read
from batchcreate.cli.exit_codes import DONE, INCOMPLETE
from batchcreate.cli.options import configure
from batchcreate.cli.terminal import print_json, print_message
from batchcreate.models import CauseGroup, Cleaning, Column, IssueExample, RowLocation, Skipped
from batchcreate.pipeline.check import CheckResult, check, write_check_files
from batchcreate.pipeline.load import Input, load_options, results_folder
from batchcreate.pipeline.plan import SheetNotes
from batchcreate.settings import Settings, language_of
from batchcreate.text import column_letters, counted

FORMAT: Final = 1
"""Raised when a field changes its meaning or goes away."""


def document(
    findings: CheckResult,
    causes: Sequence[CauseGroup],
    files: Mapping[str, Path],
    *,
    language: str,
) -> dict[str, Any]:
    """
    Return *findings* as a JSON value.

    Args:
        findings: of the check.
        causes: the most frequent ones first.
        files: that were written, by what they hold.
        language: of what is wrong.

    """
    notices = findings.notices
    return {
        "format": FORMAT,
        "rows": findings.rows,
        "rejected": findings.rejected,
        "replaced": notices.replaced,
        "sheets": [_sheet(sheet) for sheet in notices.sheets],
        "passed_over": [_passed_over(passed) for passed in notices.skipped],
        "cleaned": notices.cleaned,
        "cleanings": [_cleaning(cleaning) for cleaning in notices.cleanings],
        "causes": [_cause(group, language) for group in causes],
        "files": {name: str(path) for name, path in files.items()},
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
        "ignored": [_column(column) for column in layout.others],
        "hints": list(layout.hints),
    }


def _column(column: Column) -> dict[str, str]:
    return {"column": column_letters(column.index), "heading": column.heading}


def _passed_over(passed: Skipped) -> dict[str, Any]:
    return {
        "file": passed.file,
        "sheet": passed.sheet,
        "reason": passed.reason,
        "rows": passed.rows,
    }


def _cleaning(cleaning: Cleaning) -> dict[str, Any]:
    return {
        **_place(cleaning.location),
        "column": cleaning.column,
        "cell": cleaning.cell,
        "before": cleaning.before,
        "after": cleaning.after,
    }


def _cause(group: CauseGroup, language: str) -> dict[str, Any]:
    return {
        "rule": group.rule,
        "what": rule_text(group, language),
        "column": group.column,
        "rows": group.rows,
        "causes": group.causes,
        "message": group.message,
        "cells": [_spot(spot) for spot in group.examples],
    }


def _spot(spot: IssueExample) -> dict[str, Any]:
    return {
        **_place(spot.location),
        "cell": spot.cell,
        "value": spot.value,
        "suggestion": spot.suggestion,
    }


def _place(place: RowLocation) -> dict[str, Any]:
    return {"file": place.file, "sheet": place.sheet, "row": place.number}


SHEETS_SHOWN: Final = 10
LEFT_OUT_SHOWN: Final = 10
CLEANED_SHOWN: Final = 3


def check_command(files: Sequence[Path], options: Mapping[str, Any]) -> int:
    """Carry out ``check`` and return its exit code."""
    settings = configure(options)
    source = Input(
        files=files,
        options=load_options(settings.load),
        defaults=settings.target.defaults,
        language=language_of(settings.output, os.environ),
    )
    results = results_folder(files, settings.output)
    with check(source) as findings:
        causes = findings.causes()
        notes: list[str] = []
        written = write_check_files(
            results, findings, language=source.language, on_note=notes.append
        )
        if settings.terminal.is_json:
            found = document(findings, causes, written, language=source.language)
            print_json(found)
        if not settings.terminal.is_quiet:
            print_message("\n".join([*_found(findings, causes, source.language), *notes]))
        print_message("\n".join(_last_lines(findings, written, settings, sys.argv[1:])))
        return INCOMPLETE if findings.rejected else DONE


def _found(findings: CheckResult, causes: Sequence[CauseGroup], language: str) -> Iterator[str]:
    notices = findings.notices
    yield from sheets_read(notices, most=SHEETS_SHOWN)
    yield from left_out(notices, most=LEFT_OUT_SHOWN)
    yield from cleaned(notices, most=CLEANED_SHOWN)
    if causes:
        yield "to mend, the most frequent first:"
        yield from describe_causes(causes, notices, language=language)


def _last_lines(
    findings: CheckResult,
    written: Mapping[str, Path],
    settings: Settings,
    arguments: Sequence[str],
) -> Iterator[str]:
    rows = counted(findings.rows, "row")
    if not findings.rejected:
        run = ["batchcreate", "run", *arguments[1:], *_missing_options(findings, settings)]
        yield f"{rows}, all of them valid"
        yield f"next: {shlex.join(run)}"
        return
    handed_back = [path for name, path in written.items() if name != "issues"]
    given = {Path(argument).resolve() for argument in arguments}
    again = ["batchcreate", *arguments]
    yield f"every cell: {written['issues']}"
    yield from (f"to mend: {path}" for path in handed_back)
    yield f"{rows}, {findings.rejected} to mend"
    yield f"next: mend the rows in your files, then {shlex.join(again)}"
    if further := [str(path) for path in handed_back if path.resolve() not in given]:
        yield f"  or in {' and '.join(further)}, then {shlex.join([*again, *further])}"


def _missing_options(findings: CheckResult, settings: Settings) -> Iterator[str]:
    """Yield the options that a run asks for and a check does not, with words to be replaced."""
    if not settings.endpoint.is_given:
        yield from ("--region", "REGION")
    for name, default in settings.target.defaults.items():
        has_column = all(name in sheet.layout.columns for sheet in findings.notices.sheets)
        if not default and not has_column:
            yield from ("--" + name.replace("_", "-"), name.removesuffix("_id").upper())
