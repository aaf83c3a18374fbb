"""The last lines of a run, and the next command."""

import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from batchcreate.cli import commands
from batchcreate.cli.command_line import CommandLine
from batchcreate.cli.run_summary import (
    describe_audit,
    describe_counts,
    describe_result,
    next_step,
)
from batchcreate.models import (
    Audit,
    CauseGroup,
    Contradiction,
    ContradictionKind,
    IssueExample,
    Layout,
    RowLocation,
    Severity,
    Status,
    Summary,
    Target,
)
from batchcreate.pipeline.plan import InputNotes, Plan, SheetNotes
from batchcreate.pipeline.reports import Reports
from batchcreate.pipeline.values import RunResult
from batchcreate.pool.stop import StopCause, StopReason
from batchcreate.settings import RunSettings, Settings, TerminalSettings
from tests.journals import target

FOLDER: Final = Path("out")
RUN: Final = "batchcreate run 'my tasks.csv' --rate 20"
RESULTS: Final = {"results": FOLDER / "results.csv"}
TO_FIX: Final = RESULTS | {"to_fix": FOLDER / "to-fix.xlsx"}
ALL_FILES: Final = {
    "page": FOLDER / "report.html",
    "results": FOLDER / "results.csv",
    "workbook": FOLDER / "results.xlsx",
    "issues": FOLDER / "issues.csv",
    "to_fix": FOLDER / "to-fix.xlsx",
    "to_fix_2": FOLDER / "to-fix-2.csv",
    "summary": FOLDER / "summary.json",
}
OUTAGE: Final = StopReason(cause=StopCause.OUTAGE, message="10 consecutive rows failed")
BY_ANALYST: Final = CauseGroup(
    status=Status.FAILED, http_status=400, error_code="FDI.3033", rows=1
)
BY_ENGINEER: Final = CauseGroup(
    status=Status.FAILED, http_status=403, error_code="APIGW.0302", rows=1
)


def batch(**counts: int) -> Summary:
    return Summary(
        counts=dict.fromkeys(Status, 0) | {Status(name): n for name, n in counts.items()}
    )


def result_of(
    summary: Summary,
    *,
    causes: Sequence[CauseGroup] = (),
    files: dict[str, Path] = TO_FIX,
    stop_reason: StopReason | None = None,
    sheets: Sequence[str] = ("",),
) -> RunResult:
    read = [
        SheetNotes(layout=Layout(file="tasks.xlsx", sheet=name, header_row=1, columns={}), rows=1)
        for name in sheets
    ]
    notes = InputNotes(sheets=read)
    return RunResult(
        results=FOLDER,
        plan=Plan(rows=summary.total, summary=summary, to_send={}, notes=notes),
        reports=Reports(summary=summary, causes=causes, files=files),
        stop_reason=stop_reason,
        facts={"endpoint": "https://roma.example"},
    )


def parse(line: str) -> CommandLine:
    arguments = shlex.split(line)[1:]
    (command,) = [each for each in commands.COMMANDS if each.name == arguments[0]]
    return CommandLine.parse(arguments, command)


def lines_of(
    result: RunResult,
    settings: Settings | None = None,
    language: str = "en",
    width: int | None = None,
) -> list[str]:
    lines = describe_result(
        result, settings or Settings(), parse(RUN), language=language, width=width
    )
    return "\n".join(lines).splitlines()


def step(result: RunResult, line: str = RUN, run_settings: RunSettings | None = None) -> str:
    return next_step(result, run_settings or RunSettings(), parse(line))


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
def test_counts_are_on_one_line(summary: Summary, line: str) -> None:
    """Only statuses that occur are listed."""
    assert describe_counts(summary) == line


