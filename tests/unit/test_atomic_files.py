"""A report file is replaced atomically, and cells of a workbook are read back as written."""

import errno
import os
import secrets
import stat
from pathlib import Path
from typing import NoReturn

import openpyxl
import pytest
from xlsxwriter import Workbook

from batchcreate.errors import ReportError
from batchcreate.report.atomic_files import RowWriter, atomic_text_file, remove_drafts, write_text
from tests.disks import file_size_limit, read_only, small_disk

TEXTS = ("<r></c></r>", "<r><t>x</t></r>", "<r></r>", "<r> a\n</r>", "<r>", "=1+1", " a ")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return the path of an existing report."""
    path = tmp_path / "results.csv"
    path.write_text("old", encoding="utf-8")
    return path


def content_of(folder: Path) -> dict[str, str]:
    """Return every file in *folder*, hidden ones included."""
    return {each.name: each.read_text(encoding="utf-8") for each in folder.iterdir()}


def write(path: Path, text: str) -> None:
    with atomic_text_file(path) as file:
        file.write(text)


class TestWriting:
    def test_new_file_replaces_the_old_one(self, path: Path) -> None:
        """Only the file with the new content remains."""
        write(path, "new")

        assert content_of(path.parent) == {"results.csv": "new"}

    def test_first_file_is_created(self, tmp_path: Path) -> None:
        """The report need not exist."""
        write(tmp_path / "results.csv", "new")

        assert content_of(tmp_path) == {"results.csv": "new"}

    def test_old_file_is_unchanged_until_the_end(self, path: Path) -> None:
        """A reader during the write reads the complete old report."""
        with atomic_text_file(path) as file:
            file.write("new")
            file.flush()
            assert path.read_text(encoding="utf-8") == "old"

        assert path.read_text(encoding="utf-8") == "new"

    def test_line_ends_are_kept(self, path: Path) -> None:
        """Line ends are not translated."""
        write(path, "a\r\nb\n")

        assert path.read_bytes() == b"a\r\nb\n"

    def test_lone_surrogate_is_escaped(self, path: Path) -> None:
        """A lone surrogate does not cause an error."""
        write(path, "a\ud800b")

        assert path.read_bytes() == b"a\\ud800b"

    @pytest.mark.parametrize("mask", [0, 0o022, 0o077], ids=oct)
    def test_only_the_owner_can_read_it(self, mask: int, path: Path) -> None:
        """Neither the mask nor the permissions of the old file matter."""
        path.chmod(0o666)
        earlier = os.umask(mask)
        try:
            write(path, "new")
        finally:
            os.umask(earlier)

        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def test_link_is_replaced_and_not_followed(self, path: Path, tmp_path: Path) -> None:
        """The target of a link is not changed."""
        victim = tmp_path / "victim"
        victim.write_text("precious", encoding="utf-8")
        path.unlink()
        path.symlink_to(victim)

        write(path, "new")

        assert content_of(tmp_path) == {"results.csv": "new", "victim": "precious"}
        assert not path.is_symlink()


class TestFailing:
    @pytest.mark.parametrize("kind", [RuntimeError, KeyboardInterrupt], ids=["error", "interrupt"])
    def test_failed_writer_keeps_the_old_file(self, kind: type[BaseException], path: Path) -> None:
        """The exception is not changed, and no temporary file remains."""
        with pytest.raises(kind, match="the rows end here"), atomic_text_file(path):
            raise kind("the rows end here")

        assert content_of(path.parent) == {"results.csv": "old"}

    def test_full_disk_keeps_the_old_file(self, path: Path) -> None:
        """The message contains the file, the reason and the command to repeat."""
        with pytest.raises(ReportError) as caught, file_size_limit(1000):
            write(path, "x" * 100_000)

        assert str(caught.value) == (
            f"{path}: cannot be written (File too large). The journal is intact. "
            f"Fix the problem, then run 'batchcreate report {path.parent}'."
        )
        assert content_of(path.parent) == {"results.csv": "old"}

    def test_failed_sync_keeps_the_old_file(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The file is replaced only after the new one is on the disk."""

        def fail(_handle: int) -> NoReturn:
            raise OSError(errno.EIO, "Input/output error")

        monkeypatch.setattr(os, "fsync", fail)

        with pytest.raises(ReportError, match=r"cannot be written \(Input/output error\)"):
            write(path, "new")
        assert content_of(path.parent) == {"results.csv": "old"}

    def test_error_without_a_message_of_the_system_is_shown(self, path: Path) -> None:
        """The text of the exception is the reason."""
        with (
            pytest.raises(ReportError, match=r"cannot be written \(odd\)"),
            atomic_text_file(path),
        ):
            raise OSError("odd")  # the case

    def test_missing_folder_is_named(self, tmp_path: Path) -> None:
        """A removed results folder is one line of error."""
        with pytest.raises(ReportError, match=r"written \(No such file or directory\)"):
            write(tmp_path / "gone" / "results.csv", "new")

    def test_folder_of_that_name_is_not_replaced(self, tmp_path: Path) -> None:
        """Only files are replaced, and no temporary file remains."""
        (tmp_path / "results.csv").mkdir()

        with pytest.raises(ReportError, match=r"written \(Is a directory\)"):
            write(tmp_path / "results.csv", "new")
        assert [each.name for each in tmp_path.iterdir()] == ["results.csv"]

    def test_read_only_disk_is_named(self, tmp_path: Path) -> None:
        """A read-only folder is one line of error and keeps its files."""
        with small_disk(tmp_path / "disk", size_kib=64) as disk:
            write(disk / "results.csv", "old")
            with (
                read_only(disk),
                pytest.raises(ReportError, match=r"written \(Read-only file system\)"),
            ):
                write(disk / "results.csv", "new")
            assert content_of(disk) == {"results.csv": "old"}


