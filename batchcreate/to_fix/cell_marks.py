"""Marks of the cells with issues in a copy of a file: fixed, to fix, or with a warning."""

from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from typing import Final

from batchcreate.messages import quoted, text
from batchcreate.models import Issue, Severity
from batchcreate.rules import UNIQUE_FIELDS
from batchcreate.text import cell_text
from batchcreate.to_fix.marked_copy import CellMark, Mark, RowMarks
from batchcreate.to_fix.write import cell_index, describe_issue
from batchcreate.validator import is_certain

Row = tuple[str, int]
"""Sheet and number of a row."""

_ROW_RULES: Final = "row."
_TOTALS: Final = "row.totals"
_FORMULAS: Final = (".no_result", ".zero_result")


@dataclass(slots=True, kw_only=True)
class Marker:
    """
    Marks the cells with issues, and counts them.

    Attributes:
        in_use: for each field whose values are unique, the rows whose suggestion is the value of
            another row, too.
        language: language of the comments.
        counts: number of cells by their marks.

    """

    in_use: Mapping[str, Container[Row]] = field(default_factory=dict)
    language: str
    counts: Counter[Mark] = field(default_factory=Counter)

    def mark(self, issues: Iterable[Issue]) -> Iterator[tuple[str, RowMarks]]:
        """Yield the sheet and the marks of each row of *issues*, which are in input order."""
        for (sheet, number), group in groupby(issues, key=attrgetter("sheet", "number")):
            of_row = list(group)
            fixes = {
                issue.cell: issue
                for issue in certain_fixes(of_row)
                if (sheet, number) not in self.in_use.get(field_of(issue), ())
            }
            cells = [
                self._fixed(index, fixes[cell])
                if cell in fixes
                else self._remaining(index, of_cell)
                for index, (cell, of_cell) in sorted(_by_index(of_row).items())
            ]
            self.counts.update(each.mark for each in cells)
            yield (
                sheet,
                RowMarks(number=number, cells=cells, has_wrong_cells=_has_wrong_cells(of_row)),
            )

    def _fixed(self, index: int, issue: Issue) -> CellMark:
        facts = {
            "before": quoted(issue.value, language=self.language),
            "message": issue.message,
        }
        comment = cell_text(text("to_fix.fixed", facts, language=self.language))
        return CellMark(index=index, mark=Mark.FIXED, comment=comment, value=issue.suggestion)

    def _remaining(self, index: int, issues: Sequence[Issue]) -> CellMark:
        has_error = any(issue.severity == Severity.ERROR for issue in issues)
        comment = "\n\n".join("\n".join(describe_issue(each, self.language)) for each in issues)
        return CellMark(
            index=index,
            mark=Mark.ERROR if has_error else Mark.WARNING,
            comment=cell_text(comment),
            has_formula=any(issue.rule.endswith(_FORMULAS) for issue in issues),
        )


def certain_fixes(row: Sequence[Issue]) -> Iterator[Issue]:
    """
    Yield those issues of a *row* that a suggestion fixes with certainty.

    The suggestion is valid, and the cell has no other issue. The cells of a row with a problem of
    the whole row may be in the wrong columns, so that none of them is fixed.
    """
    if any(_is_of_row(issue) for issue in row):
        return
    counts = Counter(issue.cell for issue in row)
    for issue in row:
        is_alone = bool(issue.cell) and counts[issue.cell] == 1
        if is_alone and issue.suggestion and is_certain(field_of(issue), issue.suggestion):
            yield issue


def suggested_keys(issues: Iterable[Issue]) -> Mapping[str, Mapping[Row, str]]:
    """Return the certain suggestions for each field whose values are unique, by their rows."""
    suggested: dict[str, dict[Row, str]] = {name: {} for name in UNIQUE_FIELDS}
    for row, group in groupby(issues, key=attrgetter("sheet", "number")):
        for issue in certain_fixes(list(group)):
            if (name := field_of(issue)) in suggested:
                suggested[name][row] = issue.suggestion
    return suggested


def field_of(issue: Issue) -> str:
    """Return the field whose rule *issue* breaks, or ``row``."""
    return issue.rule.partition(".")[0]


InUse = Callable[[str, Mapping[Row, str]], Container[Row]]
"""Returns the rows whose proposed value of a field another row of the same target uses."""


def _is_of_row(issue: Issue) -> bool:
    return issue.severity == Severity.ERROR and issue.rule.startswith(_ROW_RULES)


def _has_wrong_cells(row: Iterable[Issue]) -> bool:
    return any(_is_of_row(issue) and issue.rule != _TOTALS for issue in row)


def _by_index(row: Iterable[Issue]) -> Mapping[int, tuple[str, Sequence[Issue]]]:
    """Return the issues of each cell of a *row*, by the position of its column."""
    cells: dict[int, tuple[str, list[Issue]]] = {}
    for issue in row:
        if (index := cell_index(issue.cell)) is not None:
            cells.setdefault(index, (issue.cell, []))[1].append(issue)
    return cells
