"""The command ``completion``: shells complete commands, options, values and paths."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest

from tests.functional.inside import invoke
from tests.needs import require_program

LIMIT_S: Final = 60
PROGRAM: Final = f'#!/bin/sh\nexec "{sys.executable}" -m batchcreate "$@"\n'

# What readline does when Tab is pressed, with the shell's own word list.
BASH: Final = """
set -u
source "$1"; shift
compopt() { echo "$*"; }
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
_batchcreate_completion batchcreate
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Yield a folder that contains the program."""
    program = tmp_path / "batchcreate"
    program.write_text(PROGRAM)
    program.chmod(0o755)
    return tmp_path


async def lay_script(folder: Path, name: str) -> Path:
    ended = await invoke("completion", name, folder=folder)
    assert (ended.code, ended.err) == (0, "")
    path = folder / f"complete.{name}"
    path.write_text(ended.out)
    return path


def carry_out(folder: Path, *command: str) -> list[str]:
    """Return the lines that *command* prints, with the program in the path."""
    ended = subprocess.run(  # noqa: S603 # fixed arguments
        command,
        cwd=folder,
        env={**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        check=True,
        text=True,
        timeout=LIMIT_S,
    )
    assert ended.stderr == ""
    return ended.stdout.split()


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["ret"], ["retry"]),
        (["run", "--on-ex"], ["--on-existing"]),
        (["run", "--on-existing", ""], ["skip", "abort"]),
        (["check", "a.csv", "--set", "task_t"], ["task_type=", "task_tag="]),
        (["completion", "f"], ["fish"]),
        (["run", "tas"], ["-o", "default"]),
        (["run", "a.csv", "--token-file", ""], ["-o", "default"]),
        (["undo", ""], ["-o", "dirnames"]),
        (["run", "--results", ""], ["-o", "dirnames"]),
    ],
    ids=[
        "command",
        "option",
        "value",
        "column",
        "shell",
        "file",
        "file of an option",
        "folder",
        "results",
    ],
)
async def test_bash_completes(words: Sequence[str], found: list[str], folder: Path) -> None:
    """Files and folders are completed by bash."""
    bash = require_program("bash")
    script = await lay_script(folder, "bash")

    output = carry_out(
        folder, bash, "--norc", "-c", BASH, "bash", str(script), "batchcreate", *words
    )

    assert output == found


async def test_bash_accepts_the_script(folder: Path) -> None:
    """After sourcing it, completion is registered for the program."""
    bash = require_program("bash")
    script = await lay_script(folder, "bash")

    output = carry_out(folder, bash, "--norc", "-c", f"source {script} && complete -p batchcreate")

    assert output[:1] + output[-1:] == ["complete", "batchcreate"]


@pytest.mark.parametrize("name", ["zsh", "fish"])
async def test_other_shells_accept_their_scripts(name: str, folder: Path) -> None:
    """The syntax is valid."""
    shell = require_program(name)
    script = await lay_script(folder, name)

    assert carry_out(folder, shell, "-n", str(script)) == []


@pytest.mark.parametrize(
    ("name", "mark"),
    [
        ("bash", "complete -o nosort -F _batchcreate_completion batchcreate"),
        ("zsh", "#compdef batchcreate"),
        ("fish", "complete --no-files --command batchcreate"),
    ],
)
async def test_each_shell_has_its_script(name: str, mark: str, folder: Path) -> None:
    """The shell does not have to be installed."""
    script = await lay_script(folder, name)

    assert mark in script.read_text()


async def test_other_shell_is_refused(folder: Path) -> None:
    """The message lists the supported shells."""
    ended = await invoke("completion", "tcsh", folder=folder)

    assert ended.code == 2
    assert "'bash', 'zsh', 'fish'" in ended.err
