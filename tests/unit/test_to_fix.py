"""Rows that are not created go back to their authors, in files that nobody's work is lost in."""

import hashlib
import io
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, BinaryIO

import openpyxl
import pytest
import xlsxwriter

from batchcreate.copies.plan import Line, Mark
from batchcreate.errors import JournalError, LoadError, ReportError
from batchcreate.models import (
    Column,
    Issue,
    Layout,
    Origin,
    RowLocation,
    RowToFix,
    SheetToFix,
    Status,
)
from batchcreate.report.to_fix import HandedBack, write_to_fix
from batchcreate.report.to_fix.fresh import write_fresh
from batchcreate.report.to_fix.lines import headings, lines
from batchcreate.report.to_fix.names import Shelf
from tests.desks import rows as rows_of
from tests.disks import files_no_longer_than
from tests.spreadsheets import ods, task, xlsx

OWN = ("batchcreate status", "batchcreate origin")
CODE = "FDI.1001"


def layout(file: str, *, sheet: str = "", number: int = 1) -> Layout:
    is_text = file.endswith(".csv")
    return Layout(
        file=file,
        sheet=sheet,
        header_row=number,
        columns={"task_name": Column(heading="task_name", index=0)},
        encoding="utf-8" if is_text else "",
        delimiter="," if is_text else "",
        content=hashlib.sha256(file.encode()).hexdigest(),
    )


def to_fix(number: int, *issues: Issue, status: Status = Status.REJECTED) -> RowToFix:
    place = RowLocation(file="t.csv", sheet="", number=number)
    return RowToFix(
        number=number,
        status=status,
        http_status=400 if status is Status.FAILED else None,
        error_code=CODE if status is Status.FAILED else "",
        error_msg="No such application." if status is Status.FAILED else "",
        issues=issues,
        origin=Origin(content="0" * 12, location=place).text,
    )


def issue(number: int, cell: str, rule: str = "task_name.charset", suggestion: str = "") -> Issue:
    return Issue(
        location=RowLocation(file="t.csv", sheet="", number=number),
        column="Task\nname",
        cell=cell,
        value="x y",
        rule=rule,
        message="It is wrong.",
        suggestion=suggestion,
    )


class Files:
    """The analysts' files, given by their paths; all of their rows are to be mended."""

    def __init__(
        self, *paths: Path, sheet: str = "", number: int = 1, rows: Sequence[RowToFix] = ()
    ) -> None:
        self._number = number
        self._paths = {layout(path.name).content: path for path in paths}
        self._sheet = sheet
        self._rows = rows or (to_fix(2, issue(2, "A2", suggestion="x_y")),)
        self.kept: set[str] = set()

    def sheets(self) -> Sequence[SheetToFix]:
        return [
            SheetToFix(
                sources=[1],
                layout=layout(path.name, sheet=self._sheet, number=self._number),
                original_file=path.name,
                rows=len(self._rows),
            )
            for path in self._paths.values()
        ]

    def roots(self) -> set[str]:
        return {path.name for path in self._paths.values()}

    def rows(self, sheet: SheetToFix) -> Iterator[RowToFix]:
        del sheet
        yield from self._rows

    def opened(self, layout: Layout) -> AbstractContextManager[BinaryIO]:
        try:
            return self._paths[layout.content].open("rb")
        except OSError as error:
            message = f"{layout.file}: is gone"
            raise LoadError(message) from error

    def is_kept(self, digest: str) -> bool:
        return digest in self.kept


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


def hand_back(results: Path, files: Files) -> HandedBack:
    return write_to_fix(results, files, language="en")


