"""Hidden rows: the user decides whether they are tasks, before anything is sent."""

import shutil
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import Font

import batchcreate
from tests import analysts
from tests.functional.inside import invoke
from tests.functional.program import listing, read_lines
from tests.functional.test_check import as_described
from tests.functional.test_to_fix import checked
from tests.functional.test_to_fix import run as run_again
from tests.office import convert
from tests.workbook_server import marks

CASES = Path(__file__).parent.parent / "cases"
FILTERED = "filtered-rows.xlsx"
COLLAPSED = "hidden-rows.ods"
PLACE = {"BATCHCREATE_PROJECT_ID": "p1", "BATCHCREATE_INSTANCE_ID": "i1"}
REMEDY = (
    "Add --hidden-rows include to read hidden rows like the others, or --hidden-rows skip to omit"
    " them. Nothing was sent."
)

Sheet = Any


async def run(folder: Path, *arguments: str, **variables: str) -> tuple[int, str]:
    """Run with the simulator and return exit code and messages."""
    ended = await invoke(
        *("run", *arguments, "--simulate", "--yes", "--rate", "1000"),
        folder=folder,
        **PLACE | variables,
    )
    return ended.code, ended.err


def created(results: Path) -> list[tuple[str, str]]:
    return [(row["row"], row["status"]) for row in read_lines(results / "results.csv")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two workbooks that hide rows."""
    for name in (FILTERED, COLLAPSED):
        shutil.copy(CASES / name, tmp_path)
    return tmp_path


async def test_one_message_lists_the_hidden_rows_of_all_files(folder: Path) -> None:
    """Nothing is sent, also with --yes, and no results folder is created."""
    before = listing(folder)

    code, err = await run(folder, FILTERED, COLLAPSED)
    dry_code, dry_err = await run(folder, COLLAPSED, "--dry-run")

    assert code == dry_code == 2
    assert err.splitlines() == [
        f"error: {FILTERED}, sheet Tasks: 2 of 4 rows are hidden (rows 3, 5)",
        f"{COLLAPSED}, sheet Tasks: 2 of 3 rows are hidden (rows 3-4)",
        REMEDY,
    ]
    assert dry_err.splitlines() == [
        f"error: {COLLAPSED}, sheet Tasks: 2 of 3 rows are hidden (rows 3-4). {REMEDY}"
    ]
    assert listing(folder) == before


async def test_included_rows_are_like_the_others(folder: Path) -> None:
    """The plan lists them."""
    code, err = await run(folder, FILTERED, "--hidden-rows", "include")

    assert code == 0
    assert "  hidden, but read: 2 rows (3, 5)" in err
    assert created(folder / "filtered-rows-results") == [
        (number, "created") for number in ("2", "3", "4", "5")
    ]


@pytest.mark.parametrize("source", ["option", "environment", "file"])
async def test_skipped_rows_are_not_input_rows(folder: Path, source: str) -> None:
    """They are listed in the plan and not counted; each source of the setting is equivalent."""
    options = ("--hidden-rows", "skip") if source == "option" else ()
    variables = {"BATCHCREATE_HIDDEN_ROWS": "skip"} if source == "environment" else {}
    if source == "file":
        (folder / "batchcreate.toml").write_text('hidden_rows = "skip"\n')

    code, err = await run(folder, FILTERED, *options, **variables)

    assert code == 0
    assert f"  skipped: 2 rows of sheet Tasks of {FILTERED} (hidden: rows 3, 5)\n" in err
    assert created(folder / "filtered-rows-results") == [("2", "created"), ("4", "created")]


async def test_check_lists_hidden_rows_and_columns(folder: Path) -> None:
    """Without a decision they are validated; the command to run next requires it."""
    shutil.copy(CASES / "hidden-column.xlsx", folder)

    ended = await invoke("check", COLLAPSED, "--json", folder=folder)
    column = await invoke("check", "hidden-column.xlsx", "--json", folder=folder)
    skipped = await invoke("check", COLLAPSED, "--hidden-rows", "skip", "--json", folder=folder)

    (rows,) = as_described(ended.out)["sheets"]
    (columns,) = as_described(column.out)["sheets"]
    assert (ended.code, column.code, skipped.code) == (0, 0, 0)
    assert (rows["rows"], rows["hidden_rows"], rows["hidden_row_ranges"]) == (3, 2, [[3, 4]])
    assert columns["hidden_columns"] == [{"column": "D", "heading": "task_tag"}]
    assert "  hidden, but read: column D 'task_tag'\n" in column.err
    assert "--hidden-rows INCLUDE-OR-SKIP" in ended.err
    assert as_described(skipped.out)["skipped"] == [
        {
            "file": COLLAPSED,
            "sheet": "Tasks",
            "reason": "hidden_rows",
            "rows": 2,
            "row_ranges": [[3, 4]],
        }
    ]
    assert "INCLUDE-OR-SKIP" not in skipped.err


async def test_library_requires_the_decision(folder: Path) -> None:
    """An option of `configure` is the decision; a check needs none."""
    settings = batchcreate.configure(simulate=True, results=folder / "out", instance_id="i1")
    skip = batchcreate.configure(simulate=True, instance_id="i1", hidden_rows="skip", rate=1000)

    with batchcreate.check([folder / FILTERED], settings) as result:
        hidden = result.notes.sheets[0].hidden
    with pytest.raises(batchcreate.SettingsError, match=r"rows 3, 5\)\. Add --hidden-rows"):
        await batchcreate.run([folder / FILTERED], settings)
    ended = await batchcreate.run(
        [folder / FILTERED], skip.model_copy(update={"output": settings.output})
    )

    assert (hidden.count, hidden.ranges) == (2, [(3, 3), (5, 5)])
    assert ended.summary.total == 2


async def test_many_sheets_are_one_short_message(tmp_path: Path) -> None:
    """The first ones are listed."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for number in range(12):
        sheet = book.create_sheet(f"S{number}")
        sheet.append(["task_name", "operation_types"])
        sheet.append([f"crm-{number}", "INSERT"])
        sheet.row_dimensions[2].hidden = True
    book.save(tmp_path / "t.xlsx")

    code, err = await run(tmp_path, "t.xlsx")

    lines = err.splitlines()
    assert code == 2
    assert lines[0] == "error: t.xlsx, sheet S0: 1 of 1 row is hidden (row 2)"
    assert lines[-2:] == ["2 more sheets with hidden rows", REMEDY]
    assert len(lines) == 12


async def test_hidden_rows_of_a_to_fix_file_need_no_decision(tmp_path: Path) -> None:
    """The analyst filters the file, fixes it and sends it back with its filter."""
    to_fix = await checked(tmp_path, ".xlsx")
    analysts.fix(to_fix)
    book = openpyxl.load_workbook(to_fix)
    for sheet in book:
        sheet.row_dimensions[sheet.max_row].hidden = True
    book.save(to_fix)
    await run_again(tmp_path, "tasks.xlsx")

    second = await run_again(tmp_path, "tasks-results/to-fix/tasks.xlsx")

    assert second == (0, {"created": analysts.ROWS})


def mark(sheet: Sheet) -> None:
    """Hide and strike through cells in the ways that spreadsheet programs offer."""
    sheet.append(["task_name", "operation_types", "task_tag", "description"])
    for number in range(2, 15):
        sheet.append([f"crm-{number:02}", "INSERT", "tag-1", "text"])
    sheet.row_dimensions[3].hidden = True
    sheet.row_dimensions.group(5, 6, hidden=True)
    sheet.auto_filter.ref = "A1:D14"
    sheet.auto_filter.add_filter_column(0, [f"crm-{number:02}" for number in range(2, 14)])
    sheet.row_dimensions[14].hidden = True
    sheet.column_dimensions["C"].hidden = True
    for cell in sheet[8]:
        cell.font = Font(strike=True)
    sheet["C9"].font = sheet["E10"].font = Font(strike=True)
    sheet["D11"] = CellRichText("new ", TextBlock(InlineFont(strike=True), "old"))
    condition = FormulaRule(formula=["TRUE"], font=Font(strike=True))
    sheet.conditional_formatting.add("A12:D12", condition)
    sheet["D13"] = 42
    sheet["D13"].font = Font(strike=True)


async def test_marks_are_the_same_in_the_formats_of_libreoffice(tmp_path: Path) -> None:
    """Whichever format the analyst saves, the same rows are hidden or struck through."""
    path = tmp_path / "t.xlsx"
    book = openpyxl.Workbook()
    mark(book.active)
    book.save(path)
    paths = [path, *(convert(path, suffix, folder=tmp_path / "to") for suffix in (".ods", ".xls"))]

    found = [marks(each) for each in paths]

    expected = {
        "columns": [(2, 2)],
        "rows": [(3, 3), (5, 6), (14, 14)],
        "struck": [("A8", "crm-08"), ("C9", "tag-1"), ("D11", "new old"), ("D13", "42")],
    }
    assert found == [expected] * 3
