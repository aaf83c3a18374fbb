"""Input rows, from the cells of a sheet to tasks ready to be sent."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from batchcreate.models.identity import Key


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """
    Where a row stands in the analyst's files.

    Attributes:
        file: the file's name as reports show it.
        sheet: worksheet name, empty for CSV.
        number: the row number that a spreadsheet program shows, the header being row 1.

    """

    file: str
    sheet: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """
    One column of a table that belongs to a field of the API.

    Attributes:
        header: the heading as the analyst typed it.
        index: zero-based position in the sheet (0 is column A).

    """

    header: str
    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """
    Some consecutive rows of one sheet, column by column.

    Attributes:
        file: the file's name as reports show it.
        sheet: worksheet name, empty for CSV.
        columns: the known columns by field name (``task_name`` ...); others are not carried.
        numbers: row numbers as the spreadsheet program shows them, ascending, blank rows left out.
        cells: for each field of *columns*, its texts; each list is as long as *numbers*.

    """

    file: str
    sheet: str
    columns: Mapping[str, Column]
    numbers: Sequence[int]
    cells: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """
    One broken rule in one cell.

    Attributes:
        place: the row.
        column: the heading as typed, or the field's name where the sheet has no such column.
        cell: spreadsheet address such as ``C7``, empty where the sheet has no such column.
        value: the cell's text as typed.
        rule: stable id such as ``task_name.charset``.
        message: what is wrong and what to type, for somebody without the API reference.
        suggestion: a value to type instead, empty where none is plain.

    """

    place: Place
    column: str
    cell: str
    value: str
    rule: str
    message: str
    suggestion: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """
    A valid row, ready to be sent.

    Attributes:
        place: the row it came from.
        key: target and name.
        body: the request body: compact UTF-8 JSON with sorted keys.

    """

    place: Place
    key: Key
    body: bytes

    @property
    def digest(self) -> bytes:
        """SHA-256 of the body: tells a changed row from the same row moved elsewhere."""
        return hashlib.sha256(self.body).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """A row that broke at least one rule; never sent."""

    place: Place
    task_name: str
    project_id: str
    instance_id: str
    issues: tuple[Issue, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatedRow:
    """
    One of several rows with the same target and task name.

    Attributes:
        place: the row.
        column: the column of the task name in that row's sheet.
        task_name: as typed.

    """

    place: Place
    column: Column
    task_name: str
