"""Files that come back are new versions: no row disappears, and none counts twice."""

import csv
import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import openpyxl

from tests.functional.inside import invoke
from tests.functional.program import Ended

HEADINGS = "task_name,operation_types,description"


def write(path: Path, rows: Sequence[str]) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join([HEADINGS, *rows, ""]), encoding="utf-8")


async def run(folder: Path, *files: str) -> Ended:
    """Run with these files against the simulator, in one results folder."""
    return await invoke("run", *files, "--results", "r", "--simulate", "--yes", folder=folder)


def results(folder: Path) -> list[tuple[str, str, str]]:
    """Return file, name and status of each row."""
    with (folder / "r" / "results.csv").open(encoding="utf-8-sig", newline="") as file:
        return [(row["file"], row["task_name"], row["status"]) for row in csv.DictReader(file)]


async def test_row_of_the_other_file_stays_in_the_report(tmp_path: Path) -> None:
    """Two files contain the same name, and one is corrected: the other row can be sent."""
    write(tmp_path / "a.csv", ["orders-1,INSERT,a", "orders-2,INSERT,a"])
    write(tmp_path / "b.csv", ["orders-1,INSERT,b"])
    await run(tmp_path, "a.csv", "b.csv")
    write(tmp_path / "b.csv", ["orders-3,INSERT,b"])

    ended = await run(tmp_path, "b.csv")

    assert ended.code == 1
    assert "next: send the rest: batchcreate retry r --simulate --yes" in ended.err
    assert results(tmp_path) == [
        ("a.csv", "orders-1", "not_attempted"),
        ("a.csv", "orders-2", "created"),
        ("b.csv", "orders-3", "created"),
    ]

    ended = await invoke("retry", "r", "--simulate", "--yes", folder=tmp_path)

    assert (ended.code, Counter(status for *_, status in results(tmp_path))) == (0, {"created": 3})


async def test_new_version_has_as_many_rows_as_its_file(tmp_path: Path) -> None:
    """Changed, removed and new rows are counted in the plan; a removed row is listed apart."""
    write(tmp_path / "a.csv", ["orders-1,INSERT,a", "orders-2,INSRT,a", "orders-3,X,a"])
    await run(tmp_path, "a.csv")
    write(tmp_path / "a.csv", ["orders-1,INSERT,a", "new-2,DELETE,a"])

    ended = await run(tmp_path, "a.csv")

    assert "new version of a.csv: 1 row changed, 1 withdrawn, 0 new" in ended.err
    assert "changed in addition to the cells to fix: A3 'orders-2' -> 'new-2'" in ended.err
    assert "2 rows: 2 created; 1 withdrawn" in ended.err
    assert (ended.code, results(tmp_path)) == (
        0,
        [
            ("a.csv", "orders-1", "created"),
            ("a.csv", "new-2", "created"),
            ("a.csv", "orders-3", "withdrawn"),
        ],
    )


async def test_files_with_the_same_name_never_share_a_batch_silently(tmp_path: Path) -> None:
    """In one command, both are inputs; a later one with other rows is refused."""
    for number in (1, 2, 3):
        write(tmp_path / str(number) / "a.csv", [f"orders-{number},INSERT,a"])
    await run(tmp_path, "1/a.csv", "2/a.csv")

    ended = await run(tmp_path, "2/a.csv")
    both = results(tmp_path)
    write(tmp_path / "alone.csv", ["orders-4,INSERT,a"])
    await run(tmp_path, "alone.csv")
    write(tmp_path / "3" / "alone.csv", ["orders-5,INSERT,a"])
    refused = await run(tmp_path, "3/alone.csv")

    assert ended.code == 0
    assert both == [("1/a.csv", "orders-1", "created"), ("2/a.csv", "orders-2", "created")]
    assert refused.code == 2
    assert f"{tmp_path}/3/alone.csv has other rows than {tmp_path}/alone.csv" in refused.err


TO_FIX = "r/to-fix/a.xlsx"


def edit(path: Path, **cells: str | None) -> None:
    """Enter texts in cells, as an analyst does."""
    book = openpyxl.load_workbook(path)
    for address, text in cells.items():
        book.active[address] = text
    book.save(path)


async def corrected(folder: Path) -> Path:
    """Run a file with two rejected rows and a correction of one; return the path of the latter."""
    rows = [
        "orders-1,INSERT,0012",
        "orders 2,INSERT,0013",
        "orders-3,DELETE,0014",
        "orders 4,INSERT,a",
    ]
    write(folder / "a.csv", rows)
    await run(folder, "a.csv")
    copy = folder / "sent back.xlsx"
    shutil.copy(folder / TO_FIX, copy)
    edit(copy, A3="orders-2", C2="12", A5=None, B5=None, C5=None)
    return copy


