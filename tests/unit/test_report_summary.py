"""summary.json tells programs what a run did."""

import json
from pathlib import Path
from typing import Any

import pytest

from batchcreate.models import RunId, Status, Summary
from batchcreate.report import document, write_summary

COUNTS = {
    "rejected": 1,
    "not_attempted": 0,
    "created": 7,
    "failed": 2,
    "unknown": 0,
    "skipped": 0,
}
SUMMARY = Summary(counts={status: COUNTS[status.value] for status in Status})


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
    """Every count is there, zero included, beside what the run noted."""
    assert document(SUMMARY, run) == {
        "format": 1,
        "total": 10,
        "counts": COUNTS,
        "causes": [],
        "latency_ms": None,
        "files": {},
        **facts,
    }


def test_file_reads_back_as_written(tmp_path: Path) -> None:
    """The file is JSON, readable for people too, and ends its last line."""
    content = document(SUMMARY, (RunId("r-1"), {"note": "任务 \ud800\x1b"}))

    write_summary(tmp_path / "summary.json", content)

    text = (tmp_path / "summary.json").read_text(encoding="utf-8")
    assert json.loads(text) == content
    assert text.startswith('{\n  "format": 1,\n')
    assert text.endswith("\n}\n")
    assert "任务" in text
