"""Rows that are not created go back to the analysts in files that do not overwrite edits."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from openpyxl.styles import Font

from batchcreate.errors import JournalError, ReportError
from batchcreate.models import RowToFix, SheetToFix, Status
from batchcreate.to_fix.annotations import CellAnnotation
from batchcreate.to_fix.write import ToFixResult, annotate, write_to_fix
from tests.disks import file_size_limit
from tests.input_files import CODE, InputFiles, issue, row_to_fix
from tests.spreadsheets import ods, task, xlsx
from tests.workbook_server import rows as rows_of

OWN = ("batchcreate status", "batchcreate origin")
ODS_TABLE = (
    '<table:table table:name="May">'
    + "".join(
        f"<table:table-row><table:table-cell><text:p>{text}</text:p></table:table-cell>"
        "</table:table-row>"
        for text in ("task_name", "x y")
    )
    + "</table:table>"
)


@pytest.fixture
def text(tmp_path: Path) -> Path:
    (path := tmp_path / "t.csv").write_text("task_name,Owner\nx y,=1+1\n", encoding="utf-8")
    return path


@pytest.fixture
def results(tmp_path: Path) -> Path:
    (folder := tmp_path / "results").mkdir()
    return folder


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def write(results: Path, files: InputFiles) -> ToFixResult:
    return write_to_fix(results, files, language="en")


def test_rows_of_a_text_file_are_written_as_text(results: Path, text: Path) -> None:
    """The cells of the analyst are not changed; the added cells contain the issues and the origin."""
    write(results, InputFiles(text))

    assert (results / "to-fix.csv").read_text(encoding="utf-8-sig").splitlines() == [
        f"task_name,Owner,{','.join(OWN)}",
        "x y,=1+1,rejected (row 2): It is wrong. Suggestion: x_y,000000000000|t.csv||2",
    ]


def test_rows_above_the_header_row_are_kept(results: Path, tmp_path: Path) -> None:
    """Such as titles, and the line that declares the separator for Excel."""
    path = tmp_path / "t.csv"
    path.write_text("sep=,\nTasks of May\ntask_name\nx y\n", encoding="utf-8")
    rows = [row_to_fix(3, issue(3, "A3"))]

    write_to_fix(results, InputFiles(path, rows=rows, number=2), language="en")

    written = (results / "to-fix.csv").read_text(encoding="utf-8-sig").splitlines()
    assert written[:3] == ["sep=,", "Tasks of May", f"task_name,{','.join(OWN)}"]
    assert written[3].startswith("x y,rejected (row 3)")


def test_edited_file_is_not_overwritten(results: Path, text: Path) -> None:
    """The rows are written to another file, and a note names the edited one."""
    write(results, InputFiles(text))
    (results / "to-fix.csv").write_text("edited", encoding="utf-8")

    result = write(results, InputFiles(text))
    again = write(results, InputFiles(text))

    assert [file.path.name for file in result.files] == ["to-fix-2.csv"]
    assert [file.path.name for file in again.files] == ["to-fix-2.csv"]
    assert any("to-fix.csv" in note for note in result.notes)
    assert (results / "to-fix.csv").read_text(encoding="utf-8") == "edited"


def test_edited_file_that_was_read_is_replaced(results: Path, text: Path) -> None:
    """The journal contains it."""
    files = InputFiles(text)
    write(results, files)
    (results / "to-fix.csv").write_text("edited", encoding="utf-8")
    files.kept.add(hashlib.sha256(b"edited").hexdigest())

    result = write(results, files)

    assert [file.path.name for file in result.files] == ["to-fix.csv"]


@pytest.mark.parametrize("kind", ["folder", "link"])
def test_folder_or_link_is_not_overwritten(results: Path, text: Path, kind: str) -> None:
    """The user has created it."""
    if kind == "folder":
        (results / "to-fix.csv").mkdir()
    else:
        (results / "to-fix.csv").symlink_to(text)

    result = write(results, InputFiles(text))

    assert [file.path.name for file in result.files] == ["to-fix-2.csv"]


def test_each_input_file_has_a_to_fix_file(results: Path, text: Path) -> None:
    """It has the name of the input file; equal names are numbered."""
    twin = text.with_name("t .csv")
    twin.write_bytes(text.read_bytes())

    result = write(results, InputFiles(text, twin))

    assert result.by_name() == {
        "to_fix": results / "to-fix-t.csv",
        "to_fix_2": results / "to-fix-t-2.csv",
    }


def test_file_without_rows_to_fix_is_removed(results: Path, text: Path) -> None:
    """Only files that batchcreate has written are removed."""
    write(results, InputFiles(text))

    result = write(results, InputFiles())

    assert not result.files
    assert names(results) == []


def test_file_that_cannot_be_removed_is_an_error(
    results: Path, text: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message contains its path."""
    write(results, InputFiles(text))

    def unlink(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "unlink", unlink)

    with pytest.raises(ReportError, match=r"to-fix\.csv: no rows to fix are left"):
        write(results, InputFiles())


