"""
Commands in which one function of the package fails once, in processes of their own.

As a program it sweeps over the functions of one command, and prints what it found: the package is
imported once, and every command runs in a forked process.
"""

import importlib
import json
import os
import shutil
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import openpyxl

import batchcreate
from batchcreate.cli.exit_codes import STOPPED
from batchcreate.cli.main import run_command_line

PACKAGE = str(Path(batchcreate.__file__).parent) + os.sep
LIMIT_S = 30.0
"""How long a command may take after an internal failure, in seconds."""

PRELOADED = (
    "pandas",
    "matplotlib",
    "rich.progress",
    "xlsxwriter",
    "batchcreate.cli.run_command",
    "batchcreate.cli.undo_command",
    "batchcreate.cli.check_command",
    "batchcreate.simulator",
    "batchcreate.to_fix",
)
"""Modules that take long to import, and that start no threads."""

EXCEPT = ("simulator", "workbooks/child", "to_fix/copy_process")
"""Parts that run in other processes, or that are the server of the test."""


ROWS = 12

RUN = ("run", "tasks.csv", "--simulate", "--rate", "500")


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """
    A command whose functions fail.

    Attributes:
        arguments: as typed.
        code: its exit code without a failure, and that of *again*.
        tasks: how many tasks it has created and left in the end.
        before: commands that precede it.
        again: the command that continues; the same one by default.

    """

    arguments: Sequence[str]
    code: int
    tasks: tuple[int, int] = (ROWS, ROWS)
    before: Sequence[Sequence[str]] = ()
    again: Sequence[str] = ()


COMMANDS = {
    "run": Command(arguments=RUN, code=1),
    "run-workbook": Command(
        arguments=("run", "tasks.xlsx", "--simulate", "--rate", "500"), code=1
    ),
    "retry": Command(
        arguments=("retry", "tasks-results", "--rate", "500"),
        code=1,
        before=[(*RUN, "--limit", "3")],
    ),
    "undo": Command(
        arguments=("undo", "tasks-results", "--yes", "--rate", "500"),
        code=0,
        tasks=(ROWS, 0),
        before=[RUN],
    ),
    "report": Command(arguments=("report", "tasks-results"), code=0, before=[RUN]),
    "check": Command(
        arguments=("check", "tasks.csv", "--fix", "fixed.xlsx", "--force"), code=1, before=[RUN]
    ),
}


@dataclass(slots=True)
class Findings:
    """The number of functions that failed, and what was wrong, one line each."""

    functions: int = 0
    problems: list[str] = field(default_factory=list)


class InternalFailure(Exception):  # noqa: N818 # it is not an error of the tests
    """An error that no code expects."""


def name_of(frame: FrameType) -> str:
    """Return the function of *frame* as ``module.py:line name``; empty outside of the package."""
    code = frame.f_code
    path = code.co_filename
    if not path.startswith(PACKAGE) or code.co_name == "<module>":
        return ""
    part = path.removeprefix(PACKAGE)
    return "" if part.startswith(EXCEPT) else f"{part}:{code.co_firstlineno} {code.co_qualname}"


class CallCounter:
    """Counts the calls of each function of the package."""

    def __init__(self) -> None:
        self.calls = Counter[str]()

    def __call__(self, frame: FrameType, event: str, _arg: object) -> None:
        if event == "call" and (name := name_of(frame)):
            self.calls[name] += 1


class FailingCall:
    """Makes one call of a function fail at its first line."""

    def __init__(self, name: str, number: int) -> None:
        self.has_failed = False
        self._name = name
        self._left = number

    def __call__(self, frame: FrameType, event: str, _arg: object) -> Callable[..., Any] | None:
        if event != "call" or self.has_failed or name_of(frame) != self._name:
            return None
        self._left -= 1
        return self._fail if self._left == 0 else None

    def _fail(self, _frame: FrameType, event: str, _arg: object) -> Callable[..., Any]:
        if event == "line" and not self.has_failed:
            self.has_failed = True
            raise InternalFailure
        return self._fail


def run_forked(
    arguments: Sequence[str], folder: Path, *, fails: tuple[str, int] | None, counts: bool = False
) -> dict[str, Any]:
    """
    Run a command in a forked process; return its code, its output and its duration.

    Args:
        arguments: as typed.
        folder: the working folder.
        fails: a function and the number of its call that fails.
        counts: return the number of calls of each function.

    """
    output = folder / ".output"
    started = time.monotonic()
    child = os.fork()
    if not child:
        code = 70
        try:
            code = _run_in_child(arguments, folder, output, fails=fails, counts=counts)
        finally:
            os._exit(code)
    return {
        "code": _wait(child),
        "seconds": round(time.monotonic() - started, 1),
        "err": output.read_text(errors="replace"),
        "calls": json.loads((folder / ".calls").read_text()) if counts else {},
    }


