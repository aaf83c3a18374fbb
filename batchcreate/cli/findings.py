"""What a check found, as the JSON value that ``check --json`` prints; see check.schema.json."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from batchcreate.cli.causes import what
from batchcreate.messages import column_letters
from batchcreate.models import CauseGroup, Cleaning, Column, PassedOver, Place, Spot
from batchcreate.pipeline.check import Findings
from batchcreate.pipeline.noticing import Sheet

FORMAT: Final = 1
"""Raised when a field changes its meaning or goes away."""


def document(
    findings: Findings,
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
        "passed_over": [_passed_over(passed) for passed in notices.passed_over],
        "cleaned": notices.cleaned,
        "cleanings": [_cleaning(cleaning) for cleaning in notices.cleanings],
        "causes": [_cause(group, language) for group in causes],
        "files": {name: str(path) for name, path in files.items()},
    }


def _sheet(sheet: Sheet) -> dict[str, Any]:
    layout = sheet.layout
    return {
        "file": layout.file,
        "sheet": layout.sheet,
        "rows": sheet.rows,
        "header_row": layout.number,
        "encoding": layout.encoding,
        "delimiter": layout.delimiter,
        "columns": [
            {"field": field, **_column(column)} for field, column in layout.columns.items()
        ],
        "ignored": [_column(column) for column in layout.others],
        "hints": list(layout.hints),
    }


def _column(column: Column) -> dict[str, str]:
    return {"column": column_letters(column.index), "heading": column.header}


def _passed_over(passed: PassedOver) -> dict[str, Any]:
    return {
        "file": passed.file,
        "sheet": passed.sheet,
        "reason": passed.reason,
        "rows": passed.rows,
    }


def _cleaning(cleaning: Cleaning) -> dict[str, Any]:
    return {
        **_place(cleaning.place),
        "column": cleaning.column,
        "cell": cleaning.cell,
        "before": cleaning.before,
        "after": cleaning.after,
    }


def _cause(group: CauseGroup, language: str) -> dict[str, Any]:
    return {
        "rule": group.rule,
        "what": what(group, language),
        "column": group.column,
        "rows": group.rows,
        "causes": group.causes,
        "message": group.message,
        "cells": [_spot(spot) for spot in group.spots],
    }


def _spot(spot: Spot) -> dict[str, Any]:
    return {
        **_place(spot.place),
        "cell": spot.cell,
        "value": spot.value,
        "suggestion": spot.suggestion,
    }


def _place(place: Place) -> dict[str, Any]:
    return {"file": place.file, "sheet": place.sheet, "row": place.number}
