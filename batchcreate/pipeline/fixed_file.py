"""Fixed copy of an input file: suggestions are applied, and the other issues are marked."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from batchcreate import loader
from batchcreate.errors import LoadError, SettingsError
from batchcreate.pipeline.check import CheckResult
from batchcreate.report.atomic_files import replaced_file
from batchcreate.to_fix.cell_marks import Marker, suggested_keys
from batchcreate.to_fix.copy_process import is_copyable
from batchcreate.to_fix.marked_copy import Mark, MarkPlan, RowMarks, copy_with_marks
from batchcreate.to_fix.marked_workbook import write_marked_text, write_marked_workbook

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
        rejected: number of rejected rows.
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
        self.rejected = result.rejected
        self.layouts = [sheet.layout for sheet in result.notes.sheets]
        self.counts: Counter[Mark] = Counter()

    def rows(self) -> Iterator[tuple[str, RowMarks]]:
        """Yield sheet and marks of each row with issues, in input order."""
        marker = Marker(in_use=self._in_use, language=self.language)
        self.counts = marker.counts
        return marker.mark(self._result.issues())

    def plan(self) -> MarkPlan:
        """Return all marks."""
        sheets: dict[str, list[RowMarks]] = {}
        for name, row in self.rows():
            sheets.setdefault(name, []).append(row)
        return MarkPlan(sheets=sheets)


def _write(source: BinaryIO, target: BinaryIO, folder: Path, marks: _Marks) -> bool:
    """Write the copy; return False if formats of the source are not kept."""
    layout = marks.layouts[0]
    if layout.delimiter:
        write_marked_text(
            source,
            target,
            folder=folder,
            layout=layout,
            marks=marks.rows(),
            language=marks.language,
        )
        return True
    if is_copyable(source, rows=marks.rejected) and copy_with_marks(source, target, marks.plan()):
        return True
    target.seek(0)
    target.truncate()
    write_marked_workbook(
        source,
        target,
        folder=folder,
        layouts=marks.layouts,
        marks=marks.rows(),
        language=marks.language,
    )
    return False
