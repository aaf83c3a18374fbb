"""Plan, input notes and grouped issues as text."""

from dataclasses import replace

import pytest

from batchcreate.cli.descriptions import (
    describe_cleaned,
    describe_forecast,
    describe_groups,
    describe_plan,
    describe_sheets,
    describe_skipped,
    describe_versions,
    question,
    rule_text,
)
from batchcreate.journal import VersionChange
from batchcreate.models import (
    CauseGroup,
    Cleaning,
    Column,
    IssueExample,
    Layout,
    RowLocation,
    Skipped,
    Status,
    Summary,
    Target,
)
from batchcreate.pipeline.corrections import ChangedCell, CorrectedFile, NewVersion
from batchcreate.pipeline.plan import Forecast, InputNotes, Plan, SheetNotes
from batchcreate.settings import load

COUNTS = {"rejected": 3, "created": 4, "skipped": 5, "unknown": 6, "not_attempted": 7}
NAME = Column(heading="task_name", index=0)
CSV = Layout(file="a.csv", sheet="", header_row=1, columns={"task_name": NAME})
CSV_READ = InputNotes(sheets=[SheetNotes(layout=CSV, rows=1)])
GIVEN = load({"endpoint": "https://roma.example"}).endpoint
HERE = "in project p, instance i1 at https://roma.example"


def target(number: int) -> Target:
    return Target(endpoint="https://roma.example", project_id="p", instance_id=f"i{number}")


def forecast(
    *counts: int,
    used: int | None = None,
    unknown: int = 0,
    window_s: float = 0.0,
    rate: float = 10,
) -> Forecast:
    targets = {target(number): count for number, count in enumerate(counts, start=1)}
    return Forecast(
        to_send={key: count for key, count in targets.items() if count},
        used={} if used is None else dict.fromkeys(targets, used),
        quota=1000,
        unknown=unknown,
        window_s=window_s,
        rate_per_s=rate,
        headroom=0.01,
    )


def plan(to_send: tuple[int, ...], notes: InputNotes | None = None, **counts: int) -> Plan:
    summary = Summary(
        counts=dict.fromkeys(Status, 0) | {Status(name): n for name, n in counts.items()}
    )
    return Plan(
        rows=sum(counts.values()),
        summary=summary,
        to_send={target(number): count for number, count in enumerate(to_send)},
        notes=notes or InputNotes(),
    )


def sheets(*names: tuple[str, str]) -> InputNotes:
    """Return the notes on sheets given by file and name."""
    layouts = [Layout(file=file, sheet=name, header_row=1, columns={}) for file, name in names]
    return InputNotes(sheets=[SheetNotes(layout=layout, rows=1) for layout in layouts])


