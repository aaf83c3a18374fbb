"""Outcome of an input file: what `check` and `run` report, and what the server receives."""

import re
import shutil
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.functional.inside import invoke
from tests.functional.program import (
    INSTANCE,
    PROJECT,
    Ended,
    Row,
    at,
    read_lines,
    recording,
)
from tests.row_results import Results, RowSeen, difference

Source = tuple[str, str]
"""A file and its sheet."""

Address = tuple[Source, int]

CASES = Path(__file__).parent.parent / "cases"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """
    The result of `check` and `run` for one input file.

    Attributes:
        name: of the file.
        check: exit code and output of `check`.
        run: exit code and output of `run`.
        bodies: the request bodies by task name.
        rows: the lines of results.csv.
        issues: the lines of issues.csv.

    """

    name: str
    check: Ended
    run: Ended
    bodies: Mapping[str, Mapping[str, Any]]
    rows: Sequence[Row]
    issues: Sequence[Row]

    @property
    def codes(self) -> tuple[int, int]:
        return self.check.code, self.run.code

    @property
    def created(self) -> dict[int, Mapping[str, Any]]:
        """Body of each created row; a body that belongs to no row has the number 0."""
        numbers = {row["task_name"]: row for row in self.rows if row["status"] == "created"}
        return {
            int(numbers[name]["row"]) if name in numbers else 0: body
            for name, body in sorted(self.bodies.items())
        }

    @property
    def others(self) -> dict[int, str]:
        """Status of each row that is not created."""
        return {int(row["row"]): row["status"] for row in self.rows if row["status"] != "created"}

    def cells(self, severity: str) -> dict[int, set[str]]:
        """Cells with an issue of this severity, by row."""
        found: dict[int, set[str]] = {}
        for issue in self.issues:
            if issue["severity"] == severity:
                found.setdefault(int(issue["row"]), set()).add(issue["cell"])
        return found

    def message(self, row: int) -> str:
        """Messages of all issues of a row."""
        return " ".join(each["message"] for each in self.issues if int(each["row"]) == row)

    def suggestions(self, row: int) -> list[str]:
        return [
            each["suggestion"]
            for each in self.issues
            if int(each["row"]) == row and each["suggestion"]
        ]


def task(name: str, operations: str = "INSERT", **fields: str) -> dict[str, Any]:
    """Return a request body."""
    return {"task_name": name, "operation_types": operations.split(","), **fields}


async def outcome_of(
    name: str, folder: Path, *options: str, content: bytes | str = b""
) -> Outcome:
    """
    Check and run a file against a recording simulator, in *folder*.

    Args:
        name: of a case file, or of a new file with *content*; a file that exists is used as it is.
        folder: the working folder.
        options: of both commands.
        content: of the new file, as bytes or as text in UTF-8.

    """
    path = folder / name
    if content:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    elif not path.exists():
        shutil.copy(CASES / name, path)
    shutil.rmtree(results := folder / f"{path.stem}-results", ignore_errors=True)
    check = await invoke("check", name, *options, folder=folder)
    issues = _lines(results / "issues.csv")
    async with recording() as simulator:
        run = await invoke("run", name, *options, *at(simulator), "--yes", folder=folder)
        tasks = simulator.tasks(PROJECT, INSTANCE)
    assert len({each.name for each in tasks}) == len(tasks), "a name was created twice"
    if run.code in {0, 1}:
        assert _lines(results / "issues.csv") == issues, "check and run report different issues"
    return Outcome(
        name=name,
        check=check,
        run=run,
        bodies={each.name: each.body for each in tasks},
        rows=_lines(results / "results.csv"),
        issues=issues,
    )


async def assert_strict_sends_nothing(name: str, folder: Path) -> None:
    """Require that `run --strict` creates nothing and exits with 1."""
    if not (folder / name).exists():
        shutil.copy(CASES / name, folder)
    async with recording() as simulator:
        run = await invoke("run", name, *at(simulator), "--yes", "--strict", folder=folder)
        tasks = simulator.tasks(PROJECT, INSTANCE)

    assert (run.code, tasks) == (1, []), run.err


def assert_ended(
    outcome: Outcome,
    created: Mapping[int, Mapping[str, Any]],
    *,
    rejected: Mapping[int, Collection[str]] | None = None,
    warned: Mapping[int, Collection[str]] | None = None,
) -> None:
    """
    Require these bodies and issues, and the exit codes that follow from them.

    Args:
        outcome: of the file.
        created: body of each row that is created; there are no others.
        rejected: for each rejected row the cells of which at least one has an error, or none if
            the cell does not matter.
        warned: the same for rows with a warning.

    """
    rejected, warned = rejected or {}, warned or {}
    code = 1 if rejected else 0

    assert (outcome.codes, outcome.created) == ((code, code), dict(created)), seen(outcome)
    assert outcome.others == dict.fromkeys(rejected, "rejected"), seen(outcome)
    for severity, rows in (("error", rejected), ("warning", warned)):
        found = outcome.cells(severity)
        assert found.keys() == rows.keys(), seen(outcome)
        for number, cells in rows.items():
            assert not cells or found[number] & set(cells), seen(outcome)


