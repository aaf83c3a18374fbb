"""To-fix files: one for each input file with rows that are not created."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, Protocol

from batchcreate.advice import explain
from batchcreate.errors import JournalError, LoadError
from batchcreate.messages import LANGUAGES, sentences, text
from batchcreate.models import Issue, Layout, Origin, RowToFix, SheetToFix, Status
from batchcreate.text import cell_text, column_index, printable
from batchcreate.to_fix.annotations import (
    AddedHeadings,
    CellAnnotation,
    CopyPlan,
    RowAnnotation,
    SheetPlan,
)
from batchcreate.to_fix.copy_process import copy_workbook, is_copyable
from batchcreate.to_fix.file_names import ToFixFiles
from batchcreate.to_fix.new_workbook import write_new_workbook
from batchcreate.to_fix.text_copy import write_text_copy

_CELL: Final = re.compile(r"([A-Z]{1,3})[0-9]+")
_RULES_WITHOUT_VALUE: Final = (".no_result", ".merged", ".covered")
"""Suffixes of the rules for cells that have no value in the file, but are not empty."""

Annotate = Callable[[SheetToFix], Iterator[RowAnnotation]]
"""Returns the annotations of the rows of a sheet."""


class OriginalFiles(Protocol):
    """The input files that contain the rows of a batch, and the state of these rows."""

    def sheets(self) -> Sequence[SheetToFix]:
        """Return the sheets with rows that are not created, in input order."""
        ...

    def roots(self) -> set[str]:
        """Return the labels of the files that first contained the rows of the batch."""
        ...

    def rows(self, sheet: SheetToFix) -> Iterator[RowToFix]:
        """Yield the rows of *sheet* that are not created, in order."""
        ...

    def opened(self, layout: Layout) -> AbstractContextManager[BinaryIO]:
        """Open the file of *layout* with the content that was read."""
        ...

    def is_kept(self, digest: str) -> bool:
        """Return True if the content with this SHA-256 is stored permanently."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ToFixFile:
    """
    A to-fix file.

    Attributes:
        path: its path.
        file: label of the input file that first contained its rows.
        rows: number of its rows.

    """

    path: Path
    file: str
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ToFixResult:
    """
    To-fix files that were written.

    Attributes:
        files: one for each input file with rows that are not created.
        notes: messages about unexpected results, one per file.

    """

    files: Sequence[ToFixFile] = ()
    notes: Sequence[str] = ()

    def by_name(self) -> dict[str, Path]:
        """Return the paths by the keys of the report files: ``to_fix``, ``to_fix_2`` ..."""
        return {
            "to_fix" if number == 1 else f"to_fix_{number}": file.path
            for number, file in enumerate(self.files, start=1)
        }


def write_to_fix(results: Path, originals: OriginalFiles, *, language: str) -> ToFixResult:
    """
    Write a to-fix file for each input file with rows that are not created.

    Args:
        results: the results folder; edited files in it are not overwritten.
        originals: the input files.
        language: of the annotations.

    Raises:
        ReportError: a file cannot be written.

    """
    to_fix_files = ToFixFiles(results, is_kept=originals.is_kept)
    is_only = len(originals.roots()) == 1
    files: list[ToFixFile] = []
    notes: list[str] = []
    for sheets in _group_by_file(originals.sheets()):
        original_file = sheets[0].original_file
        suffix = ".csv" if sheets[0].layout.delimiter else ".xlsx"
        path = to_fix_files.choose_path(original_file, suffix=suffix, is_only=is_only)
        try:
            with to_fix_files.replace(path) as target:
                has_formats = _write_file(target, results, sheets, originals, language)
        except (JournalError, LoadError) as error:
            notes.append(f"{path}: cannot be written: {error}")
            continue
        files.append(
            ToFixFile(path=path, file=original_file, rows=sum(sheet.rows for sheet in sheets))
        )
        if not has_formats:
            notes.append(text("to_fix.new_workbook", {"file": path.name}, language=language))
    to_fix_files.remove_unused()
    notes += [
        text("to_fix.not_overwritten", {"file": name}, language=language)
        for name in to_fix_files.kept_names
    ]
    return ToFixResult(files=files, notes=notes)


def added_headings(language: str) -> AddedHeadings:
    """Return the headings of the added columns in *language*."""
    statuses, origins = (
        {each: text(f"to_fix.{name}_heading", language=each) for each in LANGUAGES}
        for name in ("status", "origin")
    )
    return AddedHeadings(
        status=statuses[language],
        origin=origins[language],
        comment=text("to_fix.status_comment", language=language),
        statuses=list(statuses.values()),
        origins=list(origins.values()),
    )