class TestPlan:
    @pytest.mark.parametrize(
        ("planned", "line"),
        [
            pytest.param(
                plan((1,), CSV_READ, not_attempted=1), "1 row read, 1 to send", id="one row"
            ),
            pytest.param(
                plan((), CSV_READ, created=2),
                "2 rows read, 0 to send, 2 created earlier",
                id="created",
            ),
            pytest.param(plan((2,), not_attempted=2), "2 rows, 2 to send", id="retry"),
            pytest.param(
                plan((3, 4), CSV_READ, **COUNTS),
                "25 rows read, 7 to send in 2 instances, 3 rejected, 4 created earlier, "
                "5 skipped, 6 unknown",
                id="all statuses",
            ),
            pytest.param(
                plan((300,), CSV_READ, rejected=67, not_attempted=1560, failed=2),
                "1629 rows read, 300 to send, 67 rejected, 1262 not sent in this run",
                id="a limit",
            ),
        ],
    )
    def test_counts_are_on_one_line(self, planned: Plan, line: str) -> None:
        """Only statuses that occur are listed; the number to send is always shown."""
        assert next(describe_plan(planned)) == line

    def test_new_versions_are_described(self) -> None:
        """The plan names what changed in addition to the cells to fix."""
        cells = [
            ChangedCell(sheet="May", cell="B7", before="007", after="7"),
            ChangedCell(sheet="June", cell="A2", before="x", after=""),
        ]
        change = VersionChange(rows=(20, 22), changed=12, new=1, withdrawn=3, removed=0, same=15)
        version = NewVersion(
            file="tasks.xlsx",
            is_correction=True,
            before="2026-01-31T08:15:00.000Z",
            change=change,
            cells=cells,
            cells_count=3,
        )
        other = replace(
            version,
            file="b.csv",
            is_correction=False,
            change=replace(change, removed=2),
            cells=(),
            cells_count=0,
        )
        corrected = CorrectedFile(file="c.csv", corrected_at="2026-01-31T08:15:00.000Z")
        notes = InputNotes(versions=[version, other], corrected=[corrected])

        lines = list(describe_versions(notes))

        assert lines == [
            (
                "  c.csv: the corrected version of 2026-01-31 08:15 UTC is used instead of"
                " this original file"
            ),
            "  corrected version of tasks.xlsx: 12 rows changed, 3 withdrawn, 1 new",
            (
                "  changed in addition to the cells to fix: May!B7 '007' -> '7'; June!A2 'x' -> '';"
                " 1 more"
            ),
            (
                "  new version of b.csv: 12 rows changed, 3 withdrawn, 1 new, 2 removed after the task"
                " was sent"
            ),
        ]

    def test_skipped_and_cleaned_parts_are_listed(self) -> None:
        """The first ones have a line, the others are counted."""
        location = RowLocation(file="a.csv", sheet="", number=7)
        cleaning = Cleaning(location=location, column="Name", cell="B7", before=" x", after="x")
        notes = InputNotes(
            sheets=CSV_READ.sheets,
            skipped=[Skipped(file="b.xlsx", sheet=f"S{n}", reason="empty") for n in range(12)],
            cleaned=3,
            cleanings=[cleaning],
        )

        lines = list(describe_plan(plan((1,), notes, not_attempted=1)))

        assert lines[3:] == [
            *[f"  skipped: sheet S{number} of b.xlsx (empty)" for number in range(10)],
            "  skipped: 2 more",
            "  cleaned: 3 cells: B7: ' x' is read as 'x'",
        ]


