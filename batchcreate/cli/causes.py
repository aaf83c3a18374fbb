"""The broken rules of many rows, cause by cause, as an analyst would like to mend them."""

from collections.abc import Iterator, Sequence
from typing import Final

from batchcreate.cli.notices import named
from batchcreate.messages import facts_of, message, text
from batchcreate.models import CauseGroup, Spot
from batchcreate.pipeline.noticing import Notices
from batchcreate.rules import RULES
from batchcreate.text import counted

CELLS_SHOWN: Final = 3


def describe_causes(
    causes: Sequence[CauseGroup], notices: Notices, *, language: str
) -> Iterator[str]:
    """
    Yield two lines for each of *causes*: which rows, and what is wrong with the first of them.

    Args:
        causes: the most frequent ones first.
        notices: tell how much of a cell's place has to be said.
        language: of what is wrong.

    """
    for group in causes:
        if not group.rule:
            yield f"  {counted(group.rows, 'row')}: {counted(group.causes, 'more cause')}"
            continue
        first = group.spots[0]
        yield f"  {_heading(group, language)}: {cells(group, notices)}"
        suggestion = f" -> {first.suggestion}" if first.suggestion else ""
        yield f"    {_cell(first)}: {group.message}{suggestion}"


def what(group: CauseGroup, language: str) -> str:
    """Return which rule the rows of *group* broke; nothing for the rest of many."""
    if not group.rule:
        return ""
    field, _, _ = group.rule.partition(".")
    facts = facts_of(RULES[field], language)
    return message(group.rule, facts, language=language, group="cause")


def cells(group: CauseGroup, notices: Notices) -> str:
    """Return what the first cells of *group* are called, and how many rows more there are."""
    first = group.spots[:CELLS_SHOWN]
    shown = ", ".join(named(spot.place, _cell(spot), notices) for spot in first)
    more = group.rows - len(first)
    return f"{shown} and {more} more" if more else shown


def _heading(group: CauseGroup, language: str) -> str:
    letters = group.spots[0].cell.rstrip("0123456789")
    facts = {
        "count": group.rows,
        "what": what(group, language),
        "column": letters or group.column,
    }
    key = "check.group_of_one" if group.rows == 1 else "check.group"
    return text(key, facts, language=language)


def _cell(spot: Spot) -> str:
    return spot.cell or f"row {spot.place.number}"
