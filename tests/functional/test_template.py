"""``batchcreate template``: what it writes comes back filled in and is accepted."""

from pathlib import Path
from typing import Any

import openpyxl
import pytest

from batchcreate.rules import RULES
from tests.functional.program import batchcreate
from tests.office import convert

LANGUAGES = pytest.mark.parametrize("language", ["en", "zh"])


def fill_in(path: Path, *, count: int) -> None:
    """Type *count* rows below the example, in every column."""
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    for number in range(1, count + 1):
        values = {field: rule.example for field, rule in RULES.items()}
        values |= {"task_name": f"task-{number}", "task_id": f"{number:024}"}
        for column, value in enumerate(values.values(), start=1):
            sheet.cell(number + 2, column, value)
    book.save(path)


def guarding(sheet: Any) -> dict[str, tuple[str, ...]]:
    """Return kind and texts of each column's validation."""
    return {
        str(each.sqref)[0]: (each.type, each.promptTitle, each.prompt, each.errorTitle, each.error)
        for each in sheet.data_validations.dataValidation
    }


@LANGUAGES
async def test_an_empty_template_has_no_rows(tmp_path: Path, language: str) -> None:
    """Its example is no row, neither in a workbook nor in CSV."""
    for name in ("tasks.xlsx", "tasks.csv"):
        await batchcreate("template", name, "--lang", language, folder=tmp_path)

        checked = await batchcreate("check", name, folder=tmp_path)

        assert (checked.code, checked.err) == (
            2,
            f"error: {name}: has headings but no rows. Type one row per task below them.\n",
        )


async def test_it_can_be_read_by_whoever_it_is_sent_to(tmp_path: Path) -> None:
    """The file has the usual rights, and the words on the screen say what to do with it."""
    ended = await batchcreate("template", "tasks.csv", folder=tmp_path)

    plain = tmp_path / "plain"
    plain.touch()
    assert (tmp_path / "tasks.csv").stat().st_mode == plain.stat().st_mode
    assert ended.err.splitlines() == [
        "template: tasks.csv",
        "next: let it be filled in, then batchcreate check tasks.csv",
    ]


async def test_force_overwrites(tmp_path: Path) -> None:
    """The language comes from the settings where no option names it."""
    await batchcreate("template", "tasks.csv", folder=tmp_path)

    ended = await batchcreate(
        "template", "tasks.csv", "--force", folder=tmp_path, BATCHCREATE_LANG="zh"
    )

    text = (tmp_path / "tasks.csv").read_text(encoding="utf-8-sig")
    assert ended.code == 0
    assert text.startswith("任务名称,")


@LANGUAGES
async def test_a_filled_in_workbook_is_valid_in_every_row(tmp_path: Path, language: str) -> None:
    """Also after a second spreadsheet program saved it; the example row counts for nothing."""
    await batchcreate("template", "tasks.xlsx", "--lang", language, folder=tmp_path)
    fill_in(tmp_path / "tasks.xlsx", count=3)
    saved = convert(tmp_path / "tasks.xlsx", ".xlsx", folder=tmp_path / "saved")

    checked = [
        await batchcreate("check", str(path), "--quiet", folder=tmp_path)
        for path in (tmp_path / "tasks.xlsx", saved)
    ]

    said = [(ended.code, ended.err.splitlines()[0]) for ended in checked]
    assert said == [(0, "3 rows, all of them valid")] * 2


@LANGUAGES
async def test_a_second_program_keeps_validations_and_comments(
    tmp_path: Path, language: str
) -> None:
    """What LibreOffice saves still refuses, offers and explains the same."""
    await batchcreate("template", "tasks.xlsx", "--lang", language, folder=tmp_path)

    saved = convert(tmp_path / "tasks.xlsx", ".xlsx", folder=tmp_path / "saved")

    ours, theirs = (
        openpyxl.load_workbook(path).worksheets[0] for path in (tmp_path / "tasks.xlsx", saved)
    )
    assert guarding(theirs) == guarding(ours)
    assert [cell.comment.text for cell in theirs[1]] == [cell.comment.text for cell in ours[1]]
