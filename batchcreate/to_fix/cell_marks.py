"""Marks of the cells with issues in a copy of a file: fixed, to fix, or with a warning."""

import re
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from typing import Final

from batchcreate.messages import quoted, sentences, text
from batchcreate.models import Issue, Severity
from batchcreate.rules import UNIQUE_FIELDS
from batchcreate.text import cell_text, column_index
from batchcreate.to_fix.marks import CellMark, Mark, RowMarks
from batchcreate.validator import is_certain

Row = tuple[str, int]
"""Sheet and number of a row."""

_ROW_RULES: Final = "row."
_TOTALS: Final = "row.totals"
_COVERED, _REPEATED = ".covered", ".repeated"
_CELL: Final = re.compile(r"([A-Z]{1,3})[0-9]+")


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
                else _remaining(index, of_cell, self.language)
                for index, (cell, of_cell) in sorted(_by_index(of_row).items())
            ]
            self.counts.update(each.mark for each in cells)
            yield sheet, RowMarks(number=number, cells=cells, text=self._text(of_row))

    def _fixed(self, index: int, issue: Issue) -> CellMark:
        facts = {
            "before": quoted(issue.value, language=self.language),
            "message": issue.message,
        }
        comment = cell_text(text("to_fix.fixed", facts, language=self.language))
        return CellMark(index=index, mark=Mark.FIXED, comment=comment, value=issue.suggestion)

    def _text(self, row: Sequence[Issue]) -> str:
        """Return the text of a row whose problem is lost in a copy that has no formats."""
        if not has_wrong_cells(row):
            return ""
        issues = "\n".join(sentences(*describe_issue(issue, self.language)) for issue in row)
        shown = text("to_fix.status.rejected", {"issues": issues}, language=self.language)
        return cell_text(f"{shown}\n{text('to_fix.clear', language=self.language)}")


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


def has_wrong_cells(row: Iterable[Issue]) -> bool:
    """Return True if the cells of a *row* may be in the wrong columns."""
    return any(_is_of_row(issue) and issue.rule != _TOTALS for issue in row)


def mark_cells(row: Sequence[Issue], *, language: str) -> Sequence[CellMark]:
    """Return a mark for each cell of a *row* with issues; an issue of a missing column has no cell."""
    cells = sorted(_by_index(row).items())
    return [_remaining(index, of_cell, language) for index, (_, of_cell) in cells]


def _remaining(index: int, issues: Sequence[Issue], language: str) -> CellMark:
    has_error = any(issue.severity == Severity.ERROR for issue in issues)
    comment = "\n\n".join("\n".join(describe_issue(each, language)) for each in issues)
    covered = [issue.value for issue in issues if issue.rule.endswith(_COVERED)]
    return CellMark(
        index=index,
        mark=Mark.ERROR if has_error else Mark.WARNING,
        comment=cell_text(comment),
        value="".join(covered[:1]),
        is_only_repeated=all(issue.rule.endswith(_REPEATED) for issue in issues),
    )


def _by_index(row: Iterable[Issue]) -> Mapping[int, tuple[str, Sequence[Issue]]]:
    """Return the issues of each cell of a *row*, by the position of its column."""
    cells: dict[int, tuple[str, list[Issue]]] = {}
    for issue in row:
        if match := _CELL.fullmatch(issue.cell):
            cells.setdefault(column_index(match[1]), (issue.cell, []))[1].append(issue)
    return cells


def describe_issue(issue: Issue, language: str) -> Sequence[str]:
    """Return the message of *issue*, and its suggestion if there is one."""
    if not issue.suggestion:
        return (issue.message,)
    facts = {"suggestion": issue.suggestion}
    return issue.message, text("to_fix.suggestion", facts, language=language)
