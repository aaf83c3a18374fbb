"""Validation of a chunk: its tasks, its rejected rows with their issues, duplicate names."""

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
from batchcreate.rules import BODY_FIELDS, RULES, TARGET_FIELDS, split_values, to_upper
from batchcreate.text import cell_address
from batchcreate.validator.cells import CheckedColumn, ColumnRule, Violation, check_column

_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedChunk:
    """
    A chunk and the result of its validation.

    Attributes:
        chunk: the rows.
        defaults: ``project_id`` and ``instance_id`` of rows that do not specify them.
        rejected: the rows with issues, in input order; the issues are in the order of the columns.
        cells: the cleaned values of each field, from which tasks, keys and rejected rows are made.
        cleaned_at: for each field the positions of the accepted cells whose value was cleaned.

    """

    chunk: Chunk
    defaults: Mapping[str, str]
    rejected: Sequence[Rejected]
    cells: Mapping[str, Sequence[str]]
    cleaned_at: Mapping[str, Sequence[int]]

    @property
    def cleaned(self) -> int:
        """Number of cells whose value was cleaned."""
        return sum(map(len, self.cleaned_at.values()))

    def cleanings(self) -> Iterator[Cleaning]:
        """
        Yield the cleaned cells, row by row.

        Rejected cells are not included, and neither are known values with another case or
        other separators, since these are equivalent to the values of the API.
        """
        columns = self.chunk.columns
        cleaned = sorted(
            (at, columns[name].index, name) for name in columns for at in self.cleaned_at[name]
        )
        for at, index, name in cleaned:
            yield Cleaning(
                location=_location(self.chunk, at),
                column=columns[name].heading,
                cell=cell_address(index, self.chunk.numbers[at]),
                before=self.chunk.cells[name][at],
                after=self.cells[name][at],
            )

    def tasks(self, endpoint: str) -> Iterator[Task]:
        """Yield the tasks of the valid rows, in input order."""
        rejected = {row.location.number for row in self.rejected}
        fields = sorted(name for name in BODY_FIELDS if name in self.cells)
        members = zip(*(_members(name, self.cells[name]) for name in fields), strict=True)
        targets: dict[tuple[str, str], Target] = {}
        rows = zip(self.chunk.numbers, *self._key_cells(), members, strict=True)
        for number, project_id, instance_id, task_name, body in rows:
            if number in rejected:
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
        Yield row number, project, instance and task name of every row with a name.

        Rejected rows are included, since a duplicate name is an issue in every row.
        """
        rows = zip(self.chunk.numbers, *self._key_cells(), strict=True)
        return (row for row in rows if row[3])

    def _key_cells(self) -> tuple[Sequence[str], Sequence[str], Sequence[str]]:
        projects, instances = (_target_cells(self.cells, self.defaults, f) for f in TARGET_FIELDS)
        return projects, instances, self.cells["task_name"]


def validate(
    chunk: Chunk, *, defaults: Mapping[str, str], needs_target: bool, language: str = "en"
) -> CheckedChunk:
    """
    Check every cell of *chunk* against the rules.

    Args:
        chunk: rows with at least the mandatory columns.
        defaults: ``project_id`` and ``instance_id`` for rows that do not specify them; they are
            not checked here.
        needs_target: True to reject rows without a target if there is no default.
        language: language of the messages.

    """
    required = {name for name in TARGET_FIELDS if needs_target and not defaults.get(name)}
    columns = {
        name: _check_column(
            chunk,
            ColumnRule(
                rule=RULES[name],
                is_required=RULES[name].is_mandatory or name in required,
                language=language,
            ),
        )
        for name in _fields(chunk, required)
    }
    cells = {name: column.cells for name, column in columns.items() if name in chunk.columns}
    return CheckedChunk(
        chunk=chunk,
        defaults=defaults,
        rejected=_rejected(chunk, defaults, columns, cells),
        cells=cells,
        cleaned_at={name: columns[name].cleaned for name in cells},
    )


def _fields(chunk: Chunk, required: set[str]) -> list[str]:
    present = sorted(chunk.columns, key=lambda name: chunk.columns[name].index)
    return [*present, *(name for name in TARGET_FIELDS if name in required - set(present))]


def _check_column(chunk: Chunk, column_rule: ColumnRule) -> CheckedColumn:
    name = column_rule.rule.field
    return check_column(
        column_rule,
        chunk.cells.get(name) or [""] * len(chunk.numbers),
        chunk.kinds.get(name, {}),
        lambda at: _address(chunk, name, at),
        chunk.covering.get(name, {}),
    )


def _rejected(
    chunk: Chunk,
    defaults: Mapping[str, str],
    columns: Mapping[str, CheckedColumn],
    cells: Mapping[str, Sequence[str]],
) -> Sequence[Rejected]:
    issues: dict[int, list[Issue]] = defaultdict(list)
    for name, column in columns.items():
        for at, violations in column.violations.items():
            issues[at].extend(_issues(chunk, name, at, violations))
    if not issues:
        return ()
    projects, instances = (_target_cells(cells, defaults, name) for name in TARGET_FIELDS)
    return tuple(
        Rejected(
            location=_location(chunk, at),
            task_name=cells["task_name"][at],
            project_id=projects[at],
            instance_id=instances[at],
            issues=tuple(issues[at]),
        )
        for at in sorted(issues)
    )


def _issues(chunk: Chunk, name: str, at: int, violations: Sequence[Violation]) -> Iterator[Issue]:
    column = chunk.columns.get(name)
    for violation in violations:
        yield Issue(
            location=_location(chunk, at),
            column=column.heading if column else name,
            cell=_address(chunk, name, at),
            value=chunk.cells[name][at] if column else "",
            rule=violation.rule,
            message=violation.message,
            suggestion=violation.suggestion,
        )


def _address(chunk: Chunk, name: str, at: int) -> str:
    column = chunk.columns.get(name)
    return cell_address(column.index, chunk.numbers[at]) if column else ""


def _location(chunk: Chunk, at: int) -> RowLocation:
    return RowLocation(file=chunk.file, sheet=chunk.sheet, number=chunk.numbers[at])


def _target_cells(
    cells: Mapping[str, Sequence[str]], defaults: Mapping[str, str], name: str
) -> Sequence[str]:
    """Return the target field *name* of every row: the value of the row, or the default."""
    default = defaults.get(name, "")
    if name not in cells:
        return list(repeat(default, len(cells["task_name"])))
    return [text or default for text in cells[name]]


def _members(name: str, cells: Sequence[str]) -> Iterator[str]:
    """Yield for each row the member *name* of its JSON body; an empty text for an empty cell."""
    rule = RULES[name]
    if not rule.values:
        return (f'"{name}":{_ENCODER.encode(text)}' if text else "" for text in cells)
    to_value = split_values if rule.max_items > 1 else to_upper
    members = {text: f'"{name}":{_ENCODER.encode(to_value(text))}' for text in set(cells)}
    members[""] = ""
    return (members[text] for text in cells)


def repeated_name_issues(group: Sequence[RepeatedRow], *, language: str = "en") -> list[Issue]:
    """
    Return one issue for each row of *group*, with the locations of the first other rows.

    Args:
        group: at least two rows with the same target and task name.
        language: language of the messages.

    """
    return [_repeated_name_issue(row, at, group, language) for at, row in enumerate(group)]


def _repeated_name_issue(
    row: RepeatedRow, at: int, group: Sequence[RepeatedRow], language: str
) -> Issue:
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
