"""Input rows, their issues, and the tasks that are created from them."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final, Literal, NamedTuple, NewType, Self

TaskId = NewType("TaskId", str)
RunId = NewType("RunId", str)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """
    One ROMA Connect instance at one endpoint.

    Attributes:
        endpoint: URL such as ``https://roma.cn-north-4.myhuaweicloud.com``, without a trailing
            slash; empty if no network is used (``check``).
        project_id: path parameter, 1-64 characters.
        instance_id: path parameter, 1-64 characters.

    """

    endpoint: str
    project_id: str
    instance_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """Identity of a task in the journal: target and task name, independent of the location."""

    target: Target
    task_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RowLocation:
    """
    Location of a row in the input files.

    Attributes:
        file: name of the file in reports.
        sheet: worksheet name, empty for CSV.
        number: row number that the spreadsheet program shows, counted from 1.

    """

    file: str
    sheet: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """
    Column of a sheet.

    Attributes:
        heading: heading as entered by the analyst.
        index: zero-based position in the sheet (0 is column A).

    """

    heading: str
    index: int


class CellKind(StrEnum):
    """Kind of the value of a cell that is not text."""

    NUMBER = "number"
    DATE = "date"
    BOOLEAN = "boolean"
    ERROR = "error"
    NO_RESULT = "no_result"  # a formula without a saved result
    MERGED = "merged"  # covered by another cell of a merged range
    COVERED = "covered"  # the same, but with a text that is not displayed
    FORMATTED = "formatted"  # a value that is displayed in another way than it is stored
    LOCALIZED = "localized"  # the same, but the displayed text depends on the computer
    NOT_DISPLAYED = "not_displayed"  # a number whose displayed text is not in the file
    ZERO_RESULT = "zero_result"  # a formula with the result 0, as of a reference to an empty cell


RANGES_MAX: Final = 20
"""Maximum number of ranges of rows that are listed; all rows are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowNumbers:
    """
    Numbers of rows of a sheet.

    Attributes:
        count: number of rows.
        ranges: first and last number of each of the first ranges of consecutive rows.

    """

    count: int = 0
    ranges: Sequence[tuple[int, int]] = ()

    def extended(self, numbers: Sequence[int]) -> Self:
        """Return these and *numbers*, which are higher and ascending."""
        ranges = list(self.ranges)
        listed = sum(last - first + 1 for first, last in ranges)
        # The rows after the listed ones continue a range only if none of them is missing.
        for number in numbers if listed == self.count else ():
            if ranges and ranges[-1][1] + 1 == number:
                ranges[-1] = (ranges[-1][0], number)
            elif len(ranges) < RANGES_MAX:
                ranges.append((number, number))
            else:
                break
        return replace(self, count=self.count + len(numbers), ranges=ranges)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """
    How one sheet is read.

    Attributes:
        file: name of the file in reports.
        sheet: worksheet name, empty for text files.
        header_row: number of the header row that the spreadsheet program shows.
        columns: columns of known fields, by field name.
        others: columns without a field.
        encoding: Python name of the encoding of a text file; empty for workbooks.
        delimiter: separator of a text file; empty for workbooks.
        content: SHA-256 of the file in hex; empty until the file is enrolled.
        hints: one sentence for each heading that is probably a misspelled field.
        hidden_columns: columns of known fields that the sheet hides.

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
    hidden_columns: Sequence[Column] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """
    Sheet or rows of the input that are not read on purpose.

    Attributes:
        file: name of the file in reports.
        sheet: worksheet name, empty for text files.
        reason: ``hidden``, ``no_header`` or ``empty`` for a sheet; ``example`` for example rows,
            ``repeated_header`` for rows that repeat the headings, ``hidden_rows`` for hidden rows.
        rows: number of skipped rows; 0 for a sheet.
        ranges: first and last number of the first ranges of these rows, if they are reported.

    """

    file: str
    sheet: str
    reason: Literal["hidden", "no_header", "empty", "example", "repeated_header", "hidden_rows"]
    rows: int = 0
    ranges: Sequence[tuple[int, int]] = ()


class Severity(StrEnum):
    """Consequence of an issue: an error rejects its row, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class RowProblem:
    """
    Problem of a row that is detected while the file is read; the validator reports it as an issue.

    Attributes:
        number: number of the row.
        column: column of the cell; its heading is empty if the column has none.
        rule: stable id such as ``row.surplus``.
        value: text of the cell as entered.
        facts: values of the placeholders of the message.
        severity: see `Severity`.
        is_whole_row: True if the cells of the row are not reliable and need no further checks.

    """

    number: int
    column: Column
    rule: str
    value: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)
    severity: Severity = Severity.ERROR
    is_whole_row: bool = False