async def test_original_that_is_run_again_does_not_undo_its_correction(tmp_path: Path) -> None:
    """The plan names each change, and the original file has no more rows than before."""
    copy = await corrected(tmp_path)

    first = await run(tmp_path, copy.name)
    again = await run(tmp_path, "a.csv")

    assert "corrected version of a.csv: 2 rows changed, 1 withdrawn, 0 new" in first.err
    assert "to fix: C2 '0012' -> '12'" in first.err
    assert "a.csv: the corrected version of" in again.err
    assert Counter(results(tmp_path)) == {
        ("a.csv", "orders-1", "skipped"): 1,
        ("a.csv", "orders-2", "created"): 1,
        ("a.csv", "orders-3", "created"): 1,
        ("a.csv", "orders 4", "withdrawn"): 1,
    }
    assert (first.code, again.code) == (0, 0)


async def test_row_that_was_not_fixed_is_rejected_again(tmp_path: Path) -> None:
    """A correction can be incomplete; its own to-fix file has the rest."""
    await corrected(tmp_path)

    ended = await run(tmp_path, TO_FIX)

    assert ended.code == 1
    assert "4 rows: 2 rejected, 2 created" in ended.err
    assert openpyxl.load_workbook(tmp_path / TO_FIX).active["A3"].value == "orders 2"


async def test_edited_correction_of_an_old_version_can_be_repeated_on_the_newest(
    tmp_path: Path,
) -> None:
    """It is in the place of the newest to-fix file, which is written after it was moved."""
    await corrected(tmp_path)
    edit(tmp_path / TO_FIX, A3="orders-2")
    write(tmp_path / "a.csv", ["orders-1,INSERT,0012", "orders 2,INSERT,0013"])
    await run(tmp_path, "a.csv")

    refused = await run(tmp_path, TO_FIX)
    (tmp_path / TO_FIX).rename(tmp_path / "old.xlsx")
    await invoke("report", "r", folder=tmp_path)
    edit(tmp_path / TO_FIX, A3="orders-2")
    ended = await run(tmp_path, TO_FIX)

    assert refused.code == 2
    assert "Move this file to another folder, write the newest to-fix file with" in refused.err
    assert ended.code == 0
    assert ("a.csv", "orders-2", "created") in results(tmp_path)


async def test_original_does_not_undo_the_correction_of_a_check(tmp_path: Path) -> None:
    """The to-fix file of a check states which content it corrects, before and after a run."""
    write(tmp_path / "a.csv", ["orders-1,INSERT,a", "orders 2,INSERT,a"])
    await invoke("check", "a.csv", "--results", "r", folder=tmp_path)
    shutil.copy(tmp_path / TO_FIX, tmp_path / "late.xlsx")
    edit(tmp_path / TO_FIX, A3="orders-2")
    edit(tmp_path / "late.xlsx", A3="orders-3")

    ended = [await run(tmp_path, each) for each in (TO_FIX, "a.csv", "late.xlsx")]

    assert [each.code for each in ended] == [0, 0, 2]
    assert "a.csv: the corrected version of" in ended[1].err
    assert "late.xlsx: corrects a.csv as it was given on" in ended[2].err
    assert [status for *_, status in results(tmp_path)] == ["created", "created"]


async def test_two_versions_of_a_file_in_one_command_are_refused(tmp_path: Path) -> None:
    """An original and its correction, in any order, or two corrections: give one of them."""
    copy = await corrected(tmp_path)
    before = results(tmp_path)
    given = [("a.csv", copy.name), (copy.name, "a.csv"), (copy.name, TO_FIX)]

    ended = [await run(tmp_path, *files) for files in given]

    assert [each.code for each in ended] == [2, 2, 2]
    assert all("are versions of the same file a.csv. Give one of them" in e.err for e in ended)
    assert results(tmp_path) == before


async def test_hidden_row_of_a_correction_is_named_with_its_file(tmp_path: Path) -> None:
    """The sheet of a correction of a text file has no name in reports."""
    copy = await corrected(tmp_path)
    book = openpyxl.load_workbook(copy)
    book.active.append(["orders-9", "INSERT"])
    book.active.row_dimensions[6].hidden = True
    book.save(copy)

    ended = await run(tmp_path, copy.name)

    assert ended.code == 2
    assert "a.csv: 1 of 4 rows is hidden (row 6)" in ended.err


async def test_correction_of_an_old_version_is_refused(tmp_path: Path) -> None:
    """Two corrections of one to-fix file cannot both be the newest version."""
    copy = await corrected(tmp_path)
    late = shutil.copy(copy, tmp_path / "late.xlsx")
    await run(tmp_path, copy.name)
    edit(Path(late), C2="13")

    ended = await run(tmp_path, "late.xlsx")
    elsewhere = await invoke("run", "late.xlsx", "--simulate", "--yes", folder=tmp_path)

    assert (ended.code, elsewhere.code) == (2, 2)
    assert "late.xlsx: corrects a.csv as it was given on" in ended.err
    assert "this is the to-fix file of another batch. Give the results folder" in elsewhere.err