def _wait(child: int) -> int | None:
    """Return the exit code of a process; None if it had to be killed."""
    deadline = time.monotonic() + LIMIT_S
    while time.monotonic() < deadline:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def _run_in_child(
    arguments: Sequence[str],
    folder: Path,
    output: Path,
    *,
    fails: tuple[str, int] | None,
    counts: bool,
) -> int:
    counter = CallCounter()
    tracer: Callable[..., Any] | None = counter if counts else None
    if fails is not None:
        tracer = FailingCall(*fails)
    os.chdir(folder)
    sys.argv = ["batchcreate", *arguments]
    with output.open("w") as file, Path(os.devnull).open() as nothing:
        os.dup2(nothing.fileno(), 0)
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
        sys.stdout = sys.stderr = file
        threading.settrace(tracer)
        sys.settrace(tracer)
        try:
            code = run_command_line()
        except BaseException as error:  # noqa: BLE001 # what the interpreter would print
            file.write(f"Traceback: {error!r}\n")
            code = 1
        finally:
            sys.settrace(None)
        if counts:
            (folder / ".calls").write_text(json.dumps(counter.calls))
        threading._shutdown()  # type: ignore[attr-defined] # what the interpreter waits for at its end
    return code


def sweep(command: Command, folder: Path, *, part: slice, names: Sequence[str] = ()) -> Findings:
    """
    Make functions of *command* fail, each in a run of its own, and continue after each.

    Args:
        command: the command, and what belongs to it.
        folder: a folder that does not exist.
        part: which of the functions, in alphabetical order.
        names: the qualified names of these functions instead.

    """
    folder.mkdir(parents=True)
    template, counted = folder / "template", folder / "counted"
    _prepare(command, template)
    shutil.copytree(template, counted)
    calls = run_forked(command.arguments, counted, fails=None, counts=True)["calls"]
    chosen = [name for name in sorted(calls) if name.rpartition(" ")[2] in names]
    findings = Findings()
    for name in chosen or sorted(calls)[part]:
        case = folder / "case"
        shutil.copytree(template, case)
        findings.functions += 1
        findings.problems += [
            f"{name}: {problem}" for problem in _try(command, case, name, calls[name] // 2 + 1)
        ]
        shutil.rmtree(case)
    return findings


def _prepare(command: Command, folder: Path) -> None:
    folder.mkdir()
    rows = "".join(f"n-{number},INSERT\n" for number in range(ROWS))
    (folder / "tasks.csv").write_text(f"task_name,operation_types\n{rows}bad name,INSERT\n")
    workbook = openpyxl.Workbook()
    for row in (folder / "tasks.csv").read_text().splitlines():
        workbook.active.append(row.split(","))
    workbook.save(folder / "tasks.xlsx")
    for arguments in command.before:
        run_forked(arguments, folder, fails=None)


def _try(command: Command, folder: Path, name: str, number: int) -> Iterator[str]:
    """Yield what is wrong if call *number* of the function *name* fails."""
    failed = run_forked(command.arguments, folder, fails=(name, number))
    again = run_forked(command.again or command.arguments, folder, fails=None)
    if failed["code"] is None or again["code"] is None:
        yield f"no end within {LIMIT_S} s"
    # A failure that has no effect on the result, as in a display that is already over, is none.
    if failed["code"] != STOPPED and failed["code"] != command.code:
        yield f"exit code {failed['code']}"
    if "Traceback" in failed["err"]:
        yield f"a traceback: {failed['err'][-1000:]}"
    if failed["code"] == STOPPED and not failed["err"].strip():
        yield "no message"
    if again["code"] != command.code:
        yield f"exit code {again['code']} of the next command: {again['err'][-300:]}"
    if (tasks := _tasks(folder)) != command.tasks:
        yield f"created and left tasks {tasks} instead of {command.tasks}"


def _tasks(folder: Path) -> tuple[int, int]:
    """Return how many tasks were created on the simulator, and how many are left."""
    state = folder / "tasks-results" / "simulator.jsonl"
    events = [json.loads(line)["event"] for line in state.read_text().splitlines()]
    created = events.count("created")
    return created, created - events.count("deleted")


def main() -> None:
    """Sweep as ``COMMAND FOLDER START STEP [NAME...]`` says, and print the findings as JSON."""
    command, folder, start, step, *names = sys.argv[1:]
    for module in PRELOADED:
        importlib.import_module(module)
    part = slice(int(start), None, int(step))
    findings = sweep(COMMANDS[command], Path(folder), part=part, names=names)
    print(json.dumps(asdict(findings)))  # noqa: T201 # the result


if __name__ == "__main__":
    main()
