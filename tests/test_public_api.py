"""What the package shows, ships and costs."""

import os
import resource
import subprocess
import sys
from importlib import import_module, metadata, resources
from pathlib import Path

import pytest

import batchcreate
from batchcreate import errors

SAMPLE = Path(__file__).parents[1] / "samples" / "clean.csv"
HEAVY = {"aiohttp", "matplotlib", "pandas", "pydantic", "rich", "sqlite3", "structlog"}


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    # Coverage measurement would change the measured times.
    environment = {name: text for name, text in os.environ.items() if not name.startswith("COV")}
    return subprocess.run(  # noqa: S603 # this project
        [sys.executable, *arguments], env=environment, capture_output=True, text=True, check=True
    )


def cpu_s(*arguments: str) -> float:
    """Return the processor time of a start: it depends little on what else the machine does."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    python(*arguments)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_everything_visible_is_exported() -> None:
    """``__all__`` is what `dir` shows, every name of it is there, and every error is among them."""
    exported = batchcreate.__all__
    raised = [
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and value.__module__ == errors.__name__
    ]

    assert exported == dir(batchcreate) == sorted(set(exported))
    assert [name for name in exported if not hasattr(batchcreate, name)] == []
    assert [name for name in raised if name not in exported] == []


def test_a_name_that_is_not_there_is_missed_as_in_any_module() -> None:
    """Only what is exported is looked for in the rooms."""
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        batchcreate.nothing  # noqa: B018 # type: ignore[attr-defined]


def test_the_version_is_the_same_everywhere() -> None:
    """Package, distribution and command line agree."""
    shown = python("-m", "batchcreate", "--version").stdout

    assert metadata.version("batchcreate") == batchcreate.__version__
    assert batchcreate.__version__ in shown.split()


def test_the_package_ships_its_types() -> None:
    """The marker by which type checkers trust the annotations is there."""
    assert resources.files("batchcreate").joinpath("py.typed").is_file()


def test_help_loads_no_heavy_part() -> None:
    """Libraries that take long to import wait until a command needs them."""
    imported = python("-X", "importtime", "-m", "batchcreate", "run", "--help").stderr

    names = {line.rpartition("|")[2].strip() for line in imported.splitlines()}
    assert "click" in names
    assert names & HEAVY == set()


@pytest.mark.parametrize(
    ("command", "used", "unused"),
    [
        (["check", str(SAMPLE)], {"pandas"}, {"aiohttp", "matplotlib", "rich", "structlog"}),
        (["explain", "FDI.3002"], {"batchcreate.advice"}, HEAVY - {"pydantic"}),
    ],
    ids=["check", "explain"],
)
def test_command_does_not_load_libraries_of_other_commands(
    command: list[str], used: set[str], unused: set[str]
) -> None:
    """A command that sends no requests does not load the libraries for sending."""
    imported = python("-X", "importtime", "-m", "batchcreate", *command).stderr

    names = {line.rpartition("|")[2].strip() for line in imported.splitlines()}
    assert names >= used
    assert names & unused == set()


def test_help_takes_little_longer_than_click() -> None:
    """The best of several starts takes at most four times the time of importing click."""
    pairs = [(cpu_s("-m", "batchcreate", "--help"), cpu_s("-c", "import click")) for _ in range(3)]

    helps, clicks = (min(times) for times in zip(*pairs, strict=True))
    assert helps <= 4 * clicks


def test_entry_point_is_imported_without_running_a_command() -> None:
    """The console script imports the module and calls `main`."""
    entry_point = import_module("batchcreate.__main__")

    assert callable(entry_point.main)