class TestForecast:
    def test_each_instance_has_a_line(self) -> None:
        """The endpoint is above them; the free quota is shown if the server was asked."""
        assert list(describe_forecast(forecast(500, 1, used=388), GIVEN)) == [
            "  endpoint: https://roma.example (from --endpoint)",
            "  500 tasks in project p, instance i1 (quota 1000, 612 left)",
            "  1 task in project p, instance i2 (quota 1000, 612 left)",
            "  501 tasks at 10/s: about 51 s",
        ]

    def test_without_tasks_it_is_empty(self) -> None:
        """A dry run may have nothing to send."""
        assert list(describe_forecast(forecast(0), GIVEN)) == []

    def test_free_quota_is_not_negative(self) -> None:
        """An instance can contain more tasks than the configured quota."""
        assert list(describe_forecast(forecast(1, used=1001), GIVEN))[1].endswith(
            "(quota 1000, 0 left)"
        )

    def test_many_instances_are_summed_up(self) -> None:
        """The first ten have a line."""
        lines = list(describe_forecast(forecast(*range(1, 13)), GIVEN))

        assert lines[-2:] == [
            "  23 tasks in 2 more instances",
            "  78 tasks at 10/s: about 8 s",
        ]
        assert len(lines) == 13

    @pytest.mark.parametrize(
        ("count", "rate", "line"),
        [
            (800, 10, "  800 tasks at 10/s: about 1 min 21 s"),
            (1, 1000, "  1 task at 1000/s: about 1 s"),
            (100_000, 10, "  100000 tasks at 10/s: about 2 h 48 min"),
        ],
    )
    def test_duration_follows_from_the_rate(self, count: int, rate: float, line: str) -> None:
        """The headroom is subtracted from the rate."""
        assert list(describe_forecast(forecast(count, rate=rate), GIVEN))[-1] == line

    def test_unknown_rows_are_announced(self) -> None:
        """They may be sent again."""
        lines = [*describe_forecast(forecast(0, used=1, unknown=2, window_s=60.0), GIVEN)]
        lines += describe_forecast(forecast(unknown=1), GIVEN)

        assert lines == [
            "  endpoint: https://roma.example (from --endpoint)",
            (
                "  2 rows with unknown outcome from earlier runs: checked against the task list "
                "first, for up to 1 min; resent only if absent"
            ),
            (
                "  1 row with unknown outcome from earlier runs: checked against the task list "
                "first; resent only if absent"
            ),
        ]

    def test_duration_includes_the_wait_for_the_task_list(self) -> None:
        """Rows are looked for while others are sent."""
        expected = [
            round(forecast(30, unknown=unknown, rate=1.0, window_s=window_s).expected_s)
            for unknown, window_s in ((0, 60.0), (1, 60.0), (1, 20.0))
        ]

        assert expected == [30, 60, 30]

    @pytest.mark.parametrize(
        ("value", "text"),
        [
            (forecast(1), f"Create 1 task {HERE}?"),
            (forecast(800), f"Create 800 tasks {HERE}?"),
            (
                forecast(500, 300, unknown=2),
                "Create 800 tasks in 2 instances at https://roma.example?",
            ),
            (
                forecast(0, used=1, unknown=1),
                f"Check 1 row with unknown outcome against the task list {HERE}?",
            ),
        ],
        ids=["one", "many", "two instances", "unknown"],
    )
    def test_question_contains_the_number_of_tasks_and_their_target(
        self, value: Forecast, text: str
    ) -> None:
        """Without tasks to create, it contains the number of unknown rows."""
        assert question(value) == text

    @pytest.mark.parametrize(
        ("options", "endpoint", "lines"),
        [
            pytest.param(
                {"region": "cn-north-4", "proxy": "http://[::1]:3128", "token_file": "t"},
                "https://roma.cn-north-4.myhuaweicloud.com",
                [
                    "  endpoint: https://roma.cn-north-4.myhuaweicloud.com (from --region)",
                    "  proxy: http://[::1]:3128 (loopback, from --proxy)",
                    "  token_file: t (from --token-file)",
                ],
                id="region, proxy and token",
            ),
            pytest.param(
                {"ca_file": "ca.pem", "iam_endpoint": "https://iam.example"},
                "http://localhost:8080",
                [
                    "  endpoint: http://localhost:8080 (loopback, from the journal)",
                    "  iam_endpoint: https://iam.example (from --iam-endpoint)",
                    "  ca_file: ca.pem (from --ca-file)",
                ],
                id="endpoint of a retry",
            ),
            pytest.param(
                {}, "simulator", ["  endpoint: simulator (embedded, no service)"], id="simulator"
            ),
        ],
    )
    def test_settings_that_decide_where_credentials_are_sent_have_lines(
        self, options: dict[str, str], endpoint: str, lines: list[str]
    ) -> None:
        """Each has its source; loopback addresses and the simulator are marked."""
        here = Target(endpoint=endpoint, project_id="p", instance_id="i")
        planned = Forecast(to_send={here: 1}, quota=1000, rate_per_s=10)

        shown = list(describe_forecast(planned, load(options).endpoint))

        assert shown == [
            *lines,
            "  1 task in project p, instance i",
            "  1 task at 10/s: about 1 s",
        ]


def examples(*cells: str, sheet: str = "") -> list[IssueExample]:
    """Return an example for each of *cells*; the first one has a suggestion."""
    return [
        IssueExample(
            location=RowLocation(file="a.xlsx", sheet=sheet, number=number),
            cell=cell,
            value="ab",
            suggestion="abcd" if number == 2 else "",
        )
        for number, cell in enumerate(cells, start=2)
    ]


def group(rows: int, *cells: str, sheet: str = "") -> CauseGroup:
    """Return the group of *rows* rows with issues, the first ones in *cells*."""
    return CauseGroup(
        status=Status.REJECTED,
        error_code="INVALID_ROW",
        rule="task_tag.too_short",
        column="Tags",
        rows=rows,
        message="The task tag 'ab' is too short.",
        examples=examples(*cells, sheet=sheet),
    )


ONE_SHEET = sheets(("a.xlsx", "CRM"))
HEADING = "task tag shorter than 4 characters, column F"


