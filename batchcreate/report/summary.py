"""summary.json: the result of a batch and its last run, for programs."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from batchcreate.advice import explain_group
from batchcreate.models import CauseGroup, Latencies, RunId, Severity, Status, Summary, Target
from batchcreate.report.atomic_files import atomic_text_file

FORMAT: Final = 1
"""Version of the format, incremented when a field changes its meaning or is removed."""

Facts = Mapping[str, Any]
"""JSON values that a run records in the journal when it ends."""


def document(
    summary: Summary,
    run: tuple[RunId | None, Facts] | None,
    *,
    causes: Sequence[CauseGroup] = (),
    latencies: Latencies | None = None,
    files: Mapping[str, str] | None = None,
    planned: Mapping[Target, int] | None = None,
) -> dict[str, Any]:
    """
    Return the summary as a JSON value; ``summary.schema.json`` describes it.

    Args:
        summary: number of rows per status.
        run: ID and facts of the last run that ended, or ``None``.
        causes: reasons why rows are not created, and the groups of warnings.
        latencies: response times of the last run that sent requests, or ``None``.
        files: names of the report files by their content.
        planned: number of tasks per target that a dry run would send; ``None`` for other runs.

    """
    run_id, facts = run if run is not None else (None, {})
    stopped = facts.get("stopped") or {}
    error = {"error": stopped.get("message"), "exit_code": stopped.get("exit_code", 4)}
    plan = {} if planned is None else {"plan": [_target(*pair) for pair in planned.items()]}
    return {
        "format": FORMAT,
        "run_id": run_id,
        "total": summary.total,
        "counts": {status.value: count for status, count in summary.parts.items()},
        "withdrawn": summary.counts[Status.WITHDRAWN],
        "causes": [_cause(each) for each in causes if each.severity is Severity.ERROR],
        "warnings": sum(each.rows for each in causes if each.severity is Severity.WARNING),
        "latency_ms": None if latencies is None else _latencies(latencies),
        "files": dict(files or {}),
        **plan,
        **facts,
        **(error if stopped else {}),
    }


def write_summary(path: Path, content: Mapping[str, Any]) -> None:
    """
    Write *content* as JSON.

    Raises:
        ReportError: the file cannot be written.

    """
    with atomic_text_file(path) as file:
        json.dump(content, file, indent=2, ensure_ascii=False)
        file.write("\n")


def _cause(group: CauseGroup) -> dict[str, Any]:
    advice = explain_group(group)
    return {
        "status": group.status.value,
        "http_status": group.http_status,
        "error_code": group.error_code,
        "rule": group.rule,
        "column": group.column,
        "rows": group.rows,
        "causes": group.causes,
        "message": group.message,
        "owner": advice.owner.value,
        "can_retry": advice.can_retry,
    }


def _latencies(latencies: Latencies) -> dict[str, int]:
    return {
        "answers": latencies.answers,
        "p50": latencies.median_ms,
        "p95": latencies.p95_ms,
        "p99": latencies.p99_ms,
    }


def _target(target: Target, tasks: int) -> dict[str, Any]:
    return {
        "project_id": target.project_id,
        "instance_id": target.instance_id,
        "tasks": tasks,
    }
