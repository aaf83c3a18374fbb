"""The last lines of a run and the next command."""

import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

import click

from batchcreate.advice import Owner, explain_group
from batchcreate.cli import commands
from batchcreate.cli.descriptions import first_cells, rule_text
from batchcreate.cli.terminal import hanging
from batchcreate.messages import text
from batchcreate.models import CauseGroup, Status, Summary
from batchcreate.pipeline.plan import InputNotes
from batchcreate.pipeline.values import RunResult
from batchcreate.settings import RunSettings, Settings
from batchcreate.text import counted


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandLine:
    """
    A command line.

    Attributes:
        name: of the command, such as ``run``.
        places: files and folders, in their order.
        options: each with its value, as it was typed.

    """

    name: str
    places: Sequence[str]
    options: Sequence[Sequence[str]] = ()

    @classmethod
    def parse(cls, words: Sequence[str], command: click.Command) -> Self:
        """Take apart *words*, which begin with the name of *command* and suit it."""
        takes = {
            name: not (option.is_flag or option.count)
            for option in command.params
            if isinstance(option, click.Option)
            for name in (*option.opts, *option.secondary_opts)
        }
        places: list[str] = []
        options: list[Sequence[str]] = []
        rest = iter(words[1:])
        for word in rest:
            if word == "--":
                places.extend(rest)
            elif word == "-" or not word.startswith("-"):
                places.append(word)
            elif takes.get(word):
                options.append((word, next(rest)))
            else:
                options.append((word,))
        return cls(name=words[0], places=places, options=options)

    def has(self, option: str) -> bool:
        """Tell whether *option* was typed."""
        return any(_name(words) == option for words in self.options)

    def without(self, *options: str) -> Self:
        """Return the same command without *options*."""
        kept = [words for words in self.options if _name(words) not in options]
        return replace(self, options=kept)

    def adding(self, *words: str) -> Self:
        """Return the same command with one option more; its name is the first of *words*."""
        return self if self.has(words[0]) else replace(self, options=[*self.options, words])

    def on(self, name: str, places: Iterable[str]) -> Self:
        """Return the command *name* for other *places*, with the same options."""
        return replace(self, name=name, places=list(places))

    def __str__(self) -> str:
        dashes = (
            ["--"] if any(place.startswith("-") and place != "-" for place in self.places) else []
        )
        words = [word for option in self.options for word in option]
        if dashes:
            return shlex.join(["batchcreate", self.name, *words, *dashes, *self.places])
        return shlex.join(["batchcreate", self.name, *self.places, *words])


def _name(option: Sequence[str]) -> str:
    return option[0].partition("=")[0]


_CHOOSING: Final = ("--rows", "--limit", "--only")


def next_step(ending: RunResult, run_settings: RunSettings, typed: CommandLine) -> str:
    """Return what to do next, in the order in which it pays."""
    has = ending.summary.counts
    all_rows = typed.without(*_CHOOSING)
    is_held = run_settings.is_strict and has[Status.REJECTED] > 0
    if ending.stop_reason is not None or (run_settings.is_dry_run and has[Status.NOT_ATTEMPTED]):
        return f"{typed.without('--dry-run')}"
    if has[Status.NOT_ATTEMPTED] and not is_held:
        return f"send the rest: {all_rows}"
    if is_for_analysts(ending):
        return _mending(ending, all_rows)
    if has[Status.FAILED]:
        return f"{typed}"
    if has[Status.UNKNOWN]:
        return f"let the server's list settle the unknown rows: {typed}"
    return "nothing; every row has its task"


def is_for_analysts(ending: RunResult) -> bool:
    """Tell whether analysts have something to mend."""
    return ending.summary.counts[Status.REJECTED] > 0 or any(
        group.status is Status.FAILED and explain_group(group).owner is Owner.ANALYST
        for group in ending.reports.causes
    )


