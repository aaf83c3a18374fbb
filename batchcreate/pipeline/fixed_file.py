"""Fixed copy of an input file: suggestions are applied, and the other issues are marked."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Final

from batchcreate import loader
from batchcreate.errors import LoadError, SettingsError
from batchcreate.pipeline.check import CheckResult
from batchcreate.report.atomic_files import replaced_file
from batchcreate.to_fix.cell_marks import Marker, has_wrong_cells, suggested_keys
from batchcreate.to_fix.copy_process import is_copyable
from batchcreate.to_fix.marked_copy import copy_with_marks
from batchcreate.to_fix.marked_workbook import MarkedSheet, write_new_workbook
from batchcreate.to_fix.marks import CopyPlan, Mark, RowMarks, SheetMarks
from batchcreate.to_fix.write import added_column

SUFFIX: Final = ".xlsx"


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedFile:
    """
    A fixed copy of an input file.

    Attributes:
        path: path of the copy.
        fixed: number of cells that were changed.
        remaining: number of cells that are still rejected.
        has_formats: False if the copy does not have the formats of the input.

    """

    path: Path
    fixed: int
    remaining: int
    has_formats: bool = True


def require_fixable(path: Path, files: Sequence[Path], *, is_forced: bool) -> None:
    """
    Require that a fixed copy of *files* can be written to *path*.

    Raises:
        SettingsError: there are several input files, or *path* exists or has another suffix.

    """
    with suppress(OSError):
        if any(path.exists() and path.samefile(file) for file in files):
            msg = f"--fix {path}: is the input file; choose another name for the copy"
            raise SettingsError(msg)
    if path.suffix.lower() != SUFFIX:
        msg = f"--fix {path}: the copy is a workbook; use the extension {SUFFIX}"
    elif len(files) > 1:
        msg = f"--fix {path}: is the copy of one input file; run the command once for each file"
    elif loader.STANDARD_INPUT in files:
        msg = f"--fix {path}: standard input cannot be read again; save it to a file"
    elif path.exists() and not is_forced:
        msg = (
            f"--fix {path}: the file already exists; choose another name, or add --force to "
            "overwrite it"
        )
    elif not path.parent.is_dir():
        msg = f"--fix {path}: there is no folder {path.parent}"
    else:
        return
    raise SettingsError(msg)


def write_fixed(path: Path, result: CheckResult, *, language: str) -> FixedFile:
    """
    Write a fixed copy of the only input file of *result* to *path*.

    All rows keep their addresses. The values of other cells are not changed.

    Args:
        path: see `require_fixable`.
        result: the result of a check whose block has not ended.
        language: language of the comments.

    Raises:
        LoadError: the input file can no longer be read, or does not fit into a workbook.
        SettingsError: the copy cannot be written.

    """
    marks = _Marks(result, language)
    ((digest, source_path),) = result.paths.items()
    label = str(source_path)
    try:
        with loader.open_input(source_path, label) as source, replaced_file(path) as target:
            if hashlib.file_digest(source, "sha256").hexdigest() != digest:  # type: ignore[arg-type] # it is a file
                message = f"{label}: changed while it was read. Close it in other programs and try again."
                raise LoadError(message)
            has_formats = _write(source, target, path.parent, marks)
    except OSError as error:
        msg = f"--fix {path}: cannot be written ({error.strerror or error}); choose another folder"
        raise SettingsError(msg) from error
    return FixedFile(
        path=path,
        fixed=marks.counts[Mark.FIXED],
        remaining=marks.counts[Mark.ERROR],
        has_formats=has_formats,
    )


class _Marks:
    """
    The marks of the issues of a check.

    Args:
        result: the result of the check.
        language: language of the comments.

    Attributes:
        language: language of the comments.
        layouts: layouts of the sheets that were read.
        counts: number of cells by their marks, at the end of `rows`.

    """

    def __init__(self, result: CheckResult, language: str) -> None:
        self._result = result
        self.language = language
        self._in_use = {
            name: result.in_use(name, proposed)
            for name, proposed in suggested_keys(result.issues()).items()
        }
        self.layouts = [sheet.layout for sheet in result.notes.sheets]
        self.counts: Counter[Mark] = Counter()

    def rows(self) -> Iterator[tuple[str, RowMarks]]:
        """Yield sheet and marks of each row with issues, in input order."""
        marker = Marker(in_use=self._in_use, language=self.language)
        self.counts = marker.counts
        return marker.mark(self._result.issues())

    def of_sheets(self) -> Mapping[str, Sequence[RowMarks]]:
        """Return all marks by sheet."""
        sheets: dict[str, list[RowMarks]] = {layout.sheet: [] for layout in self.layouts}
        for name, row in self.rows():
            sheets[name].append(row)
        return sheets

    def has_wrong_cells(self) -> bool:
        """Return True if the cells of a row may be in the wrong columns."""
        return has_wrong_cells(self._result.issues())


def _write(source: BinaryIO, target: BinaryIO, folder: Path, marks: _Marks) -> bool:
    """Write the copy; return False if formats of the source are not kept."""
    is_text = bool(marks.layouts[0].delimiter)
    rows = marks.of_sheets()
    if not is_text and is_copyable(source):
        sheets = [
            SheetMarks(name=each.sheet, header_row=each.header_row, rows=rows[each.sheet])
            for each in marks.layouts
        ]
        if copy_with_marks(source, target, CopyPlan(sheets=sheets)):
            return True
        target.seek(0)
        target.truncate()
    write_new_workbook(
        source,
        target,
        [MarkedSheet(layout=each, rows=iter(rows[each.sheet])) for each in marks.layouts],
        folder=folder,
        # The columns of a new workbook do not show that cells are in the wrong ones.
        added=replace(added_column(marks.language), done="") if marks.has_wrong_cells() else None,
    )
    return is_text
