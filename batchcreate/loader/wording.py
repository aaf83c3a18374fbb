"""What people read about headings that do not do; pure."""

import difflib
from collections.abc import Iterator, Mapping, Sequence

from batchcreate.loader.names import field_of, known, normal
from batchcreate.messages import quoted
from batchcreate.models import Column
from batchcreate.rules import MANDATORY_FIELDS, RULES
from batchcreate.text import cell_address

SHOWN_HEADINGS = 20
"""How many headings an error lists."""

LIKENESS = 0.6
"""How much a heading is like a mandatory name before we ask whether it was meant."""

CLOSE_LIKENESS = 0.8
"""The same for optional names, which most tables do without."""

MANDATORY = " and ".join(MANDATORY_FIELDS)


def place(file: str, sheet: str, number: int = 0) -> str:
    """Return how an error names a sheet, or a row of it."""
    parts = (file, f"sheet {quoted(sheet)}" if sheet else "", f"row {number}" if number else "")
    return ", ".join(filter(None, parts))


def shown(headings: Sequence[str]) -> str:
    """List *headings* for an error, bounded."""
    named = [quoted(heading) for heading in headings if heading.strip()]
    more = len(named) - SHOWN_HEADINGS
    listed = ", ".join(named[:SHOWN_HEADINGS])
    return f"{listed} and {more} more" if more > 0 else listed or "none"


def missing(
    headings: Sequence[str],
    *,
    file: str,
    sheet: str,
    number: int,
    mapping: Mapping[str, str],
    searched: int,
) -> str:
    """Return what an error says about *headings* without a mandatory column."""
    names = known(mapping)
    there = {field_of(heading, names) for heading in headings}
    absent = [field for field in MANDATORY_FIELDS if field not in there]
    return (
        f"{place(file, sheet, number)}: there is no column {' and '.join(absent)}. The headings"
        f" found there are {shown(headings)}.{_meant(absent, headings, mapping)}"
        f" The first {searched} rows were searched for the headings."
    )


def not_found(
    rows: Sequence[Sequence[str]],
    *,
    file: str,
    sheet: str,
    mapping: Mapping[str, str],
    searched: int,
    hint: str,
) -> str:
    """Return what an error says about a sheet none of whose first rows has a known heading."""
    number, headings = max(enumerate(rows[:searched], start=1), key=_filled)
    return (
        f"{place(file, sheet)}: none of the first {searched} rows holds the headings {MANDATORY}."
        f" Row {number} reads {shown(headings)}."
        f"{hint or _meant(MANDATORY_FIELDS, headings, mapping)}"
        f"{_further_down(rows, searched, mapping)}"
    )


def repeated(where: str, field: str, columns: Sequence[Column], number: int) -> str:
    """Return what an error says about two *columns* for one *field*."""
    cells = " and ".join(
        f"{cell_address(column.index, number)} ({quoted(column.heading)})" for column in columns
    )
    remedy = "Rename or remove one of them"
    if len({normal(column.heading) for column in columns}) > 1:
        remedy += f", or say which one counts: --map {quoted(f'{columns[1].heading}={field}')}"
    return f"{where}: cells {cells} both mean {field}. {remedy}."


def hints(columns: Mapping[str, Column], others: Sequence[Column], number: int) -> Iterator[str]:
    """Say of those *others* that are like an optional name which is not among *columns*."""
    absent = [field for field in RULES if field not in columns]
    for column in others:
        if field := _alike(column.heading, absent, CLOSE_LIKENESS):
            cell = cell_address(column.index, number)
            yield (
                f"cell {cell} ({quoted(column.heading)}) is no known heading; did you mean {field}?"
                f" Rename it, or use --map {quoted(f'{column.heading}={field}')}"
            )


def _meant(absent: Sequence[str], headings: Sequence[str], mapping: Mapping[str, str]) -> str:
    return _unmatched(absent, headings, mapping) or "".join(
        _likely(field, headings, mapping) for field in absent
    )


def _unmatched(absent: Sequence[str], headings: Sequence[str], mapping: Mapping[str, str]) -> str:
    there = set(map(normal, headings))
    for name, field in mapping.items():
        if field in absent and normal(name) not in there:
            return f" --map names {quoted(name)}, which is not among them."
    return ""


def _likely(field: str, headings: Sequence[str], mapping: Mapping[str, str]) -> str:
    names = known(mapping)
    for heading in headings:
        if not field_of(heading, names) and _alike(heading, [field], LIKENESS):
            return (
                f" Did you mean {quoted(heading)}? Then rename it to {field}, or use"
                f" --map {quoted(f'{heading}={field}')}."
            )
    return ""


def _alike(heading: str, fields: Sequence[str], likeness: float) -> str:
    names = {name: field for name, field in known({}).items() if field in fields}
    close = difflib.get_close_matches(normal(heading), names, n=1, cutoff=likeness)
    return names[close[0]] if close else ""


def _filled(numbered: tuple[int, Sequence[str]]) -> int:
    return sum(bool(cell.strip()) for cell in numbered[1])


def _further_down(rows: Sequence[Sequence[str]], searched: int, mapping: Mapping[str, str]) -> str:
    names = known(mapping)
    for number, row in enumerate(rows[searched:], start=searched + 1):
        if {field_of(heading, names) for heading in row}.issuperset(MANDATORY_FIELDS):
            return (
                f" Row {number} has them: remove rows above it until it is one of the first"
                f" {searched}."
            )
    return ""
