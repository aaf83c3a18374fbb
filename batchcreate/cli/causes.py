"""The broken rules of many rows, cause by cause, as an analyst would like to mend them."""

from collections.abc import Iterator, Sequence
from typing import Final

from batchcreate.cli.notices import named
from batchcreate.messages import facts_of, message, text
from batchcreate.models import CauseGroup, Spot
from batchcreate.rules import RULES
from batchcreate.text import counted

CELLS_SHOWN: Final = 3


def describe_causes(
    causes: Sequence[CauseGroup], *, language: str, is_one_sheet: bool
) -> Iterator[str]:
    """
    Yield two lines for each of *causes*: which rows, and what is wrong with the first of them.

    Args:
        causes: the most frequent ones first.
        language: of what is wrong.
        is_one_sheet: all rows stand in one sheet, which then needs no name.

    """
    for group in causes:
        if not group.rule:
            yield f"  {counted(group.rows, 'row')}: {counted(group.causes, 'more cause')}"
            continue
        first = group.spots[0]
        yield f"  {_heading(group, language)}: {_cells(group, is_one_sheet=is_one_sheet)}"
        suggestion = f" -> {first.suggestion}" if first.suggestion else ""
        yield f"    {_spot(first, is_one_sheet=True)}: {group.message}{suggestion}"


def what(group: CauseGroup, language: str) -> str:
    """Return which rule the rows of *group* broke; nothing for the rest of many."""
    if not group.rule:
        return ""
    field, _, _ = group.rule.partition(".")
    facts = facts_of(RULES[field], language)
    return message(group.rule, facts, language=language, group="cause")


def _heading(group: CauseGroup, language: str) -> str:
    letters = group.spots[0].cell.rstrip("0123456789")
    facts = {
        "count": group.rows,
        "what": what(group, language),
        "column": letters or group.column,
    }
    key = "check.group_of_one" if group.rows == 1 else "check.group"
    return text(key, facts, language=language)


def _cells(group: CauseGroup, *, is_one_sheet: bool) -> str:
    shown = [_spot(spot, is_one_sheet=is_one_sheet) for spot in group.spots[:CELLS_SHOWN]]
    more = group.rows - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def _spot(spot: Spot, *, is_one_sheet: bool) -> str:
    cell = spot.cell or f"row {spot.place.number}"
    return cell if is_one_sheet else named(spot.place, cell)