def test_last_two_lines_are_the_counts_and_the_next_command() -> None:
    """Scripts depend on them."""
    assert lines_of(result_of(batch(created=2, failed=1))) == [
        "results: out/results.csv",
        "3 rows: 2 created, 1 failed",
        f"next: {RUN}",
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
def test_files_to_fix_are_listed_only_if_rows_need_fixes(
    summary: Summary, code: str, names: list[str]
) -> None:
    """After an interrupt, or without permission, analysts have nothing to fix."""
    causes = [CauseGroup(status=Status.FAILED, error_code=code, rows=1)] if code else []
    result = result_of(summary, causes=causes, files=ALL_FILES)
    shown = [Path(line.partition(": ")[2]).name for line in lines_of(result)]

    assert [name for name in shown if name.startswith(("issues", "to-fix"))] == names


def test_next_command_is_quoted_for_the_shell() -> None:
    """It is the command that was entered, whatever its arguments contain."""
    line = shlex.join(["batchcreate", "run", "it's *new*.csv", "--sheet", "$HOME"])

    assert step(result_of(batch(failed=1)), line) == line


def test_stop_reason_is_first() -> None:
    """The other lines are the same as without one."""
    assert lines_of(result_of(batch(not_attempted=2), stop_reason=OUTAGE)) == [
        "10 consecutive rows failed",
        "results: out/results.csv",
        "2 rows: 2 not_attempted",
        f"next: {RUN}",
    ]


@pytest.mark.parametrize(
    ("stop_reason", "first"), [(None, []), (OUTAGE, [OUTAGE.message])], ids=["complete", "stopped"]
)
def test_dry_run_reports_that_nothing_was_sent(
    stop_reason: StopReason | None, first: list[str]
) -> None:
    """It has no result files."""
    result = result_of(batch(not_attempted=2, rejected=1), stop_reason=stop_reason, files={})

    assert lines_of(result, Settings(run=RunSettings(is_dry_run=True))) == [
        *first,
        "dry run: nothing was sent",
        "3 rows: 1 rejected, 2 not_attempted",
        f"next: {RUN}",
    ]


@pytest.mark.parametrize(
    ("summary", "stop_reason", "is_reported"),
    [
        (batch(not_attempted=2, rejected=1), None, True),
        (batch(created=3), None, False),
        (batch(not_attempted=2, rejected=1), OUTAGE, False),
    ],
    ids=["rejected", "none rejected", "stopped"],
)
def test_strict_run_reports_why_nothing_was_sent(
    summary: Summary, stop_reason: StopReason | None, *, is_reported: bool
) -> None:
    """A rejected row is the reason, unless the run was stopped."""
    lines = lines_of(
        result_of(summary, stop_reason=stop_reason), Settings(run=RunSettings(is_strict=True))
    )

    assert ("--strict: some rows are rejected, so nothing was sent" in lines) == is_reported


@pytest.mark.parametrize(
    ("rejected", "reason"),
    [(0, "there are warnings"), (2, "some rows are rejected and there are warnings")],
    ids=["warnings only", "rejected rows too"],
)
def test_strict_run_reports_warnings(rejected: int, reason: str) -> None:
    """The line states everything that must be changed before the rows are sent."""
    result = result_of(batch(not_attempted=3, rejected=rejected))
    warning = CauseGroup(
        status=Status.NOT_ATTEMPTED, rows=1, rule="task_tag.date_like", severity=Severity.WARNING
    )
    result = replace(result, plan=replace(result.plan, warnings=[warning]))

    lines = lines_of(result, Settings(run=RunSettings(is_strict=True)))

    assert f"--strict: {reason}, so nothing was sent" in lines


def test_files_for_users_are_listed() -> None:
    """Files for programs, such as summary.json, are not."""
    assert lines_of(result_of(batch(rejected=1), files=ALL_FILES))[:-2] == [
        "page: out/report.html",
        "results: out/results.csv",
        "workbook: out/results.xlsx",
        "all issues: out/issues.csv",
        "rows to fix: out/to-fix.xlsx",
        "rows to fix: out/to-fix-2.csv",
    ]


def rejected(
    rows: int, *cells: str, sheet: str = "", rule: str = "task_tag.too_short"
) -> CauseGroup:
    examples = [
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
        examples=examples,
    )


def failed(rows: int, code: str, http_status: int | None, message: str = "no") -> CauseGroup:
    return CauseGroup(
        status=Status.FAILED, http_status=http_status, error_code=code, rows=rows, message=message
    )


class TestCauses:
    def table(
        self, *causes: CauseGroup, language: str = "en", sheets: Sequence[str] = ("",)
    ) -> list[str]:
        result = result_of(batch(failed=1), causes=causes, sheets=sheets, files=RESULTS)
        return lines_of(result, language=language)[:-3]

    def test_are_in_columns(self) -> None:
        """The columns are number of rows, status, owner and reason."""
        lines = self.table(
            rejected(12, "F2", "F3", "F9", "F10"),
            failed(3, "APIGW.0302", 403, "not authorized"),
            failed(1, "CONNECT", None, "Connection refused"),
        )

        assert [line for line in lines if "->" not in line] == [
            "not created:",
            "  12 rejected  analyst   task tag shorter than 4 characters: F2, F3, F9 and 9 more",
            "   3 failed    engineer  APIGW.0302, HTTP 403: not authorized",
            "   1 failed    engineer  CONNECT: Connection refused",
        ]

    def test_have_advice(self) -> None:
        """Broken rules have none: the next step applies to all of them."""
        assert [line for line in self.table(rejected(1, "F2")) if "->" in line] == []
        (advice,) = [line for line in self.table(failed(1, "APIGW.0308", 429)) if "->" in line]
        assert advice.startswith("    -> Rate limit of the gateway exceeded. Run the same")

    def test_cause_without_a_message_has_an_empty_text(self) -> None:
        """Its advice is still shown."""
        assert self.table(failed(1, "", None, ""))[1] == "  1 failed    engineer"

    def test_row_without_a_cell_has_its_number(self) -> None:
        """The sheet does not have the column."""
        assert self.table(rejected(1, ""))[1].endswith(": row 2")

    def test_cells_have_their_sheet_if_there_are_several(self) -> None:
        """The address is written as in a formula."""
        lines = self.table(rejected(1, "F2", sheet="May"), sheets=("May", "June"))

        assert lines[1].endswith(": May!F2")

    def test_advice_is_in_the_language_of_the_reports(self) -> None:
        """Status and owner are English."""
        lines = self.table(failed(1, "APIGW.0308", 429), language="zh")

        assert not lines[2].isascii()

    def test_rows_that_are_not_attempted_have_no_cause(self) -> None:
        """The stop reason is above."""
        assert self.table(CauseGroup(status=Status.NOT_ATTEMPTED, rows=9)) == []

    def test_rare_causes_are_summed_up(self) -> None:
        """The report page contains all of them."""
        rare = CauseGroup(status=Status.FAILED, rows=9, causes=4)
        lines = self.table(*(failed(9 - at, f"FDI.{at}", 400) for at in range(7)), rare)

        assert len([line for line in lines if " failed " in line]) == 6
        assert lines[-1] == "  and 5 more causes"

    def test_are_omitted_with_quiet(self) -> None:
        """--quiet prints only errors and the summary."""
        result = result_of(batch(failed=1), causes=[failed(1, "CONNECT", None)])

        assert (
            lines_of(result, Settings(terminal=TerminalSettings(is_quiet=True)))[0]
            == "results: out/results.csv"
        )


class TestNarrowTerminal:
    CAUSES: Final = [failed(12, "APIGW.0308", 429, "the throttling threshold has been reached")]

    def table(self, *, width: int | None) -> list[str]:
        return lines_of(result_of(batch(failed=12), causes=self.CAUSES), width=width)[:-3]

    def test_long_lines_of_the_table_are_wrapped(self) -> None:
        """Continuation lines are indented further than rows."""
        whole, wrapped = self.table(width=None), self.table(width=44)

        assert " ".join(" ".join(wrapped).split()) == " ".join(" ".join(whole).split())
        assert max(map(len, wrapped)) < 44 < max(map(len, whole))
        assert all(line.startswith((" " * 8, "  12 ", "     -> ")) for line in wrapped[1:])

    def test_very_narrow_terminal_wraps_by_itself(self) -> None:
        """The lines are printed unchanged."""
        assert self.table(width=20) == self.table(width=None)


@pytest.mark.parametrize(
    ("result", "text"),
    [
        pytest.param(
            result_of(batch(created=3, skipped=1)),
            "nothing to do; every row has a task",
            id="done",
        ),
        pytest.param(result_of(batch(created=3, failed=1)), RUN, id="failed"),
        pytest.param(
            result_of(batch(created=3, failed=1), causes=[BY_ENGINEER]), RUN, id="engineer"
        ),
        pytest.param(result_of(batch(failed=1, unknown=1)), RUN, id="failed and unknown"),
        pytest.param(
            result_of(batch(created=3, unknown=1)),
            f"check the unknown rows against the task list: {RUN}",
            id="unknown",
        ),
        pytest.param(
            result_of(batch(created=3, not_attempted=1)),
            f"send the rest: {RUN}",
            id="not attempted",
        ),
        pytest.param(
            result_of(batch(rejected=3, not_attempted=1)), f"send the rest: {RUN}", id="rest first"
        ),
        pytest.param(result_of(batch(rejected=1), stop_reason=OUTAGE), RUN, id="stopped"),
        pytest.param(
            result_of(batch(rejected=1, failed=1), files=RESULTS),
            f"fix the cells listed in out/issues.csv, then run {RUN}",
            id="rejected, no to-fix file",
        ),
    ],
)
def test_step_follows_from_the_counts(result: RunResult, text: str) -> None:
    """The command that was entered is repeated."""
    assert step(result) == text


@pytest.mark.parametrize(
    "result",
    [
        pytest.param(result_of(batch(rejected=1, unknown=1)), id="rejected"),
        pytest.param(result_of(batch(failed=2), causes=[BY_ENGINEER, BY_ANALYST]), id="refused"),
    ],
)
def test_to_fix_files_are_sent_to_the_analysts(result: RunResult) -> None:
    """The next run has the same options and the same results folder."""
    assert step(result) == (
        "send out/to-fix.xlsx to the analysts, then run "
        "batchcreate run out/to-fix.xlsx --rate 20 --results out"
    )


def test_several_to_fix_files_are_read_together() -> None:
    """There is one for each input file."""
    files = {"to_fix": FOLDER / "to-fix-a.csv", "to_fix_2": FOLDER / "to-fix-b.xlsx"}

    assert step(result_of(batch(rejected=2), files=files)) == (
        "send out/to-fix-a.csv and out/to-fix-b.xlsx to the analysts, then run "
        "batchcreate run out/to-fix-a.csv out/to-fix-b.xlsx --rate 20 --results out"
    )


@pytest.mark.parametrize("selection", ["--rows 5-20", "--limit=3"])
def test_selection_of_rows_is_not_repeated(selection: str) -> None:
    """It applies to this run only; other files have other row numbers."""
    rest = step(result_of(batch(created=3, not_attempted=9)), f"{RUN} {selection}")
    corrected = step(result_of(batch(rejected=1)), f"{RUN} {selection}")

    assert rest == f"send the rest: {RUN}"
    assert "--rows" not in corrected
    assert "--limit" not in corrected


def test_stopped_run_is_repeated_unchanged() -> None:
    """Its selection of rows is not complete."""
    line = f"{RUN} --limit 3"

    assert step(result_of(batch(not_attempted=9), stop_reason=OUTAGE), line) == line


def test_strict_run_waits_for_the_analysts() -> None:
    """The same command would send nothing again."""
    assert step(
        result_of(batch(rejected=1, not_attempted=9)), run_settings=RunSettings(is_strict=True)
    ).startswith("send ")


def test_dry_run_is_followed_by_the_run() -> None:
    """All other options are kept."""
    command = step(
        result_of(batch(rejected=1, not_attempted=9)),
        f"{RUN} --dry-run",
        RunSettings(is_dry_run=True),
    )

    assert command == RUN


def test_dry_run_of_skipped_rows_is_followed_by_the_retry() -> None:
    """Only the task list shows whether their names are free."""
    result = result_of(batch(created=7, skipped=2))
    result = replace(result, plan=replace(result.plan, to_check_again={target(): 2}))
    line = "batchcreate retry out --only skipped"

    command = step(result, f"{line} --dry-run", RunSettings(is_dry_run=True))

    assert command == line


def test_dry_run_of_a_complete_batch_has_no_next_command() -> None:
    """A run would send nothing."""
    text = step(result_of(batch(created=9)), f"{RUN} --dry-run", RunSettings(is_dry_run=True))

    assert text == "nothing to do; every row has a task"


class TestRetry:
    LINE: Final = "batchcreate retry out --rate 20 --only failed"

    @pytest.mark.parametrize(
        ("result", "endpoint"),
        [
            pytest.param(
                result_of(batch(rejected=1)),
                "--endpoint https://roma.example",
                id="endpoint",
            ),
            pytest.param(
                replace(result_of(batch(rejected=1)), facts={"endpoint": "simulator"}),
                "--simulate",
                id="simulator",
            ),
        ],
    )
    def test_is_followed_by_a_run_with_the_same_endpoint(
        self, result: RunResult, endpoint: str
    ) -> None:
        """A run reads project and instance from the journal, a retry the endpoint as well."""
        assert step(result, self.LINE) == (
            "send out/to-fix.xlsx to the analysts, then run "
            f"batchcreate run out/to-fix.xlsx --rate 20 --results out {endpoint}"
        )

    def test_of_selected_rows_is_followed_by_a_retry_of_all(self) -> None:
        """The other rows are not sent yet."""
        assert step(result_of(batch(not_attempted=1)), self.LINE) == (
            "send the rest: batchcreate retry out --rate 20"
        )


class TestCommandLine:
    def test_options_keep_their_values(self) -> None:
        """Flags have no value; arguments after ``--`` are files."""
        line = parse(
            "batchcreate run a.csv --rate 5 -vv --strict b.csv --limit=3 --sheet A --sheet B "
            "-- -c.csv"
        )

        assert line == CommandLine(
            name="run",
            paths=["a.csv", "b.csv", "-c.csv"],
            options=[
                ("--rate", "5"),
                ("-vv",),
                ("--strict",),
                ("--limit=3",),
                ("--sheet", "A"),
                ("--sheet", "B"),
            ],
        )

    @pytest.mark.parametrize(
        "line",
        [
            "batchcreate run a.csv",
            "batchcreate run - --rate 5",
            "batchcreate run 'it is.csv' --sheet '$HOME' --map 'Their header=task_name'",
            "batchcreate run --rate 5 -- -a.csv b.csv",
        ],
    )
    def test_text_is_the_line_that_was_entered(self, line: str) -> None:
        """It can be pasted into a shell."""
        assert str(parse(line)) == line

    def test_options_are_removed_with_all_their_values(self) -> None:
        """Both notations are recognised."""
        line = parse("batchcreate run a.csv --rows 5-20 --rate 3 --limit=7 --rows=31")

        assert str(line.without("--rows", "--limit")) == "batchcreate run a.csv --rate 3"

    @pytest.mark.parametrize("given", ["--results out", "--results=out"])
    def test_given_option_is_not_added(self, given: str) -> None:
        """The given value is kept."""
        line = parse(f"batchcreate run a.csv {given}")

        assert line.with_option("--results", "elsewhere") == line
        assert line.with_option("--yes").options[-1] == ("--yes",)


def test_contradictions_of_the_audit_are_listed() -> None:
    """The first five, and lists that could not be read."""
    contradictions = [
        Contradiction(
            kind=ContradictionKind.NOT_LISTED,
            target=Target(endpoint="e", project_id="p1", instance_id="i1"),
            task_name=f"n{number}",
            task_id=str(number),
        )
        for number in range(7)
    ]
    audit = Audit(at="", contradictions=contradictions, unread=["instance i2: HTTP 403"])

    lines = list(describe_audit(audit))

    assert lines[:3] == [
        "audit: the task list could not be read again (instance i2: HTTP 403)",
        "audit: 7 contradictions between the task list and the results; check them in the console:",
        "  n0: its task 0 is not listed (instance i1)",
    ]
    assert lines[7:] == ["  and 2 more, see summary.json"]
    assert list(describe_audit(Audit(at=""))) == list(describe_audit(None)) == []
