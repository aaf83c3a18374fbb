"""To-fix files: an annotated copy of each input file with rows to fix."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import BinaryIO, Final, Protocol

from batchcreate.advice import explain
from batchcreate.errors import JournalError, LoadError
from batchcreate.messages import LANGUAGES, sentences, text
from batchcreate.models import FIXABLE, Layout, RowToFix, SheetToFix, Status
from batchcreate.text import cell_text, printable
from batchcreate.to_fix.cell_marks import describe_issue, has_wrong_cells, mark_cells
from batchcreate.to_fix.copy_process import is_copyable
from batchcreate.to_fix.file_names import ToFixFiles, to_fix_paths
from batchcreate.to_fix.marked_copy import copy_with_marks
from batchcreate.to_fix.marked_workbook import MarkedSheet, write_new_workbook
from batchcreate.to_fix.marks import AddedColumn, CopyPlan, RowMarks, SheetMarks

_NOT_FIXED: Final = "row.not_fixed"


class OriginalFiles(Protocol):
    """The input files of a batch in their newest versions, and the state of their rows."""

    def sheets(self) -> Sequence[SheetToFix]:
        """Return the sheets with rows to fix, in input order."""
        ...

    def labels(self) -> Sequence[str]:
        """Return the labels of all inputs of the batch."""
        ...

    def rows(self, sheet: SheetToFix) -> Iterator[RowToFix]:
        """Yield all rows of *sheet*, in order."""
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
        file: label of the input file.
        rows: number of rows to fix.

    """

    path: Path
    file: str
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ToFixResult:
    """
    To-fix files that were written.

    Attributes:
        files: one for each input file with rows to fix.
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
    Write a to-fix file for each input file with rows to fix.

    Args:
        results: the results folder; edited files in it are not overwritten.
        originals: the input files.
        language: of the texts and comments.

    Raises:
        ReportError: a file cannot be written.

    """
    to_fix_files = ToFixFiles(results, is_kept=originals.is_kept)
    paths = to_fix_paths(results, originals.labels())
    files: list[ToFixFile] = []
    notes: list[str] = []
    for sheets in _group_by_input(originals.sheets()):
        label = sheets[0].layout.file
        path = paths[label]
        rows = sum(sheet.rows for sheet in sheets)
        if not to_fix_files.is_replaceable(path):
            notes.append(_note("not_overwritten", path, language))
            files.append(ToFixFile(path=path, file=label, rows=rows))
            continue
        try:
            with to_fix_files.replace(path) as target:
                has_formats = _write_file(target, results, sheets, originals, language)
        except (JournalError, LoadError) as error:
            notes.append(f"{path}: cannot be written: {error}")
            continue
        files.append(ToFixFile(path=path, file=label, rows=rows))
        if not has_formats:
            notes.append(_note("new_workbook", path, language))
    to_fix_files.remove_unused()
    return ToFixResult(files=files, notes=notes)


def _note(kind: str, path: Path, language: str) -> str:
    name = f"{path.parent.name}/{path.name}"
    return text(f"to_fix.{kind}", {"file": name}, language=language)


def added_column(language: str) -> AddedColumn:
    """Return the added column in *language*."""
    return AddedColumn(
        heading=text("to_fix.status_heading", language=language),
        headings=[text("to_fix.status_heading", language=each) for each in LANGUAGES],
        comment=text("to_fix.status_comment", language=language),
        done=text("to_fix.done", language=language),
    )


def annotate(rows: Iterable[RowToFix], *, language: str, is_exact: bool) -> Iterator[RowMarks]:
    """
    Yield the marks of *rows*.

    Args:
        rows: the rows of a sheet.
        language: of the texts and comments.
        is_exact: False if the copy does not contain everything for which a row was rejected; the
            text of such a row must be removed by the analyst.

    """
    for row in rows:
        yield RowMarks(
            number=row.number,
            cells=mark_cells(row.issues, language=language),
            text=cell_text(_text_of(row, language, is_exact=is_exact)),
            is_done=row.status not in FIXABLE,
        )


def _group_by_input(sheets: Iterable[SheetToFix]) -> Iterator[Sequence[SheetToFix]]:
    for _, group in groupby(sheets, key=lambda sheet: sheet.layout.file):
        yield list(group)


def _write_file(
    target: BinaryIO,
    results: Path,
    sheets: Sequence[SheetToFix],
    originals: OriginalFiles,
    language: str,
) -> bool:
    """Write the copy of one input to *target*; return False if formats of the input are lost."""
    is_text = bool(sheets[0].layout.delimiter)
    added, stamp = added_column(language), sheets[0].stamp.text
    with originals.opened(sheets[0].layout) as source:
        if not is_text and is_copyable(source):
            plan = CopyPlan(
                sheets=[
                    SheetMarks(
                        name=sheet.layout.sheet,
                        header_row=sheet.layout.header_row,
                        rows=list(
                            annotate(originals.rows(sheet), language=language, is_exact=True)
                        ),
                    )
                    for sheet in sheets
                ],
                added=added,
                stamp=stamp,
            )
            if copy_with_marks(source, target, plan):
                return True
            target.seek(0)
            target.truncate()
        marked = [
            MarkedSheet(
                layout=sheet.layout,
                rows=annotate(originals.rows(sheet), language=language, is_exact=False),
            )
            for sheet in sheets
        ]
        write_new_workbook(source, target, marked, folder=results, added=added, stamp=stamp)
        return is_text


def _text_of(row: RowToFix, language: str, *, is_exact: bool) -> str:
    facts: dict[str, object] = {"done": text("to_fix.done", language=language)}
    if row.status is Status.REJECTED:
        if unchanged := [each.value for each in row.issues if each.rule == _NOT_FIXED]:
            return unchanged[0]
        facts["issues"] = "\n".join(
            sentences(*describe_issue(issue, language)) for issue in row.issues
        )
    if row.status in {Status.FAILED, Status.SKIPPED}:
        facts |= _server_answer(row, language)
    shown = text(f"to_fix.status.{row.status}", facts, language=language)
    if is_exact or not has_wrong_cells(row.issues):
        return shown
    return f"{shown}\n{text('to_fix.clear', language=language)}"


def _server_answer(row: RowToFix, language: str) -> Mapping[str, object]:
    advice = explain(
        row.error_code,
        http_status=row.http_status,
        status=row.status,
        message=row.error_msg,
        not_sent_reason=row.not_sent_reason,
        language=language,
    )
    answer = " ".join(filter(None, (row.error_code, row.error_msg))) or row.status.value
    return {"answer": printable(answer).rstrip(". "), "advice": advice.text}
