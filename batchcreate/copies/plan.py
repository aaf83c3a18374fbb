"""What a copy is to hold; pure."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """
    A cell to be mended.

    Attributes:
        index: zero-based position of its column.
        comment: what is wrong with it and what to type.
        is_lost: it has no value to show, and must not come back as an empty one: its formula has
            no result in the file, or it was merged with another.

    """

    index: int
    comment: str
    is_lost: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """
    A row to be mended.

    Attributes:
        number: of the row in the file that it is taken from.
        status: what became of it and what to do.
        origin: what the next reading knows it by.
        marks: its cells to be mended, one for each cell.
        is_refused: what is wrong with it stands in no cell, but in its status.

    """

    number: int
    status: str
    origin: str
    marks: Sequence[Mark] = ()
    is_refused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Headings:
    """
    Headings of the two columns that batchcreate adds.

    Attributes:
        status: heading of the status column.
        origin: heading of the origin column.
        explained: comment of the status heading.
        statuses: headings of the status column in all languages.
        origins: headings of the origin column in all languages.

    """

    status: str
    origin: str
    explained: str
    statuses: Sequence[str]
    origins: Sequence[str]

    def is_own(self, heading: object) -> bool:
        """Return True if *heading* is that of an added column."""
        known = (*self.statuses, *self.origins)
        return isinstance(heading, str) and _bare(heading) in map(_bare, known)

    def is_origin(self, heading: object) -> bool:
        """Return True if *heading* is that of the origin column."""
        return isinstance(heading, str) and _bare(heading) in map(_bare, self.origins)


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetPlan:
    """
    Which rows of a sheet are copied.

    Attributes:
        name: of the sheet.
        header_number: the row of the headings; it and those above it are copied.
        lines: the rows below it, by their numbers.

    """

    name: str
    header_number: int
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The sheets with rows to be copied; the others stay in the workbook, but hidden."""

    headings: Headings
    sheets: Sequence[SheetPlan]

    def dump(self) -> bytes:
        """Return the plan as the child takes it."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def load(cls, dumped: bytes) -> Self:
        """Return the plan that *dumped* holds."""
        said = json.loads(dumped)
        sheets = [
            SheetPlan(
                name=sheet["name"],
                header_number=sheet["header_number"],
                lines=[
                    Line(**line | {"marks": [Mark(**mark) for mark in line["marks"]]})
                    for line in sheet["lines"]
                ],
            )
            for sheet in said["sheets"]
        ]
        return cls(headings=Headings(**said["headings"]), sheets=sheets)


def _bare(heading: str) -> str:
    return "".join(heading.split()).casefold()
