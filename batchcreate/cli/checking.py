"""``batchcreate check``: what is wrong with the files, cell by cell."""

import json
import os
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final

from batchcreate import pipeline
from batchcreate.cli.exits import DONE, INCOMPLETE
from batchcreate.cli.say import put, say
from batchcreate.models import Issue
from batchcreate.pipeline import Input, language_of, load_options, results_folder
from batchcreate.settings import load

_SHOWN: Final = 20


def check_command(files: Sequence[Path], options: Mapping[str, Any]) -> int:
    """Carry out ``check`` and return its exit code."""
    settings = load(options)
    source = Input(
        files=files,
        options=load_options(settings),
        defaults=settings.target_defaults,
        language=language_of(settings, os.environ),
    )
    with pipeline.check(source) as findings:
        if settings.json_summary:
            put(json.dumps({"rows": findings.rows, "rejected": findings.rejected}))
        results = results_folder(files, settings)
        if not findings.rejected:
            if (results / "issues.csv").is_file():
                pipeline.keep_issues(
                    results, findings
                )  # the mistakes of an earlier check are mended
            say(f"{findings.rows} rows, all of them valid")
            return DONE
        if not settings.quiet:
            for issue in islice(findings.issues(), _SHOWN):
                say(_describe(issue))
        path = pipeline.keep_issues(results, findings)
        say(f"{findings.rows} rows, {findings.rejected} to mend; every cell is listed in {path}")
        return INCOMPLETE


def _describe(issue: Issue) -> str:
    place = issue.place
    where = " ".join(part for part in (place.file, place.sheet, issue.cell) if part)
    suggestion = f" -> {issue.suggestion}" if issue.suggestion else ""
    return f"{where or place.number}  {issue.column}: {issue.message}{suggestion}"
