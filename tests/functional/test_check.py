"""``batchcreate check``: what is wrong with the files, before anybody needs an account."""

import json
from pathlib import Path

from tests.functional.program import batchcreate, listing, read_lines, task_rows, write_rows

WRONG = [
    {"task_name": "crm orders", "operation_types": "INSERT"},
    {"task_name": "crm-orders", "operation_types": "UPSRT"},
]


async def test_valid_files_need_no_account_and_leave_nothing(tmp_path: Path) -> None:
    """Neither endpoint nor credentials nor target are asked for."""
    write_rows(tmp_path / "a.csv", task_rows(3))
    write_rows(tmp_path / "b.csv", task_rows(2, stem="other"))

    ended = await batchcreate("check", "a.csv", "b.csv", folder=tmp_path, BATCHCREATE_TOKEN="")

    assert (ended.code, ended.out, ended.err) == (0, "", "5 rows, all of them valid\n")
    assert listing(tmp_path) == ["a.csv", "b.csv"]


async def test_mistakes_are_shown_and_kept(tmp_path: Path) -> None:
    """Every mistake has its cell, its message and its suggestion, on the screen and in the file."""
    write_rows(tmp_path / "tasks.csv", [*task_rows(1), *WRONG])

    ended = await batchcreate("check", "tasks.csv", "--json", folder=tmp_path)

    issues = read_lines(tmp_path / "tasks-results" / "issues.csv")
    shown = ended.err.splitlines()
    assert (ended.code, json.loads(ended.out)) == (1, {"rows": 3, "rejected": 2})
    assert [(issue["cell"], issue["suggestion"]) for issue in issues] == [
        ("A3", "crm_orders"),
        ("B4", "UPDATE or INSERT?"),
    ]
    for line, issue in zip(shown, issues, strict=False):
        assert issue["cell"] in line
        assert issue["message"] in line
        assert line.endswith(issue["suggestion"])
    assert shown[-1] == "3 rows, 2 to mend; every cell is listed in tasks-results/issues.csv"


async def test_quiet_leaves_the_last_line(tmp_path: Path) -> None:
    """The mistakes are in the file only, which stands where the user wants it."""
    write_rows(tmp_path / "tasks.csv", WRONG)

    ended = await batchcreate("check", "tasks.csv", "--quiet", "--results", "out", folder=tmp_path)

    assert (ended.code, ended.err) == (
        1,
        "2 rows, 2 to mend; every cell is listed in out/issues.csv\n",
    )
    assert len(read_lines(tmp_path / "out" / "issues.csv")) == 2


async def test_mended_files_leave_no_old_mistakes_behind(tmp_path: Path) -> None:
    """The list of an earlier check is brought up to date when nothing is left to mend."""
    write_rows(tmp_path / "tasks.csv", WRONG)
    await batchcreate("check", "tasks.csv", folder=tmp_path)
    write_rows(tmp_path / "tasks.csv", task_rows(2))

    ended = await batchcreate("check", "tasks.csv", folder=tmp_path)

    assert ended.code == 0
    assert read_lines(tmp_path / "tasks-results" / "issues.csv") == []


async def test_check_and_run_find_the_same(tmp_path: Path) -> None:
    """What check lists is what run rejects, to the byte."""
    write_rows(tmp_path / "tasks.csv", [*task_rows(2), *WRONG, *task_rows(1)])

    checked = await batchcreate("check", "tasks.csv", "--results", "checked", folder=tmp_path)
    ran = await batchcreate("run", "tasks.csv", "--simulate", "--results", "ran", folder=tmp_path)

    lists = [(tmp_path / folder / "issues.csv").read_bytes() for folder in ("checked", "ran")]
    assert (checked.code, ran.code) == (1, 1)
    assert lists[0] == lists[1]
    assert lists[0].count(b"task_name.repeated") == 2
