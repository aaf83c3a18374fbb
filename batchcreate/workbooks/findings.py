"""What binary workbooks say and calamine keeps to itself: errors, and merged cells."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from batchcreate.workbooks.blocks import Merge

_ERRORS: Final[Mapping[int, str]] = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
    0x2B: "#GETTING_DATA",
}


@dataclass(frozen=True, slots=True)
class Findings:
    """
    What was found in one sheet.

    Attributes:
        errors: what cells with an error show, by row numbers and columns.
        merges: cells that are shown as one.

    """

    errors: dict[int, dict[int, str]] = field(default_factory=dict)
    merges: list[Merge] = field(default_factory=list)

    def see_error(self, row: int, column: int, code: int) -> None:
        """Take down that the cell in *row* and *column*, both from 0, shows an error."""
        self.errors.setdefault(row + 1, {})[column] = _ERRORS.get(code, "#VALUE!")

    def see_merge(self, top: int, bottom: int, left: int, right: int) -> None:
        """Take down that the cells between these rows and columns, all from 0, are shown as one."""
        self.merges.append(Merge(top + 1, left, bottom + 1, right))
