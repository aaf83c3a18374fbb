"""Rows that are not created, in the words of the people who can mend them."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from batchcreate.advice import explain
from batchcreate.copies.plan import Headings, Line, Mark
from batchcreate.messages import LANGUAGES, sentences, text
from batchcreate.models import Issue, Origin, RowToFix, Status
from batchcreate.text import cell_text, column_index, printable

_LETTERS: Final = re.compile(r"([A-Z]{1,3})[0-9]+")
_WITHOUT_VALUE: Final = (".no_result", ".merged")
"""How the rules end that a cell breaks which has no value of its own, and is not empty."""


def headings(language: str) -> Headings:
    """Return the headings of our own columns in *language*."""
    statuses, origins = (
        {each: text(f"to_fix.{name}_heading", language=each) for each in LANGUAGES}
        for name in ("status", "origin")
    )
    return Headings(
        status=statuses[language],
        origin=origins[language],
        explained=text("to_fix.status_comment", language=language),
        statuses=list(statuses.values()),
        origins=list(origins.values()),
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
        advised = (sentences(*_parts(issue, language)) for issue in row.issues)
        facts["issues"] = "\n".join(advised)
    if row.status is Status.FAILED:
        facts |= _answer(row, language)
    return text(f"to_fix.status.{row.status}", facts, language=language)


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
            comment=cell_text(
                "\n\n".join("\n".join(_parts(issue, language)) for issue in of_cell)
            ),
            is_lost=any(issue.rule.endswith(_WITHOUT_VALUE) for issue in of_cell),
        )
        for index, of_cell in sorted(cells.items())
    ]


def _parts(issue: Issue, language: str) -> Sequence[str]:
    """Return the message of *issue*, and its suggestion if there is one."""
    if not issue.suggestion:
        return (issue.message,)
    facts = {"suggestion": issue.suggestion}
    return issue.message, text("to_fix.suggestion", facts, language=language)
