"""What is noticed about the input while it is read."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from batchcreate.models import Cleaning, Layout, PassedOver
from batchcreate.validator import Checked

KEPT: Final = 20
"""How many cleaned cells are kept; all are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """
    A sheet that was read.

    Attributes:
        layout: how.
        rows: its input rows.

    """

    layout: Layout
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Notices:
    """
    What there is to know about the input beside the broken rules.

    Attributes:
        sheets: those that were read, in their order.
        passed_over: what was left out, in the order in which it stands.
        cleaned: cells that were taken for what was plainly meant.
        cleanings: the first of them.
        replaced: input rows whose places rows of to-fix files take.
        is_astray: there are rows of to-fix files, and their batch is not in this journal.

    """

    sheets: Sequence[Sheet] = ()
    passed_over: Sequence[PassedOver] = ()
    cleaned: int = 0
    cleanings: Sequence[Cleaning] = ()
    replaced: int = 0
    is_astray: bool = False

    @property
    def rows(self) -> int:
        """All input rows; one that stands in a to-fix file as well counts once."""
        return sum(sheet.rows for sheet in self.sheets) - self.replaced


class Notebook:
    """What one pass over the input has shown so far."""

    def __init__(self) -> None:
        self.layouts: list[Layout] = []
        self._rows: list[int] = []
        self._passed_over: list[PassedOver] = []
        self._cleanings: list[Cleaning] = []
        self._cleaned = 0
        self.replaced = 0
        self.is_astray = False
        self.paths: dict[str, Path] = {}

    def hear(self, told: Layout | PassedOver) -> None:
        """Note what the loader tells of a sheet."""
        if isinstance(told, Layout):
            self.layouts.append(told)
            self._rows.append(0)
        else:
            self._passed_over.append(told)

    def see(self, checked: Checked) -> None:
        """Note what there is to know about some rows of the sheet heard of last."""
        self._rows[-1] += len(checked.chunk.numbers)
        self._cleanings += islice(checked.cleanings(), KEPT - len(self._cleanings))
        self._cleaned += checked.cleaned

    def notices(self) -> Notices:
        """Return all of it."""
        return Notices(
            sheets=[
                Sheet(layout=layout, rows=rows)
                for layout, rows in zip(self.layouts, self._rows, strict=True)
            ],
            passed_over=self._passed_over,
            cleaned=self._cleaned,
            cleanings=self._cleanings,
            replaced=self.replaced,
            is_astray=self.is_astray,
        )
