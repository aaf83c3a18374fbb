"""Changes between two versions of an input, for the plan of a run."""

import shutil
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

from batchcreate import loader
from batchcreate.errors import LoadError
from batchcreate.frames import Chunk
from batchcreate.journal import Enrolment, VersionChange
from batchcreate.loader import LoadOptions
from batchcreate.text import cell_address
from batchcreate.workbooks.file_types import HEAD_BYTES, other_type

CELLS_MAX: Final = 10
"""Maximum number of changed cells that a plan lists; all are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedCell:
    """
    A cell that differs from the version before.

    Attributes:
        sheet: name of its sheet; empty for text files.
        cell: its address.
        before: its text in the version before.
        after: its text now.

    """

    sheet: str
    cell: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVersion:
    """
    A new version of an input of the batch.

    Attributes:
        file: label of the input.
        is_correction: True if it has the stamp of a to-fix file.
        before: when the version before was given, UTC.
        change: the numbers of changed rows.
        cells: the first changed cells that had no issue in the version before.
        cells_count: number of these cells.

    """

    file: str
    is_correction: bool
    before: str
    change: VersionChange
    cells: Sequence[ChangedCell] = ()
    cells_count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectedFile:
    """
    A given file that is not read, because a correction of it is the newest version.

    Attributes:
        file: label of the input.
        corrected_at: when the correction was given, UTC.

    """

    file: str
    corrected_at: str


@contextmanager
def stored_file(enrolment: Enrolment, content: str) -> Iterator[Path]:
    """Provide the path of a temporary copy of a stored input file, until the end of the block."""
    with TemporaryDirectory() as folder, enrolment.open_content(content) as source:
        is_workbook = other_type(source.read(HEAD_BYTES)) != ""
        source.seek(0)
        # The extension selects the reader.
        path = Path(folder) / ("input.xlsx" if is_workbook else "input.csv")
        with path.open("wb") as target:
            shutil.copyfileobj(source, target)
        yield path


def new_versions(
    enrolment: Enrolment,
    changes: Mapping[str, VersionChange],
    paths: Mapping[str, Path],
    options: LoadOptions,
) -> Iterator[NewVersion]:
    """
    Yield the new version of each changed input, with its changed cells.

    Args:
        enrolment: the enrolment, which is finished.
        changes: the changes by label of the input.
        paths: the given files by SHA-256.
        options: how to read the files.

    """
    for label, change in changes.items():
        file = enrolment.files[label]
        if file.before is None:
            continue
        cells = _changed_cells(enrolment, label, change, paths, options)
        yield NewVersion(
            file=label,
            is_correction=file.version.base is not None,
            before=file.before.given_at,
            change=change,
            cells=cells[:CELLS_MAX],
            cells_count=len(cells),
        )


def _changed_cells(
    enrolment: Enrolment,
    label: str,
    change: VersionChange,
    paths: Mapping[str, Path],
    options: LoadOptions,
) -> list[ChangedCell]:
    """Return the cells that were changed although they had no issue."""
    file = enrolment.files[label]
    if not change.addresses or file.before is None:
        return []
    wanted = set(change.addresses)
    try:
        with _file(enrolment, file.before.content, paths) as path:
            before = _cells(path, wanted, options)
        with _file(enrolment, file.version.content, paths) as path:
            after = _cells(path, wanted, options)
    except LoadError:
        # An option for the new version, such as the encoding, does not suit the one before.
        return []
    found = []
    for place in sorted(before.keys() & after.keys()):
        sheet, old, new = place[0], before[place], after[place]
        if old.text != new.text and (sheet, old.address) not in change.issue_cells:
            found.append(
                ChangedCell(sheet=sheet, cell=new.address, before=old.text, after=new.text)
            )
    return found


@contextmanager
def _file(enrolment: Enrolment, content: str, paths: Mapping[str, Path]) -> Iterator[Path]:
    """Provide the path of a given file, or of a stored one; a dry run stores no files."""
    path = paths.get(content)
    if path is not None and path.exists():
        yield path
    else:
        with stored_file(enrolment, content) as copy:
            yield copy


class _Cell(NamedTuple):
    """Text and address of a cell."""

    text: str
    address: str


_Place = tuple[str, int, str]
"""Sheet, row number and field."""


def _cells(
    path: Path, wanted: set[tuple[str, int]], options: LoadOptions
) -> Mapping[_Place, _Cell]:
    """Return the cells with a field in the *wanted* rows; the only sheet has no name."""
    numbers = {number for _, number in wanted}
    sheets: dict[str, dict[_Place, _Cell]] = {}
    for event in loader.read(path, label="", options=options):
        if isinstance(event, Chunk):
            sheets.setdefault(event.sheet, {}).update(_cells_of(event, numbers))
    return {
        (name, number, field): cell
        for sheet, cells in sheets.items()
        for name in ("" if len(sheets) == 1 else sheet,)
        for (_, number, field), cell in cells.items()
        if (name, number) in wanted
    }


def _cells_of(chunk: Chunk, numbers: Container[int]) -> Mapping[_Place, _Cell]:
    at = [place for place, number in enumerate(chunk.numbers) if number in numbers]
    rows = chunk.frame.iloc[at]
    return {
        (chunk.sheet, number, name): _Cell(text, cell_address(column.index, number))
        for name, column in chunk.columns.items()
        for number, text in zip(rows.index.tolist(), rows[name].tolist(), strict=True)
    }
