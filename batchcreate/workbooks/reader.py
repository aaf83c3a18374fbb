"""Reader of a workbook: the parent's side, which sends requests to a limited child process."""

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import BinaryIO, Final, Self

from batchcreate.errors import LoadError
from batchcreate.messages import quoted
from batchcreate.text import printable
from batchcreate.workbooks.child_process import (
    ChildCrashedError,
    ChildError,
    ChildProcess,
    ChildSilentError,
    ChildSlowError,
)
from batchcreate.workbooks.merged_cells import MergedRange
from batchcreate.workbooks.protocol import (
    COPY,
    MIB,
    NO_CALAMINE,
    Limits,
    Message,
    SheetName,
    limits_for,
)

_CHILD: Final = "batchcreate.workbooks.child"
_OPEN_XML: Final = "xlsx"
_SAME: Final = ("numbers", "covered", "hidden", "struck")
"""Members of a response that have the form of `SheetRows`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetHead:
    """
    The first rows of a sheet.

    Attributes:
        rows: texts of the first rows, starting at A1.
        is_blank: the whole sheet shows no values.
        merges: cells in these rows that are merged across columns.
        hidden_columns: first and last zero-based position of each range of hidden columns.

    """

    rows: Sequence[Sequence[str]]
    is_blank: bool
    merges: Sequence[MergedRange] = ()
    hidden_columns: Sequence[tuple[int, int]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetRows:
    """
    Consecutive rows of a sheet, without the blank ones.

    Attributes:
        numbers: row numbers as shown by the spreadsheet program.
        texts: displayed texts of each requested column. A merged cell that is covered has the
            text of the cell that covers it.
        kinds: one letter for each cell of each requested column (see `cell_values`); empty if all
            cells of the column are text.
        unnamed: numbers of filled cells in the columns without a heading, by their positions.
        covered: row number, column and text of each filled cell in `HeadingColumns.covered`.
        hidden: first and last number of each range of hidden rows.
        struck: row number, column and text of the first struck-through cell of each row.

    """

    numbers: Sequence[int]
    texts: Sequence[Sequence[str]]
    kinds: Sequence[str]
    unnamed: Mapping[int, int]
    covered: Sequence[tuple[int, int, str]]
    hidden: Sequence[tuple[int, int]] = ()
    struck: Sequence[tuple[int, int, str]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadingColumns:
    """
    Positions of columns, zero-based, by their headings.

    Attributes:
        named: columns with a heading; filled cells in other columns are counted.
        covered: columns without a heading whose filled cells are returned instead, such as those
            below a heading that is merged across columns.
        cut: columns whose texts are cut if they are too long; in others they are refused.

    """

    named: Collection[int]
    covered: Collection[int] = ()
    cut: Collection[int] = ()


class WorkbookReader:
    """
    An open workbook.

    Every method raises `LoadError` if the file is damaged, encrypted or not a workbook, or if it
    exceeds the limits for its size.

    Attributes:
        label: name of the file in messages.
        stamp: text of the document property of batchcreate, after `sheets`; empty if there is none.

    """

    def __init__(self, file: BinaryIO, label: str, *, limits: Limits | None = None) -> None:
        """
        Start the child process.

        Args:
            file: owned by the caller, who may read it concurrently.
            label: name of the file in messages.
            limits: by default those for the size of the file.

        """
        self._file = file
        self.label = label
        self.stamp = ""
        self._size_bytes = os.fstat(file.fileno()).st_size
        self._silence_s = (limits or limits_for(self._size_bytes)).silence_s
        self._child = ChildProcess(_CHILD, file, silence_s=self._silence_s)
        self._file_type = ""
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
        """End the child process."""
        self._child.close()

    def sheets(self) -> list[SheetName]:
        """Return the worksheets in the order of their tabs."""
        with self._translated_errors():
            response = self._request(request="sheets")
            self._file_type, self.stamp = response["file_type"], response["stamp"]
            return [
                SheetName(name=name, is_visible=is_visible)
                for name, is_visible in response["sheets"]
            ]

    def head(self, index: int, name: str, chunk_rows: int) -> SheetHead:
        """
        Return the first rows of the sheet with position *index* and *name*.

        If calamine crashes the child, a second child reads the sheet without calamine.
        """
        self._sheet = name
        with self._translated_errors():
            try:
                response = self._request(request="head", sheet=index, chunk_rows=chunk_rows)
            except ChildCrashedError:
                if self._file_type != _OPEN_XML:
                    raise
                self._child.close()
                self._child = ChildProcess(
                    _CHILD, self._file, NO_CALAMINE, silence_s=self._silence_s
                )
                self._request(request="sheets")
                response = self._request(request="head", sheet=index, chunk_rows=chunk_rows)
            return SheetHead(
                rows=response["head"],
                is_blank=response["is_blank"],
                merges=[
                    MergedRange(top, left, top, right) for top, left, right in response["merges"]
                ],
                hidden_columns=response["hidden_columns"],
            )

    def rows(
        self,
        columns: Sequence[int],
        *,
        after: int,
        chunk_rows: int,
        headings: HeadingColumns | None = None,
        ignored: int | None = None,
    ) -> Iterator[SheetRows]:
        """
        Yield the rows of the sheet whose head was read last.

        Args:
            columns: zero-based positions of the columns.
            after: only rows with a higher number are returned.
            chunk_rows: maximum number of rows per value.
            headings: the columns with a heading; None to ignore the cells in other columns.
            ignored: column whose cells do not keep a row from being blank.

        """
        with self._translated_errors():
            response = self._request(
                request="rows",
                columns=list(columns),
                after=after,
                chunk_rows=chunk_rows,
                named=list(headings.named) if headings else None,
                covered=list(headings.covered) if headings else [],
                ignored=ignored,
                cut=list(headings.cut) if headings else [],
            )
            while "is_end" not in response:
                texts, kinds = zip(*response["columns"], strict=True)
                same = {name: response[name] for name in _SAME}
                yield SheetRows(
                    texts=texts, kinds=kinds, unnamed=dict(response["unnamed"]), **same
                )
                response = self._receive()

    def _request(self, **request: object) -> Message:
        self._child.send(request)
        return self._receive()

    def _receive(self) -> Message:
        response = self._child.receive()
        if "refused" in response:
            message = f"{self._location}: {printable(response['refused'])}"
            raise LoadError(message)
        return response

    @property
    def _location(self) -> str:
        return f"{self.label}, sheet {quoted(self._sheet)}" if self._sheet else self.label

    @contextmanager
    def _translated_errors(self) -> Iterator[None]:
        try:
            yield
        except ChildError as error:
            message = f"{self._location}: {self._explain(error)}"
            raise LoadError(message) from error

    def _explain(self, error: ChildError) -> str:
        size = f"{self._size_bytes / MIB:.1f} MiB"
        if isinstance(error, ChildSlowError):
            return (
                f"takes far longer to read than expected for {size}. It is damaged or malicious,"
                f" or has formatting far beyond the table. {COPY}"
            )
        if isinstance(error, ChildSilentError):
            return (
                f"the process that reads it has not answered for {self._silence_s:.0f} seconds."
                " Try again when the machine is less busy. If the error persists, copy the table to a"
                " new workbook and use that file."
            )
        return (
            "the process that reads it crashed or exceeded the memory limit for a workbook of"
            f" {size}. It is damaged or malicious. {COPY}"
        )
