"""The CSV reports are read back as written and are harmless in spreadsheet programs."""

import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from batchcreate.advice import explain_row
from batchcreate.models import (
    Deletion,
    DeletionStatus,
    Key,
    ResultRow,
    RowLocation,
    Status,
    Target,
    TaskId,
)
from batchcreate.report.csv_tables import write_deletions, write_issues, write_results
from batchcreate.text import csv_cell
from tests.chunks import make_issue

RESULT_COLUMNS: Final = [
    "file",
    "sheet",
    "row",
    "task_name",
    "status",
    "task_id",
    "http_status",
    "error_code",
    "error_msg",
    "advice",
    "attempts",
    "first_sent_at",
    "finished_at",
    "duration_ms",
    "project_id",
    "instance_id",
]
ISSUE_COLUMNS: Final = [
    "file",
    "sheet",
    "row",
    "column",
    "cell",
    "value",
    "rule",
    "severity",
    "message",
    "suggestion",
]

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
    duration_ms=250,
    project_id="p",
    instance_id="i",
)
REJECTED: Final = replace(
    CREATED,
    location=RowLocation(file="tasks.csv", sheet="", number=8),
    status=Status.REJECTED,
    task_id="",
    http_status=None,
    error_code="INVALID_ROW",
    error_msg='one\ntwo, "three"; 任务',
    attempts=0,
    first_sent_at="",
    finished_at="",
    duration_ms=None,
)
ISSUE: Final = make_issue(
    RowLocation(file="tasks.xlsx", sheet="May", number=7),
    column="Task Name",
    cell="C7",
    value="=cmd|' /C calc'!A0",
    rule="task_name.charset",
    message="The task name contains '='.",
    suggestion="cmd",
)
NASTY: Final = {
    "formula": ("=1+1", "'=1+1"),
    "plus": ("+1", "'+1"),
    "minus": ("-1", "'-1"),
    "at": ("@SUM(A1)", "'@SUM(A1)"),
    "full-width": ("\uff1d1", "'\uff1d1"),
    "tab": ("\t=1", "'\t=1"),
    "line break": ("\n=1", "'\n=1"),
    "carriage return": ("\r=1", "\\r=1"),
    "quote": ('"=1', '"=1'),
    "zero byte": ("a\x00b", "a\\x00b"),
    "escape": ("\x1b[2J", "\\x1b[2J"),
    "bidirectional": ("a\u202eb", "a\\u202eb"),
    "half a pair": ("\ud800", "\\ud800"),
    "no character": ("\uffff", "\\uffff"),
    "separator": ("a,b;c\td", "a,b;c\td"),
    "lines": ("a\nb", "a\nb"),
}


