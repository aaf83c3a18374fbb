"""The last lines tell why rows are not created, where the files are and how the batch stands."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest

from batchcreate.cli.run_summary import counts, last_lines
from batchcreate.models import CauseGroup, IssueExample, Layout, RowLocation, Status, Summary
from batchcreate.pipeline.plan import InputNotes, Plan, SheetNotes
from batchcreate.pipeline.reports import Reports
from batchcreate.pipeline.values import RunResult
from batchcreate.pool.stop import StopCause, StopReason
from batchcreate.settings import RunSettings, Settings, TerminalSettings

FOLDER: Final = Path("out")
TYPED: Final = ("/usr/bin/batchcreate", "run", "my tasks.csv", "--rate", "20")
AGAIN: Final = "batchcreate run 'my tasks.csv' --rate 20"
HALT: Final = StopReason(cause=StopCause.OUTAGE, message="10 rows in a row met a fault")
FILES: Final = {
    "page": FOLDER / "report.html",
    "results": FOLDER / "results.csv",
    "workbook": FOLDER / "results.xlsx",
    "issues": FOLDER / "issues.csv",
    "to_fix": FOLDER / "to-fix.xlsx",
    "to_fix_2": FOLDER / "to-fix-2.csv",
    "summary": FOLDER / "summary.json",
}


def batch(**numbers: int) -> Summary:
    return Summary(
        counts=dict.fromkeys(Status, 0) | {Status(name): n for name, n in numbers.items()}
    )


def ending(
    summary: Summary,
    *,
    stop_reason: StopReason | None = None,
    causes: Sequence[CauseGroup] = (),
    sheets: Sequence[str] = ("",),
    files: dict[str, Path] | None = None,
) -> RunResult:
    read = [
        SheetNotes(layout=Layout(file="tasks.xlsx", sheet=name, header_row=1, columns={}), rows=1)
        for name in sheets
    ]
    notices = InputNotes(sheets=read)
    return RunResult(
        results=FOLDER,
        plan=Plan(rows=summary.total, summary=summary, to_send={}, notices=notices),
        reports=Reports(
            summary=summary,
            causes=causes,
            files={"results": FILES["results"]} if files is None else files,
        ),
        stop_reason=stop_reason,
    )


def lines_of(end: RunResult, settings: Settings | None = None, language: str = "en") -> list[str]:
    return last_lines(end, settings or Settings(), TYPED, language=language).splitlines()


@pytest.mark.parametrize(
    ("summary", "line"),
    [
        pytest.param(batch(), "0 rows: none", id="no rows"),
        pytest.param(batch(created=1), "1 row: 1 created", id="one row"),
        pytest.param(
            batch(rejected=1, not_attempted=2, created=3, failed=4, unknown=5, skipped=6),
            "21 rows: 1 rejected, 2 not_attempted, 3 created, 4 failed, 5 unknown, 6 skipped",
            id="every status",
        ),
    ],
)
def test_counts_stand_on_one_line(summary: Summary, line: str) -> None:
    """Statuses that no row has are left out."""
    assert counts(summary) == line


def test_last_two_lines_are_the_counts_and_the_next_command() -> None:
    """Scripts rely on it."""
    assert lines_of(ending(batch(created=2, failed=1))) == [
        "results: out/results.csv",
        "3 rows: 2 created, 1 failed",
        f"next: {AGAIN}",
    ]


@pytest.mark.parametrize(
    ("summary", "code", "names"),
    [
        (batch(created=2), "", []),
        (batch(created=1, not_attempted=1), "", []),
        (batch(not_attempted=1, failed=1), "FDI.3033", ["to-fix.xlsx", "to-fix-2.csv"]),
        (batch(not_attempted=1, failed=1), "APIGW.0302", []),
        (batch(not_attempted=1, rejected=1), "", ["issues.csv", "to-fix.xlsx", "to-fix-2.csv"]),
    ],
    ids=["all created", "not sent yet", "refused cell", "refused account", "rejected"],
)
def test_files_to_mend_are_named_where_something_is(
    summary: Summary, code: str, names: list[str]
) -> None:
    """An interrupt, or an account without permission, leaves analysts nothing to mend."""
    causes = [CauseGroup(status=Status.FAILED, error_code=code, rows=1)] if code else []
    end = ending(summary, causes=causes, files=FILES)
    shown = [Path(line.partition(": ")[2]).name for line in lines_of(end)]

    assert [name for name in shown if name.startswith(("issues", "to-fix"))] == names


def test_command_survives_the_shell() -> None:
    """Blanks, quotes and stars in a name are quoted."""
    arguments = ["batchcreate", "run", "it's *new*.csv", "--sheet", "$HOME"]

    text = last_lines(ending(batch(failed=1)), Settings(), arguments)

    assert shlex.split(text.splitlines()[-1].removeprefix("next: ")) == arguments


def test_reason_of_an_early_end_comes_first() -> None:
    """Who reads one line reads why."""
    assert lines_of(ending(batch(not_attempted=2), stop_reason=HALT)) == [
        "10 rows in a row met a fault",
        "results: out/results.csv",
        "2 rows: 2 not_attempted",
        f"next: {AGAIN}",
    ]


@pytest.mark.parametrize(
    ("halt", "first"), [(None, []), (HALT, [HALT.message])], ids=["to its end", "stopped"]
)
def test_dry_run_says_that_nothing_was_sent(halt: StopReason | None, first: list[str]) -> None:
    """There are no results to point at."""
    end = ending(batch(not_attempted=2, rejected=1), stop_reason=halt, files={})

    assert lines_of(end, Settings(run=RunSettings(is_dry_run=True))) == [
        *first,
        "dry run: nothing was sent",
        "3 rows: 1 rejected, 2 not_attempted",
        f"next: {AGAIN}",
    ]


@pytest.mark.parametrize(
    ("summary", "halt", "is_told"),
    [
        (batch(not_attempted=2, rejected=1), None, True),
        (batch(created=3), None, False),
        (batch(not_attempted=2, rejected=1), HALT, False),
    ],
    ids=["rejected", "none rejected", "stopped"],
)
def test_strict_run_says_why_nothing_was_sent(
    summary: Summary, halt: StopReason | None, *, is_told: bool
) -> None:
    """One rejected row, and nothing is sent, unless the run ended for another reason."""
    lines = lines_of(ending(summary, stop_reason=halt), Settings(run=RunSettings(is_strict=True)))

    assert ("--strict: a row is rejected, so nothing was sent" in lines) == is_told


class TestFiles:
    def test_each_has_its_reader(self) -> None:
        """What programs read is there without being named."""
        assert lines_of(ending(batch(rejected=1), files=FILES))[:-2] == [
            "page: out/report.html",
            "results: out/results.csv",
            "workbook: out/results.xlsx",
            "every cell to mend: out/issues.csv",
            "rows to mend: out/to-fix.xlsx",
            "rows to mend: out/to-fix-2.csv",
        ]


def rejected(
    rows: int, *cells: str, sheet: str = "", rule: str = "task_tag.too_short"
) -> CauseGroup:
    spots = [
        IssueExample(
            location=RowLocation(file="tasks.xlsx", sheet=sheet, number=number), cell=cell
        )
        for number, cell in enumerate(cells, start=2)
    ]
    return CauseGroup(
        status=Status.REJECTED,
        error_code="INVALID_ROW",
        rule=rule,
        column="Tag",
        rows=rows,
        message="is too short",
        examples=spots,
    )


def failed(rows: int, code: str, http_status: int | None, message: str = "no") -> CauseGroup:
    return CauseGroup(
        status=Status.FAILED, http_status=http_status, error_code=code, rows=rows, message=message
    )


class TestCauses:
    def told(
        self, *causes: CauseGroup, language: str = "en", sheets: Sequence[str] = ("",)
    ) -> list[str]:
        end = ending(batch(failed=1), causes=causes, sheets=sheets)
        return lines_of(end, language=language)[:-3]

    def test_stand_in_columns(self) -> None:
        """How many rows, what became of them, who can mend it, and why."""
        told = self.told(
            rejected(12, "F2", "F3", "F9", "F10"),
            failed(3, "APIGW.0302", 403, "not authorized"),
            failed(1, "CONNECT", None, "Connection refused"),
        )

        assert [line for line in told if "->" not in line] == [
            "not created:",
            "  12 rejected  analyst   task tag shorter than 4 characters: F2, F3, F9 and 9 more",
            "   3 failed    engineer  APIGW.0302, HTTP 403: not authorized",
            "   1 failed    engineer  CONNECT: Connection refused",
        ]

    def test_say_what_to_do(self) -> None:
        """Where the analysts have to mend cells, the next step says it for all of them."""
        assert [line for line in self.told(rejected(1, "F2")) if "->" in line] == []
        (advice,) = [line for line in self.told(failed(1, "APIGW.0308", 429)) if "->" in line]
        assert advice.startswith("    -> Rate limit of the gateway exceeded. Run the same")

    def test_what_has_no_words_is_told_without(self) -> None:
        """Its advice is all that there is to say."""
        assert self.told(failed(1, "", None, ""))[1] == "  1 failed    engineer"

    def test_row_without_a_cell_is_named_by_its_number(self) -> None:
        """Its sheet has no such column."""
        assert self.told(rejected(1, ""))[1].endswith(": row 2")

    def test_cells_of_several_sheets_are_named_with_theirs(self) -> None:
        """As formulas call them."""
        told = self.told(rejected(1, "F2", sheet="May"), sheets=("May", "June"))

        assert told[1].endswith(": May!F2")

    def test_are_told_in_the_language_of_the_reports(self) -> None:
        """Only the words of the frame stay."""
        told = self.told(failed(1, "APIGW.0308", 429), language="zh")

        assert not told[2].isascii()

    def test_rows_that_were_not_sent_have_none(self) -> None:
        """Why the run ended early is said above."""
        assert self.told(CauseGroup(status=Status.NOT_ATTEMPTED, rows=9)) == []

    def test_rarest_are_summed_up(self) -> None:
        """The page has them all."""
        rare = CauseGroup(status=Status.FAILED, rows=9, causes=4)
        told = self.told(*(failed(9 - at, f"FDI.{at}", 400) for at in range(7)), rare)

        assert len([line for line in told if " failed " in line]) == 6
        assert told[-1] == "  and 5 more causes"

    def test_are_left_out_where_nobody_wants_them(self) -> None:
        """--quiet prints errors and the last lines only."""
        end = ending(batch(failed=1), causes=[failed(1, "CONNECT", None)])

        assert (
            lines_of(end, Settings(terminal=TerminalSettings(is_quiet=True)))[0]
            == "results: out/results.csv"
        )


class TestNarrowTerminal:
    TOLD: Final = [failed(12, "APIGW.0308", 429, "the throttling threshold has been reached")]

    def table(self, *, width: int | None) -> list[str]:
        end = ending(batch(failed=12), causes=self.TOLD)
        return last_lines(end, Settings(), TYPED, width=width).splitlines()[:-3]

    def test_long_lines_of_the_table_hang_below_their_first(self) -> None:
        """Nothing is cut, no line is longer than the terminal, and none begins like a row."""
        whole, hung = self.table(width=None), self.table(width=44)

        assert " ".join(" ".join(hung).split()) == " ".join(" ".join(whole).split())
        assert max(map(len, hung)) < 44 < max(map(len, whole))
        assert all(line.startswith((" " * 8, "  12 ", "     -> ")) for line in hung[1:])

    def test_very_narrow_one_breaks_them_itself(self) -> None:
        """Columns of a few letters help nobody."""
        assert self.table(width=20) == self.table(width=None)
