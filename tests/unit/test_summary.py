"""summary.json contains the counts of the batch and the facts of its last run."""

import json
from pathlib import Path
from typing import Any

import pytest

from batchcreate.models import RunId, Status, Summary, Target
from batchcreate.report.summary import document, write_summary

COUNTS = {
    "rejected": 1,
    "not_attempted": 0,
    "created": 7,
    "failed": 2,
    "unknown": 0,
    "skipped": 0,
}
SUMMARY = Summary(counts={status: COUNTS.get(status.value, 0) for status in Status})


@pytest.mark.parametrize(
    ("run", "facts"),
    [
        pytest.param(None, {"run_id": None}, id="no run"),
        pytest.param(
            (RunId("r-1"), {"elapsed_s": 1.5, "endpoint": "https://roma.example"}),
            {"run_id": "r-1", "elapsed_s": 1.5, "endpoint": "https://roma.example"},
            id="a run",
        ),
        pytest.param((None, {}), {"run_id": None}, id="a dry run"),
    ],
)
def test_document_has_format_counts_and_facts(
    run: tuple[RunId | None, dict[str, Any]] | None, facts: dict[str, Any]
) -> None:
    """All counts are present, including zeros, next to the facts of the run."""
    assert document(SUMMARY, run) == {
        "format": 1,
        "total": 10,
        "counts": COUNTS,
        "withdrawn": 0,
        "causes": [],
        "warnings": 0,
        "latency_ms": None,
        "files": {},
        **facts,
    }


def test_document_of_a_dry_run_has_a_plan() -> None:
    """The plan contains the number of tasks per instance."""
    target = Target(endpoint="https://roma.example", project_id="p", instance_id="i")

    planned = document(SUMMARY, None, planned={target: 7})["plan"]

    assert planned == [{"project_id": "p", "instance_id": "i", "tasks": 7}]


def test_file_reads_back_as_written(tmp_path: Path) -> None:
    """The file is indented JSON and ends with a line break."""
    content = document(SUMMARY, (RunId("r-1"), {"note": "任务 \ud800\x1b"}))

    write_summary(tmp_path / "summary.json", content)

    text = (tmp_path / "summary.json").read_text(encoding="utf-8")
    assert json.loads(text) == content
    assert text.startswith('{\n  "format": 1,\n')
    assert text.endswith("\n}\n")
    assert "任务" in text
