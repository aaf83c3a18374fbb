"""A command line is taken apart and put together again without loss."""

import shlex

import pytest

from batchcreate.cli import commands
from batchcreate.cli.run_summary import CommandLine


def typed(line: str) -> CommandLine:
    return CommandLine.parse(shlex.split(line), commands.run)


def test_options_keep_their_values() -> None:
    """Flags take none; what follows two dashes is a file."""
    assert typed(
        "run a.csv --rate 5 -vv --strict b.csv --limit=3 --sheet A --sheet B -- -c.csv"
    ) == (
        CommandLine(
            name="run",
            places=["a.csv", "b.csv", "-c.csv"],
            options=[
                ("--rate", "5"),
                ("-vv",),
                ("--strict",),
                ("--limit=3",),
                ("--sheet", "A"),
                ("--sheet", "B"),
            ],
        )
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
def test_line_comes_out_as_it_went_in(line: str) -> None:
    """Ready to be pasted into a shell."""
    assert str(typed(line.removeprefix("batchcreate "))) == line


def test_options_are_left_out_in_either_spelling() -> None:
    """With all their values."""
    line = typed("run a.csv --rows 5-20 --rate 3 --limit=7 --rows=31")

    assert str(line.without("--rows", "--limit")) == "batchcreate run a.csv --rate 3"


@pytest.mark.parametrize("given", ["--results out", "--results=out"])
def test_option_that_was_typed_is_not_added(given: str) -> None:
    """What the user said stays."""
    line = typed(f"run a.csv {given}")

    assert line.adding("--results", "elsewhere") == line
    assert line.adding("--yes").options[-1] == ("--yes",)


def test_other_files_take_the_place_of_the_first() -> None:
    """The options stay."""
    line = typed("run a.csv b.csv --rate 3").on("check", ["out/to-fix.xlsx"])

    assert str(line) == "batchcreate check out/to-fix.xlsx --rate 3"
