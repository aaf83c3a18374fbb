"""The plan says what was read, what goes where, how much room is left and how long it takes."""

from dataclasses import replace

import pytest

from batchcreate.cli.descriptions import describe_outlook, describe_plan, question
from batchcreate.models import Cleaning, Layout, RowLocation, Skipped, Status, Summary, Target
from batchcreate.pipeline.plan import Forecast, InputNotes, Plan, SheetNotes

COUNTS = {"rejected": 3, "created": 4, "skipped": 5, "unknown": 6, "not_attempted": 7}


def target(number: int) -> Target:
    return Target(endpoint="https://roma.example", project_id="p", instance_id=f"i{number}")


def outlook(*counts: int, used: int | None = None, unknown: int = 0, rate: float = 10) -> Forecast:
    targets = {target(number): count for number, count in enumerate(counts, start=1)}
    return Forecast(
        to_send=targets,
        used={} if used is None else dict.fromkeys(targets, used),
        quota=1000,
        unknown=unknown,
        rate_per_s=rate,
        headroom=0.01,
    )


def plan(to_send: tuple[int, ...], notices: InputNotes | None = None, **counts: int) -> Plan:
    summary = Summary(
        counts=dict.fromkeys(Status, 0) | {Status(name): n for name, n in counts.items()}
    )
    return Plan(
        rows=sum(counts.values()),
        summary=summary,
        to_send={target(number): count for number, count in enumerate(to_send)},
        notices=notices or InputNotes(),
    )


READ = InputNotes(
    sheets=[SheetNotes(layout=Layout(file="a.csv", sheet="", header_row=1, columns={}), rows=1)]
)


class TestPlan:
    @pytest.mark.parametrize(
        ("found", "line"),
        [
            pytest.param(plan((1,), READ, not_attempted=1), "1 row read, 1 to send", id="one row"),
            pytest.param(
                plan((), READ, created=2), "2 rows read, 0 to send, 2 created earlier", id="done"
            ),
            pytest.param(plan((2,), not_attempted=2), "2 rows, 2 to send", id="nothing read"),
            pytest.param(
                plan((3, 4), READ, **COUNTS),
                "25 rows read, 7 to send to 2 instances, 3 rejected, 4 created earlier, "
                "5 skipped, 6 unknown",
                id="everything",
            ),
            pytest.param(
                plan((300,), READ, rejected=67, not_attempted=1560, failed=2),
                "1629 rows read, 300 to send, 67 rejected, 1262 left for later",
                id="a limit",
            ),
        ],
    )
    def test_counts_stand_on_one_line(self, found: Plan, line: str) -> None:
        """What there is none of is left out, but for what is to be sent."""
        assert list(describe_plan(found)) == [line]

    def test_to_fix_file_without_its_batch_is_told_of(self) -> None:
        """Whoever forgot the folder can still say no."""
        notices = replace(READ, is_astray=True)

        _, told = describe_plan(plan((1,), notices, not_attempted=1))

        assert told == (
            "  from a to-fix file whose batch is not in this results folder: to go on with it,"
            " answer no and name its folder with --results"
        )

    def test_what_was_left_out_and_cleaned_is_told(self) -> None:
        """The first few of each."""
        place = RowLocation(file="a.csv", sheet="", number=7)
        notices = InputNotes(
            sheets=READ.sheets,
            skipped=[Skipped(file="b.xlsx", sheet=f"S{n}", reason="empty") for n in range(7)],
            cleaned=3,
            cleanings=[Cleaning(location=place, column="Name", cell="B7", before=" x", after="x")],
        )

        told = list(describe_plan(plan((1,), notices, not_attempted=1)))

        assert told[1:] == [
            *[f"  left out: sheet S{number} of b.xlsx (empty)" for number in range(5)],
            "  left out: 2 more",
            "  cleaned: 3 cells, such as B7: ' x' is taken for 'x'",
        ]


class TestOutlook:
    def test_each_instance_has_a_line(self) -> None:
        """Below where they are, with the room that is left where a server was asked."""
        assert list(describe_outlook(outlook(500, 1, used=388))) == [
            "  endpoint: https://roma.example",
            "  500 tasks in project p, instance i1 (quota 1000, 612 left)",
            "  1 task in project p, instance i2 (quota 1000, 612 left)",
            "  501 tasks at 10/s: about 51 s",
        ]

    def test_instance_that_is_overfull_has_no_room(self) -> None:
        """A negative number would help nobody."""
        assert list(describe_outlook(outlook(1, used=1001)))[1].endswith("(quota 1000, 0 left)")

    def test_many_instances_are_summed_up(self) -> None:
        """The first ten have a line."""
        told = list(describe_outlook(outlook(*range(1, 13))))

        assert told[-2:] == [
            "  23 tasks to 2 more instances",
            "  78 tasks at 10/s: about 8 s",
        ]
        assert len(told) == 13

    @pytest.mark.parametrize(
        ("count", "rate", "said"),
        [
            (800, 10, "  800 tasks at 10/s: about 1 min 21 s"),
            (1, 1000, "  1 task at 1000/s: about 1 s"),
            (100_000, 10, "  100000 tasks at 10/s: about 2 h 48 min"),
        ],
    )
    def test_time_is_that_of_the_rate(self, count: int, rate: float, said: str) -> None:
        """Less the headroom."""
        assert list(describe_outlook(outlook(count, rate=rate)))[-1] == said

    def test_unknown_rows_are_told(self) -> None:
        """They may be sent again."""
        assert list(describe_outlook(outlook(unknown=2))) == [
            (
                "  2 rows with unknown outcome from earlier runs: checked against the task list "
                "first, resent only if absent"
            )
        ]


@pytest.mark.parametrize(
    ("about", "asked"),
    [
        (outlook(1), "Create 1 task?"),
        (outlook(800), "Create 800 tasks?"),
        (outlook(500, 300, unknown=2), "Create 800 tasks in 2 instances?"),
        (outlook(unknown=1), "Check 1 row with unknown outcome against the task list?"),
    ],
    ids=["one", "many", "two instances", "unknown"],
)
def test_question_is_about_what_cannot_be_taken_back(about: Forecast, asked: str) -> None:
    """How many tasks there will be."""
    assert question(about) == asked
