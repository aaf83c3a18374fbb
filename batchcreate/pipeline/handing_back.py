"""Where the rows that go back to the analysts are taken from."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO

from batchcreate.errors import LoadError
from batchcreate.journal import Journal, contents, mending
from batchcreate.models import Layout, RowToFix, SheetToFix


class KeptFiles:
    """
    The input files as a journal keeps them.

    Args:
        journal: open.

    """

    def __init__(self, journal: Journal) -> None:
        self._connection = journal.connection

    def sheets(self) -> Sequence[SheetToFix]:
        """Return the sheets with rows that are not created, in input order."""
        return mending.sheets(self._connection)

    def roots(self) -> set[str]:
        """Return the labels of the files that the rows of the batch stood in at first."""
        return mending.roots(self._connection)

    def rows(self, sheet: SheetToFix) -> Iterator[RowToFix]:
        """Yield the rows of *sheet* that are not created, in their order."""
        return mending.rows(self._connection, sheet)

    def opened(self, layout: Layout) -> AbstractContextManager[BinaryIO]:
        """Open the file of *layout* as it was read."""
        return contents.opened(self._connection, layout.content)

    def is_kept(self, digest: str) -> bool:
        """Whether a file of this SHA-256 can be had again at any time."""
        return contents.is_kept(self._connection, digest)


class CheckedFiles(KeptFiles):
    """
    The input files of a check, which are where they were.

    Args:
        journal: knows their rows, until the check ends.
        paths: the files by their SHA-256.

    """

    def __init__(self, journal: Journal, paths: Mapping[str, Path]) -> None:
        super().__init__(journal)
        self._paths = paths

    def opened(self, layout: Layout) -> AbstractContextManager[BinaryIO]:
        """
        Open the file of *layout* once more.

        Raises:
            LoadError: it is gone.

        """
        if (path := self._paths.get(layout.content)) is None:
            return super().opened(layout)
        try:
            return path.open("rb")
        except OSError as error:
            message = f"{layout.file}: cannot be read any more ({error.strerror}). Try again."
            raise LoadError(message) from error

    def is_kept(self, digest: str) -> bool:
        """Say no: nothing outlives a check."""
        del digest
        return False