def annotate(rows: Iterable[RowToFix], *, language: str) -> Iterator[RowAnnotation]:
    """Yield the annotations of *rows* in *language*."""
    for row in rows:
        yield RowAnnotation(
            number=row.number,
            status=cell_text(_status_text(row, language)),
            origin=row.origin,
            cells=_annotate_cells(row.issues, language),
            is_failed=row.status is Status.FAILED,
        )


def _group_by_file(sheets: Iterable[SheetToFix]) -> Iterable[Sequence[SheetToFix]]:
    files: dict[tuple[str, str], list[SheetToFix]] = {}
    for sheet in sheets:
        files.setdefault((sheet.layout.file, sheet.layout.content), []).append(sheet)
    return files.values()


def _write_file(
    target: BinaryIO,
    results: Path,
    sheets: Sequence[SheetToFix],
    originals: OriginalFiles,
    language: str,
) -> bool:
    """Write the rows of *sheets* to *target*; return True if their formats are kept."""

    def annotate_sheet(sheet: SheetToFix) -> Iterator[RowAnnotation]:
        return annotate(originals.rows(sheet), language=language)

    headings = added_headings(language)
    layout = sheets[0].layout
    with originals.opened(layout) as source:
        if layout.delimiter:
            rows = annotate_sheet(sheets[0])
            write_text_copy(source, target, layout=layout, rows=rows, headings=headings)
            return True
        if _copy_if_possible(source, target, sheets, annotate_sheet, headings):
            return True
        target.seek(0)
        target.truncate()
        write_new_workbook(
            source,
            target,
            folder=results,
            sheets=sheets,
            annotate=annotate_sheet,
            headings=headings,
        )
        return False


def _copy_if_possible(
    source: BinaryIO,
    target: BinaryIO,
    sheets: Sequence[SheetToFix],
    annotate_sheet: Annotate,
    headings: AddedHeadings,
) -> bool:
    if not is_copyable(source, rows=sum(sheet.rows for sheet in sheets)):
        return False
    plan = CopyPlan(
        headings=headings,
        sheets=[
            SheetPlan(
                name=sheet.layout.sheet,
                header_row=sheet.layout.header_row,
                rows=list(annotate_sheet(sheet)),
            )
            for sheet in sheets
        ],
    )
    return copy_workbook(source, plan, target)


def _status_text(row: RowToFix, language: str) -> str:
    origin = Origin.parse(row.origin)
    facts: dict[str, object] = {"number": origin.location.number if origin else row.number}
    if row.status is Status.REJECTED:
        facts["issues"] = "\n".join(
            sentences(*describe_issue(issue, language)) for issue in row.issues
        )
    if row.status is Status.FAILED:
        facts |= _server_answer(row, language)
    return text(f"to_fix.status.{row.status}", facts, language=language)


def _server_answer(row: RowToFix, language: str) -> Mapping[str, object]:
    advice = explain(
        row.error_code,
        http_status=row.http_status,
        status=row.status,
        message=row.error_msg,
        not_sent_reason=row.not_sent_reason,
        language=language,
    )
    answer = " ".join(filter(None, (row.error_code, row.error_msg)))
    return {"answer": printable(answer).rstrip(". "), "advice": advice.text}


def _annotate_cells(issues: Sequence[Issue], language: str) -> Sequence[CellAnnotation]:
    """Return one annotation for each cell; an issue of a missing column has no cell."""
    cells: dict[int, list[Issue]] = {}
    for issue in issues:
        if (index := cell_index(issue.cell)) is not None:
            cells.setdefault(index, []).append(issue)
    return [
        CellAnnotation(
            index=index,
            comment=cell_text(
                "\n\n".join("\n".join(describe_issue(issue, language)) for issue in of_cell)
            ),
            has_no_value=any(issue.rule.endswith(_RULES_WITHOUT_VALUE) for issue in of_cell),
        )
        for index, of_cell in sorted(cells.items())
    ]


def cell_index(address: str) -> int | None:
    """Return the zero-based column of the cell at *address*, or None if it is empty."""
    match = _CELL.fullmatch(address)
    return column_index(match[1]) if match else None


def describe_issue(issue: Issue, language: str) -> Sequence[str]:
    """Return the message of *issue*, and its suggestion if there is one."""
    if not issue.suggestion:
        return (issue.message,)
    facts = {"suggestion": issue.suggestion}
    return issue.message, text("to_fix.suggestion", facts, language=language)
