"""The README is correct: its commands and its code run, and its tables are complete."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import click

from batchcreate.cli import exit_codes
from batchcreate.cli.main import group
from batchcreate.logs import EVENTS
from batchcreate.models import Status
from batchcreate.rules import RULES

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def indented(first_word: str) -> list[str]:
    """Return the indented lines that start with *first_word*."""
    return re.findall(rf"^    ({first_word} .*)$", README, re.MULTILINE)


def table(header: str) -> list[list[str]]:
    """Return the cells of the rows below the line *header*."""
    _, _, rest = README.partition(f"\n{header}\n")
    lines, _, _ = rest.partition("\n\n")
    return [
        [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        for line in lines.splitlines()[1:]
    ]


def named(cell: str) -> list[str]:
    """Return the names that are set as code in *cell*."""
    return re.findall(r"`(\w+)`", cell)


def options_of(command: str) -> set[str]:
    """Return the spellings of the options of *command*."""
    options = [
        param for param in group.commands[command].params if isinstance(param, click.Option)
    ]
    return {spelling for option in options for spelling in option.opts}


def test_the_commands_of_the_build_are_found() -> None:
    """The build runs the two indented lines that start with ``python3 -m venv``."""
    first, second = indented("python3 -m venv")

    assert "batchcreate run samples/" in first
    assert "pytest" in second


def test_every_command_that_is_shown_exists() -> None:
    """The command and the options of every example are those of the program."""
    wrong = []

    for line in indented("batchcreate"):
        _, command, *arguments = shlex.split(line)
        options = {argument for argument in arguments if argument.startswith("--")}
        if command not in group.commands or not options <= options_of(command):
            wrong.append(line)

    assert wrong == []


def test_every_command_is_documented() -> None:
    """The table of commands has one row per command."""
    documented = {row[0].split()[1].strip("`") for row in table("| command | does |")}

    assert documented == set(group.commands)


def test_every_option_is_documented() -> None:
    """The table contains the options of `run`; the text those of the other commands."""
    rows = table("| options of `run` | meaning |")
    in_table = {option for row in rows for option in re.findall(r"--?[a-z][a-z-]*", row[0])}
    in_help = {name: options_of(name) for name in ("retry", "undo", "check", "doctor", "report")}

    assert in_table == options_of("run")
    assert {
        option for options in in_help.values() for option in options if option not in README
    } == set()


def test_every_default_is_documented() -> None:
    """A default that the help of an option mentions is in its row of the table."""
    rows = table("| options of `run` | meaning |")
    helps = {param.opts[0]: getattr(param, "help", None) for param in group.commands["run"].params}
    defaults = {
        option: match[1]
        for option, text in helps.items()
        if (match := re.search(r"Default ([\d.]+|skip)\.$", text or ""))
    }

    missing = {
        option: default
        for option, default in defaults.items()
        if not any(f"`{option}" in row[0] and default in row[1] for row in rows)
    }

    assert {"--rate", "--settle", "--on-existing"} <= defaults.keys()
    assert missing == {}


def test_every_column_is_documented() -> None:
    """The table of columns has the fields of the rules, with their lengths and values."""
    wrong = []
    documented = []

    for names, use, _, text in table("| column | | meaning | rule |"):
        documented += named(names)
        for rule in (RULES[name] for name in named(names)):
            if (use == "required") != rule.is_mandatory:
                wrong.append(f"{rule.field}: {use}")
            values = set(rule.values) - set(rule.impossible)
            maximum = rule.max_items if rule.values else rule.max_length
            facts = values or {f"{rule.min_length} to {maximum:,}"}
            if "as `source_app_id`" not in text and not all(fact in text for fact in facts):
                wrong.append(f"{rule.field}: {sorted(facts)}")

    assert wrong == []
    assert sorted(documented) == sorted(RULES)


def test_every_status_is_documented() -> None:
    """The table of statuses has one row per status."""
    documented = [
        name for row in table("| status | meaning | next run |") for name in named(row[0])
    ]

    assert sorted(documented) == sorted(Status)


def test_every_exit_code_is_documented() -> None:
    """The table of exit codes has all codes of the program, and those of the signals."""
    rows = table("| exit code | meaning |")
    documented = {int(code) for row in rows for code in row[0].split(", ")}
    own = {value for value in vars(exit_codes).values() if type(value) is int}

    assert documented == own | {143, 129}


def test_every_event_of_the_log_is_documented() -> None:
    """The table of events has all events, each with its fields."""
    rows = table("| event | fields |")
    documented = {row[0].split("`")[1]: row[1] for row in rows}

    assert documented.keys() == EVENTS.keys()
    for name, fields in EVENTS.items():
        assert [field for field in fields if field not in documented[name]] == []


def test_every_link_has_a_section() -> None:
    """Links within the README point to existing headings."""
    headings = re.findall(r"^##+ (.*)$", README, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}

    assert set(re.findall(r"\]\(#([^)]*)\)", README)) <= anchors


def test_the_example_of_the_library_runs(tmp_path: Path) -> None:
    """The code block runs unchanged in a folder with the samples."""
    (code,) = re.findall(r"^```python\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    (tmp_path / "samples").symlink_to(ROOT / "samples")

    ended = subprocess.run(  # noqa: S603 # the example of the README
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    lines = ended.stdout.splitlines()
    assert (ended.returncode, ended.stderr) == (0, "")
    assert lines[0] == "40 rows, 0 to fix"
    assert "40 of 40 created" in lines
    assert sum(" created " in line for line in lines[-40:]) == 40
