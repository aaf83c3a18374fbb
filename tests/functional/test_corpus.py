"""Every class of damage is reported in one pass, at its cell, and its suggestion is valid."""

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import openpyxl
import pytest

import batchcreate
from batchcreate.errors import LoadError
from batchcreate.models import Cleaning, Issue
from batchcreate.pipeline.check import write_check_files
from tests.corpus.books import write_book, write_text
from tests.corpus.cells import CELLS, FIELDS, CellResult, Damage, valid_row
from tests.corpus.files import READABLE, REFUSED, ROWS, ReadableFile, RefusedFile
from tests.functional.inside import invoke

Write = Callable[[Path, Sequence[Damage]], dict[Damage, str]]

FIRST_ROW = 5
TEXTS = [damage for damage in CELLS if damage.is_text]


def check(path: Path) -> tuple[Mapping[str, Issue], Mapping[str, Cleaning], int]:
    """Return issues and cleanings by cell, and the number of rows."""
    with batchcreate.check([path], batchcreate.configure()) as findings:
        issues = list(findings.issues())
        cleanings = {each.cell: each for each in findings.notes.cleanings}
        assert findings.notes.cleaned >= len(cleanings)
        return {issue.cell: issue for issue in reversed(issues)}, cleanings, findings.rows


@pytest.fixture(scope="module", params=["workbook", "text"])
def found(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Mapping[Damage, str], Mapping[str, Issue], Mapping[str, Cleaning]]:
    """The damaged cells of one file with all classes, and the result of its check."""
    folder = tmp_path_factory.mktemp("corpus")
    if request.param == "workbook":
        places = write_book(path := folder / "messy.xlsx", CELLS)
    else:
        places = write_text(path := folder / "messy.csv", TEXTS)
    before = path.read_bytes()

    issues, cleanings, rows = check(path)

    assert path.read_bytes() == before
    assert rows >= len(places)
    return places, issues, cleanings


Found = tuple[Mapping[Damage, str], Mapping[str, Issue], Mapping[str, Cleaning]]


def test_the_corpus_is_wide() -> None:
    """There are at least 25 classes with unique names."""
    names = [each.name for each in CELLS] + [each.name for each in READABLE]
    names += [each.name for each in REFUSED]

    assert len(names) >= 75
    assert len(set(names)) == len(names)


def test_every_damage_is_found_at_its_cell_and_nothing_else_is(found: Found) -> None:
    """In one pass, however many there are."""
    places, issues, _ = found
    rejected = {cell: damage for damage, cell in places.items() if damage.result == "rejected"}

    missed = {damage.name: cell for cell, damage in rejected.items() if cell not in issues}
    invented = {cell: issue.message for cell, issue in issues.items() if cell not in rejected}

    assert (missed, invented) == ({}, {})


def test_harmless_damage_is_cleaned(found: Found) -> None:
    """The cell is corrected automatically, and the plan lists the correction."""
    places, _, cleanings = found

    wrong = {
        damage.name: cleanings[cell].after if cell in cleanings else None
        for damage, cell in places.items()
        if damage.result is CellResult.CLEANED
        and (cell not in cleanings or cleanings[cell].after != damage.expected)
    }

    assert wrong == {}


def test_suggestions_are_what_was_meant(found: Found) -> None:
    """Nine in ten at least, where one exists; where only the analyst can know, there is none."""
    places, issues, _ = found
    rejected = [damage for damage in places if damage.result is CellResult.REJECTED]

    wrong = {
        damage.name: issues[places[damage]].suggestion
        for damage in rejected
        if issues[places[damage]].suggestion != damage.expected
    }
    risky = {name for name in wrong if wrong[name]}

    assert len(wrong) <= sum(bool(damage.expected) for damage in rejected) // 10, wrong
    assert risky == set()


