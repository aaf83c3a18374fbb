"""``batchcreate undo``: shows what would be deleted, asks, deletes."""

import asyncio
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import click

from batchcreate import pipeline
from batchcreate.cli.exits import DONE, INCOMPLETE, STOPPED, UNKNOWN
from batchcreate.cli.running import listen
from batchcreate.cli.say import say
from batchcreate.errors import SettingsError
from batchcreate.journal import CreatedTask
from batchcreate.models import DeletionStatus
from batchcreate.pool import Stop
from batchcreate.settings import Settings, load

_SHOWN: Final = 20


def undo_command(results: Path, options: Mapping[str, Any]) -> int:
    """Carry out ``undo`` and return its exit code."""
    settings = load(options)
    undone = asyncio.run(_undo(results, settings))
    if not undone.is_confirmed:
        say("nothing was deleted")
        return INCOMPLETE
    ends = [f"{count} {status.value}" for status, count in undone.counts.items() if count]
    say(f"undo: {', '.join(ends) or 'this batch has no tasks on the server'}")
    if ends:
        say(f"every task: {results / 'undo.csv'}")
    if undone.halt is not None:
        say(undone.halt.message)
        return 128 + undone.halt.signal if undone.halt.signal else STOPPED
    if undone.counts.get(DeletionStatus.UNKNOWN):
        say(f"next: run batchcreate undo {results} again")
        return UNKNOWN
    return INCOMPLETE if undone.counts.get(DeletionStatus.REFUSED) else DONE


async def _undo(results: Path, settings: Settings) -> pipeline.Undone:
    stop = Stop()

    def confirm(tasks: Sequence[CreatedTask], gone: int) -> bool:
        is_meant = _show_and_ask(tasks, gone, settings)
        listen(stop)  # only now: an interrupt of the question ends the command
        return is_meant

    return await pipeline.undo(
        results, settings, environment=os.environ, confirm=confirm, stop=stop
    )


def _show_and_ask(tasks: Sequence[CreatedTask], gone: int, settings: Settings) -> bool:
    for task in tasks[:_SHOWN]:
        say(f"  {task.key.task_name}  {task.task_id}  (instance {task.key.target.instance_id})")
    if len(tasks) > _SHOWN:
        say(f"  … and {len(tasks) - _SHOWN} more")
    if gone:
        say(f"{gone} tasks of this batch are gone from the server already")
    if settings.yes or not tasks:
        return True
    if not sys.stdin.isatty():
        msg = "undo deletes tasks, and there is no terminal to ask on: add --yes if you mean it"
        raise SettingsError(msg)
    return click.confirm(f"Delete these {len(tasks)} tasks from the server?", err=True)
