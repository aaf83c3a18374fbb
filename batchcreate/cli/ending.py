"""The last lines of a run: why rows are not created, the files, the counts, the next command."""

from collections.abc import Iterator, Sequence
from typing import Final

from batchcreate.advice import explain_group
from batchcreate.cli import commands
from batchcreate.cli.causes import cells, what
from batchcreate.cli.next_step import is_for_analysts, next_step
from batchcreate.cli.typed import Typed
from batchcreate.cli.wrapping import hanging
from batchcreate.models import CauseGroup, Status, Summary
from batchcreate.pipeline.noticing import Notices
from batchcreate.pipeline.values import Ending
from batchcreate.settings import Settings
from batchcreate.text import counted

CAUSES_SHOWN: Final = 6
INDENT: Final = 8

_FILES: Final = {
    "page": "page",
    "results": "results",
    "workbook": "workbook",
    "issues": "every cell to mend",
    "to_fix": "rows to mend",
}
"""What the files are called that people want; the others are there all the same."""


def last_lines(
    ending: Ending,
    settings: Settings,
    arguments: Sequence[str],
    *,
    language: str = "en",
    width: int | None = None,
) -> str:
    """
    Return what the user reads last.

    Args:
        ending: how the run ended.
        settings: its settings.
        arguments: the command line as it was given.
        language: of causes and advice.
        width: of the terminal; ``None`` where there is none.

    """
    words = arguments[1:]
    (command,) = [each for each in commands.ALL if each.name == words[0]]
    typed = Typed.parse(words, command)
    lines = [ending.halt.message] if ending.halt is not None else []
    if settings.dry_run:
        lines.append("dry run: nothing was sent")
    elif settings.strict and ending.plan.rejected and ending.halt is None:
        lines.append("--strict: a row is rejected, so nothing was sent")
    if not settings.quiet:
        table = _causes(ending.reports.causes, ending.plan.notices, language)
        lines += (hanging(line, width, indent=INDENT) for line in table)
    return "\n".join(
        [
            *lines,
            *_files(ending),
            counts(ending.summary),
            f"next: {next_step(ending, settings, typed)}",
        ]
    )


def counts(summary: Summary) -> str:
    """Return the counts on one line; statuses that no row has are left out."""
    shown = [f"{count} {status.value}" for status, count in summary.counts.items() if count]
    return f"{counted(summary.total, 'row')}: {', '.join(shown) or 'none'}"


def _causes(groups: Sequence[CauseGroup], notices: Notices, language: str) -> Iterator[str]:
    """Yield a short table: how many rows, what became of them, who can mend it, and why."""
    told = [group for group in groups if group.status is not Status.NOT_ATTEMPTED]
    if not told:
        return
    yield "not created:"
    width = len(str(max(group.rows for group in told)))
    for group in told[:CAUSES_SHOWN]:
        advice = explain_group(group, language=language)
        said = (
            f"{what(group, language)}: {cells(group, notices)}" if group.rule else _answer(group)
        )
        who = f"{group.status.value:<8}  {advice.owner.value:<8}"
        yield f"  {group.rows:>{width}} {who}  {said}".rstrip()
        if not group.rule:
            yield f"  {' ' * width} -> {advice.text}"
    if more := told[CAUSES_SHOWN:]:
        yield f"  and {counted(sum(group.causes for group in more), 'more cause')}"


def _answer(group: CauseGroup) -> str:
    """Return what the server said, in its own words."""
    return ": ".join(filter(None, [", ".join(group.codes), group.words]))


def _files(ending: Ending) -> Iterator[str]:
    is_for_somebody = {
        "issues": ending.summary.counts[Status.REJECTED] > 0,
        "to_fix": is_for_analysts(ending),
    }
    for name, path in ending.reports.files.items():
        kind = "to_fix" if name.startswith("to_fix") else name
        if kind in _FILES and is_for_somebody.get(kind, True):
            yield f"{_FILES[kind]}: {path}"
