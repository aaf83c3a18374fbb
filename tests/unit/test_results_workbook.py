"""results.xlsx is read back as written, has filters, and contains no formulas."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from batchcreate.errors import JournalError, ReportError
from batchcreate.models import CauseGroup, Issue, ResultRow, RowLocation, Status, Summary
from batchcreate.models.results import RESULT_COLUMNS
from batchcreate.report.csv_tables import ISSUE_COLUMNS, result_cells
from batchcreate.report.results_workbook import Overview, write_workbook
from batchcreate.text import cell_text
from tests.chunks import make_issue
from tests.disks import file_size_limit
from tests.office import convert

CREATED: Final = ResultRow(
    location=RowLocation(file="tasks.xlsx", sheet="May", number=7),
    task_name="crm-orders",
    status=Status.CREATED,
    task_id="0007",
    http_status=200,
    error_code="",
    error_msg="",
    attempts=1,
    first_sent_at="2026-03-01T12:00:00.000Z",
    finished_at="2026-03-01T12:00:00.250Z",
    duration_ms=0,
    project_id="1e5",
    instance_id="i",
)
REJECTED: Final = replace(
    CREATED,
    location=RowLocation(file="客户.csv", sheet="", number=8),
    status=Status.REJECTED,
    task_id="",
    http_status=None,
    error_code="INVALID_ROW",
    error_msg='=1+1\n"two"\tthree',
    attempts=0,
    first_sent_at="",
    finished_at="",
    duration_ms=None,
)
ISSUE: Final = make_issue(
    RowLocation(file="客户.csv", sheet="", number=8),
    column="Task\nName",
    cell="C8",
    value="=cmd|' /C calc'!A0",
    rule="task_name.charset",
    message="The task name contains '='.",
    suggestion="https://example.com",
)
GROUPS: Final = (
    CauseGroup(status=Status.REJECTED, rule="task_name.charset", column="=A1", rows=30),
    CauseGroup(status=Status.FAILED, http_status=400, error_code="FDI.3033", rows=12),
)
OVERVIEW: Final = Overview(
    summary=Summary(counts=dict.fromkeys(Status, 0) | {Status.CREATED: 900, Status.FAILED: 12}),
    causes=GROUPS,
    facts=[("endpoint", "https://roma.example"), ("started_at", "2026-03-01T12:00:00.000Z")],
)
NASTY: Final = (
    "=1+1",
    "+1",
    "@SUM(A1)",
    "{=1}",
    "https://a.example",
    "1e5",
    "007",
    " a ",
    "<r></c></r>",
    "<r><t>x</t></r>",
    "<r></r>",
    "&amp;<b>]]>",
)
INVISIBLE: Final = ("\x00", "\x1b[2J", "\ud800", "\ufffe", "\u202e", "\r")


def written(
    path: Path,
    results: Sequence[ResultRow] = (),
    issues: Sequence[Issue] = (),
    overview: Overview = OVERVIEW,
    **how: Any,
) -> Path:
    write_workbook(path, overview, results, issues, **how)
    return path


def lines(path: Path, sheet: str) -> list[list[object]]:
    """Return the rows of *sheet* as openpyxl reads them; empty cells are ``None``."""
    book = openpyxl.load_workbook(path)
    return [[cell.value for cell in row] for row in book[sheet].iter_rows()]


def blank(cells: Sequence[str | int | None]) -> list[object]:
    return [cell if cell or cell == 0 else None for cell in cells]


class TestTables:
    def test_rows_are_those_of_the_csv_files(self, tmp_path: Path) -> None:
        """Numbers are numbers, texts are texts, and missing values are empty cells."""
        path = written(tmp_path / "a.xlsx", [CREATED, REJECTED], [ISSUE])

        assert lines(path, "Results") == [
            list(RESULT_COLUMNS),
            blank(result_cells(CREATED, "en")),
            blank(result_cells(REJECTED, "en")),
        ]
        assert lines(path, "Issues") == [
            list(ISSUE_COLUMNS),
            blank(ISSUE._replace(column="Task Name")),
        ]

    def test_another_reader_sees_the_same(self, tmp_path: Path) -> None:
        """Calamine and LibreOffice read the same cells."""
        path = written(tmp_path / "a.xlsx", [CREATED, REJECTED], [ISSUE])
        other = pd.read_excel(
            convert(path, ".xlsx", folder=tmp_path / "office"),
            "Results",
            dtype=str,
            engine="calamine",
        )
        frame = pd.read_excel(path, "Results", dtype=str, engine="calamine")

        assert frame.equals(other)
        assert list(frame["task_id"].fillna("")) == ["0007", ""]
        assert list(frame["project_id"]) == ["1e5", "1e5"]

    def test_other_columns_follow_in_both_readers(self, tmp_path: Path) -> None:
        """Cells and headings are texts, and long ones are cut; a row without a cell has none."""
        others = {"负责人": "李", "=Wave": "007", "<r></r>": "=1+1", "long": "客" * 40_000}
        rows = [replace(CREATED, others=others), REJECTED]
        overview = replace(OVERVIEW, others=[*others, "none"])
        path = written(tmp_path / "a.xlsx", rows, overview=overview)
        office = convert(path, ".xlsx", folder=tmp_path / "office")

        head, first, second = (line[len(RESULT_COLUMNS) :] for line in lines(path, "Results"))
        assert head == [*others, "none"]
        assert first == ["李", "007", "=1+1", "客" * 32_767, None]
        assert second == [None] * 5
        assert openpyxl.load_workbook(path)["Results"]["S2"].data_type == "s"
        frames = [
            pd.read_excel(book, "Results", dtype=str, engine="calamine").fillna("")
            for book in (path, office)
        ]
        assert list(frames[0].iloc[0, -5:]) == ["李", "007", "=1+1", "客" * 32_767, ""]
        assert frames[0].equals(frames[1])

    def test_columns_that_do_not_fit_are_left_out(self, tmp_path: Path) -> None:
        """A sheet has at most 16,384 columns; results.csv has all of them."""
        overview = replace(OVERVIEW, others=[f"c{number}" for number in range(16_384)])
        path = written(tmp_path / "a.xlsx", [CREATED], overview=overview)

        frame = pd.read_excel(path, "Results", dtype=str, engine="calamine")
        assert (frame.shape, frame.columns[-1]) == ((1, 16_384), "c16367")

    def test_advice_is_in_the_given_language(self, tmp_path: Path) -> None:
        """The advice of the results sheet is translated."""
        path = written(tmp_path / "a.xlsx", [REJECTED], language="zh")

        advice = lines(path, "Results")[1][RESULT_COLUMNS.index("advice")]
        assert advice == result_cells(REJECTED, "zh")[RESULT_COLUMNS.index("advice")]

    def test_header_row_is_frozen_and_has_filters(self, tmp_path: Path) -> None:
        """The summary sheet has neither."""
        path = written(tmp_path / "a.xlsx", [CREATED, REJECTED], [ISSUE])

        book = openpyxl.load_workbook(path)
        assert book.sheetnames == ["Summary", "Results", "Issues"]
        assert [book[name].freeze_panes for name in book.sheetnames] == [None, "A2", "A2"]
        assert [book[name].auto_filter.ref for name in book.sheetnames[1:]] == ["A1:P3", "A1:J2"]
        assert all(book["Results"].column_dimensions[letter].width > 7 for letter in "ABDEI")

    def test_every_status_has_a_colour(self, tmp_path: Path) -> None:
        """The colour depends on the text of the cell, so that it changes with the text."""
        path = written(tmp_path / "a.xlsx", [CREATED, REJECTED])

        (rules,) = openpyxl.load_workbook(path)["Results"].conditional_formatting
        colors = {rule.formula[0].strip('"'): rule.dxf.fill.bgColor.rgb for rule in rules.rules}
        assert str(rules.sqref) == "E2:E3"
        assert set(colors) == set(Status)
        assert len(set(colors.values())) == len(Status)

    def test_empty_tables_have_a_header_row(self, tmp_path: Path) -> None:
        """A batch without rows and issues has a valid workbook."""
        path = written(tmp_path / "a.xlsx")

        assert lines(path, "Results") == [list(RESULT_COLUMNS)]
        assert lines(path, "Issues") == [list(ISSUE_COLUMNS)]

    @pytest.mark.parametrize("rows", [3, 4, 7])
    def test_rows_beyond_a_full_sheet_are_on_the_next_one(self, rows: int, tmp_path: Path) -> None:
        """Each sheet has a header row and filters; no row is lost or repeated."""
        given = [
            replace(CREATED, location=replace(CREATED.location, number=number))
            for number in range(rows)
        ]
        path = written(tmp_path / "a.xlsx", given, rows_max=3)

        book = openpyxl.load_workbook(path)
        names = [name for name in book.sheetnames if name.startswith("Results")]
        found = [line[2] for name in names for line in lines(path, name)[1:]]
        assert found == list(range(rows))
        assert names == ["Results", "Results 2", "Results 3"][: (rows + 2) // 3]
        assert all(book[name].auto_filter.ref for name in names)


class TestTexts:
    @pytest.mark.parametrize("text", NASTY)
    def test_text_stays_text(self, text: str, tmp_path: Path) -> None:
        """It is not converted to a formula, a number or a link."""
        path = written(tmp_path / "a.xlsx", [replace(CREATED, error_msg=text)])

        cell = openpyxl.load_workbook(path)["Results"]["I2"]
        assert (cell.value, cell.data_type, cell.hyperlink) == (text, "s", None)

    def test_text_that_looks_like_an_escape_is_not_decoded(self, tmp_path: Path) -> None:
        """``_x0041_`` is not read as the letter A."""
        path = written(tmp_path / "a.xlsx", [replace(CREATED, error_msg="_x0041_x0042_ _x4")])

        frame = pd.read_excel(path, "Results", dtype=str, engine="calamine")
        assert list(frame["error_msg"]) == ["_x0041_x0042_ _x4"]

    @pytest.mark.parametrize("text", ["<r></c></r>", "<r><t>x</t></r>"])
    def test_summary_sheet_contains_no_markup_from_texts(self, text: str, tmp_path: Path) -> None:
        """A heading that looks like formatted text is written unchanged."""
        overview = replace(OVERVIEW, causes=[replace(GROUPS[0], column=text)], facts=[("a", text)])
        path = written(tmp_path / "a.xlsx", overview=overview)

        content = lines(path, "Summary")
        assert [line[1] for line in content if line[0] == "a"] == [cell_text(text)]
        assert [line[4] for line in content if line[1] == GROUPS[0].rows] == [cell_text(text)]

    @pytest.mark.parametrize("text", INVISIBLE, ids=ascii)
    def test_characters_that_are_invalid_in_workbooks_are_escaped(
        self, text: str, tmp_path: Path
    ) -> None:
        """Control characters and lone surrogates are visible and keep the file valid."""
        path = written(tmp_path / "a.xlsx", [replace(CREATED, error_msg=f"a{text}b")])

        shown = str(lines(path, "Results")[1][8])
        assert shown == cell_text(f"a{text}b")
        assert shown.isprintable()

    def test_long_text_is_truncated(self, tmp_path: Path) -> None:
        """A cell has at most 32,767 characters."""
        path = written(tmp_path / "a.xlsx", [replace(CREATED, error_msg="客" * 40_000)])

        assert lines(path, "Results")[1][8] == "客" * 32_767

    def test_rare_characters_count_twice(self, tmp_path: Path) -> None:
        """Excel counts UTF-16 units and repairs a file with longer cells."""
        path = written(tmp_path / "a.xlsx", [replace(CREATED, error_msg="😀" * 40_000)])

        assert lines(path, "Results")[1][8] == "😀" * 16_383

    @settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(texts=st.lists(st.text(), min_size=1, max_size=60))
    def test_any_text_reads_back(self, texts: list[str], tmp_path: Path) -> None:
        """A text from a cell or a server is read as `cell_text` returns it."""
        given = [replace(CREATED, error_msg=text) for text in texts]
        path = written(tmp_path / "a.xlsx", given)

        found = [line[8] for line in lines(path, "Results")[1:]]
        assert found == [cell_text(text) or None for text in texts]


class TestSummary:
    def test_first_sheet_is_a_summary(self, tmp_path: Path) -> None:
        """It has the headline, counts, causes and facts; formulas are texts."""
        path = written(tmp_path / "a.xlsx")

        content = [[cell for cell in line if cell is not None] for line in lines(path, "Summary")]
        content = [line for line in content if line]
        assert content[0] == ["900 of 912 tasks created; 12 rows need fixing by analysts."]
        assert content[1:9] == [
            ["status", "rows"],
            ["created", 900],
            ["skipped", 0],
            ["not attempted", 0],
            ["unknown", 0],
            ["failed", 12],
            ["rejected", 0],
            ["all", 912],
        ]
        assert content[9][:2] == ["cause", "rows"]
        assert content[10][:5] == ["task_name.charset, =A1", 30, "rejected", "analyst", "=A1"]
        assert content[11][:4] == ["FDI.3033 · HTTP 400", 12, "failed", "analyst"]
        assert content[12:] == [list(fact) for fact in OVERVIEW.facts]

    def test_charts_are_native(self, tmp_path: Path) -> None:
        """Two charts refer to the tables, with one coloured bar per row."""
        path = written(tmp_path / "a.xlsx")

        charts = openpyxl.load_workbook(path)["Summary"]._charts
        references = [
            (chart.series[0].cat.strRef.f, chart.series[0].val.numRef.f) for chart in charts
        ]
        assert references == [
            ("Summary!$A$4:$A$9", "Summary!$B$4:$B$9"),
            ("Summary!$A$22:$A$23", "Summary!$B$22:$B$23"),
        ]
        assert [len(chart.series[0].dPt) for chart in charts] == [6, 2]

    def test_batch_without_causes_has_one_chart(self, tmp_path: Path) -> None:
        """The chart of the causes is omitted."""
        path = written(tmp_path / "a.xlsx", overview=replace(OVERVIEW, causes=(), facts=()))

        assert len(openpyxl.load_workbook(path)["Summary"]._charts) == 1


class TestFile:
    def test_same_results_produce_the_same_file(self, tmp_path: Path) -> None:
        """The file does not contain the time of the write."""
        first = written(tmp_path / "a.xlsx", [CREATED], [ISSUE]).read_bytes()

        assert written(tmp_path / "b.xlsx", [CREATED], [ISSUE]).read_bytes() == first

    @pytest.mark.parametrize(
        ("size", "rows"),
        [(2000, 50), (5000, 0), (9000, 100)],
        ids=["while rows wait", "while parts wait", "at the end"],
    )
    def test_full_disk_keeps_the_old_file(self, size: int, rows: int, tmp_path: Path) -> None:
        """The message contains the path and the reason, and no other file remains."""
        path = written(tmp_path / "a.xlsx", [CREATED])
        before = path.read_bytes()

        with (
            pytest.raises(ReportError, match=r"a\.xlsx: cannot be written \(.*File too large"),
            file_size_limit(size),
        ):
            written(path, [REJECTED] * rows, rows_max=5)
        assert {each.name: each.read_bytes() for each in tmp_path.iterdir()} == {"a.xlsx": before}

    def test_failed_query_keeps_the_old_file(self, tmp_path: Path) -> None:
        """The report never contains only a part of the rows."""

        def broken() -> Iterator[ResultRow]:
            yield CREATED
            raise JournalError("the rows end here")

        path = written(tmp_path / "a.xlsx", [CREATED])
        before = path.read_bytes()

        with pytest.raises(JournalError, match="the rows end here"):
            write_workbook(path, OVERVIEW, broken(), ())
        assert {each.name: each.read_bytes() for each in tmp_path.iterdir()} == {"a.xlsx": before}
