"""Input files with rows to fix go back to the analysts as copies that do not overwrite edits."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from openpyxl.styles import Font

from batchcreate.errors import JournalError, ReportError
from batchcreate.messages import LANGUAGES
from batchcreate.models import FIXABLE, RowToFix, SheetToFix, Status
from batchcreate.to_fix.marks import CellMark, Mark
from batchcreate.to_fix.write import ToFixResult, added_column, annotate, write_to_fix
from tests.disks import file_size_limit
from tests.input_files import CODE, InputFiles, issue, row_to_fix
from tests.spreadsheets import ods, task, xlsx
from tests.workbook_server import rows as rows_of

ODS_TABLE = (
    '<table:table table:name="May">'
    + "".join(
        f"<table:table-row><table:table-cell><text:p>{text}</text:p></table:table-cell>"
        "</table:table-row>"
        for text in ("task_name", "x y")
    )
    + "</table:table>"
)
WRITTEN = ["to-fix", "to-fix.sha256"]


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


def test_text_file_becomes_a_workbook_of_texts(results: Path, text: Path) -> None:
    """The cells of the analyst are not changed; the added cell contains the issues."""
    result = write(results, InputFiles(text))

    sheet = openpyxl.load_workbook(results / "to-fix" / "t.xlsx")["t"]
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [
        ["task_name", "Owner", "batchcreate status"],
        ["x y", "=1+1", "Correct this row: It is wrong. Suggestion: x_y"],
    ]
    assert not result.notes


def test_edited_file_is_not_overwritten(results: Path, text: Path) -> None:
    """A note names it."""
    write(results, InputFiles(text))
    path = results / "to-fix" / "t.xlsx"
    path.write_text("edited", encoding="utf-8")

    result = write(results, InputFiles(text))

    assert [file.path for file in result.files] == [path]
    (note,) = result.notes
    assert note.startswith("to-fix/t.xlsx: edited but not yet read, so it was not overwritten.")
    assert path.read_text(encoding="utf-8") == "edited"


def test_edited_file_that_was_read_is_replaced(results: Path, text: Path) -> None:
    """The journal contains it."""
    files = InputFiles(text)
    write(results, files)
    path = results / "to-fix" / "t.xlsx"
    path.write_text("edited", encoding="utf-8")
    files.kept.add(hashlib.sha256(b"edited").hexdigest())

    result = write(results, files)

    assert not result.notes
    assert path.read_bytes() != b"edited"


def test_each_input_file_has_a_to_fix_file(results: Path, text: Path) -> None:
    """It has the name of the input file."""
    twin = text.with_name("u.csv")
    twin.write_bytes(text.read_bytes())

    result = write(results, InputFiles(text, twin))

    assert result.by_name() == {
        "to_fix": results / "to-fix" / "t.xlsx",
        "to_fix_2": results / "to-fix" / "u.xlsx",
    }


def test_file_without_rows_to_fix_is_removed(results: Path, text: Path) -> None:
    """Only files that batchcreate has written are removed, those of earlier versions included."""
    write(results, InputFiles(text))
    (results / "to-fix.csv").write_text("x", encoding="utf-8")
    with (results / "to-fix.sha256").open("a", encoding="utf-8") as file:
        file.write(f"{hashlib.sha256(b'x').hexdigest()}  to-fix.csv\n")

    result = write(results, InputFiles())

    assert not result.files
    assert names(results) == []


def test_edited_file_stays_when_no_rows_are_left(results: Path, text: Path) -> None:
    """The folder is kept with it."""
    write(results, InputFiles(text))
    (results / "to-fix" / "t.xlsx").write_text("edited", encoding="utf-8")

    write(results, InputFiles())

    assert names(results) == WRITTEN
    assert names(results / "to-fix") == ["t.xlsx"]


def test_file_that_cannot_be_removed_is_an_error(
    results: Path, text: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message contains its path."""
    write(results, InputFiles(text))

    def unlink(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "unlink", unlink)

    with pytest.raises(ReportError, match=r"to-fix/t\.xlsx: no rows to fix are left"):
        write(results, InputFiles())


def test_missing_input_file_is_a_note(results: Path, text: Path) -> None:
    """The other files are written."""
    files = InputFiles(text)
    text.unlink()

    result = write(results, files)

    assert not result.files
    assert result.notes == [f"{results / 'to-fix' / 't.xlsx'}: cannot be written: t.csv: is gone"]


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
    sheet = openpyxl.load_workbook(results / "to-fix" / "t.xlsx")["May"]
    assert sheet["A2"].font.bold
    assert sheet["B2"].value == "Correct this row: It is wrong. Suggestion: x_y"


