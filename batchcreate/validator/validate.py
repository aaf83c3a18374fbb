"""Validation of a chunk: tasks, corrected cells, and rows with issues."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, repeat

from batchcreate import messages
from batchcreate.models import (
    Chunk,
    Cleaning,
    Issue,
    Key,
    Rejected,
    RepeatedRow,
    RowLocation,
    Target,
    Task,
)
from batchcreate.rules import BODY_FIELDS, RULES, TARGET_FIELDS, fold, items
from batchcreate.text import cell_address
from batchcreate.validator.cells import Breach, Judge, JudgedColumn, judged

_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """
    A chunk and what the rules say about its rows.

    Attributes:
        chunk: the rows.
        defaults: ``project_id`` and ``instance_id`` of rows that name none.
        rejected: the rows that broke a rule, in their order, with all their issues in
            the order of the columns.
        cells: for each field of the chunk what is taken for its cells, blank ends and the like
            cleaned away; tasks, keys and rejected rows are made of these.
        cleaned_at: for each field the positions of the cells for which something else is taken
            than was typed.

    """

    chunk: Chunk
    defaults: Mapping[str, str]
    rejected: Sequence[Rejected]
    cells: Mapping[str, Sequence[str]]
    cleaned_at: Mapping[str, Sequence[int]]

    @property
    def cleaned(self) -> int:
        """How many cells are taken for something else than was typed."""
        return sum(map(len, self.cleaned_at.values()))

    def cleanings(self) -> Iterator[Cleaning]:
        """
        Give the cells that are taken for something else than was typed, row by row.

        Cells that are refused are not among them, nor known values in other letters than the
        API's or with other separators: those are as good as the API's own spelling.
        """
        columns = self.chunk.columns
        found = sorted(
            (at, columns[name].index, name) for name in columns for at in self.cleaned_at[name]
        )
        for at, index, name in found:
            number = self.chunk.numbers[at]
            yield Cleaning(
                location=place_of(self.chunk, at),
                column=columns[name].heading,
                cell=cell_address(index, number),
                before=self.chunk.cells[name][at],
                after=self.cells[name][at],
            )

    def tasks(self, endpoint: str) -> Iterator[Task]:
        """Make the tasks of the rows that broke no rule, in their order."""
        refused = {row.location.number for row in self.rejected}
        fields = sorted(name for name in BODY_FIELDS if name in self.cells)
        members = zip(*(_members(name, self.cells[name]) for name in fields), strict=True)
        targets: dict[tuple[str, str], Target] = {}
        rows = zip(self.chunk.numbers, *self._known(), members, strict=True)
        for number, project_id, instance_id, task_name, body in rows:
            if number in refused:
                continue
            target = targets.get((project_id, instance_id)) or Target(
                endpoint=endpoint, project_id=project_id, instance_id=instance_id
            )
            targets[project_id, instance_id] = target
            yield Task(
                location=RowLocation(file=self.chunk.file, sheet=self.chunk.sheet, number=number),
                key=Key(target=target, task_name=task_name),
                body=f"{{{','.join(filter(None, body))}}}".encode(),
            )

    def keys(self) -> Iterator[tuple[int, str, str, str]]:
        """
        Give row number, project, instance and task name of every row that has a name.

        Rejected rows are among them: a repeated name is a mistake wherever it stands.
        """
        rows = zip(self.chunk.numbers, *self._known(), strict=True)
        return (row for row in rows if row[3])

    def _known(self) -> tuple[Sequence[str], Sequence[str], Sequence[str]]:
        projects, instances = (target_cells(self.cells, self.defaults, f) for f in TARGET_FIELDS)
        return projects, instances, self.cells["task_name"]


def target_cells(
    cells: Mapping[str, Sequence[str]], defaults: Mapping[str, str], name: str
) -> Sequence[str]:
    """Return the target field *name* of every row: its own, or else the default."""
    default = defaults.get(name, "")
    if name not in cells:
        return list(repeat(default, len(cells["task_name"])))
    return [text or default for text in cells[name]]


def place_of(chunk: Chunk, at: int) -> RowLocation:
    """Return where the row at position *at* stands."""
    return RowLocation(file=chunk.file, sheet=chunk.sheet, number=chunk.numbers[at])


def _members(name: str, cells: Sequence[str]) -> Iterator[str]:
    """Give for each row the member *name* of its JSON body; nothing where the cell is empty."""
    rule = RULES[name]
    if not rule.values:
        return (f'"{name}":{_ENCODER.encode(text)}' if text else "" for text in cells)
    deliver = items if rule.max_items > 1 else fold
    members = {text: f'"{name}":{_ENCODER.encode(deliver(text))}' for text in set(cells)}
    members[""] = ""
    return (members[text] for text in cells)


def validate(
    chunk: Chunk, *, defaults: Mapping[str, str], needs_target: bool, language: str = "en"
) -> Checked:
    """
    Hold every cell of *chunk* against the rules.

    Args:
        chunk: rows with at least the mandatory columns.
        defaults: ``project_id`` and ``instance_id`` for rows that name none; they are not
            checked here.
        needs_target: refuse rows that have no target of their own nor a default.
        language: of the messages.

    """
    needed = {name for name in TARGET_FIELDS if needs_target and not defaults.get(name)}
    columns = {
        name: _column(
            chunk,
            Judge(
                rule=RULES[name],
                is_needed=RULES[name].is_mandatory or name in needed,
                language=language,
            ),
        )
        for name in _fields(chunk, needed)
    }
    cells = {name: column.cells for name, column in columns.items() if name in chunk.columns}
    return Checked(
        chunk=chunk,
        defaults=defaults,
        rejected=_rejected(chunk, defaults, columns, cells),
        cells=cells,
        cleaned_at={name: columns[name].cleaned for name in cells},
    )


def _fields(chunk: Chunk, needed: set[str]) -> list[str]:
    present = sorted(chunk.columns, key=lambda name: chunk.columns[name].index)
    return [*present, *(name for name in TARGET_FIELDS if name in needed - set(present))]


def _column(chunk: Chunk, judge: Judge) -> JudgedColumn:
    name = judge.rule.field
    return judged(
        judge,
        chunk.cells.get(name) or [""] * len(chunk.numbers),
        chunk.kinds.get(name, {}),
        lambda at: _address(chunk, name, at),
        chunk.covering.get(name, {}),
    )


def _rejected(
    chunk: Chunk,
    defaults: Mapping[str, str],
    columns: Mapping[str, JudgedColumn],
    cells: Mapping[str, Sequence[str]],
) -> Sequence[Rejected]:
    issues: dict[int, list[Issue]] = defaultdict(list)
    for name, column in columns.items():
        for at, breaches in column.broken.items():
            issues[at].extend(_issues(chunk, name, at, breaches))
    if not issues:
        return ()
    projects, instances = (target_cells(cells, defaults, name) for name in TARGET_FIELDS)
    return tuple(
        Rejected(
            location=place_of(chunk, at),
            task_name=cells["task_name"][at],
            project_id=projects[at],
            instance_id=instances[at],
            issues=tuple(issues[at]),
        )
        for at in sorted(issues)
    )


def _issues(chunk: Chunk, name: str, at: int, breaches: Sequence[Breach]) -> Iterator[Issue]:
    column = chunk.columns.get(name)
    for breach in breaches:
        yield Issue(
            location=place_of(chunk, at),
            column=column.heading if column else name,
            cell=_address(chunk, name, at),
            value=chunk.cells[name][at] if column else "",
            rule=breach.rule,
            message=breach.message,
            suggestion=breach.suggestion,
        )


def _address(chunk: Chunk, name: str, at: int) -> str:
    column = chunk.columns.get(name)
    return cell_address(column.index, chunk.numbers[at]) if column else ""


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
