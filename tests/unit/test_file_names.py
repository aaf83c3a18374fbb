"""To-fix files have the names of their inputs, and edited files are not overwritten."""

from pathlib import Path

import pytest

from batchcreate.errors import ReportError
from batchcreate.to_fix.file_names import ToFixFiles, to_fix_paths


@pytest.fixture
def results(tmp_path: Path) -> Path:
    (folder := tmp_path / "results").mkdir()
    return folder


def to_fix_files(results: Path, *, is_kept: bool = False) -> ToFixFiles:
    return ToFixFiles(results, is_kept=lambda _: is_kept)


def written(results: Path) -> Path:
    """Write a to-fix file and return its path."""
    path = results / "to-fix" / "t.xlsx"
    with to_fix_files(results).replace(path) as file:
        file.write(b"x")
    return path


def test_file_is_listed_before_it_is_written(results: Path) -> None:
    """After a crash the file counts as unchanged."""
    path = written(results)

    assert to_fix_files(results).is_replaceable(path)


def test_file_that_is_not_listed_is_kept(results: Path) -> None:
    """Also if the journal contains its content."""
    path = written(results)
    (results / "to-fix.sha256").unlink()

    assert not to_fix_files(results, is_kept=True).is_replaceable(path)


def test_link_is_kept(results: Path, tmp_path: Path) -> None:
    """Also if its target is unchanged."""
    path = written(results)
    path.symlink_to(path.rename(tmp_path / "elsewhere.xlsx"))

    assert not to_fix_files(results).is_replaceable(path)


def test_folder_that_is_a_link_is_refused(results: Path, tmp_path: Path) -> None:
    """The files would be written to another folder."""
    (results / "to-fix").symlink_to(tmp_path)

    with pytest.raises(ReportError, match="to-fix: is a link"):
        written(results)


def test_file_in_place_of_the_folder_is_refused(results: Path) -> None:
    """The message contains its path."""
    (results / "to-fix").write_bytes(b"")

    with pytest.raises(ReportError, match=r"to-fix: cannot be created \(File exists\)"):
        written(results)


def test_names_are_those_of_the_inputs() -> None:
    """Parent folders are part of a name; inputs that differ in their suffix keep it."""
    labels = [
        *("orders.xlsx", "north/tasks.csv", "south/tasks.csv", "Stock.csv", "stock.xlsx"),
        *("客户 1.csv", "a:b.csv", "a*b.csv", "..csv", "x" * 300, "stdin"),
    ]

    paths = to_fix_paths(Path("r"), labels)

    assert [path.name for path in paths.values()] == [
        *("orders.xlsx", "north-tasks.xlsx", "south-tasks.xlsx", "Stock.csv.xlsx"),
        *("stock.xlsx.xlsx", "客户 1.xlsx", "a_b.csv.xlsx", "a_b.csv-2.xlsx", "file.xlsx"),
        *(f"{'x' * 180}.xlsx", "stdin.xlsx"),
    ]
    assert {path.parent for path in paths.values()} == {Path("r/to-fix")}