class TestFiles:
    def test_rows_of_a_text_come_back_as_text(self, results: Path, text: Path) -> None:
        """The analyst's cells are as they were; ours say what is wrong and where it was."""
        hand_back(results, Files(text))

        assert (results / "to-fix.csv").read_text(encoding="utf-8-sig").splitlines() == [
            f"task_name,Owner,{','.join(OWN)}",
            "x y,=1+1,rejected (row 2): It is wrong. Suggestion: x_y,000000000000|t.csv||2",
        ]

    def test_what_stands_above_the_headings_stays(self, results: Path, tmp_path: Path) -> None:
        """Titles, and the line that tells Excel the separator."""
        path = tmp_path / "t.csv"
        path.write_text("sep=,\nTasks of May\ntask_name\nx y\n", encoding="utf-8")
        rows = [to_fix(3, issue(3, "A3"))]

        write_to_fix(results, Files(path, rows=rows, number=2), language="en")

        written = (results / "to-fix.csv").read_text(encoding="utf-8-sig").splitlines()
        assert written[:3] == ["sep=,", "Tasks of May", f"task_name,{','.join(OWN)}"]
        assert written[3].startswith("x y,rejected (row 3)")

    def test_a_file_that_somebody_mends_is_left_alone(self, results: Path, text: Path) -> None:
        """The rows go to another file, and that is told."""
        hand_back(results, Files(text))
        (results / "to-fix.csv").write_text("mended", encoding="utf-8")

        handed = hand_back(results, Files(text))
        again = hand_back(results, Files(text))

        assert [written.path.name for written in handed.files] == ["to-fix-2.csv"]
        assert [written.path.name for written in again.files] == ["to-fix-2.csv"]
        assert any("to-fix.csv" in note for note in handed.notes)
        assert (results / "to-fix.csv").read_text(encoding="utf-8") == "mended"

    def test_a_mended_file_that_was_read_is_replaced(self, results: Path, text: Path) -> None:
        """The journal has it."""
        files = Files(text)
        hand_back(results, files)
        (results / "to-fix.csv").write_text("mended", encoding="utf-8")
        files.kept.add(hashlib.sha256(b"mended").hexdigest())

        handed = hand_back(results, files)

        assert [written.path.name for written in handed.files] == ["to-fix.csv"]

    @pytest.mark.parametrize("kind", ["folder", "link"])
    def test_what_is_no_file_of_ours_is_left_alone(
        self, results: Path, text: Path, kind: str
    ) -> None:
        """A folder or a link is somebody's."""
        if kind == "folder":
            (results / "to-fix.csv").mkdir()
        else:
            (results / "to-fix.csv").symlink_to(text)

        handed = hand_back(results, Files(text))

        assert [written.path.name for written in handed.files] == ["to-fix-2.csv"]

    def test_each_file_has_one_of_its_own(self, results: Path, text: Path) -> None:
        """Called after it; names that come to the same are counted."""
        twin = text.with_name("t .csv")
        twin.write_bytes(text.read_bytes())

        handed = hand_back(results, Files(text, twin))

        assert handed.by_name() == {
            "to_fix": results / "to-fix-t.csv",
            "to_fix_2": results / "to-fix-t-2.csv",
        }

    def test_what_is_mended_by_now_is_removed(self, results: Path, text: Path) -> None:
        """Files of ours only."""
        hand_back(results, Files(text))

        handed = hand_back(results, Files())

        assert not handed.files
        assert names(results) == []

    def test_what_cannot_be_removed_is_told(
        self, results: Path, text: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A full report is not lost for it."""
        hand_back(results, Files(text))

        def unlink(*_: object, **__: object) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "unlink", unlink)

        with pytest.raises(ReportError, match=r"to-fix\.csv: nothing in it is left to mend"):
            hand_back(results, Files())

    def test_a_file_that_is_gone_is_told(self, results: Path, text: Path) -> None:
        """Others are written all the same."""
        files = Files(text)
        text.unlink()

        handed = hand_back(results, files)

        assert not handed.files
        assert handed.notes == [f"{results / 'to-fix.csv'}: cannot be written: t.csv: is gone"]

    def test_a_workbook_of_another_format_becomes_a_fresh_one(
        self, results: Path, tmp_path: Path
    ) -> None:
        """Saying so."""
        path = ods(
            tmp_path / "t.ods",
            '<table:table table:name="May">'
            + "".join(
                f"<table:table-row><table:table-cell><text:p>{text}</text:p></table:table-cell>"
                "</table:table-row>"
                for text in ("task_name", "x y")
            )
            + "</table:table>",
        )

        handed = hand_back(results, Files(path, sheet="May"))

        assert [written.path.name for written in handed.files] == ["to-fix.xlsx"]
        assert handed.notes == [
            "to-fix.xlsx: the rows were copied to a new workbook; the original formatting is not included."
        ]
        assert rows_of(results / "to-fix.xlsx", (0, 2), after=1)[0][1] == (
            "x y",
            "000000000000|t.csv||2",
        )

    @pytest.mark.parametrize("size", [200, 2000], ids=["while rows wait", "at the end"])
    def test_full_disk_leaves_nothing(self, size: int, results: Path, tmp_path: Path) -> None:
        """A workbook that is written anew waits beside its place, and goes with a failure."""
        path = ods(tmp_path / "t.ods", table("May", number(1)))

        with (
            files_no_longer_than(size),
            pytest.raises(
                ReportError, match=r"to-fix\.xlsx: cannot be written \(.*File too large"
            ),
        ):
            hand_back(results, Files(path, sheet="May"))
        assert names(results) == []

    def test_rows_that_cannot_be_read_leave_nothing(self, results: Path, tmp_path: Path) -> None:
        """Not even the rows that were read: they are the analyst's, and nobody else's."""
        path = ods(tmp_path / "t.ods", table("May", number(1)))

        class Broken(Files):
            def rows(self, sheet: SheetToFix) -> Iterator[RowToFix]:
                yield from super().rows(sheet)
                msg = "the rows end here"
                raise JournalError(msg)

        handed = hand_back(results, Broken(path, sheet="May"))

        assert handed.notes == [f"{results / 'to-fix.xlsx'}: cannot be written: the rows end here"]
        assert names(results) == []

    def test_too_large_a_workbook_is_not_even_tried(self, results: Path, tmp_path: Path) -> None:
        """All of its cells would be in memory at once."""
        padding = {"xl/media/1.bin": hashlib.shake_128(b"x").digest(5 << 20)}
        path = xlsx(tmp_path / "t.xlsx", task(1, "task_name") + task(2, "x y"), parts=padding)

        handed = hand_back(results, Files(path, sheet="May"))

        assert len(handed.notes) == 1
        assert rows_of(results / "to-fix.xlsx", after=1)[0][1][:2] == ("x y", "INSERT")


class TestShelf:
    def test_a_run_that_died_knows_what_it_wrote(self, results: Path) -> None:
        """What it did not come to say at its end is said before the file is in its place."""
        shelf = Shelf(results, is_kept=lambda _: False)
        with shelf.replacing(chosen(shelf)) as file:
            file.write(b"x")

        assert chosen(Shelf(results, is_kept=lambda _: False)).name == "to-fix.csv"

    def test_what_never_was_ours_stays(self, results: Path) -> None:
        """Not even a file whose bytes the journal keeps is replaced where we wrote none."""
        (results / "to-fix.csv").write_text("x", encoding="utf-8")

        assert chosen(Shelf(results, is_kept=lambda _: True)).name == "to-fix-2.csv"

    def test_a_link_stays(self, results: Path, tmp_path: Path) -> None:
        """Even to what we wrote: somebody wants the file to be elsewhere."""
        shelf = Shelf(results, is_kept=lambda _: False)
        with shelf.replacing(path := chosen(shelf)) as file:
            file.write(b"x")
        path.symlink_to(path.rename(tmp_path / "elsewhere.csv"))

        assert chosen(Shelf(results, is_kept=lambda _: False)).name == "to-fix-2.csv"


def chosen(shelf: Shelf) -> Path:
    return shelf.choose("t.csv", suffix=".csv", is_only=True)


class TestFresh:
    def test_values_stay_what_they_are(self, tmp_path: Path) -> None:
        """Text, numbers, dates, truth values and errors; a formula is its result."""
        import datetime as dt

        path = tmp_path / "t.xlsx"
        with xlsxwriter.Workbook(path) as made:
            day = made.add_format({"num_format": "yyyy-mm-dd"})
            sheet = made.add_worksheet("May")
            sheet.write_row(0, 0, ["Tasks of May"])
            sheet.write_row(1, 0, ["task_name", "n", "d", "b", "e", "f", OWN[0], "t"])
            sheet.write_row(2, 0, ["left out"])
            sheet.write_string(3, 0, "=not a formula")
            sheet.write_number(3, 1, 1.5)
            sheet.write_datetime(3, 2, dt.datetime(2026, 3, 4), day)  # noqa: DTZ001 # cells have no zone
            sheet.write_boolean(3, 3, True)
            sheet.write_formula(3, 4, "=1/0", None, "#DIV/0!")
            sheet.write_formula(3, 5, "=1+1", None, 2)
            sheet.write_string(3, 6, "an earlier status")
            sheet.write_datetime(3, 7, dt.time(1, 2), made.add_format({"num_format": "h:mm"}))

        copy = fresh(path, line(4, Mark(index=0, comment="c"), Mark(index=3, comment="d")))

        sheet = copy["May"]
        assert [cell.value for cell in sheet[2]] == [
            *("task_name", "n", "d", "b", "e", "f", "t"), *OWN
        ]  # fmt: skip
        assert [cell.value for cell in sheet[3]] == [
            *("=not a formula", 1.5, dt.datetime(2026, 3, 4), True, "=#DIV/0!", 2, "01:02:00"),  # noqa: DTZ001
            *("mend row 4", "o4"),
        ]
        assert sheet["A3"].data_type == "s"
        assert sheet["A1"].value == "Tasks of May"
        assert (sheet["A3"].comment.text, sheet["D3"].comment.text) == ("c", "d")
        assert {sheet[cell].fill.fgColor.rgb for cell in ("A3", "D3")} == {"FFFFC7CE"}
        assert [sheet[cell].number_format for cell in ("A3", "D3")] == ["@", "General"]

    def test_a_lost_result_is_an_error(self, tmp_path: Path) -> None:
        """It is not accepted as it stands, and no blank cell is."""
        cell = '<c r="C2"><f>A1</f></c>'
        path = xlsx(tmp_path / "t.xlsx", task(1, "task_name") + task(2, more=cell))

        copy = fresh(path, line(2, Mark(index=2, comment="c", is_lost=True), is_refused=True), 1)

        assert copy["May"]["C2"].value == "=#N/A"
        assert copy["May"]["D2"].fill.fgColor.rgb == "FFFFC7CE"

    def test_a_covered_cell_stays_blank(self, tmp_path: Path) -> None:
        """It shows the text of another one, and holds none."""
        path = tmp_path / "t.xlsx"
        with xlsxwriter.Workbook(path) as made:
            sheet = made.add_worksheet("May")
            sheet.write_row(0, 0, ["task_name", "task_tag"])
            sheet.merge_range("B2:B3", "crm-orders")
            sheet.write_column(1, 0, ["a", "b"])

        assert fresh(path, line(3), 1)["May"]["B2"].value is None

    def test_a_name_that_no_sheet_may_have_is_replaced(self, tmp_path: Path) -> None:
        """LibreOffice allows more than Excel."""
        path = ods(tmp_path / "t.ods", table("May / June", number(1.5)))

        copy = fresh(path, line(2), 1, name="May / June")

        assert copy.sheetnames == ["Sheet 1"]
        assert copy["Sheet 1"]["A2"].value == 1.5

    @pytest.mark.parametrize(
        ("names", "written"),
        [
            (("Sheet 2", "May / June"), ["Sheet 2", "Sheet 3"]),
            (("May / June", "Sheet 1"), ["Sheet 1", "Sheet 2"]),
            (("Tasks", "tasks"), ["Tasks", "Sheet 2"]),
        ],
        ids=["replaced", "replaced before", "same letters"],
    )
    def test_no_two_sheets_have_one_name(
        self, names: Sequence[str], written: Sequence[str], tmp_path: Path
    ) -> None:
        """A name that stands for another one may be there already, and case does not count."""
        path = ods(tmp_path / "t.ods", "".join(table(name, number(1)) for name in names))

        assert fresh(path, line(2), 1, name=names).sheetnames == written

    @pytest.mark.parametrize(
        ("kind", "value", "shown"),
        [
            ("float", "1e999", "INF"),
            ("float", "NaN", "NAN"),
            ("date", "1850-01-01", "1850-01-01"),
            ("date", "2020-01-01T10:00:00Z", "2020-01-01 10:00:00Z"),
            ("string", "\N{GRINNING FACE}" * 20_000, "\N{GRINNING FACE}" * 16_383),
        ],
        ids=["infinite", "no number", "before all dates", "zone", "long"],
    )
    def test_what_no_cell_of_excel_can_hold_becomes_text(
        self, kind: str, value: str, shown: str, tmp_path: Path
    ) -> None:
        """OpenDocument knows more numbers and dates, and longer texts."""
        given = f'office:value-type="{kind}" office:{"date-value" if kind == "date" else "value"}="{value}"'
        cell = f"<table:table-cell {given}><text:p>{value}</text:p></table:table-cell>"
        path = ods(tmp_path / "t.ods", table("May", cell))

        copy = fresh(path, line(2), 1)

        assert (copy["May"]["A2"].value, copy["May"]["A2"].data_type) == (shown, "s")


def table(name: str, cell: str) -> str:
    return (
        f'<table:table table:name="{name}"><table:table-row><table:table-cell><text:p>task_name'
        "</text:p></table:table-cell></table:table-row>"
        f"<table:table-row>{cell}</table:table-row></table:table>"
    )


def number(value: float) -> str:
    return f'<table:table-cell office:value-type="float" office:value="{value}"/>'


def line(number: int, *marks: Mark, **more: Any) -> Line:
    return Line(
        number=number, status=f"mend row {number}", origin=f"o{number}", marks=marks, **more
    )


def fresh(
    path: Path, found: Line, header_number: int = 2, *, name: str | Sequence[str] = "May"
) -> Any:
    target = io.BytesIO()
    sheets = [
        SheetToFix(
            sources=[1],
            layout=layout(path.name, sheet=each, number=header_number),
            original_file=path.name,
            rows=1,
        )
        for each in ([name] if isinstance(name, str) else name)
    ]
    with path.open("rb") as source:
        write_fresh(
            source,
            target,
            folder=path.parent,
            sheets=sheets,
            lines=lambda _: iter([found]),
            headings=headings("en"),
        )
    return openpyxl.load_workbook(target)


class TestLines:
    def test_a_refusal_of_the_server_stands_in_the_status(self) -> None:
        """With what its code means; no cell is marked."""
        (found,) = lines([to_fix(7, status=Status.FAILED)], language="en")

        assert found.is_refused
        assert not found.marks
        assert found.status.startswith(f"failed (row 7): {CODE} No such application")

    def test_a_row_that_was_not_tried_says_so(self) -> None:
        """Nothing is wrong with it."""
        (found,) = lines([to_fix(7, status=Status.NOT_ATTEMPTED)], language="en")

        assert "row 7" in found.status
        assert not found.is_refused

    @pytest.mark.parametrize("rule", ["task_tag.merged", "task_tag.no_result"])
    def test_a_cell_without_a_value_does_not_come_back_as_an_empty_one(self, rule: str) -> None:
        """An empty tag is accepted, and none was meant."""
        (found,) = lines([to_fix(2, issue(2, "B2", rule))], language="en")

        assert [mark.is_lost for mark in found.marks] == [True]

    def test_issues_of_one_cell_are_one_comment(self) -> None:
        """A column that the sheet does not have has no cell to mark."""
        row = to_fix(
            2, issue(2, "B2", suggestion="x"), issue(2, "B2", "task_tag.no_result"), issue(2, "")
        )

        (found,) = lines([row], language="en")

        assert found.marks == [
            Mark(index=1, comment="It is wrong.\nSuggestion: x\n\nIt is wrong.", is_lost=True)
        ]
