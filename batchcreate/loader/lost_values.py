"""Values of workbooks that would be lost: below a merged heading, or a list in several cells."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self

from batchcreate.loader.header import Header
from batchcreate.models import Column, RowProblem
from batchcreate.rules import RULES, split_values
from batchcreate.text import column_letters, printable
from batchcreate.workbooks.merged_cells import MergedRange
from batchcreate.workbooks.reader import HeadingColumns

_LISTS: Final = tuple(rule for rule in RULES.values() if rule.max_items > 1)

LostCell = tuple[int, int, str]
"""Row number, zero-based column and text of a filled cell without a separate heading."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LostColumns:
    """
    Columns without a heading whose cells may belong to the column of a field.

    Attributes:
        header: the header row of the sheet.
        merged: fields of the columns below a heading that is merged across columns.
        adjacent: fields of the columns below blank headings, directly to the right of a list.

    """

    header: Header
    merged: Mapping[int, str]
    adjacent: Mapping[int, str]

    @classmethod
    def of(cls, header: Header, merges: Sequence[MergedRange]) -> Self:
        """Return the columns of the sheet with *header* and *merges*."""
        merged = header.covered(merges)
        return cls(header=header, merged=merged, adjacent=dict(_adjacent(header, merged)))

    @property
    def headings(self) -> HeadingColumns:
        """The columns for the reader of the workbook."""
        return HeadingColumns(
            named=self.header.named,
            covered=[*self.merged, *self.adjacent],
            cut=self.header.read_others(),
        )

    def problems(self, cells: Sequence[LostCell]) -> Iterator[RowProblem]:
        """
        Yield a problem for each row and field that would lose a value, at its first such cell.

        Below a merged heading, every value belongs to the field. Below a blank heading, only valid
        values of the list do; other texts are remarks.
        """
        reported: set[tuple[int, str]] = set()
        for number, index, text in cells:
            field = self.merged.get(index) or self._list_of(index, text)
            if not field or (number, field) in reported:
                continue
            reported.add((number, field))
            column = self.header.columns[field]
            rule = "row.merged_heading" if index in self.merged else "row.blank_heading"
            yield RowProblem(
                number=number,
                column=Column(heading="", index=index),
                rule=rule,
                value=text,
                facts={
                    "heading": printable(column.heading),
                    "column": column_letters(column.index),
                },
            )

    def counts(self, cells: Sequence[LostCell]) -> Mapping[int, int]:
        """Return the numbers of filled cells below blank headings, by column."""
        return Counter(index for _, index, _ in cells if index in self.adjacent)

    def _list_of(self, index: int, text: str) -> str:
        """Return the field of the adjacent column *index* if *text* consists of its values."""
        field = self.adjacent[index]
        values = split_values(text)
        return field if values and set(values) <= set(RULES[field].values) else ""


def _adjacent(header: Header, merged: Mapping[int, str]) -> Iterator[tuple[int, str]]:
    for rule in _LISTS:
        if rule.field not in header.columns:
            continue
        first = header.columns[rule.field].index + 1
        for index in range(first, first + len(rule.values)):
            if index in header.named or index in merged:
                break
            yield index, rule.field