def assert_asked(outcome: Outcome, *parts: str) -> None:
    """Require exit code 2, nothing sent, and the *parts* in the message of `run`."""
    assert (outcome.run.code, outcome.bodies) == (2, {}), seen(outcome)
    assert [part for part in parts if part not in flat(outcome.run.err)] == [], outcome.run.err


def assert_reported(outcome: Outcome, *patterns: str) -> None:
    """
    Require that `check` and `run` both print texts that match the *patterns*.

    The name of the file does not count: it names what the file contains.
    """
    for ended in (outcome.check, outcome.run):
        text = flat(ended.err).replace(Path(outcome.name).stem, "")
        assert [each for each in patterns if not re.search(each, text, re.IGNORECASE)] == [], (
            ended.err
        )


def names_row(message: str, number: int) -> bool:
    """Return True if *message* contains the number of a row, or a cell of it."""
    return re.search(rf"(?<![0-9A-Za-z])[A-Z]{{0,3}}{number}(?![0-9])", message) is not None


def flat(text: str) -> str:
    """Return *text* in one line."""
    return " ".join(text.split())


def seen(outcome: Outcome) -> str:
    """Return everything about an outcome that explains a difference."""
    issues = [
        f"{each['cell'] or each['row']} {each['severity']}: {each['message']} "
        f"[{each['suggestion']}]"
        for each in outcome.issues
    ]
    lines = [f"codes {outcome.codes}", *map(str, outcome.created.items()), str(outcome.others)]
    return "\n".join([*lines, *issues, outcome.run.err])


def _lines(path: Path) -> list[dict[str, str]]:
    return read_lines(path) if path.is_file() else []


async def differences(folder: Path, required: Mapping[Source, Mapping[int, Results]]) -> list[str]:
    """
    Run several files in one batch; return the differences from the *required* rows.

    Args:
        folder: contains the files; their task names differ.
        required: results of the rows, by file name and sheet.

    """
    files = list(dict.fromkeys(file for file, _ in required))
    async with recording() as simulator:
        run = await invoke("run", *files, *at(simulator), "--yes", folder=folder)
        bodies = {each.name: each.body for each in simulator.tasks(PROJECT, INSTANCE)}
    if run.code not in {0, 1}:
        return [f"exit code {run.code}: {run.err}"]
    results = folder / f"{Path(files[0]).stem}-results"
    issues: dict[Address, list[Row]] = {}
    for issue in _lines(results / "issues.csv"):
        issues.setdefault(_address(issue), []).append(issue)
    found = {
        _address(row): RowSeen(
            status=row["status"],
            body=bodies.pop(row["task_name"], None) if row["status"] == "created" else None,
            issues=tuple(issues.get(_address(row), ())),
        )
        for row in _lines(results / "results.csv")
    }
    wanted = {
        (source, number): row for source, rows in required.items() for number, row in rows.items()
    }
    listed = [
        f"{' '.join(filter(None, source))} row {number}: {text}"
        for (source, number), row in wanted.items()
        if (text := difference(row, found.get((source, number))))
    ]
    surplus = [f"{address}: {found[address]}" for address in found.keys() - wanted]
    return [*listed, *surplus, *(f"{name} belongs to no row" for name in bodies)]


def _address(row: Row) -> Address:
    return (row["file"], row["sheet"]), int(row["row"])


async def effects_of_unchanged_copies(folder: Path, files: Sequence[str]) -> list[str]:
    """
    Run *files*, then their to-fix files as they were written.

    Returns:
        descriptions of the tasks that only the second run created, and of the rows whose status
        or location it changed.

    """
    results = folder / "batch"
    async with recording() as simulator:
        options = (*at(simulator), "--yes", "--results", str(results))
        await invoke("run", *files, *options, folder=folder)
        first = {each.name for each in simulator.tasks(PROJECT, INSTANCE)}
        before = read_lines(results / "results.csv")
        copies = sorted((results / "to-fix").iterdir())
        again = await invoke("run", *map(str, copies), *options, folder=folder)
        tasks = simulator.tasks(PROJECT, INSTANCE)
        after = read_lines(results / "results.csv")
    assert again.code == 1, again.err
    statuses = [
        {(row["file"], row["sheet"], row["row"]): row["status"] for row in rows}
        for rows in (before, after)
    ]
    return [
        *(f"created: {each.body}" for each in tasks if each.name not in first),
        *(f"{row}: {status}" for row, status in statuses[0].items() ^ statuses[1].items()),
    ]
