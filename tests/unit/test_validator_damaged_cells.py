"""Cells as analysts really send them are taken for what was meant, mended or refused."""

from collections.abc import Mapping, Sequence

import pytest

from batchcreate.models import Chunk, Column
from batchcreate.rules import RULES, items
from batchcreate.validator import validate
from tests.damaged_cells import HARMLESS, HOPELESS, MENDABLE


def looked_at(field: str, typed: str) -> tuple[str | None, str]:
    """Return what is taken for the cell (``None``: it is refused), and the suggestion."""
    cells = {name: RULES[name].example for name in ("task_name", "operation_types")}
    cells[field] = typed
    chunk = Chunk(
        file="tasks.csv",
        sheet="",
        columns={name: Column(heading=name, index=at) for at, name in enumerate(cells)},
        numbers=[2],
        cells={name: [text] for name, text in cells.items()},
    )

    checked = validate(chunk, defaults={}, needs_target=False)

    if checked.rejected:
        (suggestion,) = {issue.suggestion for issue in checked.rejected[0].issues}
        return None, suggestion
    (taken,) = checked.cells[field]
    return ",".join(items(taken)) if RULES[field].values else taken, ""


def pairs(table: Mapping[str, Sequence[tuple[str, str]]]) -> list[tuple[str, str, str]]:
    return [(field, *pair) for field, found in table.items() for pair in found]


@pytest.mark.parametrize(("field", "typed", "meant"), pairs(HARMLESS))
def test_harmless_cell_is_taken_for_what_is_meant(field: str, typed: str, meant: str) -> None:
    """Nobody has to mend what cannot be misunderstood."""
    assert looked_at(field, typed) == (meant, "")


@pytest.mark.parametrize(("field", "typed", "meant"), pairs(MENDABLE))
def test_doubtful_cell_is_refused_with_what_is_meant(field: str, typed: str, meant: str) -> None:
    """The analyst decides, and has only to agree."""
    assert looked_at(field, typed) == (None, meant)


@pytest.mark.parametrize(
    ("field", "typed"), [(field, typed) for field, found in HOPELESS.items() for typed in found]
)
def test_cell_that_nobody_can_guess_has_no_suggestion(field: str, typed: str) -> None:
    """A wrong suggestion is worse than none."""
    assert looked_at(field, typed) == (None, "")


def test_corpus_is_large_enough_to_speak_of_shares() -> None:
    """Nine in ten of a handful would say nothing."""
    sizes = [sum(map(len, table.values())) for table in (HARMLESS, MENDABLE, HOPELESS)]

    assert sizes[1] >= 150
    assert sum(sizes) >= 300
