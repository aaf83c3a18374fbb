"""Carries out commands inside the test's own process: all but the process itself is real."""

import contextlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from batchcreate.cli import commands
from batchcreate.cli.exit_codes import code_of, code_of_error
from batchcreate.cli.options import given
from batchcreate.cli.run_summary import last_lines
from batchcreate.errors import BatchCreateError
from batchcreate.pipeline import run
from batchcreate.pipeline.doctor import diagnose
from batchcreate.pipeline.values import Forecast, Plan
from batchcreate.pool import RunCounters, StopSwitch
from batchcreate.rate_limiter import Gate
from batchcreate.settings import load
from tests.functional.program import TOKEN, Ended


class Notes:
    """Keeps what an observer is told."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def planned(self, plan: Plan) -> None:
        self.lines.append(f"{plan}")

    def noted(self, message: str) -> None:
        self.lines.append(message)

    async def confirm(self, outlook: Forecast) -> bool:
        self.lines.append(f"{outlook}")
        return True

    @asynccontextmanager
    async def watching(self, tally: RunCounters, gate: Gate) -> AsyncIterator[None]:
        yield
        self.lines.append(f"{tally.settled}/{tally.planned} at {gate.rate_per_s}")


async def here(*arguments: str, folder: Path, **variables: str) -> Ended:
    """Carry out ``run``, ``retry`` or ``doctor`` as `program.batchcreate` would."""
    told = {"BATCHCREATE_TOKEN": TOKEN} | variables
    environment = {name: text for name, text in told.items() if text}
    with contextlib.chdir(folder):
        try:
            return await _carry_out(arguments, environment)
        except BatchCreateError as error:
            return Ended(code=code_of_error(error), out="", err=f"error: {error}")


async def _carry_out(arguments: tuple[str, ...], environment: Mapping[str, str]) -> Ended:
    (command,) = [each for each in commands.ALL if each.name == arguments[0]]
    options: dict[str, Any] = command.make_context(arguments[0], list(arguments[1:])).params
    files, results = options.pop("files", ()), Path(str(options.get("results")))
    if command.name == "retry":
        options.pop("results")
        options.pop("only")
    settings = load({"settle": 1} | given(options))
    if command.name == "doctor":
        found = [each async for each in diagnose(settings, environment=environment)]
        lines = [
            f"{'ok ' if each.is_good else 'BAD'}  {each.about}: {each.text}" for each in found
        ]
        return Ended(
            code=int(not all(each.is_good for each in found)), out="", err="\n".join(lines)
        )
    notes, stop = Notes(), StopSwitch()
    told: dict[str, Any] = {"environment": environment, "observer": notes, "stop": stop}
    if command.name == "retry":
        ending = await run.retry(results, settings, only=(), **told)
    else:
        ending = await run.run([Path(file) for file in files], settings, **told)
    lines = [*notes.lines, last_lines(ending, settings, ["", *arguments])]
    return Ended(code=code_of(ending.summary, ending.halt), out="", err="\n".join(lines))
