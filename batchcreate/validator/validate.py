"""Validation of a chunk: its tasks, its issues, its rejected rows, duplicate names."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, repeat

from batchcreate import messages
from batchcreate.frames import Chunk
from batchcreate.models import (
    Cleaning,
    Issue,
    IssueRecord,
    Key,
    RepeatedRow,
    RowLocation,
    RowProblem,
    RowRecord,
    Severity,
    Target,
    Task,
)
from batchcreate.rules import BODY_FIELDS, RULES, TARGET_FIELDS, split_values, to_upper
from batchcreate.text import cell_address
from batchcreate.validator.cells import CheckedColumn, ColumnRule, check_column

_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CheckedChunk:
    """
    A chunk and the result of its validation.

    Attributes:
        chunk: the rows.
        defaults: ``project_id`` and ``instance_id`` of rows that do not specify them.
        issues: errors and warnings in input order; those of a row are in the order of the columns.
        cells: the cleaned values of each field, from which tasks, keys and rejected rows are made.
        cleaned_at: for each field the positions of the accepted cells whose value was cleaned.

    """

    chunk: Chunk
    defaults: Mapping[str, str]
    issues: Sequence[IssueRecord]
    cells: Mapping[str, Sequence[str]]
    cleaned_at: Mapping[str, Sequence[int]]

    @property
    def cleaned(self) -> int:
        """Number of cells whose value was cleaned."""
        return sum(map(len, self.cleaned_at.values()))

    @property
    def rejected(self) -> Sequence[RowRecord]:
        """The rows with an error, in input order."""
        numbers = self._rejected_numbers()
        rows = map(RowRecord, self.chunk.numbers, *self._key_cells()) if numbers else ()
        return [row for row in rows if row.number in numbers]

    def cleanings(self) -> Iterator[Cleaning]:
        """
        Yield the cleaned cells, row by row.

        Rejected cells are not included, and neither are known values with another case or
        other separators, since these are equivalent to the values of the API.
        """
        columns, numbers = self.chunk.columns, self.chunk.numbers
        cleaned = sorted(
            (at, columns[name].index, name) for name in columns for at in self.cleaned_at[name]
        )
        for at, index, name in cleaned:
            yield Cleaning(
                location=_location(self.chunk, numbers[at]),
                column=columns[name].heading,
                cell=cell_address(index, numbers[at]),
                before=self.chunk.frame[name].iloc[at],
                after=self.cells[name][at],
            )

    def tasks(self, endpoint: str) -> Iterator[Task]:
        """Yield the tasks of the valid rows, in input order."""
        rejected = self._rejected_numbers()
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
                location=_location(self.chunk, number),
                key=Key(target=target, task_name=task_name),
                body=f"{{{','.join(filter(None, body))}}}".encode(),
            )

    def keys(self) -> Iterator[RowRecord]:
        """
        Yield the rows that have a task name.

        Rejected rows are included, since a duplicate name is an issue in every row.
        """
        rows = map(RowRecord, self.chunk.numbers, *self._key_cells())
        return (row for row in rows if row.task_name)

    def _rejected_numbers(self) -> set[int]:
        return {issue.number for issue in self.issues if issue.severity is Severity.ERROR}

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
    return CheckedChunk(
        chunk=chunk,
        defaults=defaults,
        issues=_issues(chunk, columns, language),
        cells={name: column.cells for name, column in columns.items() if name in chunk.columns},
        cleaned_at={name: columns[name].cleaned for name in chunk.columns},
    )


def _fields(chunk: Chunk, required: set[str]) -> list[str]:
    present = sorted(chunk.columns, key=lambda name: chunk.columns[name].index)
    return [*present, *(name for name in TARGET_FIELDS if name in required - set(present))]


def _check_column(chunk: Chunk, column_rule: ColumnRule) -> CheckedColumn:
    name = column_rule.rule.field
    return check_column(
        column_rule,
        chunk.texts(name) if name in chunk.columns else [""] * len(chunk.frame),
        chunk.kinds.get(name, {}),
        lambda at: cell_address(chunk.columns[name].index, int(chunk.frame.index[at])),
        chunk.covering.get(name, {}),
    )


def _issues(
    chunk: Chunk, columns: Mapping[str, CheckedColumn], language: str
) -> Sequence[IssueRecord]:
    """Return the issues of the cells and the problems of the rows, in input order."""
    issues: dict[int, list[tuple[int, IssueRecord]]] = defaultdict(list)
    for name, column in columns.items():
        for index, issue in _cell_issues(chunk, name, column):
            issues[issue.number].append((index, issue))
    for problem in chunk.problems:
        issue = _row_issue(problem, language)
        found = issues[problem.number]
        if problem.is_whole_row:
            found.clear()
        found.append((problem.column.index, issue))
        found.sort(key=_index)
    return [issue for number in sorted(issues) for _, issue in issues[number]]


def _index(pair: tuple[int, IssueRecord]) -> int:
    return pair[0]


def _cell_issues(
    chunk: Chunk, name: str, column: CheckedColumn
) -> Iterator[tuple[int, IssueRecord]]:
    """Yield the issues of one column, each with the position of the column."""
    if not column.violations:
        return
    numbers = chunk.numbers
    field = chunk.columns.get(name)
    texts = chunk.texts(name) if field else ()
    heading, index = (field.heading, field.index) if field else (name, len(chunk.columns))
    for at, violations in column.violations.items():
        number = numbers[at]
        for violation in violations:
            yield (
                index,
                IssueRecord(
                    number,
                    heading,
                    cell_address(index, number) if field else "",
                    texts[at] if field else "",
                    violation.rule,
                    violation.message,
                    violation.suggestion,
                    violation.severity,
                ),
            )


def _row_issue(problem: RowProblem, language: str) -> IssueRecord:
    known = messages.facts_of_rule(problem.rule, language) | {
        "value": messages.quoted(problem.value, language=language)
    }
    return IssueRecord(
        problem.number,
        problem.column.heading,
        cell_address(problem.column.index, problem.number),
        problem.value,
        problem.rule,
        messages.message(problem.rule, known | dict(problem.facts), language=language),
        "",
        problem.severity,
    )


def _location(chunk: Chunk, number: int) -> RowLocation:
    return RowLocation(file=chunk.file, sheet=chunk.sheet, number=number)


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
