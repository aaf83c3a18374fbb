"""A report file is the old one or the new one, whatever goes wrong in between."""

import errno
import os
import secrets
import stat
from pathlib import Path
from typing import NoReturn

import pytest

from batchcreate.errors import ReportError
from batchcreate.report import replacing
from tests.disks import files_no_longer_than, read_only, small_disk


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give a report that was written earlier."""
    path = tmp_path / "results.csv"
    path.write_text("old", encoding="utf-8")
    return path


def content_of(folder: Path) -> dict[str, str]:
    """Return every file in *folder*, hidden ones included."""
    return {each.name: each.read_text(encoding="utf-8") for each in folder.iterdir()}


def write(path: Path, text: str) -> None:
    with replacing(path) as file:
        file.write(text)


class TestWriting:
    def test_new_file_takes_the_place_of_the_old_one(self, path: Path) -> None:
        """At the end there is one file with the new content."""
        write(path, "new")

        assert content_of(path.parent) == {"results.csv": "new"}

    def test_first_file_needs_no_old_one(self, tmp_path: Path) -> None:
        """A report may be written where there was none."""
        write(tmp_path / "results.csv", "new")

        assert content_of(tmp_path) == {"results.csv": "new"}

    def test_old_file_stays_until_the_end(self, path: Path) -> None:
        """Who reads while the report is being written reads the old one, whole."""
        with replacing(path) as file:
            file.write("new")
            file.flush()
            assert path.read_text(encoding="utf-8") == "old"

        assert path.read_text(encoding="utf-8") == "new"

    def test_line_ends_are_kept(self, path: Path) -> None:
        """The writer decides how lines end."""
        write(path, "a\r\nb\n")

        assert path.read_bytes() == b"a\r\nb\n"

    def test_half_a_pair_is_spelled_out(self, path: Path) -> None:
        """A lone surrogate does not end a report."""
        write(path, "a\ud800b")

        assert path.read_bytes() == b"a\\ud800b"

    @pytest.mark.parametrize("mask", [0, 0o022, 0o077], ids=oct)
    def test_only_the_owner_may_read_it(self, mask: int, path: Path) -> None:
        """Whatever the mask, and whatever the rights of the old file, nobody else may read it."""
        path.chmod(0o666)
        earlier = os.umask(mask)
        try:
            write(path, "new")
        finally:
            os.umask(earlier)

        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def test_link_is_replaced_and_not_followed(self, path: Path, tmp_path: Path) -> None:
        """What a planted link points at is not touched."""
        victim = tmp_path / "victim"
        victim.write_text("precious", encoding="utf-8")
        path.unlink()
        path.symlink_to(victim)

        write(path, "new")

        assert content_of(tmp_path) == {"results.csv": "new", "victim": "precious"}
        assert not path.is_symlink()


class TestFailing:
    @pytest.mark.parametrize("kind", [RuntimeError, KeyboardInterrupt], ids=["error", "interrupt"])
    def test_writer_that_fails_leaves_the_old_file(
        self, kind: type[BaseException], path: Path
    ) -> None:
        """The failure goes on as it was, and no draft is left behind."""
        with pytest.raises(kind, match="the rows end here"), replacing(path):
            raise kind("the rows end here")

        assert content_of(path.parent) == {"results.csv": "old"}

    def test_full_disk_leaves_the_old_file(self, path: Path) -> None:
        """The message names the file, the reason and the command that writes it later."""
        with pytest.raises(ReportError) as caught, files_no_longer_than(1000):
            write(path, "x" * 100_000)

        assert str(caught.value) == (
            f"{path}: cannot be written (File too large); the journal is intact: "
            f"run 'batchcreate report {path.parent}' when this is mended"
        )
        assert content_of(path.parent) == {"results.csv": "old"}

    def test_disk_that_does_not_keep_it_leaves_the_old_file(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Nothing is put in place before it is on the disk."""

        def fail(_handle: int) -> NoReturn:
            raise OSError(errno.EIO, "Input/output error")

        monkeypatch.setattr(os, "fsync", fail)

        with pytest.raises(ReportError, match=r"cannot be written \(Input/output error\)"):
            write(path, "new")
        assert content_of(path.parent) == {"results.csv": "old"}

    def test_error_without_words_is_shown_as_it_is(self, path: Path) -> None:
        """A reason is given even where the operating system has none."""
        with pytest.raises(ReportError, match=r"cannot be written \(odd\)"), replacing(path):
            raise OSError("odd")  # the case

    def test_missing_folder_is_named(self, tmp_path: Path) -> None:
        """A results folder that went away ends in one line."""
        with pytest.raises(ReportError, match=r"written \(No such file or directory\)"):
            write(tmp_path / "gone" / "results.csv", "new")

    def test_folder_in_its_place_is_left_alone(self, tmp_path: Path) -> None:
        """What is no file is not replaced, and no draft is left behind."""
        (tmp_path / "results.csv").mkdir()

        with pytest.raises(ReportError, match=r"written \(Is a directory\)"):
            write(tmp_path / "results.csv", "new")
        assert [each.name for each in tmp_path.iterdir()] == ["results.csv"]

    def test_read_only_disk_is_named(self, tmp_path: Path) -> None:
        """A folder that not even root may write to ends in one line and keeps its files."""
        with small_disk(tmp_path / "disk", size_kib=64) as disk:
            write(disk / "results.csv", "old")
            with (
                read_only(disk),
                pytest.raises(ReportError, match=r"written \(Read-only file system\)"),
            ):
                write(disk / "results.csv", "new")
            assert content_of(disk) == {"results.csv": "old"}


class TestPlanted:
    @pytest.fixture(autouse=True)
    def draft(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """Give the place of the draft, as an attacker would have to guess it."""
        monkeypatch.setattr(secrets, "token_hex", lambda size: "0" * 2 * size)
        return path.with_name(".results.csv.00000000")

    def test_draft_is_where_it_was_guessed(self, path: Path, draft: Path) -> None:
        """The plants below stand in the right place."""
        with replacing(path):
            assert draft.exists()

    def test_link_at_the_place_of_the_draft_is_not_followed(
        self, path: Path, draft: Path, tmp_path: Path
    ) -> None:
        """The report is refused; neither the link nor what it points at is touched."""
        victim = tmp_path / "victim"
        victim.write_text("precious", encoding="utf-8")
        draft.symlink_to(victim)

        with pytest.raises(ReportError, match=r"cannot be written \(File exists\)"):
            write(path, "new")
        assert draft.is_symlink()
        assert victim.read_text(encoding="utf-8") == "precious"
        assert path.read_text(encoding="utf-8") == "old"

    def test_link_to_nowhere_creates_nothing(
        self, path: Path, draft: Path, tmp_path: Path
    ) -> None:
        """No file appears where the link points."""
        draft.symlink_to(tmp_path / "appears")

        with pytest.raises(ReportError, match="File exists"):
            write(path, "new")
        assert not (tmp_path / "appears").exists()

    def test_file_of_somebody_else_is_left_alone(self, path: Path, draft: Path) -> None:
        """A file that we did not make is not removed."""
        draft.write_text("theirs", encoding="utf-8")

        with pytest.raises(ReportError, match="File exists"):
            write(path, "new")
        assert content_of(path.parent) == {"results.csv": "old", draft.name: "theirs"}
