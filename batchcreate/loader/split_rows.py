"""Rows and lists that were split: by a line break or a separator without quotation marks."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from batchcreate.frames import matches
from batchcreate.loader.csv_parser import Table
from batchcreate.loader.header import Header
from batchcreate.models import Column, RowProblem
from batchcreate.rules import RULES, VALUE_WORDS, pattern, split_values
from batchcreate.text import is_blank
from batchcreate.validator.converted_values import is_totals
from batchcreate.validator.suggestions import suggest

if TYPE_CHECKING:
    from pandas import Series

SPLIT_ROW: Final = "row.split"
"""Rule of rows that are parts of one row."""

SPLIT_LIST: Final = "row.split_list"
"""Rule of rows whose list of operation types was split into several cells."""

ENCLOSED_ROW: Final = "row.enclosed_row"
"""Rule of rows with a quoted cell that contains another row."""

PARTS_MAX: Final = 100
"""Maximum number of rows that are recognised as parts of one row, the blank ones included."""

_NAME: Final = pattern(RULES["task_name"])
_OPERATIONS: Final = RULES["operation_types"]
_VALUES: Final = "|".join(_OPERATIONS.values)
_WORDS: Final = "|".join(VALUE_WORDS)
_HAS_OPERATION: Final = f"(?i:{_VALUES}|{_WORDS})"
_LINE_WITH_OPERATION: Final = rf"[\r\n].*{_HAS_OPERATION}"
_NOTE: Final = re.compile(r"\W*$|#|//|\(\d+ ")

_IS_LIST: Final = "{0}*(?:{1})(?:(?:{0}|and|和)+(?:{1}))*{0}*"
_MAY_BE_LIST: Final = f"^(?i:{_IS_LIST.format('[^0-9A-Za-z]', f'{_VALUES}|{_WORDS}')})$"
_IS_LIST_OF_VALUES: Final = re.compile(_IS_LIST.format(r"[\W_]", _VALUES), re.IGNORECASE)
_IS_LIST_OF_WORDS: Final = re.compile(_IS_LIST.format(r"[\W_]", _WORDS))
_CACHED_TEXTS: Final = 4096


def split_lists(
    operations: "Series[str]", following: "Series[str]", column: Column
) -> list[RowProblem]:
    """
    Return the rows in which the cell next to the operation types is an operation type too.

    Args:
        operations: the operation types, by row number.
        following: the cells to the right of them.
        column: the column of these cells.

    """
    may_be_list = matches(following, _MAY_BE_LIST)
    if not may_be_list.any():
        return []
    lists, cells = operations[may_be_list], following[may_be_list]
    rows = zip(lists.index.tolist(), lists.tolist(), cells.tolist(), strict=True)
    return [
        RowProblem(number=number, column=column, rule=SPLIT_LIST, value=cell)
        for number, text, cell in rows
        if not is_blank(text) and _is_list(cell, next_to=text)
    ]


def _is_list(cell: str, *, next_to: str) -> bool:
    """Return True if *cell* consists of operation types; Chinese ones only next to others."""
    is_translated = re.search(_WORDS, next_to) is not None
    return _IS_LIST_OF_VALUES.fullmatch(cell) is not None or (
        is_translated and _IS_LIST_OF_WORDS.fullmatch(cell) is not None
    )


def enclosed_rows(table: Table, header: Header, delimiter: str) -> Iterator[RowProblem]:
    """Yield the rows of *table* with a quoted cell that contains another row."""
    for index in range(table.frame.shape[1]):
        texts = table.frame[index]
        found = texts[matches(texts, _LINE_WITH_OPERATION)]
        for number, text in zip(found.index.tolist(), found.tolist(), strict=True):
            lines = (line for line in text.splitlines()[1:] if _is_row(line, header, delimiter))
            if line := next(lines, ""):
                yield RowProblem(
                    number=number,
                    column=header.column(index),
                    rule=ENCLOSED_ROW,
                    value=line,
                    is_whole_row=True,
                )


def _is_row(line: str, header: Header, delimiter: str) -> bool:
    """Return True if *line* has a valid name and valid operation types in their columns."""
    cells = dict(enumerate(line.split(delimiter)))
    name = cells.get(header.columns["task_name"].index, "").strip()
    values = split_values(cells.get(header.list_column, "").strip('"'))
    return _NAME.fullmatch(name) is not None and 0 < len(values) == len(
        set(values) & set(_OPERATIONS.values)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """
    A row that may continue the row above it.

    Attributes:
        number: the row number.
        count: number of its cells.
        first: the first cell.
        name: the cell in the column of the task names.
        operations: the cell in the column of the operation types.
        is_after_return: True if a bare carriage return is above it.

    """

    number: int
    count: int
    first: str
    name: str
    operations: str
    is_after_return: bool

    @property
    def is_blank(self) -> bool:
        """True if the row is blank, as between two paragraphs."""
        return is_blank(self.first + self.name + self.operations)

    @property
    def is_name(self) -> bool:
        """True if the row begins a task, whose remaining cells are missing."""
        return is_blank(self.operations) and _NAME.fullmatch(self.name.strip()) is not None

    @property
    def is_note(self) -> bool:
        """True if the row is a total, a comment or a ruler."""
        return self.count == 1 and bool(is_totals(self.first) or _NOTE.match(self.first.strip()))


@dataclass(slots=True, kw_only=True)
class _Run:
    """
    A row, and the rows below it that may be parts of it.

    Attributes:
        table: the table of the first row.
        at: position of the first row in *table*.
        number: number of the first row.
        count: number of cells of the first row.
        cells: number of cells of all rows together.
        parts: the rows below it.

    """

    table: Table
    at: int
    number: int
    count: int
    cells: int
    parts: list[_Part] = field(default_factory=list)

    @property
    def last(self) -> int:
        """Number of the last row."""
        return self.number + len(self.parts)

    @property
    def is_certain(self) -> bool:
        """True if a bare carriage return separates two of the rows."""
        return any(part.is_after_return for part in self.parts)

    def cell(self, index: int) -> str:
        """Return the cell of the first row at *index*."""
        frame = self.table.frame
        return str(frame[index].iloc[self.at]) if index < frame.shape[1] else ""


class SplitRows:
    """
    Detection of rows that a line break without quotation marks has split.

    Rows with missing cells at the end are legal. Therefore two consecutive rows are parts of one
    row only if they have too few cells for two rows, and if the second one cannot be a task: it
    contains other text in the column of the operation types, or its name is not valid either.
    """

    def __init__(self, header: Header) -> None:
        self._header = header
        self._name = header.columns["task_name"].index
        self._list = header.list_column
        self._run: _Run | None = None

    @property
    def first(self) -> int | None:
        """Number of the first row that the next rows may continue; None if there is none."""
        return self._run.number if self._run else None

    def add(self, table: Table) -> Iterator[RowProblem]:
        """Yield the problems of the rows that are complete with *table*, the next rows."""
        first = int(table.frame.index[0])
        for part in self._candidates(table):
            if self._run is None or self._run.last != part.number - 1:
                yield from self.finish()
                if part.number > first:
                    self._start(table, part.number - 1 - first)
            if self._run is not None and self._continues(self._run, part):
                self._run.parts.append(part)
                self._run.cells += part.count - 1
            else:
                yield from self.finish()
                self._start(table, part.number - first)
        last = len(table.frame) - 1
        if self._run is None or self._run.last != first + last:
            yield from self.finish()
            self._start(table, last)

    def finish(self) -> Iterator[RowProblem]:
        """Yield the problems of the rows so far, which no further row continues."""
        run, self._run = self._run, None
        if run is None or not self._is_split(run):
            return
        parts = [part for part in run.parts if not part.is_blank]
        numbers = [run.number, *(part.number for part in parts)]
        last = run.count - 1
        yield self._problem(run.number, last, run.cell(last), numbers)
        for part in parts:
            yield self._problem(part.number, 0, part.first, numbers)

    def _problem(self, number: int, index: int, value: str, numbers: Sequence[int]) -> RowProblem:
        others = ", ".join(str(other) for other in numbers if other != number)
        return RowProblem(
            number=number,
            column=self._header.column(index),
            rule=SPLIT_ROW,
            value=value,
            facts={"others": others},
            is_whole_row=True,
        )

    def _start(self, table: Table, at: int) -> None:
        count = self._header.width if table.counts is None else int(table.counts[at])
        number = int(table.frame.index[at])
        self._run = _Run(table=table, at=at, number=number, count=count, cells=count)

    def _candidates(self, table: Table) -> Iterator[_Part]:
        """Yield the short rows without an operation type, and those after a carriage return."""
        if table.counts is None:
            return
        operations = table.frame[self._list]
        is_candidate = (table.counts < self._header.width) & ~matches(operations, _HAS_OPERATION)
        if table.is_after_return is not None:
            is_candidate |= table.is_after_return
        positions = is_candidate.nonzero()[0]
        is_after = (
            positions < 0 if table.is_after_return is None else table.is_after_return[positions]
        )
        rows = table.frame.iloc[positions]
        columns = (
            rows.index,
            table.counts[positions],
            rows[0],
            rows[self._name],
            rows[self._list],
            is_after,
        )
        for number, count, first, name, texts, after in zip(
            *(column.tolist() for column in columns), strict=True
        ):
            yield _Part(
                number=number,
                count=count,
                first=first,
                name=name,
                operations=texts,
                is_after_return=after,
            )

    def _continues(self, run: _Run, part: _Part) -> bool:
        if len(run.parts) >= PARTS_MAX:
            return False
        is_fitting = run.cells + part.count - 1 <= self._header.width
        if part.is_blank:
            return is_fitting
        is_task = _means_operations(part.operations)
        if part.is_after_return:
            return is_fitting or not is_task
        return is_fitting and not (is_task or part.is_name or part.is_note)

    def _is_split(self, run: _Run) -> bool:
        while run.parts and run.parts[-1].is_blank:
            run.cells -= run.parts.pop().count - 1
        if not run.parts or run.number in run.table.filled:
            return False
        if run.is_certain:
            return True
        if run.count > self._list and not _means_operations(run.cell(self._list)):
            return False
        is_exact = run.cells == self._header.width
        if is_exact and any(part.count > 1 for part in run.parts):
            return True
        # Otherwise only the last cell of the row can have a second line.
        if is_blank(run.cell(run.count - 1)) or not self._is_text_column(run.count - 1):
            return False
        return is_exact or not any(_NAME.fullmatch(part.first.strip()) for part in run.parts)

    def _is_text_column(self, index: int) -> bool:
        """Return True if cells of the column can contain line breaks."""
        fields = {column.index: name for name, column in self._header.columns.items()}
        return index not in fields or index == self._list or RULES[fields[index]].is_text


@lru_cache(_CACHED_TEXTS)
def _means_operations(text: str) -> bool:
    """Return True if *text* contains operation types, or seems to."""
    if re.search(_HAS_OPERATION, text):
        return True
    found = suggest(_OPERATIONS, text)
    return bool(found.value or found.choices)
