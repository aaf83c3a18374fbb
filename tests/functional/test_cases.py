"""Small inputs that are easily misread: each row is created as the analyst sees it, or rejected."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.functional.inside import invoke
from tests.functional.program import (
    INSTANCE,
    PROJECT,
    Ended,
    at,
    read_lines,
    read_summary,
    recording,
)

CASES = Path(__file__).parent.parent / "cases"
FAST = ("--rate", "1000", "--yes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """
    The required outcome of one input file.

    Attributes:
        options: options of `check` and `run`.
        code: exit code of `run`; that of `check` is the same if it reads the file.
        created: the bodies of the tasks, in input order, without ``operation_types`` if that is
            INSERT.
        rejected: for each rejected row one of the cells with an error.
        warnings: the cells with a warning.
        said: parts of what `check` and `run` print.
        unsaid: texts that they do not print.
        is_asked: only `run` ends with 2, because the analyst has to decide.

    """

    options: Sequence[str] = ()
    code: int = 0
    created: Sequence[Mapping[str, object]] = ()
    rejected: Mapping[int, Sequence[str]] = field(default_factory=dict)
    warnings: Sequence[str] = ()
    said: Sequence[str] = ()
    unsaid: Sequence[str] = ()
    is_asked: bool = False


def task(name: str, **fields: object) -> dict[str, object]:
    return {"task_name": name, **fields}


async def outcome(name: str, case: Case, folder: Path) -> dict[str, Any]:
    """Return what `check` and `run` do with the file *name*, in the terms of a case."""
    shutil.copy(CASES / name, folder)
    check = await invoke("check", name, *case.options, folder=folder)
    async with recording() as simulator:
        run = await invoke("run", name, *case.options, *at(simulator), *FAST, folder=folder)
        bodies = [stored_body(each.body) for each in simulator.tasks(PROJECT, INSTANCE)]
    results = folder / f"{Path(name).stem}-results"
    rows = read_lines(results / "results.csv") if (results / "results.csv").is_file() else []
    issues = read_lines(results / "issues.csv") if (results / "issues.csv").is_file() else []
    errors = [issue for issue in issues if issue["severity"] == "error"]
    rejected = [int(row["row"]) for row in rows if row["status"] == "rejected"]
    return {
        "codes": (check.code if case.is_asked else run.code, run.code),
        "created": sorted(bodies, key=lambda body: str(body["task_name"])),
        "rejected": {number: cells(errors, number) for number in rejected},
        "warnings": [issue["cell"] for issue in issues if issue["severity"] == "warning"],
        "texts": text_of(check, run),
    }


def stored_body(body: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in body.items() if value != ["INSERT"]}


def cells(errors: Sequence[Mapping[str, str]], number: int) -> list[str]:
    return [error["cell"] for error in errors if int(error["row"]) == number]


def text_of(*ended: Ended) -> str:
    return " ".join(f"{each.out} {each.err}".replace("\n", " ") for each in ended)


async def assert_ends(name: str, case: Case, folder: Path) -> None:
    """Require the outcome of *case* for the file *name*."""
    found = await outcome(name, case, folder)

    assert found["codes"] == ((0 if case.is_asked else case.code), case.code), found
    assert found["created"] == list(case.created)
    assert found["warnings"] == list(case.warnings)
    assert found["rejected"].keys() == case.rejected.keys()
    for number, allowed in case.rejected.items():
        assert set(found["rejected"][number]) & set(allowed), (number, found["rejected"][number])
    assert [part for part in case.said if part not in found["texts"]] == [], found["texts"]
    assert [part for part in case.unsaid if part in found["texts"]] == [], found["texts"]


TEXTS = {
    "exponents-with-bare-e.csv": Case(
        code=1,
        created=[task("abc5", task_tag="12345678E5")],
        rejected={2: ["A2"], 3: ["E3"], 4: ["E4"], 5: ["E5"]},
    ),
    "bare-cr-in-crlf-file.csv": Case(
        code=1,
        created=[task("aaa-01", description="first"), task("aaa-03", description="third")],
        rejected={3: ["A3", "B3", "C3"], 4: ["A4", "B4", "C4"]},
        said=["row 4", "row 3"],
    ),
    "blank-headings.csv": Case(code=1, rejected={2: ["B2", "C2"]}, said=["ignored", "C ", "D "]),
    "date-like-texts.csv": Case(
        created=[
            task("aaa-01", description="x", task_tag="5-Mar", source_app_id="app-1"),
            task("aaa-02", description="x", task_tag="Mar-05", source_app_id="app-1"),
            task("aaa-03", description="x", task_tag="1-Sep", source_app_id="12/05/2026"),
        ],
        warnings=["D2", "D3", "D4", "E4"],
        said=["date"],
    ),
    "encoding-cp850.csv": Case(code=2, said=["--encoding cp850"]),
    "encoding-euc-jp.csv": Case(code=2, said=["--encoding", "euc_jp"]),
    "encoding-mac-roman.csv": Case(code=2, said=["--encoding", "mac_roman"]),
    "hash-signs.csv": Case(code=1, rejected={2: ["D2"]}, said=["narrow"], unsaid=["formula"]),
    "ragged-rows-and-other-issues.csv": Case(
        code=1,
        rejected={
            2: ["A2", "F2", "G2"],
            3: ["A3"],
            4: ["A4", "F4", "G4"],
            5: ["B5"],
        },
        said=["UPSRT", "too short"],
    ),
    "repeated-heading-row.csv": Case(
        created=[task("aaa-01", description="x"), task("aaa-02", description="y")], said=["row 3"]
    ),
    "repeated-task-id.csv": Case(
        code=1,
        created=[task("id-3", task_id="abc124")],
        rejected={2: ["C2"], 3: ["C3"]},
        said=["row 3"],
    ),
    "second-language-heading-row.csv": Case(
        created=[task("aaa-01", description="x")], said=["row 2"]
    ),
    "space-before-quotation-mark.csv": Case(
        created=[
            task(
                "aaa-01",
                operation_types=["INSERT", "UPDATE"],
                description="orders and items",
            ),
            task("aaa-02", description="one"),
        ]
    ),
    "split-list-in-brackets.csv": Case(
        code=1, rejected={number: [f"B{number}", f"C{number}"] for number in (2, 3, 4, 5)}
    ),
    "split-list-without-marks.csv": Case(code=1, rejected={2: ["B2", "C2"]}),
    "surplus-empty-cell.csv": Case(
        code=1,
        created=[task("aaa-02", description="plain")],
        rejected={2: ["A2", "F2"]},
    ),
    "totals-rows.csv": Case(
        code=1,
        created=[
            task("crm-items", operation_types=["INSERT", "UPDATE"], description="items"),
            task("crm-orders", description="orders of the shop"),
        ],
        rejected={4: ["A4"], 5: ["A5"]},
        said=["total"],
    ),
    "trailing-ctrl-z.csv": Case(
        created=[task("aaa-01", description="a"), task("aaa-02", description="x")]
    ),
    "unknown-headings-and-stray-mark.csv": Case(code=2, said=["Name", "Ops"], unsaid=["row 3"]),
    "unquoted-line-break.csv": Case(
        code=1,
        created=[
            task("aaa-02", description="x", task_tag="tag-2", source_app_id="app-2"),
        ],
        rejected={2: ["A2", "B2", "C2", "D2"], 3: ["A3", "B3", "C3"]},
        said=["row 3", "row 2"],
    ),
}

WORKBOOKS = {
    "covered-merged-cell-with-text.xlsx": Case(
        code=1, created=[task("abc1")], rejected={3: ["A3"]}
    ),
    "filtered-rows.xlsx": Case(code=2, is_asked=True, said=["--hidden-rows", "3", "5"]),
    "formulas-without-result.xls": Case(code=1, rejected={2: ["C2", "D2", "E2"]}),
    "heading-with-values.xlsx": Case(created=[task("abc1", task_tag="tag1")]),
    "hidden-column.xlsx": Case(
        created=[task("aaa-01", description="x", task_tag="tag-old-1")], said=["hidden"]
    ),
    "hidden-rows.ods": Case(code=2, is_asked=True, said=["--hidden-rows", "3", "4"]),
    "merged-heading.xlsx": Case(code=1, rejected={2: ["B2", "C2", "D2"]}),
    "no-known-heading.xlsx": Case(code=2, unsaid=["hidden"]),
    "number-format-with-prefix.ods": Case(
        code=1, rejected={2: ["E2"]}, said=["APP-0042", "type the text"]
    ),
    "number-formats-in-description.xlsx": Case(
        code=1, rejected={2: ["C2"], 3: ["C3"], 4: ["C4"]}, said=["50%"]
    ),
    "number-formats-in-name-and-tag.xlsx": Case(
        code=1, rejected={2: ["A2", "C2", "D2"]}, said=["orders-1001", "wave_2026"]
    ),
    "struck-through-row.xlsx": Case(
        created=[task("aaa-01", description="x"), task("aaa-02")], warnings=["A3"]
    ),
    "tasks-sheet-hidden.xlsx": Case(code=2, said=["Tasks", "--sheet"]),
    "zero-fill.xls": Case(created=[task("0001001"), task("abc1", task_id="00042")]),
    "formula-with-result-zero.xlsx": Case(
        code=1,
        created=[task("aaa-01"), task("aaa-05"), task("aaa-06", source_app_id="0")],
        rejected={3: ["A3"], 4: ["A4"]},
        warnings=["E6"],
    ),
    "number-formats-in-id.xlsx": Case(
        code=1,
        created=[
            task("abc3", task_id="0123"),
            task("abc4", task_id="1234"),
            task("abc5", task_id="0001234"),
        ],
        rejected={2: ["E2"], 3: ["E3"]},
        said=["D-01234"],
    ),
}


@pytest.mark.parametrize("name", TEXTS, ids=lambda name: Path(name).stem)
async def test_text_file_ends_as_required(name: str, tmp_path: Path) -> None:
    """No cell of a text file changes its column, its row or its meaning."""
    await assert_ends(name, TEXTS[name], tmp_path)


@pytest.mark.parametrize("name", WORKBOOKS, ids=lambda name: Path(name).stem)
async def test_workbook_ends_as_required(name: str, tmp_path: Path) -> None:
    """What a workbook displays is created, or the cell is rejected."""
    await assert_ends(name, WORKBOOKS[name], tmp_path)


async def test_strict_sends_nothing_if_there_is_a_warning(tmp_path: Path) -> None:
    """The warnings are in the plan and in issues.csv; without the option the rows are created."""
    name = "date-like-texts.csv"
    shutil.copy(CASES / name, tmp_path)

    async with recording() as simulator:
        command = ("run", name, *at(simulator), *FAST)
        held = await invoke(*command, "--strict", folder=tmp_path)
        planned = await invoke(*command, "--dry-run", folder=tmp_path)
        created = len(simulator.tasks(PROJECT, INSTANCE))
        summary = read_summary(tmp_path / "date-like-texts-results")
        sent = await invoke(*command, folder=tmp_path)

    assert (held.code, created, sent.code) == (1, 0, 0)
    assert "--strict: there are warnings, so nothing was sent" in held.err
    assert "to send the rows anyway: batchcreate run" in held.err
    assert "4 warnings, most frequent first" in planned.err
    assert summary["warnings"] == 4


async def test_check_with_warnings_only_ends_successfully(tmp_path: Path) -> None:
    """The last lines state the number of warnings and the file that lists them."""
    shutil.copy(CASES / "date-like-texts.csv", tmp_path)

    ended = await invoke("check", "date-like-texts.csv", folder=tmp_path)

    assert ended.code == 0
    assert "3 rows, all valid, 4 warnings" in ended.err.splitlines()
    assert "all warnings: date-like-texts-results/issues.csv" in ended.err.splitlines()