def _mending(ending: RunResult, typed: CommandLine) -> str:
    """Return who gets which file, and how it comes back."""
    files = [str(path) for name, path in ending.reports.files.items() if name.startswith("to_fix")]
    if not files:
        issues = ending.results / "issues.csv"
        return f"mend the cells listed in {issues}, then {typed}"
    who = f"hand {_enumerated(files)} to the analysts"
    if typed.name == "run":
        again = typed.on("run", files).adding("--results", str(ending.results))
        return f"{who}, then {again}"
    return f"{who}, then {_resumed(ending, typed, files)}"


def _resumed(ending: RunResult, typed: CommandLine, files: Sequence[str]) -> CommandLine:
    """Return the run that takes up what a retry left; the journal knows the target, a run asks."""
    again = typed.on("run", files).adding("--results", str(ending.results))
    endpoint = ending.facts["endpoint"]
    again = (
        again.adding("--simulate")
        if endpoint == "simulator"
        else again.without("--region").adding("--endpoint", endpoint)
    )
    if len(ending.instances) == 1:
        project_id, instance_id = ending.instances[0]
        again = again.adding("--project-id", project_id).adding("--instance-id", instance_id)
    return again


def _enumerated(texts: Sequence[str]) -> str:
    *most, last = texts
    return f"{', '.join(most)} and {last}" if most else last


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
    ending: RunResult,
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
    typed = CommandLine.parse(words, command)
    lines = [ending.stop_reason.message] if ending.stop_reason is not None else []
    if settings.run.is_dry_run:
        lines.append("dry run: nothing was sent")
    elif settings.run.is_strict and ending.plan.rejected and ending.stop_reason is None:
        lines.append("--strict: a row is rejected, so nothing was sent")
    if not settings.terminal.is_quiet:
        table = _causes(ending.reports.causes, ending.plan.notices, language)
        lines += (hanging(line, width, indent=INDENT) for line in table)
    return "\n".join(
        [
            *lines,
            *_files(ending),
            counts(ending.summary),
            f"next: {next_step(ending, settings.run, typed)}",
        ]
    )


def counts(summary: Summary) -> str:
    """Return the counts on one line; statuses that no row has are left out."""
    shown = [f"{count} {status.value}" for status, count in summary.counts.items() if count]
    return f"{counted(summary.total, 'row')}: {', '.join(shown) or 'none'}"


def _causes(groups: Sequence[CauseGroup], notices: InputNotes, language: str) -> Iterator[str]:
    """Yield a short table: how many rows, what became of them, who can mend it, and why."""
    told = [group for group in groups if group.status is not Status.NOT_ATTEMPTED]
    if not told:
        return
    yield "not created:"
    width = len(str(max(group.rows for group in told)))
    for group in told[:CAUSES_SHOWN]:
        advice = explain_group(group, language=language)
        said = (
            text(
                "check.rule",
                {
                    "rule": rule_text(group, language),
                    "cells": first_cells(group, notices, language),
                },
                language=language,
            )
            if group.rule
            else _answer(group)
        )
        who = f"{group.status.value:<8}  {advice.owner.value:<8}"
        yield f"  {group.rows:>{width}} {who}  {said}".rstrip()
        if not group.rule:
            yield f"  {' ' * width} -> {advice.text}"
    if more := told[CAUSES_SHOWN:]:
        yield f"  and {counted(sum(group.causes for group in more), 'more cause')}"


def _answer(group: CauseGroup) -> str:
    """Return what the server said, in its own words."""
    return ": ".join(filter(None, [", ".join(group.codes), group.message]))


def _files(ending: RunResult) -> Iterator[str]:
    is_for_somebody = {
        "issues": ending.summary.counts[Status.REJECTED] > 0,
        "to_fix": is_for_analysts(ending),
    }
    for name, path in ending.reports.files.items():
        kind = "to_fix" if name.startswith("to_fix") else name
        if kind in _FILES and is_for_somebody.get(kind, True):
            yield f"{_FILES[kind]}: {path}"
