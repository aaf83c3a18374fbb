"""Chunks of rows against the rules; a chunk without mistakes costs no object per row."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from batchcreate.models import Chunk, Issue, Rejected
from batchcreate.rules import RULES, TARGET_FIELDS
from batchcreate.text import cell_address
from batchcreate.validator.cells import Breach, Judge
from batchcreate.validator.checked import Checked, place_of, target_cells
from batchcreate.validator.columns import JudgedColumn, judged


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
