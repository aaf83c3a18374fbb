"""Writes one `to-fix` file for each file of the analysts with rows that are not created."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from batchcreate.copies.plan import Headings, Line, Plan, SheetPlan
from batchcreate.copies.process import is_copied, is_copyable
from batchcreate.errors import JournalError, LoadError
from batchcreate.messages import text
from batchcreate.models import SheetToFix
from batchcreate.report.to_fix.delimited import write_delimited
from batchcreate.report.to_fix.fresh import write_fresh
from batchcreate.report.to_fix.lines import headings, lines
from batchcreate.report.to_fix.names import Shelf
from batchcreate.report.to_fix.values import HandedBack, Originals, Written

Lines = Callable[[SheetToFix], Iterator[Line]]


def write_to_fix(results: Path, originals: Originals, *, language: str) -> HandedBack:
    """
    Hand the rows that are not created back to the analysts, a file for each of theirs.

    Args:
        results: the results folder; a file in it that somebody has begun to mend stays.
        originals: the analysts' files.
        language: of what is told about the rows.

    Raises:
        ReportError: a file cannot be written.

    """
    shelf = Shelf(results, is_kept=originals.is_kept)
    is_only = len(originals.roots()) == 1
    written: list[Written] = []
    notes: list[str] = []
    for sheets in _per_file(originals.sheets()):
        root = sheets[0].original_file
        suffix = ".csv" if sheets[0].layout.delimiter else ".xlsx"
        path = shelf.choose(root, suffix=suffix, is_only=is_only)
        try:
            with shelf.replacing(path) as target:
                is_as_it_was = _write(target, results, sheets, originals, language)
        except (JournalError, LoadError) as error:
            notes.append(f"{path}: cannot be written: {error}")
            continue
        written.append(Written(path=path, file=root, rows=sum(sheet.rows for sheet in sheets)))
        if not is_as_it_was:
            notes.append(text("to_fix.new_workbook", {"file": path.name}, language=language))
    shelf.close()
    notes += [
        text("to_fix.not_overwritten", {"file": name}, language=language)
        for name in shelf.left_alone
    ]
    return HandedBack(files=written, notes=notes)


def _per_file(sheets: Iterable[SheetToFix]) -> Iterable[Sequence[SheetToFix]]:
    files: dict[tuple[str, str], list[SheetToFix]] = {}
    for sheet in sheets:
        files.setdefault((sheet.layout.file, sheet.layout.content), []).append(sheet)
    return files.values()


def _write(
    target: BinaryIO,
    results: Path,
    sheets: Sequence[SheetToFix],
    originals: Originals,
    language: str,
) -> bool:
    """Write the rows of *sheets* to *target*; return whether they look as they did."""

    def lines_of(sheet: SheetToFix) -> Iterator[Line]:
        return lines(originals.rows(sheet), language=language)

    own = headings(language)
    layout = sheets[0].layout
    with originals.opened(layout) as source:
        if layout.delimiter:
            write_delimited(source, target, layout=layout, lines=lines_of(sheets[0]), headings=own)
            return True
        if _is_copied(source, target, sheets, lines_of, own):
            return True
        target.seek(0)
        target.truncate()
        write_fresh(source, target, folder=results, sheets=sheets, lines=lines_of, headings=own)
        return False


def _is_copied(
    source: BinaryIO,
    target: BinaryIO,
    sheets: Sequence[SheetToFix],
    lines_of: Lines,
    own: Headings,
) -> bool:
    if not is_copyable(source, rows=sum(sheet.rows for sheet in sheets)):
        return False
    plan = Plan(
        headings=own,
        sheets=[
            SheetPlan(
                name=sheet.layout.sheet,
                header_number=sheet.layout.header_row,
                lines=list(lines_of(sheet)),
            )
            for sheet in sheets
        ],
    )
    return is_copied(source, plan, target)
