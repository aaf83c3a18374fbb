"""What to do next follows from how the batch stands, with the exact command for it."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest

from batchcreate.cli import commands
from batchcreate.cli.run_summary import CommandLine, next_step
from batchcreate.models import CauseGroup, Status, Summary
from batchcreate.pipeline.plan import Plan
from batchcreate.pipeline.reports import Reports
from batchcreate.pipeline.values import RunResult
from batchcreate.pool.stop import StopCause, StopReason
from batchcreate.settings import RunSettings

FOLDER: Final = Path("out")
RUN: Final = "batchcreate run 'my tasks.csv' --rate 20"
TO_FIX: Final = {"results": FOLDER / "results.csv", "to_fix": FOLDER / "to-fix.xlsx"}
HALT: Final = StopReason(cause=StopCause.OUTAGE, message="10 rows in a row met a fault")
BY_ANALYST: Final = CauseGroup(
    status=Status.FAILED, http_status=400, error_code="FDI.3033", rows=1
)
BY_ENGINEER: Final = CauseGroup(
    status=Status.FAILED, http_status=403, error_code="APIGW.0302", rows=1
)


def batch(**numbers: int) -> Summary:
    return Summary(
        counts=dict.fromkeys(Status, 0) | {Status(name): n for name, n in numbers.items()}
    )


def ending(
    summary: Summary,
    *,
    causes: Sequence[CauseGroup] = (),
    files: dict[str, Path] | None = None,
    stop_reason: StopReason | None = None,
    endpoint: str = "https://roma.example",
    targets: Sequence[str] = ("i1",),
) -> RunResult:
    return RunResult(
        results=FOLDER,
        plan=Plan(rows=summary.total, summary=summary, to_send={}),
        reports=Reports(summary=summary, causes=causes, files=TO_FIX if files is None else files),
        stop_reason=stop_reason,
        facts={"endpoint": endpoint},
        instances=[("p1", instance) for instance in targets],
    )


def step(end: RunResult, line: str = RUN, run_settings: RunSettings | None = None) -> str:
    words = shlex.split(line)[1:]
    (command,) = [each for each in commands.ALL if each.name == words[0]]
    return next_step(end, run_settings or RunSettings(), CommandLine.parse(words, command))


@pytest.mark.parametrize(
    ("end", "said"),
    [
        pytest.param(
            ending(batch(created=3, skipped=1)), "nothing; every row has its task", id="done"
        ),
        pytest.param(ending(batch(created=3, failed=1)), RUN, id="failed"),
        pytest.param(
            ending(batch(created=3, failed=1), causes=[BY_ENGINEER]), RUN, id="the engineer's"
        ),
        pytest.param(ending(batch(failed=1, unknown=1)), RUN, id="failed and unknown"),
        pytest.param(
            ending(batch(created=3, unknown=1)),
            f"let the server's list settle the unknown rows: {RUN}",
            id="unknown",
        ),
        pytest.param(
            ending(batch(created=3, not_attempted=1)), f"send the rest: {RUN}", id="not attempted"
        ),
        pytest.param(
            ending(batch(rejected=3, not_attempted=1)), f"send the rest: {RUN}", id="rest first"
        ),
        pytest.param(ending(batch(rejected=1), stop_reason=HALT), RUN, id="stopped"),
        pytest.param(
            ending(batch(rejected=1, failed=1), files={}),
            f"mend the cells listed in out/issues.csv, then {RUN}",
            id="rejected, no file to hand over",
        ),
    ],
)
def test_step_follows_from_the_batch(end: RunResult, said: str) -> None:
    """What was typed comes back, ready to be pasted."""
    assert step(end) == said


@pytest.mark.parametrize(
    "end",
    [
        pytest.param(ending(batch(rejected=1, unknown=1)), id="rejected"),
        pytest.param(ending(batch(failed=2), causes=[BY_ENGINEER, BY_ANALYST]), id="refused"),
    ],
)
def test_rows_of_the_analysts_go_to_them(end: RunResult) -> None:
    """The same options hold for what comes back, and so does the folder."""
    assert step(end) == (
        "hand out/to-fix.xlsx to the analysts, then "
        "batchcreate run out/to-fix.xlsx --rate 20 --results out"
    )


def test_several_files_go_back_together() -> None:
    """Each analyst has their own."""
    files = {"to_fix": FOLDER / "to-fix-a.csv", "to_fix_2": FOLDER / "to-fix-b.xlsx"}

    assert step(ending(batch(rejected=2), files=files)) == (
        "hand out/to-fix-a.csv and out/to-fix-b.xlsx to the analysts, then "
        "batchcreate run out/to-fix-a.csv out/to-fix-b.xlsx --rate 20 --results out"
    )


@pytest.mark.parametrize("choice", ["--rows 5-20", "--limit=3"])
def test_choice_of_rows_is_not_repeated(choice: str) -> None:
    """It was for this run; the numbers of other files are others, too."""
    rest = step(ending(batch(created=3, not_attempted=9)), f"{RUN} {choice}")
    mended = step(ending(batch(rejected=1)), f"{RUN} {choice}")

    assert rest == f"send the rest: {RUN}"
    assert "--rows" not in mended
    assert "--limit" not in mended


def test_stopped_run_is_repeated_as_it_was() -> None:
    """Its choice of rows is not through yet."""
    line = f"{RUN} --limit 3"

    assert step(ending(batch(not_attempted=9), stop_reason=HALT), line) == line


def test_strict_run_waits_for_the_analysts() -> None:
    """The same command would send nothing again."""
    assert step(
        ending(batch(rejected=1, not_attempted=9)), run_settings=RunSettings(is_strict=True)
    ).startswith("hand ")


def test_dry_run_is_followed_by_the_run_itself() -> None:
    """With everything else that was typed."""
    said = step(
        ending(batch(rejected=1, not_attempted=9)),
        f"{RUN} --dry-run",
        RunSettings(is_dry_run=True),
    )

    assert said == RUN


def test_dry_run_of_a_batch_that_is_done_says_so() -> None:
    """The run itself would do nothing either."""
    said = step(ending(batch(created=9)), f"{RUN} --dry-run", RunSettings(is_dry_run=True))

    assert said == "nothing; every row has its task"


class TestRetry:
    LINE: Final = "batchcreate retry out --rate 20 --only failed"

    @pytest.mark.parametrize(
        ("end", "target"),
        [
            pytest.param(
                ending(batch(rejected=1)),
                "--endpoint https://roma.example --project-id p1 --instance-id i1",
                id="one instance",
            ),
            pytest.param(
                ending(batch(rejected=1), targets=("i1", "i2")),
                "--endpoint https://roma.example",
                id="two instances",
            ),
            pytest.param(
                ending(batch(rejected=1), endpoint="simulator", targets=()),
                "--simulate",
                id="simulator",
            ),
        ],
    )
    def test_is_followed_by_a_run_to_the_same_place(self, end: RunResult, target: str) -> None:
        """The journal knew the place; a run wants to be told."""
        assert step(end, self.LINE) == (
            "hand out/to-fix.xlsx to the analysts, then "
            f"batchcreate run out/to-fix.xlsx --rate 20 --results out {target}"
        )

    def test_of_some_rows_is_followed_by_one_of_all(self) -> None:
        """What was not asked for is still to be sent."""
        assert step(ending(batch(not_attempted=1)), self.LINE) == (
            "send the rest: batchcreate retry out --rate 20"
        )
