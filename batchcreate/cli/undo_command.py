"""The command undo."""

import asyncio
import shlex
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import click

from batchcreate.cli import run_command
from batchcreate.cli.exit_codes import DONE, INCOMPLETE, STOPPED, UNKNOWN
from batchcreate.cli.options import configure
from batchcreate.cli.terminal import print_message, with_credentials
from batchcreate.errors import SettingsError
from batchcreate.models import DeletionStatus
from batchcreate.pipeline.undo import Search, Undone, undo
from batchcreate.pool import StopSwitch
from batchcreate.settings import RunSettings, Settings
from batchcreate.text import counted

_SHOWN: Final = 20
_LEFT: Final = (DeletionStatus.REFUSED, DeletionStatus.KEPT)


def undo_command(results: Path, options: Mapping[str, Any]) -> int:
    """Carry out ``undo`` and return its exit code."""
    settings = configure(options)
    undone = with_credentials(
        lambda environment: asyncio.run(_undo(results, settings, environment)), settings.run
    )
    return conclude(undone, results)


def conclude(undone: Undone, results: Path) -> int:
    """Print the last lines and return the exit code."""
    if not undone.is_confirmed:
        print_message("nothing was deleted")
        return INCOMPLETE
    ends = [f"{count} {status.value}" for status, count in undone.counts.items() if count]
    print_message(f"undo: {', '.join(ends) or 'this batch has no tasks on the server'}")
    if ends:
        print_message(f"every task: {results / 'undo.csv'}")
    if undone.stop_reason is not None:
        print_message(undone.stop_reason.message)
        print_message(f"next: {_again()}")
        return 128 + undone.stop_reason.signal if undone.stop_reason.signal else STOPPED
    if undone.counts.get(DeletionStatus.UNKNOWN):
        print_message(f"next: {_again()}")
        return UNKNOWN
    is_left = any(undone.counts.get(status) for status in _LEFT)
    return INCOMPLETE if is_left else DONE


def _again() -> str:
    return shlex.join(["batchcreate", *sys.argv[1:]])


async def _undo(results: Path, settings: Settings, environment: Mapping[str, str]) -> Undone:
    stop = StopSwitch()

    def confirm(found: Search, warning: str) -> bool:
        if warning and not settings.terminal.is_quiet:
            print_message(warning)
        is_meant = _show_and_ask(found, settings.run)
        run_command.listen(stop)  # only now: an interrupt of the question ends the command
        return is_meant

    undone = await undo(results, settings, environment=environment, confirm=confirm, stop=stop)
    run_command.ignore()
    return undone


def _show_and_ask(found: Search, run_settings: RunSettings) -> bool:
    for task in found.there[:_SHOWN]:
        print_message(
            f"  {task.key.task_name}  {task.task_id}  (instance {task.key.target.instance_id})"
        )
    if len(found.there) > _SHOWN:
        print_message(f"  … and {len(found.there) - _SHOWN} more")
    if found.gone:
        print_message(
            f"gone from the server already: {counted(len(found.gone), 'task')} of this batch"
        )
    if found.renamed:
        tasks = counted(len(found.renamed), "task")
        print_message(f"left alone, having another name by now: {tasks} of this batch")
    if run_settings.is_confirmed or not found.there:
        return True
    if not sys.stdin.isatty():
        msg = "undo deletes tasks, and there is no terminal to ask on: add --yes if you mean it"
        raise SettingsError(msg)
    return _ask(f"Delete {counted(len(found.there), 'task')} from the server?")


def _ask(question: str) -> bool:
    """Ask on the terminal; an interrupt ends the command at once, as it would anywhere else."""
    loops = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return click.confirm(question, err=True)
    finally:
        signal.signal(signal.SIGINT, loops)
