"""To-fix files get free names, and edited files are not overwritten."""

from pathlib import Path

import pytest

from batchcreate.to_fix.file_names import ToFixFiles


@pytest.fixture
def results(tmp_path: Path) -> Path:
    (folder := tmp_path / "results").mkdir()
    return folder


def choose_path(to_fix_files: ToFixFiles) -> Path:
    return to_fix_files.choose_path("t.csv", suffix=".csv", is_only=True)


def test_file_is_listed_before_it_is_written(results: Path) -> None:
    """After a crash the file counts as unchanged."""
    to_fix_files = ToFixFiles(results, is_kept=lambda _: False)
    with to_fix_files.replace(choose_path(to_fix_files)) as file:
        file.write(b"x")

    assert choose_path(ToFixFiles(results, is_kept=lambda _: False)).name == "to-fix.csv"


def test_file_that_is_not_listed_is_kept(results: Path) -> None:
    """Also if the journal contains its content."""
    (results / "to-fix.csv").write_text("x", encoding="utf-8")

    assert choose_path(ToFixFiles(results, is_kept=lambda _: True)).name == "to-fix-2.csv"


def test_link_is_kept(results: Path, tmp_path: Path) -> None:
    """Also if its target is unchanged."""
    to_fix_files = ToFixFiles(results, is_kept=lambda _: False)
    with to_fix_files.replace(path := choose_path(to_fix_files)) as file:
        file.write(b"x")
    path.symlink_to(path.rename(tmp_path / "elsewhere.csv"))

    assert choose_path(ToFixFiles(results, is_kept=lambda _: False)).name == "to-fix-2.csv"
