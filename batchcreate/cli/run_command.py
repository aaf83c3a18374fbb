"""The commands run and retry."""

import asyncio
import gc
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from batchcreate.cli.command_line import CommandLine
from batchcreate.cli.exit_codes import code_of_error, code_of_run
from batchcreate.cli.progress import select_display
from batchcreate.cli.run_summary import describe_result
from batchcreate.cli.signals import ignore_signals, stop_on_signals
from batchcreate.cli.terminal import (
    print_error,
    print_json,
    print_message,
    terminal_width,
    with_credentials,
)
from batchcreate.errors import StoppedError
from batchcreate.pipeline.run import retry, run
from batchcreate.pipeline.values import RunResult
from batchcreate.pool import StopSwitch
from batchcreate.settings import Settings, language_of


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCommand:
    """
    A run of input files, or a retry of a results folder.

    Attributes:
        definition: the click command, which names the options.
        settings: the settings of the command.
        files: the input files of a run.
        results: the results folder of a retry; None for a run.
        only: statuses and error codes of the rows to retry; empty for all.

    """

    definition: click.Command
    settings: Settings
    files: Sequence[Path] = ()
    results: Path | None = None
    only: Sequence[str] = ()


def execute(command: RunCommand) -> int:
    """Execute *command* and return the exit code."""
    gc.freeze()  # objects of the start-up are never freed; collections need not examine them
    return with_credentials(
        lambda environment: _execute(command, environment), command.settings.run
    )


def _execute(command: RunCommand, environment: Mapping[str, str]) -> int:
    settings = command.settings
    stop = StopSwitch()
    try:
        result = asyncio.run(_send(command, environment, stop))
    except StoppedError as error:
        code = code_of_error(error, stop.reason)
        print_error(str(error), code, is_json=settings.terminal.is_json)
        return code
    code = code_of_run(
        result.summary,
        result.stop_reason,
        audit=result.audit,
        is_dry_run=settings.run.is_dry_run,
    )
    _print_result(command, result, code, language=language_of(settings.output, environment))
    return code


async def _send(
    command: RunCommand, environment: Mapping[str, str], stop: StopSwitch
) -> RunResult:
    settings = command.settings
    stop_on_signals(stop)
    display = select_display(settings, sys.stderr)
    if command.results is None:
        result = await run(
            command.files, settings, environment=environment, observer=display, stop=stop
        )
    else:
        result = await retry(
            command.results,
            settings,
            only=command.only,
            environment=environment,
            observer=display,
            stop=stop,
        )
    ignore_signals()
    return result


def _print_result(command: RunCommand, result: RunResult, code: int, *, language: str) -> None:
    for problem in result.problems:
        print_message(problem)
    if command.settings.terminal.is_json:
        document = result.reports.document
        if result.stop_reason is not None:
            document = {**document, "error": result.stop_reason.message, "exit_code": code}
        print_json(document)
    command_line = CommandLine.parse(sys.argv[1:], command.definition)
    width = terminal_width(sys.stderr)
    lines = describe_result(result, command.settings, command_line, language=language, width=width)
    print_message("\n".join(lines))
