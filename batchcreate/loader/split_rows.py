"""Rows and lists that were split: by a line break or a separator without quotation marks."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from batchcreate.frames import matches
from batchcreate.loader.csv_parser import Table
from batchcreate.loader.header import Header
from batchcreate.loader.row_parts import VALID_NAME, Part, Run, is_note
from batchcreate.models import Column, RowProblem
from batchcreate.rules import MANDATORY_FIELDS, RULES, VALUE_WORDS, Rule, pattern, split_values
from batchcreate.text import is_blank
from batchcreate.validator.suggestions import suggest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from pandas import DataFrame, Series

SPLIT_ROW: Final = "row.split"
"""Rule of rows that are parts of one row."""

SPLIT_LIST: Final = "row.split_list"
"""Rule of rows whose list of operation types was split into several cells."""

ENCLOSED_ROW: Final = "row.enclosed_row"
"""Rule of rows with a quoted cell that contains another row."""

PARTS_MAX: Final = 100
"""Maximum number of rows that are recognised as parts of one row, the blank ones included."""

_OPERATIONS: Final = RULES["operation_types"]
_VALUES: Final = "|".join(_OPERATIONS.values)
_WORDS: Final = "|".join(VALUE_WORDS)
_HAS_OPERATION: Final = f"(?i:{_VALUES}|{_WORDS})"
_LINE_WITH_OPERATION: Final = rf"[\r\n].*{_HAS_OPERATION}"

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
    if header.list_column is None:
        return False
    name = cells.get(header.columns["task_name"].index, "").strip()
    values = split_values(cells.get(header.list_column, "").strip('"'))
    return VALID_NAME.fullmatch(name) is not None and 0 < len(values) == len(
        set(values) & set(_OPERATIONS.values)
    )


class SplitRows:
    """
    Detection of rows that a line break without quotation marks has split.

    Rows with missing cells at the end are legal. Therefore two consecutive rows are parts of one
    row only if they have too few cells for two rows, and if the second one cannot be a task: it
    contains other text in the column of the operation types, or its name is not valid either.

    A row that ends before the last mandatory column cannot be a task. It is a part of the row above,
    and a single cell also of the row below, if both can be one value: otherwise one of the two would
    be created with half of it. A cell that is a whole name is only a part if the row above or below
    has all other cells. A broken value has no quotation marks, so that a quoted cell begins no row.

    Without a column for the operation types, any row with a name can be a task. There, rows are parts
    of one row if they have together all of its cells, except in a file of short rows.
    """

    def __init__(self, header: Header) -> None:
        self._header = header
        self._name = header.columns["task_name"].index
        # Without a column, the cells are empty, as in rows that end before it.
        self._list = header.width if header.list_column is None else header.list_column
        required = (header.columns.get(name) for name in MANDATORY_FIELDS)
        self._needed = max(column.index for column in required if column) + 1
        self._fields = {column.index: name for name, column in header.columns.items()}
        self._run: Run | None = None
        self._has_full_rows = self._has_short_rows = False

    @property
    def first(self) -> int | None:
        """Number of the first row that the next rows may continue; None if there is none."""
        return self._run.number if self._run else None

    def add(self, table: Table) -> Iterator[RowProblem]:
        """Yield the problems of the rows that are complete with *table*, the next rows."""
        first, counts = int(table.frame.index[0]), table.counts
        if counts is None or (counts >= self._header.width).any():
            self._has_full_rows = True
        for part in self._candidates(table):
            if self._run is None or self._run.last != part.number - 1:
                yield from self._finish_above(table)
                if part.number > first:
                    self._run = self._row(table, part.number - 1 - first)
            if self._run is not None and self._continues(self._run, part):
                self._run.parts.append(part)
                self._run.cells += part.count - 1
            else:
                yield from self._finish_above(table)
                self._run = self._row(table, part.number - first)
        last = len(table.frame) - 1
        if self._run is None or self._run.last != first + last:
            yield from self._finish_above(table)
            self._run = self._row(table, last)

    def _finish_above(self, table: Table) -> Iterator[RowProblem]:
        """Yield the problems of the rows so far, whose next row is in *table*."""
        if self._run is not None:
            at = self._run.last + 1 - int(table.frame.index[0])
            yield from self.finish(self._row(table, at))

    def finish(self, below: Run | None = None) -> Iterator[RowProblem]:
        """Yield the problems of the rows so far, which no further row continues but *below*."""
        run, self._run = self._run, None
        if run is None:
            return
        is_split = self._is_split(run) and not self._are_all_short(below)
        parts = [part for part in run.parts if not part.is_blank]
        cells = [(run.number, run.count - 1, run.cell(run.count - 1))]
        cells += [(part.number, 0, part.first) for part in parts]
        if not is_split:
            del cells[:-1]
        if below is not None and self._leads(run, parts, below):
            cells.append((below.number, 0, below.cell(0)))
        if len(cells) > 1:
            numbers = [number for number, _, _ in cells]
            yield from (self._problem(*cell, numbers) for cell in cells)

    def _leads(self, run: Run, parts: Sequence[Part], below: Run) -> bool:
        """Return True if the last row of *run* is the first part of the row *below*."""
        is_rest = run.is_certain or 0 not in self._fields
        if is_rest or below.is_filled or below.count < self._needed:
            return False
        if parts:
            last = parts[-1]
            count, text, is_quoted = last.count, last.first, last.is_quoted
        elif run.is_filled:
            return False
        else:
            is_list = run.count < self._header.width and self._list == 0 and run.is_blank_after(0)
            count, text, is_quoted = (1 if is_list else run.count), run.cell(0), run.is_quoted
        if count > 1 or is_quoted or is_blank(text) or is_note(text):
            return False
        is_whole = below.count == self._header.width
        if parts and self._rule(run.count - 1).is_text and not is_blank(run.cell(run.count - 1)):
            is_whole = False  # a whole word is rather the rest of the text above it
        return self._may_join(0, text, below.cell(0), fragment=text, is_whole=is_whole)

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

    def _row(self, table: Table, at: int) -> Run:
        count = self._header.width if table.counts is None else int(table.counts[at])
        number = int(table.frame.index[at])
        return Run(table=table, at=at, number=number, count=count, cells=count)

    def _candidates(self, table: Table) -> Iterator[Part]:
        """Yield the rows that may be parts of others, also those after a carriage return."""
        import numpy as np

        counts = table.counts
        if counts is None:
            # Full rows are parts of others only below a row whose list was split at its commas.
            if self._run is None or self._run.count >= self._header.width:
                return
            counts = np.full(len(table.frame), self._header.width)
        is_after = table.is_after_return
        if is_after is None:
            is_after = np.zeros(len(counts), bool)
        positions = (self._is_candidate(table.frame, counts) | is_after).nonzero()[0]
        is_after = is_after[positions]
        rows = table.frame.iloc[positions]
        counts = counts[positions]
        columns = (
            rows.index.tolist(),
            counts.tolist(),
            rows.to_numpy().tolist(),
            is_after.tolist(),
        )
        for number, count, cells, after in zip(*columns, strict=True):
            yield Part(
                number=number,
                count=count,
                first=cells[0],
                name=cells[self._name],
                operations=cells[self._list] if self._list < len(cells) else "",
                last=cells[min(count, len(cells)) - 1],
                is_blank=is_blank("".join(cells)),
                is_after_return=after,
                is_quoted=number in table.quoted,
            )

    def _is_candidate(self, frame: "DataFrame", counts: "NDArray[np.intp]") -> "NDArray[np.bool_]":
        is_short = counts < self._header.width
        found = (is_short & ~matches(self._operations(frame), _HAS_OPERATION)) | (
            counts < self._needed
        )
        if self._list == 0:
            return found | (is_short & ~matches(frame[self._name], r"\S"))
        return found | matches(frame[0], _MAY_BE_LIST)

    def _operations(self, frame: "DataFrame") -> "Series[str]":
        return frame[self._list] if self._list in frame else frame[0].str.slice(0, 0)

    def _continues(self, run: Run, part: Part) -> bool:
        if len(run.parts) >= PARTS_MAX:
            return False
        is_fitting = run.cells + part.count - 1 <= self._header.width
        if part.is_blank:
            return is_fitting
        is_task = part.count >= self._needed and _means_operations(part.operations)
        if part.is_after_return:
            return is_fitting or not is_task
        if self._is_rest_of_list(run, part, is_task=is_task):
            run.has_rest_of_list = True
            return True
        is_exact = run.cells + part.count - 1 == self._header.width
        is_name = is_blank(part.operations) and self._may_be_task(part) and not is_exact
        begins_task = is_task or (is_name and not is_blank(part.last))
        return is_fitting and not (begins_task or part.is_note)

    def _is_rest_of_list(self, run: Run, part: Part, *, is_task: bool) -> bool:
        """Return True if *part* begins with operation types, and the row above ends with some."""
        if self._list == 0 or (run.parts and not run.has_rest_of_list):
            return False
        if is_task and run.count == self._header.width:
            return False
        operations = run.cell(self._list)
        return (
            _is_list(part.first, next_to=operations)
            and _means_operations(operations)
            and run.is_blank_after(self._list)
        )

    def _is_split(self, run: Run) -> bool:
        while run.parts and run.parts[-1].is_blank:
            run.cells -= run.parts.pop().count - 1
        if not run.parts or run.is_filled:
            return False
        if run.is_certain:
            return True
        if run.count > self._list and not _means_operations(run.cell(self._list)):
            return False
        if run.cells == self._header.width and any(part.count > 1 for part in run.parts):
            return True
        # Otherwise only the last cell of the row can have a second line.
        last = run.cell(run.count - 1)
        if any(self._may_be_task(part) for part in run.parts):
            return False
        first = next(part.first for part in run.parts if not part.is_blank)
        is_whole = run.count == self._header.width
        return self._may_join(run.count - 1, last, first, fragment=first, is_whole=is_whole)

    def _are_all_short(self, below: Run | None) -> bool:
        """Return True if each row can be a task, because no row has all cells."""
        if below is not None and below.count < self._header.width:
            self._has_short_rows = True
        is_given = self._header.list_column is None
        return is_given and self._has_short_rows and not self._has_full_rows

    def _may_be_task(self, part: Part) -> bool:
        """Return True if *part* can be a task whose operation types are missing or given."""
        if self._header.list_column is None:
            return False
        return part.count >= self._needed and VALID_NAME.fullmatch(part.name.strip()) is not None

    def _rule(self, index: int) -> Rule:
        """Return the rule of a column; unknown columns contain texts."""
        return RULES[self._fields.get(index, "description")]

    def _may_join(
        self, index: int, above: str, below: str, *, fragment: str, is_whole: bool
    ) -> bool:
        """
        Return True if two texts can be one value of a column.

        Args:
            index: position of the column.
            above: the text above the line break.
            below: the text below it.
            fragment: the one that is alone in its row, where it may also be a name.
            is_whole: True if the row of the other one has all cells.

        """
        rule = self._rule(index)
        is_whole_name = VALID_NAME.fullmatch(fragment.strip()) is not None
        if index == self._list:
            return _means_operations(fragment) or not is_whole_name
        if rule.is_text:
            return True
        text = above.strip() + below.strip()
        is_word = above.strip()[-1:].isalnum() and below.strip()[:1].isalnum()
        is_name = is_whole_name and is_word and not is_whole
        return pattern(rule).fullmatch(text) is not None and not is_name


@lru_cache(_CACHED_TEXTS)
def _means_operations(text: str) -> bool:
    """Return True if *text* contains operation types, or seems to."""
    if re.search(_HAS_OPERATION, text):
        return True
    found = suggest(_OPERATIONS, text)
    return bool(found.value or found.choices)