class TestPlantedFiles:
    @pytest.fixture(autouse=True)
    def temporary(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """Return the path of the temporary file, as an attacker would have to guess it."""
        monkeypatch.setattr(secrets, "token_hex", lambda size: "0" * 2 * size)
        return path.with_name(".results.csv.00000000")

    def test_temporary_file_has_the_guessed_path(self, path: Path, temporary: Path) -> None:
        """The following tests create files at the right path."""
        with atomic_text_file(path):
            assert temporary.exists()

    def test_link_at_the_temporary_path_is_not_followed(
        self, path: Path, temporary: Path, tmp_path: Path
    ) -> None:
        """The report is not written; neither the link nor its target is changed."""
        victim = tmp_path / "victim"
        victim.write_text("precious", encoding="utf-8")
        temporary.symlink_to(victim)

        with pytest.raises(ReportError, match=r"cannot be written \(File exists\)"):
            write(path, "new")
        assert temporary.is_symlink()
        assert victim.read_text(encoding="utf-8") == "precious"
        assert path.read_text(encoding="utf-8") == "old"

    def test_dangling_link_creates_nothing(
        self, path: Path, temporary: Path, tmp_path: Path
    ) -> None:
        """The target of the link is not created."""
        temporary.symlink_to(tmp_path / "appears")

        with pytest.raises(ReportError, match="File exists"):
            write(path, "new")
        assert not (tmp_path / "appears").exists()

    def test_foreign_file_is_kept(self, path: Path, temporary: Path) -> None:
        """A file that the writer did not create is not removed."""
        temporary.write_text("theirs", encoding="utf-8")

        with pytest.raises(ReportError, match="File exists"):
            write(path, "new")
        assert content_of(path.parent) == {"results.csv": "old", temporary.name: "theirs"}


@pytest.mark.parametrize("mode", ["in_memory", "constant_memory"])
def test_text_is_not_markup(mode: str, tmp_path: Path) -> None:
    """A text that xlsxwriter would read as its own markup is written like any other."""
    with Workbook(tmp_path / "a.xlsx", {mode: True}) as book:
        sheet = book.add_worksheet()
        cell_format = book.add_format({"bold": True})
        for row, text in enumerate(TEXTS):
            write_text(sheet, row, 0, text)
            write_text(sheet, row, 1, text, cell_format)

    rows = openpyxl.load_workbook(tmp_path / "a.xlsx").active.values
    assert list(rows) == [(text, text) for text in TEXTS]


def test_rows_follow_the_header_row(tmp_path: Path) -> None:
    """No row is lost, and missing values are empty cells."""
    with Workbook(tmp_path / "a.xlsx", {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        for at, heading in enumerate("abc"):
            sheet.write_string(0, at, heading)
        writer = RowWriter(sheet, 3, book.add_format({"align": "right"}))
        writer.write(["<&>", 0, None])
        writer.write(["", 7, "<r></c></r>"])

    found = openpyxl.load_workbook(tmp_path / "a.xlsx").active
    assert list(found.values) == [("a", "b", "c"), ("<&>", 0, None), (None, 7, "<r></c></r>")]
    assert (writer.count, found.dimensions) == (2, "A1:C3")


def test_drafts_of_a_killed_run_are_removed(tmp_path: Path) -> None:
    """Other files stay, whatever their names resemble, and links are not followed."""
    kept = [
        "results.csv",
        "results.csv.0123abcd",
        ".results.csv",
        ".results.csv.0123abcg",
        ".notes.txt.0123abcd",
        ".workbook.short",
        "journal.db-wal",
    ]
    drafts = [".results.csv.0123abcd", ".to-fix a.b.xlsx.ffffffff", ".report.html.00000000"]
    for name in (*kept, *drafts):
        (tmp_path / name).touch()
    other = tmp_path / "other"
    (other / "deep").mkdir(parents=True)
    (tmp_path / ".workbook.abc_1234").symlink_to(other)
    (tmp_path / ".workbook.abc_5678" / "deep").mkdir(parents=True)

    remove_drafts(tmp_path)
    remove_drafts(tmp_path / "missing")

    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*kept, "other"])
    assert [path.name for path in other.iterdir()] == ["deep"]
