"""Files that come back are new versions: no row disappears, and none counts twice."""

import csv
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

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
