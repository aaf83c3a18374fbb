"""A workbook as the rest of the program sees it: read by a child process, under limits."""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import BinaryIO, Final, Self

from batchcreate.errors import LoadError
from batchcreate.messages import quoted
from batchcreate.text import printable
from batchcreate.workbooks.frames import Value
from batchcreate.workbooks.limits import MIB, limits_for
from batchcreate.workbooks.process import Child, ChildCrashedError, ChildError, ChildSlowError
from batchcreate.workbooks.refusal import COPY

CAREFUL: Final = "careful"

_OPEN_XML: Final = "xlsx"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """The name of a sheet, and whether it is shown."""

    name: str
    is_visible: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """
    How a sheet begins.

    Attributes:
        rows: the texts of its first rows, from A1 on.
        is_blank: nothing can be seen anywhere in the sheet.

    """

    rows: Sequence[Sequence[str]]
    is_blank: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """
    Some rows that are not blank.

    Attributes:
        numbers: as the spreadsheet program shows them.
        texts: for each column asked for, what its cells show; those that a merge covers show its text.
        kinds: likewise, a letter for each cell (see `cells`); empty where all are text.

    """

    numbers: Sequence[int]
    texts: Sequence[Sequence[str]]
    kinds: Sequence[str]


class WorkbookReader:
    """
    An open workbook.

    Every method raises `LoadError` where the workbook is damaged, encrypted, not a workbook,
    or costs more than its size warrants.
    """

    def __init__(
        self, file: BinaryIO, label: str, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """
        Start the child.

        Args:
            file: owned by the caller, who may read it meanwhile.
            label: what reports call the file.
            clock: monotonic seconds.

        """
        self._file = file
        self._label = label
        self._clock = clock
        self._size_bytes = os.fstat(file.fileno()).st_size
        self._left_s = limits_for(self._size_bytes).wait_s
        self._child = Child(file)
        self._format = ""
        self._sheet = ""

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the child."""
        self._child.end()

    def tabs(self) -> list[Tab]:
        """Return the worksheets, in order."""
        with self._translated():
            said = self._ask(ask="sheets")
            self._format = said["format"]
            return [Tab(name=name, is_visible=is_visible) for name, is_visible in said["sheets"]]

    def head(self, index: int, name: str, chunk_rows: int) -> Head:
        """
        Return how the sheet number *index* begins.

        What calamine dies of, in the child, our own reader may survive.
        """
        self._sheet = name
        with self._translated():
            try:
                said = self._ask(ask="head", sheet=index, chunk_rows=chunk_rows)
            except ChildCrashedError:
                if self._format != _OPEN_XML:
                    raise
                self._child.end()
                self._child = Child(self._file, CAREFUL)
                self._ask(ask="sheets")
                said = self._ask(ask="head", sheet=index, chunk_rows=chunk_rows)
            return Head(rows=said["head"], is_blank=said["is_blank"])

    def rows(self, columns: Sequence[int], *, after: int, chunk_rows: int) -> Iterator[Rows]:
        """Yield *columns* of the rows below row *after* of the sheet whose head was asked for."""
        with self._translated():
            said = self._ask(ask="rows", columns=list(columns), after=after, chunk_rows=chunk_rows)
            while "is_end" not in said:
                texts, kinds = zip(*said["columns"], strict=True)
                yield Rows(numbers=said["numbers"], texts=texts, kinds=kinds)
                said = self._hear()

    def _ask(self, **request: object) -> Value:
        self._child.say(request)
        return self._hear()

    def _hear(self) -> Value:
        since = self._clock()
        left_s = self._left_s
        said = self._child.hear(lambda: left_s - (self._clock() - since))
        self._left_s = left_s - (self._clock() - since)
        if "refused" in said:
            message = f"{self._place}: {printable(said['refused'])}"
            raise LoadError(message)
        return said

    @property
    def _place(self) -> str:
        return f"{self._label}, sheet {quoted(self._sheet)}" if self._sheet else self._label

    @contextmanager
    def _translated(self) -> Iterator[None]:
        size = f"{self._size_bytes / MIB:.1f} MiB"
        try:
            yield
        except ChildSlowError as error:
            message = (
                f"{self._place}: takes far longer to read than a workbook of {size} should. It is"
                f" damaged, made to do harm, or formatted far beyond its table. {COPY}"
            )
            raise LoadError(message) from error
        except ChildError as error:
            message = (
                f"{self._place}: the process that reads it crashed or ran out of the memory that a"
                f" workbook of {size} should need. It is damaged or made to do harm. {COPY}"
            )
            raise LoadError(message) from error
