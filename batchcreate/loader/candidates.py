"""Which of the first rows of a sheet may hold the headings; pure."""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import pairwise, zip_longest

from batchcreate.loader.names import field_of
from batchcreate.rules import MANDATORY_FIELDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A row that may hold the headings, and the fields that they mean."""

    number: int
    headings: Sequence[str]
    fields: AbstractSet[str]


def best(rows: Sequence[Sequence[str]], names: Mapping[str, str]) -> Candidate | None:
    """Return the first of the rows with most known *names*, a mandatory one among them."""
    meant = [[field_of(heading, names) for heading in row] for row in rows]
    fitting = (
        candidate
        for candidate in (*_single(rows, meant), *_shared(rows, meant))
        if not candidate.fields.isdisjoint(MANDATORY_FIELDS)
    )
    return max(fitting, key=lambda candidate: len(candidate.fields), default=None)


def _single(rows: Sequence[Sequence[str]], meant: Sequence[Sequence[str]]) -> Iterator[Candidate]:
    for number, (headings, fields) in enumerate(zip(rows, meant, strict=True), start=1):
        yield Candidate(number=number, headings=headings, fields=set(filter(None, fields)))


def _shared(rows: Sequence[Sequence[str]], meant: Sequence[Sequence[str]]) -> Iterator[Candidate]:
    pairs = zip(pairwise(rows), pairwise(meant), strict=True)
    for number, ((upper, lower), (above, below)) in enumerate(pairs, start=2):
        fields = {*above, *below} - {""}
        is_covered = any(field and cell.strip() for field, cell in zip(above, lower, strict=False))
        if any(above) and any(below) and not is_covered:
            both = zip_longest(upper, lower, fillvalue="")
            headings = [under if under.strip() else over for over, under in both]
            yield Candidate(number=number, headings=headings, fields=fields)


def earlier_table(rows: Sequence[Sequence[str]], names: Mapping[str, str]) -> int:
    """Return the number of the row in which a table begins, if *rows* hold one with rows."""
    for number, headings in enumerate(rows, start=1):
        fields = {field_of(heading, names) for heading in headings}
        if fields.issuperset(MANDATORY_FIELDS):
            is_alone = not any(cell.strip() for row in rows[number:] for cell in row)
            return 0 if is_alone else number
    return 0
