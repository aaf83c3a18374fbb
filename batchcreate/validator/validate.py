"""Validation of a chunk: its tasks, its issues, its rejected rows, duplicate names."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import chain, islice
from operator import itemgetter
from typing import TYPE_CHECKING, Final

from batchcreate import messages
from batchcreate.frames import Chunk, empty_column
from batchcreate.models import (
    Cleaning,
    Issue,
    Key,
    RepeatedValue,
    RowLocation,
    RowProblem,
    RowRecord,
    Severity,
    Target,
    Task,
)
from batchcreate.rules import (
    BODY_FIELDS,
    RULES,
    TARGET_FIELDS,
    UNIQUE_FIELDS,
    split_values,
    to_upper,
)
from batchcreate.text import cell_address, column_letters
from batchcreate.validator.cells import TOTALS_ROW, ColumnRule
from batchcreate.validator.column_rules import CheckedColumn, check_column
from batchcreate.validator.converted_values import is_totals

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from pandas import Series

_NO_NAME: Final = "task_name.missing"
_NAME_RULES: Final = frozenset(
    f"task_name.{reason}" for reason in ("charset", "first", "too_short", "too_long")
)
"""Rules for the characters of a name; names that break them are compared with the others."""

_ALL: Final = slice(None)
_NO_INDEX: Final = 1 << 20
"""Issues of fields without a column follow the issues of all columns."""

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
    issues: Sequence[Issue]
    cells: Mapping[str, "Series[str]"]
    cleaned_at: Mapping[str, Sequence[int]]

    @property
    def cleaned(self) -> int:
        """Number of cells whose value was cleaned."""
        return sum(map(len, self.cleaned_at.values()))

    @property
    def rejected(self) -> Sequence[RowRecord]:
        """The rows with an error, in input order."""
        numbers = self._rejected_numbers()
        if not numbers:
            return []
        index = self.chunk.frame.index
        at = index.isin(numbers).nonzero()[0]
        return list(map(RowRecord, index[at].tolist(), *self._key_cells(at)))

    def cleanings(self, *, limit: int) -> Iterator[Cleaning]:
        """
        Yield the first *limit* cleaned cells, row by row.

        Rejected cells are not included, and neither are known values with another case or
        other separators, since these are equivalent to the values of the API.
        """
        columns = self.chunk.columns
        positions = (
            [(at, columns[name].index, name) for at in found[:limit]]
            for name, found in self.cleaned_at.items()
        )
        for at, index, name in islice(merge(*positions), limit):
            number = int(self.chunk.frame.index[at])
            yield Cleaning(
                location=_location(self.chunk, number),
                column=columns[name].heading,
                cell=cell_address(index, number),
                before=self.chunk.frame[name].iloc[at],
                after=self.cells[name].iloc[at],
            )

    def tasks(self, endpoint: str) -> Iterator[Task]:
        """Yield the tasks of the valid rows, in input order."""
        rejected = self._rejected_numbers()
        fields = sorted(name for name in BODY_FIELDS if name in self.cells)
        members = zip(*(_members(name, self._texts(name)) for name in fields), strict=True)
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

    def unique_values(self) -> Iterator[tuple[str, Sequence[str]]]:
        """
        Yield the fields whose values must be unique, with the values of all rows.

        Rejected rows are included, since a repeated name is an issue in every row. Rows of totals
        are not compared, and neither are invalid ids and placeholders or other damaged names,
        which can be the same in many rows.
        """
        for name in UNIQUE_FIELDS:
            if name in self.cells:
                yield name, self._comparable_texts(name)

    def _comparable_texts(self, name: str) -> Sequence[str]:
        """Return the values of the field *name*; those that are not compared are empty."""
        excluding = {
            rule
            for rule in {issue.rule for issue in self.issues} - _NAME_RULES
            if rule == TOTALS_ROW or rule.startswith(f"{name}.")
        }
        texts = self._texts(name)
        invalid = {
            issue.number
            for issue in self.issues
            if issue.rule in excluding and issue.severity is Severity.ERROR
        }
        for at in self.chunk.frame.index.isin(invalid).nonzero()[0].tolist() if invalid else ():
            texts[at] = ""
        return texts

    def targets(self) -> Sequence[tuple[str, str]]:
        """Return project and instance of each row; a single value if all are the same."""
        if not any(name in self.cells for name in TARGET_FIELDS):
            return [
                (self.defaults.get(TARGET_FIELDS[0], ""), self.defaults.get(TARGET_FIELDS[1], ""))
            ]
        projects, instances, _ = self._key_cells()
        return list(zip(projects, instances, strict=True))

    def _rejected_numbers(self) -> set[int]:
        return {issue.number for issue in self.issues if issue.severity is Severity.ERROR}

    def _key_cells(
        self, at: "NDArray[np.intp] | slice" = _ALL
    ) -> tuple[Sequence[str], Sequence[str], Sequence[str]]:
        names = self._texts("task_name", at)
        projects, instances = (self._target_cells(name, at, len(names)) for name in TARGET_FIELDS)
        return projects, instances, names

    def _target_cells(self, name: str, at: "NDArray[np.intp] | slice", rows: int) -> Sequence[str]:
        """Return the target field *name* of *rows* rows: the value of the row, or the default."""
        default = self.defaults.get(name, "")
        if name not in self.cells:
            return [default] * rows
        return [text or default for text in self._texts(name, at)]

    def _texts(self, name: str, at: "NDArray[np.intp] | slice" = _ALL) -> list[str]:
        return self.cells[name].iloc[at].tolist()


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
        cells={name: columns[name].cells for name in chunk.columns},
        cleaned_at={name: columns[name].cleaned for name in chunk.columns},
    )


def _fields(chunk: Chunk, required: set[str]) -> list[str]:
    present = sorted(chunk.columns, key=lambda name: chunk.columns[name].index)
    return [*present, *(name for name in TARGET_FIELDS if name in required - set(present))]


def _check_column(chunk: Chunk, column_rule: ColumnRule) -> CheckedColumn:
    name = column_rule.rule.field
    return check_column(
        column_rule,
        chunk.frame[name] if name in chunk.columns else empty_column(chunk),
        chunk.kinds.get(name, {}),
        lambda at: cell_address(chunk.columns[name].index, int(chunk.frame.index[at])),
        chunk.covering.get(name, {}),
    )


def _issues(chunk: Chunk, columns: Mapping[str, CheckedColumn], language: str) -> Sequence[Issue]:
    """Return the issues of the cells and the problems of the rows, in input order."""
    found = [_cell_issues(chunk, name, column) for name, column in columns.items()]
    problems = [*chunk.problems, *_totals(chunk, columns["task_name"])]
    of_rows = [
        (_order(each.number, each.column.index), _row_issue(chunk, each, language))
        for each in problems
    ]
    issues = [issue for _, issue in sorted(chain(of_rows, *found), key=itemgetter(0))]
    whole = {problem.number: problem.rule for problem in problems if problem.is_whole_row}
    whole |= {issue.number: TOTALS_ROW for issue in issues if issue.rule == TOTALS_ROW}
    if not whole:
        return issues
    return [issue for issue in issues if whole.get(issue.number, issue.rule) == issue.rule]


def _order(number: int, index: int) -> int:
    """Return the sort key of an issue in the row *number* and the column at *index*."""
    return number * 2 * _NO_INDEX + index


def _totals(chunk: Chunk, names: CheckedColumn) -> Iterator[RowProblem]:
    """Yield the rows without a name whose first filled cell introduces totals."""
    unnamed = [at for at, found in names.violations.items() if found[0].rule == _NO_NAME]
    if not unnamed:
        return
    columns = sorted(chunk.columns.items(), key=lambda item: item[1].index)
    rows = chunk.frame.iloc[unnamed]
    cells = zip(*(rows[name].tolist() for name, _ in columns), strict=True)
    for number, texts in zip(rows.index.tolist(), cells, strict=True):
        at, text = next(((at, text) for at, text in enumerate(texts) if text.strip()), (0, ""))
        if is_totals(text):
            yield RowProblem(
                number=number,
                column=columns[at][1],
                rule=TOTALS_ROW,
                value=text,
                is_whole_row=True,
            )


def _cell_issues(chunk: Chunk, name: str, column: CheckedColumn) -> Iterator[tuple[int, Issue]]:
    """Yield the issues of one column, each with its sort key."""
    at = list(column.violations)
    numbers = chunk.frame.index[at].tolist()
    field = chunk.columns.get(name)
    texts = chunk.frame[name].iloc[at].tolist() if field else [""] * len(at)
    heading, index = (field.heading, field.index) if field else (name, _NO_INDEX)
    letters = column_letters(index) if field else ""
    for number, text, violations in zip(numbers, texts, column.violations.values(), strict=True):
        start = chunk.file, chunk.sheet, number, heading, letters and f"{letters}{number}", text
        order = _order(number, index)
        for rule, message, suggestion, severity in violations:
            yield order, Issue(*start, rule, severity, message, suggestion)


def _row_issue(chunk: Chunk, problem: RowProblem, language: str) -> Issue:
    known = messages.facts_of_rule(problem.rule, language) | {
        "value": messages.quoted(problem.value, language=language)
    }
    return Issue(
        file=chunk.file,
        sheet=chunk.sheet,
        number=problem.number,
        column=problem.column.heading,
        cell=cell_address(problem.column.index, problem.number),
        value=problem.value,
        rule=problem.rule,
        severity=problem.severity,
        message=messages.message(problem.rule, known | dict(problem.facts), language=language),
    )


def _location(chunk: Chunk, number: int) -> RowLocation:
    return RowLocation(file=chunk.file, sheet=chunk.sheet, number=number)


def _members(name: str, cells: Sequence[str]) -> Iterator[str]:
    """Yield for each row the member *name* of its JSON body; an empty text for an empty cell."""
    rule = RULES[name]
    if not rule.is_choice:
        return (f'"{name}":{_ENCODER.encode(text)}' if text else "" for text in cells)
    to_value = split_values if rule.max_items > 1 else to_upper
    members = {text: f'"{name}":{_ENCODER.encode(to_value(text))}' for text in set(cells)}
    members[""] = ""
    return (members[text] for text in cells)


def repeated_value_issues(group: Sequence[RepeatedValue], *, language: str = "en") -> list[Issue]:
    """
    Return one issue for each row of *group* that has no task.

    The message names the row that has the task, or the first other rows.

    Args:
        group: at least two rows with the same target and the same value of a field.
        language: language of the messages.

    """
    return [
        _repeated_value_issue(row, at, group, language)
        for at, row in enumerate(group)
        if not row.has_task
    ]


def _repeated_value_issue(
    row: RepeatedValue, at: int, group: Sequence[RepeatedValue], language: str
) -> Issue:
    others = (other.location for position, other in enumerate(group) if position != at)
    named = [
        messages.row_name(location, relative_to=row.location, language=language)
        for location in islice(others, messages.SHOWN_ROWS)
    ]
    owner = next((other.location for other in group if other.has_task), None)
    facts = {
        "value": messages.quoted(row.value, language=language),
        "others": messages.listed_first(named, count=len(group) - 1, language=language),
        "owner": owner and messages.row_name(owner, relative_to=row.location, language=language),
    }
    rule = f"{row.field}.repeated"
    if owner:
        message = messages.text(f"taken.{row.field}", facts, language=language)
    else:
        message = messages.message(rule, facts, language=language)
    return Issue(
        file=row.location.file,
        sheet=row.location.sheet,
        number=row.location.number,
        column=row.column.heading,
        cell=cell_address(row.column.index, row.location.number),
        value=row.value,
        rule=rule,
        severity=Severity.ERROR,
        message=message,
    )
