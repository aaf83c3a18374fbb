"""What the rules leave of a chunk: tasks, names, cleaned cells and rejected rows."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat

from batchcreate.models import Chunk, Cleaning, Key, Rejected, RowLocation, Target, Task
from batchcreate.rules import BODY_FIELDS, RULES, TARGET_FIELDS, fold, items
from batchcreate.text import cell_address

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