@pytest.mark.parametrize("case", READABLE, ids=[case.name for case in READABLE])
def test_a_damaged_file_is_seen_through(case: ReadableFile, tmp_path: Path) -> None:
    """Every row is read, under the number that the spreadsheet program shows."""
    path = case.write(tmp_path)
    before = path.read_bytes()

    with batchcreate.check([path], batchcreate.configure()) as findings:
        issues = [issue.message for issue in findings.issues()]
        (sheet,) = findings.notes.sheets

    assert (findings.rows, issues) == (ROWS, [])
    assert sheet.layout.header_row == case.first_number - 1
    assert path.read_bytes() == before


@pytest.mark.parametrize("case", REFUSED, ids=[case.name for case in REFUSED])
def test_a_file_that_cannot_be_read_is_refused_in_one_message(
    case: RefusedFile, tmp_path: Path
) -> None:
    """It names the file, what was found and where."""
    path = case.write(tmp_path)

    with (
        pytest.raises(LoadError) as caught,
        batchcreate.check([path], batchcreate.configure()) as findings,
    ):
        list(findings.issues())

    message = str(caught.value)
    assert message.startswith(path.name)
    assert [words for words in case.words if words not in message] == []


async def test_suggested_values_are_created(tmp_path: Path) -> None:
    """
    A messy workbook is checked, fixed as the to-fix file suggests, and run: every row has a task.

    Where only the analyst can know what was meant, any sound value is typed; nothing else is.
    """
    write_book(tmp_path / "messy.xlsx")
    with batchcreate.check([tmp_path / "messy.xlsx"], batchcreate.configure()) as findings:
        rows, bad = findings.rows, findings.rejected
        write_check_files(tmp_path / "results", findings)
    typed, followed = fix(tmp_path / "results" / "to-fix" / "messy.xlsx")

    first = await run(tmp_path, "messy.xlsx")
    second = await run(tmp_path, "results/to-fix/messy.xlsx")

    assert (first, second) == ({"rejected": bad, "created": rows - bad}, {"created": rows})
    assert typed == sum(damage.result is CellResult.REJECTED for damage in CELLS) == bad
    assert followed == sum(bool(damage.expected) for damage in rejected()) >= 25
    named = {damage.expected for damage in rejected() if damage.field == "task_name"} - {""}
    assert named <= names_created(tmp_path / "results")


async def run(folder: Path, file: str) -> dict[str, int]:
    """Run *file* against the simulator and return the counts."""
    await invoke(
        "run", file, "--simulate", "--results", "results", "--rate", "1000", folder=folder
    )
    counts = json.loads((folder / "results" / "summary.json").read_text(encoding="utf-8"))
    return {status: count for status, count in counts["counts"].items() if count}


def fix(path: Path) -> tuple[int, int]:
    """Type into the marked cells, and unmerge them; return how many they were, and how many had a suggestion."""
    book = openpyxl.load_workbook(path)
    sheet = book["Tasks"]
    marked = [cell for row in sheet.iter_rows(min_row=FIRST_ROW) for cell in row if cell.comment]
    followed = 0
    for at, cell in enumerate(marked):
        _, _, suggestion = cell.comment.text.partition("\nSuggestion: ")
        followed += bool(suggestion)
        field = FIELDS[cell.column - 1]
        cell.value = suggestion.partition("\n")[0] or valid_row(500 + at)[field]
    for merged in list(sheet.merged_cells.ranges):
        if merged.min_row >= FIRST_ROW:
            sheet.unmerge_cells(merged.coord)
            for row, column in merged.cells:
                sheet.cell(row, column).value = sheet.cell(merged.min_row, merged.min_col).value
    book.save(path)
    return len(marked), followed


def rejected() -> list[Damage]:
    return [damage for damage in CELLS if damage.result is CellResult.REJECTED]


def names_created(results: Path) -> set[str]:
    with (results / "results.csv").open(encoding="utf-8-sig", newline="") as file:
        return {row["task_name"] for row in csv.DictReader(file) if row["status"] == "created"}