class TestGroups:
    @pytest.mark.parametrize(
        ("language", "heading"),
        [
            pytest.param("en", f"212 rows: {HEADING}: F2, F3, F4 and 209 more", id="en"),
            pytest.param(
                "zh", "212 行：任务标签少于 4 个字符（F 列）：F2、F3、F4，另有 209 处", id="zh"
            ),
        ],
    )
    def test_group_has_its_cells_and_the_first_message(self, language: str, heading: str) -> None:
        """Three cells are listed, the others counted; the suggestion is at the end."""
        many = group(212, "F2", "F3", "F4", "F5")

        assert list(describe_groups([many], ONE_SHEET, language=language)) == [
            f"  {heading}",
            "    F2: The task tag 'ab' is too short. -> abcd",
        ]

    @pytest.mark.parametrize(
        ("names", "cell"),
        [
            pytest.param([("a.xlsx", "CRM")], "F2", id="one sheet"),
            pytest.param([("a.xlsx", "CRM"), ("a.xlsx", "ERP")], "CRM!F2", id="several sheets"),
            pytest.param([("a.xlsx", "CRM"), ("b.csv", "")], "a.xlsx CRM!F2", id="several files"),
        ],
    )
    def test_address_is_unambiguous(self, names: list[tuple[str, str]], cell: str) -> None:
        """File and sheet are shown in both lines if there are several."""
        heading, message = describe_groups(
            [group(1, "F2", sheet="CRM")], sheets(*names), language="en"
        )

        assert heading == f"  1 row: {HEADING}: {cell}"
        assert message.startswith(f"    {cell}: ")

    def test_addresses_without_input_notes_have_their_files(self) -> None:
        """A retry reads no files; its issues show that there are several."""
        other = IssueExample(location=RowLocation(file="b.csv", sheet="", number=7), cell="A7")
        both = replace(group(2, "F2"), examples=[*examples("F2"), other])

        heading, _ = describe_groups([both], InputNotes(), language="en")

        assert heading.endswith(": a.xlsx F2, b.csv A7")

    def test_row_without_a_cell_has_its_number(self) -> None:
        """The sheet does not have the column."""
        one, several = (
            list(describe_groups([group(2, "", "", sheet="CRM")], notes, language="en"))
            for notes in (ONE_SHEET, sheets(("a.xlsx", "CRM"), ("b.csv", "")))
        )

        assert one == [
            "  2 rows: task tag shorter than 4 characters, column Tags: row 2, row 3",
            "    row 2: The task tag 'ab' is too short. -> abcd",
        ]
        assert several[1].startswith("    a.xlsx CRM row 2: ")

    def test_remaining_causes_are_counted(self) -> None:
        """Their group has neither a rule nor cells."""
        rest = CauseGroup(status=Status.REJECTED, rows=9, causes=4)

        assert list(describe_groups([rest], ONE_SHEET, language="en")) == [
            "  9 rows: 4 more causes"
        ]
        assert rule_text(rest, "en") == ""


def layout(**fields: object) -> Layout:
    """Return the layout of a CSV file with other *fields*."""
    return Layout(**{"file": "a.csv", "sheet": "", "header_row": 1, "columns": {}} | fields)  # type: ignore[arg-type] # checked when read


def describe(*layouts: Layout) -> list[str]:
    """Return the lines about *layouts*, of two rows each."""
    read = [SheetNotes(layout=each, rows=2) for each in layouts]
    return list(describe_sheets(InputNotes(sheets=read), limit=2))


