"""The last lines of a run and the next command."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from batchcreate.advice import Owner, explain_group
from batchcreate.cli.command_line import CommandLine
from batchcreate.cli.descriptions import Addresses, first_cells, rule_text
from batchcreate.cli.terminal import wrap
from batchcreate.messages import text
from batchcreate.models import Audit, CauseGroup, Status, Summary
from batchcreate.pipeline.values import RunResult
from batchcreate.settings import RunSettings, Settings
from batchcreate.text import counted

GROUPS_MAX: Final = 6
AUDIT_MAX: Final = 5
INDENT: Final = 8

_SELECTING_OPTIONS: Final = ("--rows", "--where", "--limit", "--only")

_OPTIONS_OF_FILES: Final = (
    *("--results", "--project-id", "--instance-id", "--strict", "--sheet", "--hidden-rows"),
    *("--map", "--set", "--encoding", "--delimiter"),
)
"""Options of ``run`` that ``retry`` does not have."""

_FILE_TITLES: Final = {
    "page": "page",
    "results": "results",
    "workbook": "workbook",
    "issues": "all issues",
    "to_fix": "rows to fix",
}
"""Titles of the files that users open; the other files are not listed."""


def describe_result(
    result: RunResult,
    settings: Settings,
    command_line: CommandLine,
    *,
    language: str = "en",
    width: int | None = None,
) -> Iterator[str]:
    """
    Yield the last lines of a run: stop reason, grouped issues, files, counts, next command.

    Args:
        result: the result of the run.
        settings: the settings of the run.
        command_line: the command of the run.
        language: language of causes and advice.
        width: width of the terminal in columns; None if there is no terminal.

    """
    if result.stop_reason is not None:
        yield result.stop_reason.message
    if settings.run.is_dry_run:
        yield "dry run: nothing was sent"
    elif settings.run.is_strict and not result.plan.is_clean and result.stop_reason is None:
        rejected = ["some rows are rejected"] if result.plan.rejected else []
        warnings = ["there are warnings"] if result.plan.warnings else []
        yield f"--strict: {' and '.join([*rejected, *warnings])}, so nothing was sent"
    if not settings.terminal.is_quiet:
        for line in _describe_groups(result, language):
            yield wrap(line, width, indent=INDENT)
    yield from describe_audit(result.audit)
    yield from _describe_files(result)
    yield describe_counts(result.summary)
    yield f"next: {next_step(result, settings.run, command_line)}"


def describe_audit(audit: Audit | None) -> Iterator[str]:
    """Yield the contradictions between the task lists and the journal, if there are any."""
    if audit is None:
        return
    for reason in audit.unread:
        yield f"audit: the task list could not be read again ({reason})"
    if audit.contradictions:
        count = counted(len(audit.contradictions), "contradiction")
        yield f"audit: {count} between the task list and the results; check them in the console:"
    for each in audit.contradictions[:AUDIT_MAX]:
        yield f"  {each.text} (instance {each.target.instance_id})"
    if others := audit.contradictions[AUDIT_MAX:]:
        yield f"  and {len(others)} more, see summary.json"


def describe_counts(summary: Summary) -> str:
    """Return the counts of all statuses that occur, on one line."""
    shown = [f"{count} {status.value}" for status, count in summary.parts.items() if count]
    withdrawn = summary.counts[Status.WITHDRAWN]
    apart = f"; {withdrawn} withdrawn" if withdrawn else ""
    return f"{counted(summary.total, 'row')}: {', '.join(shown) or 'none'}{apart}"


def next_step(result: RunResult, run_settings: RunSettings, command_line: CommandLine) -> str:
    """Return the most useful next step, with its command."""
    counts = result.summary.counts
    all_rows = command_line.without(*_SELECTING_OPTIONS)
    is_held_back = run_settings.is_strict and not result.plan.is_clean
    is_planned = run_settings.is_dry_run and (
        counts[Status.NOT_ATTEMPTED] > 0 or len(result.plan.to_check_again) > 0
    )
    if result.stop_reason is not None or is_planned:
        return str(command_line.without("--dry-run"))
    if counts[Status.NOT_ATTEMPTED] and not is_held_back:
        if result.plan.waiting_elsewhere:
            all_rows = replace(
                all_rows.without(*_OPTIONS_OF_FILES), name="retry", paths=[str(result.results)]
            )
        return f"send the rest: {all_rows}"
    if needs_fixes(result):
        return _fix_step(result, all_rows)
    if is_held_back:
        sent_anyway = all_rows.without("--strict")
        return f"check the warnings in issues.csv; to send the rows anyway: {sent_anyway}"
    return _repeat_step(result, command_line)


def _repeat_step(result: RunResult, command_line: CommandLine) -> str:
    """Return the next step if no row needs a fix."""
    if result.summary.counts[Status.FAILED]:
        return str(command_line)
    if result.summary.counts[Status.UNKNOWN]:
        return f"check the unknown rows against the task list: {command_line}"
    return "nothing to do; every row has a task"


def needs_fixes(result: RunResult) -> bool:
    """Return True if analysts must fix rows."""
    return result.summary.counts[Status.REJECTED] > 0 or any(
        group.status is Status.FAILED and explain_group(group).owner is Owner.ANALYST
        for group in result.reports.causes
    )


def _fix_step(result: RunResult, command_line: CommandLine) -> str:
    """Return which files the analysts get, and the command that reads them afterwards."""
    files = [path for name, path in result.reports.files.items() if name.startswith("to_fix")]
    if not files:
        issues = result.results / "issues.csv"
        return f"fix the cells listed in {issues}, then run {command_line}"
    paths = [str(path) for path in files]
    again = replace(command_line, name="run", paths=paths)
    again = again.with_option("--results", str(result.results))
    if command_line.name == "retry":
        again = _with_endpoint(again, result)
    return f"send {_enumerate(files)} to the analysts, then run {again}"


def _with_endpoint(command_line: CommandLine, result: RunResult) -> CommandLine:
    """Add the endpoint, which a retry reads from the journal."""
    endpoint = result.facts["endpoint"]
    if endpoint == "simulator":
        return command_line.with_option("--simulate")
    return command_line.without("--region").with_option("--endpoint", endpoint)


def _enumerate(paths: Sequence[Path]) -> str:
    *most, last = map(str, paths)
    return f"{', '.join(most)} and {last}" if most else last


def _describe_groups(result: RunResult, language: str) -> Iterator[str]:
    """Yield a table of reasons: number of rows, status, owner, text and advice."""
    groups = [group for group in result.reports.causes if group.status is not Status.NOT_ATTEMPTED]
    if not groups:
        return
    yield "not created:"
    addresses = Addresses(result.plan.notes, groups)
    width = len(str(max(group.rows for group in groups)))
    for group in groups[:GROUPS_MAX]:
        advice = explain_group(group, language=language)
        description = (
            _describe_rule(group, addresses, language) if group.rule else _describe_response(group)
        )
        owner = f"{group.status.value:<8}  {advice.owner.value:<8}"
        yield f"  {group.rows:>{width}} {owner}  {description}".rstrip()
        if not group.rule:
            yield f"  {' ' * width} -> {advice.text}"
    if others := groups[GROUPS_MAX:]:
        yield f"  and {counted(sum(group.causes for group in others), 'more cause')}"


def _describe_rule(group: CauseGroup, addresses: Addresses, language: str) -> str:
    facts = {
        "rule": rule_text(group, language),
        "cells": first_cells(group, addresses, language),
    }
    return text("check.rule", facts, language=language)


def _describe_response(group: CauseGroup) -> str:
    """Return codes and message of the server's response."""
    return ": ".join(filter(None, [", ".join(group.codes), group.message]))


def _describe_files(result: RunResult) -> Iterator[str]:
    is_useful = {
        "issues": not result.plan.is_clean,
        "to_fix": needs_fixes(result),
    }
    for name, path in result.reports.files.items():
        kind = "to_fix" if name.startswith("to_fix") else name
        if kind in _FILE_TITLES and is_useful.get(kind, True):
            yield f"{_FILE_TITLES[kind]}: {path}"
