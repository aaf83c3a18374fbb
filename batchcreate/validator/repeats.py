"""Names that stand in more than one row for the same target: every one of the rows is refused."""

from collections.abc import Sequence
from itertools import islice

from batchcreate import messages
from batchcreate.models import Issue, RepeatedRow
from batchcreate.text import cell_address


def repeated_name_issues(group: Sequence[RepeatedRow], *, language: str = "en") -> list[Issue]:
    """
    Return one issue for each row of *group*, in its order, naming the first of the others.

    Args:
        group: at least two rows with the same target and task name.
        language: of the messages.

    """
    return [_issue(row, at, group, language) for at, row in enumerate(group)]


def _issue(row: RepeatedRow, at: int, group: Sequence[RepeatedRow], language: str) -> Issue:
    others = (other.location for position, other in enumerate(group) if position != at)
    named = [
        messages.row_name(location, relative_to=row.location, language=language)
        for location in islice(others, messages.SHOWN_ROWS)
    ]
    facts = {
        "value": messages.quoted(row.task_name, language=language),
        "others": messages.listed_first(named, count=len(group) - 1, language=language),
    }
    return Issue(
        location=row.location,
        column=row.column.heading,
        cell=cell_address(row.column.index, row.location.number),
        value=row.task_name,
        rule="task_name.repeated",
        message=messages.message("task_name.repeated", facts, language=language),
    )
