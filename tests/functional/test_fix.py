"""``check --fix``: a copy in which certain suggestions are applied, and nothing else changed."""

import csv
import json
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import fastjsonschema
import openpyxl
import pytest
from python_calamine import CalamineWorkbook

import batchcreate.cli as batchcreate_cli
from batchcreate.to_fix.marks import AUTHOR, COLORS, Mark
from tests.functional.inside import invoke
from tests.functional.program import listing, read_lines, task_rows, write_rows

ROOT = Path(__file__).parents[2]
MESSY = ROOT / "samples" / "messy.xlsx"
CASES = ROOT / "tests" / "cases"
FIXED_COLOR, ISSUE_COLOR, WARNING_COLOR = (
    COLORS[mark] for mark in (Mark.FIXED, Mark.ERROR, Mark.WARNING)
)
SCHEMA = Path(batchcreate_cli.__file__).with_name("check.schema.json")

RAGGED = (
    "Team list,,\r\ntask_name,operation_types,description\r\n"
    " crm orders,INSERT,one\r\ncrm_orders,UPSRT,\r\nabc-03,insert,a,b\r\n\r\nn/a,INSERT,NULL\r\n"
    '007,"INSERT,INSERT",\\N\r\nlast one,DELETE,\r\n'
)

MISSING = "--region REGION --instance-id INSTANCE"

Address = tuple[str, int, int]


def cells(path: Path) -> Mapping[Address, object]:
    """Return the values of the cells of a file, read without batchcreate."""
    if path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file))
        found: Iterator[tuple[Address, object]] = (
            (("", row, column), text)
            for row, texts in enumerate(rows, 1)
            for column, text in enumerate(texts, 1)
        )
    elif path.suffix == ".xlsx":
        book = openpyxl.load_workbook(path, data_only=True)
        found = (
            ((sheet.title, cell.row, cell.column), cell.value)
            for sheet in book
            for row in sheet.iter_rows()
            for cell in row
        )
    else:
        with path.open("rb") as opened:
            book = CalamineWorkbook.from_filelike(opened)
            found = iter(
                [
                    ((name, row, column), value)
                    for name in book.sheet_names
                    for row, values in enumerate(
                        book.get_sheet_by_name(name).to_python(skip_empty_area=False), 1
                    )
                    for column, value in enumerate(values, 1)
                ]
            )
    return {address: value for address, value in found if value not in {None, ""}}


def marked(path: Path, color: str) -> Mapping[Address, str]:
    """Return the comments of the cells with *color*."""
    return {
        (sheet.title, cell.row, cell.column): cell.comment.text
        for sheet in openpyxl.load_workbook(path)
        for row in sheet.iter_rows()
        for cell in row
        if cell.fill.fgColor.rgb == color and cell.comment and cell.comment.author == AUTHOR
    }


async def issues_of(folder: Path, file: str, *options: str) -> list[tuple[str, str, str]]:
    """Check *file* and return cell, rule and severity of each issue."""
    shutil.rmtree(folder / "results", ignore_errors=True)
    ended = await invoke("check", file, "--results", "results", *options, folder=folder)
    assert ended.code in {0, 1}, ended.err
    issues = folder / "results" / "issues.csv"
    lines = read_lines(issues) if issues.exists() else []
    return [(line["cell"], line["rule"], line["severity"]) for line in lines]


