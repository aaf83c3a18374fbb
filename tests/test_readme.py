"""The README tells what is true: its commands and its code run, its tables are complete."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from batchcreate.cli.main import group
from batchcreate.logs import EVENTS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def indented(first_word: str) -> list[str]:
    return re.findall(rf"^    ({first_word} .*)$", README, re.MULTILINE)


@pytest.mark.parametrize("line", indented("batchcreate"))
def test_every_command_shown_is_one(line: str) -> None:
    """Its name and its options are those of the program."""
    _, name, *arguments = shlex.split(line)
    shown = CliRunner().invoke(group, [name, "--help"]).output

    options = [argument for argument in arguments if argument.startswith("--")]
    assert [option for option in options if option not in shown] == []


def test_every_command_is_shown() -> None:
    """The table of commands has a line for each."""
    told = set(re.findall(r"^\| `batchcreate (\w+)", README, re.MULTILINE))

    assert told == set(group.commands)


def test_every_event_of_the_log_is_told() -> None:
    """With its fields."""
    _, _, table = README.partition("| event | fields |")
    told = dict(re.findall(r"^\| `(\w+\.\w+)`.*?\| (.*) \|$", table, re.MULTILINE))

    assert told.keys() == EVENTS.keys()
    for name, fields in EVENTS.items():
        assert [field for field in fields if field not in told[name]] == []


def test_the_example_of_the_library_runs(tmp_path: Path) -> None:
    """As it stands, beside the samples."""
    (code,) = re.findall(r"^```python\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    (tmp_path / "samples").symlink_to(ROOT / "samples")

    ended = subprocess.run(  # noqa: S603 # our own example
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    lines = ended.stdout.splitlines()
    assert (ended.returncode, ended.stderr) == (0, "")
    assert lines[0] == "40 rows, 0 to mend"
    assert "40 of 40 created" in lines
    assert sum(" created " in line for line in lines[-40:]) == 40
