"""Chunks of rows against the rules; a chunk without mistakes costs no object per row."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import compress, count, filterfalse, repeat

from batchcreate.messages import cell_address
from batchcreate.models import Chunk, Issue, Key, Place, Rejected, Target, Task
from batchcreate.rules import (
    BODY_FIELDS,
    RULES,
    SPACES,
    TARGET_FIELDS,
    Rule,
    fold,
    items,
    pattern,
)
from batchcreate.validator.cells import Breach, breaches

_Explain = Callable[[str], tuple[Breach, ...]]
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
_PATTERNS = {rule.field: pattern(rule).fullmatch for rule in RULES.values() if rule.max_items == 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """
    A chunk and what the rules say about its rows.

    Attributes:
        chunk: the rows.
        defaults: ``project_id`` and ``instance_id`` of rows that name none.
        rejected: the rows that broke a rule, in their order, with all their issues in
            the order of the columns.

    """

    chunk: Chunk
    defaults: Mapping[str, str]
    rejected: Sequence[Rejected]

    def tasks(self, endpoint: str) -> Iterator[Task]:
        """Make the tasks of the rows that broke no rule, in their order."""
        refused = {row.place.number for row in self.rejected}
        fields = sorted(name for name in BODY_FIELDS if name in self.chunk.cells)
        members = zip(*(_members(self.chunk, name) for name in fields), strict=True)
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
                place=_place(self.chunk, number),
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
        projects, instances = (_target_cells(self.chunk, self.defaults, f) for f in TARGET_FIELDS)
        return projects, instances, _stripped(self.chunk.cells["task_name"])


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
    issues: dict[int, list[Issue]] = defaultdict(list)
    for name in _fields(chunk, needs_target=needs_target):
        rule = RULES[name]
        is_needed = rule.is_mandatory or (
            needs_target and name in TARGET_FIELDS and not defaults.get(name)
        )
        explain = partial(breaches, rule, is_needed=is_needed, language=language)
        _collect(issues, chunk, rule, explain)
    rejected = _rejected(chunk, defaults, issues) if issues else ()
    return Checked(chunk=chunk, defaults=defaults, rejected=rejected)


def _fields(chunk: Chunk, *, needs_target: bool) -> list[str]:
    present = sorted(chunk.columns, key=lambda name: chunk.columns[name].index)
    absent = [name for name in TARGET_FIELDS if needs_target and name not in chunk.columns]
    return present + absent


def _collect(issues: dict[int, list[Issue]], chunk: Chunk, rule: Rule, explain: _Explain) -> None:
    cells = chunk.cells.get(rule.field) or [""] * len(chunk.numbers)
    broken = _broken(rule, cells, explain)
    if not broken:
        return
    for at in compress(count(), map(broken.__contains__, cells)):
        text = cells[at]
        issues[at].extend(_issue(chunk, at, rule, text, breach) for breach in broken[text])


def _broken(rule: Rule, cells: Sequence[str], explain: _Explain) -> dict[str, tuple[Breach, ...]]:
    # In the order of the rows: their texts lie in memory that way.
    distinct: Iterable[str] = dict.fromkeys(cells)
    if matches := _PATTERNS.get(rule.field):
        odd = filterfalse(matches, distinct)
        distinct = [text for text in odd if not matches(text.strip(SPACES))]
    found = ((text, explain(text.strip(SPACES))) for text in distinct)
    return {text: broken for text, broken in found if broken}


def _issue(chunk: Chunk, at: int, rule: Rule, text: str, breach: Breach) -> Issue:
    number = chunk.numbers[at]
    column = chunk.columns.get(rule.field)
    return Issue(
        place=_place(chunk, number),
        column=column.header if column else rule.field,
        cell=cell_address(column.index, number) if column else "",
        value=text,
        rule=breach.rule,
        message=breach.message,
        suggestion=breach.suggestion,
    )


def _rejected(
    chunk: Chunk, defaults: Mapping[str, str], issues: Mapping[int, Sequence[Issue]]
) -> Sequence[Rejected]:
    projects, instances = (_target_cells(chunk, defaults, name) for name in TARGET_FIELDS)
    names = chunk.cells["task_name"]
    return tuple(
        Rejected(
            place=_place(chunk, chunk.numbers[at]),
            task_name=names[at].strip(SPACES),
            project_id=projects[at],
            instance_id=instances[at],
            issues=tuple(issues[at]),
        )
        for at in sorted(issues)
    )


def _target_cells(chunk: Chunk, defaults: Mapping[str, str], name: str) -> Sequence[str]:
    default = defaults.get(name, "")
    cells = chunk.cells.get(name)
    if cells is None:
        return list(repeat(default, len(chunk.numbers)))
    return [text.strip(SPACES) or default for text in cells]


def _members(chunk: Chunk, name: str) -> Iterator[str]:
    """Give for each row the member *name* of its JSON body; nothing where the cell is empty."""
    rule, cells = RULES[name], _stripped(chunk.cells[name])
    if not rule.values:
        return (f'"{name}":{_ENCODER.encode(text)}' if text else "" for text in cells)
    deliver = items if rule.max_items > 1 else fold
    members = {text: f'"{name}":{_ENCODER.encode(deliver(text))}' for text in set(cells)}
    members[""] = ""
    return (members[text] for text in cells)


def _stripped(cells: Sequence[str]) -> list[str]:
    return [text.strip(SPACES) for text in cells]


def _place(chunk: Chunk, number: int) -> Place:
    return Place(file=chunk.file, sheet=chunk.sheet, number=number)
