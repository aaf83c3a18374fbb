"""Rows, issues, tasks, keys and addresses."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Literal, NewType, Self
from urllib.parse import quote, unquote

TaskId = NewType("TaskId", str)
RunId = NewType("RunId", str)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """
    One ROMA Connect instance at one endpoint.

    Attributes:
        endpoint: origin such as ``https://roma.cn-north-4.myhuaweicloud.com``, no trailing slash;
            empty where no network is involved (``check``).
        project_id: path parameter, 1-64 characters.
        instance_id: path parameter, 1-64 characters.

    """

    endpoint: str
    project_id: str
    instance_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """What a row is known by: its target and its name, never its position."""

    target: Target
    task_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RowLocation:
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
        heading: the heading as the analyst typed it.
        index: zero-based position in the sheet (0 is column A).

    """

    heading: str
    index: int


class CellKind(StrEnum):
    """What a spreadsheet program holds in a cell, where it is anything but text."""

    NUMBER = "number"
    DATE = "date"
    BOOLEAN = "boolean"
    ERROR = "error"
    NO_RESULT = "no_result"  # a formula whose result the file does not hold
    MERGED = "merged"  # covered by the cell that it is merged with


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """
    How one sheet was read.

    Attributes:
        file: the file's name as reports show it.
        sheet: worksheet name, empty for text files.
        header_row: the row of the headings, as the spreadsheet program shows it.
        columns: the known columns by field name.
        others: the headings that belong to no field.
        encoding: of a text file, as Python calls it; empty for workbooks.
        delimiter: between the cells of a text file; empty for workbooks.
        content: SHA-256 of the whole file, in hex; empty where it is not known yet.
        hints: headings that were probably meant for a field, one sentence each.

    """

    file: str
    sheet: str
    header_row: int
    columns: Mapping[str, Column]
    others: Sequence[Column] = ()
    encoding: str = ""
    delimiter: str = ""
    content: str = ""
    hints: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """
    Something in the input that was left out on purpose.

    Attributes:
        file: the file's name as reports show it.
        sheet: worksheet name, empty for text files.
        reason: ``hidden``, ``no_header`` or ``empty`` for a sheet; ``example`` for example rows.
        rows: how many rows, where rows were left out.

    """

    file: str
    sheet: str
    reason: Literal["hidden", "no_header", "empty", "example"]
    rows: int = 0


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
        kinds: for fields of *columns*, positions in *numbers* of cells that are no text, and
            what they are; their texts in *cells* are what the spreadsheet program shows.
        covering: for fields of *columns*, positions in *numbers* of cells that are merged with one
            above, and what that one shows; their own texts in *cells* are empty.
        origins: for each row the text of the origin column of `to-fix` files; empty if the sheet
            has no such column.

    """

    file: str
    sheet: str
    columns: Mapping[str, Column]
    numbers: Sequence[int]
    cells: Mapping[str, Sequence[str]]
    kinds: Mapping[str, Mapping[int, CellKind]] = field(default_factory=dict)
    covering: Mapping[str, Mapping[int, str]] = field(default_factory=dict)
    origins: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """
    One broken rule in one cell.

    Attributes:
        location: the row.
        column: the heading as typed, or the field's name where the sheet has no such column.
        cell: spreadsheet address such as ``C7``, empty where the sheet has no such column.
        value: the cell's text as typed.
        rule: stable id such as ``task_name.charset``.
        message: what is wrong and what to type, for somebody without the API reference.
        suggestion: a value to type instead, empty where none is plain.

    """

    location: RowLocation
    column: str
    cell: str
    value: str
    rule: str
    message: str
    suggestion: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleaning:
    """
    A cell that is taken for what was plainly meant, and not refused.

    Attributes:
        location: the row.
        column: the heading as typed.
        cell: spreadsheet address such as ``C7``.
        before: the cell's text as typed.
        after: what is taken for it.

    """

    location: RowLocation
    column: str
    cell: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """
    A valid row, ready to be sent.

    Attributes:
        location: the row it came from.
        key: target and name.
        body: the request body: compact UTF-8 JSON with sorted keys.

    """

    location: RowLocation
    key: Key
    body: bytes

    @property
    def digest(self) -> bytes:
        """SHA-256 of the body: tells a changed row from the same row moved elsewhere."""
        return hashlib.sha256(self.body).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """A row that broke at least one rule; never sent."""

    location: RowLocation
    task_name: str
    project_id: str
    instance_id: str
    issues: tuple[Issue, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatedRow:
    """
    One of several rows with the same target and task name.

    Attributes:
        location: the row.
        column: the column of the task name in that row's sheet.
        task_name: as typed.

    """

    location: RowLocation
    column: Column
    task_name: str


CONTENT_CHARS: Final = 12
"""How much of a file's SHA-256 tells it from the others of a batch."""

_TEXT: Final = re.compile(r"([0-9a-f]{12})\|([^|]*)\|([^|]*)\|([1-9][0-9]{0,9})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """
    The row of an analyst's file that a row of a `to-fix` file stands for.

    Attributes:
        content: the first 12 hex digits of that file's SHA-256.
        location: the row.

    """

    content: str
    location: RowLocation

    @property
    def text(self) -> str:
        """What the origin column holds."""
        place = self.location
        return f"{self.content}|{_escaped(place.file)}|{_escaped(place.sheet)}|{place.number}"

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Return the origin that *text* stands for; whatever is no origin, is none."""
        found = _TEXT.fullmatch(text.strip()) if text.isprintable() else None
        if found is None:
            return None
        content, file, sheet, number = found.groups()
        place = RowLocation(file=unquote(file), sheet=unquote(sheet), number=int(number))
        return cls(content=content, location=place)


def _escaped(name: str) -> str:
    if name.isprintable() and not set(name) & set("|%"):
        return name
    return "".join(
        char
        if char.isprintable() and char not in "|%"
        else quote(char, safe="", errors="backslashreplace")
        for char in name
    )