async def test_only_suggestions_are_applied(tmp_path: Path) -> None:
    """The second check shows the remaining issues; all other cells are as before."""
    shutil.copy(MESSY, tmp_path)

    before = await issues_of(tmp_path, "messy.xlsx", "--fix", "out.xlsx")
    after = await issues_of(tmp_path, "out.xlsx")

    original, copy = cells(tmp_path / "messy.xlsx"), cells(tmp_path / "out.xlsx")
    fixed = {
        ("CRM", 8, 1): "crm_leads",
        ("CRM", 13, 6): "INSERT,UPDATE",
        ("CRM", 16, 1): "crm-cases",
        ("CRM", 22, 3): "REALTIME",
        ("ERP任务", 5, 1): "erp-payments",
        ("ERP任务", 9, 2): "INSERT,DELETE",
    }
    assert {at: copy[at] for at in fixed} == fixed
    assert marked(tmp_path / "out.xlsx", FIXED_COLOR).keys() == fixed.keys()
    assert {at: value for at, value in copy.items() if original.get(at) != value} == fixed
    assert original.keys() - copy.keys() == set()
    gone = [
        ("A8", "task_name.charset"),
        ("F13", "operation_types.merged"),
        ("A16", "task_name.charset"),
        ("C22", "task_type.impossible"),
        ("A5", "task_name.first"),
        ("B9", "operation_types.repeated"),
    ]
    assert Counter(before) - Counter(after) == Counter((*issue, "error") for issue in gone)
    assert Counter(after) - Counter(before) == Counter()
    assert len(marked(tmp_path / "out.xlsx", ISSUE_COLOR)) == 12


async def test_summary_names_the_copy_and_the_next_command(tmp_path: Path) -> None:
    """The exit code is that of the check; the options of the text file are omitted."""
    write_rows(
        tmp_path / "tasks.csv",
        [*task_rows(1), {"task_name": "no good", "operation_types": "all"}],
    )
    write_rows(tmp_path / "bad.csv", [{"task_name": "ab", "operation_types": "INSERT"}])
    command = ("--quiet", "--encoding", "utf-8", "--project-id", "p1")

    good = await invoke("check", "tasks.csv", "--fix", "good.xlsx", *command, folder=tmp_path)
    bad = await invoke("check", "bad.csv", "--fix", "out.xlsx", "--quiet", folder=tmp_path)
    again = await invoke("check", "good.xlsx", "--quiet", folder=tmp_path)

    assert (good.code, bad.code, again.code) == (1, 1, 0)
    assert good.err.splitlines()[-3:] == [
        "fixed 2 cells in good.xlsx; 0 cells remain",
        "2 rows, 1 to fix",
        f"next: batchcreate run good.xlsx --quiet --project-id p1 {MISSING}",
    ]
    assert bad.err.splitlines()[-3:] == [
        "fixed 0 cells in out.xlsx; 1 cell remains",
        "1 row, 1 to fix",
        "next: fix the remaining cells in out.xlsx, then run batchcreate check out.xlsx --quiet",
    ]


async def test_copy_of_a_text_file_has_all_cells_as_text(tmp_path: Path) -> None:
    """Rows keep their numbers; a row with surplus cells stays rejected; a name in use is kept."""
    (tmp_path / "ragged.csv").write_text(RAGGED, encoding="utf-8", newline="")

    before = await issues_of(tmp_path, "ragged.csv", "--fix", "out.xlsx")
    after = await issues_of(tmp_path, "out.xlsx")

    original, copy = cells(tmp_path / "ragged.csv"), cells(tmp_path / "out.xlsx")
    changed = {at: text for at, text in copy.items() if original.get(("", *at[1:])) != text}
    assert changed == {
        ("ragged", 2, 5): "batchcreate status",
        ("ragged", 5, 5): copy["ragged", 5, 5],
        ("ragged", 8, 2): "INSERT",
        ("ragged", 9, 1): "last_one",
    }
    assert str(copy["ragged", 5, 5]).endswith("\nWhen the row is correct, clear this cell.")
    assert len(copy) == len(original) + 2
    assert [issue for issue in before if issue[0] not in {"B8", "A9", "D5"}] == [
        issue for issue in after if issue != ("E5", "row.not_fixed", "error")
    ]
    assert marked(tmp_path / "out.xlsx", WARNING_COLOR).keys() == {
        ("ragged", 7, 3),
        ("ragged", 8, 3),
    }