class Issue(NamedTuple):
    """
    One broken rule or warning in one cell.

    It is a tuple, in the order of the columns of issues.csv, because there can be millions.

    Attributes:
        file: name of the file in reports.
        sheet: worksheet name, empty for text files.
        number: number of the row.
        column: heading as entered, or the name of the field if the sheet has no such column.
        cell: cell address such as ``C7``; empty if the sheet has no such column.
        value: text of the cell as entered.
        rule: stable id of the rule such as ``task_name.charset``.
        severity: see `Severity`.
        message: problem and remedy, for a reader without the API reference.
        suggestion: proposed value; empty if there is none.

    """

    file: str
    sheet: str
    number: int
    column: str
    cell: str
    value: str
    rule: str
    severity: Severity
    message: str
    suggestion: str = ""

    @property
    def location(self) -> RowLocation:
        """The row."""
        return RowLocation(file=self.file, sheet=self.sheet, number=self.number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleaning:
    """
    Unambiguous automatic correction of a cell value.

    Attributes:
        location: the row.
        column: heading as entered.
        cell: cell address such as ``C7``.
        before: text of the cell as entered.
        after: text that is used instead.

    """

    location: RowLocation
    column: str
    cell: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """
    Task of a valid row.

    Attributes:
        location: the row.
        key: target and name.
        body: request body, compact UTF-8 JSON with sorted keys.

    """

    location: RowLocation
    key: Key
    body: bytes

    @property
    def digest(self) -> bytes:
        """SHA-256 of the body; a row that moved has the same digest, a changed row has not."""
        return hashlib.sha256(self.body).digest()


class RowRecord(NamedTuple):
    """A row of a chunk as a record: its number, and its key as far as the row has one."""

    number: int
    project_id: str
    instance_id: str
    task_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatedValue:
    """
    A value that several rows with the same target use, although it must be unique.

    Attributes:
        field: name of the field.
        location: one of the rows.
        column: column of the field in its sheet.
        value: the cleaned value.
        has_task: True if the task of this row was sent, so that the row keeps its value.

    """

    field: str
    location: RowLocation
    column: Column
    value: str
    has_task: bool = False


_SHA256_DIGITS: Final = 64

_STAMP: Final = re.compile(r"([0-9a-f]{0,32}|[0-9a-f]{64}) ([0-9]{1,9}) ([^\0]{1,1000})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """
    Mark in a to-fix file: the version of the input that it corrects.

    Attributes:
        batch: id of the batch; empty if the file was written by a check.
        input: label of the input file.
        version: number of the version that was copied, counted from 1; 0 for a check.
        content: SHA-256 of the file that was checked, in hex; empty if it was not a check.

    """

    batch: str
    input: str
    version: int
    content: str = ""

    @property
    def text(self) -> str:
        """Text of the document property."""
        return f"{self.batch or self.content} {self.version} {self.input}"

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Return the stamp in *text*, or None if *text* is not a stamp."""
        found = _STAMP.fullmatch(text)
        if found is None:
            return None
        origin, version, label = found.groups()
        is_check = len(origin) == _SHA256_DIGITS
        batch, content = ("", origin) if is_check else (origin, "")
        return cls(batch=batch, input=label, version=int(version), content=content)