class TestInputNotes:
    def test_columns_have_letter_field_and_unusual_heading(self) -> None:
        """They are in the order of the sheet; case and spaces of a heading do not matter."""
        columns = {
            "task_tag": Column(heading="Marke", index=27),
            "task_name": Column(heading="Task Name *", index=2),
        }
        sheet = layout(
            file="a.xlsx",
            sheet="Orders",
            header_row=4,
            columns=columns,
            others=[Column(heading="Owner", index=3), Column(heading="", index=4)],
            hints=["unknown heading 'x' in cell F4"],
        )

        assert describe(sheet) == [
            "a.xlsx, sheet Orders: 2 rows, headings in row 4",
            "  columns: C task_name, AB task_tag ('Marke')",
            "  ignored: D 'Owner', E ''",
            "  hint: unknown heading 'x' in cell F4",
        ]

    @pytest.mark.parametrize(
        ("encoding", "delimiter", "lines"),
        [
            pytest.param("utf-8-sig", ",", [], id="usual"),
            pytest.param("gb18030", ",", ["  read as gb18030"], id="encoding"),
            pytest.param("utf-8", "\t", ["  read as text with tabs"], id="separator"),
            pytest.param("utf-16", ";", ["  read as utf-16 with semicolons"], id="both"),
        ],
    )
    def test_unusual_text_format_is_shown(
        self, encoding: str, delimiter: str, lines: list[str]
    ) -> None:
        """UTF-8 and commas are not mentioned."""
        sheet = layout(encoding=encoding, delimiter=delimiter, columns={"task_name": NAME})

        assert describe(sheet) == ["a.csv: 2 rows", *lines, "  columns: A task_name"]

    def test_many_sheets_are_summed_up(self) -> None:
        """The first ones are listed, the others counted."""
        assert describe(CSV, CSV, CSV, CSV)[-1] == "2 more sheets: 4 rows"

    def test_many_ignored_columns_are_summed_up(self) -> None:
        """Twenty columns are listed."""
        others = [Column(heading="x", index=at) for at in range(1, 24)]

        (line,) = [each for each in describe(layout(others=others)) if "ignored" in each]

        assert line.count("'x'") == 20
        assert line.endswith("U 'x', 3 more")

    def test_many_hints_are_summed_up(self) -> None:
        """A sheet with several tables side by side can have a hint for each column."""
        hints = [f"unknown heading {at}" for at in range(7)]

        shown = [each for each in describe(layout(hints=hints)) if "hint" in each]

        assert shown == [
            *[f"  hint: unknown heading {at}" for at in range(5)],
            "  hint: 2 more unknown headings like these",
        ]

    def test_columns_with_blank_headings_are_ignored_columns(self) -> None:
        """Their filled cells are counted; all ignored columns are in the order of the sheet."""
        layout = replace(CSV, others=[Column(heading="Owner", index=3)])
        notes = InputNotes(sheets=[SheetNotes(layout=layout, rows=3, unnamed={2: 1, 5: 40})])

        assert list(describe_sheets(notes, limit=5))[-1] == (
            "  ignored: C (blank heading, 1 filled cell), D 'Owner',"
            " F (blank heading, 40 filled cells)"
        )

    def test_skipped_parts_have_their_reason(self) -> None:
        """Sheets are listed with their files, rows are counted."""
        notes = InputNotes(
            skipped=[
                Skipped(file="a.xlsx", sheet="Old", reason="hidden"),
                Skipped(file="a.xlsx", sheet="Notes", reason="no_header"),
                Skipped(file="b.csv", sheet="", reason="example", rows=1),
                Skipped(file="b.csv", sheet="", reason="repeated_header", rows=1, ranges=[(3, 3)]),
                Skipped(
                    file="a.xlsx",
                    sheet="May",
                    reason="repeated_header",
                    rows=5,
                    ranges=[(2, 2), (9, 9)],
                ),
                Skipped(
                    file="a.xlsx",
                    sheet="May",
                    reason="hidden_rows",
                    rows=3,
                    ranges=[(3, 4), (9, 9)],
                ),
                Skipped(file="a.xlsx", sheet="Sheet3", reason="empty"),
            ]
        )

        assert list(describe_skipped(notes, limit=6)) == [
            "  skipped: sheet Old of a.xlsx (hidden)",
            "  skipped: sheet Notes of a.xlsx (no known headings)",
            "  skipped: 1 row of b.csv (examples)",
            "  skipped: 1 row of b.csv (repeated headings: row 3)",
            "  skipped: 5 rows of sheet May of a.xlsx (repeated headings: rows 2, 9 and 3 more)",
            "  skipped: 3 rows of sheet May of a.xlsx (hidden: rows 3-4, 9)",
            "  skipped: 1 more",
        ]

    def test_cleaned_cells_are_shown_before_and_after(self) -> None:
        """Invisible characters are escaped."""
        cleanings = [
            Cleaning(
                location=RowLocation(file="a.xlsx", sheet="Old 'n' new", number=number),
                column="task_name",
                cell=f"A{number}",
                before="crm\xa0",
                after="crm",
            )
            for number in (5, 6)
        ]
        read = sheets(("a.xlsx", "Old 'n' new"), ("a.xlsx", "New"))

        lines = [
            list(
                describe_cleaned(
                    replace(read, cleaned=count, cleanings=cleanings[:count]), limit=1
                )
            )
            for count in (0, 1, 2)
        ]

        first = "'Old ''n'' new'!A5: 'crm\\xa0' is read as 'crm'"
        assert lines == [
            [],
            [f"  cleaned: 1 cell: {first}"],
            [f"  cleaned: 2 cells, for example {first}"],
        ]
