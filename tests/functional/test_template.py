"""``batchcreate template``: the template is valid after it is filled in."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from batchcreate.errors import LoadError
from batchcreate.pipeline import template_file
from batchcreate.pipeline.check import check
from batchcreate.pipeline.load import Input
from batchcreate.rules import RULES
from tests.functional.inside import invoke
from tests.office import convert

LANGUAGES = pytest.mark.parametrize("language", ["en", "zh"])


def template(path: Path, language: str) -> Path:
    """Write a template to *path*."""
    at = datetime(2026, 1, 31, tzinfo=UTC)
    template_file.write_template(path, language=language, is_forced=False, at=at)
    return path


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


def checked(path: Path) -> tuple[int, int, int]:
    """Return rows, rejected rows and cleaned cells of *path*."""
    with check(Input(files=[path], defaults={})) as findings:
        return findings.rows, findings.rejected, findings.notes.cleaned


def validations(sheet: Any) -> dict[str, tuple[str, ...]]:
    """Return kind and texts of each column's validation."""
    return {
        str(each.sqref)[0]: (each.type, each.promptTitle, each.prompt, each.errorTitle, each.error)
        for each in sheet.data_validations.dataValidation
    }


async def test_template_is_readable_and_the_next_step_is_shown(tmp_path: Path) -> None:
    """The file has the default permissions, because it is sent to analysts."""
    ended = await invoke("template", "tasks.csv", folder=tmp_path)

    plain = tmp_path / "plain"
    plain.touch()
    assert (tmp_path / "tasks.csv").stat().st_mode == plain.stat().st_mode
    assert ended.err.splitlines() == [
        "template: tasks.csv",
        "next: have the analysts fill it in, then run batchcreate check tasks.csv",
    ]


async def test_force_overwrites(tmp_path: Path) -> None:
    """Without the option, the language is that of the settings."""
    (tmp_path / "tasks.csv").touch()

    ended = await invoke(
        "template", "tasks.csv", "--force", folder=tmp_path, BATCHCREATE_LANG="zh"
    )

    text = (tmp_path / "tasks.csv").read_text(encoding="utf-8-sig")
    assert ended.code == 0
    assert text.startswith("任务名称,")


@LANGUAGES
@pytest.mark.parametrize("name", ["tasks.xlsx", "TASKS.CSV"])
def test_an_empty_template_has_no_rows(tmp_path: Path, language: str, name: str) -> None:
    """The example row is skipped, in a workbook and in CSV."""
    path = template(tmp_path / name, language)

    with pytest.raises(LoadError, match="no rows below the header row"):
        checked(path)


@LANGUAGES
def test_a_filled_in_workbook_is_the_same_in_a_second_program(
    tmp_path: Path, language: str
) -> None:
    """Rows, checks, lists and comments are the same after LibreOffice saved the file."""
    path = template(tmp_path / "tasks.xlsx", language)
    fill_in(path, count=3)
    saved = convert(path, ".xlsx", folder=tmp_path / "saved")

    assert [checked(each) for each in (path, saved)] == [(3, 0, 0)] * 2
    written, resaved = (openpyxl.load_workbook(each).worksheets[0] for each in (path, saved))
    assert validations(resaved) == validations(written)
    assert [cell.comment.text for cell in resaved[1]] == [cell.comment.text for cell in written[1]]
