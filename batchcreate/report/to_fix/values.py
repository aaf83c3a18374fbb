"""What `to-fix` files are made of, and what is told of them."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from batchcreate.models import Layout, RowToFix, SheetToFix


class Originals(Protocol):
    """The files that rows are taken from, and what is known of their rows."""

    def sheets(self) -> Sequence[SheetToFix]:
        """Return the sheets with rows that are not created, in input order."""
        ...

    def roots(self) -> set[str]:
        """Return the labels of the files that the rows of the batch stood in at first."""
        ...

    def rows(self, sheet: SheetToFix) -> Iterator[RowToFix]:
        """Yield the rows of *sheet* that are not created, in their order."""
        ...

    def opened(self, layout: Layout) -> AbstractContextManager[BinaryIO]:
        """Open the file of *layout* as it was read."""
        ...

    def is_kept(self, digest: str) -> bool:
        """Whether a file of this SHA-256 can be had again at any time."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """
    A `to-fix` file.

    Attributes:
        path: where it is.
        file: label of the analyst's file that its rows stood in at first.
        rows: how many it holds.

    """

    path: Path
    file: str
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedBack:
    """
    What was handed back to the analysts.

    Attributes:
        files: one for each of their files with rows that are not created.
        notes: what is not as one would expect, a line each.

    """

    files: Sequence[Written] = ()
    notes: Sequence[str] = ()

    def by_name(self) -> dict[str, Path]:
        """Return the files by what they hold: ``to_fix``, ``to_fix_2`` ..."""
        return {
            "to_fix" if at == 1 else f"to_fix_{at}": written.path
            for at, written in enumerate(self.files, start=1)
        }
