"""Office Open XML workbooks: calamine where it tells everything, and our own reader elsewhere."""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Final

from python_calamine import CalamineSheet, CalamineWorkbook

from batchcreate.workbooks import dates, office, sheet
from batchcreate.workbooks.ahead import Ahead
from batchcreate.workbooks.batches import Batch
from batchcreate.workbooks.limits import MIB, Limits
from batchcreate.workbooks.package import Package
from batchcreate.workbooks.source import Source
from batchcreate.workbooks.survey import Survey, has_plain_strings, survey
from batchcreate.workbooks.tables import SheetName, Table, dense, sparse

_TRUSTED_SHARE: Final = 0.8
"""How much of the memory calamine may need, by our estimate, before we do without it."""

_AT_ONCE_BYTES: Final = 100 * MIB
"""Workbooks that unpack to no more are looked through while calamine reads them already."""


class XlsxBook:
    """
    A workbook of XML parts.

    calamine is several times as fast, but it tells neither errors nor formulas without a
    result nor zeros that a format puts before a number, and it holds every cell between the first and the last one in memory.
    """

    def __init__(self, source: Source, limits: Limits, *, is_careful: bool) -> None:
        self._source = source
        self._limits = limits
        self._package = Package(source, limits)
        self._outline = office.outline(self._package)
        self._formats, is_east_asian = office.formats(self._package, self._outline.styles)
        has_zeros = any(map(dates.is_zeros, self._formats))
        self._is_careful = is_careful or is_east_asian or has_zeros
        self._started: list[Ahead[CalamineSheet]] = []

    @property
    def sheets(self) -> Sequence[SheetName]:
        """Its worksheets, in the order of their tabs."""
        return [
            SheetName(name=part.name, is_visible=part.is_visible) for part in self._outline.sheets
        ]

    def table(self, index: int, chunk_rows: int) -> Table:
        """
        Return the rows of the sheet number *index*.

        Raises:
            Refusal: it is damaged.

        """
        part = self._outline.sheets[index]
        early = self._ahead(part.name) if self._may_be_early else None
        found = survey(self._package.blocks(part.part), has_dates=any(self._formats))

        def careful(after: int) -> Iterator[Batch]:
            rows = sheet.rows(self._package, part.part, self._context)
            return sparse((row for row in rows if row[0] > after), chunk_rows)

        if self._is_fast(found):
            ahead = early or self._ahead(part.name)
            batches = _as_far_as_it_goes(_fast(ahead, chunk_rows), careful)
        else:
            batches = careful(0)
        return Table(batches=batches, merges=found.merges)

    @property
    def _may_be_early(self) -> bool:
        return not self._is_careful and self._package.declared_bytes <= _AT_ONCE_BYTES

    def _is_fast(self, found: Survey) -> bool:
        return (
            not self._is_careful
            and found.is_plain
            and found.memory_bytes < self._limits.memory_bytes * _TRUSTED_SHARE
            and self._has_plain_strings
        )

    def _ahead(self, name: str) -> Ahead[CalamineSheet]:
        for earlier in self._started:
            earlier.wait()
        ahead = Ahead(lambda: self._calamine.get_sheet_by_name(name))
        self._started = [ahead]
        return ahead

    @cached_property
    def _has_plain_strings(self) -> bool:
        part = self._outline.strings
        return not part or has_plain_strings(self._package.blocks(part))

    @cached_property
    def _calamine(self) -> CalamineWorkbook:
        return CalamineWorkbook.from_filelike(self._source.open())

    @cached_property
    def _context(self) -> sheet.Context:
        return sheet.Context(
            strings=office.shared_strings(self._package, self._outline.strings),
            formats=self._formats,
            is_1904=self._outline.is_1904,
        )


def _fast(ahead: Ahead[CalamineSheet], chunk_rows: int) -> Iterator[Batch]:
    yield from dense(ahead.result(), chunk_rows)


def _as_far_as_it_goes(
    fast: Iterator[Batch], careful: Callable[[int], Iterator[Batch]]
) -> Iterator[Batch]:
    """Yield the batches of *fast*, and the rest from *careful* where it fails."""
    last = 0
    while True:
        try:
            batch = next(fast, None)
        except BaseException:  # noqa: BLE001 # calamine panics with what is no Exception
            break
        if batch is None:
            return
        yield batch
        last = batch.numbers[-1]
    yield from careful(last)