@pytest.mark.parametrize(
    ("name", "fixed"),
    [
        pytest.param("formulas-without-result.xls", {}, id="xls"),
        pytest.param("number-format-with-prefix.ods", {"E2": "APP-0042"}, id="ods"),
        pytest.param("formula-with-result-zero.xlsx", {}, id="formulas"),
    ],
)
async def test_other_workbooks_are_copied_with_their_issues(
    tmp_path: Path, name: str, fixed: Mapping[str, str]
) -> None:
    """A cell whose value is missing in the file stays rejected."""
    shutil.copy(CASES / name, tmp_path)

    before = await issues_of(tmp_path, name, "--fix", "out.xlsx")
    after = await issues_of(tmp_path, "out.xlsx")

    rejected = {cell for cell, _, severity in before if severity == "error"}
    copy = openpyxl.load_workbook(tmp_path / "out.xlsx").active
    assert {cell for cell, _, severity in after if severity == "error"} == rejected - set(fixed)
    assert {cell: copy[cell].value for cell in fixed} == fixed


@pytest.mark.long
async def test_every_case_has_the_same_rejected_rows_in_its_copy(tmp_path: Path) -> None:
    """Only rows with a fixed cell can become valid."""
    failures = []

    for path in sorted(CASES.iterdir()):
        options = ["--encoding", "mac_roman"] if path.name.startswith("encoding") else []
        options += ["--sheet", "Tasks"] if path.stem == "tasks-sheet-hidden" else []
        shutil.copy(path, tmp_path)
        out = tmp_path / "out.xlsx"
        command = ("check", path.name, "--fix", "out.xlsx", "--force", "--quiet", *options)
        ended = await invoke(*command, "--results", "results", folder=tmp_path)
        if ended.code == 2:
            continue
        fixed = {row for _, row, _ in marked(out, FIXED_COLOR)}
        before = await issues_of(tmp_path, path.name, *options)
        after = await issues_of(tmp_path, "out.xlsx", *options)
        rows = [
            {int(cell.lstrip("ABCDEFGH")) for cell, _, severity in each if severity == "error"}
            for each in (before, after)
        ]
        if not rows[0] - fixed <= rows[1] <= rows[0]:
            failures.append((path.name, before, after))

    assert failures == []


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        pytest.param(("tasks.csv", "--fix", "out.csv"), "use the extension .xlsx", id="suffix"),
        pytest.param(
            ("tasks.csv", "b.csv", "--fix", "out.xlsx"), "one input file", id="two files"
        ),
        pytest.param(("-", "--fix", "out.xlsx"), "save it to a file", id="standard input"),
        pytest.param(("tasks.csv", "--fix", "b.xlsx"), "add --force to overwrite it", id="exists"),
        pytest.param(("tasks.csv", "--fix", "no/o.xlsx"), "there is no folder no", id="folder"),
        pytest.param(("b.xlsx", "--fix", "b.xlsx", "--force"), "is the input file", id="input"),
    ],
)
async def test_copy_is_refused_before_the_check(
    tmp_path: Path, arguments: tuple[str, ...], reason: str
) -> None:
    """Nothing is written and no file is overwritten."""
    for name in ("tasks.csv", "b.csv", "b.xlsx"):
        write_rows(tmp_path / name, task_rows(1))
    before = listing(tmp_path)

    ended = await invoke("check", *arguments, folder=tmp_path)

    assert ended.code == 2
    assert reason in ended.err
    assert listing(tmp_path) == before


async def test_json_document_contains_the_copy(tmp_path: Path) -> None:
    """With --force an existing file is replaced."""
    write_rows(tmp_path / "tasks.csv", [{"task_name": "no good", "operation_types": "INSERT"}])
    (tmp_path / "out.xlsx").write_bytes(b"old")

    ended = await invoke(
        "check", "tasks.csv", "--fix", "out.xlsx", "--force", "--json", folder=tmp_path
    )

    document = json.loads(ended.out)
    fastjsonschema.compile(json.loads(SCHEMA.read_text(encoding="utf-8")))(document)
    assert document["fixed"] == {
        "file": "out.xlsx",
        "cells": 1,
        "remaining_cells": 0,
        "has_formats": True,
    }
    assert cells(tmp_path / "out.xlsx")["tasks", 2, 1] == "no_good"
