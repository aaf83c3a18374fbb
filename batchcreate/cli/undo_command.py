"""The command undo."""

import asyncio
import shlex
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from batchcreate.cli.descriptions import name_endpoint
from batchcreate.cli.exit_codes import code_of_undo
from batchcreate.cli.run_summary import describe_audit
from batchcreate.cli.signals import ignore_signals, stop_on_signals
from batchcreate.cli.terminal import ask, can_ask, print_message, with_credentials
from batchcreate.errors import SettingsError
from batchcreate.journal import CreatedTask
from batchcreate.models import DeletionStatus
from batchcreate.pipeline.background import failing_callbacks_raised
from batchcreate.pipeline.undo import Undone, undo
from batchcreate.pipeline.undo_plan import Search
from batchcreate.pipeline.values import Answer
from batchcreate.pool import StopSwitch
from batchcreate.settings import Settings
from batchcreate.text import counted

TASKS_MAX: Final = 20


def undo_command(results: Path, settings: Settings, *, includes_reconciled: bool) -> int:
    """
    Delete the tasks of the batch in *results* and return the exit code.

    Args:
        results: the results folder.
        settings: the settings of the command.
        includes_reconciled: also delete tasks that were found in a task list.

    """
    undone = with_credentials(
        lambda environment: asyncio.run(
            _delete(results, settings, environment, includes_reconciled=includes_reconciled)
        ),
        settings.run,
    )
    print_message("\n".join(describe_end(undone, results, sys.argv[1:])))
    return code_of_undo(undone)


def describe_end(undone: Undone, results: Path, arguments: list[str]) -> Iterator[str]:
    """
    Yield the last lines of undo: counts, report, stop reason, next command.

    Args:
        undone: the result.
        results: the results folder.
        arguments: the arguments of the command.

    """
    if not undone.is_confirmed:
        yield "Cancelled; nothing was deleted."
        return
    counts = [f"{count} {status.value}" for status, count in undone.counts.items() if count]
    yield f"undo: {', '.join(counts).replace('_', ' ') or 'this batch has no tasks on the server'}"
    if undone.note:
        yield undone.note
    yield from describe_audit(undone.audit)
    if counts:
        yield f"details: {results / 'undo.csv'}"
    if undone.stop_reason is not None:
        yield undone.stop_reason.message
    again = (DeletionStatus.UNKNOWN, DeletionStatus.NOT_LISTED)
    if undone.stop_reason is not None or any(map(undone.counts.get, again)):
        yield f"next: {shlex.join(['batchcreate', *arguments])}"


def describe_search(search: Search) -> Iterator[str]:
    """Yield the tasks to delete, then those that are not deleted."""
    yield from _describe_tasks(search.there)
    if search.reconciled:
        yield "found in the task list, not in the responses to their requests:"
        yield from _describe_tasks(search.reconciled)
    if search.gone:
        yield f"already deleted: {counted(len(search.gone), 'task')} of this batch"
    if search.not_listed:
        yield f"not listed, so not deleted: {counted(len(search.not_listed), 'task')} of this batch"
    for reason, count in Counter(reason for _, reason in search.kept).items():
        yield f"not deleted: {counted(count, 'task')} of this batch ({reason})"


def _describe_tasks(tasks: Sequence[CreatedTask]) -> Iterator[str]:
    for task in tasks[:TASKS_MAX]:
        key = task.key
        yield f"  {key.task_name}  {task.task_id}  (instance {key.target.instance_id})"
    if others := tasks[TASKS_MAX:]:
        yield f"  … and {len(others)} more"


def question(search: Search) -> str:
    """Return the question that is asked before tasks are deleted."""
    tasks = counted(len(search.there), "task")
    first, *others = dict.fromkeys(task.key.target for task in search.there)
    endpoint = name_endpoint(first.endpoint)
    if others:
        return f"Delete {tasks} of {1 + len(others)} instances at {endpoint}?"
    return (
        f"Delete {tasks} of instance {first.instance_id}, project {first.project_id}, "
        f"at {endpoint}?"
    )


async def _delete(
    results: Path,
    settings: Settings,
    environment: Mapping[str, str],
    *,
    includes_reconciled: bool,
) -> Undone:
    stop = StopSwitch()

    async def confirm(search: Search, warning: str) -> Answer:
        if warning and not settings.terminal.is_quiet:
            print_message(warning)
        answer = await _confirm(search, is_confirmed=settings.run.is_confirmed)
        stop_on_signals(stop)  # before that, a signal ends the command at once
        return answer

    with failing_callbacks_raised():
        undone = await undo(
            results,
            settings,
            environment=environment,
            confirm=confirm,
            stop=stop,
            includes_reconciled=includes_reconciled,
        )
    ignore_signals()
    return undone


async def _confirm(search: Search, *, is_confirmed: bool) -> Answer:
    for line in describe_search(search):
        print_message(line)
    if is_confirmed or not search.there:
        return Answer.NOT_ASKED
    if not can_ask():
        msg = "undo deletes tasks and needs confirmation: run it in a terminal, or add --yes"
        raise SettingsError(msg)
    return Answer.YES if await ask(question(search)) else Answer.NO
