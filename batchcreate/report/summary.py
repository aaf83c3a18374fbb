"""summary.json: what a run did, for programs."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from batchcreate.models import RunId, Summary
from batchcreate.report.files import replacing

FORMAT: Final = 1
"""Raised when a field changes its meaning or goes away."""

Facts = Mapping[str, Any]
"""What a run notes in the journal when it ends; JSON values."""


def document(summary: Summary, run: tuple[RunId | None, Facts] | None) -> dict[str, Any]:
    """
    Return the summary as a JSON value.

    Args:
        summary: the counts.
        run: id and facts of the last run that ended; ``None`` if none did.

    """
    run_id, facts = run if run is not None else (None, {})
    return {
        "format": FORMAT,
        "run_id": run_id,
        "total": summary.total,
        "counts": {status.value: count for status, count in summary.counts.items()},
        **facts,
    }


def write_summary(path: Path, content: Mapping[str, Any]) -> None:
    """
    Write *content* as JSON.

    Raises:
        ReportError: the file cannot be written.

    """
    with replacing(path) as file:
        json.dump(content, file, indent=2, ensure_ascii=False)
        file.write("\n")