def test_workbook_of_another_format_becomes_a_new_one(results: Path, tmp_path: Path) -> None:
    """A note explains that the formats are missing."""
    path = ods(tmp_path / "t.ods", ODS_TABLE)

    result = write(results, InputFiles(path, sheet="May"))

    assert [file.path.name for file in result.files] == ["t.xlsx"]
    (note,) = result.notes
    assert note.startswith("to-fix/t.xlsx: a new workbook with all rows at their addresses;")
    assert rows_of(results / "to-fix" / "t.xlsx", (0, 1), after=1)[0][1] == (
        "x y",
        "Correct this row: It is wrong. Suggestion: x_y",
    )


@pytest.mark.parametrize("size", [200, 2000], ids=["while rows wait", "at the end"])
def test_full_disk_leaves_no_file(size: int, results: Path, tmp_path: Path) -> None:
    """Temporary files of a new workbook are removed, too."""
    path = ods(tmp_path / "t.ods", ODS_TABLE)

    with (
        file_size_limit(size),
        pytest.raises(ReportError, match=r"to-fix/t\.xlsx: cannot be written \(.*File too large"),
    ):
        write(results, InputFiles(path, sheet="May"))
    assert names(results) == ["to-fix"]
    assert names(results / "to-fix") == []


def test_rows_that_cannot_be_read_leave_no_file(results: Path, tmp_path: Path) -> None:
    """The rows that were read are not kept in a file either."""
    path = ods(tmp_path / "t.ods", ODS_TABLE)

    class BrokenFiles(InputFiles):
        def rows(self, sheet: SheetToFix) -> Iterator[RowToFix]:
            yield from super().rows(sheet)
            msg = "the rows end here"
            raise JournalError(msg)

    result = write(results, BrokenFiles(path, sheet="May"))

    assert result.notes == [
        f"{results / 'to-fix' / 't.xlsx'}: cannot be written: the rows end here"
    ]
    assert names(results) == []


def test_workbook_that_is_too_large_becomes_a_new_one(results: Path, tmp_path: Path) -> None:
    """A copy would hold all its cells in memory."""
    padding = {"xl/media/1.bin": hashlib.shake_128(b"x").digest(5 << 20)}
    path = xlsx(tmp_path / "t.xlsx", task(1, "task_name") + task(2, "x y"), parts=padding)

    result = write(results, InputFiles(path, sheet="May"))

    assert len(result.notes) == 1
    assert rows_of(results / "to-fix" / "t.xlsx", after=1)[0][1][:2] == ("x y", "INSERT")


@pytest.mark.parametrize("language", LANGUAGES)
def test_rows_with_nothing_to_do_are_hidden(language: str) -> None:
    """Their texts start as the filter requires; those of other rows do not."""
    done = added_column(language).done
    statuses = [status for status in Status if status is not Status.WITHDRAWN]
    rows = [row_to_fix(number, status=status) for number, status in enumerate(statuses)]

    marks = list(annotate(rows, language=language, is_exact=False))

    assert [row.is_done for row in marks] == [status not in FIXABLE for status in statuses]
    assert [row.text.startswith(done) for row in marks] == [row.is_done for row in marks]


def test_text_of_a_failed_row_contains_the_error() -> None:
    """It contains the advice for the code; no cell is marked."""
    (row,) = annotate([row_to_fix(7, status=Status.FAILED)], language="en", is_exact=True)

    assert not row.cells
    assert row.text.startswith(f"The server refused this row: {CODE} No such application")


@pytest.mark.parametrize(
    ("rule", "has_sentence"),
    [("row.surplus", True), ("row.totals", False), ("task_name.charset", False)],
)
def test_rows_whose_problem_is_lost_must_be_confirmed(rule: str, *, has_sentence: bool) -> None:
    """The copy of a workbook contains the problem itself."""
    rows = [row_to_fix(2, issue(2, "B2", rule))]

    (inexact,) = annotate(rows, language="en", is_exact=False)
    (exact,) = annotate(rows, language="en", is_exact=True)

    assert inexact.text.endswith("\nWhen the row is correct, clear this cell.") == has_sentence
    assert exact.text == "Correct this row: It is wrong."


def test_text_of_a_row_that_is_not_confirmed_stays() -> None:
    """The reason for which it was rejected at first is only there."""
    (row,) = annotate(
        [row_to_fix(2, issue(2, "B2", "row.not_fixed"))], language="zh", is_exact=True
    )

    assert row.text == "x y"


def test_issues_of_a_cell_are_one_comment() -> None:
    """An issue of a missing column has no cell; the text of a covered cell is kept."""
    row = row_to_fix(
        2, issue(2, "B2", suggestion="x"), issue(2, "B2", "task_tag.covered"), issue(2, "")
    )

    (marks,) = annotate([row], language="en", is_exact=True)

    assert marks.cells == [
        CellMark(
            index=1,
            mark=Mark.ERROR,
            comment="It is wrong.\nSuggestion: x\n\nIt is wrong.",
            value="x y",
        )
    ]