def table(path: Path) -> list[list[str]]:
    """Read *path* as the csv module does."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file, strict=True))


def frame(path: Path) -> list[list[str]]:
    """Read *path* as pandas does, every cell as text."""
    read = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    return [list(read.columns), *read.to_numpy().tolist()]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "table.csv"


class TestResults:
    def test_each_row_is_one_line(self, path: Path) -> None:
        """The columns are the documented ones, and missing values are empty."""
        write_results(path, iter([CREATED, REJECTED]))

        assert table(path) == [
            RESULT_COLUMNS,
            [
                *("tasks.xlsx", "May", "7", "crm-orders", "created", "0007", "200", "", "", ""),
                *("1", "2026-03-01T12:00:00.000Z", "2026-03-01T12:00:00.250Z", "250", "p", "i"),
            ],
            [
                *("tasks.csv", "", "8", "crm-orders", "rejected", "", "", "INVALID_ROW"),
                'one\ntwo, "three"; 任务',
                explain_row(REJECTED).text,
                *("0", "", "", "", "p", "i"),
            ],
        ]

    def test_advice_is_in_the_given_language(self, path: Path) -> None:
        """The header row and all values for programs are not translated."""
        write_results(path, [CREATED, REJECTED], language="zh")

        head, created, rejected = table(path)
        assert head == RESULT_COLUMNS
        assert (created[9], rejected[9]) == ("", explain_row(REJECTED, language="zh").text)

    def test_second_reader_reads_the_same_cells(self, path: Path) -> None:
        """Pandas and the csv module agree."""
        write_results(path, [CREATED, REJECTED])

        assert frame(path) == table(path)

    def test_other_columns_follow(self, path: Path) -> None:
        """Headings and cells are not executed; a row without a cell has an empty one."""
        names = [text for text, _ in NASTY.values()]
        others = dict(zip(names, reversed(names), strict=True))

        write_results(path, [replace(CREATED, others=others), REJECTED], names)

        head, first, second = (line[len(RESULT_COLUMNS) :] for line in table(path))
        safe = [cell for _, cell in NASTY.values()]
        assert (head, first, second) == (safe, safe[::-1], [""] * len(safe))
        assert frame(path) == table(path)

    def test_empty_batch_has_a_header_row(self, path: Path) -> None:
        """The file is written even if there are no rows."""
        write_results(path, [])

        assert table(path) == [RESULT_COLUMNS]

    def test_spreadsheet_programs_know_the_encoding(self, path: Path) -> None:
        """The file starts with one byte order mark, and lines end with CRLF."""
        write_results(path, [CREATED])

        content = path.read_bytes()
        assert content.startswith(b"\xef\xbb\xbffile,sheet,")
        assert content.count(b"\xef\xbb\xbf") == 1
        assert content.count(b"\r\n") == 2

    @pytest.mark.parametrize(("text", "cell"), NASTY.values(), ids=NASTY.keys())
    def test_text_from_a_server_is_harmless(self, text: str, cell: str, path: Path) -> None:
        """Code, message and ID of a response, and the task name, are not executed."""
        row = replace(
            CREATED,
            location=RowLocation(file=text, sheet=text, number=7),
            task_name=text,
            task_id=text,
            error_code=text,
            error_msg=text,
            project_id=text,
            instance_id=text,
        )

        write_results(path, [row])

        (line,) = table(path)[1:]
        assert [line[place] for place in (0, 1, 3, 5, 7, 8, 14, 15)] == [cell] * 8
        assert frame(path) == table(path)

    def test_long_message_is_truncated(self, path: Path) -> None:
        """No cell is longer than spreadsheet programs allow."""
        write_results(path, [replace(CREATED, error_msg="=" + "\x00" * 100_000)])

        assert len(table(path)[1][8]) == 32_767

    @settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(texts=st.lists(st.text(st.characters(codec=None), max_size=20), min_size=1, max_size=9))
    def test_every_text_reads_back(self, path: Path, texts: list[str]) -> None:
        """Every row is one line with the same number of cells."""
        rows = [replace(CREATED, task_name=text, error_msg=text) for text in texts]

        write_results(path, rows)

        lines = table(path)[1:]
        assert [(line[3], line[8]) for line in lines] == [(csv_cell(text),) * 2 for text in texts]
        assert {len(line) for line in lines} == {len(RESULT_COLUMNS)}

    def test_failed_query_keeps_the_old_file(self, path: Path) -> None:
        """An error of the journal does not destroy the previous report."""
        write_results(path, [CREATED])
        before = path.read_bytes()

        def rows() -> Iterator[ResultRow]:
            yield REJECTED
            msg = "the journal ends here"
            raise LookupError(msg)

        with pytest.raises(LookupError, match="the journal ends here"):
            write_results(path, rows())
        assert path.read_bytes() == before
        assert [each.name for each in path.parent.iterdir()] == ["table.csv"]


class TestIssues:
    def test_each_issue_is_one_line(self, path: Path) -> None:
        """The columns are the documented ones, and the value is not executed."""
        write_issues(path, iter([ISSUE, ISSUE._replace(cell="", value="", suggestion="")]))

        start = ["tasks.xlsx", "May", "7", "Task Name"]
        rule = ["task_name.charset", "error", "The task name contains '='."]
        assert table(path) == [
            ISSUE_COLUMNS,
            [*start, "C7", "'=cmd|' /C calc'!A0", *rule, "cmd"],
            [*start, "", "", *rule, ""],
        ]
        assert frame(path) == table(path)

    @pytest.mark.parametrize(("text", "cell"), NASTY.values(), ids=NASTY.keys())
    def test_text_from_a_cell_is_harmless(self, text: str, cell: str, path: Path) -> None:
        """Heading and value of a cell are not executed."""
        write_issues(
            path, [ISSUE._replace(column=text, value=text, message=text, suggestion=text)]
        )

        (line,) = table(path)[1:]
        assert [line[place] for place in (3, 5, 8, 9)] == [cell] * 4
        assert frame(path) == table(path)


class TestDeletions:
    def test_each_task_is_one_line(self, path: Path) -> None:
        """The line has the task and the outcome of its deletion."""
        target = Target(endpoint="https://roma.example", project_id="p", instance_id="i")
        key = Key(target=target, task_name="crm-orders")
        refused = Deletion(
            status=DeletionStatus.REFUSED, http_status=400, error_code="FDI.3028", error_msg="=No"
        )

        write_deletions(
            path,
            [
                (key, TaskId("t-1"), Deletion(status=DeletionStatus.GONE)),
                (key, TaskId("-2"), refused),
            ],
        )

        assert table(path) == [
            [
                "task_name",
                "task_id",
                "outcome",
                "http_status",
                "error_code",
                "error_msg",
                "project_id",
                "instance_id",
            ],
            ["crm-orders", "t-1", "gone", "", "", "", "p", "i"],
            ["crm-orders", "'-2", "refused", "400", "FDI.3028", "'=No", "p", "i"],
        ]
        assert frame(path) == table(path)