def test_missing_input_file_is_a_note(results: Path, text: Path) -> None:
    """The other files are written."""
    files = InputFiles(text)
    text.unlink()

    result = write(results, files)

    assert not result.files
    assert result.notes == [f"{results / 'to-fix.csv'}: cannot be written: t.csv: is gone"]


def test_workbook_is_copied(results: Path, tmp_path: Path) -> None:
    """Its formats are kept, so that there is no note."""
    made = openpyxl.Workbook()
    made.worksheets[0].title = "May"
    made.worksheets[0].append(["task_name"])
    made.worksheets[0].append(["x y"])
    made.worksheets[0]["A2"].font = Font(bold=True)
    made.save(tmp_path / "t.xlsx")

    result = write(results, InputFiles(tmp_path / "t.xlsx", sheet="May"))

    assert not result.notes
    assert openpyxl.load_workbook(results / "to-fix.xlsx")["May"]["A2"].font.bold


def test_workbook_of_another_format_becomes_a_new_one(results: Path, tmp_path: Path) -> None:
    """A note explains that the formats are missing."""
    path = ods(tmp_path / "t.ods", ODS_TABLE)

    result = write(results, InputFiles(path, sheet="May"))

    assert [file.path.name for file in result.files] == ["to-fix.xlsx"]
    assert result.notes == [
        "to-fix.xlsx: the rows were copied to a new workbook; the original formatting is not included."
    ]
    assert rows_of(results / "to-fix.xlsx", (0, 2), after=1)[0][1] == (
        "x y",
        "000000000000|t.csv||2",
    )


@pytest.mark.parametrize("size", [200, 2000], ids=["while rows wait", "at the end"])
def test_full_disk_leaves_no_file(size: int, results: Path, tmp_path: Path) -> None:
    """Temporary files of a new workbook are removed, too."""
    path = ods(tmp_path / "t.ods", ODS_TABLE)

    with (
        file_size_limit(size),
        pytest.raises(ReportError, match=r"to-fix\.xlsx: cannot be written \(.*File too large"),
    ):
        write(results, InputFiles(path, sheet="May"))
    assert names(results) == []


def test_rows_that_cannot_be_read_leave_no_file(results: Path, tmp_path: Path) -> None:
    """The rows that were read are not kept in a file either."""
    path = ods(tmp_path / "t.ods", ODS_TABLE)

    class BrokenFiles(InputFiles):
        def rows(self, sheet: SheetToFix) -> Iterator[RowToFix]:
            yield from super().rows(sheet)
            msg = "the rows end here"
            raise JournalError(msg)

    result = write(results, BrokenFiles(path, sheet="May"))

    assert result.notes == [f"{results / 'to-fix.xlsx'}: cannot be written: the rows end here"]
    assert names(results) == []


def test_workbook_that_is_too_large_becomes_a_new_one(results: Path, tmp_path: Path) -> None:
    """A copy would hold all its cells in memory."""
    padding = {"xl/media/1.bin": hashlib.shake_128(b"x").digest(5 << 20)}
    path = xlsx(tmp_path / "t.xlsx", task(1, "task_name") + task(2, "x y"), parts=padding)

    result = write(results, InputFiles(path, sheet="May"))

    assert len(result.notes) == 1
    assert rows_of(results / "to-fix.xlsx", after=1)[0][1][:2] == ("x y", "INSERT")


def test_status_of_a_failed_row_contains_the_error() -> None:
    """It contains the advice for the code; no cell is annotated."""
    (row,) = annotate([row_to_fix(7, status=Status.FAILED)], language="en")

    assert row.is_failed
    assert not row.cells
    assert row.status.startswith(f"failed (row 7): {CODE} No such application")


def test_status_of_a_row_that_was_not_attempted() -> None:
    """Nothing has to be fixed."""
    (row,) = annotate([row_to_fix(7, status=Status.NOT_ATTEMPTED)], language="en")

    assert "row 7" in row.status
    assert not row.is_failed


@pytest.mark.parametrize("rule", ["task_tag.merged", "task_tag.no_result"])
def test_cell_without_a_value_does_not_come_back_empty(rule: str) -> None:
    """An empty tag would be accepted."""
    (row,) = annotate([row_to_fix(2, issue(2, "B2", rule))], language="en")

    assert [mark.has_no_value for mark in row.cells] == [True]


def test_issues_of_a_cell_are_one_comment() -> None:
    """An issue of a missing column has no cell."""
    row = row_to_fix(
        2, issue(2, "B2", suggestion="x"), issue(2, "B2", "task_tag.no_result"), issue(2, "")
    )

    (annotated_row,) = annotate([row], language="en")

    assert annotated_row.cells == [
        CellAnnotation(
            index=1, comment="It is wrong.\nSuggestion: x\n\nIt is wrong.", has_no_value=True
        )
    ]
