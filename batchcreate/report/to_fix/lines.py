"""Rows that are not created, in the words of the people who can mend them."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from batchcreate.advice import explain
from batchcreate.copies.plan import Headings, Line, Mark
from batchcreate.messages import text
from batchcreate.models import Issue, Origin, RowToFix, Status
from batchcreate.models.rows import ORIGIN_HEADING, STATUS_HEADINGS
from batchcreate.text import cell_text, column_index, printable

_LETTERS: Final = re.compile(r"([A-Z]{1,3})[0-9]+")
_WITHOUT_VALUE: Final = (".no_result", ".merged")
"""How the rules end that a cell breaks which has no value of its own, and is not empty."""


def headings(language: str) -> Headings:
    """Return the headings of our own columns in *language*."""
    return Headings(
        status=STATUS_HEADINGS[language],
        origin=ORIGIN_HEADING,
        explained=text("to_fix.explained", language=language),
        known=(*STATUS_HEADINGS.values(), ORIGIN_HEADING),
    )


def lines(rows: Iterable[RowToFix], *, language: str) -> Iterator[Line]:
    """Yield what `to-fix` files tell of *rows*."""
    for row in rows:
        yield Line(
            number=row.number,
            status=cell_text(_status(row, language)),
            origin=row.origin,
            marks=_marks(row.issues, language),
            is_refused=row.status is Status.FAILED,
        )


def _status(row: RowToFix, language: str) -> str:
    origin = Origin.parse(row.origin)
    facts: dict[str, object] = {"number": origin.location.number if origin else row.number}
    if row.status is Status.REJECTED:
        facts["issues"] = _listed(row.issues, language)
    if row.status is Status.FAILED:
        facts |= _answer(row, language)
    return text(f"to_fix.status.{row.status}", facts, language=language)


def _listed(issues: Iterable[Issue], language: str) -> str:
    named = (
        text(
            "to_fix.issue",
            {
                "column": printable(" ".join(issue.column.split())),
                "message": _advised(issue, " ", language),
            },
            language=language,
        )
        for issue in issues
    )
    return text("to_fix.next_issue", language=language).join(named)


def _answer(row: RowToFix, language: str) -> Mapping[str, object]:
    advice = explain(
        row.error_code,
        http_status=row.http_status,
        status=row.status,
        message=row.error_msg,
        language=language,
    )
    said = " ".join(filter(None, (row.error_code, row.error_msg)))
    return {"answer": printable(said).rstrip(". "), "advice": advice.text}


def _marks(issues: Sequence[Issue], language: str) -> Sequence[Mark]:
    """Return one mark for each cell; issues of columns that the sheet does not have, have none."""
    cells: dict[int, list[Issue]] = {}
    for issue in issues:
        if found := _LETTERS.fullmatch(issue.cell):
            cells.setdefault(column_index(found[1]), []).append(issue)
    return [
        Mark(
            index=index,
            comment=cell_text("\n\n".join(_advised(issue, "\n", language) for issue in of_cell)),
            is_lost=any(issue.rule.endswith(_WITHOUT_VALUE) for issue in of_cell),
        )
        for index, of_cell in sorted(cells.items())
    ]


def _advised(issue: Issue, between: str, language: str) -> str:
    if not issue.suggestion:
        return issue.message
    suggestion = text("to_fix.suggestion", {"suggestion": issue.suggestion}, language=language)
    return f"{issue.message}{between}{suggestion}"
