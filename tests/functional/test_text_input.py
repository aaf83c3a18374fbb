"""Text files as other programs write them, from the command line to the report."""

from pathlib import Path

import openpyxl
import pytest

from tests.functional.inside import invoke
from tests.functional.program import (
    listing,
    read_lines,
)

TABLE = "任务名称;操作类型;备注\r\ncrm-1;INSERT;订单\r\ncrm-2;INSRT;\r\n"
SIMULATED = ("--simulate", "--project-id", "p", "--instance-id", "i")


async def test_standard_input_is_a_file_like_any_other(tmp_path: Path) -> None:
    """What cannot be created comes back, and takes the place of the row that it came from."""
    (tmp_path / "tasks.txt").write_bytes(TABLE.encode("gb18030"))

    ended = await invoke("run", "-", *SIMULATED, folder=tmp_path, stdin="tasks.txt")
    folder = tmp_path / "stdin-results"
    found = [
        (row["file"], row["row"], row["status"]) for row in read_lines(folder / "results.csv")
    ]
    book = openpyxl.load_workbook(folder / "to-fix" / "stdin.xlsx")
    book.active["B3"] = "INSERT"
    book.save(tmp_path / "fixed.xlsx")
    again = await invoke(
        "run", "fixed.xlsx", *SIMULATED, "--results", "stdin-results", folder=tmp_path
    )
    statuses = [row["status"] for row in read_lines(folder / "results.csv")]

    assert (ended.code, found) == (1, [("stdin", "2", "created"), ("stdin", "3", "rejected")])
    assert (again.code, statuses) == (0, ["created", "created"])


async def test_options_determine_what_cannot_be_detected(tmp_path: Path) -> None:
    """Encoding, delimiter and headings."""
    text = "Code^Ops^Описание\ncrm-1^INSERT^заказ\n".replace("^", "|")
    (tmp_path / "tasks.csv").write_bytes(text.encode("cp1251"))
    options = ("--map", "code=task_name", "--map", "OPS=operation_types", "--delimiter", "pipe")

    asked = await invoke("check", "tasks.csv", *options, folder=tmp_path)
    ended = await invoke(
        "check", "tasks.csv", *options, "--encoding", "windows-1251", folder=tmp_path
    )

    assert asked.code == 2
    assert "tasks.csv, line 1: the bytes CE EF E8 F1 E0 ED E8 E5 are not UTF-8" in asked.err
    assert (ended.code, ended.err.splitlines()[:3]) == (
        0,
        [
            "tasks.csv: 1 row",
            "  read as cp1251 with vertical bars",
            "  columns: A task_name ('Code'), B operation_types ('Ops')",
        ],
    )


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--sheet", "May"), "--sheet May: text files have no sheets"),
        (("--map", "Nmae=task_tag"), "--map Nmae=task_tag: no sheet that was read has this"),
        (("--map", "A=task_tag", "--map", "a*=task_id"), "--map contains the heading 'a' 2 times"),
        (("--encoding", "base64"), "give an encoding such as utf-8, gb18030"),
        (("--delimiter", "x"), "give comma, semicolon, tab or pipe"),
    ],
    ids=["sheet of a text", "heading not there", "heading twice", "no encoding", "no delimiter"],
)
async def test_options_that_have_no_effect_are_refused(
    options: tuple[str, ...], words: str, tmp_path: Path
) -> None:
    """In one line, with nothing left behind."""
    (tmp_path / "tasks.csv").write_text("task_name,operation_types\ncrm-1,INSERT\n")

    ended = await invoke("run", "tasks.csv", *SIMULATED, *options, folder=tmp_path)

    assert ended.code == 2
    (line,) = ended.err.splitlines()
    assert words in line
    assert listing(tmp_path) == ["tasks.csv"]
