"""OpenDocument spreadsheets: all sheets stand in one part, and what is repeated is told once."""

from collections.abc import Iterator, Sequence
from typing import Final

from batchcreate.workbooks.blocks import Merge
from batchcreate.workbooks.markup import feed, parser
from batchcreate.workbooks.open_sheet import OutlineReader, SheetReader
from batchcreate.workbooks.package import Package
from batchcreate.workbooks.sheet import Row
from batchcreate.workbooks.tables import SheetName, Table, sparse

CONTENT: Final = "content.xml"


class OdsBook:
    """
    An OpenDocument spreadsheet.

    Raises `Refusal` where it is damaged.
    """

    def __init__(self, package: Package) -> None:
        self._package = package
        self._sheets = list(_sheets(package))

    @property
    def sheets(self) -> Sequence[SheetName]:
        """Its sheets, in the order of their tabs."""
        return self._sheets

    def table(self, index: int, chunk_rows: int) -> Table:
        """Return the rows of the sheet number *index*."""
        # A cell stands before those that it is merged with, so they are known in time.
        merges: list[Merge] = []
        return Table(batches=sparse(self._rows(index, merges), chunk_rows), merges=merges)

    def _rows(self, index: int, merges: list[Merge]) -> Iterator[Row]:
        made = parser()
        reader = SheetReader(made, index, merges)
        for _ in feed(made, self._package.blocks(CONTENT), CONTENT):
            yield from reader.taken()
            if reader.is_past:
                return


def _sheets(package: Package) -> Iterator[SheetName]:
    made = parser()
    reader = OutlineReader(made)
    for _ in feed(made, package.blocks(CONTENT), CONTENT):
        pass
    for name, style in reader.sheets:
        yield SheetName(name=name, is_visible=style not in reader.hidden)
