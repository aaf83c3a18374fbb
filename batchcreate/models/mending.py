"""Rows that go back to the analysts because they are not created."""

from collections.abc import Sequence
from dataclasses import dataclass

from batchcreate.models.results import Status
from batchcreate.models.rows import Issue, Layout


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetToFix:
    """
    A sheet with rows that are not created.

    Attributes:
        sources: its numbers in the journal, one for each time that it was read.
        layout: how it was read; headings of no field are not listed.
        root: label of the file that its rows stood in at first.
        rows: how many are not created.

    """

    sources: Sequence[int]
    layout: Layout
    root: str
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RowToFix:
    """
    A row that is not created.

    Attributes:
        number: of the row, as the spreadsheet program shows it.
        status: where it stands.
        http_status: of the last answer, ``None`` where there was none.
        error_code: the server's code as it came, ``INVALID_ROW`` or ``CONNECT``, else empty.
        error_msg: the server's message, or why the row stands where it stands.
        issues: its broken rules.
        origin: the text that says where it stood at first, see `Origin`.

    """

    number: int
    status: Status
    http_status: int | None
    error_code: str
    error_msg: str
    issues: tuple[Issue, ...]
    origin: str
