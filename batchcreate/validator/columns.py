"""One column of a chunk against its rule: what is taken for its cells, what is wrong in them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress, count, filterfalse
from operator import not_

from batchcreate.models import CellKind
from batchcreate.validator.cells import Breach, Judge
from batchcreate.validator.cleaning import cleaned
from batchcreate.validator.damage import rounded
from batchcreate.validator.plain import PLAIN

_SAMPLE = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedColumn:
    """
    The cells of one column.

    Attributes:
        cells: what is taken for each.
        cleaned: positions of the cells for which something else is taken than was typed.
        broken: by position the breaches of the cells that are refused.

    """

    cells: Sequence[str]
    cleaned: Sequence[int]
    broken: Mapping[int, Sequence[Breach]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    taken: str
    breaches: Sequence[Breach]


def judged(
    judge: Judge,
    cells: Sequence[str],
    kinds: Mapping[int, CellKind],
    address: Callable[[int], str],
    covering: Mapping[int, str],
) -> JudgedColumn:
    """
    Hold every one of *cells* against the rule.

    Args:
        judge: knows the rule.
        cells: the texts of the column.
        kinds: by position what is no text.
        address: gives the spreadsheet's name of the cell at a position.
        covering: by position what the cell shows with which one is merged.

    """
    broken = dict(_broken_kinds(judge, cells, kinds, address, covering))
    changed: dict[int, str] = {}
    for at, found in _remarkable(judge, cells):
        if found.taken != cells[at]:
            changed[at] = found.taken
        if found.breaches:
            broken.setdefault(at, found.breaches)
    return JudgedColumn(
        cells=_replaced(cells, changed) if changed else cells,
        cleaned=[at for at in changed if at not in broken],
        broken=broken,
    )


def _remarkable(judge: Judge, cells: Sequence[str]) -> Iterator[tuple[int, _Judged]]:
    """Give the cells that are not taken as they are; each distinct text is looked at once."""
    is_plain = PLAIN[judge.rule.field]
    if _is_varied(cells):
        # To put every text into a table first would take longer than to look at it.
        places: Iterable[int] = list(compress(count(), map(not_, map(is_plain, cells))))
        found = _looked_at(judge, dict.fromkeys(cells[at] for at in places), cells)
        places = (at for at in places if cells[at] in found)
    else:
        found = _looked_at(judge, filterfalse(is_plain, dict.fromkeys(cells)), cells)
        places = compress(count(), map(found.__contains__, cells)) if found else ()
    return ((at, found[cells[at]]) for at in places)


def _is_varied(cells: Sequence[str]) -> bool:
    sample = cells[:_SAMPLE]
    return 2 * len(set(sample)) > len(sample)


def _looked_at(judge: Judge, odd: Iterable[str], column: Iterable[str]) -> Mapping[str, _Judged]:
    taken = {text: cleaned(judge.rule, text) for text in odd}
    lost = rounded(taken.values(), column) if judge.rule.is_id else frozenset()
    found = {
        text: _Judged(taken=clean, breaches=judge.breaches(clean, is_rounded=clean in lost))
        for text, clean in taken.items()
    }
    return {
        text: remark for text, remark in found.items() if remark.breaches or remark.taken != text
    }


def _broken_kinds(
    judge: Judge,
    cells: Sequence[str],
    kinds: Mapping[int, CellKind],
    address: Callable[[int], str],
    covering: Mapping[int, str],
) -> Iterator[tuple[int, Sequence[Breach]]]:
    for at, kind in kinds.items():
        shown = covering.get(at, "")
        if breach := judge.breach_of_kind(kind, cells[at], address(at), covering=shown):
            yield at, (breach,)


def _replaced(cells: Sequence[str], changed: Mapping[int, str]) -> Sequence[str]:
    replaced = list(cells)
    for at, text in changed.items():
        replaced[at] = text
    return replaced
